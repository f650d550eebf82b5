/*
 * The particulars of failed calls, for each kind of failure, and the log:
 * rs2n_connection_error_detail() and rs2n_set_log_callback().
 *
 * usage: detail FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <rs2n/rs2n.h>
#include <s2n/unstable/crl.h>
#include <stdbool.h>

/* Fails unless the text has the parts, in this order. */
static void expect_parts(const char *text, int line, const char *const parts[])
{
    const char *rest = text;
    for (size_t i = 0; parts[i] != NULL; i++) {
        const char *found = strstr(rest, parts[i]);
        if (found == NULL) {
            fprintf(stderr, "%s:%d: \"%s\" is not in: %s\n", __FILE__, line, parts[i], text);
            exit(1);
        }
        rest = found + strlen(parts[i]);
    }
}

/* The detail contains these parts, in this order, and only printable characters. */
static void expect_detail(struct s2n_connection *conn, int line, const char *const parts[])
{
    char text[4096] = "";
    const int len = rs2n_connection_error_detail(conn, text, sizeof(text));
    CHECK(len > 0 && (size_t) len == strlen(text));
    expect_parts(text, line, parts);
    for (const char *at = text; *at != '\0'; at++) {
        CHECK(*at >= ' ' && *at <= '~');
    }
    printf("%s\n", text);
}

#define EXPECT_DETAIL(conn, ...) \
    expect_detail(conn, __LINE__, (const char *const[]) { __VA_ARGS__, NULL })

static void expect_none(struct s2n_connection *conn)
{
    char text[] = "unchanged";
    CHECK(rs2n_connection_error_detail(conn, text, sizeof(text)) == 0);
    CHECK_TEXT(text, "");
}

static void expect(struct pair *pair, const char *client_outcome)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, client_outcome);
}

static void set_policies(struct pair *pair, const char *client, const char *server)
{
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, client));
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, server));
}

static void certificates(int tls13)
{
    struct pair *pair = new_pair(tls13, "expired");
    expect_none(pair->client);
    expect(pair, "S2N_ERR_CERT_EXPIRED");
    EXPECT_DETAIL(pair->client, "the certificate of \"CN=expired\" (serial number ", ":",
            "issued by \"CN=intermediate\")", "has expired on 2001-01-01 00:00:00 UTC; the time is 2");
    disconnect(pair);

    pair = new_pair(tls13, "future");
    expect(pair, "S2N_ERR_CERT_NOT_YET_VALID");
    EXPECT_DETAIL(pair->client, "\"CN=future\"", "is not valid before 2100-01-01 00:00:00 UTC");
    disconnect(pair);

    pair = new_pair(tls13, "unknown");
    expect(pair, "S2N_ERR_CERT_UNTRUSTED");
    EXPECT_DETAIL(pair->client, "\"CN=another test root\" (serial number ",
            "it is self-signed, and not in the trust store");
    disconnect(pair);

    pair = new_pair(tls13, "ecdsa");
    char *authority = read_file(folder, "other-ca.pem");
    CHECK_OK(s2n_config_wipe_trust_store(pair->config));
    CHECK_OK(s2n_config_add_pem_to_trust_store(pair->config, authority));
    free(authority);
    expect(pair, "S2N_ERR_CERT_UNTRUSTED");
    EXPECT_DETAIL(pair->client, "\"CN=intermediate\" (serial number ",
            "issued by \"CN=rs2n test root\"", "its issuer is not in the trust store");
    disconnect(pair);

    pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_wipe_trust_store(pair->config));
    expect(pair, "S2N_ERR_CERT_UNTRUSTED");
    EXPECT_DETAIL(pair->client, "the trust store of the config is empty");
    disconnect(pair);

    pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_set_server_name(pair->client, "other.rs2n.test"));
    expect(pair, "S2N_ERR_CERT_INVALID_HOSTNAME");
    EXPECT_DETAIL(pair->client, "\"CN=ecdsa\"", "the expected name is \"other.rs2n.test\"",
            "the certificate is for \"localhost\", \"www.rs2n.test\", \"*.wild.rs2n.test\", \"127.0.0.1\"");
    disconnect(pair);

    pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_max_cert_chain_depth(pair->config, 1));
    expect(pair, "S2N_ERR_CERT_MAX_CHAIN_DEPTH_EXCEEDED");
    EXPECT_DETAIL(pair->client, "the chain has 2 certificates; the maximum is 1");
    disconnect(pair);

    pair = new_pair(tls13, "client");
    expect(pair, "S2N_ERR_CERT_INTENT_INVALID");
    EXPECT_DETAIL(pair->client, "\"CN=client\"", "does not permit server authentication");
    disconnect(pair);
}

