//! What carries the records: the application's descriptors or callbacks, seen from the core.

use std::io;

/// Where received bytes come from.
pub trait Reader: Send + Sync {
    /// Stores at most `buf.len()` bytes; 0 is the end of the stream.
    fn read(&self, buf: &mut [u8]) -> io::Result<usize>;

    /// Asks the own stack to acknowledge at once; a hint.
    fn quick_ack(&self) {}

    /// Puts back the settings that the transport had when it was handed over.
    fn restore(&self) {}
}

/// Where sent bytes go.
pub trait Writer: Send + Sync {
    /// Takes at most `buf.len()` bytes.
    fn write(&self, buf: &[u8]) -> io::Result<usize>;

    /// Holds small segments back until [`Writer::uncork`]; a hint.
    fn cork(&self) {}

    /// Ends what [`Writer::cork`] began.
    fn uncork(&self) {}

    /// Puts back the settings that the transport had when it was handed over.
    fn restore(&self) {}
}
