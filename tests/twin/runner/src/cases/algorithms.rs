//! Key types and signature algorithms.

use super::Table;
use crate::certificates::keys::*;

const RSA_1024: Kind = Kind::Openssl("-algorithm RSA -pkeyopt rsa_keygen_bits:1024");
const RSA_1536: Kind = Kind::Openssl("-algorithm RSA -pkeyopt rsa_keygen_bits:1536");
const RSA_2047: Kind = Kind::Openssl("-algorithm RSA -pkeyopt rsa_keygen_bits:2047");
const RSA_2048: Kind = Kind::Openssl("-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
const RSA_3072: Kind = Kind::Openssl("-algorithm RSA -pkeyopt rsa_keygen_bits:3072");
const RSA_PSS: Kind = Kind::Openssl("-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048");
const P224: Kind = Kind::Openssl("-algorithm EC -pkeyopt ec_paramgen_curve:P-224");
const P384: Kind = Kind::Openssl("-algorithm EC -pkeyopt ec_paramgen_curve:P-384");
const P521: Kind = Kind::Openssl("-algorithm EC -pkeyopt ec_paramgen_curve:P-521");
const K256: Kind = Kind::Openssl("-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1");
const ED: Kind = Kind::Openssl("-algorithm ED25519");

pub fn add(table: &mut Table) {
    let kinds = [
        ("RSA-1024", RSA_1024),
        ("RSA-1536", RSA_1536),
        ("RSA-2047", RSA_2047),
        ("RSA-2048", RSA_2048),
        ("RSA-3072", RSA_3072),
        ("P-224", P224),
        ("P-384", P384),
        ("P-521", P521),
        ("secp256k1", K256),
        ("Ed25519", ED),
    ];
    for (title, kind) in kinds {
        for who in ["leaf", "middle", "root"] {
            table.case(format!("{who}-key-{title}"), |p| p.cert(who).key = kind);
        }
    }
    table.case("leaf-key-RSA-PSS", |p| p.leaf().key = RSA_PSS);
    for who in ["middle", "root"] {
        table.case(format!("{who}-key-unknown"), |p| {
            p.cert(who).unknown_key = true
        });
    }
    signatures(table);
}

fn signatures(table: &mut Table) {
    const PSS: &str = "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32";
    let rows: [(&str, Kind, &str, Identifier); 18] = [
        ("ECDSA-SHA1", Kind::P256, "-sha1", ECDSA_SHA1),
        ("ECDSA-SHA224", Kind::P256, "-sha224", ECDSA_SHA224),
        ("ECDSA-SHA256", Kind::P256, "-sha256", ECDSA_SHA256),
        ("ECDSA-SHA384", Kind::P256, "-sha384", ECDSA_SHA384),
        ("ECDSA-SHA512", Kind::P256, "-sha512", ECDSA_SHA512),
        ("P-384-SHA384", P384, "-sha384", ECDSA_SHA384),
        ("P-384-SHA512", P384, "-sha512", ECDSA_SHA512),
        ("P-521-SHA256", P521, "-sha256", ECDSA_SHA256),
        ("P-521-SHA512", P521, "-sha512", ECDSA_SHA512),
        ("RSA-MD5", RSA_2048, "-md5", RSA_MD5),
        ("RSA-SHA1", RSA_2048, "-sha1", RSA_SHA1),
        ("RSA-SHA224", RSA_2048, "-sha224", RSA_SHA224),
        ("RSA-SHA256", RSA_2048, "-sha256", RSA_SHA256),
        ("RSA-SHA384", RSA_2048, "-sha384", RSA_SHA384),
        ("RSA-SHA512", RSA_2048, "-sha512", RSA_SHA512),
        ("RSA-PSS-SHA256", RSA_2048, PSS, RSA_PSS_SHA256),
        ("unknown", Kind::P256, "-sha256", UNKNOWN),
        ("RSA-by-an-ECDSA-key", Kind::P256, "-sha256", RSA_SHA256),
    ];
    for (title, kind, options, identifier) in rows {
        let signing = Signing::Openssl {
            options,
            identifier,
        };
        table.case(format!("leaf-signed-{title}"), |p| {
            p.middle().key = kind;
            p.leaf().signing = signing;
        });
        table.case(format!("middle-signed-{title}"), |p| {
            p.root().key = kind;
            p.middle().signing = signing;
        });
    }
    table.case("root-signed-RSA-SHA1", |p| {
        p.root().key = RSA_2048;
        p.root().signing = Signing::Openssl {
            options: "-sha1",
            identifier: RSA_SHA1,
        };
    });
    table.case("root-signed-unknown", |p| {
        p.root().signing = Signing::Openssl {
            options: "-sha256",
            identifier: UNKNOWN,
        };
    });
    table.case("identifiers-inside-and-outside-differ", |p| {
        p.leaf().inner_identifier = Some(ECDSA_SHA384);
    });
}
