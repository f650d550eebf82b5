/* The cost of untrusted input. The endpoint under test runs in `under_test`, for a profiler that counts its
   instructions: `cost FOLDER CASE SIZE`. */
#include "security.h"
#include <s2n/unstable/crl.h>

static struct pair pair;
static struct s2n_crl *list;
/* The server receives early data. */
static int receives_early;

static uint8_t any_host(const char *name, size_t len, void *ctx)
{
    (void) name, (void) len, (void) ctx;
    return 1;
}

/* One call of the endpoint under test; its preparation is not counted. */
__attribute__((noinline)) int under_test(struct s2n_connection *conn, const char *pem)
{
    static uint8_t room[10000];
    s2n_blocked_status blocked;
    ssize_t received;
    if (pem) return s2n_crl_load_pem(list, (uint8_t *) pem, strlen(pem));
    if (receives_early) return s2n_recv_early_data(conn, room, sizeof room, &received, &blocked);
    return s2n_negotiate(conn, &blocked);
}

/* Performs a handshake with one endpoint under test. Returns 0 if that endpoint completed. */
static int handshake(struct s2n_config *client, struct s2n_config *server, s2n_mode endpoint_under_test)
{
    MUST(pair_open(&pair, client, server, "localhost"));
    struct s2n_connection *tested = endpoint_under_test == S2N_CLIENT ? pair.client : pair.server;
    struct s2n_connection *other = endpoint_under_test == S2N_CLIENT ? pair.server : pair.client;
    for (int i = 0; i < 10; i++) {
        s2n_blocked_status blocked;
        s2n_negotiate(other, &blocked);
        if (under_test(tested, NULL) == 0) return 0;
        if (s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) return -1;
    }
    return -1;
}

static int client_is_tested(const char *file, int accepted, const char *ocsp)
{
    struct s2n_cert_chain_and_key *own = chain(file, "leaf.key");
    struct s2n_config *client = config("default_tls13", NULL, "cost_root.pem");
    if (ocsp) {
        size_t len;
        uint8_t *response = read_file(ocsp, &len);
        MUST(s2n_cert_chain_and_key_set_ocsp_data(own, response, len));
        MUST(s2n_config_set_status_request_type(client, S2N_STATUS_REQUEST_OCSP));
    }
    int result = handshake(client, config("default_tls13", own, NULL), S2N_CLIENT);
    if ((result == 0) != accepted) { printf("%s: %s\n", file, s2n_strerror_name(s2n_errno)); return 2; }
    return 0;
}

static int server_is_tested(const char *file, int checks_time)
{
    struct s2n_config *client = config("default_tls13", chain(file, "leaf.key"), "root.pem");
    struct s2n_config *server = config("default_tls13", chain("leaf.pem", "leaf.key"), "amp_root.pem");
    MUST(s2n_config_set_client_auth_type(client, S2N_CERT_AUTH_OPTIONAL));
    MUST(s2n_config_set_client_auth_type(server, S2N_CERT_AUTH_REQUIRED));
    MUST(s2n_config_set_verify_host_callback(server, any_host, NULL));
    if (!checks_time) MUST(s2n_config_disable_x509_time_verification(server));
    return handshake(client, server, S2N_SERVER) == 0 ? 2 : 0;
}

static uint8_t *put(uint8_t *out, unsigned value, int bytes)
{
    while (bytes--) *out++ = value >> (8 * bytes);
    return out;
}

/* A server that has the ticket key "key". */
static struct s2n_config *with_tickets(const char *policy)
{
    struct s2n_config *server = config(policy, chain("leaf.pem", "leaf.key"), NULL);
    MUST(s2n_config_set_session_tickets_onoff(server, 1));
    MUST(s2n_config_add_ticket_crypto_key(server, (uint8_t *) "key", 3, (uint8_t *) "secret", 6, 0));
    return server;
}

/* Writes a ticket of the known key, which does not decrypt. */
static uint8_t *put_ticket(uint8_t *out, int len)
{
    memset(out, 7, len);
    memset(out + 1, 0, 16);
    memcpy(out, "\1key", 4);
    return out + len;
}

