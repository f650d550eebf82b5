//! Random scripts: arbitrary calls in arbitrary order, on both sides of a connection.

use fastrand::Rng;

mod early_data;

use early_data::EarlyData;

/// Generates the script of a seed.
pub fn script(seed: u64) -> Vec<String> {
    let mut generator = Generator {
        rng: Rng::with_seed(seed),
        lines: Vec::new(),
        closed: Vec::new(),
        damaged: Vec::new(),
        version: "13",
        updated: false,
        resumes: false,
        moves: false,
        early: EarlyData::default(),
    };
    generator.set_up();
    generator.handshake();
    generator.resume_early();
    let calls = generator.rng.usize(5..50);
    for _ in 0..calls {
        generator.call();
    }
    generator.finish();
    generator.lines
}

struct Generator {
    rng: Rng,
    lines: Vec<String>,
    /// Sides that have started a shutdown.
    closed: Vec<&'static str>,
    /// Sides whose incoming bytes were modified.
    damaged: Vec<&'static str>,
    /// The version of TLS, as in the script.
    version: &'static str,
    /// Whether keys were updated: afterwards s2n-tls fails in a shutdown, and sends in a negotiate
    /// after the shutdown. `differences.md` lists both.
    updated: bool,
    /// Whether both sides use tickets, and later handshakes resume the session of earlier ones.
    resumes: bool,
    /// Whether connections may be serialized.
    moves: bool,
    early: EarlyData,
}

const SIDES: [&str; 2] = ["c", "s"];

/// Boundary sizes: zero, one byte, record sizes and their neighbours.
const SIZES: [i64; 16] = [
    0, 1, 2, 5, 1378, 1379, 1435, 1436, 8086, 8087, 8088, 16383, 16384, 16385, 24261, 70_000,
];

