//! Sessions of the client: the newest one in memory, for `--reconnect`, and in the file of
//! `--session`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rs2n_core::base::Version;
use rs2n_core::config::Config;
use rs2n_core::config::callbacks::{SessionTicket, TicketCallback};
use rs2n_core::connection::Connection;
use zeroize::Zeroizing;

use crate::error::{Result, ToolError};

/// The newest session of the client.
pub struct SessionStore {
    path: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Serialized.
    newest: Option<Zeroizing<Vec<u8>>>,
    /// Whether the handshake of the current connection is complete: before, the server has not
    /// proved that it has the session of its ticket.
    is_established: bool,
    /// Why the file could not be written.
    failure: Option<ToolError>,
}

impl SessionStore {
    /// Creates a store that has the session of the file, if that exists.
    pub fn open(path: Option<&Path>) -> Result<Arc<Self>> {
        let newest = path.map(read).transpose()?.flatten();
        let state = State {
            newest,
            ..State::default()
        };
        Ok(Arc::new(Self {
            path: path.map(Path::to_owned),
            state: Mutex::new(state),
        }))
    }

    /// Enables tickets in a config, and stores those that are received.
    pub fn attach(self: &Arc<Self>, config: &Config) {
        config.set_tickets(true);
        config.set_ticket_callback(Some(self.clone()));
    }

    /// Offers the newest session in a new connection. One that is invalid or expired is dropped, and
    /// the error returned: the connection can be made without it.
    pub fn offer(&self, conn: &Connection) -> Result<()> {
        let mut state = self.lock();
        state.is_established = false;
        let Some(session) = &state.newest else {
            return Ok(());
        };
        let offered = conn.set_session(session);
        offered.map_err(|error| {
            state.newest = None;
            let from = self.path.as_ref().map(|path| path.display().to_string());
            let from = from.unwrap_or_else(|| "the last connection".to_owned());
            ToolError::tls(&error, &format!("the session of {from} is not offered"))
        })
    }

    /// Stores the session of a completed handshake of TLS 1.2. That of TLS 1.3 comes in a ticket
    /// afterwards.
    pub fn establish(&self, conn: &Connection) -> Result<()> {
        let mut state = self.lock();
        state.is_established = true;
        if conn.version() >= Version::Tls13 {
            return Ok(());
        }
        let session = conn.session();
        let session =
            session.map_err(|error| ToolError::tls(&error, "the session cannot be stored"))?;
        if let Some(session) = session {
            self.store(&mut state, session);
        }
        Ok(())
    }

    /// Marks the handshake of the connection that is used next as incomplete. Several connections can
    /// share the store, if one thread uses them.
    pub fn suspend(&self) {
        self.lock().is_established = false;
    }

    /// Marks the handshake of the connection that is used next as complete.
    pub fn resume(&self) {
        self.lock().is_established = true;
    }

    /// Returns whether the file was written at every change.
    pub fn finish(&self) -> Result<()> {
        self.lock().failure.take().map_or(Ok(()), Err)
    }

    fn store(&self, state: &mut State, session: Zeroizing<Vec<u8>>) {
        let written = self.path.as_ref().map(|path| replace(path, &session));
        state.newest = Some(session);
        if let Some(Err(error)) = written {
            state.failure.get_or_insert(error);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TicketCallback for SessionStore {
    fn receive(&self, _: usize, ticket: &SessionTicket) -> bool {
        let mut state = self.lock();
        // A ticket of TLS 1.2 is part of the handshake, after which it is stored.
        if state.is_established {
            self.store(&mut state, ticket.session.clone());
        }
        true
    }
}

/// Reads a session; `None` if there is no such file.
fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let fail = |error| ToolError::file("read", path, &error);
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(error)),
        // The session would replace it.
        Ok(metadata) if !metadata.is_file() => {
            let message = format!("{} is not a regular file", path.display());
            return Err(ToolError::new(message));
        }
        Ok(_) => {}
    }
    fs::read(path).map(Zeroizing::new).map(Some).map_err(fail)
}

/// Replaces a file by one that only its owner can read. A process that reads it has either the old
/// or the new content.
fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".{}.part", std::process::id()));
    let partial = PathBuf::from(partial);
    let write = || {
        // A process with the same ID may have been interrupted.
        let _ = fs::remove_file(&partial);
        let mut options = File::options();
        options.write(true).create_new(true).mode(0o600);
        options.open(&partial)?.write_all(content)?;
        fs::rename(&partial, path)
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&partial);
        ToolError::file("write", path, &error)
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_session_replaces_the_file_and_is_private() {
        let folder = std::env::temp_dir().join(format!("rs2nc-store-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("writable");
        let path = folder.join("session");
        fs::write(&path, "a longer old session").expect("writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("owned");
        replace(&path, b"new").expect("writable");
        let content = read(&path).expect("readable").expect("it exists");
        assert_eq!(*content, b"new");
        let mode = fs::metadata(&path).expect("it exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder).expect("readable").count(), 1);
        assert!(read(&folder).is_err());
        assert!(read(&folder.join("none")).expect("no error").is_none());
        fs::remove_dir_all(&folder).expect("owned");
    }
}