/* Writes an identity of an external key, all of which have the same length. */
static uint8_t *put_external(uint8_t *out, const char *owner, int number)
{
    return out + sprintf((char *) out, "%s-%04d", owner, number);
}

enum { EXTERNAL_LEN = 11 };

/* Writes psk_key_exchange_modes and pre_shared_key; or, for comparison, an unknown extension of the same content. The
   identities are tickets of `len` bytes, or with 0 external ones. */
static uint8_t *put_identities(uint8_t *out, int count, int len, int is_known)
{
    int identities = count * ((len ? len : EXTERNAL_LEN) + 6), binders = count * 33;
    out = put(put(put(out, 45, 2), 2, 2), 0x0101, 2);
    out = put(put(out, is_known ? 41 : 0x4000, 2), identities + binders + 4, 2);
    out = put(out, identities, 2);
    for (int i = 0; i < count; i++) {
        out = put(out, len ? len : EXTERNAL_LEN, 2);
        out = put(len ? put_ticket(out, len) : put_external(out, "client", i), 0, 4);
    }
    out = put(out, binders, 2);
    for (int i = 0; i < count; i++) {
        out = put(out, 32, 1);
        memset(out, 1, 32);
        out += 32;
    }
    return out;
}

/* Sends a ClientHello with these extensions, in records of 4,000 bytes. */
static void send_hello(int suite, const uint8_t *extensions, int len)
{
    static uint8_t message[70000];
    uint8_t *end = put(put(message, 1 << 24 | (len + 43), 4), 0x0303, 2);
    memset(end, 7, 32);
    end = put(put(put(put(put(end + 32, 0, 1), 2, 2), suite, 2), 0x0100, 2), len, 2);
    memcpy(end, extensions, len);
    end += len;
    for (uint8_t *from = message; from < end;) {
        int part = end - from < 4000 ? end - from : 4000;
        uint8_t header[5] = { 22, 3, 1, part >> 8, part };
        wire_send(&pair.c, header, 5);
        wire_send(&pair.c, from, part);
        from += part;
    }
}

/* Runs the server, which waits for more messages after it has processed those that were sent. */
static int server_waits(void)
{
    if (under_test(pair.server, NULL) == -1 && s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED) return 0;
    printf("the server does not wait: %s\n", s2n_strerror_name(s2n_errno));
    return 2;
}

/* Sends a ClientHello with these extensions to a server that answers it. */
static int server_answers(struct s2n_config *server, int suite, const uint8_t *extensions, int len)
{
    MUST(pair_open(&pair, server, server, NULL));
    send_hello(suite, extensions, len);
    return server_waits();
}

static const uint8_t groups[] = { 0, 10, 0, 4, 0, 2, 0, 23, 0, 13, 0, 4, 0, 2, 4, 3 };
/* supported_versions, and no key share: the server sends a HelloRetryRequest. */
static const uint8_t tls13[] = { 0, 43, 0, 3, 2, 3, 4, 0, 51, 0, 2, 0, 0 };

/* Sends tickets that do not decrypt, or with `is_known` 0 an unknown extension: TLS 1.3 with `count` identities of
   `len` bytes, or TLS 1.2 with one ticket. */
static int tickets(int version, int count, int len, int is_known)
{
    static uint8_t extensions[70000];
    uint8_t *end = extensions;
    memcpy(end, groups, sizeof groups);
    end += sizeof groups;
    if (version == S2N_TLS12) {
        end = put_ticket(put(put(end, is_known ? 35 : 0x4000, 2), len, 2), len);
        return server_answers(with_tickets("20240501"), 0xc02b, extensions, end - extensions);
    }
    memcpy(end, tls13, sizeof tls13);
    end = put_identities(end + sizeof tls13, count, len, is_known);
    return server_answers(with_tickets("default_tls13"), 0x1301, extensions, end - extensions);
}

