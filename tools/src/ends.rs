//! Where the bytes of a connection come from, and where they go.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::trouble::{Result, Trouble};

/// What is sent.
pub enum Source {
    /// Nothing at all: the peer says when it is over.
    Nothing,
    /// Standard input.
    Input { is_terminal: bool },
    File {
        file: File,
        path: PathBuf,
        len: Option<u64>,
    },
    /// What has come.
    Echo(Receiver<Vec<u8>>),
}

/// What becomes of the bytes that come.
pub enum Sink {
    Output,
    File(Target),
    /// They are sent back.
    Echo(SyncSender<Vec<u8>>),
}

/// How many pieces may wait to be sent back.
const ECHO_DEPTH: usize = 16;

/// Both ends of an echo.
pub fn echo() -> (Source, Sink) {
    let (sender, receiver) = sync_channel(ECHO_DEPTH);
    (Source::Echo(receiver), Sink::Echo(sender))
}

impl Source {
    pub fn input() -> Self {
        Self::Input {
            is_terminal: io::stdin().is_terminal(),
        }
    }

    pub fn file(path: &Path) -> Result<Self> {
        let open = || {
            let file = File::open(path)?;
            let about = file.metadata()?;
            if about.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            Ok((file, about.is_file().then_some(about.len())))
        };
        let (file, len) = open().map_err(|error| Trouble::file("read", path, &error))?;
        Ok(Self::File {
            file,
            path: path.to_owned(),
            len,
        })
    }

    /// How much there is, as far as that is known.
    pub fn len(&self) -> Option<u64> {
        match self {
            Self::File { len, .. } => *len,
            _ => None,
        }
    }

    /// Whether the peer's end is ours: there is nothing more to wait for.
    pub fn ends_with_the_peer(&self) -> bool {
        matches!(self, Self::Nothing | Self::Input { is_terminal: true })
    }

    /// Whether waiting for the next byte can take for ever.
    pub fn is_input(&self) -> bool {
        matches!(self, Self::Input { .. })
    }

    /// The next bytes; none at the end.
    pub fn next(&mut self, buffer: &mut Vec<u8>) -> Result<()> {
        buffer.resize(PIECE, 0);
        let read = match self {
            Self::Nothing => Ok(0),
            Self::Input { .. } => read(&mut io::stdin(), buffer),
            Self::File { file, .. } => read(file, buffer),
            Self::Echo(receiver) => {
                *buffer = receiver.recv().unwrap_or_default();
                Ok(buffer.len())
            }
        };
        let read = read.map_err(|error| match self {
            Self::File { path, .. } => Trouble::file("read", path, &error),
            _ => Trouble::new(format!("cannot read standard input: {error}")),
        })?;
        buffer.truncate(read);
        Ok(())
    }
}

/// How much is read at once: the records that it makes are written one by one.
const PIECE: usize = 64 << 10;

fn read(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

impl Sink {
    pub fn take(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Output => {
                let mut output = io::stdout().lock();
                let written = output.write_all(bytes).and_then(|()| output.flush());
                written.map_err(|error| match error.kind() {
                    io::ErrorKind::BrokenPipe => {
                        Trouble::new("nobody reads standard output any more")
                    }
                    _ => Trouble::new(format!("cannot write standard output: {error}")),
                })
            }
            Self::File(target) => target.take(bytes),
            // The sending thread has told why it takes no more.
            Self::Echo(sender) => sender
                .send(bytes.to_vec())
                .map_err(|_| Trouble::new("what came could not be sent back")),
        }
    }

    /// All has come.
    pub fn finish(self) -> Result<()> {
        match self {
            Self::File(target) => target.finish(),
            Self::Output | Self::Echo(_) => Ok(()),
        }
    }
}

/// A file that has its name when it is complete.
pub struct Target {
    file: File,
    path: PathBuf,
    /// Its name until then; none if the file is a device, a pipe, or the like.
    part: Option<PathBuf>,
    force: bool,
}

impl Target {
    pub fn new(path: &Path, force: bool) -> Result<Self> {
        let fail = |error| Trouble::file("write", path, &error);
        let (file, part) = match fs::metadata(path) {
            Ok(about) if about.is_dir() => Err(fail(io::ErrorKind::IsADirectory.into()))?,
            Ok(about) if about.is_file() && !force => Err(exists(path))?,
            Ok(about) if !about.is_file() => {
                let file = File::options().write(true).open(path);
                (file.map_err(fail)?, None)
            }
            _ => {
                let mut part = path.as_os_str().to_owned();
                part.push(".part");
                let part = PathBuf::from(part);
                (File::create(&part).map_err(fail)?, Some(part))
            }
        };
        Ok(Self {
            file,
            path: path.to_owned(),
            part,
            force,
        })
    }

    fn take(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| Trouble::file("write", &self.path, &error))
    }

    fn finish(self) -> Result<()> {
        let Some(part) = &self.part else {
            return Ok(());
        };
        if self.path.exists() && !self.force {
            return Err(exists(&self.path));
        }
        fs::rename(part, &self.path).map_err(|error| Trouble::file("write", &self.path, &error))
    }
}

fn exists(path: &Path) -> Trouble {
    Trouble::new(format!("{} is there already", path.display())).advise("--force replaces it")
}
