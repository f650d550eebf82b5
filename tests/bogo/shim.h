/*
 * The shim with which BoringSSL's protocol runner tests this library: a program that makes one
 * connection, or several that resume each other, as the runner's flags say.
 */
#ifndef SHIM_H
#define SHIM_H

#include <rs2n/rs2n.h>
#include <s2n.h>
#include <s2n/unstable/crl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Exit codes that the runner knows. */
enum { SUCCEEDED = 0, FAILED = 1, UNIMPLEMENTED = 89, MUST_FAIL = 90 };

enum { MAX_ITEMS = 32, MAX_CREDENTIALS = 8, MAX_SESSION = 1 << 16, MAX_SESSIONS = 8 };

struct bytes {
    bool is_set;
    uint8_t *data;
    size_t size;
};

struct list {
    uint16_t items[MAX_ITEMS];
    size_t count;
};

struct credential {
    /* A raw public key, which has a private key and no certificates. */
    bool is_raw_key;
    const char *cert_file;
    const char *key_file;
    struct list signing_prefs;
    struct bytes ocsp_response;
};

/* The flags of one connection. The runner has flags for the first connection, for those that resume, and
 * for the time after a rejection of early data. */
struct options {
    int port, shim_id, resume_count;
    bool ipv6, server, async;

    int min_version, max_version;
    bool no_tls1, no_tls11, no_tls12, no_tls13;
    bool fips_202205, wpa_202304, cnsa_202407, cnsa1_202603;
    struct list curves, verify_prefs;

    /* The first is the default one, of flags that precede the first -new-x509-credential. */
    struct credential credentials[MAX_CREDENTIALS + 1];
    size_t credential_count;
    const char *trust_cert;
    struct list accepted_peer_cert_types, available_client_cert_types;
    bool verify_peer, verify_fail, require_any_client_certificate, use_custom_verify_callback;
    bool enable_ocsp_stapling;
    bool use_early_callback, fail_early_callback, use_old_client_cert_callback;
    const char *use_client_ca_list;

    const char *host_name, *advertise_alpn, *select_alpn;
    bool decline_alpn;

    bool no_ticket, enable_early_data;
    int resumption_delay;

    bool quic;
    struct bytes quic_transport_params, expect_quic_transport_params;
    int quic_use_legacy_codepoint;
    const char *quic_early_data_context;

    struct bytes ech_config_list, expect_ech_retry_configs;
    bool reject_unusable_ech_config, enable_ech_grease, expect_ech_accept;
    bool expect_no_ech_name_override, expect_no_ech_retry_configs;

    const char *export_label, *export_context;
    int export_keying_material;
    bool use_export_context, use_exporter_between_reads;
    bool shim_writes_first, read_with_unfinished_write, write_different_record_sizes;
    const char *shim_initial_write;
    int repeat_shim_initial_write;
    int read_size, max_send_fragment;
    bool peek_then_read, key_update, key_update_before_read;
    bool shim_shuts_down, check_close_notify;
    bool no_op_extra_handshake, handshake_twice, handshake_never_done, renegotiate_ignore;

    int expect_version, expect_cipher, expect_curve_id, expect_peer_signature_algorithm;
    bool expect_hrr, expect_no_hrr;
    const char *expect_server_name, *expect_alpn, *expect_advertised_alpn;
    bool expect_no_server_name;
    struct bytes expect_ocsp_response;
    bool expect_verify_result, expect_no_peer_cert;
    const char *expect_peer_cert_file, *expect_client_ca_list;
    int expect_selected_credential, expect_peer_certificate_type;
    struct bytes expect_peer_rpk_sha256;
    bool expect_session_miss, expect_no_session, expect_session_id, expect_no_session_id;
    bool expect_ticket_supports_early_data, expect_accept_early_data, expect_reject_early_data;
    bool expect_no_offer_early_data;
    const char *expect_early_data_reason;
};

/* The number of -expect-selected-credential if the flag is not given. */
enum { ANY_CREDENTIAL = -2 };

/* The type of -expect-peer-certificate-type if the flag is not given. */
enum { ANY_TYPE = -1 };

/* The connection to the runner. In asynchronous mode each operation blocks once, and transfers one byte
 * then. */
struct transport {
    int fd;
    bool async;
    bool may_read, may_write;

    /* Whether nothing is received, so that early data is sent at once. */
    bool is_deaf;

