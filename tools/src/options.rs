//! Command-line options. The help, the manual pages and the completions are generated from the doc
//! comments here.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, ValueEnum};
use clap_complete::Shell;
use rs2n_core::config::{CertCompression, PskHash};

use crate::psk::PskOption;
use crate::tunnel::{ForwardTo, ListenAddress};

/// TLS client: sends standard input to a server, and writes the received data to standard output.
///
/// At the end of the input the client sends a close_notify, and continues to receive until the
/// server closes as well.
#[derive(Debug, Parser)]
#[command(name = "rs2nc", version, after_help = EXIT_STATUS, after_long_help = CLIENT_NOTES)]
#[command(group(ArgGroup::new("tunnel").args(["listen"])))]
pub struct Client {
    /// Host to connect to: name or IP address
    pub host: String,

    /// TCP port to connect to
    pub port: u16,

    /// Server name (SNI) to send and to verify in the server's certificate, instead of HOST
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Trust the CA certificates in this PEM file instead of the system's; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    pub ca: Vec<PathBuf>,

    /// Do not verify the server's certificate. An attacker in the path can read and change all data
    #[arg(long)]
    pub insecure: bool,

    /// Client certificate chain (PEM, leaf first), sent if the server requests one
    #[arg(long, value_name = "FILE")]
    pub cert: Option<PathBuf>,

    /// Private key (PEM) of --cert [default: the --cert file]
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,

    /// Passphrase of the private key, if it is encrypted: the first line of this file. Without it, the
    /// passphrase is typed on the terminal, if standard input is one
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub passphrase_file: Option<PathBuf>,

    /// Private key (PEM) of a raw public key (RFC 7250), sent if the server requests one in place of a
    /// certificate
    #[arg(long, value_name = "FILE")]
    pub raw_key: Option<PathBuf>,

    /// Trust the server with this public key (PEM or DER), without a certificate (RFC 7250, TLS 1.3),
    /// and no certificates unless --ca is given; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    pub trust_key: Vec<PathBuf>,

    /// Resume the session in this file, if it exists, and store the newest one in it. The file is
    /// secret: an attacker who reads it can impersonate the server to this client, which does not
    /// verify the certificate again
    #[arg(long, value_name = "FILE")]
    pub session: Option<PathBuf>,

    /// Authenticate both sides by an external pre-shared key instead of certificates: an identity,
    /// which is sent unencrypted and has no colon, and the file with its secret, of at least 16 bytes
    /// in hexadecimal digits. A server that does not have the key is rejected, unless its certificate
    /// is verified with --ca
    #[arg(long, value_name = "IDENTITY:FILE", conflicts_with_all = ["session", "insecure"])]
    pub psk: Option<PskOption>,

    /// Hash of --psk, with which the cipher suite is selected
    #[arg(long, value_name = "HASH", default_value = "sha256", requires = "psk")]
    pub psk_hash: PskHashName,

    /// Encrypt the ClientHello, and the server name in it, with the ECHConfigList in this file: binary,
    /// in base64 as in an HTTPS record of the DNS, or in PEM (ECHCONFIG). TLS 1.3 alone is offered. The
    /// connection fails if the server does not decrypt it
    #[arg(long, value_name = "FILE", conflicts_with = "ech_grease")]
    pub ech: Option<PathBuf>,

    /// Write the ECHConfigList of a server that rejects --ech to this file, for --ech of the next
    /// attempt. Nothing is written if the server sends none, or if it is not authenticated
    #[arg(long, value_name = "FILE", requires = "ech")]
    pub ech_retry: Option<PathBuf>,

    /// Send random data in place of an encrypted ClientHello, so that connections with and without --ech
    /// look alike. TLS 1.3 alone is offered
    #[arg(long)]
    pub ech_grease: bool,

    /// Send this file before all other data: as early data (0-RTT), if the --session or --psk permits
    /// it and the server accepts it, otherwise after the handshake. Early data is not forward secret,
    /// and an attacker can replay it: the server must be able to process it twice
    #[arg(long, value_name = "FILE")]
    pub early_data: Option<PathBuf>,

    /// Connect this number of times more, one after the other, each time with the last session.
    /// Standard input is sent once; with --receive the files are named FILE.1, FILE.2 and so on
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub reconnect: u64,

    /// Accept plain TCP connections on this address [default: localhost] and port, and open a TLS
    /// connection to HOST for each of them, instead of one for standard input and output. Port 0 lets
    /// the system choose one. The data is not encrypted up to this program: with another address than
    /// a local one, everybody in the network can use the tunnel
    #[arg(long, value_name = "[ADDRESS:]PORT")]
    #[arg(conflicts_with_all = ["echo", "send", "receive", "force", "early_data", "reconnect", "ech_retry"])]
    pub listen: Option<ListenAddress>,

