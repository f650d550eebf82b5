//! The language of scripts: one call a line. `tests/twin/README.md` lists them.

use std::path::Path;
use std::ptr;

use s2n_tls_sys::*;

use crate::calls::{self, Options};
use crate::link::{Fault, Pipe, Side};
use crate::sockets::Sockets;
use crate::words::{bytes, number, status};
use crate::world::{Mistake, World};
use crate::{
    apart, chains, configs, errno, events, evidence, facts, fingerprints, hello_callback, hellos,
    hosts, library, private_keys, shown, trial,
};

/// Performs a script, and prints each line with what came of it.
pub fn perform(certs: &Path, script: &[String]) {
    let mut world = World::new(certs);
    for line in script {
        let words: Vec<&str> = line
            .split_whitespace()
            .take_while(|word| !word.starts_with('#'))
            .collect();
        let [verb, rest @ ..] = words.as_slice() else {
            continue;
        };
        match world.call(verb, rest) {
            Ok(outcome) => println!("{} => {outcome}", words.join(" ")),
            Err(mistake) => println!("{} => MISTAKE: {mistake}", words.join(" ")),
        }
    }
}

impl World {
    fn call(&mut self, verb: &str, words: &[&str]) -> Result<String, Mistake> {
        for module in MODULES {
            if let Some(outcome) = module(self, verb, words) {
                return outcome;
            }
        }
        match (verb, words) {
            ("configs", [version]) => done(self.make_configs(version)),
            ("connections", []) => done(self.make_connections()),
            ("pair", [version]) => {
                self.make_configs(version)?;
                done(self.make_connections())
            }
            ("join", []) => done(self.join()),
            ("sockets", [kind]) => {
                let sockets = Sockets::new(kind)?;
                sockets.attach(self)?;
                self.sockets = Some(sockets);
                Ok("ok".into())
            }
            ("forge", [name, typ, hex, padding @ ..]) => {
                let padding = padding.first().map_or(Ok(0), |padding| number(padding))?;
                let plain = if *hex == "-" { Vec::new() } else { bytes(hex)? };
                done(self.forge(name, number(typ)?, &plain, padding))
            }
            ("forge_fill", [name, typ, len, padding @ ..]) => {
                let padding = padding.first().map_or(Ok(0), |padding| number(padding))?;
                done(self.forge(name, number(typ)?, &vec![7; number(len)?], padding))
            }
            ("forge_rekey", [name]) => {
                let peer = if *name == "c" { "s" } else { "c" };
                let forger = self
                    .conn(peer)?
                    .forger
                    .as_mut()
                    .ok_or("nothing was forged")?;
                forger.update();
                Ok("ok".into())
            }
            ("sockets_again", []) => {
                let sockets = self.sockets.as_ref().ok_or("no sockets")?;
                done(sockets.attach(self))
            }
            ("close_fd" | "fd_is_open" | "cork_is_on" | "set_tcp_cork", [name, values @ ..]) => {
                let sockets = self.sockets.as_mut().ok_or("no sockets")?;
                sockets.call(verb, name, values)
            }
            ("new", [name, mode]) => {
                let mode = match *mode {
                    "client" => s2n_mode::CLIENT,
                    "server" => s2n_mode::SERVER,
                    _ => return Err(format!("no mode {mode}")),
                };
                self.add_connection(name, mode);
                Ok("ok".into())
            }
            ("free", [name]) => Ok(status(self.free(name)?)),
            ("clock", [seconds]) => {
                let forward = number::<u64>(seconds)? * 1_000_000_000;
                self.clock.set(self.clock.get() + forward);
                Ok("ok".into())
            }
            _ if CONFIG_CALLS.contains(&verb) => self.config_call(verb, words),
            _ if LINK_CALLS.contains(&verb) => self.link_call(verb, words),
            _ if SETTERS.contains(&verb) => self.setter(verb, words),
            _ => self.io_call(verb, words),
        }
    }

