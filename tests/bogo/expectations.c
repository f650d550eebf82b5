/*
 * What the runner expects of a connection.
 */
#include "shim.h"

#include <stdio.h>
#include <string.h>

static bool check_number(const char *what, int actual, int expected)
{
    if (expected != 0 && actual != expected) {
        fprintf(stderr, "%s is %#x instead of %#x\n", what, (unsigned) actual, (unsigned) expected);
        return false;
    }
    return true;
}

static bool check_text(const char *what, const char *actual, const char *expected)
{
    actual = actual == NULL ? "" : actual;
    if (strcmp(actual, expected) != 0) {
        fprintf(stderr, "%s is \"%s\" instead of \"%s\"\n", what, actual, expected);
        return false;
    }
    return true;
}

static bool check_bytes(const char *what, const uint8_t *actual, uint32_t size, const struct bytes *expected)
{
    if (expected->is_set && (size != expected->size || (size > 0 && memcmp(actual, expected->data, size) != 0))) {
        fprintf(stderr, "%s differs: %u bytes instead of %zu\n", what, size, expected->size);
        return false;
    }
    return true;
}

/* Returns the number of the signature scheme with which the peer has signed, or 0. */
static int peer_signature(struct endpoint *endpoint)
{
    s2n_tls_signature_algorithm algorithm = S2N_TLS_SIGNATURE_ANONYMOUS;
    s2n_tls_hash_algorithm hash = S2N_TLS_HASH_NONE;
    const char *name = "";
    struct s2n_connection *conn = endpoint->conn;
    bool known = endpoint->options->server
        ? s2n_connection_get_selected_client_cert_signature_algorithm(conn, &algorithm) == 0
            && s2n_connection_get_selected_client_cert_digest_algorithm(conn, &hash) == 0
        : s2n_connection_get_selected_signature_algorithm(conn, &algorithm) == 0
            && s2n_connection_get_selected_digest_algorithm(conn, &hash) == 0;
    if (!known) {
        return 0;
    }
    switch (algorithm) {
    case S2N_TLS_SIGNATURE_RSA:
    case S2N_TLS_SIGNATURE_ECDSA: return (int) hash << 8 | (int) algorithm;
    case S2N_TLS_SIGNATURE_RSA_PSS_RSAE: return 0x0800 | (int) hash;
    case S2N_TLS_SIGNATURE_RSA_PSS_PSS: return 0x0805 + (int) hash;
    case S2N_TLS_SIGNATURE_MLDSA:
        /* It has no hash; the name says which. */
        return !endpoint->options->server && s2n_connection_get_signature_scheme(conn, &name) == 0 ? scheme_of(name)
                                                                                                   : 0;
    default: return 0;
    }
}

static bool check_parameters(struct endpoint *endpoint, const struct options *options)
{
    struct s2n_connection *conn = endpoint->conn;
    int version = version_of(s2n_connection_get_actual_protocol_version(conn));
    uint8_t cipher[2] = { 0, 0 };
    const char *group = "";
    if (s2n_connection_get_cipher_iana_value(conn, &cipher[0], &cipher[1]) != 0) {
        return complain("there is no cipher suite after the handshake");
    }
    /* These belong to full handshakes. The API does not remember them in a session. */
    bool resumed = s2n_connection_is_session_resumed(conn) == 1;
    bool has_group = !resumed || version == version_of(S2N_TLS13);
    if (has_group && s2n_connection_get_key_exchange_group(conn, &group) != 0) {
        return complain("there is no group after the handshake");
    }
    const char *type = s2n_connection_get_handshake_type_name(conn);
    bool retried = strstr(type, "HELLO_RETRY_REQUEST") != NULL;
    if ((options->expect_hrr && !retried) || (options->expect_no_hrr && retried)) {
        fprintf(stderr, "the handshake is %s\n", type);
        return false;
    }
    return check_number("version", version, options->expect_version)
        && check_number("cipher suite", cipher[0] << 8 | cipher[1], options->expect_cipher)
        && (!has_group || check_number("group", group_of(group), options->expect_curve_id))
        && (resumed || check_number("peer's signature scheme", peer_signature(endpoint),
                           options->expect_peer_signature_algorithm));
}

static bool check_credential(struct endpoint *endpoint, int expected)
{
    if (expected == ANY_CREDENTIAL) {
        return true;
    }
    struct s2n_cert_chain_and_key *selected = s2n_connection_get_selected_cert(endpoint->conn);
    if (expected == -1) {
        return selected == endpoint->chains[0] || complain("a credential with a number is selected");
    }
    return (selected != NULL && selected == endpoint->chains[expected + 1])
        || complain("another credential than that of -expect-selected-credential is selected");
}

