//! External pre-shared keys and early data between the two libraries, each in its own process: with
//! every choice of the libraries, a connection completes, its data arrives once, and early data is
//! accepted where it can be.

use crate::cross::{Drivers, Scenario, client_script, server_script};
use crate::driver::Trace;
use crate::fleets::{connect, library};

/// What happens to the early data of a connection.
#[derive(Clone, Copy, PartialEq)]
enum EarlyData {
    NotSent,
    Accepted,
    /// The server does not read it.
    Ignored,
    /// The server reads it, and cannot accept it.
    Rejected,
    /// The application of the server rejects it.
    Refused,
}

use EarlyData::*;

/// A connection with a pre-shared key.
#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    client: &'static str,
    server: &'static str,
    /// The hash of an external key, and the suite of its early data. With `None`, the key is the
    /// ticket of an earlier connection.
    external: Option<(&'static str, &'static str)>,
    early_data: EarlyData,
    protocol: Option<&'static str>,
}

const DEFAULT: &str = "default_tls13";
const CNSA: &str = "ELBSecurityPolicy-TLS13-1-3-RFC9151-FIPS-2023-07";
const SHA256: Option<(&str, &str)> = Some(("sha256", "1301"));
const SHA384: Option<(&str, &str)> = Some(("sha384", "1302"));

const fn kind(
    name: &'static str,
    (client, server): (&'static str, &'static str),
    external: Option<(&'static str, &'static str)>,
    early_data: EarlyData,
    protocol: Option<&'static str>,
) -> Kind {
    Kind {
        name,
        client,
        server,
        external,
        early_data,
        protocol,
    }
}

const BOTH_DEFAULT: (&str, &str) = (DEFAULT, DEFAULT);
const BOTH_CNSA: (&str, &str) = (CNSA, CNSA);
const RETRY: (&str, &str) = ("20240603", "20251113");
const H2: Option<&str> = Some("h2");

const KINDS: [Kind; 23] = [
    kind("SHA-256", BOTH_DEFAULT, SHA256, NotSent, None),
    kind("SHA-384", BOTH_DEFAULT, SHA384, NotSent, None),
    kind("SHA-256, h2", BOTH_DEFAULT, SHA256, NotSent, H2),
    kind("SHA-256, retry", RETRY, SHA256, NotSent, None),
    kind("SHA-384, retry", RETRY, SHA384, NotSent, None),
    kind("SHA-256, accepted", BOTH_DEFAULT, SHA256, Accepted, None),
    kind("SHA-384, accepted", BOTH_DEFAULT, SHA384, Accepted, None),
    kind("SHA-256, ignored", BOTH_DEFAULT, SHA256, Ignored, None),
    kind("SHA-384, ignored", BOTH_DEFAULT, SHA384, Ignored, None),
    kind("SHA-256, refused", BOTH_DEFAULT, SHA256, Refused, None),
    kind("SHA-256, h2, rejected", BOTH_DEFAULT, SHA256, Rejected, H2),
    kind("SHA-256, h2, ignored", BOTH_DEFAULT, SHA256, Ignored, H2),
    kind("SHA-256, retry, rejected", RETRY, SHA256, Rejected, None),
    kind("SHA-384, retry, ignored", RETRY, SHA384, Ignored, None),
    kind("ticket", BOTH_DEFAULT, None, NotSent, None),
    kind("ticket, accepted", BOTH_DEFAULT, None, Accepted, None),
    kind("ticket, SHA-384, accepted", BOTH_CNSA, None, Accepted, None),
    kind("ticket, ignored", BOTH_DEFAULT, None, Ignored, None),
    kind("ticket, SHA-384, ignored", BOTH_CNSA, None, Ignored, None),
    kind("ticket, refused", BOTH_DEFAULT, None, Refused, None),
    kind("ticket, h2, rejected", BOTH_DEFAULT, None, Rejected, H2),
    kind("ticket, h2, ignored", BOTH_DEFAULT, None, Ignored, H2),
    kind("ticket, retry, rejected", RETRY, None, Rejected, None),
];

/// The bytes of early data before and after the server's flight.
const FIRST: u32 = 20_000;
const LATER: u32 = 3000;

