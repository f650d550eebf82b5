//! Parsing of the command line, and the options that print a list, a manual page or a completion
//! script.

use std::io::{self, Write};

use clap::{Command, CommandFactory, Parser};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use rs2n_core::policy::Policy;

/// Parses the command line. For `--list-policies`, `--completions` and `--man` it prints the output
/// and exits.
pub fn parse<C: Parser + CommandFactory>() -> C {
    let matches = C::command().get_matches();
    let mut text = Vec::new();
    if matches.get_flag("list_policies") {
        for name in Policy::usable_names() {
            text.extend_from_slice(name.as_bytes());
            text.push(b'\n');
        }
    } else if let Some(&shell) = matches.get_one::<Shell>("completions") {
        let mut command = C::command();
        let name = command.get_name().to_owned();
        clap_complete::generate(shell, &mut command, name, &mut text);
    } else if matches.get_flag("man") {
        // Writing to memory does not fail.
        let _ = write_man_page(C::command(), &mut text);
    } else {
        return C::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    }
    // A reader that closes the pipe early is not an error.
    let _ = io::stdout().write_all(&text);
    std::process::exit(0);
}

/// Writes the manual page. The text after the options of `--help` becomes sections of its own.
fn write_man_page(command: Command, out: &mut Vec<u8>) -> io::Result<()> {
    let notes = command.get_after_long_help();
    let notes = notes.map(ToString::to_string).unwrap_or_default();
    let man = Man::new(command);
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    to_roff(&notes).to_writer(out)
}

/// Converts paragraphs to roff. A first line that ends with a colon is a heading; the lines below
/// it are not filled.
fn to_roff(text: &str) -> Roff {
    let mut roff = Roff::new();
    for paragraph in text.split("\n\n") {
        match paragraph.split_once(":\n") {
            Some((heading, lines)) => {
                roff.control("SH", [heading.to_uppercase().as_str()]);
                roff.control("nf", []);
                for line in lines.lines() {
                    roff.text([roman(line)]);
                }
                roff.control("fi", []);
            }
            None => {
                roff.control("PP", []);
                roff.text([roman(paragraph)]);
            }
        }
    }
    roff
}
