//! The passphrase of an encrypted private key: from the file of `--passphrase-file`, or typed on the terminal.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;

use nix::sys::termios::{self, LocalFlags, SetArg, SpecialCharacterIndices, Termios};
use rs2n_core::credentials::passphrase::{MAX_PASSPHRASE, Passphrase};
use zeroize::Zeroizing;

use crate::error::{Result, ToolError};

/// The source of the passphrase of a key.
pub struct PassphraseSource<'a> {
    key: &'a Path,
    file: Option<&'a Path>,
    failure: RefCell<Option<ToolError>>,
}

impl<'a> PassphraseSource<'a> {
    pub fn new(key: &'a Path, file: Option<&'a Path>) -> Self {
        Self {
            key,
            file,
            failure: RefCell::default(),
        }
    }

    /// Returns the reason why there was no passphrase, once.
    pub fn take_failure(&self) -> Option<ToolError> {
        self.failure.take()
    }

    fn passphrase(&self) -> Result<Zeroizing<Vec<u8>>> {
        match self.file {
            Some(path) => first_line(path),
            None => self.typed(),
        }
    }

    /// Only if standard input is the terminal: a program in a pipeline would wait without a user who
    /// expects it.
    fn typed(&self) -> Result<Zeroizing<Vec<u8>>> {
        let key = self.key.display();
        if !io::stdin().is_terminal() {
            return Err(ToolError::new(format!(
                "the private key in {key} is encrypted, and standard input is not a terminal"
            ))
            .with_advice("--passphrase-file FILE has the passphrase in its first line"));
        }
        ask(&format!("Passphrase of {key}: ")).map_err(|error| {
            ToolError::new(format!("cannot read the passphrase of {key}: {error}"))
        })
    }
}

impl Passphrase for PassphraseSource<'_> {
    fn read(&self, buffer: &mut [u8]) -> Option<usize> {
        let passphrase = self.passphrase().and_then(|passphrase| {
            let room = buffer.get_mut(..passphrase.len());
            let most = "the passphrase is too long";
            room.ok_or_else(|| ToolError::new(most))?
                .copy_from_slice(&passphrase);
            Ok(passphrase.len())
        });
        passphrase
            .map_err(|error| self.failure.replace(Some(error)))
            .ok()
    }
}

/// Returns the first line of a file, without its end.
fn first_line(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let content = fs::read(path).map_err(|error| ToolError::file("read", path, &error))?;
    let content = Zeroizing::new(content);
    if content.is_empty() {
        return Err(ToolError::new(format!("{} is empty", path.display())));
    }
    let line = content.split(|&byte| byte == b'\n').next();
    let line = line.unwrap_or_default();
    Ok(Zeroizing::new(
        line.strip_suffix(b"\r").unwrap_or(line).to_vec(),
    ))
}

/// Reads a line from the terminal without an echo.
fn ask(prompt: &str) -> io::Result<Zeroizing<Vec<u8>>> {
    let terminal = File::options().read(true).write(true).open("/dev/tty")?;
    let mut line = Zeroizing::new(vec![0; MAX_LINE]);
    let echo = Echo::disable(&terminal)?;
    (&terminal).write_all(prompt.as_bytes())?;
    // The terminal hands out one line, or as much of it as there is room for.
    let len = (&terminal).read(&mut line)?;
    drop(echo);
    (&terminal).write_all(b"\n")?;
    line.truncate(len);
    match line.pop() {
        Some(b'\n') => Ok(line),
        Some(INTERRUPT) => Err(io::Error::other("interrupted")),
        Some(_) if len == MAX_LINE => Err(io::Error::other("the line is too long")),
        _ => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
    }
}

/// The longest passphrase with a line end, and one more byte.
const MAX_LINE: usize = MAX_PASSPHRASE + 2;

/// The character of Ctrl-C.
const INTERRUPT: u8 = 3;

/// A terminal without an echo, which is enabled again at the end.
struct Echo<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Echo<'a> {
    /// Disables the echo, and discards what was typed before. Ctrl-C ends the line in place of the
    /// process, which would leave the terminal without an echo.
    fn disable(terminal: &'a File) -> io::Result<Self> {
        let before = termios::tcgetattr(terminal)?;
        let mut quiet = before.clone();
        quiet
            .local_flags
            .remove(LocalFlags::ECHO | LocalFlags::ECHONL | LocalFlags::ISIG);
        quiet.local_flags.insert(LocalFlags::ICANON);
        quiet.control_chars[SpecialCharacterIndices::VEOL as usize] = INTERRUPT;
        termios::tcsetattr(terminal, SetArg::TCSAFLUSH, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Echo<'_> {
    fn drop(&mut self) {
        // The rest of a line that is too long is discarded, too.
        let _ = termios::tcsetattr(self.terminal, SetArg::TCSAFLUSH, &self.before);
    }
}
