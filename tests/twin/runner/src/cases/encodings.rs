//! Unusual serial numbers, versions and subjects.

use super::Table;
use crate::certificates::{common_name, name};

pub fn add(table: &mut Table) {
    for who in ["leaf", "middle", "root"] {
        let serials: [(&str, &[u8]); 6] = [
            ("zero", &[0]),
            ("negative", &[0xff]),
            ("of-20-bytes", &[0x7f; 20]),
            ("of-21-bytes", &[0x7f; 21]),
            ("of-60-bytes", &[0x7f; 60]),
            ("with-leading-zeros", &[0, 0, 1]),
        ];
        for (title, serial) in serials {
            table.case(format!("{who}-serial-{title}"), |p| {
                p.cert(who).serial = serial.to_vec();
            });
        }
        table.case(format!("{who}-version-1"), |p| p.cert(who).version = 0);
        table.case(format!("{who}-version-1-without-extensions"), |p| {
            p.cert(who).version = 0;
            p.cert(who).extensions.clear();
            if who == "leaf" {
                p.leaf().subject = common_name("leaf.test");
            }
        });
        table.case(format!("{who}-version-2"), |p| p.cert(who).version = 1);
        table.case(format!("{who}-version-4"), |p| p.cert(who).version = 3);
        table.case(format!("{who}-without-extensions"), |p| {
            p.cert(who).extensions.clear();
            if who == "leaf" {
                p.leaf().subject = common_name("leaf.test");
            }
        });
    }
    table.case("serial-of-leaf-and-middle-the-same", |p| {
        p.leaf().serial = vec![5];
        p.middle().serial = vec![5];
    });
    let attributes: Vec<(&str, u8, &[u8])> = (0..40)
        .map(|_| ("2.5.4.11", 0x0c, b"a unit of many".as_slice()))
        .collect();
    table.case("subject-of-40-attributes", |p| {
        p.leaf().subject = name(&attributes)
    });
    table.case("subject-of-an-unknown-attribute", |p| {
        p.leaf().subject = name(&[("1.3.6.1.4.1.32473.3", 0x0c, b"value")]);
    });
    table.case("subject-of-a-country-too-long", |p| {
        p.leaf().subject = name(&[("2.5.4.6", 0x13, b"COUNTRY")]);
    });
    table.case("subject-of-the-middle-in-BMPString", |p| {
        p.middle().subject = name(&[("2.5.4.3", 0x1e, b"\0m\0i\0d")]);
    });
}
