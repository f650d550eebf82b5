/*
 * The config of a connection, with its callbacks.
 */
#include "shim.h"

#include <s2n/unstable/cert_authorities.h>
#include <s2n/unstable/renegotiate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As many bytes as BoringSSL's servers accept. */
static const uint32_t MAX_EARLY_DATA = 14336;

static void require(int result, const char *what)
{
    if (result != 0) {
        fprintf(stderr, "%s: :%s:\n", what, s2n_strerror_name(s2n_errno));
        exit(FAILED);
    }
}

static struct endpoint *endpoint_of(struct s2n_connection *conn)
{
    return s2n_connection_get_ctx(conn);
}

/* Time */

static int read_clock(void *context, uint64_t *nanoseconds)
{
    struct shared *shared = context;
    *nanoseconds = (shared->start + shared->delay) * 1000000000;
    return 0;
}

/* The server's session cache */

static int store(struct s2n_connection *conn, void *context, uint64_t ttl, const void *key, uint64_t key_size,
    const void *value, uint64_t value_size)
{
    (void) ttl;
    struct shared *shared = context;
    struct entry *entry = &shared->cache[shared->cached % MAX_SESSIONS];
    if (key_size > sizeof(entry->key) || value_size > sizeof(entry->value)) {
        return -1;
    }
    memcpy(entry->key, key, key_size);
    memcpy(entry->value, value, value_size);
    entry->key_size = key_size;
    entry->value_size = value_size;
    shared->cached++;
    endpoint_of(conn)->stored_session = true;
    return 0;
}

static int retrieve(struct s2n_connection *conn, void *context, const void *key, uint64_t key_size, void *value,
    uint64_t *value_size)
{
    (void) conn;
    struct shared *shared = context;
    for (size_t i = 0; i < MAX_SESSIONS; i++) {
        const struct entry *entry = &shared->cache[i];
        if (entry->key_size == key_size && key_size > 0 && memcmp(entry->key, key, key_size) == 0
            && entry->value_size <= *value_size) {
            memcpy(value, entry->value, entry->value_size);
            *value_size = entry->value_size;
            return 0;
        }
    }
    *value_size = 0;
    return 0;
}

static int forget(struct s2n_connection *conn, void *context, const void *key, uint64_t key_size)
{
    (void) conn;
    struct shared *shared = context;
    for (size_t i = 0; i < MAX_SESSIONS; i++) {
        struct entry *entry = &shared->cache[i];
        if (entry->key_size == key_size && memcmp(entry->key, key, key_size) == 0) {
            entry->key_size = 0;
        }
    }
    return 0;
}

/* The client's session */

static int receive_ticket(struct s2n_connection *conn, void *context, struct s2n_session_ticket *ticket)
{
    (void) context;
    struct endpoint *endpoint = endpoint_of(conn);
    size_t size = 0;
    if (s2n_session_ticket_get_data_len(ticket, &size) != 0 || size > MAX_SESSION
        || s2n_session_ticket_get_data(ticket, size, endpoint->session) != 0) {
        return -1;
    }
    endpoint->session_size = size;
    return 0;
}

/* Callbacks of the handshake */

static int check_advertised_alpn(struct s2n_connection *conn, const char *expected)
{
    uint8_t list[1024];
    struct s2n_client_hello *hello = s2n_connection_get_client_hello(conn);
    ssize_t size = s2n_client_hello_get_extension_by_id(hello, S2N_EXTENSION_ALPN, list, sizeof(list));
    size_t expected_size = strlen(expected);
    if (size != (ssize_t) expected_size + 2 || memcmp(list + 2, expected, expected_size) != 0) {
        complain("the ALPN extension is not that of -expect-advertised-alpn");
        return -1;
    }
    return 0;
}

static int receive_hello(struct s2n_connection *conn, void *context)
{
    (void) context;
    struct endpoint *endpoint = endpoint_of(conn);
    const struct options *options = endpoint->options;
    if (endpoint->hello_called) {
        complain("the ClientHello callback is called twice");
        return -1;
    }
    endpoint->hello_called = true;
    const char *name = s2n_get_server_name(conn);
    if (options->expect_no_server_name && name != NULL) {
        complain("there is a server name");
        return -1;
    }
    if (options->expect_server_name != NULL && (name == NULL || strcmp(name, options->expect_server_name) != 0)) {
        complain("the server name in the ClientHello callback is not that of -expect-server-name");
        return -1;
    }
    if (options->expect_advertised_alpn != NULL
        && check_advertised_alpn(conn, options->expect_advertised_alpn) != 0) {
        return -1;
    }
    if (options->fail_early_callback) {
        return -1;
    }
    if (!options->use_early_callback) {
        return 0;
    }
    endpoint->hello_is_pending = options->async;
    return options->async ? 0 : s2n_connection_set_config(conn, endpoint->selected_config);
}

