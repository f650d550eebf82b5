//! The ClientHello in transit: what it offers, without the parameters that rs2n does not support, and
//! modifications of it.

use crate::format::number;
use crate::state::{ScriptError, State};

/// The cipher suites that rs2n supports.
const SUITES: [u16; 9] = [
    0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9,
];

/// Signature schemes that rs2n does not support: those with MD5, SHA-1 and SHA-224.
const UNSUPPORTED_SCHEMES: [u16; 5] = [0x0201, 0x0203, 0x0301, 0x0303, 0xffff];

/// The schemes of RSASSA-PSS keys, which rs2n supports in TLS 1.3 only.
const PSS_SCHEMES: [u16; 3] = [0x0809, 0x080a, 0x080b];

/// The versions that rs2n supports.
const VERSIONS: [u16; 2] = [0x0303, 0x0304];

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    match (verb, args) {
        ("offers", [name]) => Some(offers(state, name)),
        ("rename_extension", [name, old, new]) => Some(rename_extension(state, name, old, new)),
        _ => None,
    }
}

fn offers(state: &mut State, name: &str) -> Result<String, ScriptError> {
    let endpoint = state.conn(name)?.endpoint.as_ref();
    let endpoint = endpoint.ok_or("no in-memory transport")?;
    let bytes: Vec<u8> = endpoint.incoming.borrow().queue.iter().copied().collect();
    Ok(match bytes.as_slice() {
        // A record of a handshake that begins with a ClientHello.
        [22, _, _, _, _, 1, _, _, _, body @ ..] => {
            format_offers(body).unwrap_or_else(|| "a malformed ClientHello".into())
        }
        [] => "nothing".into(),
        _ => "no ClientHello".into(),
    })
}

/// Changes the type of an extension.
fn rename_extension(
    state: &mut State,
    name: &str,
    old: &str,
    new: &str,
) -> Result<String, ScriptError> {
    let (old, new): (u16, u16) = (number(old)?, number(new)?);
    let conn = state.conn(name)?;
    let endpoint = conn.endpoint.as_ref().ok_or("no in-memory transport")?;
    let queue = &mut endpoint.incoming.borrow_mut().queue;
    let bytes = queue.make_contiguous();
    let start = bytes
        .get(9..)
        .and_then(|body| Some(9 + find_extension(body, old)?));
    let start = start.ok_or("no such extension")?;
    bytes[start..start + 2].copy_from_slice(&new.to_be_bytes());
    (conn.is_in_order, conn.is_modified) = (false, true);
    Ok("ok".into())
}

/// Returns the offset of an extension in a ClientHello.
fn find_extension(body: &[u8], wanted: u16) -> Option<usize> {
    let mut rest = body.get(34..)?;
    for prefix in [1, 2, 1] {
        take(&mut rest, prefix)?;
    }
    let mut extensions = take(&mut rest, 2)?;
    while let [high, low, after @ ..] = extensions {
        if u16::from_be_bytes([*high, *low]) == wanted {
            return Some(extensions.as_ptr() as usize - body.as_ptr() as usize);
        }
        extensions = after;
        take(&mut extensions, 2)?;
    }
    None
}

fn format_offers(body: &[u8]) -> Option<String> {
    let mut rest = body.get(34..)?;
    take(&mut rest, 1)?; // legacy_session_id
    let suites = numbers(take(&mut rest, 2)?);
    take(&mut rest, 1)?; // legacy_compression_methods
    let mut extensions = take(&mut rest, 2)?;

    let (mut versions, mut groups, mut shares, mut schemes) =
        (vec![0x0303], vec![], vec![], vec![]);
    while !extensions.is_empty() {
        let kind = u16::from_be_bytes([*extensions.first()?, *extensions.get(1)?]);
        extensions = &extensions[2..];
        let mut data = take(&mut extensions, 2)?;
        match kind {
            10 => groups = numbers(take(&mut data, 2)?),
            13 => schemes = numbers(take(&mut data, 2)?),
            43 => versions = numbers(take(&mut data, 1)?),
            51 => {
                let mut entries = take(&mut data, 2)?;
                while let [high, low, after @ ..] = entries {
                    shares.push(u16::from_be_bytes([*high, *low]));
                    entries = after;
                    take(&mut entries, 2)?;
                }
            }
            _ => {}
        }
    }
    versions.retain(|version| VERSIONS.contains(version));
    let is_tls13 = versions.contains(&0x0304);
    let mut suites = suites;
    suites.retain(|suite| SUITES.contains(suite));
    schemes.retain(|scheme| {
        !UNSUPPORTED_SCHEMES.contains(scheme) && (is_tls13 || !PSS_SCHEMES.contains(scheme))
    });
    Some(format!(
        "versions={versions:04x?} suites={suites:04x?} groups={groups:04x?} shares={shares:04x?} \
         schemes={schemes:04x?}"
    ))
}

/// Splits off a vector with a length prefix of this many bytes.
fn take<'a>(rest: &mut &'a [u8], prefix: usize) -> Option<&'a [u8]> {
    let (length, after) = rest.split_at_checked(prefix)?;
    let length = length
        .iter()
        .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    let (vector, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(vector)
}

fn numbers(vector: &[u8]) -> Vec<u16> {
    let pairs = vector.chunks_exact(2);
    pairs
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .collect()
}
