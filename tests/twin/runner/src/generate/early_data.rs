//! Random handshakes with external pre-shared keys and early data.

use super::Generator;

/// The pre-shared keys and the early data of a script.
#[derive(Default)]
pub(super) struct EarlyData {
    /// Sides that have the external key.
    keys: Vec<&'static str>,
    /// The client tries to send early data, with the external key or a ticket.
    is_tried: bool,
    /// The application decides about early data after the callback.
    is_decided_later: bool,
    /// The server requests another ClientHello.
    retries: bool,
}

/// Maximum sizes of early data. More would be beyond what a server without a limit skips.
const LIMITS: [u32; 6] = [0, 1, 100, 1000, 20_000, 60_000];

impl Generator {
    /// Chooses the settings of configs for early data.
    pub(super) fn early_data_settings(&mut self) {
        if self.version != "13" || self.once_in(2) {
            return;
        }
        self.early.is_tried = true;
        if self.once_in(4) {
            self.push("multi_record sc on");
        }
        if self.resumes {
            let limit = self.limit_of_early_data();
            self.push(format!("max_early_data sc {limit}"));
        } else {
            self.external_key();
        }
        // rs2n fails if the server selects a suite of another hash than the client's key.
        let has_key = self.resumes || self.early.keys.len() == 2;
        self.early.retries = self.once_in(6) && has_key;
        if self.once_in(3) {
            let action = self.one_of(&["accept", "accept", "reject", "context", "early_data"]);
            self.early.is_decided_later = ["context", "early_data"].contains(&action);
            self.push(format!("early_cb sc 0 {action}"));
        }
    }

    fn limit_of_early_data(&mut self) -> u32 {
        LIMITS[self.rng.usize(..LIMITS.len())]
    }

    fn external_key(&mut self) {
        self.early.keys = match self.rng.u32(..12) {
            0 => vec!["c"],
            1 => vec!["s"],
            _ => vec!["c", "s"],
        };
        self.push("psk p");
        self.push("psk_identity p identity");
        let len = self.rng.u32(1..100);
        self.push(format!("psk_secret p {len}*s"));
        let suite = match self.once_in(3) {
            true => {
                self.push("psk_hmac p sha384");
                "1302"
            }
            false => "1301",
        };
        if !self.once_in(6) {
            let limit = self.limit_of_early_data();
            self.push(format!("psk_early_data p {limit} {suite}"));
        }
        if self.once_in(3) {
            self.push("psk_context p some-context");
        }
    }

    /// Gives new connections their external keys and policies.
    pub(super) fn append_keys(&mut self) {
        if self.early.retries {
            self.push("policy c 20240603");
            self.push("policy s 20251113");
        }
        for side in self.early.keys.clone() {
            self.push(format!("append_psk {side} p"));
        }
    }

    /// Whether the connections may read ahead. With early data in large records, s2n-tls reads a
    /// different number of bytes ahead.
    pub(super) fn may_read_ahead(&self) -> bool {
        !self.early.is_tried
    }

    /// Resumes the session of the ticket at once, in some scripts.
    pub(super) fn resume_early(&mut self) {
        if self.resumes && self.early.is_tried && self.once_in(2) {
            self.push("recv c 10");
            self.wipe();
        }
    }

    /// The steps of a handshake with early data, if there is any.
    pub(super) fn early_data_handshake(&mut self) {
        if !self.early.is_tried {
            return;
        }
        if !self.once_in(5) {
            let size = self.size();
            self.push(format!("send_early c {size}"));
        }
        for _ in 0..self.rng.usize(1..12) {
            self.early_data_step();
        }
        for side in super::SIDES {
            self.push(format!("write_budget {side} all"));
            self.push(format!("read_budget {side} all"));
        }
        self.push("recv_early s 100000");
        if self.early.is_decided_later {
            let action = self.one_of(&["accept", "reject"]);
            self.push(format!("offer {action}"));
        }
        for line in [
            "negotiate c",
            "recv_early s 100000",
            "recv_early s 100000",
            "handshake",
            "early_data c",
            "early_data s",
            "psk_used c",
            "psk_used s",
        ] {
            self.push(line);
        }
    }

    fn early_data_step(&mut self) {
        let (side, size, limit) = (self.side(), self.size(), self.limit());
        let chunk = self.rng.u32(1..3000);
        let line = match self.rng.u32(..40) {
            0..12 => format!("send_early c {size}"),
            12..24 => format!("recv_early s {size}"),
            24..26 => "negotiate c".into(),
            26..28 => "negotiate s".into(),
            28..30 => format!("early_data {side}"),
            30 => format!("state {side}"),
            31 if side == "c" => return self.blocked_send(),
            31 => format!("write_budget s {limit}"),
            32 => format!("read_budget {side} {limit}"),
            33 => format!("write_chunk {side} {chunk}"),
            34 => format!("read_chunk {side} {chunk}"),
            // s2n-tls keeps the ClientHello in its buffer until the application has decided.
            35 if self.early.is_decided_later => "release_buffers c".into(),
            35 => format!("release_buffers {side}"),
            // No send: behind a blocked flight, s2n-tls corrupts what the peer receives.
            36 => "early_data c".into(),
            37 => format!("recv {side} 0"),
            // A server of rs2n does not report the key before the second ClientHello.
            38 if self.early.retries => "psk_used c".into(),
            38 => format!("psk_used {side}"),
            _ => return self.decide(),
        };
        self.push(line);
    }

    /// A send that is blocked, and repeated at once: s2n-tls regards data that is rejected in between
    /// as sent, see `differences.md`.
    fn blocked_send(&mut self) {
        let (size, limit) = (self.size(), self.limit());
        self.push(format!("write_budget c {limit}"));
        self.push(format!("send_early c {size}"));
        self.push("write_budget c all");
        self.push(format!("send_early c {size}"));
    }

    fn decide(&mut self) {
        let action = self.one_of(&["accept", "accept", "reject", "context"]);
        self.push(format!("offer {action}"));
    }

    /// Calls that have no effect after the handshake, or misuse.
    pub(super) fn early_data_misuse(&mut self) {
        let (side, size) = (self.side(), self.size());
        let line = match self.rng.u32(..8) {
            0 => format!("send_early {side} {size}"),
            1 => format!("recv_early {side} {size}"),
            2 => format!("early_data {side}"),
            3 => format!("send_early {side} -1"),
            4 => format!("recv_early {side} {size} nocount"),
            5 => format!("send_early {side} {size} noblocked"),
            6 => "psk_mode c external".into(),
            _ => format!("psk_used {side}"),
        };
        self.push(line);
    }
}
