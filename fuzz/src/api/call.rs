//! The structured input: a list of calls.

use arbitrary::{Arbitrary, Result, Unstructured};

use super::psk::{PskCall, Start};

#[derive(Arbitrary, Debug)]
pub struct Case {
    pub setup: Setup,
    pub start: Start,
    /// The calls begin before the handshake.
    pub early: bool,
    pub calls: Vec<Call>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Setup {
    pub tls13: bool,
    pub mutual: bool,
    pub multi_record: bool,
    pub send_buffer: bool,
    /// Errors start a blinding delay, which the application waits for.
    pub delays: bool,
    /// Callbacks select the key of a handshake, and decide about early data.
    pub psk_callbacks: bool,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

/// The connection that is passed, now and then NULL.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    Client,
    Server,
    Null,
}

impl Arbitrary<'_> for Target {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match u8::arbitrary(u)? % 16 {
            0 => Self::Null,
            number if number % 2 == 0 => Self::Client,
            _ => Self::Server,
        })
    }
}

impl Target {
    pub fn side(self) -> Option<Side> {
        match self {
            Self::Client => Some(Side::Client),
            Self::Server => Some(Side::Server),
            Self::Null => None,
        }
    }
}

/// One call, or a few related ones. Calls that make progress are more frequent than calls that end
/// the connection.
#[derive(Debug)]
pub enum Call {
    Data(DataCall),
    /// The behavior of a side's next callbacks.
    Plan {
        side: Side,
        sending: bool,
        steps: Vec<Behavior>,
    },
    Setting(Setting),
    Handshake,
    Lifecycle(Lifecycle),
    Rare(RareCall),
    Psk(PskCall),
}

impl<'a> Arbitrary<'a> for Call {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u8::arbitrary(u)? % 40 {
            0..16 => Self::Data(u.arbitrary()?),
            16..21 => Self::Plan {
                side: u.arbitrary()?,
                sending: u.arbitrary()?,
                steps: u.arbitrary()?,
            },
            21..26 => Self::Setting(u.arbitrary()?),
            26..28 => Self::Handshake,
            28..30 => Self::Lifecycle(u.arbitrary()?),
            30..32 => Self::Rare(u.arbitrary()?),
            _ => Self::Psk(u.arbitrary()?),
        })
    }
}

#[derive(Debug)]
pub enum DataCall {
    Negotiate(Target),
    Send {
        target: Target,
        len: Len,
        invalid: Invalid,
    },
    SendVector {
        target: Target,
        pieces: Vec<Len>,
        offset: Len,
        invalid: Invalid,
    },
    Recv {
        target: Target,
        capacity: Len,
        invalid: Invalid,
    },
    RequestKeyUpdate(Target),
    Get(Target),
    CallGetter {
        target: Target,
        getter: u8,
        bytes: Vec<u8>,
        capacity: Len,
    },
}

impl<'a> Arbitrary<'a> for DataCall {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let kind = u8::arbitrary(u)? % 20;
        let target = u.arbitrary()?;
        Ok(match kind {
            0 => Self::Negotiate(target),
            1..6 => Self::Send {
                target,
                len: u.arbitrary()?,
                invalid: u.arbitrary()?,
            },
            6..9 => Self::SendVector {
                target,
                pieces: u.arbitrary()?,
                offset: u.arbitrary()?,
                invalid: u.arbitrary()?,
            },
            9..14 => Self::Recv {
                target,
                capacity: u.arbitrary()?,
                invalid: u.arbitrary()?,
            },
            14 => Self::RequestKeyUpdate(target),
            15 => Self::Get(target),
            _ => Self::CallGetter {
                target,
                getter: u.arbitrary()?,
                bytes: u.arbitrary()?,
                capacity: u.arbitrary()?,
            },
        })
    }
}

#[derive(Arbitrary, Debug)]
pub enum Setting {
    ReleaseBuffers(Target),
    FreeHandshake(Target),
    Throughput(Target),
    LowLatency(Target),
    RecvBuffering(Target, bool),
    DynamicBuffers(Target, bool),
    DynamicRecords(Target, u32, u16),
    Context(Target, usize),
    SetCallbacks(Side),
    /// Advances the clock by this number of milliseconds.
    Wait(u16),
}

#[derive(Arbitrary, Debug)]
pub enum Lifecycle {
    Shutdown(Target),
    ShutdownSend(Target),
    New {
        side: Side,
        /// Discards the bytes in transit.
        clear: bool,
    },
    Free(Target),
    Wipe {
        side: Side,
        clear: bool,
    },
    /// Wipes both sides, and discards the bytes in transit.
    WipeBoth,
}

#[derive(Arbitrary, Debug)]
pub enum RareCall {
    NewOfMode(i32),
    RemoveCallbacks { side: Side, recv: bool },
    SetNoDescriptor(Side),
    SetConfig { target: Target, config: Which },
    Change(Change),
    ClientAuth(Target, u8),
    Policy(Target, Policy),
    ServerName(Target, Vec<u8>),
    Protocol(Target, Vec<u8>),
    VerifyHost(Target, bool),
    Corked(Target),
    WrongKeyUpdate(Target, u8),
    ClockFails(bool),
    RejectHost(bool),
    WithoutBlocked(Target, u8),
}

/// A number of bytes, with a logarithmic distribution.
#[derive(Clone, Copy, Debug)]
pub struct Len(pub usize);

impl Arbitrary<'_> for Len {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        let (size, shift): (u16, u8) = u.arbitrary()?;
        Ok(Self(usize::from(size) >> (shift % 16)))
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        (3, Some(3))
    }
}

/// An invalid argument; `No` most of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    No,
    NullBuffer,
    NegativeSize,
    OffsetBeyond,
    NegativeOffset,
}

impl Arbitrary<'_> for Invalid {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match u8::arbitrary(u)? % 32 {
            1 => Self::NullBuffer,
            2 => Self::NegativeSize,
            3 => Self::OffsetBeyond,
            4 => Self::NegativeOffset,
            _ => Self::No,
        })
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Which {
    /// A config for the side.
    Own(Setup),
    /// A config for the other side.
    Foreign(Setup),
    /// The config that [`Change`] changes.
    Spare,
    Null,
}

/// A change of the spare config.
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
    FragmentLength(u16),
    AlertBehavior(u8),
    ClientAuth(u8),
    PskMode(u8),
    PskCallbacks(bool),
    MaxEarlyData(u32),
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

/// The behavior of a callback.
#[derive(Arbitrary, Debug)]
pub enum Behavior {
    /// Transfers all bytes.
    Normal,
    /// Transfers at most this many bytes, and at least one.
    Short(u8),
    Again,
    Interrupted,
    /// Returns 0: the end of the stream, or nothing written.
    Nothing,
    /// Reports more bytes than requested.
    Overreport(u16),
    Fail(i32),
    /// Calls the API, then transfers all bytes.
    Call(Box<Call>),
}