    fn io_call(&mut self, verb: &str, words: &[&str]) -> Result<String, Mistake> {
        match (verb, words) {
            ("handshake", []) => self.handshake(),
            ("verdict", [name]) => self.verdict(name),
            ("negotiate", [name, options @ ..]) => self.negotiate(name, &Options::new(options)?),
            ("send", [name, size, options @ ..]) => {
                self.send(name, number(size)?, &Options::new(options)?)
            }
            ("sendv", [name, offset, lens, options @ ..]) => {
                let lens: Vec<isize> = lens.split(',').map(number).collect::<Result<_, _>>()?;
                // A single negative number is a count.
                let count = lens.first().copied().filter(|&len| len < 0);
                let lens: Vec<usize> = lens
                    .iter()
                    .filter_map(|&len| usize::try_from(len).ok())
                    .collect();
                let options = Options::new(options)?;
                self.sendv(name, number(offset)?, &lens, count, &options)
            }
            ("recv", [name, size, options @ ..]) => {
                self.recv(name, number(size)?, &Options::new(options)?)
            }
            ("shutdown", [name, options @ ..]) => self.shutdown(name, &Options::new(options)?),
            ("shutdown_send", [name, options @ ..]) => {
                self.shutdown_send(name, &Options::new(options)?)
            }
            ("delay_within", [name, least, most]) => {
                self.delay_within(name, number(least)?, number(most)?)
            }
            ("state", [name]) => self.state(name),
            ("key_updates", [name]) => self.key_updates(name),
            ("transfer", [from, to, total, piece, room]) => {
                self.transfer(from, to, number(total)?, number(piece)?, number(room)?)
            }
            _ => Err("no such call".into()),
        }
    }

    fn config_call(&mut self, verb: &str, words: &[&str]) -> Result<String, Mistake> {
        let [name, value] = words else {
            return Err("a config and a value".into());
        };
        let config = self.config(name)?;
        // SAFETY: the config is live or null.
        Ok(status(unsafe {
            match verb {
                "multi_record" => s2n_config_set_recv_multi_record(config, on(value)?),
                "send_buffer" => s2n_config_set_send_buffer_size(config, number(value)?),
                "alert_behavior" => s2n_config_set_alert_behavior(config, number(value)?),
                "max_delay" => s2n_config_set_max_blinding_delay(config, number(value)?),
                _ => return Err("no such call".into()),
            }
        }))
    }

    fn setter(&mut self, verb: &str, words: &[&str]) -> Result<String, Mistake> {
        let (name, values) = words.split_first().ok_or("a connection")?;
        let conn = self.conn_ptr(name)?;
        // SAFETY: the connection is live or null.
        let result = unsafe {
            match (verb, values) {
                ("set_config", [config]) => {
                    let config = self.config(config)?;
                    s2n_connection_set_config(conn, config)
                }
                ("wipe", []) => {
                    if let Ok(conn) = self.conn(name) {
                        conn.base = None;
                    }
                    s2n_connection_wipe(conn)
                }
                ("free_handshake", []) => s2n_connection_free_handshake(conn),
                ("release_buffers", []) => s2n_connection_release_buffers(conn),
                ("recv_buffering", [value]) => s2n_connection_set_recv_buffering(conn, on(value)?),
                ("dynamic_buffers", [value]) => {
                    s2n_connection_set_dynamic_buffers(conn, on(value)?)
                }
                ("throughput", []) => s2n_connection_prefer_throughput(conn),
                ("low_latency", []) => s2n_connection_prefer_low_latency(conn),
                ("dynamic_records", [threshold, timeout]) => {
                    s2n_connection_set_dynamic_record_threshold(
                        conn,
                        number(threshold)?,
                        number(timeout)?,
                    )
                }
                ("key_update", []) => s2n_connection_request_key_update(conn, 0),
                ("key_update", [value]) => s2n_connection_request_key_update(conn, number(value)?),
                ("blinding", [value]) => s2n_connection_set_blinding(conn, number(value)?),
                ("set_fd", [fd]) => s2n_connection_set_fd(conn, number(fd)?),
                ("cork", []) => s2n_connection_use_corked_io(conn),
                ("get_fds", []) => {
                    let (mut reading, mut writing) = (-2, -2);
                    let results = [
                        status(s2n_connection_get_read_fd(conn, &raw mut reading)),
                        status(s2n_connection_get_write_fd(conn, &raw mut writing)),
                    ];
                    return Ok(results.join(" | "));
                }
                ("set_send_ctx", []) => s2n_connection_set_send_ctx(conn, ptr::null_mut()),
                ("set_recv_ctx", []) => s2n_connection_set_recv_ctx(conn, ptr::null_mut()),
                _ => return Err("no such call".into()),
            }
        };
        Ok(status(result))
    }

