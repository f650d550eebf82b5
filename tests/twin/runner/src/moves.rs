//! Connections that move between processes of both libraries, and continue with the same peer.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::{fs, io};

use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};

use crate::cross::Drivers;
use crate::driver::{Driver, Trace};
use crate::fleets::library;

/// A kind of connection.
#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    policy: &'static str,
    /// Each side updates its keys before each transfer of data.
    updates_keys: bool,
    /// The server sends a ticket before each transfer of data.
    has_tickets: bool,
}

const KINDS: [Kind; 5] = [
    kind("TLS 1.3, SHA-256", "default_tls13", false, false),
    kind("TLS 1.3, SHA-384", "20190802", false, false),
    kind("TLS 1.3, key updates", "default_tls13", true, false),
    kind("TLS 1.3, tickets", "default_tls13", true, true),
    kind("TLS 1.2", "ELBSecurityPolicy-TLS-1-2-2017-01", false, false),
];

const fn kind(
    name: &'static str,
    policy: &'static str,
    updates_keys: bool,
    has_tickets: bool,
) -> Kind {
    Kind {
        name,
        policy,
        updates_keys,
        has_tickets,
    }
}

/// The socket, in the folder of certificates, at which the runner passes connections on.
const PATH: &str = "moves.socket";

/// The number of processes that have a connection one after the other.
const OWNERS: usize = 3;

/// The number of bytes that each side sends to each owner.
const DATA: u32 = 50_000;

/// Moves connections of every kind, in both roles, with every choice of the libraries. Returns the
/// number of failures.
pub fn run(drivers: &mut Drivers, certs: &Path) -> usize {
    let path = certs.join(PATH);
    let _ = fs::remove_file(&path);
    let listener = UnixListener::bind(&path).expect("the folder is writable");
    let (mut failed, mut moved) = (0, 0);
    for kind in KINDS {
        for role in ["c", "s"] {
            for choice in 0..1 << (OWNERS + 1) {
                let course = kind.run(Cast::new(drivers, choice), &listener, role);
                let errors = kind.errors(role, &course);
                if errors.is_empty() {
                    moved += 1;
                    continue;
                }
                failed += 1;
                let of = |side: usize| library(choice >> side & 1 == 1);
                let (owners, peer) = ([0, 1, 2].map(of).join(", "), of(OWNERS));
                println!("FAILED: {} of {role}: {owners}; peer: {peer}", kind.name);
                errors.iter().for_each(|error| println!("  {error}"));
                for trace in course.owners.iter().chain([&course.peer]) {
                    trace.iter().for_each(|line| println!("    {line}"));
                }
            }
        }
    }
    println!("{moved} connections moved between processes, {failed} failed");
    failed
}

/// The length of the positions in the streams of bytes, before a blob.
const POSITIONS: usize = 16;

/// A connection on its way from one process to another.
struct Parcel {
    /// The positions in both streams of bytes, and the blob.
    message: Vec<u8>,
    stream: OwnedFd,
}

impl Parcel {
    /// Receives the parcel that a process has sent.
    fn receive(listener: &UnixListener) -> io::Result<Self> {
        let (socket, _) = listener.accept()?;
        let (mut message, mut control) = (vec![0; 1000], nix::cmsg_space!(i32));
        let (len, stream) = {
            let mut data = [IoSliceMut::new(&mut message)];
            let fd = socket.as_raw_fd();
            let received = recvmsg::<()>(fd, &mut data, Some(&mut control), MsgFlags::empty())?;
            match received.cmsgs()?.next() {
                Some(ControlMessageOwned::ScmRights(descriptors)) => {
                    (received.bytes, descriptors[0])
                }
                _ => return Err(io::Error::other("no descriptor")),
            }
        };
        message.truncate(len);
        // SAFETY: the descriptor is new in this process, and nothing else owns it.
        let stream = unsafe { OwnedFd::from_raw_fd(stream) };
        Ok(Self { message, stream })
    }

