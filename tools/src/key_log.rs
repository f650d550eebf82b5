//! The file of `--key-log`: the secrets of the connections, for Wireshark and the like.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rs2n_core::config::{Config, KeyLogCallback};

use crate::error::{Result, ToolError};

/// A file in the format of SSLKEYLOGFILE, readable and writable by its owner only.
pub struct KeyLogFile {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    file: File,
    /// Why a line could not be written.
    failure: Option<ToolError>,
}

impl KeyLogFile {
    pub fn open(path: &Path) -> Result<Arc<Self>> {
        let mut options = File::options();
        options.append(true).create(true).mode(0o600);
        let file = options.open(path);
        let file = file.map_err(|error| ToolError::file("write", path, &error))?;
        Ok(Arc::new(Self {
            path: path.to_owned(),
            state: Mutex::new(State {
                file,
                failure: None,
            }),
        }))
    }

    /// Logs the secrets of a config's connections.
    pub fn attach(self: &Arc<Self>, config: &Config) {
        config.set_key_log_callback(Some(self.clone()));
    }

    /// Returns whether every line was written since the last call: of another connection, too, if several
    /// are open.
    pub fn finish(&self) -> Result<()> {
        self.lock().failure.take().map_or(Ok(()), Err)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyLogCallback for KeyLogFile {
    fn log(&self, _: usize, line: &[u8]) {
        let mut state = self.lock();
        // One write per line, as another process may append to the same file.
        if let Err(error) = state.file.write_all(&[line, b"\n"].concat()) {
            let error = ToolError::file("write", &self.path, &error);
            state.failure.get_or_insert(error);
        }
    }
}
