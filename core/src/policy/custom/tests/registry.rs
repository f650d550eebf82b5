//! Registry of own policies: names, bounds, files, look-ups.

use super::super::super::DEPRECATED;
use super::*;
use crate::error::Code;

/// Returns the error of a file that is rejected.
fn file_error(text: &str) -> String {
    let registry = registry();
    let rejected = registry.load(text.as_bytes()).unwrap_err();
    assert_eq!(registry.policies().count(), 0, "{text}");
    assert!(registry.replacement(b"default").is_none(), "{text}");
    rejected.to_string()
}

#[test]
fn names_of_own_policies_have_a_prefix() {
    let longest = format!("custom:{}", "x".repeat(MAX_NAME - 7));
    let long = format!("{longest}x");
    for name in ["custom:a", "custom:Strict-1.3_b", &longest] {
        assert_eq!(
            registry().define(name.as_bytes(), b"base default"),
            Ok(()),
            "{name}"
        );
    }
    for (name, expected) in [
        (
            "",
            "\"\": the name of an own policy consists of custom: and",
        ),
        (
            "default",
            "\"default\": the name of an own policy consists of custom: and",
        ),
        ("Custom:a", "\"Custom:a\": the name of an own policy"),
        ("custom:", "\"custom:\": the name of an own policy"),
        (
            "custom:a b",
            "\"custom:a b\": the name has another character",
        ),
        (
            "custom:\u{e4}",
            "\"custom:\\xc3\\xa4\": the name has another character",
        ),
        (
            &long,
            &format!("\"{long}\": the name is longer than 64 bytes"),
        ),
    ] {
        let problem = registry()
            .define(name.as_bytes(), b"base default")
            .unwrap_err();
        assert!(problem.to_string().starts_with(expected), "{problem}");
    }
    let names = POLICIES.iter().flat_map(|definition| definition.names);
    assert!(names.chain(DEPRECATED).all(|name| !name.contains(':')));
}

#[test]
fn a_policy_is_defined_once() {
    let registry = registry();
    let define = |name: &str, text: &str| {
        let defined = registry.define(name.as_bytes(), text.as_bytes());
        defined.map_err(|error| error.to_string())
    };
    assert_eq!(define("custom:a", "base default; min TLS1.3"), Ok(()));
    let first: *const Policy = registry.find(b"custom:a").unwrap();
    assert_eq!(
        define("custom:A", "# the same\nmin TLS1.2\nbase default"),
        Err("line 3, \"base\": it is allowed as the first statement only".to_owned())
    );
    assert_eq!(
        define("custom:A", "# the same\nbase 20251014\nmin TLS1.3"),
        Ok(())
    );
    assert_eq!(define("custom:a", "base custom:a"), Ok(()));
    assert_eq!(
        define("custom:a", "base default"),
        Err("\"custom:a\": it is defined already, with other parameters".to_owned())
    );
    assert_eq!(
        first,
        std::ptr::from_ref(registry.find(b"custom:a").unwrap())
    );
    assert_eq!(registry.policies().count(), 1);
    assert!(registry.find(b"custom:b").is_none());
}

#[test]
fn number_and_length_of_definitions_are_bounded() {
    let registry = registry();
    for number in 0..MAX_POLICIES {
        let name = format!("custom:{number}");
        registry.define(name.as_bytes(), b"base default").unwrap();
    }
    let problem = registry
        .define(b"custom:more", b"base default")
        .unwrap_err();
    assert_eq!(
        problem.to_string(),
        "\"custom:more\": there are 64 own policies already"
    );
    assert_eq!(registry.define(b"custom:0", b"base default"), Ok(()));

    let comment = |len| [b"base default #".as_slice(), &vec![b'x'; len - 14]].concat();
    assert_eq!(registry.define(b"custom:0", &comment(MAX_TEXT)), Ok(()));
    let problem = registry
        .define(b"custom:0", &comment(MAX_TEXT + 1))
        .unwrap_err();
    assert_eq!(
        problem.to_string(),
        "the definition is longer than 16384 bytes"
    );
    let problem = registry.load(&vec![b' '; MAX_FILE + 1]).unwrap_err();
    assert_eq!(problem.to_string(), "the file is longer than 65536 bytes");
}

#[test]
fn threads_that_define_the_same_policy_share_it() {
    let registry = registry();
    std::thread::scope(|scope| {
        let define = |text: &'static str| registry.define(b"custom:a", text.as_bytes()).is_ok();
        let same = [1, 2].map(|_| scope.spawn(move || define("base default; min TLS1.3")));
        assert!(
            same.map(|thread| thread.join().unwrap())
                .iter()
                .all(|&defined| defined)
        );
        let other = scope.spawn(move || define("base default"));
        assert!(!other.join().unwrap());
    });
    assert_eq!(registry.policies().count(), 1);
}

const FILE: &str = "\
    policy custom:strict  # of this machine
        base default
        min TLS1.3
    policy custom:stricter
        base custom:strict; groups X25519MLKEM768
    replace default custom:strict; replace PQ-TLS-1-0-2020-12 CUSTOM:stricter
    replace 20140601 default_tls13";

