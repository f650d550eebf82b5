//! What an input says: a list of calls.

use arbitrary::Arbitrary;

#[derive(Arbitrary, Debug)]
pub struct Case {
    pub setup: Setup,
    pub established: bool,
    pub calls: Vec<Call>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Setup {
    pub tls13: bool,
    pub mutual: bool,
    pub multi_record: bool,
    pub send_buffer: bool,
    /// Errors start a delay, which the application waits for.
    pub delays: bool,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

/// Whose connection is handed over: now and then nobody's, which is NULL.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Who {
    Client,
    Server,
    Nobody,
}

impl Who {
    pub fn side(self) -> Option<Side> {
        match self {
            Self::Client => Some(Side::Client),
            Self::Server => Some(Side::Server),
            Self::Nobody => None,
        }
    }
}

/// One call, or a few that belong together.
#[derive(Arbitrary, Debug)]
pub enum Call {
    New {
        side: Side,
        /// The link forgets what was under way.
        clear: bool,
    },
    NewOfMode(i32),
    Free(Who),
    Wipe {
        side: Side,
        clear: bool,
    },
    SetCallbacks {
        side: Side,
        recv: bool,
        send: bool,
    },
    SetNoDescriptor(Side),
    SetConfig {
        who: Who,
        config: Which,
    },
    /// What the callbacks of a side do the next times.
    Plan {
        side: Side,
        sending: bool,
        steps: Vec<Behaviour>,
    },
    Negotiate(Who),
    Handshake,
    Send {
        who: Who,
        len: u16,
        odd: Odd,
    },
    SendVector {
        who: Who,
        pieces: Vec<u16>,
        offset: u16,
        odd: Odd,
    },
    Recv {
        who: Who,
        room: u16,
        odd: Odd,
    },
    Shutdown(Who),
    ShutdownSend(Who),
    ReleaseBuffers(Who),
    FreeHandshake(Who),
    RequestKeyUpdate {
        who: Who,
        peer: u8,
    },
    Set {
        who: Who,
        setting: Setting,
    },
    Get(Who),
    Config(Change),
    /// Time passes, in milliseconds.
    Wait(u16),
    ClockFails(bool),
    HostIsWrong(bool),
    WithoutBlocked {
        who: Who,
        call: u8,
    },
}

/// What is wrong with the arguments, mostly nothing.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    No,
    Nothing,
    Never,
    NullBuffer,
    NegativeSize,
    OffsetBeyond,
    NegativeOffset,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Which {
    /// One that suits the side.
    Own(Setup),
    /// One for the other side.
    Foreign(Setup),
    /// The one that [`Change`] changes.
    Odd,
    Null,
}

#[derive(Arbitrary, Debug)]
pub enum Setting {
    Throughput,
    LowLatency,
    RecvBuffering(bool),
    DynamicBuffers(bool),
    DynamicRecords(u32, u16),
    ClientAuth(u8),
    Policy(Policy),
    ServerName(Vec<u8>),
    Protocol(Vec<u8>),
    VerifyHost(bool),
    Context(usize),
    Corked,
}

/// A change of the odd config.
#[derive(Arbitrary, Debug)]
pub enum Change {
    Replace,
    Free,
    Policy(Policy),
    AddOwnChain,
    AddText(Vec<u8>),
    Trust(Vec<u8>),
    TrustRoot,
    WipeTrust,
    NoVerification,
    Protocol(Vec<u8>),
    Protocols(Vec<Vec<u8>>, i8),
    Clock(bool),
    MultiRecord(bool),
    SendBuffer(u32),
    AlertBehavior(u8),
    ClientAuth(u8),
}

#[derive(Arbitrary, Debug)]
pub enum Policy {
    Tls12,
    Tls13,
    Default,
    Fips,
    Named(Vec<u8>),
    Null,
}

/// What a callback does when it is called.
#[derive(Arbitrary, Debug)]
pub enum Behaviour {
    /// All that is asked.
    Normal,
    /// At most this many bytes, and at least one.
    Short(u8),
    Again,
    Interrupted,
    /// 0: the end of the stream, or nothing taken.
    Nothing,
    /// More than was asked.
    Lie(u16),
    Fail(i32),
    /// Calls the API, then does all that is asked.
    Call(Box<Call>),
}
