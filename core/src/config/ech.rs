//! Encrypted ClientHello (ECH, RFC 9849) of clients: the choice of a config from an ECHConfigList,
//! and GREASE.

use rustls::client::{EchConfig, EchGreaseConfig, EchMode};
use rustls::crypto::hpke::{Hpke, HpkePublicKey};
use rustls::error::{EncryptedClientHelloError, Error as RustlsError};
use rustls::pki_types::EchConfigListBytes;
use rustls_aws_lc_rs::hpke::{
    ALL_SUPPORTED_SUITES, DH_KEM_X25519_HKDF_SHA256_AES_128,
    DH_KEM_X25519_HKDF_SHA256_CHACHA20_POLY1305,
};

use super::Config;
use crate::base::{memory, random_u64};
use crate::error::{Code, Error, Result};
use crate::messages::Reader;

/// The suites of GREASE. RFC 9849, 6.2: "The selection SHOULD vary to exercise all supported
/// configurations, but MAY be held constant for successive connections to the same server in the
/// same session." These are the ones that servers have.
static GREASE_SUITES: [&dyn Hpke; 2] = [
    DH_KEM_X25519_HKDF_SHA256_AES_128,
    DH_KEM_X25519_HKDF_SHA256_CHACHA20_POLY1305,
];

/// The memory of a parsed config, as a multiple of its length: an extension of four bytes is a value
/// of 48 in a list of rustls.
const GROWTH: usize = 32;

/// The version of the configs of RFC 9849.
const VERSION: u16 = 0xfe0d;

/// The config with which a client encrypts its ClientHello.
#[derive(Debug)]
pub struct EchOffer(EchConfig);

impl EchOffer {
    /// Chooses a config from an ECHConfigList: the first one whose version, HPKE suite and mandatory
    /// extensions are supported, and whose public name is valid. Fails if there is none, or if the list is malformed.
    pub fn choose(list: &[u8]) -> Result<Self> {
        memory::probe(GROWTH * list.len())?;
        let mut list = Reader(list);
        let mut configs = Reader(list.vector(2).map_err(malformed)?);
        list.end().map_err(malformed)?;

        let mut chosen = None;
        while !configs.0.is_empty() {
            let rest = configs.0;
            let version = configs.u16().map_err(malformed)?;
            let contents = configs.vector(2).map_err(malformed)?;
            if version == VERSION
                && public_name(contents).is_ok_and(|it| !it.is_empty() && !is_host_name(it))
            {
                continue;
            }
            let config = &rest[..rest.len() - configs.0.len()];
            let single = [&(config.len() as u16).to_be_bytes(), config].concat();
            match EchConfig::new(EchConfigListBytes::from(single), ALL_SUPPORTED_SUITES) {
                Ok(config) if chosen.is_none() && has_valid_key(contents) => chosen = Some(config),
                Ok(_) => {}
                Err(RustlsError::InvalidEncryptedClientHello(
                    EncryptedClientHelloError::NoCompatibleConfig,
                )) => {}
                Err(_) => return Err(malformed(Code::BadMessage.into())),
            }
        }
        match chosen {
            Some(config) => Ok(Self(config)),
            None => Err(Code::InvalidEchConfigList.rule(
                "no config of the ECHConfigList has a version, a key, a cipher suite and mandatory \
                 extensions that are supported, and a public name that is a host name",
            )),
        }
    }

    pub(super) fn mode(&self) -> EchMode {
        EchMode::Enable(self.0.clone())
    }
}

impl Config {
    /// Sets whether the clients of the config send GREASE in place of an encrypted ClientHello (RFC
    /// 9849, 6.2).
    pub fn set_ech_grease(&self, on: bool) {
        self.change(|settings| settings.ech_grease = on);
    }
}

fn malformed(_: Error) -> Error {
    Code::InvalidEchConfigList.rule("the ECHConfigList is malformed")
}

