//! A TCP stream that counts its bytes.

use std::io::{self, Read, Write};
use std::net::TcpStream;

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
