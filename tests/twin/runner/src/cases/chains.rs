//! Sent chains, trust anchors, path building, and key identifiers.

use super::Table;
use crate::certificates::extensions::{
    NAMES, authority, authority_by_serial, authority_key_id, key_usage, subject_key_id,
};
use crate::certificates::{Cert, DAY, NOW, common_name, extensions};

pub fn add(table: &mut Table) {
    sent(table);
    trusted(table);
    self_signed(table);
    depths(table);
    crossed(table);
    identifiers(table);
    signatures(table);
}

fn sent(table: &mut Table) {
    table.case("middle-missing", |p| {
        p.send(&["leaf"]);
    });
    table.case("root-sent-too", |p| {
        p.send(&["leaf", "middle", "root"]);
    });
    table.case("root-before-middle", |p| {
        p.send(&["leaf", "root", "middle"]);
    });
    table.case("leaf-twice", |p| {
        p.send(&["leaf", "leaf", "middle"]);
    });
    table.case("middle-twice", |p| {
        p.send(&["leaf", "middle", "middle"]);
    });
    table.case("unrelated-between", |p| {
        p.add("other", Cert::authority("other", "other"));
        p.send(&["leaf", "other", "middle"]);
    });
    table.case("unrelated-last", |p| {
        p.add("other", Cert::leaf("other", "middle"));
        p.send(&["leaf", "middle", "other"]);
    });
    table.case("unrelated-and-expired", |p| {
        p.add("other", Cert::authority("other", "other"))
            .valid(NOW - 2 * DAY, NOW - DAY);
        p.send(&["leaf", "other", "middle"]);
    });
    table.case("unrelated-of-version-1", |p| {
        let other = p.add("other", Cert::authority("other", "other"));
        other.version = 0;
        other.extensions.clear();
        p.send(&["leaf", "other", "middle"]);
    });
    table.case("unrelated-with-an-unknown-critical-extension", |p| {
        p.add("other", Cert::authority("other", "other"))
            .with(extensions::unknown(true));
        p.send(&["leaf", "other", "middle"]);
    });
    table.case("unrelated-with-an-unknown-key", |p| {
        p.add("other", Cert::authority("other", "root")).unknown_key = true;
        p.send(&["leaf", "other", "middle"]);
    });
    table.case("three-in-order", |p| p.lengthen(2));
    table.case("three-out-of-order", |p| {
        p.lengthen(2);
        p.send(&["leaf", "a1", "a2"]);
    });
    table.case("six-out-of-order", |p| {
        p.lengthen(5);
        p.send(&["leaf", "a3", "a1", "a5", "a2", "a4"]);
    });
    table.case("one-of-three-missing", |p| {
        p.lengthen(3);
        p.send(&["leaf", "a3", "a1"]);
    });
}

fn trusted(table: &mut Table) {
    table.case("root-not-trusted", |p| {
        p.add("other", Cert::authority("other", "other"));
        p.trust(&["other"]);
    });
    table.case("root-of-the-same-name-with-another-key", |p| {
        p.add("other", Cert::authority("root", "other"));
        p.trust(&["other"]);
    });
    table.case("two-roots-of-the-same-name", |p| {
        p.add("other", Cert::authority("root", "other"));
        p.trust(&["other", "root"]);
    });
    table.case("root-trusted-twice", |p| {
        p.trust(&["root", "root"]);
    });
    table.case("middle-trusted-too", |p| {
        p.trust(&["root", "middle"]);
    });
    table.case("middle-trusted-only", |p| {
        p.trust(&["middle"]);
    });
    table.case("middle-trusted-only-and-not-sent", |p| {
        p.send(&["leaf"]).trust(&["middle"]);
    });
    table.case("middle-trusted-that-is-no-authority", |p| {
        p.middle().with(extensions::no_authority());
        p.trust(&["middle"]);
    });
    table.case("middle-trusted-that-may-not-sign", |p| {
        p.middle().with(key_usage(&[extensions::CRL_SIGN]));
        p.trust(&["middle"]);
    });
    table.case("leaf-trusted-too", |p| {
        p.trust(&["root", "leaf"]);
    });
    table.case("leaf-trusted-only", |p| {
        p.trust(&["leaf"]);
    });
    table.case("leaf-trusted-only-and-nothing-else-sent", |p| {
        p.send(&["leaf"]).trust(&["leaf"]);
    });
    table.case("another-leaf-of-the-same-key-trusted", |p| {
        p.add("other", Cert::leaf("leaf", "other"));
        p.trust(&["other"]);
    });
    table.case("leaf-by-a-trusted-leaf", |p| {
        p.add("other", Cert::leaf("other", "root"));
        p.leaf().issuer = "other";
        p.send(&["leaf"]).trust(&["other"]);
    });
    table.case("root-issued-by-an-unknown-root", |p| {
        // A root that is not self-signed is a trust anchor as well.
        p.add("other", Cert::authority("other", "other"));
        p.root().issuer = "other";
    });
}

