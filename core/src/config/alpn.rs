//! Lists of application protocols (RFC 7301).

use std::ops::Deref;
use std::sync::Arc;

use crate::base::memory;
use crate::error::{Code, Result};

/// The longest list, in bytes, each name behind its length.
const MAX_LIST: usize = 65535;

/// A list of names, most preferred first, which handshakes share.
#[derive(Clone, Debug, Default)]
pub struct Protocols(Option<Arc<Vec<Vec<u8>>>>);

impl Deref for Protocols {
    type Target = [Vec<u8>];

    fn deref(&self) -> &[Vec<u8>] {
        self.0.as_ref().map_or(&[], |names| names)
    }
}

/// Adds a name to the end of a list.
pub fn append(list: &mut Protocols, protocol: &[u8]) -> Result<()> {
    let bytes = list.iter().map(|name| name.len() + 1).sum();
    check(bytes, protocol)?;
    if let Some(names) = list.0.as_mut().and_then(Arc::get_mut) {
        return memory::push(names, memory::copy(protocol)?);
    }
    let before = list.iter().map(Vec::as_slice);
    *list = self::list(before.chain([protocol]))?;
    Ok(())
}

/// A list of names, most preferred first.
pub fn list<'a>(protocols: impl Iterator<Item = &'a [u8]>) -> Result<Protocols> {
    let mut names = Vec::new();
    let mut bytes = 0;
    for protocol in protocols {
        check(bytes, protocol)?;
        bytes += protocol.len() + 1;
        memory::push(&mut names, memory::copy(protocol)?)?;
    }
    Ok(Protocols(Some(Arc::new(names))))
}

/// Fails if a name is none, or does not fit behind so many bytes.
fn check(bytes: usize, protocol: &[u8]) -> Result<()> {
    match protocol.len() {
        len @ 1..=255 if bytes + len < MAX_LIST => Ok(()),
        _ => Err(Code::InvalidApplicationProtocol)?,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_to_255_bytes() {
        let mut list = Protocols::default();
        assert!(append(&mut list, b"h2").is_ok());
        assert!(append(&mut list, &[b'x'; 255]).is_ok());
        for bad in [&[][..], &[b'x'; 256]] {
            let error = append(&mut list, bad).unwrap_err();
            assert_eq!(error.code(), Code::InvalidApplicationProtocol);
        }
        assert_eq!(list.len(), 2);
    }

    #[test]
    fn a_list_fits_its_length() {
        let mut list = Protocols::default();
        for _ in 0..255 {
            append(&mut list, &[b'x'; 255]).expect("256 bytes each");
        }
        let error = append(&mut list, &[b'x'; 255]).unwrap_err();
        assert_eq!(error.code(), Code::InvalidApplicationProtocol);
        append(&mut list, &[b'x'; 254]).expect("exactly the limit");
    }
}
