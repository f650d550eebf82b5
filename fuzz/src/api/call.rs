//! What an input says: a list of calls.

use arbitrary::{Arbitrary, Result, Unstructured};

#[derive(Arbitrary, Debug)]
pub struct Case {
    pub setup: Setup,
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
    /// Errors start a delay, which the application waits for.
    pub delays: bool,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

/// Whose connection is handed over: now and then nobody's, which is NULL.
#[derive(Clone, Copy, Debug)]
pub enum Who {
    Client,
    Server,
    Nobody,
}

impl Arbitrary<'_> for Who {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match u8::arbitrary(u)? % 16 {
            0 => Self::Nobody,
            number if number % 2 == 0 => Self::Client,
            _ => Self::Server,
        })
    }
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

/// One call, or a few that belong together. What leads on comes more often than what ends it all.
#[derive(Debug)]
pub enum Call {
    Talk(Talk),
    /// What the callbacks of a side do the next times.
    Plan {
        side: Side,
        sending: bool,
        steps: Vec<Behaviour>,
    },
    Tune(Tune),
    Handshake,
    Life(Life),
    Rare(Rare),
}

impl<'a> Arbitrary<'a> for Call {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u8::arbitrary(u)? % 32 {
            0..16 => Self::Talk(u.arbitrary()?),
            16..21 => Self::Plan {
                side: u.arbitrary()?,
                sending: u.arbitrary()?,
                steps: u.arbitrary()?,
            },
            21..26 => Self::Tune(u.arbitrary()?),
            26..28 => Self::Handshake,
            28..30 => Self::Life(u.arbitrary()?),
            _ => Self::Rare(u.arbitrary()?),
        })
    }
}

#[derive(Debug)]
pub enum Talk {
    Negotiate(Who),
    Send {
        who: Who,
        len: Len,
        odd: Odd,
    },
    SendVector {
        who: Who,
        pieces: Vec<Len>,
        offset: Len,
        odd: Odd,
    },
    Recv {
        who: Who,
        room: Len,
        odd: Odd,
    },
    RequestKeyUpdate(Who),
    Get(Who),
    Ask {
        who: Who,
        question: u8,
        bytes: Vec<u8>,
        room: Len,
    },
}

impl<'a> Arbitrary<'a> for Talk {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let kind = u8::arbitrary(u)? % 20;
        let who = u.arbitrary()?;
        Ok(match kind {
            0 => Self::Negotiate(who),
            1..6 => Self::Send {
                who,
                len: u.arbitrary()?,
                odd: u.arbitrary()?,
            },
            6..9 => Self::SendVector {
                who,
                pieces: u.arbitrary()?,
                offset: u.arbitrary()?,
                odd: u.arbitrary()?,
            },
            9..14 => Self::Recv {
                who,
                room: u.arbitrary()?,
                odd: u.arbitrary()?,
            },
            14 => Self::RequestKeyUpdate(who),
            15 => Self::Get(who),
            _ => Self::Ask {
                who,
                question: u.arbitrary()?,
                bytes: u.arbitrary()?,
                room: u.arbitrary()?,
            },
        })
    }
}

#[derive(Arbitrary, Debug)]
pub enum Tune {
    ReleaseBuffers(Who),
    FreeHandshake(Who),
    Throughput(Who),
    LowLatency(Who),
    RecvBuffering(Who, bool),
    DynamicBuffers(Who, bool),
    DynamicRecords(Who, u32, u16),
    Context(Who, usize),
    SetCallbacks(Side),
    /// Time passes, in milliseconds.
    Wait(u16),
}

#[derive(Arbitrary, Debug)]
pub enum Life {
    Shutdown(Who),
    ShutdownSend(Who),
    New {
        side: Side,
        /// The link forgets what was under way.
        clear: bool,
    },
    Free(Who),
    Wipe {
        side: Side,
        clear: bool,
    },
    /// Both sides, and what is between them.
    WipeBoth,
}

#[derive(Arbitrary, Debug)]
pub enum Rare {
    NewOfMode(i32),
    TakeCallbacks { side: Side, recv: bool },
    SetNoDescriptor(Side),
    SetConfig { who: Who, config: Which },
    Change(Change),
    ClientAuth(Who, u8),
    Policy(Who, Policy),
    ServerName(Who, Vec<u8>),
    Protocol(Who, Vec<u8>),
    VerifyHost(Who, bool),
    Corked(Who),
    WrongKeyUpdate(Who, u8),
    ClockFails(bool),
    HostIsWrong(bool),
    WithoutBlocked(Who, u8),
}

/// A number of bytes: as often a few as a few thousand.
#[derive(Clone, Copy, Debug)]
pub struct Len(pub usize);

impl Arbitrary<'_> for Len {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        let (size, most): (u16, u8) = u.arbitrary()?;
        Ok(Self(usize::from(size) >> (most % 16)))
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        (3, Some(3))
    }
}

/// What is wrong with the arguments, mostly nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    No,
    NullBuffer,
    NegativeSize,
    OffsetBeyond,
    NegativeOffset,
}

impl Arbitrary<'_> for Odd {
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
    /// One that suits the side.
    Own(Setup),
    /// One for the other side.
    Foreign(Setup),
    /// The one that [`Change`] changes.
    Odd,
    Null,
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
