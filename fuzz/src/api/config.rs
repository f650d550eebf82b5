//! Changes of the spare config, which no connection uses at first.

use std::ffi::{CString, c_char, c_int};
use std::ptr;

use super::call::{Change, Policy};
use super::ffi::*;
use super::psk::{on_early_data, on_select};
use super::state::{State, on_clock, pem};
use crate::endpoint;

impl State {
    pub fn change(&self, change: &Change) -> c_int {
        let config = self.spare_config.get();
        // SAFETY: the config is live or NULL, and connections hold references of their own; every
        // string is NUL-terminated, every buffer has the size passed.
        unsafe {
            match change {
                Change::Replace => {
                    let fresh = s2n_config_new_minimal();
                    let set = s2n_config_set_max_blinding_delay(fresh, 0);
                    let old = self.spare_config.replace(fresh);
                    if !old.is_null() {
                        assert_eq!(s2n_config_free(old), 0);
                    }
                    set
                }
                Change::Free => s2n_config_free(self.spare_config.replace(ptr::null_mut())),
                Change::Policy(policy) => {
                    policy.with(|policy| s2n_config_set_cipher_preferences(config, policy))
                }
                Change::AddOwnChain => {
                    let (chain, key) = (pem(endpoint::SERVER_CHAIN), pem(endpoint::SERVER_KEY));
                    s2n_config_add_cert_chain_and_key(config, chain.as_ptr(), key.as_ptr())
                }
                Change::AddText(text) => string(text, |text| {
                    s2n_config_add_cert_chain_and_key(config, text, text)
                }),
                Change::Trust(text) => {
                    string(text, |text| s2n_config_add_pem_to_trust_store(config, text))
                }
                Change::TrustRoot => {
                    s2n_config_add_pem_to_trust_store(config, pem(endpoint::ROOT).as_ptr())
                }
                Change::WipeTrust => s2n_config_wipe_trust_store(config),
                Change::NoVerification => s2n_config_disable_x509_verification(config),
                Change::Protocol(name) => {
                    let name = &name[..name.len().min(255)];
                    let (name, len) = (name.as_ptr(), name.len() as u8);
                    s2n_config_append_protocol_preference(config, name, len)
                }
                Change::Protocols(names, count) => {
                    let names: Vec<_> = names.iter().map(|name| text(name)).collect();
                    let names: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
                    // A count may be negative, but not exceed the number of names.
                    let count = c_int::from(*count).min(names.len() as c_int);
                    s2n_config_set_protocol_preferences(config, names.as_ptr(), count)
                }
                Change::Clock(fuzz_clock) => {
                    let clock = fuzz_clock.then_some(on_clock as ClockFn);
                    s2n_config_set_monotonic_clock(config, clock, ptr::null_mut())
                }
                Change::MultiRecord(on) => s2n_config_set_recv_multi_record(config, *on),
                Change::SendBuffer(size) => {
                    s2n_config_set_send_buffer_size(config, size & 0xf_ffff)
                }
                Change::FragmentLength(length) => {
                    s2n_config_set_max_fragment_length(config, *length)
                }
                Change::AlertBehavior(behavior) => {
                    s2n_config_set_alert_behavior(config, (*behavior % 3).into())
                }
                Change::ClientAuth(auth) => {
                    s2n_config_set_client_auth_type(config, (*auth % 4).into())
                }
                Change::PskMode(mode) => s2n_config_set_psk_mode(config, (*mode % 4).into()),
                Change::PskCallbacks(on) => {
                    let decide = on.then_some(on_early_data as DecideFn);
                    s2n_config_set_early_data_cb(config, decide);
                    let select = on.then_some(on_select as SelectFn);
                    s2n_config_set_psk_selection_callback(config, select, ptr::null_mut())
                }
                Change::MaxEarlyData(max) => {
                    s2n_config_set_server_max_early_data_size(config, *max)
                }
            }
        }
    }
}

impl Policy {
    pub fn with<R>(&self, call: impl FnOnce(*const c_char) -> R) -> R {
        let name: &[u8] = match self {
            Self::Tls12 => b"ELBSecurityPolicy-TLS-1-2-2017-01",
            Self::Tls13 => b"default_tls13",
            Self::Default => b"default",
            Self::Fips => b"default_fips",
            Self::Named(name) => name,
            Self::Null => return call(ptr::null()),
        };
        string(name, call)
    }
}

pub fn string<R>(bytes: &[u8], call: impl FnOnce(*const c_char) -> R) -> R {
    call(text(bytes).as_ptr())
}

/// Returns the bytes up to the first NUL as a C string.
fn text(bytes: &[u8]) -> CString {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    CString::new(text).expect("no NUL")
}
