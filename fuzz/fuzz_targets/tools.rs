//! Fuzzes the command lines of `rs2nc` and `rs2nd`, and the files that they name: certificates,
//! keys, passphrases, sessions, pre-shared keys, ticket keys, policies, ECHConfigLists.
//!
//! Invariants: no panic, and an error has a message.

#![no_main]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use rs2n_fuzz::seeds;
use rs2n_fuzz::world::Bytes;
use rs2n_tools::fuzzing;

#[derive(Arbitrary, Debug)]
struct Input {
    is_client: bool,
    args: Vec<Argument>,
    files: [Content; FILES],
    defines_policies: bool,
}

#[derive(Arbitrary, Debug)]
enum Argument {
    Option(u8),
    /// `--option=FILE`
    OptionWithFile(u8, u8),
    File(u8),
    /// `IDENTITY:FILE`
    Key(u8),
    Host,
    Port,
    Word(u8),
    Text(String),
}

#[derive(Arbitrary, Debug)]
enum Content {
    Bytes(Bytes),
    Text(String),
    /// A line for each pair, in the forms of the files of keys.
    Keys(Vec<([u8; 20], bool)>),
    Policies(Vec<(u8, u8)>),
}

const FILES: usize = 3;

/// Words that options take.
const WORDS: [&str; 10] = [
    "default",
    "default_tls13",
    "custom:a",
    "sha256",
    "sha384",
    "zlib",
    "required",
    "optional",
    "1000",
    "h2,http/1.1",
];

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("rs2n-fuzz-tools-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
    folder
});

static OPTIONS: LazyLock<Vec<String>> = LazyLock::new(fuzzing::options);

fn file(number: u8) -> PathBuf {
    FOLDER.join((usize::from(number) % (FILES + 1)).to_string())
}

fn option(number: u8) -> &'static str {
    &OPTIONS[usize::from(number) % OPTIONS.len()]
}

impl Argument {
    fn text(&self) -> OsString {
        match self {
            Self::Option(number) => option(*number).into(),
            Self::OptionWithFile(number, at) => {
                let mut text = OsString::from(option(*number));
                text.push("=");
                text.push(file(*at));
                text
            }
            Self::File(number) => file(*number).into(),
            Self::Key(number) => {
                let mut text = OsString::from("identity:");
                text.push(file(*number));
                text
            }
            Self::Host => "localhost".into(),
            Self::Port => "443".into(),
            Self::Word(number) => WORDS[usize::from(*number) % WORDS.len()].into(),
            // Not any path: that of a pipe would block, and a file of the system must not change.
            Self::Text(text) => text.replace(['/', '\0'], "").into(),
        }
    }
}

impl Content {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes.get().into_owned(),
            Self::Text(text) => text.clone().into_bytes(),
            Self::Keys(keys) => {
                let line = |(number, (secret, has_colons)): (usize, &([u8; 20], bool))| {
                    let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
                    let separator = if *has_colons { ":" } else { " " };
                    format!("name{number}{separator}{secret}\n")
                };
                keys.iter()
                    .enumerate()
                    .map(line)
                    .collect::<String>()
                    .into_bytes()
            }
            Self::Policies(statements) => {
                let statement = |&(kind, number): &(u8, u8)| match kind % 6 {
                    0 => format!("policy custom:{}\n", number % 40),
                    1 => "base default\n".to_owned(),
                    2 => format!("min TLS1.{}\n", number % 5),
                    3 => format!(
                        "suites -TLS_AES_{}_GCM_SHA256\n",
                        u32::from(number % 3) * 128
                    ),
                    4 => format!(
                        "replace {} custom:{}\n",
                        WORDS[usize::from(number % 2)],
                        number % 40
                    ),
                    _ => "groups x25519 secp256r1\n".to_owned(),
                };
                statements
                    .iter()
                    .map(statement)
                    .collect::<String>()
                    .into_bytes()
            }
        }
    }
}

fn check(outcome: Result<(), String>) {
    if let Err(message) = outcome {
        assert!(!message.trim().is_empty());
    }
}

fn remove_folder() {
    // A folder that remains is not a finding.
    let _ = fs::remove_dir_all(&*FOLDER);
}

extern "C" fn at_exit() {
    remove_folder();
}

fuzz_target!(
    init: {
        // SAFETY: the function is valid for the life of the process.
        unsafe { libc::atexit(at_exit) };
        seeds::write("tools", seeds::noise());
    },
    |input: Input| {
        let contents: Vec<_> = input.files.iter().map(Content::bytes).collect();
        for (number, content) in contents.iter().enumerate() {
            fs::write(FOLDER.join(number.to_string()), content).expect("the folder is writable");
            std::hint::black_box(fuzzing::identify(content));
        }
        let mut args = vec![OsString::from("tool")];
        args.extend(input.args.iter().map(Argument::text));
        let passphrase: &Path = &FOLDER.join("0");
        check(match input.is_client {
            true => fuzzing::client(&args, passphrase),
            false => fuzzing::server(&args, passphrase),
        });
        if input.defines_policies {
            check(fuzzing::policy_file(&FOLDER.join("0")).map(drop));
        }
    }
);
