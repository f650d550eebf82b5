//! Diffie-Hellman parameters (PKCS #3). No policy offers a suite that uses them, so they are
//! validated and discarded.

use num_bigint::BigUint;

use super::der::{Fields, Value};
use super::pem;
use crate::error::{Code, Result};

/// Validates the parameters in a PEM text: the prime must be a large safe prime, of which half is
/// prime as well.
pub fn check_dh_params(text: &[u8]) -> Result<()> {
    check(&pem::first(text, b"DH PARAMETERS", Code::Null)?)
}

fn check(content: &[u8]) -> Result<()> {
    let (parameters, rest) = Value::parse(content).ok_or(Code::Null)?;
    let prime = read(&parameters).ok_or(Code::Null)?;
    // As in s2n-tls, although there is a more specific code.
    if prime.bits().div_ceil(8) < MIN_PRIME {
        return Err(Code::DhParamsCreate)?;
    }
    if !rest.is_empty() {
        return Err(Code::InvalidPkcs3)?;
    }
    match is_safe_prime(&prime) {
        true => Ok(()),
        false => Err(Code::DhParameterCheck)?,
    }
}

/// The minimum length of a prime, in bytes.
const MIN_PRIME: u64 = 256;

/// The maximum length of a prime in AWS-LC, in bits.
const MAX_PRIME: u64 = 10_000;

/// Parses the parameters, and returns the prime; `None` if one of them is malformed or out of
/// range.
fn read(parameters: &Value<'_>) -> Option<BigUint> {
    let mut fields = Fields::of(parameters)?;
    let prime = fields.next()?.unsigned()?;
    let generator = fields.next()?.unsigned()?;
    if !fields.is_empty() {
        let exponent_len = fields.next()?.unsigned()?;
        (exponent_len.len() <= size_of::<u32>()).then_some(())?;
    }
    fields.end()?;
    let [prime, generator] = [prime, generator].map(BigUint::from_bytes_be);
    let is_in_range = prime.bit(0)
        && prime.bits() <= MAX_PRIME
        && generator != BigUint::ZERO
        && generator < prime;
    is_in_range.then_some(prime)
}

/// Returns whether a number and half of it are prime. The test is not reliable for numbers that are
/// constructed to pass it.
fn is_safe_prime(number: &BigUint) -> bool {
    let half: BigUint = number >> 1;
    // With a prime half, Fermat's test to the base 2 proves that the number is prime: the order of 2
    // modulo a prime factor divides twice the half, so that the factor is 3, or the number itself.
    // It is no power of 3: the order modulo 9 is 6, which divides only twice 3, where the number is 7.
    let is_prime_if_half_is = || {
        let two = BigUint::from(2_u32);
        two.modpow(&(number - 1_u32), number) == BigUint::from(1_u32)
    };
    half.bit(0) && is_probable_prime(&half) && is_prime_if_half_is()
}

