//! Enum arguments from C: any integer, until it is parsed.

// The names of the C API.
#![allow(non_camel_case_types)]

use rs2n_core::base::Mode;
use rs2n_core::config::{ClientAuth, PskHash, PskMode};
use rs2n_core::connection::BlindingMode;
use rs2n_core::error::{Code, Result};
use rs2n_core::messages::FingerprintMethod;

/// Declares the argument type of an enum.
macro_rules! arguments {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            #[repr(transparent)]
            pub struct $name(pub u32);
        )*
    };
}

arguments! {
    /// An unparsed `s2n_mode`: any integer.
    s2n_mode_arg;
    /// An unparsed `s2n_cert_auth_type`: any integer.
    s2n_cert_auth_type_arg;
    /// An unparsed `s2n_blinding`: any integer.
    s2n_blinding_arg;
    /// An unparsed `s2n_alert_behavior`: any integer.
    s2n_alert_behavior_arg;
    /// An unparsed `s2n_peer_key_update`: any integer.
    s2n_peer_key_update_arg;
    /// An unparsed `s2n_async_pkey_validation_mode`: any integer.
    s2n_async_pkey_validation_mode_arg;
    /// An unparsed `s2n_verify_after_sign`: any integer.
    s2n_verify_after_sign_arg;
    /// An unparsed `s2n_client_hello_cb_mode`: any integer.
    s2n_client_hello_cb_mode_arg;
    /// An unparsed `s2n_tls_extension_type`: any integer.
    s2n_tls_extension_type_arg;
    /// An unparsed `s2n_fingerprint_type`: any integer.
    s2n_fingerprint_type_arg;
    /// An unparsed `s2n_max_frag_len`: any integer.
    s2n_max_frag_len_arg;
    /// An unparsed `s2n_status_request_type`: any integer.
    s2n_status_request_type_arg;
    /// An unparsed `s2n_ct_support_level`: any integer.
    s2n_ct_support_level_arg;
    /// An unparsed `s2n_psk_hmac`: any integer.
    s2n_psk_hmac_arg;
    /// An unparsed `s2n_psk_mode`: any integer.
    s2n_psk_mode_arg;
    /// An unparsed `s2n_serialization_version`: any integer.
    s2n_serialization_version_arg;
}

/// Parses an enum whose values count from 0: returns the item of `values` at index `number`, or the
/// error `unknown` if there is none.
pub(crate) fn parse<T: Copy>(number: u32, values: &[T], unknown: Code) -> Result<T, Code> {
    values.get(number as usize).copied().ok_or(unknown)
}

impl TryFrom<s2n_mode_arg> for Mode {
    type Error = Code;

    fn try_from(mode: s2n_mode_arg) -> Result<Self, Code> {
        parse(mode.0, &[Self::Server, Self::Client], Code::InvalidArgument)
    }
}

impl TryFrom<s2n_cert_auth_type_arg> for ClientAuth {
    type Error = Code;

    fn try_from(client_auth: s2n_cert_auth_type_arg) -> Result<Self, Code> {
        let values = [Self::None, Self::Required, Self::Optional];
        parse(client_auth.0, &values, Code::InvalidArgument)
    }
}

impl TryFrom<s2n_fingerprint_type_arg> for FingerprintMethod {
    type Error = Code;

    fn try_from(typ: s2n_fingerprint_type_arg) -> Result<Self, Code> {
        parse(typ.0, &[Self::Ja3, Self::Ja4], Code::InvalidArgument)
    }
}

impl TryFrom<s2n_psk_mode_arg> for PskMode {
    type Error = Code;

    fn try_from(mode: s2n_psk_mode_arg) -> Result<Self, Code> {
        let values = [Self::Resumption, Self::External];
        parse(mode.0, &values, Code::InvalidArgument)
    }
}

impl TryFrom<s2n_psk_hmac_arg> for PskHash {
    type Error = Code;

    fn try_from(hmac: s2n_psk_hmac_arg) -> Result<Self, Code> {
        let values = [Self::Sha256, Self::Sha384];
        parse(hmac.0, &values, Code::HmacInvalidAlgorithm)
    }
}

impl From<s2n_blinding_arg> for BlindingMode {
    fn from(blinding: s2n_blinding_arg) -> Self {
        match blinding.0 {
            0 => Self::BuiltIn,
            _ => Self::SelfService,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in s2n-tls, where all modes but the first one leave the delay to the application.
    #[test]
    fn unknown_blinding_modes_are_those_of_the_application() {
        for (number, mode) in [
            (0, BlindingMode::BuiltIn),
            (1, BlindingMode::SelfService),
            (7, BlindingMode::SelfService),
        ] {
            assert_eq!(BlindingMode::from(s2n_blinding_arg(number)), mode);
        }
    }
}