static struct s2n_config *tls13_config(void) { return config("default_tls13", chain("leaf.pem", "leaf.key"), NULL); }

/* Appends an external pre-shared key that permits early data. */
static void append_key(struct s2n_connection *conn, const char *owner, int number)
{
    uint8_t identity[EXTERNAL_LEN + 1];
    put_external(identity, owner, number);
    struct s2n_psk *psk = s2n_external_psk_new();
    MUST(s2n_psk_set_identity(psk, identity, EXTERNAL_LEN));
    MUST(s2n_psk_set_secret(psk, (const uint8_t *) "secret", 6));
    MUST(s2n_psk_configure_early_data(psk, 100000, 0x13, 0x01));
    MUST(s2n_connection_append_psk(conn, psk));
    MUST(s2n_psk_free(&psk));
}

/* A selection callback that reads all identities, and selects none. */
static int read_identities(struct s2n_connection *conn, void *ctx, struct s2n_offered_psk_list *offered)
{
    struct s2n_offered_psk *psk = s2n_offered_psk_new();
    uint8_t *identity;
    uint16_t len;
    (void) conn, (void) ctx;
    while (s2n_offered_psk_list_has_next(offered)) {
        MUST(s2n_offered_psk_list_next(offered, psk));
        MUST(s2n_offered_psk_get_identity(psk, &identity, &len));
    }
    return s2n_offered_psk_free(&psk);
}

/* Writes a ClientHello with external identities, of which the server has none. */
static void send_identities(int count, int has_early_data)
{
    static uint8_t extensions[70000];
    uint8_t *end = extensions;
    memcpy(end, groups, sizeof groups);
    memcpy(end += sizeof groups, tls13, sizeof tls13);
    end += sizeof tls13;
    if (has_early_data) end = put(end, 42 << 16, 4);
    end = put_identities(end, count, 0, 1);
    send_hello(0x1301, extensions, end - extensions);
}

/* Offers `identities` external keys to a server that has `keys` other ones, and may have a selection callback. */
static int external(int identities, int keys, s2n_psk_selection_callback callback)
{
    struct s2n_config *server = tls13_config();
    MUST(s2n_config_set_psk_selection_callback(server, callback, NULL));
    MUST(pair_open(&pair, server, server, NULL));
    for (int i = 0; i < keys; i++) append_key(pair.server, "server", i);
    send_identities(identities, 0);
    return server_waits();
}

/* Sends records of early data behind a ClientHello that the server rejects with a HelloRetryRequest: the length of
   their content in bytes is `len`. The server waits for another ClientHello, or ends the handshake. */
static int retried_records(int records, int len, int waits)
{
    static const uint8_t body[18];
    const uint8_t header[] = { 23, 3, 3, 0, 17 + len };
    struct s2n_config *server = tls13_config();
    MUST(pair_open(&pair, server, server, NULL));
    send_identities(1, 1);
    for (int i = 0; i < records; i++) {
        wire_send(&pair.c, header, sizeof header);
        wire_send(&pair.c, body, 17 + len);
    }
    if (waits) return server_waits();
    return under_test(pair.server, NULL) == -1 && s2n_error_get_type(s2n_errno) == S2N_ERR_T_PROTO ? 0 : 2;
}

/* Sends early data in records of one byte to a server that accepts it, or does not have its key. */
static int early_records(int records, int is_accepted)
{
    MUST(pair_open(&pair, config("default_tls13", NULL, "root.pem"), tls13_config(), "localhost"));
    append_key(pair.client, "client", 0);
    if (is_accepted) append_key(pair.server, "client", 0);
    for (int i = 0; i < records; i++) {
        s2n_blocked_status blocked;
        ssize_t sent;
        uint8_t byte = i;
        if (s2n_send_early_data(pair.client, &byte, 1, &sent, &blocked) == 0 || sent != 1) return 2;
    }
    receives_early = is_accepted;
    return server_waits();
}