static int validate(struct s2n_connection *conn, struct s2n_cert_validation_info *info, void *context)
{
    (void) context;
    struct endpoint *endpoint = endpoint_of(conn);
    if (endpoint->validated) {
        complain("the certificate is validated twice");
        return -1;
    }
    endpoint->validated = true;
    if (!check_ech_name(endpoint)) {
        return -1;
    }
    const struct bytes *ocsp = &endpoint->options->expect_ocsp_response;
    uint32_t size = 0;
    if (ocsp->is_set && (s2n_connection_get_ocsp_response(conn, &size) == NULL || size != ocsp->size)) {
        complain("the OCSP response is not available in the validation callback");
        return -1;
    }
    if (endpoint->options->async) {
        endpoint->validation = info;
        return 0;
    }
    return endpoint->options->verify_fail ? s2n_cert_validation_reject(info) : s2n_cert_validation_accept(info);
}

static uint8_t accept_any_name(const char *name, size_t size, void *context)
{
    (void) name;
    (void) size;
    (void) context;
    return 1;
}

static int sign_later(struct s2n_connection *conn, struct s2n_async_pkey_op *operation)
{
    struct endpoint *endpoint = endpoint_of(conn);
    if (endpoint->operation != NULL) {
        complain("there is a private key operation already");
        return -1;
    }
    endpoint->operation = operation;
    return 0;
}