    /// Sends the parcel to the process that connects next.
    fn send(&self, listener: &UnixListener) -> io::Result<()> {
        let (socket, _) = listener.accept()?;
        let descriptors = [self.stream.as_raw_fd()];
        let control = [ControlMessage::ScmRights(&descriptors)];
        let data = [IoSlice::new(&self.message)];
        sendmsg::<()>(socket.as_raw_fd(), &data, &control, MsgFlags::empty(), None)?;
        Ok(())
    }
}

/// The drivers of a connection: those of the owners by library, and that of the peer.
struct Cast<'a> {
    owners: [&'a mut Driver; 2],
    peer: &'a mut Driver,
    is_rs2n: [bool; OWNERS],
}

impl<'a> Cast<'a> {
    fn new(drivers: &'a mut Drivers, choice: usize) -> Self {
        let of = |side: usize| choice >> side & 1 == 1;
        let Drivers { reference, rs2n } = drivers;
        let ([owner, peer], [rs2n_owner, rs2n_peer]) = (reference, rs2n);
        Self {
            owners: [owner, rs2n_owner],
            peer: if of(OWNERS) { rs2n_peer } else { peer },
            is_rs2n: [0, 1, 2].map(of),
        }
    }

    fn owner(&mut self, at: usize) -> &mut Driver {
        self.owners[usize::from(self.is_rs2n[at])]
    }
}

/// What happened to a connection: the traces of its owners and of its peer, and its blobs.
#[derive(Default)]
struct Course {
    owners: Vec<Trace>,
    peer: Trace,
    blobs: Vec<Vec<u8>>,
}

impl Kind {
    fn run(self, mut cast: Cast<'_>, listener: &UnixListener, role: &str) -> Course {
        let mut course = Course::default();
        let mut start = self.start(&mut cast, role);
        for at in 0..OWNERS {
            let mut trace = match at {
                0 => std::mem::take(&mut start),
                _ => Trace::new(),
            };
            trace.extend(cast.owner(at).finish());
            let is_given = trace
                .iter()
                .any(|line| line.starts_with("give") && line.ends_with("ok"));
            course.owners.push(trace);
            if !is_given {
                break;
            }
            let parcel = Parcel::receive(listener).expect("the process has given it");
            cast.owner(at + 1).start(&self.owner(role, at + 1));
            parcel.send(listener).expect("the process takes it over");
            course.blobs.push(parcel.message[POSITIONS..].to_vec());
        }
        course.peer = cast.peer.finish();
        course
    }

    /// Starts the first owner and the peer. Returns what the first owner has printed so far.
    fn start(self, cast: &mut Cast<'_>, role: &str) -> Trace {
        let mut trace = Trace::new();
        let with_port = |script: Vec<String>, port: &str| -> Vec<String> {
            let lines = script.iter();
            lines.map(|line| line.replace("PORT", port)).collect()
        };
        if role == "c" {
            cast.peer.start(&self.peer("s"));
            let port = cast.peer.read_port(&mut Trace::new()).expect("it listens");
            cast.owner(0).start(&with_port(self.owner("c", 0), &port));
        } else {
            cast.owner(0).start(&self.owner("s", 0));
            let port = cast.owner(0).read_port(&mut trace).expect("it listens");
            cast.peer.start(&with_port(self.peer("c"), &port));
        }
        trace
    }

    /// The script of an owner: the first one connects, and the last one closes.
    fn owner(self, role: &str, at: usize) -> Vec<String> {
        let mut script = self.beginning(role);
        match at {
            0 => script.extend(self.handshake(role)),
            _ => script.push(format!("take {role} {PATH}")),
        }
        script.extend(self.data(role, true));
        match at + 1 {
            OWNERS => script.push(format!("finish {role}")),
            _ => script.push(format!("give {role} {PATH}")),
        }
        script
    }