#[test]
fn a_file_defines_policies_and_replaces_names() {
    let registry = registry();
    registry.load(FILE.as_bytes()).unwrap();
    let names: Vec<_> = registry.policies().map(Policy::label).collect();
    assert_eq!(names, ["custom:strict", "custom:stricter"]);
    let label = |name: &[u8]| registry.replacement(name).map(Policy::label);
    assert_eq!(label(b"DEFAULT"), Some("custom:strict"));
    assert_eq!(label(b"pq-tls-1-0-2020-12"), Some("custom:stricter"));
    assert_eq!(label(b"20140601"), Some("default_tls13"));
    assert_eq!(label(b"20251014"), None);

    // A definition of the program is based on what the name stands for.
    registry.define(b"custom:own", b"base default").unwrap();
    assert!(!registry.find(b"custom:own").unwrap().supports_tls12());
    // A file is not: it can be loaded again.
    registry.load(FILE.as_bytes()).unwrap();
    registry.load(b"replace 20251014 custom:strict").unwrap();
    assert_eq!(label(b"default"), None);
    assert_eq!(label(b"20251014"), Some("custom:strict"));
    registry.set_replacements(Vec::new());
    assert_eq!(label(b"20251014"), None);
}

#[test]
fn a_file_with_an_error_has_no_effect() {
    const GOOD: &str = "policy custom:a; base default; replace default custom:a\n";
    for (text, expected) in [
        ("", "the file has no statement"),
        ("# nothing\n", "the file has no statement"),
        (
            "base default",
            "line 1, \"base\": it does not follow policy and a name",
        ),
        (
            "replace default custom:b; min TLS1.3",
            "line 1, \"custom:b\": no policy that is defined above",
        ),
        (
            "replace default default_tls13; min TLS1.3",
            "line 1, \"min\": it does not follow policy",
        ),
        (
            "replace default 20140601",
            "line 1, \"20140601\": no policy that is defined above, or supported",
        ),
        (
            "replace defualt default_tls13",
            "line 1, \"defualt\": no policy of s2n-tls has this name",
        ),
        (
            "replace custom:a default",
            "line 1, \"custom:a\": no policy of s2n-tls has this name",
        ),
        (
            "replace default",
            "line 1, \"replace\": the name of a policy, and that of the one",
        ),
        (
            "replace default default_tls13 x",
            "line 1, \"replace\": the name of a policy",
        ),
        ("policy", "line 1, \"policy\": a word is missing"),
        (
            "policy strict\nbase default",
            "line 1, \"strict\": the name of an own policy consists of",
        ),
        (
            "policy custom:b",
            "line 1, \"custom:b\": the definition has no statement",
        ),
        (
            "policy custom:b\npolicy custom:c",
            "line 1, \"custom:b\": the definition has no statement",
        ),
        (
            "policy custom:b\nbase custom:c\npolicy custom:c\nbase default",
            "line 2, \"custom:c\": no policy has",
        ),
        (
            "policy custom:b\n\nbase default\nmin TLS1",
            "line 4, \"TLS1\": it is not a version",
        ),
        (
            "policy custom:b; base default\npolicy Custom:b",
            "line 2, \"Custom:b\": the name of an own",
        ),
        (
            "policy custom:b; base default\npolicy custom:B; base default",
            "line 2, \"custom:B\": it is defined twice",
        ),
        (
            "replace default default_tls13\nreplace Default 20240503",
            "line 2, \"Default\": it is replaced twice",
        ),
    ] {
        let problem = file_error(text);
        assert!(problem.starts_with(expected), "{text:?}: {problem}");
        if !text.is_empty() && !text.starts_with('#') {
            let behind = file_error(&format!(
                "{}{text}",
                GOOD.replace("replace default", "replace 20240503")
            ));
            assert!(behind.contains("line "), "{behind}");
        }
    }
    // The name of another policy, behind a good one.
    let registry = registry();
    registry.define(b"custom:b", b"base default").unwrap();
    let problem = registry
        .load(b"policy custom:a; base default\npolicy custom:b; base rfc9151")
        .unwrap_err();
    assert_eq!(
        problem.to_string(),
        "line 2, \"custom:b\": it is defined already, with other parameters"
    );
    assert!(registry.find(b"custom:a").is_none());
}

#[test]
fn look_ups_find_own_policies() {
    // The registry of the process, with a name that no other test uses.
    define(b"custom:look-up", b"base default; min TLS1.3").unwrap();
    let own = policy("custom:LOOK-UP");
    assert_eq!(
        (own.label(), own.c_label()),
        ("custom:look-up", c"custom:look-up")
    );
    assert!(names().any(|name| name == "custom:look-up"));
    assert_eq!(
        Policy::allows(b"custom:look-up", Version::Tls13, 0x1301).map_err(|e| e.code()),
        Ok(true)
    );
    assert_eq!(
        Policy::allows(b"custom:look-up", Version::Tls12, 0xc02b).map_err(|e| e.code()),
        Ok(false)
    );
    let unknown = Policy::find(b"custom:unknown").unwrap_err();
    assert_eq!(unknown.code(), Code::InvalidSecurityPolicy);
    assert!(!Policy::usable_names().any(|name| name.contains(':')));
}
