//! Sources of the data that is sent, and sinks of the data that is received.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::error::{Result, ToolError};

/// The source of the data that is sent.
pub enum Source {
    /// No data: the peer decides when the connection closes.
    Empty,
    /// Standard input.
    Stdin { is_terminal: bool },
    /// Standard input, which an earlier connection has sent.
    SentStdin,
    File {
        file: File,
        path: PathBuf,
        len: Option<u64>,
    },
    /// The received data, from [`Sink::Echo`].
    Echo(Receiver<Vec<u8>>),
}

/// The destination of the data that is received.
pub enum Sink {
    Stdout,
    File(OutputFile),
    /// Sends the data back, through [`Source::Echo`].
    Echo(SyncSender<Vec<u8>>),
}

/// Maximum number of chunks queued for an echo.
const ECHO_DEPTH: usize = 16;

/// Returns the source and the sink of an echo, connected to each other.
pub fn echo() -> (Source, Sink) {
    let (sender, receiver) = sync_channel(ECHO_DEPTH);
    (Source::Echo(receiver), Sink::Echo(sender))
}

impl Source {
    pub fn stdin() -> Self {
        Self::Stdin {
            is_terminal: io::stdin().is_terminal(),
        }
    }

    pub fn file(path: &Path) -> Result<Self> {
        let open = || {
            let file = File::open(path)?;
            let metadata = file.metadata()?;
            if metadata.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            Ok((file, metadata.is_file().then_some(metadata.len())))
        };
        let (file, len) = open().map_err(|error| ToolError::file("read", path, &error))?;
        Ok(Self::File {
            file,
            path: path.to_owned(),
            len,
        })
    }

    /// Returns the length in bytes, if it is known.
    pub fn len(&self) -> Option<u64> {
        match self {
            Self::File { len, .. } => *len,
            _ => None,
        }
    }

    /// Whether the connection closes when the peer closes it, without waiting for the end of this
    /// source.
    pub fn closes_with_peer(&self) -> bool {
        matches!(self, Self::Empty | Self::Stdin { is_terminal: true })
    }

    /// Whether a read can block indefinitely.
    pub fn may_block(&self) -> bool {
        matches!(self, Self::Stdin { .. })
    }

    /// Reads the next chunk into `buffer`, which is empty at the end.
    pub fn read_chunk(&mut self, buffer: &mut Vec<u8>) -> Result<()> {
        buffer.resize(CHUNK_LEN, 0);
        let read = match self {
            Self::Empty | Self::SentStdin => Ok(0),
            Self::Stdin { .. } => read_retrying(&mut io::stdin(), buffer),
            Self::File { file, .. } => read_retrying(file, buffer),
            Self::Echo(receiver) => {
                *buffer = receiver.recv().unwrap_or_default();
                Ok(buffer.len())
            }
        };
        let read = read.map_err(|error| match self {
            Self::File { path, .. } => ToolError::file("read", path, &error),
            _ => ToolError::new(format!("cannot read standard input: {error}")),
        })?;
        buffer.truncate(read);
        Ok(())
    }
}

/// Maximum size of a chunk. It is sent as several records, each with its own write.
const CHUNK_LEN: usize = 64 << 10;

fn read_retrying(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

impl Sink {
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Stdout => {
                let mut output = io::stdout().lock();
                let written = output.write_all(bytes).and_then(|()| output.flush());
                written.map_err(|error| ToolError::stdout(&error))
            }
            Self::File(file) => file.write(bytes),
            // The sending thread reports the cause.
            Self::Echo(sender) => sender
                .send(bytes.to_vec())
                .map_err(|_| ToolError::new("cannot echo the received data")),
        }
    }

    /// Completes the output, once all data has been received.
    pub fn finish(self) -> Result<()> {
        match self {
            Self::File(file) => file.finish(),
            Self::Stdout | Self::Echo(_) => Ok(()),
        }
    }
}

/// An output file that is renamed to its final name when it is complete.
pub struct OutputFile {
    file: File,
    path: PathBuf,
    /// The temporary name; `None` for a device, a pipe or the like, which is written in place.
    partial: Option<PathBuf>,
    force: bool,
}

impl OutputFile {
    pub fn new(path: &Path, force: bool) -> Result<Self> {
        let fail = |error| ToolError::file("write", path, &error);
        let (file, partial) = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Err(fail(io::ErrorKind::IsADirectory.into()))?,
            Ok(metadata) if metadata.is_file() && !force => Err(already_exists(path))?,
            Ok(metadata) if !metadata.is_file() => {
                let file = File::options().write(true).open(path);
                (file.map_err(fail)?, None)
            }
            _ => {
                let mut partial = path.as_os_str().to_owned();
                partial.push(".part");
                let partial = PathBuf::from(partial);
                (File::create(&partial).map_err(fail)?, Some(partial))
            }
        };
        Ok(Self {
            file,
            path: path.to_owned(),
            partial,
            force,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| ToolError::file("write", &self.path, &error))
    }

    fn finish(self) -> Result<()> {
        let Some(partial) = &self.partial else {
            return Ok(());
        };
        if self.path.exists() && !self.force {
            return Err(already_exists(&self.path));
        }
        fs::rename(partial, &self.path)
            .map_err(|error| ToolError::file("write", &self.path, &error))
    }
}

/// Returns the name of the output file of one of several connections.
pub fn numbered(path: &Path, number: u64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

fn already_exists(path: &Path) -> ToolError {
    ToolError::new(format!("{} already exists", path.display())).with_advice("--force replaces it")
}
