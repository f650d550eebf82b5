//! The command lines. The help, the manual pages and the completions are made from the comments here.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, ValueEnum};
use clap_complete::Shell;

/// Connects to a TLS server: sends it standard input, and writes what it sends to standard output.
///
/// When the input is at its end the server is told so, and what it still sends is read until it
/// closes as well.
#[derive(Debug, Parser)]
#[command(name = "rs2nc", version, after_help = EXIT_STATUS, after_long_help = CLIENT_NOTES)]
pub struct Client {
    /// The host to connect to: a name, or an address
    pub host: String,

    /// The TCP port to connect to
    pub port: u16,

    /// Ask for this name, and expect it in the server's certificate, instead of HOST
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Trust the authorities in this PEM file instead of the system's; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    pub ca: Vec<PathBuf>,

    /// Accept any certificate of the server. Whoever is in between can read and change everything
    #[arg(long)]
    pub insecure: bool,

    /// Show this certificate chain (PEM, leaf first) if the server asks for one
    #[arg(long, value_name = "FILE")]
    pub cert: Option<PathBuf>,

    /// The private key (PEM) of --cert; the same file, unless it is given
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,

    /// Use IPv4 only
    #[arg(short = '4', conflicts_with = "ipv6")]
    pub ipv4: bool,

    /// Use IPv6 only
    #[arg(short = '6')]
    pub ipv6: bool,

    /// Send what the server sends back to it, and nothing else
    #[arg(long, conflicts_with_all = ["send", "receive"])]
    pub echo: bool,

    #[command(flatten)]
    pub common: Common,
}

/// Waits for TLS clients: sends them a file or what they have sent, and keeps or shows what they send.
///
/// With --once standard input is sent to the one client; otherwise there is nothing to send unless
/// --send or --echo says so. A server with nothing to send closes when the client has closed.
#[derive(Debug, Parser)]
#[command(name = "rs2nd", version, after_help = EXIT_STATUS, after_long_help = SERVER_NOTES)]
#[command(override_usage = "rs2nd [OPTIONS] --cert <FILE> [HOST] <PORT>")]
pub struct Server {
    /// The address to listen at, and the TCP port; port 0 lets the system choose one
    #[arg(value_names = ["HOST", "PORT"], num_args = 1..=2, required = true)]
    pub listen: Vec<String>,

    /// Show this certificate chain (PEM, leaf first); may be repeated, and the client's wishes choose
    #[arg(long, value_name = "FILE", required = true)]
    pub cert: Vec<PathBuf>,

    /// The private key (PEM) of the --cert at the same place; the same file, unless it is given
    #[arg(long, value_name = "FILE")]
    pub key: Vec<PathBuf>,

    /// Ask clients for a certificate of an authority in this PEM file; may be repeated
    #[arg(long, value_name = "FILE")]
    pub client_ca: Vec<PathBuf>,

    /// Whether clients must show a certificate; required, unless it is given, with --client-ca
    #[arg(long, value_name = "WHEN", requires = "client_ca")]
    pub client_auth: Option<ClientAuthMode>,

    /// Serve one connection, and end; sends standard input unless --send or --echo is given
    #[arg(long, conflicts_with = "connections")]
    pub once: bool,

    /// Serve this many connections, and end
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub connections: Option<u64>,

    /// Send clients what they have sent, instead of writing it to standard output
    #[arg(long, conflicts_with_all = ["send", "receive"])]
    pub echo: bool,

    #[command(flatten)]
    pub common: Common,
}

/// What both programs understand.
#[derive(Args, Debug)]
pub struct Common {
    /// Offer these application protocols (ALPN), separated by commas, the best first
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub alpn: Vec<String>,

    /// Use this security policy of s2n-tls
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub policy: String,

    /// Send this file instead of standard input
    #[arg(long, value_name = "FILE")]
    pub send: Option<PathBuf>,

    /// Write what comes to this file instead of standard output. It is FILE.part until all has come
    #[arg(long, value_name = "FILE")]
    pub receive: Option<PathBuf>,

    /// Let --receive replace a file that is there
    #[arg(long)]
    pub force: bool,

    /// Report each connection as a line of JSON: to FILE (which is replaced), or else to standard
    /// output, or to standard error if standard output carries what is received
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub json: Option<Option<PathBuf>>,

    /// Give up when nothing has moved for so long, or the handshake takes longer
    #[arg(long, value_name = "SECONDS", value_parser = timeout)]
    pub timeout: Option<Duration>,

    /// After our last byte, wait until nothing has come for so long before closing [default: 0 in
    /// TLS 1.3, where the other side may go on; 3 before, where closing ends both directions]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub linger: Option<Duration>,

    /// Append the secrets of the connections to this file, for Wireshark and the like
    #[arg(long, value_name = "FILE")]
    pub key_log: Option<PathBuf>,

    /// Show no progress bar, even if standard error is a terminal
    #[arg(long)]
    pub no_progress: bool,

    /// Say on standard error what was agreed on, and how it ended
    #[arg(short, long)]
    pub verbose: bool,

    /// List the security policies that can be used, and end
    #[arg(long, exclusive = true)]
    pub list_policies: bool,

    /// Write a completion script for this shell to standard output, and end
    #[arg(long, value_name = "SHELL", exclusive = true)]
    pub completions: Option<Shell>,

    /// Write the manual page to standard output, and end
    #[arg(long, exclusive = true, hide = true)]
    pub man: bool,
}

/// Whether clients are asked for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ClientAuthMode {
    /// They are not asked
    None,
    /// They are asked, and may have none
    Optional,
    /// They are asked, and refused if they have none
    Required,
}

const EXIT_STATUS: &str = "Exit status: 0 if everything went well, 1 if a connection failed or a file \
could not be used, 2 if the command line is wrong.";

const CLIENT_NOTES: &str = "\
Exit status:
  0  all was sent and received, and both sides have closed
  1  the connection failed, was cut off, or a file could not be used
  2  the command line is wrong

Examples:
  rs2nc example.org 443                              a conversation
  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | rs2nc --linger 5 example.org 443
  rs2nc --ca ca.pem --send backup.tar localhost 4433
  rs2nc --ca ca.pem --json localhost 4433 </dev/null  what the server agrees to";

const SERVER_NOTES: &str = "\
Output:
The first line that is written is `port: PORT`, or with --json an object with `listening`. It and the
reports go to standard output, or to standard error if standard output carries what is received.

With --receive and more than one connection, the files are FILE.1, FILE.2 and so on.

Exit status:
  0  all connections went well (with --once or --connections; otherwise the server does not end)
  1  a connection failed or was cut off, or a file could not be used
  2  the command line is wrong

Examples:
  rs2nd --cert server.pem --key server.key --echo 4433
  rs2nd --cert server.pem --key server.key --once --receive backup.tar localhost 0
  rs2nd --cert server.pem --key server.key --client-ca ca.pem --json --echo 4433";

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if time <= MAX_DURATION => Ok(time),
        _ => Err("not a length of time up to a year".to_owned()),
    }
}

fn timeout(text: &str) -> Result<Duration, String> {
    let time = seconds(text)?;
    match time.is_zero() {
        true => Err("no time at all".to_owned()),
        false => Ok(time),
    }
}

const MAX_DURATION: Duration = Duration::from_secs(366 * 24 * 3600);

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_lines_are_consistent() {
        Client::command().debug_assert();
        Server::command().debug_assert();
    }

    #[test]
    fn seconds_may_have_a_fraction_and_no_sign() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        for wrong in ["", "x", "-1", "inf", "nan", "1e99"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
        assert!(timeout("0").is_err());
    }
}