    /// Serve one connection of --listen and exit
    #[arg(long, requires = "tunnel", conflicts_with = "connections")]
    pub once: bool,

    /// Serve this number of connections of --listen and exit
    #[arg(long, value_name = "N", requires = "tunnel")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub connections: Option<u64>,

    /// Use IPv4 only
    #[arg(short = '4', conflicts_with = "ipv6")]
    pub ipv4: bool,

    /// Use IPv6 only
    #[arg(short = '6')]
    pub ipv6: bool,

    /// Send the received data back to the server, and nothing else
    #[arg(long, conflicts_with_all = ["send", "receive", "early_data"])]
    pub echo: bool,

    #[command(flatten)]
    pub tunnel: TunnelOptions,

    #[command(flatten)]
    pub common: Common,
}

/// TLS server: sends a file or an echo to its clients, and writes the received data to a file or to
/// standard output.
///
/// With --once, standard input is sent to the single client; otherwise data is sent only with --send or
/// --echo. A server without data to send closes when the client has closed.
#[derive(Debug, Parser)]
#[command(name = "rs2nd", version, after_help = EXIT_STATUS, after_long_help = SERVER_NOTES)]
#[command(
    override_usage = "rs2nd [OPTIONS] <--cert <FILE>|--raw-key <FILE>|--psk-file <FILE>> [HOST] <PORT>"
)]
#[command(group(ArgGroup::new("client_trust").args(["client_ca", "trust_key"]).multiple(true)))]
#[command(group(ArgGroup::new("psk_keys").args(["ticket_key_file", "psk_file"])))]
#[command(group(ArgGroup::new("tunnel").args(["forward"])))]
pub struct Server {
    /// Address [default: localhost] and TCP port to listen on; port 0 lets the system choose one
    #[arg(value_names = ["HOST", "PORT"], num_args = 1..=2, required = true)]
    pub listen: Vec<String>,

    /// Certificate chain (PEM, leaf first); may be repeated: one is selected for each ClientHello.
    /// Optional with --raw-key and --psk-file
    #[arg(long, value_name = "FILE", required_unless_present_any = ["psk_file", "raw_key"])]
    pub cert: Vec<PathBuf>,

    /// Private key (PEM) of the --cert in the same position [default: the --cert file]
    #[arg(long, value_name = "FILE")]
    pub key: Vec<PathBuf>,

    /// Passphrase of each private key that is encrypted: the first line of this file. Without it, the
    /// passphrases are typed on the terminal, if standard input is one
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub passphrase_file: Option<PathBuf>,

    /// Private key (PEM) of a raw public key (RFC 7250), sent to clients that support it in place of a
    /// certificate; may be repeated for keys of other types
    #[arg(long, value_name = "FILE")]
    pub raw_key: Vec<PathBuf>,

    /// Request client certificates issued by a CA in this PEM file; may be repeated
    #[arg(long, value_name = "FILE")]
    pub client_ca: Vec<PathBuf>,

    /// Request raw public keys of clients (RFC 7250), and trust the one in this file (PEM or DER); may
    /// be repeated
    #[arg(long, value_name = "FILE")]
    pub trust_key: Vec<PathBuf>,

    /// Client certificate mode [default: required with --client-ca or --trust-key, otherwise none]
    #[arg(long, value_name = "MODE", requires = "client_trust")]
    pub client_auth: Option<ClientAuthMode>,

    /// Send session tickets, encrypted with the keys of this file: a line for each, with a name of up
    /// to 16 bytes, a secret of hexadecimal digits, and optionally the time of its first use in
    /// seconds since 1970. SIGHUP adds the keys that are new in the file
    #[arg(long, value_name = "FILE")]
    pub ticket_key_file: Option<PathBuf>,

    /// Accept clients with the external pre-shared keys of this file: a line for each, as
    /// IDENTITY:SECRET or IDENTITY:SECRET:HASH, with a secret of at least 16 bytes in hexadecimal
    /// digits, and the hash sha256 or sha384. Such clients send no certificate
    #[arg(long, value_name = "FILE")]
    pub psk_file: Option<PathBuf>,

    /// Accept early data (0-RTT) of up to this number of bytes. It is kept in memory until the
    /// handshake is complete, and then processed like other data
    #[arg(long, value_name = "BYTES", requires = "psk_keys")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub max_early_data: Option<u32>,

    /// Keep sessions of TLS 1.2 in memory, for clients without tickets
    #[arg(long, requires = "cert")]
    pub session_cache: bool,