    fn link_call(&mut self, verb: &str, words: &[&str]) -> Result<String, Mistake> {
        let (name, values) = words.split_first().ok_or("a connection")?;
        let conn = self.conn_ptr(name)?;
        // Handshake messages differ in size, and in how they share records.
        if matches!(verb, "records" | "waiting") && !self.is_past_handshake() {
            return Ok("handshake".into());
        }
        if matches!(
            verb,
            "inject"
                | "inject_first"
                | "fill"
                | "flip"
                | "cut"
                | "cut_off"
                | "drop"
                | "repeat"
                | "delay"
        ) {
            let conn = self.conn(name)?;
            (conn.is_in_order, conn.is_damaged) = (false, true);
        }
        // A damaged stream is no longer made of records: ciphertext stands where lengths were.
        if verb == "records" && self.conn(name)?.is_damaged {
            return Ok("damaged".into());
        }
        let end = self.conn(name)?.end.as_ref().ok_or("no link")?;
        match (verb, values) {
            ("accept", [value]) => end.outgoing.borrow_mut().writer.set_budget(limit(value)?),
            ("give", [value]) => end.incoming.borrow_mut().reader.set_budget(limit(value)?),
            ("write_chunk", [value]) => end.outgoing.borrow_mut().writer.set_chunk(limit(value)?),
            ("read_chunk", [value]) => end.incoming.borrow_mut().reader.set_chunk(limit(value)?),
            ("write_fails", [fault, times @ ..]) => {
                fail(&mut end.outgoing.borrow_mut().writer, fault, times)?;
            }
            ("read_fails", [fault, times @ ..]) => {
                fail(&mut end.incoming.borrow_mut().reader, fault, times)?;
            }
            ("end", []) => end.incoming.borrow_mut().ended = true,
            ("records", []) => return Ok(end.incoming.borrow().records()),
            ("waiting", []) => return Ok(end.incoming.borrow().queue.len().to_string()),
            ("inject", [hex]) => end.incoming.borrow_mut().queue.extend(bytes(hex)?),
            ("inject_first", [hex]) => {
                let bytes = bytes(hex)?;
                let queue = &mut end.incoming.borrow_mut().queue;
                bytes.iter().rev().for_each(|&byte| queue.push_front(byte));
            }
            ("fill", [len]) => {
                let zeros = std::iter::repeat_n(0, number(len)?);
                end.incoming.borrow_mut().queue.extend(zeros);
            }
            ("flip", [place]) => {
                let place: usize = number(place)?;
                match end.incoming.borrow_mut().queue.get_mut(place) {
                    Some(byte) => *byte ^= 1,
                    None => return Ok("nothing there".into()),
                }
            }
            ("cut", [len]) => {
                let queue = &mut end.incoming.borrow_mut().queue;
                let len = number::<usize>(len)?.min(queue.len());
                queue.truncate(queue.len() - len);
            }
            ("cut_off", [len]) => {
                let pipe = &mut *end.incoming.borrow_mut();
                let len = number::<usize>(len)?.min(pipe.queue.len());
                pipe.queue.truncate(pipe.queue.len() - len);
                pipe.ended = true;
            }
            ("drop", []) => return Ok(moved(&mut end.incoming.borrow_mut(), |_, _| {})),
            ("repeat", []) => {
                return Ok(moved(&mut end.incoming.borrow_mut(), |pipe, record| {
                    for _ in 0..2 {
                        record
                            .iter()
                            .rev()
                            .for_each(|&byte| pipe.queue.push_front(byte));
                    }
                }));
            }
            ("delay", []) => {
                return Ok(moved(&mut end.incoming.borrow_mut(), |pipe, record| {
                    pipe.queue.extend(record);
                }));
            }
            ("while_writing" | "while_reading", [verb_inside, size @ ..]) => {
                let size = size.first().map_or(Ok(0), |size| number(size))?;
                let inside = (*verb_inside).to_owned();
                let call = Box::new(move || {
                    println!("  {inside} {size} => {}", calls::raw(conn, &inside, size));
                });
                match verb {
                    "while_writing" => *end.on_write.borrow_mut() = Some(call),
                    _ => *end.on_read.borrow_mut() = Some(call),
                }
            }
            _ => return Err("no such call".into()),
        }
        Ok("ok".into())
    }
}