/* RFC 9151, whose policy has the label 20251013, requires P-384 and SHA-384. Its client has a config of its own, without a certificate. */
static void policy_refusal(const char *chain, const char *name, const char *part)
{
    struct pair *pair = new_pair(1, chain);
    char *authority = read_file(folder, "cnsa-ca.pem");
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(s2n_config_add_pem_to_trust_store(config, authority));
    CHECK_OK(s2n_config_set_cipher_preferences(config, "rfc9151"));
    CHECK_OK(s2n_connection_set_config(pair->client, config));
    expect(pair, "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT");
    EXPECT_DETAIL(pair->client, name, part, "is not permitted by the security policy \"20251013\"");
    CHECK_OK(s2n_config_free(config));
    free(authority);
    disconnect(pair);
}

static void policy_refusals(void)
{
    policy_refusal("rsa", "\"CN=rsa\"", "its key, rsa2048, ");
    policy_refusal("cnsa-sha256", "\"CN=cnsa-sha256\"", "algorithm, ECDSA with SHA-256, ");
}

static struct s2n_crl *crls[2];

static int look_up(struct s2n_crl_lookup *lookup, void *context)
{
    (void) context;
    uint64_t issuer = 0, found = 0;
    CHECK_OK(s2n_crl_lookup_get_cert_issuer_hash(lookup, &issuer));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(s2n_crl_get_issuer_hash(crls[i], &found));
        if (found == issuer) {
            return s2n_crl_lookup_set(lookup, crls[i]);
        }
    }
    return s2n_crl_lookup_ignore(lookup);
}

static void revocation(void)
{
    const char *const names[] = { "intermediate.crl", "ca.crl" };
    for (int i = 0; i < 2; i++) {
        char *pem = read_file(folder, names[i]);
        crls[i] = s2n_crl_new();
        CHECK_OK(s2n_crl_load_pem(crls[i], (uint8_t *) pem, strlen(pem)));
        free(pem);
    }
    struct pair *pair = new_pair(1, "rsa");
    CHECK_OK(s2n_config_set_crl_lookup_cb(pair->config, look_up, NULL));
    expect(pair, "S2N_ERR_CERT_REVOKED");
    EXPECT_DETAIL(pair->client, "\"CN=rsa\" (serial number ", "a revocation list (CRL) of its issuer");
    disconnect(pair);
    CHECK_OK(s2n_crl_free(&crls[0]));
    CHECK_OK(s2n_crl_free(&crls[1]));
}

/* The peer reports why it has ended the handshake. */
static void alerts(int tls13)
{
    struct pair *pair = new_pair(tls13, "unknown");
    expect(pair, "S2N_ERR_CERT_UNTRUSTED");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint64_t delay = s2n_connection_get_delay(pair->client);
    CHECK(delay > 0);
    CHECK_ERROR(s2n_shutdown_send(pair->client, &blocked), S2N_ERR_SHUTDOWN_PAUSED);
    EXPECT_DETAIL(pair->client, "it is self-signed, and not in the trust store",
            "a later call has failed with S2N_ERR_SHUTDOWN_PAUSED");
    disconnect(pair);

    pair = new_pair(tls13, "ecdsa");
    const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 48 };
    CHECK(transport_send(&pair->to_client, alert, sizeof(alert)) == sizeof(alert));
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_ALERT);
    EXPECT_DETAIL(pair->client, "the server has sent the alert unknown_ca (48), in the handshake");
    disconnect(pair);
}

