//! The script interpreter: one call per line. `tests/twin/README.md` lists the calls.

use std::path::Path;
use std::ptr;

use s2n_tls_sys::*;

use crate::format::{number, parse_hex, status};
use crate::io::{self, Options};
use crate::sockets::Sockets;
use crate::state::{ScriptError, State};
use crate::transport::{Fault, Pipe, Side};
use crate::{
    authentication, chains, configs, early_data, early_io, errno, events, fingerprints,
    forged_records, hello_callback, hellos, inspect, ktls, library, negotiated, offers,
    private_keys, psks, quic, serialization, sessions, standalone, verification, verify_host,
};

/// Runs a script and prints each line with its result.
pub fn run(certs: &Path, script: &[String]) {
    let mut state = State::new(certs);
    for line in script {
        let words: Vec<&str> = line
            .split_whitespace()
            .take_while(|word| !word.starts_with('#'))
            .collect();
        let [verb, rest @ ..] = words.as_slice() else {
            continue;
        };
        match state.call(verb, rest) {
            Ok(outcome) => println!("{} => {outcome}", words.join(" ")),
            Err(error) => println!("{} => SCRIPT ERROR: {error}", words.join(" ")),
        }
    }
}

impl State {
    fn call(&mut self, verb: &str, args: &[&str]) -> Result<String, ScriptError> {
        for module in MODULES {
            if let Some(outcome) = module(self, verb, args) {
                return outcome;
            }
        }
        match (verb, args) {
            ("configs", [version]) => ok(self.make_configs(version)),
            ("connections", []) => ok(self.make_connections()),
            ("pair", [version]) => {
                self.make_configs(version)?;
                ok(self.make_connections())
            }
            ("join", []) => ok(self.join()),
            ("sockets", [kind]) => {
                let sockets = Sockets::new(kind)?;
                sockets.attach(self)?;
                self.sockets = Some(sockets);
                Ok("ok".into())
            }
            ("forge", [name, typ, hex, padding @ ..]) => {
                let padding = padding.first().map_or(Ok(0), |padding| number(padding))?;
                let plain = if *hex == "-" {
                    Vec::new()
                } else {
                    parse_hex(hex)?
                };
                ok(self.forge(name, number(typ)?, &plain, padding))
            }
            ("forge_fill", [name, typ, len, padding @ ..]) => {
                let padding = padding.first().map_or(Ok(0), |padding| number(padding))?;
                ok(self.forge(name, number(typ)?, &vec![7; number(len)?], padding))
            }
            ("forge_rekey", [name]) => {
                let peer = if *name == "c" { "s" } else { "c" };
                let forger = self
                    .conn(peer)?
                    .forger
                    .as_mut()
                    .ok_or("no forged records")?;
                forger.update();
                Ok("ok".into())
            }
            ("sockets_again", []) => {
                let sockets = self.sockets.as_ref().ok_or("no sockets")?;
                ok(sockets.attach(self))
            }
            ("close_fd" | "fd_is_open" | "cork_is_on" | "set_tcp_cork", [name, values @ ..]) => {
                let sockets = self.sockets.as_mut().ok_or("no sockets")?;
                sockets.call(verb, name, values)
            }
            ("new", [name, mode]) => {
                let mode = match *mode {
                    "client" => s2n_mode::CLIENT,
                    "server" => s2n_mode::SERVER,
                    _ => return Err(format!("unknown mode {mode}")),
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
            _ if CONFIG_CALLS.contains(&verb) => self.config_call(verb, args),
            _ if TRANSPORT_CALLS.contains(&verb) => self.transport_call(verb, args),
            _ if SETTERS.contains(&verb) => self.setter(verb, args),
            _ => self.io_call(verb, args),
        }
    }

    fn io_call(&mut self, verb: &str, args: &[&str]) -> Result<String, ScriptError> {
        match (verb, args) {
            ("handshake", []) => self.handshake(),
            ("outcome", [name]) => self.outcome(name),
            ("negotiate", [name, options @ ..]) => self.negotiate(name, &Options::new(options)?),
            ("send", [name, size, options @ ..]) => {
                self.send(name, number(size)?, &Options::new(options)?)
            }
            ("sendv", [name, offset, lens, options @ ..]) => {
                let lens: Vec<isize> = lens.split(',').map(number).collect::<Result<_, _>>()?;
                // A negative length is a count of buffers.
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
            ("transfer", [from, to, total, piece, capacity]) => {
                self.transfer(from, to, number(total)?, number(piece)?, number(capacity)?)
            }
            _ => Err("unknown call".into()),
        }
    }

    fn config_call(&mut self, verb: &str, args: &[&str]) -> Result<String, ScriptError> {
        let [name, value] = args else {
            return Err("expected a config and a value".into());
        };
        let config = self.config(name)?;
        // SAFETY: the config is live or null.
        Ok(status(unsafe {
            match verb {
                "multi_record" => s2n_config_set_recv_multi_record(config, parse_switch(value)?),
                "send_buffer" => s2n_config_set_send_buffer_size(config, number(value)?),
                "fragment_length" => s2n_config_set_max_fragment_length(config, number(value)?),
                "alert_behavior" => s2n_config_set_alert_behavior(config, number(value)?),
                "max_delay" => s2n_config_set_max_blinding_delay(config, number(value)?),
                _ => return Err("unknown call".into()),
            }
        }))
    }

    fn setter(&mut self, verb: &str, args: &[&str]) -> Result<String, ScriptError> {
        let (name, values) = args.split_first().ok_or("expected a connection")?;
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
                ("recv_buffering", [value]) => {
                    s2n_connection_set_recv_buffering(conn, parse_switch(value)?)
                }
                ("dynamic_buffers", [value]) => {
                    s2n_connection_set_dynamic_buffers(conn, parse_switch(value)?)
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
                _ => return Err("unknown call".into()),
            }
        };
        Ok(status(result))
    }

    fn transport_call(&mut self, verb: &str, args: &[&str]) -> Result<String, ScriptError> {
        let (name, values) = args.split_first().ok_or("expected a connection")?;
        let conn = self.conn_ptr(name)?;
        // The libraries' handshake messages differ in size and in their distribution over records.
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
            (conn.is_in_order, conn.is_modified) = (false, true);
        }
        // In a modified stream, ciphertext may be in the position of record lengths.
        if verb == "records" && self.conn(name)?.is_modified {
            return Ok("modified".into());
        }
        let endpoint = self
            .conn(name)?
            .endpoint
            .as_ref()
            .ok_or("no in-memory transport")?;
        match (verb, values) {
            ("write_budget", [value]) => endpoint
                .outgoing
                .borrow_mut()
                .writer
                .set_budget(limit(value)?),
            ("read_budget", [value]) => endpoint
                .incoming
                .borrow_mut()
                .reader
                .set_budget(limit(value)?),
            ("write_chunk", [value]) => endpoint
                .outgoing
                .borrow_mut()
                .writer
                .set_chunk(limit(value)?),
            ("read_chunk", [value]) => endpoint
                .incoming
                .borrow_mut()
                .reader
                .set_chunk(limit(value)?),
            ("write_fails", [fault, times @ ..]) => {
                fail(&mut endpoint.outgoing.borrow_mut().writer, fault, times)?;
            }
            ("read_fails", [fault, times @ ..]) => {
                fail(&mut endpoint.incoming.borrow_mut().reader, fault, times)?;
            }
            ("end", []) => endpoint.incoming.borrow_mut().ended = true,
            ("records", []) => return Ok(endpoint.incoming.borrow().records()),
            ("waiting", []) => return Ok(endpoint.incoming.borrow().queue.len().to_string()),
            ("inject", [hex]) => endpoint.incoming.borrow_mut().queue.extend(parse_hex(hex)?),
            ("inject_first", [hex]) => {
                let bytes = parse_hex(hex)?;
                let queue = &mut endpoint.incoming.borrow_mut().queue;
                bytes.iter().rev().for_each(|&byte| queue.push_front(byte));
            }
            ("fill", [len]) => {
                let zeros = std::iter::repeat_n(0, number(len)?);
                endpoint.incoming.borrow_mut().queue.extend(zeros);
            }
            ("flip", [offset]) => {
                let offset: usize = number(offset)?;
                match endpoint.incoming.borrow_mut().queue.get_mut(offset) {
                    Some(byte) => *byte ^= 1,
                    None => return Ok("no such byte".into()),
                }
            }
            ("cut", [len]) => {
                let queue = &mut endpoint.incoming.borrow_mut().queue;
                let len = number::<usize>(len)?.min(queue.len());
                queue.truncate(queue.len() - len);
            }
            ("cut_off", [len]) => {
                let pipe = &mut *endpoint.incoming.borrow_mut();
                let len = number::<usize>(len)?.min(pipe.queue.len());
                pipe.queue.truncate(pipe.queue.len() - len);
                pipe.ended = true;
            }
            ("drop", []) => {
                return Ok(with_first_record(
                    &mut endpoint.incoming.borrow_mut(),
                    |_, _| {},
                ));
            }
            ("repeat", []) => {
                return Ok(with_first_record(
                    &mut endpoint.incoming.borrow_mut(),
                    |pipe, record| {
                        for _ in 0..2 {
                            record
                                .iter()
                                .rev()
                                .for_each(|&byte| pipe.queue.push_front(byte));
                        }
                    },
                ));
            }
            ("delay", []) => {
                return Ok(with_first_record(
                    &mut endpoint.incoming.borrow_mut(),
                    |pipe, record| {
                        pipe.queue.extend(record);
                    },
                ));
            }
            ("while_writing" | "while_reading", [nested_verb, size @ ..]) => {
                let size = size.first().map_or(Ok(0), |size| number(size))?;
                let nested = (*nested_verb).to_owned();
                let call = Box::new(move || {
                    println!(
                        "  {nested} {size} => {}",
                        io::call_in_callback(conn, &nested, size)
                    );
                });
                match verb {
                    "while_writing" => *endpoint.on_write.borrow_mut() = Some(call),
                    _ => *endpoint.on_read.borrow_mut() = Some(call),
                }
            }
            _ => return Err("unknown call".into()),
        }
        Ok("ok".into())
    }
}

/// Performs a call that the module defines; returns `None` for any other.
type Module = fn(&mut State, &str, &[&str]) -> Option<Result<String, ScriptError>>;

const MODULES: [Module; 23] = [
    ktls::call,
    quic::call,
    sessions::call,
    serialization::call,
    psks::call,
    early_data::call,
    early_io::call,
    forged_records::call,
    events::call,
    authentication::call,
    standalone::call,
    configs::call,
    chains::call,
    verify_host::call,
    hello_callback::call,
    private_keys::call,
    hellos::call,
    fingerprints::call,
    negotiated::call,
    offers::call,
    inspect::call,
    verification::call,
    library::call,
];

const CONFIG_CALLS: [&str; 5] = [
    "multi_record",
    "send_buffer",
    "fragment_length",
    "alert_behavior",
    "max_delay",
];

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

const TRANSPORT_CALLS: [&str; 20] = [
    "fill",
    "cut_off",
    "write_budget",
    "read_budget",
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

fn ok(outcome: Result<(), ScriptError>) -> Result<String, ScriptError> {
    outcome.map(|()| "ok".into())
}

fn parse_switch(word: &str) -> Result<bool, ScriptError> {
    match word {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("expected on or off: {word}")),
    }
}

fn limit(word: &str) -> Result<Option<usize>, ScriptError> {
    match word {
        "all" => Ok(None),
        _ => number(word).map(Some),
    }
}

fn fail(side: &mut Side, fault: &str, times: &[&str]) -> Result<(), ScriptError> {
    let times = times.first().map_or(Ok(1), |times| number(times))?;
    let fault = match fault {
        "zero" => Fault::Zero,
        _ => Fault::Errno(errno::number(fault).ok_or_else(|| format!("unknown errno {fault}"))?),
    };
    side.fail(fault, times);
    Ok(())
}

/// Removes the first record of a pipe and passes it to `put`.
fn with_first_record(pipe: &mut Pipe, put: impl FnOnce(&mut Pipe, Vec<u8>)) -> String {
    match pipe.take_record() {
        Some(record) => {
            let text = format!("{}:{}", record[0], record.len());
            put(pipe, record);
            text
        }
        None => "none".into(),
    }
}
