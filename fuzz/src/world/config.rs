//! Functions of configs.

use std::ffi::{CString, c_void};
use std::ptr;

use super::arguments::with_names;
use super::{Args, World, callbacks};
use crate::c::*;

impl World {
    pub fn config_call(&self, args: &Args) {
        // SAFETY: see the functions.
        self.status(match args.function % 6 {
            0 => self.change_lifecycle(args),
            1 => self.change_credentials(args),
            2 => self.change_verification(args),
            3 => self.change_protocol(args),
            4 => self.change_sessions(args),
            _ => self.change_callbacks(args),
        });
    }

    fn change_lifecycle(&self, args: &Args) -> i32 {
        let slot = self.configs.slot(args.object);
        let (config, mut auth, mut ctx, mut count) = (slot.get(), 0, ptr::null_mut(), 0);
        let mut groups = vec![0; args.size().min(100)];
        // SAFETY: the config is live or NULL, connections hold references of their own; every
        // output is writable.
        unsafe {
            match args.other % 10 {
                0 if config.is_null() => {
                    slot.set(match args.flag() {
                        true => s2n_config_new(),
                        false => s2n_config_new_minimal(),
                    });
                    self.pointer(slot.get());
                    // The library would sleep otherwise.
                    s2n_config_set_max_blinding_delay(slot.get(), 0)
                }
                0 => s2n_config_free(slot.replace(ptr::null_mut())),
                1 => s2n_config_get_client_auth_type(config, &mut auth),
                2 => s2n_config_set_ctx(config, args.number as usize as *mut c_void),
                3 => s2n_config_get_ctx(config, &mut ctx),
                4 => {
                    let room = groups.len() as u16;
                    s2n_config_get_supported_groups(config, groups.as_mut_ptr(), room, &mut count)
                }
                5 => s2n_config_free_cert_chain_and_key(config),
                6 => s2n_config_free_dhparams(config),
                7 => s2n_config_set_subscriber(config, args.number as usize as *mut c_void),
                8 => s2n_config_set_npn(config, args.flag()),
                _ => s2n_connection_set_config(self.conn(args.number as u8), config),
            }
        }
    }

    fn change_credentials(&self, args: &Args) -> i32 {
        let (config, chain) = (
            self.configs.of(args.object),
            self.chains.of(args.number as u8),
        );
        let (bytes, more) = (args.bytes.get(), args.more.text());
        let mut copy = bytes.to_vec();
        let mut chains: Vec<_> = (0..args.number as u8 % 5)
            .map(|number| self.chains.of(number))
            .collect();
        let algorithms: Vec<_> = bytes.iter().map(|&byte| u16::from(byte % 5)).collect();
        // SAFETY: the config and the chains are live or NULL; every buffer has the size passed,
        // every string is NUL-terminated.
        unsafe {
            match args.other % 8 {
                0 => s2n_config_add_cert_chain(config, copy.as_mut_ptr(), copy.len() as u32),
                1 => s2n_config_add_cert_chain_and_key_to_store(config, chain),
                2 => {
                    let count = chains.len() as u32;
                    s2n_config_set_cert_chain_and_key_defaults(config, chains.as_mut_ptr(), count)
                }
                3 => s2n_config_add_dhparams(config, args.bytes.text().as_ptr()),
                4 => {
                    let kind = if args.flag() { 5 } else { 18 };
                    s2n_config_set_extension_data(config, kind, bytes.as_ptr(), bytes.len() as u32)
                }
                5 => {
                    rs2n_config_set_cert_compression(config, algorithms.as_ptr(), algorithms.len())
                }
                6 => rs2n_config_add_trusted_public_key(config, bytes.as_ptr(), bytes.len() as u32),
                _ => s2n_config_add_cert_chain_and_key(
                    config,
                    args.bytes.text().as_ptr(),
                    more.as_ptr(),
                ),
            }
        }
    }

    fn change_verification(&self, args: &Args) -> i32 {
        let config = self.configs.of(args.object);
        let mut oid = args.bytes.get().into_owned();
        // Not any path: that of a pipe would block.
        let path = |number: u32| match number % 4 {
            0 => None,
            1 => Some(concat!(env!("OUT_DIR"), "/ca.pem")),
            2 => Some(env!("OUT_DIR")),
            _ => Some("missing"),
        };
        let path = |number| path(number).map(|path| CString::new(path).expect("no NUL"));
        let (file, dir) = (path(args.number), path(args.number >> 8));
        let pointer =
            |path: &Option<CString>| path.as_ref().map_or(ptr::null(), |path| path.as_ptr());
        // SAFETY: the config is live or NULL; every buffer has the size passed, every string is
        // NUL-terminated.
        unsafe {
            match args.other % 14 {
                0 => s2n_config_allow_ip_in_cn(config),
                1 => s2n_config_disable_x509_intent_verification(config),
                2 => s2n_config_disable_x509_time_verification(config),
                3 => s2n_config_disable_x509_verification(config),
                4 => s2n_config_set_check_stapled_ocsp_response(config, args.number as u8 % 3),
                5 => s2n_config_set_status_request_type(config, args.member(2)),
                6 => s2n_config_set_ct_support_level(config, args.member(2)),
                7 => s2n_config_set_max_cert_chain_depth(config, args.number as u16),
                8 => s2n_config_set_verification_ca_location(config, pointer(&file), pointer(&dir)),
                9 => s2n_config_load_system_certs(config),
                10 => s2n_config_set_cert_authorities_from_trust_store(config),
                11 => {
                    s2n_config_add_custom_x509_extension(config, oid.as_mut_ptr(), oid.len() as u32)
                }
                12 => s2n_config_wipe_trust_store(config),
                _ => s2n_config_add_pem_to_trust_store(config, args.bytes.text().as_ptr()),
            }
        }
    }

