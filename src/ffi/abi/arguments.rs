//! Enums as arguments from C: any integer until it is parsed.

// Names are those of the API.
#![allow(non_camel_case_types)]

use crate::tls::config::ClientAuth;
use crate::tls::connection::{BlindingMode, Mode};
use crate::tls::error::{Code, Result};

/// `s2n_mode` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_mode_arg(pub u32);

/// `s2n_cert_auth_type` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_cert_auth_type_arg(pub u32);

/// `s2n_blinding` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_blinding_arg(pub u32);

/// `s2n_alert_behavior` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_alert_behavior_arg(pub u32);

/// `s2n_peer_key_update` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_peer_key_update_arg(pub u32);

/// `s2n_async_pkey_validation_mode` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_async_pkey_validation_mode_arg(pub u32);

/// `s2n_verify_after_sign` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_verify_after_sign_arg(pub u32);

/// `s2n_client_hello_cb_mode` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_client_hello_cb_mode_arg(pub u32);

/// `s2n_tls_extension_type` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_tls_extension_type_arg(pub u32);

/// `s2n_fingerprint_type` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_fingerprint_type_arg(pub u32);

/// `s2n_max_frag_len` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_max_frag_len_arg(pub u32);

/// `s2n_status_request_type` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_status_request_type_arg(pub u32);

/// `s2n_ct_support_level` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_ct_support_level_arg(pub u32);

/// `s2n_psk_hmac` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_psk_hmac_arg(pub u32);

/// `s2n_psk_mode` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_psk_mode_arg(pub u32);

/// `s2n_serialization_version` as it arrives: any integer, not yet one of ours.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct s2n_serialization_version_arg(pub u32);

impl TryFrom<s2n_mode_arg> for Mode {
    type Error = Code;

    fn try_from(mode: s2n_mode_arg) -> Result<Self, Code> {
        match mode.0 {
            0 => Ok(Self::Server),
            1 => Ok(Self::Client),
            _ => Err(Code::InvalidArgument),
        }
    }
}

impl TryFrom<s2n_cert_auth_type_arg> for ClientAuth {
    type Error = Code;

    fn try_from(client_auth: s2n_cert_auth_type_arg) -> Result<Self, Code> {
        match client_auth.0 {
            0 => Ok(Self::None),
            1 => Ok(Self::Required),
            2 => Ok(Self::Optional),
            _ => Err(Code::InvalidArgument),
        }
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
