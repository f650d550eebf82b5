//! A TCP stream that counts its bytes.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

pub struct Counted {
    stream: TcpStream,
    pub sent: usize,
    pub received: usize,
}

impl Counted {
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            sent: 0,
            received: 0,
        }
    }
}

impl Counted {
    /// Ends the stream, and waits for the end of the peer's. A socket that is closed with unread data,
    /// such as the Finished message behind early data, would reset the connection.
    pub fn finish(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        io::copy(&mut self.stream, &mut io::sink())?;
        Ok(())
    }
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = self.stream.read(buf)?;
        self.received += len;
        Ok(len)
    }
}

impl Write for Counted {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let len = self.stream.write(buf)?;
        self.sent += len;
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
