//! The transcripts in docs/TOOLS.md match the programs' output.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::common::*;
use crate::peers::{Process, certs, free_port};
use crate::support::root;

/// Runs the commands of a block, and returns them with their output. One that ends with `&` is a
/// server. The ports are replaced by free ones.
fn transcript(block: &str, folder: &Path) -> String {
    let (port, plain_port) = (free_port(), free_port());
    let tools = Path::new(CLIENT).parent().expect("a folder");
    let search = env::var("PATH").expect("a search path");
    let place = format!(
        "cd '{}'; PATH='{}':'{search}'; exec 2>&1; ",
        folder.display(),
        tools.display()
    );
    let mut servers = Vec::new();
    let mut text = String::new();
    for line in block.lines().filter(|line| line.starts_with("$ ")) {
        text += &format!("{line}\n");
        let command = line["$ ".len()..].replace("4433", &port);
        let command = command.replace("6379", &plain_port);
        match command.strip_suffix(" &") {
            Some(server) => {
                let mut server = Process::spawn("sh", &["-c", &format!("{place}exec {server}")]);
                match command.starts_with("redis-server") {
                    true => server.wait_for_text("eady to accept connections"),
                    false => {
                        writeln!(text, "port: {}", server.wait_for("port: ")).expect("memory");
                    }
                }
                servers.push(server);
            }
            None => {
                text += &Process::spawn("sh", &["-c", &(place.clone() + &command)])
                    .finish()
                    .stdout
            }
        }
    }
    let text = text.replace(&port, "4433").replace(&plain_port, "6379");
    text.replace("[::1]", "127.0.0.1")
}

/// Removes the serial numbers of certificates.
fn without_serials(text: &str) -> String {
    let mut parts = text.split("(serial number ");
    let mut rest = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        rest += part.trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == ':');
    }
    rest
}

/// Replaces fingerprints and measurements, which differ from run to run.
fn normalize(text: &str) -> String {
    let text = &without_serials(text);
    let is_measurement = |c: char| c.is_ascii_digit() || c == '.';
    let mut normalized = String::new();
    for word in text.split_inclusive([' ', '\n', '"', '(', ')', ',', ':']) {
        let (word, end) = word.split_at(word.len() - 1);
        match word {
            _ if word.len() > 60 => normalized += "FINGERPRINT",
            "4433" => normalized += word,
            _ if !word.is_empty() && word.chars().all(is_measurement) => normalized += "NUMBER",
            _ => normalized += word,
        }
        normalized += end;
    }
    normalized
}

#[test]
fn the_transcripts_of_the_page_are_current() {
    let dir = folder("page");
    for entry in fs::read_dir(certs()).expect("a folder") {
        let from = entry.expect("an entry").path();
        fs::copy(&from, dir.join(from.file_name().expect("a name"))).expect("a copy");
    }
    let path = root().join("docs/TOOLS.md");
    let page = fs::read_to_string(&path).expect("a page");
    let mut parts = page.split("```console\n");
    let mut current = parts.next().expect("a beginning").to_owned();
    for part in parts {
        let (block, rest) = part.split_once("```").expect("an end");
        let text = transcript(block, &dir);
        if env::var_os("RS2N_BLESS").is_none() {
            assert_eq!(normalize(&text), normalize(block));
        }
        current += &format!("```console\n{text}```{rest}");
    }
    if env::var_os("RS2N_BLESS").is_some() {
        fs::write(&path, current).expect("writable");
    }
}
