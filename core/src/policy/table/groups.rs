//! Key exchange groups, and the lists of groups that policies share.
//!
//! A list has the name of the first policy with a date that uses it, or of the first policy. `Kem`
//! is ML-KEM: ML-KEM-768 with X25519 and P-256, ML-KEM-1024 with P-384 and alone. Post-quantum
//! groups are first in every list.

use super::{lists, wire_enum};

wire_enum! {
    /// A key exchange group of s2n-tls, with its name in the API.
    Group {
        P256 = 0x0017, c"secp256r1";
        P384 = 0x0018, c"secp384r1";
        P521 = 0x0019, c"secp521r1";
        X25519 = 0x001d, c"x25519";
        Kem1024 = 0x0202, c"MLKEM1024";
        P256Kem = 0x11eb, c"SecP256r1MLKEM768";
        X25519Kem = 0x11ec, c"X25519MLKEM768";
        P384Kem = 0x11ed, c"SecP384r1MLKEM1024";
    }
}

impl Group {
    pub fn is_post_quantum(self) -> bool {
        matches!(
            self,
            Self::X25519Kem | Self::P256Kem | Self::P384Kem | Self::Kem1024
        )
    }
}

lists! { Group:
    V20251014 = X25519Kem P256Kem P384Kem P256 X25519 P384 P521;
    V20240503 = P256 X25519 P384 P521;
    V20251015 = X25519Kem P256Kem P384Kem P256 P384 P521;
    V20241106 = X25519 P256 P384;
    V20240502 = P256 P384 P521;
    V20240416 = P256 P384;
    V20241001 = X25519Kem P256Kem P256 X25519 P384 P521;
    TLS12_20261021_1 = P256 X25519;
    V20260720 = Kem1024 P384;
    V20260722 = Kem1024 P384 P256 P521;
    V20210816 = P384;
    V20251113 = P384 P256 P521;
    ELB_TLS13_1_0_PQ_2025_09 = X25519Kem P256Kem P384Kem X25519 P256 P384 P521;
    CF_UPSTREAM = P256 X25519 P384;
    CF_UPSTREAM_2025_PQ = X25519Kem P256Kem P384Kem P256 X25519 P384;
    CF_SSL_V_3 = X25519Kem P256Kem X25519 P256 P384;
    CF_TLS_1_2_2025 = X25519Kem P256Kem P256 P384;
    CF_TLS_1_2_2021_PQ = X25519Kem P256Kem P384Kem X25519 P256 P384;
    CRT_TLSV1_0_2025_PQ = X25519Kem P256Kem P384Kem Kem1024 P256 X25519 P384;
    V20260520 = X25519Kem P256Kem P256 P384 P521;
    V20200207 = X25519 P256 P384 P521;
    V20260219 = Kem1024;
    TEST_ALL = X25519Kem P256Kem P384Kem Kem1024 X25519 P256 P384 P521;
    TEST_ALL_FIPS = X25519Kem P256Kem P384Kem Kem1024 P256 P384 P521;
    TEST_PQ_ONLY = X25519Kem P256Kem P384Kem Kem1024;
    NULL = ;
}
