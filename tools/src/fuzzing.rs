//! Entry points of the fuzz target `tools`: what the programs do with their command line and with
//! the files that it names, before the first connection. They write no file, and read nothing from
//! the terminal.

use std::ffi::OsString;
use std::path::Path;

use clap::{CommandFactory, Parser};

use crate::error::Result;
use crate::options::{Client, Common, Server};
use crate::psk::{self, load_client_key};
use crate::session_store::SessionStore;
use crate::ticket_keys::TicketKeyFile;
use crate::{addresses, config, ech, file_kind, policies, protocol, secret};

/// Parses the command line of `rs2nc`, and loads its files. The passphrase of a key is in a file,
/// unless the command line names another. Returns the message of an error.
pub fn client(args: &[OsString], passphrase: &Path) -> Result<(), String> {
    let mut options = Client::try_parse_from(args).map_err(|error| error.to_string())?;
    options.passphrase_file.get_or_insert(passphrase.to_owned());
    remove_outputs(&mut options.common);
    load_client(&options).map_err(|error| error.message)
}

fn load_client(options: &Client) -> Result<()> {
    config::client(options)?;
    if let Some(option) = &options.psk {
        load_client_key(option, options.psk_hash, 100)?;
    }
    if let Some(path) = &options.ech {
        ech::load(path)?;
    }
    SessionStore::open(options.session.as_deref())?;
    Ok(())
}

/// The same for `rs2nd`.
pub fn server(args: &[OsString], passphrase: &Path) -> Result<(), String> {
    let mut options = Server::try_parse_from(args).map_err(|error| error.to_string())?;
    options.passphrase_file.get_or_insert(passphrase.to_owned());
    remove_outputs(&mut options.common);
    load_server(&options).map_err(|error| error.message)
}

fn load_server(options: &Server) -> Result<()> {
    addresses::listen_address(&options.listen)?;
    let config = config::server(options)?;
    if let Some(path) = &options.ticket_key_file {
        TicketKeyFile::load(path, &config)?;
    }
    if let Some(path) = &options.psk_file {
        psk::load_server_keys(path, options.max_early_data.unwrap_or(0))?;
    }
    Ok(())
}

fn remove_outputs(options: &mut Common) {
    options.json = None;
    options.receive = None;
}

/// Loads a policy file. Its policies are defined for the life of the process.
pub fn policy_file(path: &Path) -> Result<String, String> {
    let loaded = policies::load(path);
    loaded
        .map(|()| policies::defined())
        .map_err(|error| error.message)
}

/// Finds out what kind a file is, which protocol it is the beginning of, and whether it is a
/// secret.
pub fn identify(bytes: &[u8]) -> String {
    let kind = file_kind::FileKind::of(bytes);
    let count = file_kind::certificates(bytes).len();
    let protocol = protocol::identify(bytes);
    let text = String::from_utf8_lossy(bytes);
    let is_secret = secret::parse(&text).is_ok();
    let advice = addresses::not_a_host(&text);
    format!("{kind:?} {count} {protocol:?} {is_secret} {advice:?}")
}

/// Returns the long options of both programs.
pub fn options() -> Vec<String> {
    let commands = [Client::command(), Server::command()];
    let arguments = commands.iter().flat_map(|command| command.get_arguments());
    arguments
        .filter_map(|argument| Some(format!("--{}", argument.get_long()?)))
        .collect()
}
