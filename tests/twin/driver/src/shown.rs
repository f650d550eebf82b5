//! Which certificate is shown, what stands in it, the secret that both ends have, and what policies say.

use std::ffi::CString;
use std::ptr;

use s2n_tls_sys::*;

use crate::words::{bytes, number, short, status, text};
use crate::world::{Mistake, World};

pub fn call(world: &mut World, verb: &str, words: &[&str]) -> Option<Result<String, Mistake>> {
    Some(match (verb, words) {
        ("defaults", [config, names @ ..]) => defaults(world, config, names),
        ("tiebreak", [config, winner]) => tiebreak(world, config, winner),
        ("selected", [name]) => selected(world, name),
        ("certs", [chain]) => certs(world, chain),
        ("peer_chain", [name, chain]) => peer_chain(world, name, chain),
        ("extension", [chain, place, oid, room]) => extension(world, chain, place, oid, room),
        ("utf8", [hex, room]) => utf8(hex, room),
        ("master", [room]) => master(world, room),
        ("groups", [config, room]) => groups(world, config, room),
        ("valid_for", [name, policy]) => valid_for(world, name, policy),
        ("extension_data", [config, kind, hex]) => extension_data(world, config, kind, hex),
        ("free_own_chain", [config]) => world.config(config).map(|config| {
            // SAFETY: the config is live or null.
            status(unsafe { s2n_config_free_cert_chain_and_key(config) })
        }),
        _ => return None,
    })
}

fn defaults(world: &World, config: &str, names: &[&str]) -> Result<String, Mistake> {
    let config = world.config(config)?;
    let chains = names.iter().map(|name| world.chain(name));
    let mut chains: Vec<_> = chains.collect::<Result<_, _>>()?;
    // SAFETY: config and chains are live or null.
    Ok(status(unsafe {
        s2n_config_set_cert_chain_and_key_defaults(config, chains.as_mut_ptr(), chains.len() as u32)
    }))
}

type Chain = *mut s2n_cert_chain_and_key;

fn tiebreak(world: &World, config: &str, winner: &str) -> Result<String, Mistake> {
    unsafe extern "C" fn first(one: Chain, _: Chain, name: *mut u8, len: u32) -> Chain {
        tell(name, len);
        one
    }
    unsafe extern "C" fn second(_: Chain, other: Chain, name: *mut u8, len: u32) -> Chain {
        tell(name, len);
        other
    }
    unsafe extern "C" fn neither(_: Chain, _: Chain, name: *mut u8, len: u32) -> Chain {
        tell(name, len);
        ptr::null_mut()
    }
    let callback: s2n_cert_tiebreak_callback = match winner {
        "first" => Some(first),
        "second" => Some(second),
        "neither" => Some(neither),
        _ => None,
    };
    let config = world.config(config)?;
    // SAFETY: the config is live or null.
    Ok(status(unsafe {
        s2n_config_set_cert_tiebreak_callback(config, callback)
    }))
}

fn tell(name: *mut u8, len: u32) {
    // SAFETY: the library promises so many bytes.
    let name = unsafe { std::slice::from_raw_parts(name, len as usize) };
    println!("  a tie for {}", String::from_utf8_lossy(name));
}

fn selected(world: &World, name: &str) -> Result<String, Mistake> {
    let conn = world.conn_ptr(name)?;
    let mut found = 77;
    // SAFETY: the connection is live or null.
    let (chain, result) = unsafe {
        let chain = s2n_connection_get_selected_cert(conn);
        (
            chain,
            s2n_connection_get_certificate_match(conn, &raw mut found),
        )
    };
    let result = status(result);
    let known = world
        .objects
        .chains
        .iter()
        .find(|(_, known)| **known == chain);
    let chain = match known {
        Some((name, _)) => name,
        None if chain.is_null() => "NULL",
        None => "another",
    };
    Ok(format!("{chain} match {result} {found}"))
}

fn certs(world: &World, chain: &str) -> Result<String, Mistake> {
    let chain = world.chain(chain)?;
    let mut count = 0;
    // SAFETY: the chain is live or null.
    let result = status(unsafe { s2n_cert_chain_get_length(chain, &raw mut count) });
    let mut all = vec![format!("{result} {count}")];
    for place in 0..=count {
        let (mut cert, mut der, mut len) = (ptr::null_mut(), ptr::null(), 0);
        // SAFETY: the chain is live or null, and the certificate is one of it.
        all.push(unsafe {
            match s2n_cert_chain_get_cert(chain, &raw mut cert, place) {
                0 => {
                    s2n_cert_get_der(cert, &raw mut der, &raw mut len);
                    short(std::slice::from_raw_parts(der, len as usize))
                }
                result => status(result),
            }
        });
    }
    Ok(all.join(" "))
}