    /// Forward each connection, after its handshake, without TLS to this address and port, or to a
    /// Unix socket, instead of sending and receiving files
    #[arg(long, value_name = "HOST:PORT|unix:PATH")]
    #[arg(conflicts_with_all = ["echo", "send", "receive", "force", "max_early_data"])]
    pub forward: Option<ForwardTo>,

    /// Serve one connection and exit; sends standard input unless --send, --echo or --forward is given
    #[arg(long, conflicts_with = "connections")]
    pub once: bool,

    /// Serve this number of connections and exit
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub connections: Option<u64>,

    /// Send the received data back to the client, instead of writing it to standard output
    #[arg(long, conflicts_with_all = ["send", "receive"])]
    pub echo: bool,

    #[command(flatten)]
    pub tunnel: TunnelOptions,

    #[command(flatten)]
    pub common: Common,
}

/// The options of tunnels: `rs2nc --listen` and `rs2nd --forward`.
#[derive(Args, Debug)]
pub struct TunnelOptions {
    /// Maximum number of connections of a tunnel at once; others wait [default: 4096, or as many as the
    /// limit of descriptors permits]
    #[arg(long, value_name = "N", requires = "tunnel", value_parser = count)]
    pub max_connections: Option<usize>,

    /// Close a connection of a tunnel if its handshake takes longer [default: 10]
    #[arg(long, value_name = "SECONDS", requires = "tunnel", value_parser = timeout)]
    #[arg(default_value = "10", hide_default_value = true)]
    pub handshake_timeout: Duration,

    /// Close a connection of a tunnel if the other one is not established in this time [default: 10]
    #[arg(long, value_name = "SECONDS", requires = "tunnel", value_parser = timeout)]
    #[arg(default_value = "10", hide_default_value = true)]
    pub connect_timeout: Duration,
}

/// The options that both programs have.
#[derive(Args, Debug)]
pub struct Common {
    /// Application protocols (ALPN), separated by commas, in order of preference
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub alpn: Vec<String>,

    /// Security policy, as named by s2n-tls, or of --policy-file
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub policy: String,

    /// Define the security policies of this file, whose names begin with `custom:`, and replace
    /// the names that it replaces: the same file as that of RS2N_SECURITY_POLICIES, which the tools do
    /// not read
    #[arg(long, value_name = "FILE")]
    pub policy_file: Option<PathBuf>,

    /// Compress certificates with this algorithm, and accept compressed ones, in TLS 1.3 with a peer that
    /// supports it
    #[arg(long, value_name = "ALGORITHM")]
    pub cert_compression: Option<CertCompressionName>,

    /// File to send instead of standard input
    #[arg(long, value_name = "FILE")]
    pub send: Option<PathBuf>,

    /// Write the received data to this file instead of standard output. The name is FILE.part until
    /// the transfer is complete
    #[arg(long, value_name = "FILE")]
    pub receive: Option<PathBuf>,

    /// Let --receive replace an existing file
    #[arg(long)]
    pub force: bool,

    /// Report each connection as a line of JSON: to FILE (which is replaced), or else to standard
    /// output, or to standard error if standard output carries received data: for a client if it has
    /// received some, for a server unless --receive, --echo or --forward is given
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub json: Option<Option<PathBuf>>,

    /// Fail after this time without data in either direction, or if the handshake takes longer
    #[arg(long, value_name = "SECONDS", value_parser = timeout)]
    pub timeout: Option<Duration>,

    /// After sending all data, wait until nothing was received for this time before sending the
    /// close_notify [default: 0 in TLS 1.3, where the peer can continue to send; 3 in TLS 1.2,
    /// where a close_notify ends both directions]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub linger: Option<Duration>,

    /// Let the kernel encrypt and decrypt the records (kernel TLS), if it can: Linux with the
    /// module "tls", and a cipher suite with AES-GCM. Otherwise the reason is printed to standard
    /// error, and the connection continues without it. Before Linux 6.14 a key update of the peer
    /// ends the connection
    #[arg(long)]
    pub ktls: bool,

    /// Append the secrets of the connections to this file (SSLKEYLOGFILE format), for Wireshark and
    /// the like
    #[arg(long, value_name = "FILE")]
    pub key_log: Option<PathBuf>,

    /// Disable the progress bar, which is shown if standard error is a terminal
    #[arg(long)]
    pub no_progress: bool,

    /// Print the negotiated parameters and a summary of the transfer to standard error
    #[arg(short, long)]
    pub verbose: bool,

    /// List the supported security policies and exit
    #[arg(long, exclusive = true)]
    pub list_policies: bool,

    /// Print the supported part of a security policy as text that --policy-file accepts, and exit
    #[arg(long, value_name = "NAME", exclusive = true)]
    pub show_policy: Option<String>,