/// Performs a line that is one of its module's; nothing for those of others.
type Module = fn(&mut World, &str, &[&str]) -> Option<Result<String, Mistake>>;

const MODULES: [Module; 14] = [
    events::call,
    evidence::call,
    apart::call,
    configs::call,
    chains::call,
    hosts::call,
    hello_callback::call,
    private_keys::call,
    hellos::call,
    fingerprints::call,
    facts::call,
    shown::call,
    trial::call,
    library::call,
];

const CONFIG_CALLS: [&str; 4] = ["multi_record", "send_buffer", "alert_behavior", "max_delay"];

const SETTERS: [&str; 16] = [
    "set_config",
    "wipe",
    "free_handshake",
    "release_buffers",
    "recv_buffering",
    "dynamic_buffers",
    "throughput",
    "low_latency",
    "dynamic_records",
    "key_update",
    "blinding",
    "set_fd",
    "cork",
    "get_fds",
    "set_send_ctx",
    "set_recv_ctx",
];

const LINK_CALLS: [&str; 20] = [
    "fill",
    "cut_off",
    "accept",
    "give",
    "write_chunk",
    "read_chunk",
    "write_fails",
    "read_fails",
    "end",
    "records",
    "waiting",
    "inject",
    "inject_first",
    "flip",
    "cut",
    "drop",
    "repeat",
    "delay",
    "while_writing",
    "while_reading",
];

fn done(outcome: Result<(), Mistake>) -> Result<String, Mistake> {
    outcome.map(|()| "ok".into())
}

fn on(word: &str) -> Result<bool, Mistake> {
    match word {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("neither on nor off: {word}")),
    }
}

fn limit(word: &str) -> Result<Option<usize>, Mistake> {
    match word {
        "all" => Ok(None),
        _ => number(word).map(Some),
    }
}

fn fail(side: &mut Side, fault: &str, times: &[&str]) -> Result<(), Mistake> {
    let times = times.first().map_or(Ok(1), |times| number(times))?;
    let fault = match fault {
        "zero" => Fault::Zero,
        _ => Fault::Errno(errno::number(fault).ok_or_else(|| format!("no errno {fault}"))?),
    };
    side.fail(fault, times);
    Ok(())
}

/// Takes the record at the front of a pipe, and does something with it.
fn moved(pipe: &mut Pipe, put: impl FnOnce(&mut Pipe, Vec<u8>)) -> String {
    match pipe.take_record() {
        Some(record) => {
            let text = format!("{}:{}", record[0], record.len());
            put(pipe, record);
            text
        }
        None => "none".into(),
    }
}
