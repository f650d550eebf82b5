//! Signature schemes, and the lists of schemes that policies share.
//!
//! A list has the name of the first policy with a date that uses it, or of the first policy. Lists
//! with the suffix `_CHAIN` are used only for the signatures within certificate chains.

use super::{lists, wire_enum};

wire_enum! {
    /// A signature scheme of s2n-tls. ECDSA schemes specify a curve only in TLS 1.3.
    Scheme {
        Pkcs1Sha1 = 0x0201, c"rsa_pkcs1_sha1";
        EcdsaSha1 = 0x0203, c"ecdsa_sha1";
        Pkcs1S224 = 0x0301, c"legacy_rsa_sha224";
        Ecdsa224 = 0x0303, c"legacy_ecdsa_sha224";
        Pkcs1S256 = 0x0401, c"rsa_pkcs1_sha256";
        Ecdsa256 = 0x0403, c"ecdsa_sha256";
        Pkcs1S384 = 0x0501, c"rsa_pkcs1_sha384";
        Ecdsa384 = 0x0503, c"ecdsa_sha384";
        Pkcs1S512 = 0x0601, c"rsa_pkcs1_sha512";
        Ecdsa512 = 0x0603, c"ecdsa_sha512";
        PssRsae256 = 0x0804, c"rsa_pss_rsae_sha256";
        PssRsae384 = 0x0805, c"rsa_pss_rsae_sha384";
        PssRsae512 = 0x0806, c"rsa_pss_rsae_sha512";
        PssPss256 = 0x0809, c"rsa_pss_pss_sha256";
        PssPss384 = 0x080a, c"rsa_pss_pss_sha384";
        PssPss512 = 0x080b, c"rsa_pss_pss_sha512";
        MlDsa44 = 0x0904, c"mldsa44";
        MlDsa65 = 0x0905, c"mldsa65";
        MlDsa87 = 0x0906, c"mldsa87";
        Md5Sha1 = 0xffff, c"legacy_rsa_md5_sha1";
    }
}