/// A lower bound of the length of the ClientHello and its record, in bytes.
const MIN_HELLO: u32 = 200;

/// Runs all connections with every choice of the libraries. Returns the number of failures.
pub fn run(drivers: &mut Drivers) -> usize {
    let (mut failed, mut complete) = (0, 0);
    for kind in KINDS {
        // A ticket is of a connection between two other sides.
        let sides = if kind.external.is_some() { 2 } else { 4 };
        for choice in 0..1 << sides {
            let of = |side: usize| choice >> side & 1 == 1;
            let mut traces = Vec::new();
            if sides == 4 {
                traces.extend(connect(drivers, &kind.first(), of(2), of(3)));
            }
            let [client, server] = connect(drivers, &kind.scenario(), of(0), of(1));
            let errors = [kind.errors(&client, "c"), kind.errors(&server, "s")].concat();
            if errors.is_empty() {
                complete += 1;
                continue;
            }
            failed += 1;
            let names: Vec<_> = (0..sides).map(|side| library(of(side))).collect();
            println!("FAILED: {}: {}", kind.name, names.join(", "));
            for error in errors {
                println!("  missing: {error}");
            }
            for line in traces.iter().chain([&client, &server]).flatten() {
                println!("    {line}");
            }
        }
    }
    println!("{complete} connections with pre-shared keys and early data, {failed} failed");
    failed
}

impl Kind {
    /// The connection that has the ticket.
    fn first(self) -> Scenario {
        self.connection(
            vec!["complete c".into()],
            vec!["complete s".into()],
            vec![
                "save session c".into(),
                "write_session session psk.session".into(),
            ],
        )
    }

    fn scenario(self) -> Scenario {
        let (mut client, mut server) = match self.external {
            Some(external) => (
                append_key("c", external, self.protocol),
                append_key("s", external, self.protocol),
            ),
            None => (
                vec![
                    "read_session session psk.session".into(),
                    "set_session c session".into(),
                ],
                Vec::new(),
            ),
        };
        if self.early_data != NotSent {
            client.push(format!("put_early c {FIRST}"));
            client.push("await_flight c".into());
            client.push(format!("put_early c {LATER}"));
            // Otherwise the server may reject the early data before it is sent.
            server.push(format!("await_bytes s {}", FIRST + MIN_HELLO));
        }
        match self.early_data {
            NotSent | Ignored => {}
            Accepted | Rejected => server.push("get_early s 7000".into()),
            Refused => {
                server.push("early_cb sc 0 reject".into());
                server.push("get_early s 7000".into());
            }
        }
        for (side, script) in [("c", &mut client), ("s", &mut server)] {
            script.push(format!("complete {side}"));
            script.push(format!("early_data {side}"));
            script.push(format!("psk_used {side}"));
        }
        self.connection(client, server, Vec::new())
    }

    /// A connection with the given handshakes, and calls of the client after its data.
    fn connection(
        self,
        client_handshake: Vec<String>,
        server_handshake: Vec<String>,
        client_end: Vec<String>,
    ) -> Scenario {
        let chain = if self.server == CNSA { "cnsa" } else { "ecdsa" };
        let mut client = vec!["trust cc ca.pem".into(), "trust cc cnsa-ca.pem".into()];
        let mut server = vec![
            format!("add_chain sc {chain}"),
            "max_early_data sc 50000".into(),
        ];
        if let Some(protocol) = self.protocol {
            client.push(format!("alpn cc {protocol}"));
            server.push(format!("alpn sc {protocol}"));
        }
        if self.external.is_none() {
            client.push("tickets cc 1".into());
            server.push("tickets sc 1".into());
            server.push("ticket_key sc fleet the-secret-of-the-fleet 0".into());
        }
        let client = client_script(self.client, "localhost", client);
        let server = server_script(self.server, server);
        Scenario {
            name: format!("psk/{}", self.name),
            client: replace(
                &client,
                &[
                    ("complete c", &client_handshake),
                    ("finish c", &[client_end, vec!["finish c".into()]].concat()),
                ],
            ),
            server: replace(&server, &[("complete s", &server_handshake)]),
        }
    }

