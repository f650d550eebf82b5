//! IANA names of cipher suites and alerts.

use rs2n_core::error::Alert;

/// The cipher suites that can be negotiated: number and IANA name.
const SUITES: [(u16, &str); 9] = [
    (0x1301, "TLS_AES_128_GCM_SHA256"),
    (0x1302, "TLS_AES_256_GCM_SHA384"),
    (0x1303, "TLS_CHACHA20_POLY1305_SHA256"),
    (0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    (0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    (0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    (0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    (0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
];

/// Returns the IANA name of a cipher suite; `None` if it cannot be negotiated.
pub fn iana(suite: u16) -> Option<&'static str> {
    let mut suites = SUITES.iter();
    suites.find_map(|&(number, name)| (number == suite).then_some(name))
}

/// Returns the name of an alert.
pub fn alert(number: u8) -> &'static str {
    Alert::name(number)
}

/// Returns the hint for an alert from the peer.
pub fn advice_for_alert(number: u8) -> Option<&'static str> {
    Some(match number {
        40 | 70 | 71 => {
            "client and server share no parameters; try another --policy (--list-policies)"
        }
        42..=46 | 48 => {
            "the peer rejected our certificate: check --cert, --key and the CAs that the peer trusts"
        }
        112 => "the server does not recognize the server name; see --name",
        116 => "the server requires a client certificate: --cert FILE --key FILE",
        120 => "the server supports none of the protocols of --alpn",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use rs2n_core::policy::Policy;

    use super::*;

    #[test]
    fn every_negotiable_suite_has_a_name() {
        let known: Vec<u16> = SUITES.iter().map(|suite| suite.0).collect();
        for name in Policy::usable_names() {
            let policy = Policy::find(name.as_bytes()).expect("a listed policy");
            for suite in policy.suites() {
                assert!(known.contains(&suite), "{suite:#06x} of {name}");
            }
        }
    }

    #[test]
    fn unknown_numbers_have_no_name() {
        assert_eq!(
            iana(0xc02b),
            Some("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
        );
        assert_eq!(iana(0), None);
        assert_eq!(alert(116), "certificate_required");
        assert_eq!(alert(255), "unknown");
    }
}
