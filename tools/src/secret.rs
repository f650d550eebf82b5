//! Secrets in hexadecimal digits, as the files of keys contain them.

use zeroize::Zeroizing;

/// The minimum length of a secret in bytes: RFC 9257, 6 requires 128 bits of entropy. An attacker can
/// guess a shorter one.
const MIN_LEN: usize = 16;

/// Parses a secret. An error has no part of it.
pub fn parse(text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let digits = text.as_bytes();
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err("a secret has hexadecimal digits only".to_owned());
    }
    if !digits.len().is_multiple_of(2) {
        return Err("a secret has two hexadecimal digits for each byte".to_owned());
    }
    if digits.len() < 2 * MIN_LEN {
        return Err(format!("a secret has at least {MIN_LEN} bytes"));
    }
    // Its memory is not moved, so that no copy remains.
    let mut secret = Zeroizing::new(Vec::with_capacity(digits.len() / 2));
    secret.extend(
        digits
            .chunks_exact(2)
            .map(|pair| value(pair[0]) << 4 | value(pair[1])),
    );
    Ok(secret)
}

/// Returns the value of a hexadecimal digit.
fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_become_bytes() {
        let secret = parse("000102030405060708090a0B0c0D0eFF").expect("valid");
        assert_eq!(secret[..11], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(secret[11..], [11, 12, 13, 14, 255]);
    }

    #[test]
    fn errors_have_no_part_of_the_secret() {
        for (text, error) in [
            ("", "a secret has at least 16 bytes"),
            ("c0ffee", "a secret has at least 16 bytes"),
            (
                "c0ffeec0ffeec0ffeec0ffeec0ffeec",
                "a secret has two hexadecimal digits for each byte",
            ),
            (
                "c0ffeec0ffeec0ffeec0ffeec0ffee0g",
                "a secret has hexadecimal digits only",
            ),
            ("\u{fc}", "a secret has hexadecimal digits only"),
        ] {
            assert_eq!(parse(text).expect_err("invalid"), error, "{text}");
        }
    }
}
