//! What the programs say of themselves instead of working.

use std::io::{self, Write};

use clap::{CommandFactory, Parser};
use clap_complete::Shell;
use clap_mangen::Man;
use s2n::tls::policy::Policy;

/// Reads the command line. One that asks for a list, a page or a script gets it, and the program ends.
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
        let _ = Man::new(C::command()).render(&mut text);
    } else {
        return C::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    }
    // A reader that has seen enough is no failure.
    let _ = io::stdout().write_all(&text);
    std::process::exit(0);
}