/// Performs the Miller-Rabin primality test for an odd number.
fn is_probable_prime(number: &BigUint) -> bool {
    let one = BigUint::from(1_u32);
    let minus_one = number - 1_u32;
    let zeros = minus_one.trailing_zeros().unwrap_or(0);
    let odd = &minus_one >> zeros;
    [2_u32, 3, 5].into_iter().all(|base| {
        let mut power = BigUint::from(base).modpow(&odd, number);
        if power == one || power == minus_one {
            return true;
        }
        (1..zeros).any(|_| {
            power = &power * &power % number;
            power == minus_one
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The prime of 2048 bits of RFC 3526, 3.
    const PRIME: &[u8] = b"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74\
        020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437\
        4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
        EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05\
        98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB\
        9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
        E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718\
        3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF";

    fn prime() -> BigUint {
        BigUint::parse_bytes(PRIME, 16).expect("hexadecimal digits")
    }

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let [high, low] = (content.len() as u16).to_be_bytes();
        let head: &[u8] = match content.len() {
            0..128 => &[tag, low],
            128..256 => &[tag, 0x81, low],
            _ => &[tag, 0x82, high, low],
        };
        [head, content].concat()
    }

    fn integer(value: &BigUint) -> Vec<u8> {
        let mut bytes = value.to_bytes_be();
        if bytes[0] >= 0x80 {
            bytes.insert(0, 0);
        }
        tlv(2, &bytes)
    }

    fn parameters(numbers: &[&BigUint]) -> Vec<u8> {
        let numbers: Vec<_> = numbers.iter().copied().map(integer).collect();
        tlv(0x30, &numbers.concat())
    }

    fn outcome(content: &[u8]) -> Result<(), Code> {
        check(content).map_err(|error| error.code())
    }

    #[test]
    fn safe_primes_are_accepted_with_any_generator() {
        let prime = prime();
        for generator in [1_u32, 2, 3].map(BigUint::from) {
            assert_eq!(outcome(&parameters(&[&prime, &generator])), Ok(()));
        }
        let [two, len] = [2_u32, u32::MAX].map(BigUint::from);
        assert_eq!(outcome(&parameters(&[&prime, &(&prime - 1_u32)])), Ok(()));
        assert_eq!(outcome(&parameters(&[&prime, &two, &len])), Ok(()));
    }

    fn is_prime(number: u32) -> bool {
        number > 1
            && (2..)
                .take_while(|factor| factor * factor <= number)
                .all(|factor| !number.is_multiple_of(factor))
    }

    /// Scope: the odd numbers from 7 to 20,000. Smaller ones are bases of the test, and the first number
    /// that passes it and is not prime is 25,326,001.
    #[test]
    fn primes_and_safe_primes_are_recognized() {
        for number in (7..20_000).step_by(2) {
            let big = BigUint::from(number);
            assert_eq!(is_probable_prime(&big), is_prime(number), "{number}");
            let half = number / 2;
            if half >= 7 {
                let expected = is_prime(number) && is_prime(half);
                assert_eq!(is_safe_prime(&big), expected, "{number}");
            }
        }
    }

    #[test]
    fn parameters_are_read_from_pem() {
        // An empty SEQUENCE.
        let section = "-----BEGIN DH PARAMETERS-----\nMAA=\n-----END DH PARAMETERS-----\n";
        let other = section.replace("DH PARAMETERS", "CERTIFICATE");
        for (text, code) in [
            (section, Code::Null),
            (&other, Code::InvalidPem),
            ("no parameters", Code::InvalidPem),
        ] {
            let checked = check_dh_params(text.as_bytes());
            assert_eq!(checked.map_err(|error| error.code()), Err(code), "{text}");
        }
    }

    #[test]
    fn errors_are_those_of_s2n_tls() {
        let prime = prime();
        let [zero, one, two] = [0_u32, 1, 2].map(BigUint::from);
        let good = parameters(&[&prime, &two]);
        // A prime whose half is not prime.
        let not_safe = (&one << 2047) + 1919_u32;
        let longest = (&one << 10_000) - 1_u32;
        let negative = tlv(0x30, &[integer(&prime), vec![2, 1, 0xff]].concat());
        for (content, expected) in [
            (parameters(&[&not_safe, &two]), Code::DhParameterCheck),
            (
                parameters(&[&(&prime - 2_u32), &two]),
                Code::DhParameterCheck,
            ),
            (
                parameters(&[&((&one << 2041) - 1_u32), &two]),
                Code::DhParameterCheck,
            ),
            (
                parameters(&[&((&one << 2040) - 1_u32), &two]),
                Code::DhParamsCreate,
            ),
            (parameters(&[&longest, &two]), Code::DhParameterCheck),
            (parameters(&[&(&longest + 2_u32), &two]), Code::Null),
            (parameters(&[&(&prime + 1_u32), &two]), Code::Null),
            (parameters(&[&zero, &two]), Code::Null),
            (parameters(&[&prime, &zero]), Code::Null),
            (parameters(&[&prime, &prime]), Code::Null),
            (parameters(&[&prime]), Code::Null),
            (parameters(&[&prime, &two, &(&one << 32)]), Code::Null),
            (parameters(&[&prime, &two, &two, &two]), Code::Null),
            (negative, Code::Null),
            ([&good[..], &[0]].concat(), Code::InvalidPkcs3),
            (good[..100].to_vec(), Code::Null),
            (b"no parameters".to_vec(), Code::Null),
        ] {
            assert_eq!(outcome(&content), Err(expected), "{content:02x?}");
        }
    }
}
