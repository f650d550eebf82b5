//! Lists of application protocols (RFC 7301).

use crate::tls::error::{Code, Result};
use crate::tls::memory;

/// The longest list, in bytes, each name behind its length.
const MAX_LIST: usize = 65535;

/// Adds a name to the end of a list.
pub fn append(list: &mut Vec<Vec<u8>>, protocol: &[u8]) -> Result<()> {
    let bytes: usize = list.iter().map(|name| name.len() + 1).sum();
    if protocol.is_empty() || protocol.len() > 255 || bytes + protocol.len() + 1 > MAX_LIST {
        return Err(Code::InvalidApplicationProtocol)?;
    }
    memory::push(list, memory::copy(protocol)?)
}

/// A list of names, most preferred first.
pub fn list<'a>(protocols: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Vec<u8>>> {
    let mut list = Vec::new();
    for protocol in protocols {
        append(&mut list, protocol)?;
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_to_255_bytes() {
        let mut list = Vec::new();
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
        let mut list = Vec::new();
        for _ in 0..255 {
            append(&mut list, &[b'x'; 255]).expect("256 bytes each");
        }
        let error = append(&mut list, &[b'x'; 255]).unwrap_err();
        assert_eq!(error.code(), Code::InvalidApplicationProtocol);
        append(&mut list, &[b'x'; 254]).expect("exactly the limit");
    }
}