impl Generator {
    fn push(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn one_of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.rng.usize(..list.len())]
    }

    fn side(&mut self) -> &'static str {
        self.one_of(&SIDES)
    }

    fn once_in(&mut self, times: u32) -> bool {
        self.rng.u32(..times) == 0
    }

    fn size(&mut self) -> i64 {
        match self.rng.u32(..4) {
            0 => self.rng.i64(0..70_000),
            1 => SIZES[self.rng.usize(..SIZES.len())],
            2 => self.rng.i64(0..100),
            _ => self.rng.i64(0..10_000),
        }
    }

    fn limit(&mut self) -> String {
        match self.rng.u32(..4) {
            0 => "all".into(),
            1 => self.rng.u32(..40).to_string(),
            _ => self.size().to_string(),
        }
    }

    fn set_up(&mut self) {
        self.version = self.one_of(&["12", "13"]);
        self.push(format!("configs {}", self.version));
        for config in ["cc", "sc"] {
            self.push(format!("events {config}"));
            if self.once_in(5) {
                let size = self.rng.u32(1034..40_000);
                self.push(format!("send_buffer {config} {size}"));
            }
            if self.once_in(5) {
                let length = self.rng.u32(1..16385);
                self.push(format!("fragment_length {config} {length}"));
            }
            if self.once_in(4) {
                self.push(format!("multi_record {config} on"));
            }
            if self.once_in(6) {
                let value = self.rng.u32(..2);
                self.push(format!("alert_behavior {config} {value}"));
            }
            if self.once_in(6) {
                let value = self.rng.u32(1..40);
                self.push(format!("max_delay {config} {value}"));
            }
        }
        if self.once_in(3) {
            self.use_tickets();
        }
        if self.once_in(3) {
            self.moves = true;
            self.push("serialization_version cc 1");
            self.push("serialization_version sc 1");
        }
        self.early_data_settings();
        self.push("connections");
        self.append_keys();
        for _ in 0..self.rng.u32(..3) {
            self.preference();
        }
    }

    /// Enables tickets, with a clock that stands still.
    fn use_tickets(&mut self) {
        self.resumes = true;
        self.push("time 1790000000");
        for config in ["cc", "sc"] {
            self.push(format!("wall_clock {config}"));
            self.push(format!("tickets {config} 1"));
        }
        self.push("ticket_key sc name secret 0");
        if self.once_in(2) {
            let count = self.rng.u32(..4);
            self.push(format!("ticket_count sc {count}"));
        }
        if self.once_in(3) {
            self.push("ticket_cb cc 0");
        }
    }

    /// The steps of a handshake, with premature calls between them.
    fn handshake(&mut self) {
        self.early_data_handshake();
        let steps = ["negotiate c", "negotiate s", "negotiate c", "negotiate s"];
        for step in steps {
            if self.once_in(8) {
                self.early_call();
            }
            self.push(step);
        }
        self.push("handshake");
    }

    fn early_call(&mut self) {
        let (side, size) = (self.side(), self.size());
        let line = match self.rng.u32(..6) {
            0 => format!("send {side} {size}"),
            1 => format!("recv {side} 0"),
            2 => format!("state {side}"),
            3 => format!("release_buffers {side}"),
            4 => {
                self.updated = true;
                format!("key_update {side}")
            }
            _ => format!("send {side} 0"),
        };
        self.push(line);
    }

    fn call(&mut self) {
        match self.rng.u32(..100) {
            0..26 => self.send(),
            26..50 => self.recv(),
            50..66 => self.transport(),
            66..74 => self.inspect(),
            74..80 => self.preference(),
            80..84 => {
                let side = self.side();
                self.updated = true;
                self.push(format!("key_update {side}"));
            }
            84..88 => self.misuse(),
            88 => self.early_data_misuse(),
            89..93 => self.damage(),
            93 if self.moves => self.move_side(),
            93..97 => self.close(),
            97 => self.wipe(),
            98 if self.resumes => self.inspect_session(),
            98 => self.push("clock 40"),
            _ => {
                let side = self.side();
                // After a shutdown or an error, s2n-tls sends the tickets that are due.
                let has_ended = !self.closed.is_empty() || !self.damaged.is_empty();
                let sends_tickets = self.resumes && has_ended;
                if !self.updated && !sends_tickets {
                    self.push(format!("negotiate {side}"));
                }
            }
        }
    }

    fn send(&mut self) {
        let (side, size) = (self.side(), self.size());
        if !self.once_in(4) {
            return self.push(format!("send {side} {size}"));
        }
        let count = self.rng.usize(1..12);
        let mut lens = Vec::new();
        for _ in 0..count {
            lens.push(match self.rng.u32(..4) {
                0 => 0,
                1 => self.rng.i64(0..20),
                _ => self.rng.i64(0..9000),
            });
        }
        let total: i64 = lens.iter().sum();
        let offset = match self.rng.u32(..4) {
            0 => self.rng.i64(0..=total),
            1 => lens[0],
            _ => 0,
        };
        let lens: Vec<String> = lens.iter().map(i64::to_string).collect();
        self.push(format!("sendv {side} {offset} {}", lens.join(",")));
    }

    fn recv(&mut self) {
        let (side, size) = (self.side(), self.size());
        self.push(format!("recv {side} {size}"));
    }

    fn transport(&mut self) {
        let (side, limit) = (self.side(), self.limit());
        let fault = self.one_of(&["EAGAIN", "EWOULDBLOCK", "EINTR", "EIO", "ECONNRESET", "0"]);
        let times = self.rng.u32(1..4);
        let chunk = self.rng.u32(1..3000);
        let line = match self.rng.u32(..12) {
            0..3 => format!("write_budget {side} {limit}"),
            3 => format!("write_budget {side} all"),
            4..6 => format!("read_budget {side} {limit}"),
            6 => format!("read_budget {side} all"),
            7 => format!("write_chunk {side} {chunk}"),
            8 => format!("read_chunk {side} {chunk}"),
            9 => format!("write_fails {side} {fault} {times}"),
            10 => format!("read_fails {side} {fault} {times}"),
            _ if self.once_in(4) => format!("write_fails {side} EPIPE"),
            _ => format!("write_fails {side} zero {times}"),
        };
        self.push(line);
    }

    fn inspect(&mut self) {
        let (verb, side) = (
            self.one_of(&["state", "state", "records", "waiting", "handshake_complete"]),
            self.side(),
        );
        self.push(format!("{verb} {side}"));
        // s2n-tls does not count key updates received during a shutdown.
        if self.closed.is_empty() {
            self.push(format!("key_updates {side}"));
        }
    }

    fn inspect_session(&mut self) {
        let (count, side) = (self.rng.u32(..3), self.side());
        self.push(format!("session {side}"));
        if self.closed.is_empty() {
            self.push(format!("add_tickets s {count}"));
        }
        self.push("tickets_sent s");
    }

    fn preference(&mut self) {
        let side = self.side();
        let switch = self.one_of(&["on", "off"]);
        let line = match self.rng.u32(..9) {
            0 => format!("throughput {side}"),
            1 => format!("low_latency {side}"),
            2 => format!(
                "dynamic_records {side} {} {}",
                self.size(),
                self.rng.u32(..50)
            ),
            3 | 6 if !self.may_read_ahead() => return,
            3 => format!("recv_buffering {side} {switch}"),
            4 => format!("dynamic_buffers {side} {switch}"),
            5 => format!("release_buffers {side}"),
            6 => format!("recv_buffering {side} on"),
            7 => format!("dynamic_records {side} 20000 0"),
            _ => return self.other_config(side),
        };
        self.push(line);
    }

    fn misuse(&mut self) {
        let (side, size) = (self.side(), self.size());
        let line = match self.rng.u32(..18) {
            0 => format!("send {side} -1"),
            1 => format!("send {side} {size} nobuf"),
            2 => format!("send {side} {size} noblocked"),
            3 => format!("sendv {side} -1 10,10"),
            4 => format!("sendv {side} 21 10,10"),
            5 => format!("sendv {side} 0 -1"),
            6 => format!("sendv {side} 0 10,10 nobuf"),
            7 => format!("recv {side} -1"),
            8 => "send null 10".into(),
            9 => "recv null 10".into(),
            10 => format!("shutdown {side} noblocked"),
            11 => format!("negotiate {side} noblocked"),
            12 => format!("key_update {side} 1"),
            13 => format!("ktls_send {side}"),
            14 => format!("ktls_recv {side}"),
            15 => format!("ktls_tls13 {side}c"),
            16 => format!("sendfile {side} 0 10"),
            _ => "state null".into(),
        };
        self.push(line);
    }

    /// Modifies bytes in transit, as a peer or the network might.
    fn damage(&mut self) {
        let (side, offset) = (self.side(), self.rng.u32(..200));
        if self.damaged.contains(&side) {
            // Record boundaries are ambiguous there from now on.
            return;
        }
        self.damaged.push(side);
        let line = match self.rng.u32(..8) {
            0 => format!("flip {side} {offset}"),
            1 => format!("drop {side}"),
            2 => format!("repeat {side}"),
            3 => format!("delay {side}"),
            // Ciphertext after a gap would be read as a header, and is random.
            4 => format!("cut_off {side} {offset}"),
            5 => format!("end {side}"),
            6 => format!("inject {side} 1703030000"),
            _ => format!(
                "inject {side} {}",
                self.one_of(&["16030300050102030405", "15030300020100", "474554"])
            ),
        };
        self.push(line);
    }

    fn close(&mut self) {
        let (verb, side) = (self.closing_verb(), self.side());
        self.closed.push(side);
        self.push(format!("{verb} {side}"));
    }

    fn closing_verb(&mut self) -> &'static str {
        if self.updated {
            return "shutdown_send";
        }
        self.one_of(&["shutdown", "shutdown", "shutdown_send"])
    }

    /// Assigns another config, which has a maximum fragment length, and sometimes a send buffer.
    fn other_config(&mut self, side: &str) {
        let name = format!("other{}", self.lines.len());
        let length = self.rng.u32(1..16385);
        self.push(format!("config {name} {}", self.version));
        self.push(format!("fragment_length {name} {length}"));
        if self.once_in(2) {
            let size = self.rng.u32(1034..40_000);
            self.push(format!("send_buffer {name} {size}"));
        }
        self.push(format!("set_config {side} {name}"));
    }

    /// Serializes a connection and restores it. The tickets of a restored server have longer nonces
    /// than in s2n-tls.
    fn move_side(&mut self) {
        let side = match self.resumes {
            true => "c",
            false => self.side(),
        };
        self.push(format!("move {side}"));
        self.push(format!("state {side}"));
        self.push(format!("negotiated {side}"));
    }

    fn wipe(&mut self) {
        if self.resumes {
            self.push("save session c");
        }
        for side in SIDES {
            self.push(format!("wipe {side}"));
        }
        self.push("join");
        if self.resumes {
            self.push("set_session c session");
        }
        self.append_keys();
        self.early_data_handshake();
        self.push("handshake");
        if self.resumes {
            self.push("session c");
            self.push("session s");
        }
        self.closed.clear();
        self.damaged.clear();
    }

    /// Delivers everything in transit, and inspects and closes both sides.
    fn finish(&mut self) {
        for side in SIDES {
            self.push(format!("write_budget {side} all"));
            self.push(format!("read_budget {side} all"));
        }
        for side in SIDES {
            self.push(format!("send {side} 70000"));
            self.push(format!("send {side} 70000"));
            self.push(format!("records {side}"));
        }
        for side in SIDES {
            for _ in 0..6 {
                self.push(format!("recv {side} 20000"));
            }
            self.push(format!("state {side}"));
            if self.closed.is_empty() {
                self.push(format!("key_updates {side}"));
            }
        }
        let verb = if self.updated {
            "shutdown_send"
        } else {
            "shutdown"
        };
        for side in ["c", "s", "c"] {
            self.push(format!("{verb} {side}"));
        }
        for side in SIDES {
            self.push(format!("records {side}"));
            self.push(format!("state {side}"));
        }
    }
}