    /// The script of the peer, which does not notice the moves.
    fn peer(self, role: &str) -> Vec<String> {
        let mut script = self.beginning(role);
        script.extend(self.handshake(role));
        for _ in 0..OWNERS {
            script.extend(self.data(role, false));
        }
        script.push(format!("finish {role}"));
        script
    }

    fn beginning(self, role: &str) -> Vec<String> {
        let config = format!("{role}c");
        let mut script = vec![
            format!("config {config}"),
            format!("policy {config} {}", self.policy),
            format!("serialization_version {config} 1"),
            format!("tickets {config} {}", u8::from(self.has_tickets)),
        ];
        match role {
            "c" => script.push("trust cc ca.pem".into()),
            _ => script.push("add_chain sc ecdsa".into()),
        }
        if self.has_tickets {
            script.push(format!(
                "ticket_key {config} fleet the-secret-of-the-fleet 0"
            ));
            script.push(format!("ticket_count {config} 0"));
        }
        let mode = if role == "c" { "client" } else { "server" };
        script.push(format!("new {role} {mode}"));
        script.push(format!("set_config {role} {config}"));
        script.push(format!("self_service_blinding {role}"));
        script
    }

    fn handshake(self, role: &str) -> Vec<String> {
        match role {
            "c" => vec![
                "server_name c localhost".into(),
                "connect c PORT".into(),
                "complete c".into(),
            ],
            _ => vec!["listen s".into(), "complete s".into()],
        }
    }

    /// Data in both directions: the owner sends first.
    fn data(self, role: &str, is_owner: bool) -> Vec<String> {
        let mut script = Vec::new();
        if self.updates_keys {
            script.push(format!("key_update {role}"));
        }
        if self.has_tickets && role == "s" {
            script.push("add_tickets s 1".into());
        }
        let (put, get) = (format!("put {role} {DATA}"), format!("get {role} {DATA}"));
        script.extend(if is_owner { [put, get] } else { [get, put] });
        if self.has_tickets && role == "c" {
            script.push("session c".into());
        }
        script
    }

    /// Returns what is missing in a course.
    fn errors(self, role: &str, course: &Course) -> Vec<String> {
        let mut errors = Vec::new();
        if course.owners.len() != OWNERS {
            errors.push("the connection did not reach the last owner".into());
        }
        let transfers = |trace: &Trace| {
            let is_complete = |line: &&String| {
                let is_data = line.starts_with("put") || line.starts_with("get");
                is_data && line.ends_with(&format!("=> {DATA}"))
            };
            trace.iter().filter(is_complete).count()
        };
        if course.owners.iter().any(|trace| transfers(trace) != 2) {
            errors.push("an owner has not transferred all data".into());
        }
        if transfers(&course.peer) != 2 * OWNERS {
            errors.push("the peer has not transferred all data".into());
        }
        let last = course.owners.last().unwrap_or(&course.peer);
        if ![last, &course.peer].iter().all(|trace| is_closed(trace)) {
            errors.push("the connection is not closed in an orderly way".into());
        }
        let without_numbers = |blob: &Vec<u8>| [&blob[..12], &blob[28..]].concat();
        let mut blobs = course.blobs.iter().map(without_numbers);
        let first = blobs.next();
        if !self.updates_keys && blobs.any(|blob| Some(blob) != first) {
            errors.push("the blobs differ in more than the sequence numbers".into());
        }
        if self.has_tickets {
            let mut clients = match role {
                "c" => course.owners.iter().collect(),
                _ => vec![&course.peer],
            };
            clients.retain(|trace| !has_ticket(trace));
            if !clients.is_empty() {
                errors.push("a client has no ticket".into());
            }
        }
        errors
    }
}

fn is_closed(trace: &Trace) -> bool {
    let mut lines = trace.iter();
    lines.any(|line| line.starts_with("finish") && line.ends_with("=> 0 NOT"))
}

fn has_ticket(trace: &Trace) -> bool {
    let mut lines = trace.iter();
    lines.any(|line| line.starts_with("session c") && !line.contains("length=0 "))
}