static void nothing_in_common(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    set_policies(pair, "ELBSecurityPolicy-TLS-1-2-2017-01", "AWS-CRT-SDK-TLSv1.3-2023");
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_PROTOCOL_VERSION_UNSUPPORTED");
    EXPECT_DETAIL(pair->server, "no version in common: the client offers at most TLS 1.2",
            "of this server permits TLS 1.3");
    disconnect(pair);

    /* What both have in common requires an RSA certificate. */
    pair = new_pair(0, "ecdsa");
    set_policies(pair, "20210816", "KMS-FIPS-TLS-1-2-2018-10");
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_CIPHER_NOT_SUPPORTED");
    EXPECT_DETAIL(pair->server, "no cipher suite in common: the client offers ECDHE-",
            "the security policy \"KMS-FIPS-TLS-1-2-2018-10\" of this server permits ",
            "as far as a certificate of the config has a key for them");
    disconnect(pair);
}

/* Peers that do not speak TLS. */
static void other_protocols(void)
{
    static const char *const spoken[][2] = {
        { "HTTP/1.1 400 Bad Request\r\n\r\n", "are \"HTTP/\", as of an HTTP server without TLS" },
        { "SSH-2.0-OpenSSH_9.2\r\n", "are \"SSH-2\", as of SSH" },
        { "220 mail ESMTP\r\n", "are \"220 m\", as of SMTP or FTP, before STARTTLS" },
        { "\x1b[2Jabc", "are \"\\x1b[2Ja\"" },
    };
    for (size_t i = 0; i < sizeof(spoken) / sizeof(*spoken); i++) {
        struct pair *pair = new_pair(1, "ecdsa");
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        const char *text = spoken[i][0];
        CHECK(transport_send(&pair->to_client, (const uint8_t *) text, strlen(text)) > 0);
        pair->to_client.eof = 1;
        CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_CLOSED);
        EXPECT_DETAIL(pair->client, "closed the transport, and does not speak TLS: its first bytes ", spoken[i][1]);
        disconnect(pair);
    }
    struct pair *pair = new_pair(1, "ecdsa");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    const char *const request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    CHECK(transport_send(&pair->to_server, (const uint8_t *) request, strlen(request)) > 0);
    pair->to_server.eof = 1;
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_CLOSED);
    EXPECT_DETAIL(pair->server, "are \"GET /\", as of an HTTP client without TLS");
    disconnect(pair);
}

/* The offset of the last record in transit. */
static size_t last_record(struct transport *transport)
{
    size_t at = transport->read;
    for (;;) {
        const uint8_t *record = transport->bytes + at;
        const size_t next = at + 5 + ((size_t) record[3] << 8 | record[4]);
        if (next >= transport->written) {
            return at;
        }
        at = next;
    }
}

static struct pair *with_data(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    expect(pair, "S2N_ERR_OK");
    expect_none(pair->client);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t byte = 0;
    CHECK_ERROR(s2n_recv(pair->client, &byte, 1, &blocked), S2N_ERR_IO_BLOCKED);
    /* A blocked call has not failed. */
    expect_none(pair->client);
    CHECK(s2n_send(pair->server, "0123456789", 10, &blocked) == 10);
    return pair;
}

static void records(int tls13)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t data[64];

    struct pair *pair = with_data(tls13);
    pair->to_client.bytes[pair->to_client.written - 1] ^= 1;
    CHECK_ERROR(s2n_recv(pair->client, data, sizeof(data), &blocked),
            S2N_ERR_DECRYPT);
    EXPECT_DETAIL(pair->client, "cannot be authenticated: it was modified");
    CHECK_ERROR(s2n_recv(pair->client, data, sizeof(data), &blocked), S2N_ERR_CLOSED);
    EXPECT_DETAIL(pair->client, "cannot be authenticated: it was modified",
            "a later call has failed with S2N_ERR_CLOSED");
    disconnect(pair);

    pair = with_data(tls13);
    pair->to_client.written -= 3;
    pair->to_client.eof = 1;
    CHECK_ERROR(s2n_recv(pair->client, data, sizeof(data), &blocked), S2N_ERR_CLOSED);
    EXPECT_DETAIL(pair->client, "within a record of type application_data (23), after ");
    disconnect(pair);

    pair = with_data(tls13);
    pair->to_client.written = last_record(&pair->to_client) + 2;
    pair->to_client.eof = 1;
    CHECK_ERROR(s2n_recv(pair->client, data, sizeof(data), &blocked), S2N_ERR_CLOSED);
    EXPECT_DETAIL(pair->client, "within the header of a record, after 2 of 5 bytes");
    disconnect(pair);

    pair = with_data(tls13);
    pair->to_client.written = last_record(&pair->to_client);
    pair->to_client.eof = 1;
    CHECK_ERROR(s2n_recv(pair->client, data, sizeof(data), &blocked), S2N_ERR_CLOSED);
    EXPECT_DETAIL(pair->client, "closed the transport without a close_notify");
    disconnect(pair);

    pair = with_data(tls13);
    pair->to_client.bytes[last_record(&pair->to_client)] = 25;
    CHECK_ERROR(s2n_recv(pair->client, data, sizeof(data), &blocked), S2N_ERR_BAD_MESSAGE);
    EXPECT_DETAIL(pair->client, "a record of type 25, in place of the types 20 to 23");
    disconnect(pair);

    if (tls13) {
        static const uint8_t header[5] = { 23, 3, 3, 0x41, 0x01 };
        static uint8_t body[0x4101];
        pair = with_data(tls13);
        pair->to_client.written = last_record(&pair->to_client);
        CHECK(transport_send(&pair->to_client, header, sizeof(header)) == sizeof(header));
        CHECK(transport_send(&pair->to_client, body, sizeof(body)) == sizeof(body));
        CHECK_ERROR(s2n_recv(pair->client, data, sizeof(data), &blocked), S2N_ERR_RECORD_LIMIT);
        EXPECT_DETAIL(pair->client, "an encrypted record has 16641 bytes; the maximum is 16640");
        disconnect(pair);
    }
}

