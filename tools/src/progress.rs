//! Progress bars for long transfers, shown on terminals only.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::options::Common;

/// The progress bars of one connection.
#[derive(Default)]
pub struct Progress {
    sent: Option<ProgressBar>,
    received: Option<ProgressBar>,
    /// Dropped at the end of the transfer, which stops the thread.
    _stop: Option<Sender<()>>,
}

/// The directions that get a progress bar.
#[derive(Clone, Copy, Debug, Default)]
pub struct BarOptions {
    pub sending: bool,
    pub receiving: bool,
    /// Number of bytes to send, if it is known.
    pub len: Option<u64>,
}

impl BarOptions {
    /// Enables a bar for each direction that has a file, unless `--no-progress` is given.
    pub fn new(options: &Common, len: Option<u64>) -> Self {
        Self {
            sending: options.send.is_some() && !options.no_progress,
            receiving: options.receive.is_some() && !options.no_progress,
            len,
        }
    }
}

/// Delay before the bars are shown: shorter transfers show none.
const SHOW_AFTER: Duration = Duration::from_millis(300);

/// Interval at which a bar is redrawn without progress.
const REDRAW_INTERVAL: Duration = Duration::from_millis(200);

const WITH_LENGTH: &str = "{msg} [{bar:30}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
const WITHOUT_LENGTH: &str = "{msg} {spinner} {bytes}, {bytes_per_sec}";

impl Progress {
    pub fn new(options: BarOptions) -> Self {
        if !(options.sending || options.receiving) || !io::stderr().is_terminal() {
            return Self::default();
        }
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        let add = |message: &'static str, len: Option<u64>| {
            let (bar, template) = match len {
                Some(len) => (ProgressBar::new(len), WITH_LENGTH),
                None => (ProgressBar::no_length(), WITHOUT_LENGTH),
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bars.add(bar).with_message(message)
        };
        let sent = options.sending.then(|| add("sending", options.len));
        let received = options.receiving.then(|| add("receiving", None));
        let (stop, stopped) = channel::<()>();
        let bars_to_show: Vec<_> = sent.iter().chain(&received).cloned().collect();
        // Without the thread no bar is shown.
        let _ = thread::Builder::new().spawn(move || {
            if stopped.recv_timeout(SHOW_AFTER) == Err(RecvTimeoutError::Timeout) {
                bars.set_draw_target(ProgressDrawTarget::stderr());
                for bar in bars_to_show {
                    bar.enable_steady_tick(REDRAW_INTERVAL);
                }
            }
        });
        Self {
            sent,
            received,
            _stop: Some(stop),
        }
    }

    pub fn sent(&self, bytes: usize) {
        if let Some(bar) = &self.sent {
            bar.inc(bytes as u64);
        }
    }

    pub fn received(&self, bytes: usize) {
        if let Some(bar) = &self.received {
            bar.inc(bytes as u64);
        }
    }

    /// Leaves the bars on the screen, and moves to the next line.
    pub fn finish(&self) {
        let mut is_shown = false;
        for bar in self.sent.iter().chain(&self.received) {
            bar.abandon();
            is_shown |= !bar.is_hidden();
        }
        if is_shown {
            let _ = io::stderr().write_all(b"\n");
        }
    }
}
