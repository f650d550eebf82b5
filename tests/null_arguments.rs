//! Every function accepts NULL for every pointer: no crash, the failure value, and
//! `S2N_ERR_NULL`. What may be NULL is listed with its reason in `tests/abi/nullable.tsv`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

#[path = "support/calls.rs"]
mod calls;
mod support;

use calls::{Parameter, callbacks, failure_value};
use support::{compile, rows, run_and_check_memory, scratch};

#[test]
fn null_is_refused_or_has_a_meaning() {
    let dir = scratch("null-arguments");
    let source = dir.join("null_arguments.c");
    fs::write(&source, program()).expect("written");
    for compiler in ["gcc", "clang"] {
        let program = dir.join(compiler);
        compile(compiler, &source, &program);
        run_and_check_memory(&program, &[]);
    }
}

fn program() -> String {
    let mut exceptions = exceptions();
    let callbacks = callbacks();
    let mut calls = String::new();
    let mut count = 0;
    for row in rows("functions.tsv")
        .into_iter()
        .chain(rows("extensions.tsv"))
    {
        let [name, result, parameters] = row.as_slice() else {
            panic!("three columns: {row:?}");
        };
        let parameters = calls::parameters(parameters);
        for (place, parameter) in parameters.iter().enumerate() {
            let key = (name.clone(), parameter.name.clone());
            if !parameter.is_pointer(&callbacks) || is_elsewhere(&key) {
                continue;
            }
            let expected = exceptions
                .remove(&key)
                .unwrap_or_else(|| Expected::failure(result));
            call(&mut calls, name, result, &parameters, place, &expected);
            count += 1;
        }
    }
    assert!(exceptions.is_empty(), "no such parameters: {exceptions:?}");
    assert!(count > 100, "the list of functions is whole");
    calls::program(&calls)
}

/// Returns whether another test passes NULL: there is a list of offered keys only during a callback
/// (`tests/c/psk.c`).
fn is_elsewhere((function, parameter): &(String, String)) -> bool {
    (function.as_str(), parameter.as_str()) == ("s2n_offered_psk_list_choose_psk", "psk")
}

#[derive(Debug)]
struct Expected {
    check: String,
    error: String,
}

impl Expected {
    fn failure(result: &str) -> Self {
        let value = failure_value(result);
        Self {
            check: format!("result == {value}"),
            error: "S2N_ERR_NULL".into(),
        }
    }
}

fn exceptions() -> BTreeMap<(String, String), Expected> {
    let rows = rows("nullable.tsv").into_iter();
    rows.map(|row| {
        let [function, parameter, check, error, reason] = <[String; 5]>::try_from(row).expect("5");
        assert!(!reason.is_empty(), "{function} gives a reason");
        let error = match error.as_str() {
            "-" => "S2N_ERR_OK".into(),
            _ => error,
        };
        ((function, parameter), Expected { check, error })
    })
    .collect()
}

fn call(
    calls: &mut String,
    name: &str,
    result: &str,
    parameters: &[Parameter],
    null: usize,
    expected: &Expected,
) {
    let arguments: Vec<_> = parameters
        .iter()
        .enumerate()
        .map(|(place, parameter)| match place == null {
            true => "NULL".into(),
            false => parameter.valid(),
        })
        .collect();
    let Expected { check, error } = expected;
    let parameter = &parameters[null].name;
    let arguments = arguments.join(", ");
    write!(
        calls,
        "    set_up();
    {{
        {result} result = {name}({arguments});
        report(\"{name}: {parameter}\", {check}, \"{error}\");
    }}
    tear_down();
"
    )
    .expect("a string takes text");
}