static void transports(void)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t data[64];

    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_IO);
    EXPECT_DETAIL(conn, "no file descriptor and no callback is set for sending");
    CHECK_OK(s2n_connection_wipe(conn));
    expect_none(conn);
    CHECK_OK(s2n_connection_free(conn));

    struct pair *pair = with_data(1);
    pair->to_client.recv_error = ECONNRESET;
    CHECK_ERROR(s2n_recv(pair->client, data, sizeof(data), &blocked), S2N_ERR_IO);
    EXPECT_DETAIL(pair->client, "receiving from the transport failed: Connection reset by peer");
    disconnect(pair);

    pair = with_data(1);
    pair->to_server.send_error = EBADF;
    CHECK_ERROR(s2n_send(pair->client, data, sizeof(data), &blocked), S2N_ERR_IO);
    EXPECT_DETAIL(pair->client, "sending to the transport failed: Bad file descriptor");
    disconnect(pair);

    pair = with_data(1);
    pair->to_server.send_error = EPIPE;
    CHECK_ERROR(s2n_send(pair->client, data, sizeof(data), &blocked), S2N_ERR_IO);
    EXPECT_DETAIL(pair->client, "sending to the transport failed: Broken pipe");
    CHECK_ERROR(s2n_send(pair->client, data, sizeof(data), &blocked), S2N_ERR_IO);
    EXPECT_DETAIL(pair->client, "an earlier write has failed");
    disconnect(pair);
}

static void states(void)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t data[64] = { 0 };
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_ERROR(s2n_send(pair->client, data, sizeof(data), &blocked), S2N_ERR_ENCRYPT);
    EXPECT_DETAIL(pair->client, "the handshake is not complete");
    CHECK_OK(s2n_shutdown_send(pair->client, &blocked));
    CHECK_ERROR(s2n_send(pair->client, data, sizeof(data), &blocked), S2N_ERR_CLOSED);
    EXPECT_DETAIL(pair->client, "no keys for sending");
    disconnect(pair);

    /* A repeated send must offer what the blocked one has accepted. */
    pair = with_data(1);
    pair->to_server.room = 10;
    CHECK_ERROR(s2n_send(pair->client, data, sizeof(data), &blocked), S2N_ERR_IO_BLOCKED);
    pair->to_server.room = SIZE_MAX;
    CHECK_ERROR(s2n_send(pair->client, data, 1, &blocked), S2N_ERR_SEND_SIZE);
    EXPECT_DETAIL(pair->client, "the call offers 1 bytes", "has accepted 64");
    disconnect(pair);
}

/* Memory callbacks that fail when required. */
static bool has_no_memory;

static int nothing(void)
{
    return S2N_SUCCESS;
}

static int allocate(void **ptr, uint32_t requested, uint32_t *allocated)
{
    *ptr = has_no_memory ? NULL : malloc(requested);
    *allocated = requested;
    return *ptr == NULL ? S2N_FAILURE : S2N_SUCCESS;
}