    fn change_protocol(&self, args: &Args) -> i32 {
        let config = self.configs.of(args.object);
        let name = args.bytes.short(255);
        // SAFETY: the config is live or NULL; every buffer has the size passed, every string is
        // NUL-terminated.
        unsafe {
            match args.other % 19 {
                0 => s2n_config_set_cipher_preferences(config, args.bytes.text().as_ptr()),
                1 => s2n_config_append_protocol_preference(config, name.as_ptr(), name.len() as u8),
                2 => with_names(&args.bytes, args.member(8) - 1, |names, count| {
                    s2n_config_set_protocol_preferences(config, names, count)
                }),
                3 => s2n_config_accept_max_fragment_length(config),
                4 => s2n_config_send_max_fragment_length(config, args.member(5)),
                5 => s2n_config_set_max_fragment_length(config, args.number as u16),
                6 => s2n_config_enable_cert_req_dss_legacy_compat(config),
                7 => s2n_config_enable_quic(config),
                8 => s2n_config_ktls_enable_unsafe_tls13(config),
                9 => s2n_config_set_serialization_version(config, args.member(2)),
                10 => s2n_config_set_verify_after_sign(config, args.member(2)),
                11 => s2n_config_set_async_pkey_validation_mode(config, args.member(2)),
                12 => s2n_config_set_alert_behavior(config, args.member(2)),
                13 => s2n_config_set_client_auth_type(config, args.member(3)),
                14 => s2n_config_set_client_hello_cb_mode(config, args.member(2)),
                15 => s2n_config_set_psk_mode(config, args.member(2)),
                16 => rs2n_config_set_ech_grease(config, args.flag()),
                17 => s2n_config_set_recv_multi_record(config, args.flag()),
                _ => s2n_config_set_send_buffer_size(config, args.number & 0xf_ffff),
            }
        }
    }

    fn change_sessions(&self, args: &Args) -> i32 {
        let config = self.configs.of(args.object);
        let (name, mut key) = (args.bytes.short(40), args.more.get().into_owned());
        let time = u64::from(args.number) << (args.number % 33);
        // SAFETY: the config is live or NULL; every buffer has the size passed.
        unsafe {
            match args.other % 10 {
                0 => s2n_config_add_ticket_crypto_key(
                    config,
                    name.as_ptr(),
                    name.len() as u32,
                    key.as_mut_ptr(),
                    key.len() as u32,
                    args.size() as u64,
                ),
                1 => s2n_config_require_ticket_forward_secrecy(config, args.flag()),
                2 => s2n_config_set_initial_ticket_count(config, args.number as u8),
                3 => s2n_config_set_session_cache_onoff(config, args.number as u8 % 2),
                4 => s2n_config_set_session_state_lifetime(config, time),
                5 => s2n_config_set_session_tickets_onoff(config, args.number as u8 % 2),
                6 => s2n_config_set_ticket_decrypt_key_lifetime(config, time),
                7 => s2n_config_set_ticket_encrypt_decrypt_key_lifetime(config, time),
                8 => s2n_config_set_server_max_early_data_size(config, args.number),
                _ => {
                    self.now.set(self.now.get().wrapping_add(time));
                    0
                }
            }
        }
    }

    fn change_callbacks(&self, args: &Args) -> i32 {
        let (config, null) = (self.configs.of(args.object), ptr::null_mut());
        macro_rules! callback {
            ($name:ident) => {
                args.flag().then_some(callbacks::$name as _)
            };
        }
        // SAFETY: the config is live or NULL; the callbacks are valid for the life of the process.
        unsafe {
            match args.other % 19 {
                0 => s2n_config_set_async_pkey_callback(config, callback!(on_private_key)),
                1 => s2n_config_set_async_offload_callback(
                    config,
                    args.number,
                    callback!(on_offload),
                    null,
                ),
                2 => s2n_config_set_cert_validation_cb(config, callback!(on_validation), null),
                3 => s2n_config_set_crl_lookup_cb(config, callback!(on_crl_lookup), null),
                4 => s2n_config_set_client_hello_cb(config, callback!(on_hello), null),
                5 => s2n_config_set_cert_request_callback(
                    config,
                    callback!(on_certificate_request),
                    null,
                ),
                6 => s2n_config_set_cert_tiebreak_callback(config, callback!(on_tiebreak)),
                7 => s2n_config_set_verify_host_callback(config, callback!(on_host), null),
                8 => s2n_config_set_session_ticket_cb(config, callback!(on_ticket), null),
                9 => s2n_config_set_cache_store_callback(config, callback!(on_store), null),
                10 => s2n_config_set_cache_retrieve_callback(config, callback!(on_retrieve), null),
                11 => s2n_config_set_cache_delete_callback(config, callback!(on_delete), null),
                12 => s2n_config_set_key_log_cb(config, callback!(on_key_log), null),
                13 => {
                    s2n_config_set_renegotiate_request_cb(config, callback!(on_renegotiation), null)
                }
                14 => s2n_config_set_handshake_event(config, callback!(on_event)),
                15 => s2n_config_set_timing_checkpoint_cb(config, callback!(on_timing)),
                16 => s2n_config_set_wall_clock(config, callback!(on_clock), null),
                17 => s2n_config_set_monotonic_clock(config, callback!(on_wrong_clock), null),
                _ => s2n_config_set_wall_clock(config, callback!(on_wrong_clock), null),
            }
        }
    }
}