fn peer_chain(world: &World, name: &str, chain: &str) -> Result<String, Mistake> {
    let (conn, chain) = (world.conn_ptr(name)?, world.chain(chain)?);
    // SAFETY: both are live or null.
    Ok(status(unsafe {
        s2n_connection_get_peer_cert_chain(conn, chain)
    }))
}

fn extension(
    world: &World,
    chain: &str,
    place: &str,
    oid: &str,
    room: &str,
) -> Result<String, Mistake> {
    let (chain, place) = (world.chain(chain)?, number(place)?);
    let mut value = vec![0; number(room)?];
    let oid = CString::new(oid).map_err(|error| error.to_string())?;
    let (mut cert, mut length, mut copied) = (ptr::null_mut(), 77, value.len() as u32);
    let mut critical = false;
    // SAFETY: the chain is live or null, the certificate is one of it; the room is as long as said.
    let (first, second) = unsafe {
        s2n_cert_chain_get_cert(chain, &raw mut cert, place);
        let oid = oid.as_ptr().cast();
        (
            status(s2n_cert_get_x509_extension_value_length(
                cert,
                oid,
                &raw mut length,
            )),
            status(s2n_cert_get_x509_extension_value(
                cert,
                oid,
                value.as_mut_ptr(),
                &raw mut copied,
                &raw mut critical,
            )),
        )
    };
    let value = match second.as_str() {
        "0" => short(&value[..copied as usize]),
        _ => "-".into(),
    };
    Ok(format!(
        "{first} {length} {second} {value} critical={critical}"
    ))
}

fn utf8(hex: &str, room: &str) -> Result<String, Mistake> {
    let (data, mut text) = (bytes(hex)?, vec![0; number(room)?]);
    let (mut length, mut copied) = (77, text.len() as u32);
    // SAFETY: data and room are as long as said.
    let (first, second) = unsafe {
        let (start, len) = (data.as_ptr(), data.len() as u32);
        (
            status(s2n_cert_get_utf8_string_from_extension_data_length(
                start,
                len,
                &raw mut length,
            )),
            status(s2n_cert_get_utf8_string_from_extension_data(
                start,
                len,
                text.as_mut_ptr(),
                &raw mut copied,
            )),
        )
    };
    let text = match second.as_str() {
        "0" => short(&text[..copied as usize]),
        _ => "-".into(),
    };
    Ok(format!("{first} {length} {second} {text}"))
}

fn master(world: &World, room: &str) -> Result<String, Mistake> {
    let room: usize = number(room)?;
    let both = ["c", "s"].map(|name| {
        let mut secret = vec![0; room];
        let conn = world.conn_ptr(name)?;
        // SAFETY: the connection is live; the room is as long as said.
        let result = unsafe { s2n_connection_get_master_secret(conn, secret.as_mut_ptr(), room) };
        Ok::<_, Mistake>((status(result), secret))
    });
    let [client, server] = both;
    let ((client, ours), (server, theirs)) = (client?, server?);
    let is_known = ours.iter().any(|&byte| byte != 0);
    Ok(format!(
        "{client} {server} same={} known={is_known}",
        ours == theirs
    ))
}

/// The groups of a config's policy.
fn groups(world: &World, config: &str, room: &str) -> Result<String, Mistake> {
    let config = world.config(config)?;
    let mut groups = vec![0; number(room)?];
    let mut count = 77;
    // SAFETY: the config is live or null; the room is as long as said.
    let result = unsafe {
        let room = groups.len() as u16;
        s2n_config_get_supported_groups(config, groups.as_mut_ptr(), room, &raw mut count)
    };
    // What is in the room after a failure is nobody's business.
    groups.truncate(count.into());
    Ok(format!("{} {count} {groups:?}", status(result)))
}

/// Whether a policy would have allowed what a connection agreed on.
fn valid_for(world: &World, name: &str, policy: &str) -> Result<String, Mistake> {
    let (conn, policy) = (world.conn_ptr(name)?, text(policy)?);
    // SAFETY: the connection is live or null, and so is the name.
    Ok(status(unsafe {
        s2n_connection_is_valid_for_cipher_preferences(conn, policy.ptr())
    }))
}

/// What the config's own chain is shown with.
fn extension_data(world: &World, config: &str, kind: &str, hex: &str) -> Result<String, Mistake> {
    let (config, kind, data) = (world.config(config)?, number(kind)?, bytes(hex)?);
    // SAFETY: the config is live or null; the bytes are copied.
    Ok(status(unsafe {
        s2n_config_set_extension_data(config, kind, data.as_ptr(), data.len() as u32)
    }))
}
