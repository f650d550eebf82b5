//! DER and PEM encoding of the elements of certificates, valid or not.

/// Encodes an element.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let mut element = vec![tag];
    match len {
        0..=0x7f => element.push(len as u8),
        0x80..=0xff => element.extend([0x81, len as u8]),
        _ => {
            let len = u16::try_from(len).expect("certificates are small");
            element.push(0x82);
            element.extend(len.to_be_bytes());
        }
    }
    element.extend(content);
    element
}

pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

pub fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x31, &parts.concat())
}

/// Wraps an element in the explicit tag `[number]`.
pub fn explicit(number: u8, element: &[u8]) -> Vec<u8> {
    tlv(0xa0 | number, element)
}

/// Encodes the given two's complement bytes unchanged.
pub fn integer(bytes: &[u8]) -> Vec<u8> {
    tlv(2, bytes)
}

pub fn boolean(value: bool) -> Vec<u8> {
    tlv(1, &[if value { 0xff } else { 0 }])
}

pub fn octets(content: &[u8]) -> Vec<u8> {
    tlv(4, content)
}

/// Encodes a bit string of whole bytes.
pub fn bits(content: &[u8]) -> Vec<u8> {
    tlv(3, &[&[0], content].concat())
}

/// Encodes named bits: bit 0 is the highest bit of the first byte.
pub fn flags(numbers: &[u8]) -> Vec<u8> {
    let Some(last) = numbers.iter().max() else {
        return tlv(3, &[0]);
    };
    let mut bytes = vec![0; usize::from(last / 8) + 1];
    for number in numbers {
        bytes[usize::from(number / 8)] |= 0x80 >> (number % 8);
    }
    tlv(3, &[&[7 - last % 8], &bytes[..]].concat())
}

/// Encodes an object identifier in dotted notation.
pub fn oid(dotted: &str) -> Vec<u8> {
    let numbers: Vec<u32> = dotted
        .split('.')
        .map(|number| number.parse().expect("a number"))
        .collect();
    let mut content = vec![(numbers[0] * 40 + numbers[1]) as u8];
    for &number in &numbers[2..] {
        let groups: Vec<u8> = (0..5)
            .rev()
            .map(|index| (number >> (7 * index) & 0x7f) as u8)
            .skip_while(|&group| group == 0)
            .collect();
        let groups = if groups.is_empty() { vec![0] } else { groups };
        let last = groups.len() - 1;
        content.extend(groups[..last].iter().map(|group| group | 0x80));
        content.push(groups[last]);
    }
    tlv(6, &content)
}

/// Encodes a time as UTCTime up to 2049, as RFC 5280 requires, else as GeneralizedTime.
pub fn time(seconds: i64) -> Vec<u8> {
    match date(seconds).0 {
        1950..=2049 => utc_time(seconds),
        _ => generalized_time(seconds),
    }
}

pub fn utc_time(seconds: i64) -> Vec<u8> {
    let ((year, month, day), clock) = (date(seconds), clock(seconds));
    tlv(
        0x17,
        format!("{:02}{month:02}{day:02}{clock}Z", year % 100).as_bytes(),
    )
}

pub fn generalized_time(seconds: i64) -> Vec<u8> {
    let ((year, month, day), clock) = (date(seconds), clock(seconds));
    tlv(
        0x18,
        format!("{year:04}{month:02}{day:02}{clock}Z").as_bytes(),
    )
}

fn clock(seconds: i64) -> String {
    let second = seconds.rem_euclid(86_400);
    format!(
        "{:02}{:02}{:02}",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Converts seconds since 1970 to year, month and day.
fn date(seconds: i64) -> (i64, i64, i64) {
    // Days are counted from the first of March, so that the leap day comes last.
    let days = seconds.div_euclid(86_400) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Encodes DER as PEM.
pub fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in base64(der).as_bytes().chunks(64) {
        text += std::str::from_utf8(line).expect("base64 is ASCII");
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut word = [0_u8; 4];
        word[1..=chunk.len()].copy_from_slice(chunk);
        let word = u32::from_be_bytes(word);
        for index in 0..4 {
            match index <= chunk.len() {
                true => text.push(LETTERS[(word >> (18 - 6 * index) & 63) as usize].into()),
                false => text.push('='),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(generalized_time(0)[2..], *b"19700101000000Z");
        assert_eq!(generalized_time(951_782_400)[2..], *b"20000229000000Z");
        assert_eq!(generalized_time(2_524_607_999)[2..], *b"20491231235959Z");
        assert_eq!(utc_time(1_800_000_000)[2..], *b"270115080000Z");
    }

    #[test]
    fn identifiers_and_flags_are_encoded() {
        assert_eq!(oid("2.5.29.15"), [6, 3, 0x55, 0x1d, 15]);
        assert_eq!(
            oid("1.2.840.10045.2.1"),
            [6, 7, 42, 0x86, 0x48, 0xce, 0x3d, 2, 1]
        );
        assert_eq!(flags(&[5, 6]), [3, 2, 1, 6]);
        assert_eq!(flags(&[0, 8]), [3, 3, 7, 0x80, 0x80]);
    }

    #[test]
    fn base64_pads() {
        assert_eq!(base64(b"a"), "YQ==");
        assert_eq!(base64(b"ab"), "YWI=");
        assert_eq!(base64(b"abc"), "YWJj");
    }
}
