//! Name constraints.

use super::Table;
use crate::certificates::extensions::*;
use crate::certificates::{common_name, name};

type Names = Vec<Vec<u8>>;

pub fn add(table: &mut Table) {
    common_names(table);
    let range = |address: [u8; 4], mask: [u8; 4]| ip(&[address, mask].concat());
    let rows: Vec<(&str, Names, Names, Names)> = vec![
        (
            "DNS-permitted",
            vec![dns("test")],
            vec![],
            vec![dns("leaf.test")],
        ),
        (
            "DNS-permitted-itself",
            vec![dns("leaf.test")],
            vec![],
            vec![dns("leaf.test")],
        ),
        (
            "DNS-permitted-with-a-dot",
            vec![dns(".test")],
            vec![],
            vec![dns("leaf.test")],
        ),
        (
            "DNS-permitted-with-a-dot-itself",
            vec![dns(".leaf.test")],
            vec![],
            vec![dns("leaf.test")],
        ),
        (
            "DNS-permitted-case",
            vec![dns("TEST")],
            vec![],
            vec![dns("leaf.test")],
        ),
        (
            "DNS-permitted-everything",
            vec![dns("")],
            vec![],
            vec![dns("leaf.test")],
        ),
        (
            "DNS-not-permitted",
            vec![dns("other")],
            vec![],
            vec![dns("leaf.test")],
        ),
        (
            "DNS-not-permitted-by-a-part",
            vec![dns("af.test")],
            vec![],
            vec![dns("leaf.test")],
        ),
        (
            "DNS-one-not-permitted",
            vec![dns("test")],
            vec![],
            vec![dns("leaf.test"), dns("a.other")],
        ),
        (
            "DNS-second-permits",
            vec![dns("other"), dns("test")],
            vec![],
            vec![dns("leaf.test")],
        ),
        (
            "DNS-excluded",
            vec![],
            vec![dns("test")],
            vec![dns("leaf.test")],
        ),
        (
            "DNS-not-excluded",
            vec![],
            vec![dns("other")],
            vec![dns("leaf.test")],
        ),
        (
            "DNS-one-excluded",
            vec![],
            vec![dns("a.other")],
            vec![dns("leaf.test"), dns("a.other")],
        ),
        (
            "DNS-excluded-and-permitted",
            vec![dns("test")],
            vec![dns("leaf.test")],
            vec![dns("leaf.test")],
        ),
        (
            "DNS-wildcard-permitted",
            vec![dns("test")],
            vec![],
            vec![dns("leaf.test"), dns("*.a.test")],
        ),
        (
            "DNS-wildcard-wider-than-permitted",
            vec![dns("a.test"), dns("leaf.test")],
            vec![],
            vec![dns("leaf.test"), dns("*.test")],
        ),
        (
            "DNS-wildcard-covers-excluded",
            vec![],
            vec![dns("b.test")],
            vec![dns("leaf.test"), dns("*.test")],
        ),
        (
            "IP-permitted",
            vec![range([10, 0, 0, 0], [255, 0, 0, 0])],
            vec![],
            vec![dns("leaf.test"), ip(&[10, 1, 2, 3])],
        ),
        (
            "IP-not-permitted",
            vec![range([10, 0, 0, 0], [255, 0, 0, 0])],
            vec![],
            vec![dns("leaf.test"), ip(&[11, 1, 2, 3])],
        ),
        (
            "IP-excluded",
            vec![],
            vec![range([10, 0, 0, 0], [255, 0, 0, 0])],
            vec![dns("leaf.test"), ip(&[10, 1, 2, 3])],
        ),
        (
            "IP-not-excluded",
            vec![],
            vec![range([10, 0, 0, 0], [255, 0, 0, 0])],
            vec![dns("leaf.test"), ip(&[11, 1, 2, 3])],
        ),
        (
            "IP-mask-with-holes",
            vec![range([10, 0, 0, 0], [255, 0, 255, 0])],
            vec![],
            vec![dns("leaf.test"), ip(&[10, 1, 0, 3])],
        ),
        (
            "IP-of-the-wrong-length",
            vec![ip(&[10, 0, 0, 0])],
            vec![],
            vec![dns("leaf.test"), ip(&[10, 1, 2, 3])],
        ),
        (
            "IP-constraint-and-DNS-names-only",
            vec![range([10, 0, 0, 0], [255, 0, 0, 0])],
            vec![],
            vec![dns("leaf.test")],
        ),
        (
            "email-permitted",
            vec![email("a.test")],
            vec![],
            vec![dns("leaf.test"), email("me@a.test")],
        ),
        (
            "email-not-permitted",
            vec![email("b.test")],
            vec![],
            vec![dns("leaf.test"), email("me@a.test")],
        ),
        (
            "email-constraint-and-no-email",
            vec![email("b.test")],
            vec![],
            vec![dns("leaf.test")],
        ),
        (
            "URI-not-permitted",
            vec![uri("b.test")],
            vec![],
            vec![dns("leaf.test"), uri("https://a.test/")],
        ),
        (
            "URI-permitted",
            vec![uri("a.test")],
            vec![],
            vec![dns("leaf.test"), uri("https://a.test/")],
        ),
        (
            "directory-permitted",
            vec![directory(&common_name("leaf"))],
            vec![],
            vec![dns("leaf.test")],
        ),
        (
            "directory-not-permitted",
            vec![directory(&common_name("other"))],
            vec![],
            vec![dns("leaf.test")],
        ),
        (
            "directory-excluded",
            vec![],
            vec![directory(&common_name("leaf"))],
            vec![dns("leaf.test")],
        ),
        (
            "directory-all-permitted",
            vec![directory(&name(&[]))],
            vec![],
            vec![dns("leaf.test")],
        ),
        ("empty", vec![], vec![], vec![dns("leaf.test")]),
    ];
    for (title, permitted, excluded, list) in rows {
        for who in ["middle", "root"] {
            table.case(format!("{who}-constrains-{title}"), |p| {
                p.leaf().with(names(&list));
                p.cert(who).with(name_constraints(&permitted, &excluded));
            });
        }
    }
    table.case("constrains-CN-permitted", |p| {
        p.leaf().without(NAMES).subject = common_name("leaf.test");
        p.middle().with(name_constraints(&[dns("test")], &[]));
    });
    table.case("constrains-CN-not-permitted", |p| {
        p.leaf().without(NAMES).subject = common_name("leaf.test");
        p.middle().with(name_constraints(&[dns("other")], &[]));
    });
    table.case("constrains-CN-excluded", |p| {
        p.leaf().without(NAMES).subject = common_name("leaf.test");
        p.middle().with(name_constraints(&[], &[dns("test")]));
    });
    table.case("constraints-not-critical", |p| {
        let constraints = name_constraints(&[dns("other")], &[]).critical(false);
        p.middle().with(constraints);
    });
    table.case("constraints-in-a-leaf", |p| {
        p.leaf().with(name_constraints(&[dns("other")], &[]));
    });
    table.case("constraints-garbage", |p| {
        p.middle()
            .with(extension(NAME_CONSTRAINTS, true, b"garbage".to_vec()));
    });
}

/// Common names of leaves without alternative names, below a CA constrained to other names.
fn common_names(table: &mut Table) {
    for name in ["intranet", "*.test", "leaf.test."] {
        for (title, permitted, excluded) in [
            ("permitted", vec![dns("corp.example")], vec![]),
            ("excluded", vec![], vec![dns("intranet"), dns("test")]),
        ] {
            let case = format!("constrains-CN-{}-{title}", name.replace('*', "any"));
            table.case(case, |p| {
                p.middle().with(name_constraints(&permitted, &excluded));
                p.leaf().without(NAMES).subject = common_name(name);
                p.host = name.replace("*.", "leaf.");
            });
        }
    }
}