    /// Returns what the trace of a side should have, and does not.
    fn errors(self, trace: &Trace, side: &str) -> Vec<String> {
        let mut lines = match side {
            "c" => self.client_results(),
            _ => self.server_results(),
        };
        lines.push(format!("complete {side} => 0 NOT"));
        lines.push(format!("finish {side} => 0 NOT"));
        lines.push(format!("recv {side} 10 => 0 NOT"));
        lines.retain(|line| !trace.contains(line));
        let has = |start: &str, part: &str| {
            let mut lines = trace.iter();
            lines.any(|line| line.starts_with(start) && line.contains(part))
        };
        let properties = self.properties();
        let missing = properties.iter().filter(|(start, part)| !has(start, part));
        lines.extend(missing.map(|(start, part)| format!("{start}...{part}")));
        lines
    }

    /// The bytes of early data that the client sends before and after the server's flight.
    fn early_bytes(self) -> (u32, u32) {
        match self.early_data {
            NotSent => (0, 0),
            Accepted => (FIRST, LATER),
            Ignored | Rejected | Refused => (FIRST, 0),
        }
    }

    fn client_results(self) -> Vec<String> {
        let mut lines = vec![
            "put c 100000 => 100000".into(),
            "get c 200000 => 200000".into(),
        ];
        if self.early_data != NotSent {
            let (first, later) = self.early_bytes();
            lines.push(format!("put_early c {FIRST} => {first}"));
            lines.push("await_flight c => 0 NOT".into());
            lines.push(format!("put_early c {LATER} => {later}"));
        }
        lines
    }

    fn server_results(self) -> Vec<String> {
        let mut lines = vec![
            "get s 100000 => 100000".into(),
            "put s 200000 => 200000".into(),
        ];
        match self.early_data {
            NotSent | Ignored => {}
            Accepted => lines.push(format!("get_early s 7000 => {}", FIRST + LATER)),
            Rejected | Refused => lines.push("get_early s 7000 => 0".into()),
        }
        lines
    }

    /// Properties of the connection: a line with this start has this part.
    fn properties(self) -> Vec<(&'static str, &'static str)> {
        let mut properties = vec![match self.early_data {
            NotSent => ("early_data ", " NOT_REQUESTED remaining=0 0 "),
            Accepted => ("early_data ", " END remaining=0 0 "),
            Ignored | Rejected | Refused => ("early_data ", " REJECTED remaining=0 0 "),
        }];
        match self.external {
            Some(_) => {
                properties.push(("psk_used ", " => 0 8 0 identity"));
                properties.push(("negotiated ", " resumed=0 "));
            }
            None => {
                properties.push(("psk_used ", " ticket:"));
                properties.push(("negotiated ", " resumed=1 "));
            }
        }
        if self.name.contains("SHA-384") {
            properties.push(("negotiated ", "SHA384"));
        }
        if self.name.contains("retry") {
            properties.push(("progress ", "|HELLO_RETRY_REQUEST"));
        }
        if self.early_data == Accepted {
            properties.push(("progress ", "|WITH_EARLY_DATA|"));
        }
        if self.protocol.is_some() {
            properties.push(("negotiated ", " alpn=h2 "));
        }
        properties
    }
}

/// Calls that give a connection the external key.
fn append_key(side: &str, (hash, suite): (&str, &str), protocol: Option<&str>) -> Vec<String> {
    let mut lines: Vec<String> = [
        "psk p",
        "psk_identity p identity",
        "psk_secret p the-secret-of-the-external-key-0",
    ]
    .map(str::to_owned)
    .into();
    lines.push(format!("psk_hmac p {hash}"));
    lines.push(format!("psk_early_data p 50000 {suite}"));
    if let Some(protocol) = protocol {
        lines.push(format!("psk_alpn p {protocol}"));
    }
    lines.push(format!("append_psk {side} p"));
    lines
}

/// Replaces lines of a script.
fn replace(script: &[String], changes: &[(&str, &Vec<String>)]) -> Vec<String> {
    let mut all = Vec::new();
    for line in script {
        match changes.iter().find(|(old, _)| line == old) {
            Some((_, new)) => all.extend(new.iter().cloned()),
            None => all.push(line.clone()),
        }
    }
    all
}