/* Sends a TLS 1.3 ClientHello with this number of unknown extensions, in records of 4,000 bytes. */
static int hello(int extensions)
{
    static uint8_t message[70000];
    static const uint8_t known[] = {
        0, 43, 0, 3, 2, 3, 4, 0, 10, 0, 4, 0, 2, 0, 23, 0, 13, 0, 4, 0, 2, 4, 3, 0, 51, 0, 2, 0, 0
    };
    uint8_t *out = put(message, 1 << 24, 4), *end;
    out = put(out, 0x0303, 2);
    memset(out, 7, 32);
    out = put(put(put(out + 32, 0, 1), 2, 2), 0x1301, 2);
    out = put(out, 0x0100, 2);
    end = put(out, sizeof known + 4 * extensions, 2);
    memcpy(end, known, sizeof known);
    end += sizeof known;
    for (int i = 0; i < extensions; i++) end = put(put(end, 0x4000 + i, 2), 0, 2);
    put(message + 1, end - message - 4, 3);
    struct s2n_config *server = config("default_tls13", chain("leaf.pem", "leaf.key"), NULL);
    MUST(pair_open(&pair, server, server, NULL));
    for (uint8_t *from = message; from < end;) {
        int len = end - from < 4000 ? end - from : 4000;
        uint8_t header[5] = { 22, 3, 1, len >> 8, len };
        wire_send(&pair.c, header, 5);
        wire_send(&pair.c, from, len);
        from += len;
    }
    /* The server parses the whole ClientHello and sends a HelloRetryRequest for a key share. */
    if (under_test(pair.server, NULL) == 0 || s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
        printf("%d extensions: %s\n", extensions, s2n_strerror_name(s2n_errno));
        return 2;
    }
    return 0;
}

int main(int argc, char **argv)
{
    char file[64], response[64];
    begin(argc, argv);
    if (argc != 4) return 2;
    const char *name = argv[2];
    int size = atoi(argv[3]);
    MUST(s2n_init());
    snprintf(file, sizeof file, "cost_%s_%d.pem", name, size);
    if (!strcmp(name, "chain")) return server_is_tested(size == 1 ? "amp_alone.pem" : "amp_six.pem", 1);
    if (!strcmp(name, "chain_any_time")) return server_is_tested(size == 1 ? "amp_alone.pem" : "amp_six.pem", 0);
    if (!strcmp(name, "names")) return client_is_tested(file, 0, NULL);
    if (!strcmp(name, "constraints")) return client_is_tested(file, 1, NULL);
    if (!strcmp(name, "hello")) return hello(size);
    /* Sizes 0 and 1: unknown extensions, and tickets in their place. */
    if (!strcmp(name, "identities")) return tickets(S2N_TLS13, size, 110, 1);
    if (!strcmp(name, "many_identities")) return tickets(S2N_TLS13, 400, 110, size);
    if (!strcmp(name, "long_identities")) return tickets(S2N_TLS13, 3, 20000, size);
    if (!strcmp(name, "external_identities")) return external(size, 400, NULL);
    if (!strcmp(name, "external_keys")) return external(400, size, NULL);
    if (!strcmp(name, "external_psks")) return external(size, size, NULL);
    if (!strcmp(name, "listed_identities")) return external(size, 1, read_identities);
    if (!strcmp(name, "retried_records")) return retried_records(size, 1, 1);
    if (!strcmp(name, "empty_records")) return retried_records(size, 0, 0);
    if (!strcmp(name, "early_records")) return early_records(size, 1);
    if (!strcmp(name, "skipped_records")) return early_records(size, 0);
    if (!strcmp(name, "early_rejection")) return early_records(2000, !size);
    if (!strcmp(name, "tls12_ticket")) return tickets(S2N_TLS12, 1, 60000, size);
    if (!strcmp(name, "ocsp")) {
        snprintf(response, sizeof response, "cost_ocsp_%d.der", size);
        return client_is_tested("cost_ocsp.pem", 0, response);
    }
    if (!strcmp(name, "list")) {
        list = s2n_crl_new();
        return under_test(NULL, (char *) read_file(file, NULL)) ? 2 : 0;
    }
    return 2;
}