lists! { Scheme:
    V20251014 =
        Ecdsa256 Ecdsa384 Ecdsa512 PssPss256 PssPss384 PssPss512 PssRsae256 PssRsae384 PssRsae512
        Pkcs1S256 Pkcs1S384 Pkcs1S512;
    V20240503 =
        PssPss256 PssPss384 PssPss512 PssRsae256 PssRsae384 PssRsae512 Pkcs1S256 Pkcs1S384 Pkcs1S512
        Pkcs1S224 Ecdsa256 Ecdsa384 Ecdsa512 Ecdsa224;
    V20250721 =
        MlDsa44 MlDsa65 MlDsa87 Ecdsa256 Ecdsa384 Ecdsa512 PssPss256 PssPss384 PssPss512 PssRsae256
        PssRsae384 PssRsae512 Pkcs1S256 Pkcs1S384 Pkcs1S512;
    V20250721_CHAIN =
        MlDsa44 MlDsa65 MlDsa87 PssPss256 PssPss384 PssPss512 PssRsae256 PssRsae384 PssRsae512
        Pkcs1S256 Pkcs1S384 Pkcs1S512 Pkcs1S224 Ecdsa256 Ecdsa384 Ecdsa512 Ecdsa224;
    V20241106 =
        PssPss256 PssPss384 PssPss512 PssRsae256 PssRsae384 PssRsae512 Pkcs1S256 Pkcs1S384 Pkcs1S512
        Pkcs1S224 Ecdsa256 Ecdsa384 Ecdsa512 Ecdsa224 Pkcs1Sha1 EcdsaSha1;
    V20230317 =
        PssRsae256 PssRsae384 PssRsae512 Pkcs1S256 Pkcs1S384 Pkcs1S512 Ecdsa256 Ecdsa384 Ecdsa512
        PssPss256 PssPss384 PssPss512;
    V20240416 = Pkcs1S256 Pkcs1S384 Pkcs1S512 Ecdsa256 Ecdsa384 Ecdsa512 Ecdsa224;
    TLS12_20261021_1 =
        PssPss256 PssPss384 PssPss512 PssRsae256 PssRsae384 PssRsae512 Pkcs1S256 Pkcs1S384 Pkcs1S512
        Ecdsa256 Ecdsa384 Ecdsa512 Pkcs1Sha1 EcdsaSha1;
    V20140601 =
        Pkcs1S256 Pkcs1S384 Pkcs1S512 Pkcs1S224 Ecdsa256 Ecdsa384 Ecdsa512 Ecdsa224 Pkcs1Sha1
        EcdsaSha1;
    V20260720 = MlDsa87 Ecdsa384 PssPss384 PssRsae384 Pkcs1S384;
    V20260720_CHAIN = MlDsa87 Ecdsa384 Pkcs1S384;
    V20260722 =
        MlDsa87 Ecdsa384 PssPss384 PssRsae384 Pkcs1S384 Ecdsa256 PssPss256 PssRsae256 Pkcs1S256
        Ecdsa512 PssPss512 PssRsae512 Pkcs1S512;
    ELB_TLS13_1_0_FIPS_2023_04 =
        Ecdsa256 Ecdsa384 Ecdsa512 Ecdsa224 PssPss256 PssPss384 PssPss512 PssRsae256 PssRsae384
        PssRsae512 Pkcs1S256 Pkcs1S384 Pkcs1S512 Pkcs1S224;
    V20250211 = Ecdsa384 PssPss384 PssRsae384 Pkcs1S384;
    V20250429 = Ecdsa384 Pkcs1S384;
    V20251113 =
        Ecdsa384 PssPss384 PssRsae384 Pkcs1S384 Ecdsa256 PssPss256 PssRsae256 Pkcs1S256 Ecdsa512
        PssPss512 PssRsae512 Pkcs1S512;
    ELB_TLS13_1_0_PQ_2025_09 =
        Ecdsa256 Ecdsa384 Ecdsa512 Ecdsa224 PssPss256 PssPss384 PssPss512 PssRsae256 PssRsae384
        PssRsae512 Pkcs1S256 Pkcs1S384 Pkcs1S512 Pkcs1S224 Pkcs1Sha1 EcdsaSha1;
    CF_UPSTREAM_2025_PQ =
        MlDsa44 MlDsa65 MlDsa87 Ecdsa256 Ecdsa384 Ecdsa512 Ecdsa224 PssPss256 PssPss384 PssPss512
        PssRsae256 PssRsae384 PssRsae512 Pkcs1S256 Pkcs1S384 Pkcs1S512 Pkcs1S224 Pkcs1Sha1
        EcdsaSha1;
    CF_TLS_1_2_2025 =
        PssPss256 PssPss384 PssPss512 PssRsae256 PssRsae384 PssRsae512 Pkcs1S256 Pkcs1S384 Pkcs1S512
        Ecdsa256 Ecdsa384 Ecdsa512;
    V20210816 = Pkcs1S384 Pkcs1S512 Ecdsa384 Ecdsa512;
    V20260219 = MlDsa87;
    V20260513 =
        MlDsa87 Ecdsa256 Ecdsa384 Ecdsa512 PssPss256 PssPss384 PssPss512 PssRsae256 PssRsae384
        PssRsae512 Pkcs1S256 Pkcs1S384 Pkcs1S512;
    V20260513_CHAIN =
        MlDsa87 PssPss256 PssPss384 PssPss512 PssRsae256 PssRsae384 PssRsae512 Pkcs1S256 Pkcs1S384
        Pkcs1S512 Pkcs1S224 Ecdsa256 Ecdsa384 Ecdsa512 Ecdsa224;
    V20260523 =
        Ecdsa256 Ecdsa384 Ecdsa512 PssPss256 PssPss384 PssPss512 PssRsae256 PssRsae384 PssRsae512
        Pkcs1S256 Pkcs1S384 Pkcs1S512 Pkcs1S224 EcdsaSha1 Pkcs1Sha1;
    TEST_ALL =
        Md5Sha1 Pkcs1Sha1 Pkcs1S224 Pkcs1S256 Pkcs1S384 Pkcs1S512 EcdsaSha1 Ecdsa224 Ecdsa256
        Ecdsa384 Ecdsa512 PssRsae256 PssRsae384 PssRsae512 PssPss256 PssPss384 PssPss512 MlDsa44
        MlDsa65 MlDsa87;
    TEST_ALL_FIPS =
        PssPss256 PssPss384 PssPss512 PssRsae256 PssRsae384 PssRsae512 Pkcs1S256 Pkcs1S384 Pkcs1S512
        Pkcs1S224 Ecdsa256 Ecdsa384 Ecdsa512 Ecdsa224 MlDsa44 MlDsa65 MlDsa87;
    NULL = ;
}
