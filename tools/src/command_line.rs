//! Parsing of the command line, and the options that print a list, a manual page or a completion
//! script.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command, CommandFactory, Parser};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use rs2n_core::policy::Policy;

use crate::addresses::not_a_host;
use crate::error::{Result, ToolError, USAGE, print_line};
use crate::policies;

/// Parses the command line. For `--list-policies`, `--completions` and the like it prints the output
/// and exits.
pub fn parse<C: Parser + CommandFactory>() -> C {
    let matches = C::command().try_get_matches();
    let matches = matches.unwrap_or_else(|error| match error.use_stderr() {
        true => exit(&error, C::command().get_name()),
        // The help, or the version.
        false => finish::<C>(error.print()),
    });
    let mut text = Vec::new();
    if matches.get_flag("list_policies") {
        for name in Policy::usable_names() {
            text.extend_from_slice(name.as_bytes());
            text.push(b'\n');
        }
    } else if let Some(name) = matches.get_one::<String>("show_policy") {
        text = printed::<C>(policies::find(name).map(|policy| policy.definition().to_string()));
    } else if let Some(path) = matches.get_one::<PathBuf>("check_policy_file") {
        text = printed::<C>(policies::load(path).map(|()| policies::defined()));
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
    finish::<C>(io::stdout().write_all(&text))
}

/// Flushes standard output, and exits. A reader that closes the pipe early is not an error.
fn finish<C: CommandFactory>(written: io::Result<()>) -> ! {
    let status = match written.and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let error = ToolError::stdout(&error);
            error.print(C::command().get_name());
            error.status
        }
        _ => 0,
    };
    std::process::exit(status)
}

/// Returns a text; reports an error, and exits.
fn printed<C: CommandFactory>(text: Result<String>) -> Vec<u8> {
    text.map(String::into_bytes).unwrap_or_else(|error| {
        error.print(C::command().get_name());
        std::process::exit(error.status)
    })
}

/// Reports an invalid command line, and exits. `HOST:PORT` is a frequent one.
fn exit(error: &clap::Error, program: &str) -> ! {
    if error.kind() == ErrorKind::MissingRequiredArgument {
        let _ = error.print();
        let mut args = env::args_os().skip(1);
        if let Some(advice) = args.find_map(|arg| not_a_host(&arg.to_string_lossy())) {
            print_line(program, &format!("hint: {advice}"));
        }
        std::process::exit(USAGE);
    }
    error.exit()
}

/// Writes the manual page. The text after the options of `--help` becomes sections of its own.
fn write_man_page(command: Command, out: &mut Vec<u8>) -> io::Result<()> {
    let notes = command.get_after_long_help();
    let notes = notes.map(ToString::to_string).unwrap_or_default();
    let synopsis = synopsis(command.clone());
    let see_also = see_also(command.get_name());
    let man = Man::new(command);
    man.render_title(out)?;
    man.render_name_section(out)?;
    synopsis.to_writer(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    to_roff(&notes).to_writer(out)?;
    see_also.to_writer(out)
}

/// Returns the references to the other tool, and to the overview of the library.
fn see_also(name: &str) -> Roff {
    let other = if name == "rs2nc" { "rs2nd" } else { "rs2nc" };
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold(other), roman("(1), "), bold("libs2n"), roman("(3)")]);
    roff
}

/// Returns the synopsis: all options, with the names of their values.
fn synopsis(mut command: Command) -> Roff {
    command.build();
    let mut line = vec![bold(command.get_name())];
    let (positionals, options): (Vec<_>, Vec<_>) = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set())
        .partition(|arg| arg.is_positional());
    for arg in options {
        line.extend(option(arg));
    }
    for arg in positionals {
        let names = value_names(arg);
        let required = arg.get_num_args().map_or(1, |range| range.min_values());
        let optional = names.len().saturating_sub(required);
        for (index, name) in names.into_iter().enumerate() {
            let (open, close) = if index < optional {
                (" [", "]")
            } else {
                (" ", "")
            };
            line.extend([roman(open), italic(name), roman(close)]);
        }
    }
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    roff.text(line);
    roff
}

/// Returns an option in brackets, such as `[--ca FILE]...`.
fn option(arg: &Arg) -> Vec<Inline> {
    let name = match (arg.get_long(), arg.get_short()) {
        (Some(long), _) => format!("--{long}"),
        (None, short) => format!("-{}", short.unwrap_or_default()),
    };
    let mut parts = vec![roman(" ["), bold(name)];
    if arg.get_action().takes_values() {
        let is_optional = arg
            .get_num_args()
            .is_some_and(|range| range.min_values() == 0);
        let (open, close) = if is_optional { ("[=", "]") } else { (" ", "") };
        let names = value_names(arg).join(" ");
        parts.extend([roman(open), italic(names), roman(close)]);
    }
    parts.push(roman(match arg.get_action() {
        ArgAction::Append => "]...",
        _ => "]",
    }));
    parts
}

fn value_names(arg: &Arg) -> Vec<String> {
    let names = arg.get_value_names().unwrap_or_default();
    names.iter().map(ToString::to_string).collect()
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
