//! Basic constraints, path lengths, key usages, extended key usages, and policies.

use super::Table;
use crate::certificates::Cert;
use crate::certificates::extensions::*;

pub fn add(table: &mut Table) {
    authorities(table);
    path_lengths(table);
    usages(table);
    extended_usages(table);
    policies_and_unknown(table);
}

fn authorities(table: &mut Table) {
    for who in ["middle", "root"] {
        table.case(format!("{who}-is-not-a-CA"), |p| {
            p.cert(who).with(no_authority());
        });
        table.case(format!("{who}-without-basic-constraints"), |p| {
            p.cert(who).without(BASIC_CONSTRAINTS);
        });
        table.case(format!("{who}-without-basic-constraints-and-usage"), |p| {
            p.cert(who).without(BASIC_CONSTRAINTS).without(KEY_USAGE);
        });
        table.case(format!("{who}-basic-constraints-not-critical"), |p| {
            p.cert(who).with(authority(None).critical(false));
        });
        table.case(format!("{who}-basic-constraints-garbage"), |p| {
            let garbage = extension(BASIC_CONSTRAINTS, true, b"garbage".to_vec());
            p.cert(who).with(garbage);
        });
    }
    table.case("leaf-is-an-authority", |p| {
        p.leaf().with(authority(None));
    });
    table.case("leaf-is-not-a-CA", |p| {
        p.leaf().with(no_authority());
    });
    table.case("leaf-is-an-authority-by-usage-too", |p| {
        p.leaf()
            .with(authority(None))
            .with(key_usage(&[DIGITAL_SIGNATURE, CERT_SIGN]));
    });
    table.case("leaf-has-a-path-length-and-is-no-authority", |p| {
        let value = crate::certificates::der::sequence(&[crate::certificates::der::integer(&[0])]);
        p.leaf().with(extension(BASIC_CONSTRAINTS, true, value));
    });
    table.case("signed-by-a-leaf", |p| {
        p.add("other", Cert::leaf("other", "middle"));
        p.leaf().issuer = "other";
        p.send(&["leaf", "other", "middle"]);
    });
}

fn path_lengths(table: &mut Table) {
    for (root, middle, lower) in [
        (Some(0), None, None),
        (Some(1), None, None),
        (Some(2), None, None),
        (None, Some(0), None),
        (None, Some(1), None),
        (None, None, Some(0)),
        (Some(1), Some(5), None),
        (Some(2), Some(1), Some(0)),
    ] {
        let text = |len: Option<u8>| len.map_or("any".into(), |len| len.to_string());
        let title = format!("{}-{}-{}", text(root), text(middle), text(lower));
        table.case(format!("path-lengths-{title}"), |p| {
            p.add("lower", Cert::authority("lower", "middle"))
                .with(authority(lower));
            p.middle().with(authority(middle));
            p.root().with(authority(root));
            p.leaf().issuer = "lower";
            p.send(&["leaf", "lower", "middle"]);
        });
    }
    table.case("path-length-0-of-the-leafs-issuer", |p| {
        p.middle().with(authority(Some(0)));
    });
    table.case("path-length-0-of-the-root", |p| {
        p.root().with(authority(Some(0)));
    });
    table.case("path-length-and-a-self-issued-authority", |p| {
        // A self-issued certificate does not count.
        p.add("again", Cert::authority("middle", "middle"));
        p.middle().with(authority(Some(0)));
        p.leaf().issuer = "again";
        p.send(&["leaf", "again", "middle"]);
    });
    table.case(
        "path-length-0-above-the-issuer-of-a-self-issued-leaf",
        |p| {
            let lower = Cert::authority("lower", "middle");
            p.middle().with(authority(Some(0)));
            p.leaf().subject = lower.subject.clone();
            p.leaf().issuer = "lower";
            p.add("lower", lower);
            p.send(&["leaf", "lower", "middle"]);
        },
    );
    table.case("path-length-0-above-self-issued-certificates", |p| {
        let again = Cert::authority("middle", "middle");
        p.middle().with(authority(Some(0)));
        p.leaf().subject = again.subject.clone();
        p.leaf().issuer = "again";
        p.add("again", again);
        p.send(&["leaf", "again", "middle"]);
    });
    table.case("path-length-0-of-a-self-issued-authority", |p| {
        p.middle().with(subject_key_id(b"middle"));
        p.add("again", Cert::authority("middle", "middle"))
            .with(authority(Some(0)))
            .with(subject_key_id(b"again"))
            .with(authority_key_id(b"middle"));
        p.add("lower", Cert::authority("lower", "again"))
            .with(authority_key_id(b"again"));
        p.leaf().issuer = "lower";
        p.send(&["leaf", "lower", "again", "middle"]);
    });
    table.case("self-issued-authority-of-version-1", |p| {
        let again = p.add("again", Cert::authority("middle", "middle"));
        again.version = 0;
        again.extensions.clear();
        p.leaf().issuer = "again";
        p.send(&["leaf", "again", "middle"]);
    });
    table.case("path-length-negative", |p| {
        p.middle().with(authority(Some(0xff)));
    });
}

