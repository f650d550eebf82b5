//! Random scripts: any calls in any order, on both ends of a connection.

use fastrand::Rng;

/// The script of a seed.
pub fn script(seed: u64) -> Vec<String> {
    let mut generator = Generator {
        rng: Rng::with_seed(seed),
        lines: Vec::new(),
        closed: Vec::new(),
        damaged: Vec::new(),
        updated: false,
    };
    generator.set_up();
    generator.handshake();
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
    /// Which ends have begun to close.
    closed: Vec<&'static str>,
    /// Whose incoming bytes were damaged.
    damaged: Vec<&'static str>,
    /// Whether keys were updated: s2n-tls then fails in a shutdown, and sends in a negotiate that
    /// comes after the end. `differences.md` has both.
    updated: bool,
}

const ENDS: [&str; 2] = ["c", "s"];

/// Sizes at which something changes: nothing, a byte, the record sizes and their neighbours.
const SIZES: [i64; 16] = [
    0, 1, 2, 5, 1378, 1379, 1435, 1436, 8086, 8087, 8088, 16383, 16384, 16385, 24261, 70_000,
];

impl Generator {
    fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn one_of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.rng.usize(..list.len())]
    }

    fn end(&mut self) -> &'static str {
        self.one_of(&ENDS)
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
        let version = self.one_of(&["12", "13"]);
        self.say(format!("configs {version}"));
        for config in ["cc", "sc"] {
            self.say(format!("events {config}"));
            if self.once_in(5) {
                let size = self.rng.u32(1034..40_000);
                self.say(format!("send_buffer {config} {size}"));
            }
            if self.once_in(4) {
                self.say(format!("multi_record {config} on"));
            }
            if self.once_in(6) {
                let value = self.rng.u32(..2);
                self.say(format!("alert_behavior {config} {value}"));
            }
            if self.once_in(6) {
                let value = self.rng.u32(1..40);
                self.say(format!("max_delay {config} {value}"));
            }
        }
        self.say("connections");
        for _ in 0..self.rng.u32(..3) {
            self.preference();
        }
    }

    /// The steps of a handshake, with calls between them that come too early.
    fn handshake(&mut self) {
        let steps = ["negotiate c", "negotiate s", "negotiate c", "negotiate s"];
        for step in steps {
            if self.once_in(8) {
                self.early_call();
            }
            self.say(step);
        }
        self.say("handshake");
    }

    fn early_call(&mut self) {
        let (end, size) = (self.end(), self.size());
        let line = match self.rng.u32(..6) {
            0 => format!("send {end} {size}"),
            1 => format!("recv {end} 0"),
            2 => format!("state {end}"),
            3 => format!("release_buffers {end}"),
            4 => {
                self.updated = true;
                format!("key_update {end}")
            }
            _ => format!("send {end} 0"),
        };
        self.say(line);
    }

    fn call(&mut self) {
        match self.rng.u32(..100) {
            0..26 => self.send(),
            26..50 => self.recv(),
            50..66 => self.link(),
            66..74 => self.ask(),
            74..80 => self.preference(),
            80..84 => {
                let end = self.end();
                self.updated = true;
                self.say(format!("key_update {end}"));
            }
            84..89 => self.misuse(),
            89..93 => self.damage(),
            93..97 => self.close(),
            97 => self.second_life(),
            98 => self.say("clock 40"),
            _ => {
                let end = self.end();
                if !self.updated {
                    self.say(format!("negotiate {end}"));
                }
            }
        }
    }

    fn send(&mut self) {
        let (end, size) = (self.end(), self.size());
        if !self.once_in(4) {
            return self.say(format!("send {end} {size}"));
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
        self.say(format!("sendv {end} {offset} {}", lens.join(",")));
    }

    fn recv(&mut self) {
        let (end, size) = (self.end(), self.size());
        self.say(format!("recv {end} {size}"));
    }

    fn link(&mut self) {
        let (end, limit) = (self.end(), self.limit());
        let fault = self.one_of(&["EAGAIN", "EWOULDBLOCK", "EINTR", "EIO", "ECONNRESET", "0"]);
        let times = self.rng.u32(1..4);
        let chunk = self.rng.u32(1..3000);
        let line = match self.rng.u32(..12) {
            0..3 => format!("accept {end} {limit}"),
            3 => format!("accept {end} all"),
            4..6 => format!("give {end} {limit}"),
            6 => format!("give {end} all"),
            7 => format!("write_chunk {end} {chunk}"),
            8 => format!("read_chunk {end} {chunk}"),
            9 => format!("write_fails {end} {fault} {times}"),
            10 => format!("read_fails {end} {fault} {times}"),
            _ if self.once_in(4) => format!("write_fails {end} EPIPE"),
            _ => format!("write_fails {end} zero {times}"),
        };
        self.say(line);
    }

    fn ask(&mut self) {
        let (verb, end) = (
            self.one_of(&["state", "state", "records", "waiting"]),
            self.end(),
        );
        self.say(format!("{verb} {end}"));
        // What s2n-tls meets while it shuts down it does not count.
        if self.closed.is_empty() {
            self.say(format!("key_updates {end}"));
        }
    }

    fn preference(&mut self) {
        let end = self.end();
        let switch = self.one_of(&["on", "off"]);
        let line = match self.rng.u32(..8) {
            0 => format!("throughput {end}"),
            1 => format!("low_latency {end}"),
            2 => format!(
                "dynamic_records {end} {} {}",
                self.size(),
                self.rng.u32(..50)
            ),
            3 => format!("recv_buffering {end} {switch}"),
            4 => format!("dynamic_buffers {end} {switch}"),
            5 => format!("release_buffers {end}"),
            6 => format!("recv_buffering {end} on"),
            _ => format!("dynamic_records {end} 20000 0"),
        };
        self.say(line);
    }

    fn misuse(&mut self) {
        let (end, size) = (self.end(), self.size());
        let line = match self.rng.u32(..14) {
            0 => format!("send {end} -1"),
            1 => format!("send {end} {size} nobuf"),
            2 => format!("send {end} {size} noblocked"),
            3 => format!("sendv {end} -1 10,10"),
            4 => format!("sendv {end} 21 10,10"),
            5 => format!("sendv {end} 0 -1"),
            6 => format!("sendv {end} 0 10,10 nobuf"),
            7 => format!("recv {end} -1"),
            8 => "send null 10".into(),
            9 => "recv null 10".into(),
            10 => format!("shutdown {end} noblocked"),
            11 => format!("negotiate {end} noblocked"),
            12 => format!("key_update {end} 1"),
            _ => "state null".into(),
        };
        self.say(line);
    }

    /// What a peer or the network does to the bytes on their way.
    fn damage(&mut self) {
        let (end, place) = (self.end(), self.rng.u32(..200));
        if self.damaged.contains(&end) {
            // What is a record there is not clear any more.
            return;
        }
        self.damaged.push(end);
        let line = match self.rng.u32(..8) {
            0 => format!("flip {end} {place}"),
            1 => format!("drop {end}"),
            2 => format!("repeat {end}"),
            3 => format!("delay {end}"),
            // What would follow the gap would be read as a header, and is random.
            4 => format!("cut_off {end} {place}"),
            5 => format!("end {end}"),
            6 => format!("inject {end} 1703030000"),
            _ => format!(
                "inject {end} {}",
                self.one_of(&["16030300050102030405", "15030300020100", "474554"])
            ),
        };
        self.say(line);
    }

    fn close(&mut self) {
        let (verb, end) = (self.closing_verb(), self.end());
        self.closed.push(end);
        self.say(format!("{verb} {end}"));
    }

    fn closing_verb(&mut self) -> &'static str {
        if self.updated {
            return "shutdown_send";
        }
        self.one_of(&["shutdown", "shutdown", "shutdown_send"])
    }

    fn second_life(&mut self) {
        for end in ENDS {
            self.say(format!("wipe {end}"));
        }
        self.say("join");
        self.say("handshake");
        self.closed.clear();
        self.damaged.clear();
    }

    /// Lets all that is on its way arrive, and looks at both ends.
    fn finish(&mut self) {
        for end in ENDS {
            self.say(format!("accept {end} all"));
            self.say(format!("give {end} all"));
        }
        for end in ENDS {
            self.say(format!("send {end} 70000"));
            self.say(format!("send {end} 70000"));
            self.say(format!("records {end}"));
        }
        for end in ENDS {
            for _ in 0..6 {
                self.say(format!("recv {end} 20000"));
            }
            self.say(format!("state {end}"));
            if self.closed.is_empty() {
                self.say(format!("key_updates {end}"));
            }
        }
        let verb = if self.updated {
            "shutdown_send"
        } else {
            "shutdown"
        };
        for end in ["c", "s", "c"] {
            self.say(format!("{verb} {end}"));
        }
        for end in ENDS {
            self.say(format!("records {end}"));
            self.say(format!("state {end}"));
        }
    }
}
