//! Hosts, addresses and ports: connecting and listening, with explanations of their errors.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use crate::error::{Result, ToolError};
use crate::options::Client;

/// Connects to the first address of the host that accepts a TCP connection.
pub fn connect(options: &Client) -> Result<TcpStream> {
    let (host, port) = (options.host.as_str(), options.port);
    let endpoint = format!("{host} port {port}");
    let mut last_error = ToolError::new(String::new());
    let deadline = options
        .common
        .timeout
        .map(|timeout| Instant::now() + timeout);
    for address in resolve_server(options)? {
        let connected = match deadline {
            None => TcpStream::connect(address),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                TcpStream::connect_timeout(&address, left.max(Duration::from_millis(1)))
            }
        };
        match connected {
            Ok(tcp) => return Ok(tcp),
            Err(error) => {
                let message = format!("cannot connect to {endpoint} ({address}): {error}");
                last_error = ToolError::new(message).with_advice(connect_advice(&error));
            }
        }
    }
    Err(last_error)
}

/// Returns the addresses of the server that the options permit, at least one.
pub fn resolve_server(options: &Client) -> Result<Vec<SocketAddr>> {
    let (host, port) = (options.host.as_str(), options.port);
    let is_allowed = |address: &SocketAddr| match (options.ipv4, options.ipv6) {
        (true, _) => address.is_ipv4(),
        (_, true) => address.is_ipv6(),
        _ => true,
    };
    let mut addresses = resolve(host, port)?;
    addresses.retain(is_allowed);
    match addresses.is_empty() {
        true => Err(ToolError::new(format!(
            "{host} port {port} has no address of the family that -4 or -6 selects"
        ))),
        false => Ok(addresses),
    }
}

pub fn connect_advice(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::ConnectionRefused => {
            "no program listens on this port: check that the server is running, and the port"
        }
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => {
            "this machine has no route to the address: check the network connection"
        }
        ErrorKind::PermissionDenied => "a local firewall rejects the connection",
        _ => "check that the server is running and that no firewall blocks the connection",
    }
}

/// Listens on an address.
pub fn listen((host, port): (&str, u16)) -> Result<TcpListener> {
    let addresses = resolve(host, port)?;
    TcpListener::bind(&addresses[..]).map_err(|error| {
        let message = match error.kind() {
            ErrorKind::AddrNotAvailable => {
                format!("cannot listen on {host} port {port}: {host} is no address of this machine")
            }
            _ => format!("cannot listen on {host} port {port}: {error}"),
        };
        ToolError::new(message).with_advice(listen_advice(&error))
    })
}

fn listen_advice(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::AddrNotAvailable => {
            "0.0.0.0 listens on all IPv4 addresses of this machine, :: on those of IPv6 too"
        }
        ErrorKind::AddrInUse => {
            "another program listens on this port (ss -ltnp lists them); port 0 lets the system choose \
             a free one"
        }
        ErrorKind::PermissionDenied => {
            "ports below 1024 require root; port 0 lets the system choose a free one"
        }
        _ => "port 0 lets the system choose a free port",
    }
}

/// Parses the address to listen on: `PORT`, or `HOST PORT`.
pub fn listen_address(args: &[String]) -> Result<(&str, u16)> {
    let (host, port) = match args {
        [port] => ("localhost", port),
        [host, port] => (host.as_str(), port),
        _ => {
            return Err(ToolError::usage(
                "the address to listen on is PORT, or HOST PORT",
            ));
        }
    };
    let number = port.parse();
    let number = number.map_err(|_| {
        let error = ToolError::usage(format!("{port:?} is not a port number: 0 to 65535"));
        match host.parse::<u16>() {
            Ok(_) => error.with_advice(format!("the host is first: {port} {host}")),
            Err(_) => error,
        }
    })?;
    Ok((host, number))
}

/// Returns the addresses of a host, at least one.
pub fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>> {
    if let Some(advice) = not_a_host(host) {
        return Err(ToolError::usage(format!("{host:?} is not a host name")).with_advice(advice));
    }
    let addresses = (host, port).to_socket_addrs();
    let addresses: Vec<_> = addresses
        .map_err(|error| {
            // Without the words that are the same for all errors of the resolver.
            let text = error.to_string();
            let reason = text.trim_start_matches("failed to lookup address information: ");
            ToolError::new(format!("cannot resolve {host}: {reason}"))
                .with_advice("check the host name and the network connection")
        })?
        .collect();
    match addresses.is_empty() {
        true => Err(ToolError::new(format!("{host} has no address"))),
        false => Ok(addresses),
    }
}

/// Returns what to write instead of a URL, or of a host with its port.
pub fn not_a_host(host: &str) -> Option<String> {
    if let Some((_, rest)) = host.split_once("://") {
        let name = rest.split(['/', ':']).next().unwrap_or_default();
        return Some(format!(
            "the host is a name or an address, not a URL: {name}"
        ));
    }
    // More colons are in an IPv6 address.
    let (name, port) = host.split_once(':')?;
    let is_port = port.parse::<u16>().is_ok();
    is_port.then(|| format!("host and port are two arguments: {name} {port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_and_a_host_with_its_port_are_no_hosts() {
        for (host, advice) in [
            (
                "https://example.org:8443/x",
                Some("the host is a name or an address, not a URL: example.org"),
            ),
            (
                "example.org:443",
                Some("host and port are two arguments: example.org 443"),
            ),
            ("example.org", None),
            ("::1", None),
            ("1::2", None),
        ] {
            assert_eq!(not_a_host(host).as_deref(), advice, "{host}");
        }
    }

    #[test]
    fn the_advice_for_a_system_error_names_its_cause() {
        for (kind, word) in [
            (ErrorKind::ConnectionRefused, "no program listens"),
            (ErrorKind::NetworkUnreachable, "no route"),
            (ErrorKind::TimedOut, "firewall"),
        ] {
            assert!(connect_advice(&kind.into()).contains(word), "{kind}");
        }
        for (kind, word) in [
            (ErrorKind::AddrNotAvailable, "0.0.0.0"),
            (ErrorKind::AddrInUse, "ss -ltnp"),
            (ErrorKind::PermissionDenied, "1024"),
        ] {
            assert!(listen_advice(&kind.into()).contains(word), "{kind}");
        }
    }
}