fn usages(table: &mut Table) {
    let rows: [(&str, &[u8]); 12] = [
        ("signature", &[DIGITAL_SIGNATURE]),
        ("encipherment", &[KEY_ENCIPHERMENT]),
        ("agreement", &[KEY_AGREEMENT]),
        (
            "signature-and-more",
            &[DIGITAL_SIGNATURE, KEY_ENCIPHERMENT, CERT_SIGN],
        ),
        ("data-encipherment", &[DATA_ENCIPHERMENT]),
        ("non-repudiation", &[NON_REPUDIATION]),
        ("cert-sign", &[CERT_SIGN]),
        ("crl-sign", &[CRL_SIGN]),
        ("cert-sign-and-crl-sign", &[CERT_SIGN, CRL_SIGN]),
        ("decipher-only", &[DECIPHER_ONLY]),
        (
            "agreement-and-decipher-only",
            &[KEY_AGREEMENT, DECIPHER_ONLY],
        ),
        ("nothing", &[]),
    ];
    for (title, usage) in rows {
        for who in ["leaf", "middle", "root"] {
            table.case(format!("{who}-usage-{title}"), |p| {
                p.cert(who).with(key_usage(usage));
            });
        }
    }
    for who in ["leaf", "middle", "root"] {
        table.case(format!("{who}-usage-absent"), |p| {
            p.cert(who).without(KEY_USAGE);
        });
        table.case(format!("{who}-usage-garbage"), |p| {
            let garbage = extension(KEY_USAGE, true, b"garbage".to_vec());
            p.cert(who).with(garbage);
        });
    }
}

fn extended_usages(table: &mut Table) {
    let rows: [(&str, &[&str]); 10] = [
        ("server", &[SERVER]),
        ("client", &[CLIENT]),
        ("code-signing", &[CODE_SIGNING]),
        ("OCSP-signing", &[OCSP_SIGNING]),
        ("time-stamping", &[TIME_STAMPING]),
        ("any", &[ANY_PURPOSE]),
        ("server-gated", &[SERVER_GATED]),
        ("netscape-gated", &[NETSCAPE_GATED]),
        ("both-and-another", &[CODE_SIGNING, SERVER, CLIENT]),
        ("nothing", &[]),
    ];
    for (title, list) in rows {
        for who in ["leaf", "middle", "root"] {
            table.case(format!("{who}-purpose-{title}"), |p| {
                p.cert(who).with(purposes(list));
            });
        }
        table.case(format!("trusted-leaf-purpose-{title}"), |p| {
            p.leaf().with(purposes(list));
            p.trust(&["leaf"]);
        });
    }
    for who in ["leaf", "middle", "root"] {
        table.case(format!("{who}-purpose-absent"), |p| {
            p.cert(who).without(PURPOSES);
        });
        table.case(format!("{who}-purpose-critical"), |p| {
            p.cert(who).with(purposes(&[SERVER, CLIENT]).critical(true));
        });
        table.case(format!("{who}-purpose-garbage"), |p| {
            p.cert(who)
                .with(extension(PURPOSES, false, b"garbage".to_vec()));
        });
    }
    table.case("leaf-purpose-wrong-and-untrusted", |p| {
        p.leaf().with(purposes(&[CODE_SIGNING]));
        p.add("other", Cert::authority("other", "other"));
        p.trust(&["other"]);
    });
}

fn policies_and_unknown(table: &mut Table) {
    for who in ["leaf", "middle", "root"] {
        for (title, critical) in [("critical", true), ("not-critical", false)] {
            table.case(format!("{who}-unknown-extension-{title}"), |p| {
                p.cert(who).with(unknown(critical));
            });
            table.case(format!("{who}-policies-{title}"), |p| {
                p.cert(who).with(policies("1.2.3.4").critical(critical));
            });
        }
        table.case(format!("{who}-same-extension-twice"), |p| {
            let cert = p.cert(who);
            cert.extensions.extend([unknown(false), unknown(false)]);
        });
    }
    table.case("trusted-leaf-unknown-extension-critical", |p| {
        p.leaf().with(unknown(true));
        p.trust(&["leaf"]);
    });
    table.case("policy-constraints-not-met", |p| {
        p.middle().with(policy_constraints(0));
    });
    table.case("policy-constraints-met", |p| {
        p.middle()
            .with(policy_constraints(0))
            .with(policies("1.2.3.4"));
        p.leaf().with(policies("1.2.3.4"));
    });
    table.case("unknown-extension-critical-and-expired", |p| {
        use crate::certificates::{DAY, NOW};
        p.leaf().with(unknown(true)).valid(NOW - 2 * DAY, NOW - DAY);
    });
    table.case("unknown-extension-critical-and-untrusted", |p| {
        p.leaf().with(unknown(true));
        p.add("other", Cert::authority("other", "other"));
        p.trust(&["other"]);
    });
    table.case("unknown-extension-critical-and-wrong-name", |p| {
        p.leaf().with(unknown(true));
        p.host = "other.test".into();
    });
}