static size_t hex_digit(char c)
{
    return (size_t) (c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The CA names of the server's request are those of the flag: in hexadecimal, with commas between them. */
static bool check_authorities(struct s2n_certificate_request *request, const char *expected)
{
    struct s2n_certificate_authority_list *list = s2n_certificate_request_get_ca_list(request);
    if (strcmp(expected, "<EMPTY>") == 0) {
        return list == NULL || !s2n_certificate_authority_list_has_next(list);
    }
    while (*expected != '\0') {
        uint8_t *name;
        uint16_t size;
        if (list == NULL || s2n_certificate_authority_list_next(list, &name, &size) != 0) {
            return false;
        }
        for (uint16_t i = 0; i < size; i++, expected += 2) {
            if (expected[0] == '\0' || expected[0] == ','
                || (hex_digit(expected[0]) << 4 | hex_digit(expected[1])) != name[i]) {
                return false;
            }
        }
        if (*expected == ',') {
            expected++;
        } else if (*expected != '\0') {
            return false;
        }
    }
    return !s2n_certificate_authority_list_has_next(list);
}

static int select_client_certificate(struct s2n_connection *conn, void *context,
    struct s2n_certificate_request *request)
{
    (void) context;
    struct endpoint *endpoint = endpoint_of(conn);
    const struct options *options = endpoint->options;
    if (options->expect_client_ca_list != NULL && !check_authorities(request, options->expect_client_ca_list)) {
        complain("the CA names are not those of -expect-client-ca-list");
        return -1;
    }
    return s2n_certificate_request_set_certificate(request, endpoint->chains[0]);
}

static int ignore_hello_request(struct s2n_connection *conn, void *context, s2n_renegotiate_response *response)
{
    (void) conn;
    (void) context;
    *response = S2N_RENEGOTIATE_IGNORE;
    return 0;
}

/* The parts of a config */

static void set_protocols(const struct options *options, struct s2n_config *config)
{
    if (!options->server && options->advertise_alpn != NULL) {
        for (const char *at = options->advertise_alpn; *at != '\0'; at += 1 + (uint8_t) *at) {
            require(s2n_config_append_protocol_preference(config, (const uint8_t *) at + 1, (uint8_t) *at), "ALPN");
        }
    }
    if (options->server && options->select_alpn != NULL && options->select_alpn[0] != '\0') {
        const uint8_t *name = (const uint8_t *) options->select_alpn;
        require(s2n_config_append_protocol_preference(config, name, (uint8_t) strlen(options->select_alpn)), "ALPN");
    }
}

static void set_verification(const struct options *options, struct s2n_config *config)
{
    bool verifies = options->verify_peer || options->require_any_client_certificate || accepts_raw_keys(options);
    if (options->verify_fail && !verifies) {
        unimplemented("-verify-fail without -verify-peer");
    }
    trust(options, config);
    trust_raw_keys(options, config);
    require(s2n_config_set_verify_host_callback(config, accept_any_name, NULL), "verification");
    if (verifies || options->use_custom_verify_callback) {
        require(s2n_config_set_cert_validation_cb(config, validate, NULL), "verification");
    }
    if (options->server) {
        s2n_cert_auth_type type = options->verify_peer ? S2N_CERT_AUTH_OPTIONAL : S2N_CERT_AUTH_NONE;
        type = options->require_any_client_certificate ? S2N_CERT_AUTH_REQUIRED : type;
        require(s2n_config_set_client_auth_type(config, type), "client certificates");
    } else if (options->enable_ocsp_stapling) {
        require(s2n_config_set_status_request_type(config, S2N_STATUS_REQUEST_OCSP), "OCSP");
    }
    require(s2n_config_set_check_stapled_ocsp_response(config, 0), "OCSP");
}

static void set_sessions(struct endpoint *endpoint, struct s2n_config *config)
{
    const struct options *options = endpoint->options;
    struct shared *shared = endpoint->shared;
    require(s2n_config_set_wall_clock(config, read_clock, shared), "clock");
    require(s2n_config_set_session_tickets_onoff(config, !options->no_ticket), "tickets");
    if (!options->server) {
        require(s2n_config_set_session_ticket_cb(config, receive_ticket, NULL), "tickets");
        return;
    }
    uint8_t key[32];
    memset(key, 7, sizeof(key));
    require(s2n_config_set_cache_store_callback(config, store, shared), "session cache");
    require(s2n_config_set_cache_retrieve_callback(config, retrieve, shared), "session cache");
    require(s2n_config_set_cache_delete_callback(config, forget, shared), "session cache");
    require(s2n_config_set_session_cache_onoff(config, 1), "session cache");
    require(s2n_config_add_ticket_crypto_key(config, (const uint8_t *) "shim", 4, key, sizeof(key), shared->start),
        "ticket key");
    if (options->enable_early_data) {
        require(s2n_config_set_server_max_early_data_size(config, MAX_EARLY_DATA), "early data");
    }
}

static void set_hello_callback(const struct options *options, struct s2n_config *config)
{
    bool later = options->async && options->use_early_callback;
    require(s2n_config_set_client_hello_cb(config, receive_hello, NULL), "ClientHello callback");
    require(s2n_config_set_client_hello_cb_mode(config,
                later ? S2N_CLIENT_HELLO_CB_NONBLOCKING : S2N_CLIENT_HELLO_CB_BLOCKING),
        "ClientHello callback");
}

static struct s2n_config *new_config_with(struct endpoint *endpoint, const char *policy, bool credentials)
{
    const struct options *options = endpoint->options;
    struct s2n_config *config = s2n_config_new_minimal();
    require(s2n_config_set_cipher_preferences(config, policy), "policy");
    require(s2n_config_set_max_blinding_delay(config, 0), "blinding");
    require(s2n_config_set_alert_behavior(config, S2N_ALERT_IGNORE_WARNINGS), "alerts");
    require(s2n_config_set_max_cert_chain_depth(config, UINT16_MAX), "depth of chains");
    require(rs2n_config_set_ech_grease(config, options->enable_ech_grease), "GREASE");
    if (options->max_send_fragment != 0) {
        require(s2n_config_set_max_fragment_length(config, (uint16_t) options->max_send_fragment), "record size");
    }
    set_protocols(options, config);
    set_verification(options, config);
    set_sessions(endpoint, config);
    if (options->renegotiate_ignore) {
        require(s2n_config_set_renegotiate_request_cb(config, ignore_hello_request, NULL), "renegotiation");
    }
    if (credentials) {
        load_credentials(endpoint, config);
        if (options->async) {
            require(s2n_config_set_async_pkey_callback(config, sign_later), "private key");
        }
    }
    if (options->server) {
        set_hello_callback(options, config);
    } else if (options->use_old_client_cert_callback || options->expect_client_ca_list != NULL) {
        if (options->credential_count > 0 || (credentials && endpoint->chains[0] == NULL)) {
            unimplemented("a certificate callback without one default certificate");
        }
        require(s2n_config_set_cert_request_callback(config, select_client_certificate, NULL), "certificate");
    }
    return config;
}

struct s2n_config *new_config(struct endpoint *endpoint)
{
    const struct options *options = endpoint->options;
    const char *authorities = options->use_client_ca_list;
    if (authorities != NULL && strcmp(authorities, "<NULL>") != 0 && strcmp(authorities, "<EMPTY>") != 0) {
        unimplemented("-use-client-ca-list with names");
    }
    check_available_types(options);
    if (options->quic_transport_params.is_set && !options->quic && !options->server) {
        unimplemented("-quic-transport-params of a client without -quic");
    }
    const char *policy = define_policy(options);
    if (options->server && options->use_early_callback) {
        endpoint->selected_config = new_config_with(endpoint, policy, true);
        return new_config_with(endpoint, policy, false);
    }
    return new_config_with(endpoint, policy, true);
}