    /// Check a file of --policy-file, print its security policies without their bases, and exit
    #[arg(long, value_name = "FILE", exclusive = true)]
    pub check_policy_file: Option<PathBuf>,

    /// Write a completion script for this shell to standard output and exit
    #[arg(long, value_name = "SHELL", exclusive = true)]
    pub completions: Option<Shell>,

    /// Write the manual page to standard output and exit
    #[arg(long, exclusive = true, hide = true)]
    pub man: bool,
}

/// Whether client certificates are requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ClientAuthMode {
    /// No certificate is requested
    None,
    /// A certificate is requested; clients without one are accepted
    Optional,
    /// A certificate is required; clients without one are rejected
    Required,
}

/// An algorithm of certificate compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CertCompressionName {
    Zlib,
}

impl From<CertCompressionName> for CertCompression {
    fn from(name: CertCompressionName) -> Self {
        match name {
            CertCompressionName::Zlib => Self::Zlib,
        }
    }
}

/// The hash of an external pre-shared key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PskHashName {
    Sha256,
    Sha384,
}

impl From<PskHashName> for PskHash {
    fn from(name: PskHashName) -> Self {
        match name {
            PskHashName::Sha256 => Self::Sha256,
            PskHashName::Sha384 => Self::Sha384,
        }
    }
}

const EXIT_STATUS: &str = "Exit status: 0 on success, 1 if a connection failed or a file could not be \
read or written, 2 if the command line is invalid.";

const CLIENT_NOTES: &str = "\
Exit status:
  0  all data was sent and received, and both sides have closed
  1  the connection failed or was truncated, or a file could not be read or written
  2  the command line is invalid

Examples:
  rs2nc example.org 443                              interactive session
  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | rs2nc --linger 5 example.org 443
  rs2nc --ca ca.pem --send backup.tar localhost 4433
  rs2nc --ca ca.pem --json localhost 4433 </dev/null  negotiated parameters
  rs2nc --ca ca.pem --reconnect 1 -v localhost 4433 </dev/null  is the session resumed?
  rs2nc --trust-key server.pub --raw-key client.key localhost 4433  without certificates
  rs2nc --psk client-1:secret -v localhost 4433 </dev/null  external pre-shared key
  rs2nc --ech echconfigs.b64 -v www.example 443 </dev/null  encrypted ClientHello
  rs2nc --ca ca.pem --listen 6379 redis.example 6380  tunnel for programs without TLS";

const SERVER_NOTES: &str = "\
Output:
The first line is `port: PORT`, or with --json an object with `listening`. It and the reports are written
to standard output, or to standard error if standard output carries the received data.

With --receive and more than one connection, the files are named FILE.1, FILE.2 and so on.

Tunnels:
With --forward, the end of a direction is forwarded as such. A stream that is incomplete ends with an alert, or
a reset. After SIGTERM or SIGINT, the connections are completed.

Ticket keys:
A key encrypts tickets for 2 hours, and decrypts them for 13 hours more. Until it expires it remains in use,
even if it is removed from the file. An error in the file is a warning after SIGHUP, and no key is added.
  echo \"$(date +%Y%m%d-%H%M) $(openssl rand -hex 32)\" >>keys; kill -HUP \"$pid\"

Early data:
An attacker can replay early data, but cannot complete the handshake, so that replayed data is discarded. It
is accepted only if no application protocol (--alpn) is negotiated.

Exit status:
  0  all connections succeeded (with --once or --connections; otherwise the server does not exit)
  1  a connection failed or was truncated, or a file could not be read or written
  2  the command line is invalid

Examples:
  rs2nd --cert server.pem --key server.key --echo 4433
  rs2nd --cert server.pem --key server.key --once --receive backup.tar localhost 0
  rs2nd --cert server.pem --key server.key --client-ca ca.pem --json --echo 4433
  rs2nd --raw-key server.key --trust-key client.pub --echo 4433
  (umask 077; echo \"client-1:$(openssl rand -hex 32)\" >>psks); rs2nd --psk-file psks --echo 4433
  rs2nd --cert server.pem --key server.key --forward localhost:6379 0.0.0.0 6380  tunnel";

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if time <= MAX_DURATION => Ok(time),
        _ => Err("not a duration of at most a year".to_owned()),
    }
}

fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be greater than 0".to_owned()),
        Ok(count) => Ok(count),
        Err(_) => Err("not a number".to_owned()),
    }
}

fn timeout(text: &str) -> Result<Duration, String> {
    let time = seconds(text)?;
    match time.is_zero() {
        true => Err("must be greater than 0".to_owned()),
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