/// Self-signed leaves.
fn self_signed(table: &mut Table) {
    table.case("self-signed-and-trusted", |p| {
        p.leaf().issuer = "leaf";
        p.send(&["leaf"]).trust(&["leaf"]);
    });
    table.case("self-signed-and-not-trusted", |p| {
        p.leaf().issuer = "leaf";
        p.send(&["leaf"]);
    });
    table.case("self-signed-with-the-wrong-name", |p| {
        p.leaf().issuer = "leaf";
        p.send(&["leaf"]).trust(&["leaf"]).host = "other.test".into();
    });
    table.case("self-signed-trusted-and-damaged", |p| {
        p.leaf().issuer = "leaf";
        p.leaf().damaged = true;
        p.send(&["leaf"]).trust(&["leaf"]);
    });
    table.case("self-signed-and-an-authority", |p| {
        p.leaf().with(authority(None)).issuer = "leaf";
        p.send(&["leaf"]).trust(&["leaf"]);
    });
    table.case("self-signed-of-version-1", |p| {
        p.leaf().issuer = "leaf";
        p.leaf().version = 0;
        p.leaf().extensions.clear();
        p.leaf().subject = common_name("leaf.test");
        p.send(&["leaf"]).trust(&["leaf"]);
    });
    table.case("self-signed-without-extensions", |p| {
        p.leaf().issuer = "leaf";
        p.leaf().extensions.clear();
        p.leaf().subject = common_name("leaf.test");
        p.send(&["leaf"]).trust(&["leaf"]);
    });
    table.case("self-signed-with-a-chain", |p| {
        p.leaf().issuer = "leaf";
    });
    table.case("root-as-leaf", |p| {
        p.root()
            .with(extensions::names(&[extensions::dns("leaf.test")]));
        p.send(&["root"]);
    });
}

fn depths(table: &mut Table) {
    for authorities in [2, 4, 5, 6, 7, 8, 10] {
        table.case(format!("authorities-{authorities}"), |p| {
            p.lengthen(authorities)
        });
        table.case(format!("authorities-{authorities}-and-the-root"), |p| {
            p.lengthen(authorities);
            p.sent.push("root");
        });
    }
    for unrelated in [5, 6] {
        table.case(format!("unrelated-{unrelated}"), |p| {
            p.add("other", Cert::authority("other", "other"));
            p.sent.extend(vec!["other"; unrelated]);
        });
    }
    table.case("too-many-and-expired", |p| {
        p.lengthen(9);
        p.leaf().valid(NOW - 2 * DAY, NOW - DAY);
    });
    table.case("too-many-and-the-wrong-name", |p| {
        p.lengthen(9);
        p.host = "other.test".into();
    });
}

