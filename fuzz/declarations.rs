//! Declarations of every exported function, generated from the tables in `tests/abi`, so that a
//! target cannot call a function with another signature than that of the headers.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Returns Rust code: opaque structs, types of callbacks, and for each function a wrapper that
/// notes that the library runs (see `c::Inside`).
pub fn generate(tables: &Path) -> String {
    let mut types = Types::read(&tables.join("types.tsv"));
    let mut declarations = String::new();
    let mut wrappers = String::new();
    for table in ["functions.tsv", "extensions.tsv"] {
        for row in rows(&tables.join(table)) {
            let [name, result, parameters] = &row[..] else {
                panic!("three columns: {row:?}");
            };
            let parameters: Vec<_> = types.parameters(parameters);
            let list: Vec<_> = (0..)
                .zip(&parameters)
                .map(|(at, kind)| format!("a{at}: {kind}"))
                .collect();
            let arguments: Vec<_> = (0..parameters.len()).map(|at| format!("a{at}")).collect();
            let (list, arguments) = (list.join(", "), arguments.join(", "));
            let result = types.rust(result);
            writeln!(declarations, "pub fn {name}({list}) -> {result};").expect("written");
            writeln!(
                wrappers,
                "/// # Safety\n///\n/// That of the function of the library.\n\
                 pub unsafe extern \"C\" fn {name}({list}) -> {result} {{\n\
                 let _inside = Inside::new();\n\
                 // SAFETY: the caller's promise.\n\
                 unsafe {{ library::{name}({arguments}) }}\n}}"
            )
            .expect("written");
        }
    }
    let structs = types
        .structs
        .iter()
        .map(|name| format!("#[repr(C)]\npub struct {name} {{\n_private: [u8; 0],\n}}\n"));
    let mut code: String = structs.collect();
    for (name, signature) in &types.callbacks {
        writeln!(code, "pub type {name} = Option<{signature}>;").expect("written");
    }
    code + "mod library {\nuse super::*;\nunsafe extern \"C\" {\n"
        + &declarations
        + "}\n}\n"
        + &wrappers
}

struct Types {
    enums: BTreeSet<String>,
    callback_names: BTreeSet<String>,
    callbacks: Vec<(String, String)>,
    /// Opaque structs that occurred.
    structs: BTreeSet<String>,
}

impl Types {
    fn read(table: &Path) -> Self {
        let rows = rows(table);
        let of_kind = |kind: &str| -> BTreeSet<String> {
            let rows = rows.iter().filter(|row| row[0] == kind);
            rows.map(|row| row[2].clone()).collect()
        };
        let mut types = Self {
            enums: of_kind("enum"),
            callback_names: of_kind("callback"),
            callbacks: Vec::new(),
            structs: BTreeSet::new(),
        };
        types
            .enums
            .extend(["rs2n_log_level", "rs2n_ech_status"].map(str::to_owned));
        for row in rows.iter().filter(|row| row[0] == "callback") {
            let signature = types.signature(&row[2], &row[4]);
            types.callbacks.push((row[2].clone(), signature));
        }
        types
    }

    /// Translates `typedef RESULT (*NAME)(PARAMETERS);`, or the same without pointer.
    fn signature(&mut self, name: &str, declaration: &str) -> String {
        let (result, parameters) = declaration.split_once(name).expect("the name of the type");
        let result = result.trim_start_matches("typedef ").trim_end_matches("(*");
        let (_, parameters) = parameters.split_once('(').expect("parameters");
        let parameters = self
            .parameters(parameters.trim_end_matches(");"))
            .join(", ");
        let result = match result.trim() {
            "void" => String::new(),
            result => format!(" -> {}", self.rust(result)),
        };
        format!("unsafe extern \"C\" fn({parameters}){result}")
    }

    fn parameters(&mut self, list: &str) -> Vec<String> {
        match list {
            "void" => Vec::new(),
            _ => list
                .split(", ")
                .map(|text| self.rust(without_name(text)))
                .collect(),
        }
    }

    /// Translates a C type.
    fn rust(&mut self, text: &str) -> String {
        let (base, stars) = text.split_at(text.find('*').unwrap_or(text.len()));
        let mut is_const = base.starts_with("const ");
        let base = base
            .trim_start_matches("const ")
            .trim_start_matches("struct ")
            .trim();
        let is_function = self.callback_names.contains(base) || base.ends_with("_callback");
        if is_function {
            return base.to_owned();
        }
        let mut translated = self.base(base);
        for star in stars.split('*').skip(1) {
            let mutability = if is_const { "const" } else { "mut" };
            translated = format!("*{mutability} {translated}");
            is_const = star.trim() == "const";
        }
        translated
    }

    fn base(&mut self, name: &str) -> String {
        let known = match name {
            "int" => "c_int",
            "unsigned long" => "c_ulong",
            "char" => "c_char",
            "void" => "c_void",
            "bool" => "bool",
            "uint8_t" => "u8",
            "uint16_t" => "u16",
            "uint32_t" => "u32",
            "uint64_t" => "u64",
            "size_t" => "usize",
            "ssize_t" => "libc::ssize_t",
            "off_t" => "libc::off_t",
            "iovec" => "libc::iovec",
            "FILE" => "libc::FILE",
            name if self.enums.contains(name) => "c_int",
            name => {
                self.structs.insert(name.to_owned());
                name
            }
        };
        known.to_owned()
    }
}

/// Returns the type of a parameter, whose name may be missing.
fn without_name(parameter: &str) -> &str {
    match parameter.rfind([' ', '*']) {
        Some(end) if parameter[..=end].trim() != "const" => parameter[..=end].trim(),
        _ => parameter,
    }
}

fn rows(table: &Path) -> Vec<Vec<String>> {
    let text =
        fs::read_to_string(table).unwrap_or_else(|error| panic!("{}: {error}", table.display()));
    let lines = text.lines().skip(1);
    lines
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}