static bool check_peer(struct endpoint *endpoint, const struct options *options)
{
    struct s2n_connection *conn = endpoint->conn;
    bool resumed = s2n_connection_is_session_resumed(conn) == 1;
    uint32_t ocsp_size = 0;
    const uint8_t *ocsp = s2n_connection_get_ocsp_response(conn, &ocsp_size);
    if (!resumed && !check_bytes("OCSP response", ocsp, ocsp_size, &options->expect_ocsp_response)) {
        return false;
    }
    bool verifies = options->verify_peer || options->require_any_client_certificate;
    /* A peer with a certificate has been verified by the library, and then by the callback. */
    bool has_certificate = options->server ? s2n_connection_client_cert_used(conn) == 1 : true;
    if (verifies && !resumed && has_certificate && !endpoint->validated) {
        return complain("the validation callback was not called");
    }
    if (options->server && options->expect_no_peer_cert && has_certificate) {
        return complain("there is a client certificate");
    }
    if (!options->server && options->expect_no_peer_cert) {
        unimplemented("a server without a certificate");
    }
    if (options->server && options->require_any_client_certificate && !resumed && !has_certificate) {
        return complain("there is no client certificate");
    }
    if (!resumed && !check_peer_key(endpoint, options)) {
        return false;
    }
    return options->expect_peer_cert_file == NULL || check_peer_chain(endpoint);
}

static bool check_early_data(struct endpoint *endpoint, const struct options *options)
{
    s2n_early_data_status_t status = S2N_EARLY_DATA_STATUS_NOT_REQUESTED;
    if (s2n_connection_get_early_data_status(endpoint->conn, &status) != 0) {
        return complain("the status of early data is unknown");
    }
    bool accepted = status == S2N_EARLY_DATA_STATUS_END;
    if ((options->expect_accept_early_data && !accepted) || (options->expect_reject_early_data && accepted)) {
        return complain(accepted ? "early data is accepted" : "early data is not accepted");
    }
    if (!options->server && options->expect_no_offer_early_data && status != S2N_EARLY_DATA_STATUS_NOT_REQUESTED) {
        return complain("early data is offered");
    }
    const char *reason = options->expect_early_data_reason;
    if (reason == NULL) {
        return true;
    }
    /* The API has no reasons. These can be concluded. */
    bool resumed = s2n_connection_is_session_resumed(endpoint->conn) == 1;
    if (strcmp(reason, "accept") == 0) {
        return accepted || complain("early data is not accepted");
    }
    if (strcmp(reason, "session_not_resumed") == 0 || strcmp(reason, "no_session_offered") == 0) {
        return !(accepted || resumed) || complain("the session is resumed");
    }
    if (strcmp(reason, "hello_retry_request") == 0) {
        const char *type = s2n_connection_get_handshake_type_name(endpoint->conn);
        return (!accepted && strstr(type, "HELLO_RETRY_REQUEST") != NULL) || complain("there is no retry");
    }
    unimplemented("-expect-early-data-reason");
}

bool check_handshake(struct endpoint *endpoint, const struct options *options, bool is_resume)
{
    struct s2n_connection *conn = endpoint->conn;
    if (options->handshake_never_done) {
        complain("the handshake is complete");
        return false;
    }
    bool resumed = s2n_connection_is_session_resumed(conn) == 1;
    if (resumed != (is_resume && !options->expect_session_miss)) {
        return complain(resumed ? "the session is resumed" : "the session is not resumed");
    }
    if (options->server && !endpoint->hello_called) {
        return complain("the ClientHello callback was not called");
    }
    if (options->server && !is_resume
        && ((options->expect_session_id && !endpoint->stored_session)
            || (options->expect_no_session_id && endpoint->stored_session))) {
        return complain(endpoint->stored_session ? "the session is cached" : "the session is not cached");
    }
    if (options->expect_server_name != NULL
        && !check_text("server name", s2n_get_server_name(conn), options->expect_server_name)) {
        return false;
    }
    const char *alpn = options->server ? options->select_alpn : options->expect_alpn;
    if (options->expect_verify_result && options->verify_fail) {
        return complain("the handshake is complete, with a certificate that is rejected");
    }
    return check_text("ALPN protocol", s2n_get_application_protocol(conn), alpn == NULL ? "" : alpn)
        && check_parameters(endpoint, options) && check_credential(endpoint, options->expect_selected_credential)
        && check_peer(endpoint, options) && check_early_data(endpoint, options) && check_ech(endpoint, options);
}

/* Whether the client has received a session, and with early data. In TLS 1.3 it comes with the data. */
bool check_session(struct endpoint *endpoint, const struct options *options)
{
    struct s2n_connection *conn = endpoint->conn;
    if (options->server) {
        return true;
    }
    bool is_tls13 = s2n_connection_get_actual_protocol_version(conn) == S2N_TLS13;
    bool resumed = s2n_connection_is_session_resumed(conn) == 1;
    if (!is_tls13) {
        int size = s2n_connection_get_session(conn, endpoint->session, MAX_SESSION);
        endpoint->session_size = size > 0 ? (size_t) size : 0;
    }
    bool expected = !options->expect_no_session && !(is_tls13 && options->shim_shuts_down);
    bool received = endpoint->session_size > 0;
    if ((is_tls13 || !resumed) && received != expected) {
        return complain(received ? "there is a new session" : "there is no new session");
    }
    if (!is_tls13 || !expected) {
        return true;
    }
    struct s2n_connection *next = s2n_connection_new(S2N_CLIENT);
    uint32_t max = 0;
    bool known = s2n_connection_set_config(next, endpoint->config) == 0
        && s2n_connection_set_session(next, endpoint->session, endpoint->session_size) == 0
        && s2n_connection_get_max_early_data_size(next, &max) == 0;
    s2n_connection_free(next);
    if (!known) {
        return complain("the session cannot be used");
    }
    return (max > 0) == options->expect_ticket_supports_early_data
        || complain(max > 0 ? "the session permits early data" : "the session does not permit early data");
}