    /* If not negative, the number of bytes that may be sent before the transport blocks. */
    int write_allowance;

    /* The records of QUIC, which are never blocked; NULL for others. */
    struct quic *quic;
};

/* What connections share: sessions, ticket keys and the clock. */
struct shared {
    /* The client's session. */
    uint8_t session[MAX_SESSION];
    size_t session_size;

    /* The server's session cache. */
    struct entry {
        uint8_t key[64], value[2048];
        size_t key_size, value_size;
    } cache[MAX_SESSIONS];
    size_t cached;

    /* The time of the first connection, and by how much tests have moved the clock, in seconds. */
    uint64_t start, delay;
};

struct endpoint {
    const struct options *options;
    struct shared *shared;
    struct transport transport;
    struct s2n_connection *conn;

    /* The config, and the one that the ClientHello callback replaces it by. */
    struct s2n_config *config, *selected_config;
    struct s2n_cert_chain_and_key *chains[MAX_CREDENTIALS + 1];
    size_t chain_count;

    /* Operations that block the handshake in asynchronous mode. */
    struct s2n_async_pkey_op *operation;
    struct s2n_cert_validation_info *validation;
    bool hello_is_pending;

    bool hello_called, validated, stored_session;

    /* The session of the last ticket, or of the handshake in TLS 1.2. */
    uint8_t session[MAX_SESSION];
    size_t session_size;

    /* Early data that was accepted, or received. */
    size_t early_data_sent;

    /* The value of s2n_errno of the last error. */
    int error;
};

/* options.c */
struct all_options {
    struct options initial, resume, retry;
};
void parse_options(int argc, char **argv, struct all_options *options);

/* Ends the program as unimplemented: the runner skips the test. */
_Noreturn void unimplemented(const char *what);

struct bytes decode_base64(const char *flag, const char *value);

/* policy.c */
const char *define_policy(const struct options *options);
int version_of(int protocol_version);
uint16_t group_of(const char *name);
uint16_t scheme_of(const char *name);

/* credentials.c */
void load_credentials(struct endpoint *endpoint, struct s2n_config *config);
char *read_text(const char *path);
void trust(const struct options *options, struct s2n_config *config);
bool check_peer_chain(struct endpoint *endpoint);

/* raw_keys.c */
bool accepts_raw_keys(const struct options *options);
bool accepts_certificates(const struct options *options);
void trust_raw_keys(const struct options *options, struct s2n_config *config);
void check_available_types(const struct options *options);
bool check_peer_key(struct endpoint *endpoint, const struct options *options);

/* config.c */
struct s2n_config *new_config(struct endpoint *endpoint);

/* transport.c */
bool connect_to_runner(const struct options *options, struct transport *transport);
void disconnect_from_runner(struct transport *transport);
int transport_recv(void *context, uint8_t *buf, uint32_t len);
int transport_send(void *context, const uint8_t *buf, uint32_t len);

/* quic.c */
bool quic_start(struct endpoint *endpoint);
bool quic_end_handshake(struct endpoint *endpoint);
void quic_free(struct transport *transport);
int quic_recv_messages(struct transport *transport, uint8_t *buf, size_t size);
int quic_send_messages(struct transport *transport, const uint8_t *buf, size_t size);
bool quic_send_data(struct transport *transport, const void *data, size_t size);
ssize_t quic_receive_data(struct endpoint *endpoint, uint8_t *buf, size_t size);
void quic_send_alert(struct endpoint *endpoint);

/* ech.c */
bool ech_start(struct endpoint *endpoint);
bool check_ech(struct endpoint *endpoint, const struct options *options);
bool check_ech_name(struct endpoint *endpoint);
void check_ech_rejection(struct endpoint *endpoint);

/* handshake.c */
bool shake_hands(struct endpoint *endpoint);
bool may_continue(struct endpoint *endpoint, s2n_blocked_status blocked);
void print_error(struct endpoint *endpoint, const char *what);

/* expectations.c */
bool check_handshake(struct endpoint *endpoint, const struct options *options, bool is_resume);
bool check_session(struct endpoint *endpoint, const struct options *options);
bool complain(const char *what);

/* transfer.c */
bool send_early_data(struct endpoint *endpoint);
bool receive_early_data(struct endpoint *endpoint);
bool transfer(struct endpoint *endpoint, const struct options *options);

#endif
