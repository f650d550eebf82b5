//! Implementation status of every exported function. `docs/COMPATIBILITY.md` lists it; tests compare
//! it with the symbols of the library and with the results of calls.

/// Functions on one topic, under one heading of the page.
pub struct Group {
    pub title: &'static str,
    pub functions: &'static [Function],
}

pub struct Function {
    pub name: &'static str,
    pub status: Status,
    pub note: &'static str,
}

pub enum Status {
    /// Implemented as documented.
    Works,

    /// Cannot be supported: returns the outcome.
    Refused(Outcome),

    /// Not implemented yet: returns the outcome.
    Pending(Outcome),
}

/// The result of a call with valid arguments.
pub enum Outcome {
    /// The failure value of the function, with this error.
    Error(&'static str),

    /// Success with this value, which reports that the feature is not in use.
    Value(&'static str),
}

const UNIMPLEMENTED: Outcome = Outcome::Error("S2N_ERR_UNIMPLEMENTED");

const fn works(name: &'static str) -> Function {
    Function {
        name,
        status: Status::Works,
        note: "",
    }
}

const fn refused(name: &'static str, error: &'static str, note: &'static str) -> Function {
    Function {
        name,
        status: Status::Refused(Outcome::Error(error)),
        note,
    }
}

const fn pending(name: &'static str) -> Function {
    pending_with(name, UNIMPLEMENTED, "")
}

const fn pending_with(name: &'static str, outcome: Outcome, note: &'static str) -> Function {
    Function {
        name,
        status: Status::Pending(outcome),
        note,
    }
}

// One line for each function.
#[rustfmt::skip]
pub const API: &[Group] = &[
    Group {
        title: "Library init, cleanup, memory, random, FIPS",
        functions: &[
            works("s2n_crypto_disable_init"),
            works("s2n_disable_atexit"),
            works("s2n_get_openssl_version"),
            works("s2n_init"),
            works("s2n_cleanup"),
            works("s2n_cleanup_final"),
            works("s2n_get_fips_mode"),
            works("s2n_mem_set_callbacks"),
            works("s2n_rand_set_callbacks"),
            works("s2n_cleanup_thread"),
        ],
    },
    Group {
        title: "Errors and stack traces",
        functions: &[
            works("s2n_errno_location"),
            works("s2n_error_get_type"),
            works("s2n_strerror"),
            works("s2n_strerror_debug"),
            works("s2n_strerror_name"),
            works("s2n_strerror_source"),
            works("s2n_stack_traces_enabled"),
            works("s2n_stack_traces_enabled_set"),
            works("s2n_calculate_stacktrace"),
            works("s2n_print_stacktrace"),
            works("s2n_free_stacktrace"),
            works("s2n_get_stacktrace"),
        ],
    },
    Group {
        title: "Early data",
        functions: &[
            works("s2n_config_set_server_max_early_data_size"),
            works("s2n_connection_set_server_max_early_data_size"),
            works("s2n_connection_set_server_early_data_context"),
            works("s2n_psk_configure_early_data"),
            works("s2n_psk_set_application_protocol"),
            works("s2n_psk_set_early_data_context"),
            works("s2n_connection_get_early_data_status"),
            works("s2n_connection_get_remaining_early_data_size"),
            works("s2n_connection_get_max_early_data_size"),
            works("s2n_send_early_data"),
            works("s2n_recv_early_data"),
            works("s2n_config_set_early_data_cb"),
            works("s2n_offered_early_data_get_context_length"),
            works("s2n_offered_early_data_get_context"),
            works("s2n_offered_early_data_reject"),
            works("s2n_offered_early_data_accept"),
        ],
    },
    Group {
        title: "External PSK",
        functions: &[
            works("s2n_external_psk_new"),
            works("s2n_psk_free"),
            works("s2n_psk_set_identity"),
            works("s2n_psk_set_secret"),
            works("s2n_psk_set_hmac"),
            works("s2n_connection_append_psk"),
            works("s2n_config_set_psk_mode"),
            works("s2n_connection_set_psk_mode"),
            works("s2n_connection_get_negotiated_psk_identity_length"),
            works("s2n_connection_get_negotiated_psk_identity"),
            works("s2n_offered_psk_new"),
            works("s2n_offered_psk_free"),
            works("s2n_offered_psk_get_identity"),
            works("s2n_offered_psk_list_has_next"),
            works("s2n_offered_psk_list_next"),
            works("s2n_offered_psk_list_reread"),
            works("s2n_offered_psk_list_choose_psk"),
            works("s2n_config_set_psk_selection_callback"),
        ],
    },
    Group {
        title: "Private key offload",
        functions: &[
            works("s2n_config_set_verify_after_sign"),
            works("s2n_config_set_async_pkey_callback"),
            works("s2n_async_pkey_op_perform"),
            works("s2n_async_pkey_op_apply"),
            works("s2n_async_pkey_op_free"),
            works("s2n_config_set_async_pkey_validation_mode"),
            works("s2n_async_pkey_op_get_op_type"),
            works("s2n_async_pkey_op_get_input_size"),
            works("s2n_async_pkey_op_get_input"),
            works("s2n_async_pkey_op_set_output"),
        ],
    },
    Group {
        title: "Connection serialization",
        functions: &[
            works("s2n_config_set_serialization_version"),
            works("s2n_connection_serialization_length"),
            works("s2n_connection_serialize"),
            works("s2n_connection_deserialize"),
        ],
    },
    Group {
        title: "ClientHello access and callback",
        functions: &[
            works("s2n_config_set_client_hello_cb"),
            works("s2n_config_set_client_hello_cb_mode"),
            works("s2n_client_hello_cb_done"),
            works("s2n_connection_server_name_extension_used"),
            works("s2n_connection_get_client_hello"),
            works("s2n_client_hello_parse_message"),
            works("s2n_client_hello_free"),
            works("s2n_client_hello_get_raw_message_length"),
            works("s2n_client_hello_get_raw_message"),
            works("s2n_client_hello_get_cipher_suites_length"),
            works("s2n_client_hello_get_cipher_suites"),
            works("s2n_client_hello_get_extensions_length"),
            works("s2n_client_hello_get_extensions"),
            works("s2n_client_hello_get_extension_length"),
            works("s2n_client_hello_get_extension_by_id"),
            works("s2n_client_hello_has_extension"),
            works("s2n_client_hello_get_session_id_length"),
            works("s2n_client_hello_get_session_id"),
            works("s2n_client_hello_get_compression_methods_length"),
            works("s2n_client_hello_get_compression_methods"),
            works("s2n_client_hello_get_legacy_protocol_version"),
            works("s2n_client_hello_get_random"),
            works("s2n_client_hello_get_supported_groups"),
            works("s2n_client_hello_get_server_name_length"),
            works("s2n_client_hello_get_server_name"),
            works("s2n_connection_get_client_hello_version"),
            works("s2n_client_hello_get_legacy_record_version"),
        ],
    },
    Group {
        title: "Session resumption, tickets, session cache",
        functions: &[
            works("s2n_config_set_cache_store_callback"),
            works("s2n_config_set_cache_retrieve_callback"),
            works("s2n_config_set_cache_delete_callback"),
            works("s2n_config_set_session_state_lifetime"),
            works("s2n_config_set_session_tickets_onoff"),
            works("s2n_config_set_session_cache_onoff"),
            works("s2n_config_set_ticket_encrypt_decrypt_key_lifetime"),
            works("s2n_config_set_ticket_decrypt_key_lifetime"),
            works("s2n_config_add_ticket_crypto_key"),
            works("s2n_config_require_ticket_forward_secrecy"),
            works("s2n_config_set_initial_ticket_count"),
            works("s2n_connection_add_new_tickets_to_send"),
            works("s2n_connection_get_tickets_sent"),
            works("s2n_connection_set_server_keying_material_lifetime"),
            works("s2n_config_set_session_ticket_cb"),
            works("s2n_session_ticket_get_data_len"),
            works("s2n_session_ticket_get_data"),
            works("s2n_session_ticket_get_lifetime"),
            works("s2n_connection_set_session"),
            works("s2n_connection_get_session"),
            works("s2n_connection_get_session_ticket_lifetime_hint"),
            works("s2n_connection_get_session_length"),
            works("s2n_connection_get_session_id_length"),
            works("s2n_connection_get_session_id"),
            works("s2n_connection_is_session_resumed"),
        ],
    },
    Group {
        title: "Security policy, groups",
        functions: &[
            works("s2n_config_free_dhparams"),
            works("s2n_config_add_dhparams"),
            works("s2n_config_set_cipher_preferences"),
            works("s2n_connection_set_cipher_preferences"),
            works("s2n_connection_is_valid_for_cipher_preferences"),
            refused("s2n_config_enable_cert_req_dss_legacy_compat", "S2N_ERR_UNIMPLEMENTED", "there is no DSS"),
            works("s2n_config_get_supported_groups"),
        ],
    },
    Group {
        title: "ALPN, server name",
        functions: &[
            works("s2n_config_append_protocol_preference"),
            works("s2n_config_set_protocol_preferences"),
            works("s2n_connection_append_protocol_preference"),
            works("s2n_connection_set_protocol_preferences"),
            works("s2n_set_server_name"),
            works("s2n_get_server_name"),
            works("s2n_get_application_protocol"),
        ],
    },
    Group {
        title: "I/O setup: fd, callbacks, cork",
        functions: &[
            works("s2n_connection_set_fd"),
            works("s2n_connection_set_read_fd"),
            works("s2n_connection_set_write_fd"),
            works("s2n_connection_get_read_fd"),
            works("s2n_connection_get_write_fd"),
            works("s2n_connection_use_corked_io"),
            works("s2n_connection_set_recv_ctx"),
            works("s2n_connection_set_send_ctx"),
            works("s2n_connection_set_recv_cb"),
            works("s2n_connection_set_send_cb"),
        ],
    },
    Group {
        title: "I/O: handshake, send, receive, shutdown",
        functions: &[
            works("s2n_peek_buffered"),
            works("s2n_negotiate"),
            works("s2n_send"),
            works("s2n_sendv"),
            works("s2n_sendv_with_offset"),
            works("s2n_recv"),
            works("s2n_peek"),
            works("s2n_shutdown"),
            works("s2n_shutdown_send"),
        ],
    },
    Group {
        title: "Record sizes, buffers, memory release",
        functions: &[
            works("s2n_config_set_send_buffer_size"),
            works("s2n_config_set_max_fragment_length"),
            works("s2n_config_set_recv_multi_record"),
            refused("s2n_config_send_max_fragment_length", "S2N_ERR_UNIMPLEMENTED", "rustls cannot negotiate it; 0, which requests nothing, succeeds"),
            refused("s2n_config_accept_max_fragment_length", "S2N_ERR_UNIMPLEMENTED", "rustls cannot negotiate it"),
            works("s2n_connection_prefer_throughput"),
            works("s2n_connection_prefer_low_latency"),
            works("s2n_connection_set_recv_buffering"),
            works("s2n_connection_set_dynamic_buffers"),
            works("s2n_connection_set_dynamic_record_threshold"),
            works("s2n_connection_free_handshake"),
            works("s2n_connection_release_buffers"),
        ],
    },
    Group {
        title: "Blinding",
        functions: &[
            works("s2n_connection_set_blinding"),
            works("s2n_connection_get_delay"),
            works("s2n_config_set_max_blinding_delay"),
        ],
    },
    Group {
        title: "Key update, exporter, key log, master secret",
        functions: &[
            works("s2n_connection_request_key_update"),
            works("s2n_connection_get_master_secret"),
            works("s2n_connection_tls_exporter"),
            works("s2n_config_set_key_log_cb"),
        ],
    },
    Group {
        title: "Trust store and X.509 verification",
        functions: &[
            works("s2n_config_set_verification_ca_location"),
            works("s2n_config_add_pem_to_trust_store"),
            works("s2n_config_wipe_trust_store"),
            works("s2n_config_load_system_certs"),
            works("s2n_config_set_verify_host_callback"),
            works("s2n_config_set_check_stapled_ocsp_response"),
            works("s2n_config_disable_x509_time_verification"),
            works("s2n_config_disable_x509_intent_verification"),
            works("s2n_config_disable_x509_verification"),
            works("s2n_config_set_max_cert_chain_depth"),
            works("s2n_config_set_status_request_type"),
            refused("s2n_config_set_ct_support_level", "S2N_ERR_UNIMPLEMENTED", "rustls does not ask for timestamps; S2N_CT_SUPPORT_NONE succeeds"),
            works("s2n_connection_set_verify_host_callback"),
            works("s2n_connection_get_ocsp_response"),
            works("s2n_connection_get_sct_list"),
            works("s2n_connection_is_ocsp_stapled"),
            works("s2n_config_set_cert_authorities_from_trust_store"),
            works("s2n_config_allow_ip_in_cn"),
            works("s2n_config_add_custom_x509_extension"),
        ],
    },
    Group {
        title: "Client authentication",
        functions: &[
            works("s2n_config_get_client_auth_type"),
            works("s2n_config_set_client_auth_type"),
            works("s2n_connection_get_client_auth_type"),
            works("s2n_connection_set_client_auth_type"),
            works("s2n_connection_get_client_cert_chain"),
            works("s2n_connection_client_cert_used"),
        ],
    },
    Group {
        title: "Certificates and keys",
        functions: &[
            works("s2n_config_free_cert_chain_and_key"),
            works("s2n_cert_chain_and_key_new"),
            works("s2n_cert_chain_and_key_load_pem"),
            works("s2n_cert_chain_and_key_load_pem_bytes"),
            works("s2n_cert_chain_and_key_load_public_pem_bytes"),
            works("s2n_cert_chain_and_key_free"),
            works("s2n_cert_chain_and_key_set_ctx"),
            works("s2n_cert_chain_and_key_get_ctx"),
            works("s2n_cert_chain_and_key_get_private_key"),
            works("s2n_cert_chain_and_key_set_ocsp_data"),
            refused("s2n_cert_chain_and_key_set_sct_list", "S2N_ERR_UNIMPLEMENTED", "rustls does not send timestamps"),
            works("s2n_config_set_cert_tiebreak_callback"),
            works("s2n_config_add_cert_chain_and_key"),
            works("s2n_config_add_cert_chain_and_key_to_store"),
            works("s2n_config_set_cert_chain_and_key_defaults"),
            works("s2n_connection_get_selected_client_cert_signature_algorithm"),
            works("s2n_connection_get_selected_client_cert_digest_algorithm"),
            works("s2n_connection_get_selected_cert"),
            works("s2n_cert_chain_get_length"),
            works("s2n_cert_chain_get_cert"),
            works("s2n_cert_get_der"),
            works("s2n_connection_get_peer_cert_chain"),
            works("s2n_cert_get_x509_extension_value_length"),
            works("s2n_cert_get_x509_extension_value"),
            works("s2n_cert_get_utf8_string_from_extension_data_length"),
            works("s2n_cert_get_utf8_string_from_extension_data"),
            works("s2n_connection_get_certificate_match"),
            works("s2n_conn_get_signature_public_key_type"),
        ],
    },
    Group {
        title: "Config lifecycle and misc options",
        functions: &[
            works("s2n_config_new"),
            works("s2n_config_new_minimal"),
            works("s2n_config_free"),
            works("s2n_config_set_wall_clock"),
            works("s2n_config_set_monotonic_clock"),
            works("s2n_config_set_alert_behavior"),
            works("s2n_config_set_extension_data"),
            works("s2n_config_set_ctx"),
            works("s2n_config_get_ctx"),
        ],
    },
    Group {
        title: "Connection lifecycle",
        functions: &[
            works("s2n_connection_new"),
            works("s2n_connection_set_config"),
            works("s2n_connection_set_ctx"),
            works("s2n_connection_get_ctx"),
            works("s2n_connection_wipe"),
            works("s2n_connection_free"),
            works("s2n_connection_get_mode"),
        ],
    },
    Group {
        title: "Connection information",
        functions: &[
            works("s2n_connection_get_selected_signature_algorithm"),
            works("s2n_connection_get_selected_digest_algorithm"),
            works("s2n_connection_get_signature_scheme"),
            works("s2n_connection_get_wire_bytes_in"),
            works("s2n_connection_get_wire_bytes_out"),
            works("s2n_connection_get_client_protocol_version"),
            works("s2n_connection_get_server_protocol_version"),
            works("s2n_connection_get_actual_protocol_version"),
            works("s2n_connection_get_cipher"),
            works("s2n_connection_get_cipher_iana_value"),
            works("s2n_connection_get_curve"),
            works("s2n_connection_get_kem_name"),
            works("s2n_connection_get_kem_group_name"),
            works("s2n_connection_get_key_exchange_group"),
            works("s2n_connection_get_alert"),
            works("s2n_connection_get_handshake_type_name"),
            works("s2n_connection_handshake_complete"),
            works("s2n_connection_get_last_message_name"),
        ],
    },
    Group {
        title: "Unstable: kTLS",
        functions: &[
            works("s2n_connection_ktls_enable_send"),
            works("s2n_connection_ktls_enable_recv"),
            works("s2n_config_ktls_enable_unsafe_tls13"),
            works("s2n_connection_get_key_update_counts"),
            works("s2n_sendfile"),
        ],
    },
    Group {
        title: "Unstable: renegotiation (client)",
        functions: &[
            works("s2n_config_set_renegotiate_request_cb"),
            refused("s2n_renegotiate_wipe", "S2N_ERR_NO_RENEGOTIATION", "rustls does not renegotiate"),
            refused("s2n_renegotiate", "S2N_ERR_NO_RENEGOTIATION", "rustls does not renegotiate"),
        ],
    },
    Group {
        title: "Unstable: ClientHello fingerprints (JA3, JA4)",
        functions: &[
            works("s2n_fingerprint_new"),
            works("s2n_fingerprint_free"),
            works("s2n_fingerprint_wipe"),
            works("s2n_fingerprint_set_client_hello"),
            works("s2n_fingerprint_get_hash_size"),
            works("s2n_fingerprint_get_hash"),
            works("s2n_fingerprint_get_raw_size"),
            works("s2n_fingerprint_get_raw"),
            works("s2n_client_hello_get_fingerprint_hash"),
            works("s2n_client_hello_get_fingerprint_string"),
        ],
    },
    Group {
        title: "Unstable: CRL and custom certificate validation",
        functions: &[
            works("s2n_config_set_crl_lookup_cb"),
            works("s2n_crl_new"),
            works("s2n_crl_load_pem"),
            works("s2n_crl_free"),
            works("s2n_crl_get_issuer_hash"),
            works("s2n_crl_validate_active"),
            works("s2n_crl_validate_not_expired"),
            works("s2n_crl_lookup_get_cert_issuer_hash"),
            works("s2n_crl_lookup_set"),
            works("s2n_crl_lookup_ignore"),
            works("s2n_config_set_cert_validation_cb"),
            works("s2n_cert_validation_accept"),
            works("s2n_cert_validation_reject"),
        ],
    },
    Group {
        title: "Unstable: certificate authorities and certificate requests",
        functions: &[
            works("s2n_certificate_request_get_ca_list"),
            works("s2n_certificate_request_set_certificate"),
            works("s2n_certificate_authority_list_has_next"),
            works("s2n_certificate_authority_list_next"),
            works("s2n_certificate_authority_list_reread"),
            works("s2n_config_set_cert_request_callback"),
        ],
    },
    Group {
        title: "Unstable: async offload (signature verification)",
        functions: &[
            works("s2n_config_set_async_offload_callback"),
            works("s2n_async_offload_op_perform"),
        ],
    },
    Group {
        title: "Unstable: handshake events and timing",
        functions: &[
            works("s2n_config_set_subscriber"),
            works("s2n_config_set_handshake_event"),
            works("s2n_config_set_timing_checkpoint_cb"),
        ],
    },
    Group {
        title: "Unstable: NPN",
        functions: &[
            refused("s2n_config_set_npn", "S2N_ERR_UNIMPLEMENTED", "rustls has no NPN, which ALPN replaced; false succeeds"),
        ],
    },
    Group {
        title: "Internal, exported: QUIC",
        functions: &[
            pending("s2n_config_enable_quic"),
            pending("s2n_connection_enable_quic"),
            pending_with("s2n_connection_is_quic_enabled", Outcome::Value("false"), "there is no QUIC"),
            works("s2n_connection_are_session_tickets_enabled"),
            pending("s2n_connection_set_quic_transport_parameters"),
            pending("s2n_connection_get_quic_transport_parameters"),
            pending("s2n_connection_set_secret_callback"),
            works("s2n_error_get_alert"),
            pending("s2n_recv_quic_post_handshake_message"),
        ],
    },
    Group {
        title: "Internal, exported: others",
        functions: &[
            works("s2n_connection_get_config"),
            works("s2n_config_add_cert_chain"),
            works("s2n_flush"),
            works("s2n_enable_tls13"),
        ],
    },
];