static int release(void *ptr, uint32_t size)
{
    (void) size;
    free(ptr);
    return S2N_SUCCESS;
}

/* The last one: a call that begins while memory is short does not reach the connection. */
static void memory(void)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    struct pair *pair = new_pair(1, "ecdsa");
    has_no_memory = true;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_ALLOC);
    EXPECT_DETAIL(pair->client, "an allocation of ", " bytes failed");
    has_no_memory = false;
    disconnect(pair);
}

/* The text is shortened like that of snprintf(). */
static void buffers(void)
{
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    char text[256] = "", part[8] = "xxxxxxx";
    CHECK(rs2n_connection_error_detail(conn, NULL, 0) == 0);
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_IO);
    const int len = rs2n_connection_error_detail(conn, NULL, 0);
    CHECK(len > 8 && len < 256);
    CHECK(rs2n_connection_error_detail(conn, text, sizeof(text)) == len);
    CHECK((int) strlen(text) == len);
    CHECK(rs2n_connection_error_detail(conn, part, sizeof(part)) == len);
    CHECK(strlen(part) == 7 && strncmp(part, text, 7) == 0);
    CHECK(rs2n_connection_error_detail(conn, part, 1) == len);
    CHECK_TEXT(part, "");
    /* Room for all but the NUL. */
    memset(text, 'x', sizeof(text));
    CHECK(rs2n_connection_error_detail(conn, text, len) == len);
    CHECK((int) strlen(text) == len - 1 && text[len] == 'x');
    CHECK_ERROR(rs2n_connection_error_detail(NULL, text, sizeof(text)), S2N_ERR_NULL);
    CHECK_ERROR(rs2n_connection_error_detail(conn, NULL, 1), S2N_ERR_NULL);
    CHECK_OK(s2n_connection_free(conn));
}

/* What the callback of the log has received. */
struct log {
    char text[16384];
    rs2n_log_level most;
    const struct s2n_connection *last;
    struct s2n_connection *reentered;
    int count;
};

static void on_message(rs2n_log_level level, struct s2n_connection *conn, const char *message,
        void *ctx)
{
    struct log *log = ctx;
    const size_t used = strlen(log->text);
    snprintf(log->text + used, sizeof(log->text) - used, "%d %s\n", (int) level, message);
    log->most = level > log->most ? level : log->most;
    log->last = conn;
    log->count++;
    if (log->reentered != NULL) {
        /* These calls fail, or succeed, without a message of their own. */
        s2n_blocked_status blocked;
        uint8_t byte;
        s2n_recv(log->reentered, &byte, 1, &blocked);
        s2n_negotiate(conn, &blocked);
        CHECK(s2n_connection_get_actual_protocol_version(conn) >= 0);
        rs2n_connection_error_detail(conn, (char *) &byte, 1);
        CHECK_OK(rs2n_set_log_callback(RS2N_LOG_DEBUG, on_message, ctx));
    }
}

static void expect_log(const struct log *log, int line, const char *const parts[])
{
    expect_parts(log->text, line, parts);
}

#define EXPECT_LOG(log, ...) expect_log(log, __LINE__, (const char *const[]) { __VA_ARGS__, NULL })

