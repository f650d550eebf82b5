//! Validity periods.

use super::{Pki, Table};
use crate::certificates::der::{generalized_time, time, utc_time};
use crate::certificates::{Cert, DAY, NOW};

/// First and last second that certificates encode as GeneralizedTime.
const YEAR_2050: i64 = 2_524_608_000;
const YEAR_9999: i64 = 253_402_300_799;

pub fn add(table: &mut Table) {
    for name in ["leaf", "middle", "root"] {
        table.case(format!("{name}-expired"), |p| {
            p.cert(name).valid(NOW - 2 * DAY, NOW - DAY);
        });
        table.case(format!("{name}-not-yet-valid"), |p| {
            p.cert(name).valid(NOW + DAY, NOW + 2 * DAY);
        });
        table.case(format!("{name}-never-valid"), |p| {
            p.cert(name).valid(NOW + DAY, NOW - DAY);
        });
        table.case(format!("{name}-valid-for-a-second"), |p| {
            p.cert(name).valid(NOW, NOW);
        });
        // Relative to the application's clock.
        let edges = [
            ("before-its-first-second", -DAY - 1),
            ("at-its-first-second", -DAY),
            ("after-its-first-second", -DAY + 1),
            ("before-its-last-second", DAY - 1),
            ("at-its-last-second", DAY),
            ("after-its-last-second", DAY + 1),
        ];
        for (edge, offset) in edges {
            table.case(format!("{name}-{edge}"), |p| {
                for other in ["leaf", "middle", "root"] {
                    p.cert(other).valid(NOW - 9 * DAY, NOW + 9 * DAY);
                }
                p.cert(name).valid(NOW - DAY, NOW + DAY);
                p.time = NOW + offset;
            });
        }
    }
    table.case("expired-leaf-by-an-expired-middle", |p| {
        p.leaf().valid(NOW - 2 * DAY, NOW - DAY);
        p.middle().valid(NOW - 2 * DAY, NOW - DAY);
    });
    table.case("expired-leaf-by-a-middle-not-yet-valid", |p| {
        p.leaf().valid(NOW - 2 * DAY, NOW - DAY);
        p.middle().valid(NOW + DAY, NOW + 2 * DAY);
    });
    table.case("leaf-not-yet-valid-by-an-expired-middle", |p| {
        p.leaf().valid(NOW + DAY, NOW + 2 * DAY);
        p.middle().valid(NOW - 2 * DAY, NOW - DAY);
    });
    trust_anchors(table);
    encodings(table);
    clocks(table);
}

fn trust_anchors(table: &mut Table) {
    let self_signed = |p: &mut Pki| {
        p.leaf().issuer = "leaf";
        p.send(&["leaf"]).trust(&["leaf"]);
    };
    table.case("trusted-leaf-expired", |p| {
        self_signed(p);
        p.leaf().valid(NOW - 2 * DAY, NOW - DAY);
    });
    table.case("trusted-leaf-not-yet-valid", |p| {
        self_signed(p);
        p.leaf().valid(NOW + DAY, NOW + 2 * DAY);
    });
    table.case("trusted-leaf-at-its-last-second", |p| {
        self_signed(p);
        p.time = NOW + DAY;
    });
    table.case("trusted-middle-expired", |p| {
        p.middle().valid(NOW - 2 * DAY, NOW - DAY);
        p.trust(&["middle"]);
    });
    table.case("root-expired-and-trusted-middle", |p| {
        p.root().valid(NOW - 2 * DAY, NOW - DAY);
        p.send(&["leaf"]).trust(&["middle"]);
    });
    table.case("expired-root-beside-a-good-one-of-its-name", |p| {
        let mut twin = Cert::authority("root", "twin");
        twin.valid(NOW - 2 * DAY, NOW - DAY);
        p.add("twin", twin);
        p.trust(&["twin", "root"]);
    });
}

fn encodings(table: &mut Table) {
    table.case("times-in-GeneralizedTime", |p| {
        p.leaf().times = [generalized_time(NOW - DAY), generalized_time(NOW + DAY)];
    });
    table.case("end-in-2049", |p| {
        p.leaf().times[1] = utc_time(YEAR_2050 - 1);
    });
    table.case("end-in-2049-over", |p| {
        p.leaf().times[1] = utc_time(YEAR_2050 - 1);
        p.middle().valid(NOW, YEAR_9999);
        p.root().valid(NOW, YEAR_9999);
        p.time = YEAR_2050;
    });
    table.case("end-in-2050", |p| {
        p.leaf().times[1] = generalized_time(YEAR_2050);
    });
    table.case("end-in-2050-as-UTCTime", |p| {
        // Read as 1950.
        p.leaf().times[1] = utc_time(YEAR_2050);
    });
    table.case("end-in-9999", |p| {
        p.leaf().times[1] = generalized_time(YEAR_9999);
    });
    table.case("beginning-in-1950", |p| {
        p.leaf().times[0] = utc_time(-631_152_000);
    });
    table.case("beginning-before-1970", |p| {
        p.leaf().times[0] = time(-DAY);
    });
    table.case("time-with-an-offset", |p| {
        p.leaf().times[0] = crate::certificates::der::tlv(0x17, b"260101000000+0100");
    });
    table.case("time-without-seconds", |p| {
        p.leaf().times[0] = crate::certificates::der::tlv(0x17, b"2601010000Z");
    });
    table.case("time-with-fractions", |p| {
        p.leaf().times[0] = crate::certificates::der::tlv(0x18, b"20260101000000.5Z");
    });
    table.case("time-of-no-calendar", |p| {
        p.leaf().times[0] = crate::certificates::der::tlv(0x17, b"260231000000Z");
    });
}

fn clocks(table: &mut Table) {
    table.case("clock-in-1970", |p| p.time = 0);
    table.case("clock-in-2100", |p| p.time = 4_102_444_800);
    table.case("clock-in-2100-and-certificates-until-then", |p| {
        for name in ["leaf", "middle", "root"] {
            p.cert(name).valid(0, 4_102_444_801);
        }
        p.time = 4_102_444_800;
    });
}