/// Returns whether the public key in the contents of a config, whose form is valid, is one of its
/// KEM. rustls uses the key without a check when the handshake begins.
fn has_valid_key(contents: &[u8]) -> bool {
    let key_config = || -> Result<_> {
        let mut contents = Reader(contents);
        contents.u8()?; // config_id
        Ok((contents.u16()?, contents.vector(2)?))
    };
    let Ok((kem, key)) = key_config() else {
        return false;
    };
    let mut suites = ALL_SUPPORTED_SUITES.iter();
    let Some(suite) = suites.find(|suite| suite.suite().kem.0 == kem) else {
        return false;
    };
    suite
        .setup_sealer(&[], &HpkePublicKey(key.to_vec()))
        .is_ok()
}

/// Returns the public name in the contents of a config.
fn public_name(contents: &[u8]) -> Result<&[u8]> {
    let mut contents = Reader(contents);
    contents.u8()?; // config_id
    contents.u16()?; // kem_id
    contents.vector(2)?; // public_key
    contents.vector(2)?; // cipher_suites
    contents.u8()?; // maximum_name_length
    contents.vector(1)
}

/// Returns whether a public name consists of LDH labels (RFC 5890, 2.3.1), and is not an IPv4 address
/// in any notation. RFC 9849, 4, requires clients to ignore configs with other names. The name is in
/// the ClientHello, and that of a certificate.
fn is_host_name(name: &[u8]) -> bool {
    let is_label = |label: &[u8]| {
        (1..=63).contains(&label.len())
            && label
                .iter()
                .all(|c| c.is_ascii_alphanumeric() || *c == b'-')
            && !label.starts_with(b"-")
            && !label.ends_with(b"-")
    };
    let is_number = |label: &[u8]| match label {
        [b'0', b'x' | b'X', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
        digits => digits.iter().all(u8::is_ascii_digit),
    };
    let mut labels = name.split(|&c| c == b'.');
    labels.clone().all(is_label) && !labels.next_back().is_some_and(is_number)
}

/// Creates the settings of GREASE, with a new public key whose private key is dropped.
pub(super) fn grease() -> Result<EchMode> {
    let place = random_u64()? as usize % GREASE_SUITES.len();
    let suite = GREASE_SUITES[place];
    let (key, _) = suite.generate_key_pair()?;
    Ok(EchMode::Grease(EchGreaseConfig::new(suite, key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{EchConfig, Random, X25519_KEY, ech_config, ech_config_list};

    const BASE: EchConfig<'_> = EchConfig {
        version: EchConfig::VERSION,
        kem: EchConfig::X25519,
        key: &X25519_KEY,
        suites: &[EchConfig::AES_128],
        public_name: "public.example",
        extensions: &[],
    };

    fn reason(list: &[u8]) -> Option<String> {
        let error = EchOffer::choose(list).err()?;
        assert_eq!(error.code(), Code::InvalidEchConfigList);
        Some(error.reason().to_string())
    }

    fn is_malformed(list: &[u8]) -> bool {
        reason(list).is_some_and(|reason| reason.contains("malformed"))
    }

    fn is_unsupported(config: &EchConfig<'_>) -> bool {
        let reason = reason(&ech_config_list(&[config.encode()]));
        reason.is_some_and(|reason| reason.contains("no config"))
    }

    #[test]
    fn all_prefixes_of_a_list_are_malformed() {
        let list = ech_config_list(&[ech_config("public.example"), ech_config("other.example")]);
        for len in 0..list.len() {
            assert!(is_malformed(&list[..len]), "{len}");
        }
        assert_eq!(reason(&list), None);
        assert!(is_malformed(&[&list, &[0][..]].concat()));
    }

    #[test]
    fn a_list_of_no_config_is_not_used() {
        assert!(reason(&[0, 0]).is_some());
    }

    #[test]
    fn configs_that_are_not_supported_are_not_used() {
        assert!(!is_unsupported(&BASE));
        let version = 0xfe0c;
        assert!(is_unsupported(&EchConfig { version, ..BASE }));
        let kem = 0x21; // X448
        assert!(is_unsupported(&EchConfig { kem, ..BASE }));
        for suites in [[(1, 0xffff)], [(9, 1)]] {
            let suites = &suites;
            assert!(is_unsupported(&EchConfig { suites, ..BASE }), "{suites:?}");
        }
        let mandatory = [0x80, 0, 0, 0];
        let extensions = &mandatory;
        assert!(is_unsupported(&EchConfig { extensions, ..BASE }));
        let optional = [0x40, 0, 0, 1, 7];
        let extensions = &optional;
        assert!(!is_unsupported(&EchConfig { extensions, ..BASE }));
        let twice = [optional, optional].concat();
        let extensions = &twice;
        assert!(is_unsupported(&EchConfig { extensions, ..BASE }));
    }

    #[test]
    fn keys_that_are_not_those_of_the_kem_are_not_used() {
        for (kem, key) in [
            (EchConfig::X25519, &[9; 31][..]),
            (EchConfig::X25519, &[9; 33]),
            // The shared secret would be zero.
            (EchConfig::X25519, &[0; 32]),
            (0x10, &[4; 65]),
            (0x10, &[9; 32]),
            (0x11, &[4; 97]),
            (0x12, &[4; 133]),
        ] {
            assert!(is_unsupported(&EchConfig { kem, key, ..BASE }), "{kem:#x}");
        }
        let key = &[];
        assert!(is_malformed(&ech_config_list(&[
            EchConfig { key, ..BASE }.encode()
        ])));
    }

    #[test]
    fn a_config_whose_public_name_is_not_a_host_name_is_not_used() {
        let long = ["a"; 64].concat();
        for public_name in [
            "a b",
            "-.example",
            "a-.example",
            "under_score.example",
            "10.0.0.1",
            "10.1",
            "a.0x",
            "a.0X7f",
            "a..b",
            ".a",
            "a.",
            &long,
        ] {
            let config = EchConfig {
                public_name,
                ..BASE
            };
            assert!(is_unsupported(&config), "{public_name}");
            let both = [config.encode(), BASE.encode()];
            assert_eq!(reason(&ech_config_list(&both)), None, "{public_name}");
        }
        for public_name in ["a", "0.example", "a.0y", "a.x0", "xn--a-1.b", &long[1..]] {
            let config = EchConfig {
                public_name,
                ..BASE
            };
            assert!(!is_unsupported(&config), "{public_name}");
        }
        let empty = EchConfig {
            public_name: "",
            ..BASE
        };
        assert!(is_malformed(&ech_config_list(&[empty.encode()])));
    }

    #[test]
    fn the_first_config_that_is_supported_is_chosen() {
        let old = EchConfig {
            version: 0xfe0a,
            ..BASE
        };
        let bad_key = EchConfig {
            key: &[0; 32],
            ..BASE
        };
        let configs = [
            old.encode(),
            bad_key.encode(),
            ech_config("first.example"),
            ech_config("second.example"),
        ];
        let offer = EchOffer::choose(&ech_config_list(&configs)).expect("supported");
        let shown = format!("{offer:?}");
        assert!(shown.contains("first.example"), "{shown}");
    }

    #[test]
    fn every_suite_is_supported() {
        let keys = ALL_SUPPORTED_SUITES.iter().map(|suite| {
            let (key, _) = suite.generate_key_pair().expect("a key");
            (suite.suite(), key)
        });
        for (suite, key) in keys {
            let config = EchConfig {
                kem: suite.kem.0,
                key: &key.0,
                suites: &[(suite.sym.kdf_id.0, suite.sym.aead_id.0)],
                ..BASE
            };
            assert!(!is_unsupported(&config), "{suite:?}");
        }
    }

    #[test]
    fn modified_lists_are_chosen_or_rejected() {
        let list = ech_config_list(&[ech_config("public.example"), ech_config("other.example")]);
        let mut random = Random::seeded(9849);
        for _ in 0..2000 {
            let mut modified = list.clone();
            for _ in 0..=random.below(3) {
                let at = random.below(modified.len());
                modified[at] = random.value() as u8;
            }
            reason(&modified);
        }
    }
}