static void logs(int tls13)
{
    static struct log log;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t data[64];

    /* A connection from its first to its last call. */
    memset(&log, 0, sizeof(log));
    CHECK_OK(rs2n_set_log_callback(RS2N_LOG_DEBUG, on_message, &log));
    struct pair *pair = new_pair(tls13, "ecdsa");
    expect(pair, "S2N_ERR_OK");
    EXPECT_LOG(&log, "2 handshake: begins, of a client with the security policy \"",
            "3 handshake: a record of type handshake (22) with ",
            "3 handshake: the next message is ",
            "3 handshake: the certificate of the peer is accepted", "2 handshake: complete, TLS 1.",
            "3 s2n_negotiate: done");
    CHECK(s2n_send(pair->server, "0123456789", 10, &blocked) == 10);
    CHECK(s2n_recv(pair->client, data, sizeof(data), &blocked) == 10);
    CHECK_ERROR(s2n_recv(pair->client, data, sizeof(data), &blocked), S2N_ERR_IO_BLOCKED);
    if (tls13) {
        CHECK_OK(s2n_connection_request_key_update(pair->server, S2N_KEY_UPDATE_NOT_REQUESTED));
        CHECK(s2n_send(pair->server, "secret", 6, &blocked) == 6);
        CHECK(s2n_recv(pair->client, data, sizeof(data), &blocked) == 6);
        EXPECT_LOG(&log, "3 a KeyUpdate is sent", "3 s2n_send: 6 bytes", "3 a KeyUpdate is received");
    }
    CHECK_OK(s2n_shutdown_send(pair->server, &blocked));
    CHECK(s2n_recv(pair->client, data, sizeof(data), &blocked) == 0);
    EXPECT_LOG(&log, "3 s2n_send: 10 bytes", "3 s2n_recv: 10 bytes",
            "3 s2n_recv: blocked: underlying I/O operation would block",
            "2 the alert close_notify (0) is sent", "3 s2n_shutdown_send: done",
            "2 the alert close_notify (0) is received", "3 s2n_recv: 0 bytes");
    CHECK(log.last == pair->client && strstr(log.text, "secret") == NULL);
    disconnect(pair);

    /* Errors only. */
    memset(&log, 0, sizeof(log));
    CHECK_OK(rs2n_set_log_callback(RS2N_LOG_ERROR, on_message, &log));
    pair = new_pair(tls13, "expired");
    expect(pair, "S2N_ERR_CERT_EXPIRED");
    EXPECT_LOG(&log, "1 s2n_negotiate: S2N_ERR_CERT_EXPIRED: the certificate of \"CN=expired\"");
    CHECK(log.most == RS2N_LOG_ERROR && log.count == 1);
    disconnect(pair);

    /* Errors and the states of connections. */
    memset(&log, 0, sizeof(log));
    CHECK_OK(rs2n_set_log_callback(RS2N_LOG_INFO, on_message, &log));
    pair = new_pair(tls13, "ecdsa");
    expect(pair, "S2N_ERR_OK");
    CHECK(log.most == RS2N_LOG_INFO && log.count > 1);
    disconnect(pair);

    /* A callback that calls the library, with the connection in use and with another one. */
    memset(&log, 0, sizeof(log));
    CHECK_OK(rs2n_set_log_callback(RS2N_LOG_DEBUG, on_message, &log));
    pair = new_pair(tls13, "ecdsa");
    log.reentered = s2n_connection_new(S2N_CLIENT);
    expect(pair, "S2N_ERR_OK");
    CHECK(log.count > 10 && strstr(log.text, "S2N_ERR_REENTRANCY") == NULL);
    CHECK_OK(s2n_connection_free(log.reentered));
    log.reentered = NULL;
    disconnect(pair);

    /* Off. */
    CHECK_ERROR(rs2n_set_log_callback(RS2N_LOG_DEBUG, NULL, NULL), S2N_ERR_NULL);
    CHECK_ERROR(rs2n_set_log_callback((rs2n_log_level) 4, on_message, &log),
            S2N_ERR_INVALID_ARGUMENT);
    CHECK_OK(rs2n_set_log_callback(RS2N_LOG_OFF, NULL, NULL));
    log.count = 0;
    pair = new_pair(tls13, "expired");
    expect(pair, "S2N_ERR_CERT_EXPIRED");
    CHECK(log.count == 0);
    disconnect(pair);
}

static void versions(void)
{
    CHECK_TEXT(rs2n_version(), "rs2n " RS2N_VERSION " (API of s2n-tls-sys " RS2N_S2N_TLS_API ")");
    int major, minor, patch;
    CHECK(sscanf(RS2N_VERSION, "%d.%d.%d", &major, &minor, &patch) == 3);
    CHECK(RS2N_VERSION_NUMBER == (major << 16 | minor << 8 | patch));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    versions();
    CHECK_OK(s2n_mem_set_callbacks(nothing, nothing, allocate, release));
    CHECK_OK(s2n_init());
    buffers();
    for (int tls13 = 0; tls13 < 2; tls13++) {
        certificates(tls13);
        alerts(tls13);
        records(tls13);
        logs(tls13);
    }
    policy_refusals();
    revocation();
    nothing_in_common();
    other_protocols();
    transports();
    states();
    memory();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
