//! The arguments of `--forward` and `--listen`.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use crate::addresses;
use crate::error::Result;

/// The argument of `--forward`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardTo {
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
}

/// The argument of `--listen`: an address and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    pub host: String,
    pub port: u16,
}

/// The addresses to which the tunnels connect. Names are resolved once: that would block the other
/// connections.
#[derive(Clone, Debug)]
pub struct Target {
    pub addresses: Vec<Address>,
    /// For messages.
    pub name: String,
}

/// An address of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl FromStr for ForwardTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path.is_empty() {
                true => Err("the path of the socket is missing".to_owned()),
                false => Ok(Self::Unix(path.into())),
            };
        }
        let (host, port) = split(text)?;
        Ok(Self::Tcp { host, port })
    }
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, port) = split(text)?;
        Ok(Self { host, port })
    }
}

/// Parses `[HOST:]PORT`, in which an IPv6 address is in brackets.
fn split(text: &str) -> Result<(String, u16), String> {
    let (host, port) = match text.rsplit_once(':') {
        None => ("localhost", text),
        Some((host, port)) => (host, port),
    };
    let unbracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host = unbracketed.unwrap_or(host);
    if unbracketed.is_none() && host.contains(':') {
        return Err("an IPv6 address is in brackets: [::1]:PORT".to_owned());
    }
    if host.is_empty() {
        return Err("the host is missing".to_owned());
    }
    let port = port.parse();
    let port = port.map_err(|_| "the port is a number, 0 to 65535".to_owned())?;
    Ok((host.to_owned(), port))
}

impl ForwardTo {
    /// Resolves the name.
    pub fn resolve(&self) -> Result<Target> {
        let addresses = match self {
            Self::Unix(path) => vec![Address::Unix(path.clone())],
            Self::Tcp { host, port } => {
                let addresses = addresses::resolve(host, *port)?;
                addresses.into_iter().map(Address::Tcp).collect()
            }
        };
        let name = match self {
            Self::Unix(path) => path.display().to_string(),
            Self::Tcp { host, port } => format!("{host} port {port}"),
        };
        Ok(Target { addresses, name })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_host_and_a_port_or_a_socket() {
        let tcp = |host: &str, port| {
            Ok(ForwardTo::Tcp {
                host: host.to_owned(),
                port,
            })
        };
        for (text, expected) in [
            ("example.org:80", tcp("example.org", 80)),
            ("[::1]:6379", tcp("::1", 6379)),
            ("6379", tcp("localhost", 6379)),
            ("unix:/run/a:1", Ok(ForwardTo::Unix("/run/a:1".into()))),
            ("unix:", Err("the path of the socket is missing".to_owned())),
            (
                "::1:80",
                Err("an IPv6 address is in brackets: [::1]:PORT".to_owned()),
            ),
            (":80", Err("the host is missing".to_owned())),
            ("a:b", Err("the port is a number, 0 to 65535".to_owned())),
        ] {
            assert_eq!(text.parse(), expected, "{text}");
        }
    }
}