/// Cross-signed certificates, with more than one path.
fn crossed(table: &mut Table) {
    let cross = |p: &mut super::Pki| {
        // The same name and key, once self-signed and once issued by an older root.
        p.add("old", Cert::authority("old", "old"));
        let mut crossed = Cert::authority("root", "old");
        crossed.serial = vec![9];
        p.add("crossed", crossed);
    };
    table.case("crossed-old-root-trusted", |p| {
        cross(p);
        // `middle` is signed with the key of the cross-signed certificate.
        p.middle().issuer = "crossed";
        p.send(&["leaf", "middle", "crossed"]).trust(&["old"]);
    });
    table.case("crossed-both-roots-trusted", |p| {
        cross(p);
        p.middle().issuer = "crossed";
        p.send(&["leaf", "middle", "crossed"])
            .trust(&["old", "root"]);
    });
    table.case("crossed-old-root-expired", |p| {
        cross(p);
        p.cert("old").valid(NOW - 2 * DAY, NOW - DAY);
        p.send(&["leaf", "middle", "crossed"])
            .trust(&["old", "root"]);
    });
    table.case("crossed-certificate-expired-new-root-trusted", |p| {
        cross(p);
        p.cert("crossed").valid(NOW - 2 * DAY, NOW - DAY);
        p.send(&["leaf", "middle", "crossed"]).trust(&["root"]);
    });
    table.case("crossed-in-a-circle", |p| {
        p.add("one", Cert::authority("one", "two"));
        p.add("two", Cert::authority("two", "one"));
        p.leaf().issuer = "one";
        p.send(&["leaf", "one", "two", "one", "two"]);
    });
    table.case("two-middles-of-the-same-name-wrong-first", |p| {
        p.add("other", Cert::authority("middle", "root"));
        p.send(&["leaf", "other", "middle"]);
    });
    table.case("two-middles-of-the-same-name-wrong-second", |p| {
        p.add("other", Cert::authority("middle", "root"));
        p.send(&["leaf", "middle", "other"]);
    });
}

fn identifiers(table: &mut Table) {
    table.case("key-identifiers-match", |p| {
        p.middle().with(subject_key_id(b"middle"));
        p.leaf().with(authority_key_id(b"middle"));
    });
    table.case("key-identifiers-do-not-match", |p| {
        p.middle().with(subject_key_id(b"middle"));
        p.leaf().with(authority_key_id(b"other"));
    });
    table.case("key-identifier-of-the-issuer-only", |p| {
        p.middle().with(subject_key_id(b"middle"));
    });
    table.case("key-identifier-of-the-leaf-only", |p| {
        p.leaf().with(authority_key_id(b"other"));
    });
    table.case("key-identifiers-of-the-root-do-not-match", |p| {
        p.root().with(subject_key_id(b"root"));
        p.middle().with(authority_key_id(b"other"));
    });
    table.case("issuer-and-serial-match", |p| {
        let issuer = common_name("root");
        p.leaf().with(authority_by_serial(&issuer, &[1, 2, 3]));
    });
    table.case("issuer-and-serial-of-another-number", |p| {
        let issuer = common_name("root");
        p.leaf().with(authority_by_serial(&issuer, &[7]));
    });
    table.case("issuer-and-serial-of-another-issuer", |p| {
        let issuer = common_name("other");
        p.leaf().with(authority_by_serial(&issuer, &[1, 2, 3]));
    });
    table.case("issuer-name-is-another", |p| {
        p.leaf().issuer_name = Some(common_name("other"));
    });
    table.case("issuer-name-in-another-case", |p| {
        p.leaf().issuer_name = Some(common_name("MIDDLE"));
    });
    table.case("issuer-name-as-another-string-type", |p| {
        let name = crate::certificates::name(&[("2.5.4.3", 0x13, b"middle")]);
        p.leaf().issuer_name = Some(name);
    });
    table.case("issuer-name-with-spaces", |p| {
        p.leaf().issuer_name = Some(common_name("  middle "));
    });
    table.case("issuer-name-empty", |p| {
        p.leaf().issuer_name = Some(crate::certificates::name(&[]));
    });
    table.case("issuer-name-empty-and-right", |p| {
        p.middle().subject = crate::certificates::name(&[]);
    });
    table.case("subject-of-leaf-and-issuer-the-same", |p| {
        p.leaf().subject = common_name("middle");
    });
}

fn signatures(table: &mut Table) {
    for who in ["leaf", "middle", "root"] {
        table.case(format!("{who}-damaged"), |p| p.cert(who).damaged = true);
        table.case(format!("{who}-damaged-and-expired"), |p| {
            let cert = p.cert(who);
            cert.damaged = true;
            cert.valid(NOW - 2 * DAY, NOW - DAY);
        });
    }
    table.case("leaf-damaged-and-of-another-name", |p| {
        p.leaf().damaged = true;
        p.host = "other.test".into();
    });
    table.case("key-of-another", |p| {
        p.add("other", Cert::leaf("other", "middle"));
        p.key_of = Some("other");
    });
    table.case("no-names-and-untrusted", |p| {
        p.leaf().without(NAMES);
        p.add("other", Cert::authority("other", "other"));
        p.trust(&["other"]);
    });
}
