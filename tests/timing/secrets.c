/*
 * Marks secrets as undefined, under memcheck, which reports each branch and each address that depends on one. What
 * the library sends is public, so that the transport defines it.
 *
 * The only reports that are allowed are decisions with an outcome that the peer or the application observes: a tag,
 * a binder or verify_data is right or wrong as a whole. A comparison byte by byte has more reports. A path ends
 * where a plaintext would be undefined that the library has to parse.
 *
 * usage: secrets FOLDER-OF-CERTIFICATES
 */
#include "timing.h"

#include <valgrind/memcheck.h>

static s2n_blocked_status blocked;

static void make_secret(const void *bytes, size_t size)
{
    (void) VALGRIND_MAKE_MEM_UNDEFINED(bytes, size);
}

static void make_public(const void *bytes, size_t size)
{
    (void) VALGRIND_MAKE_MEM_DEFINED(bytes, size);
}

static int send_publicly(void *context, const uint8_t *bytes, uint32_t size)
{
    make_public(bytes, size);
    return transport_send(context, bytes, size);
}

static struct pair *publish(struct pair *pair)
{
    CHECK_OK(s2n_connection_set_send_cb(pair->client, send_publicly));
    CHECK_OK(s2n_connection_set_send_cb(pair->server, send_publicly));
    return pair;
}

/* The number of reports so far, which the next path begins with. */
static unsigned reports;
static int paths, failures;

/* Ends a path with its number of decisions, each of which is one report. */
static void end_path(const char *path, const struct suite *suite, unsigned decisions)
{
    const unsigned found = VALGRIND_COUNT_ERRORS - reports;
    reports += found;
    paths++;
    failures += found != decisions;
    printf("%s%u reports of %u decisions: %s, %s\n", found == decisions ? "" : "FAILED: ", found, decisions, path,
            suite->policy + strlen("custom:"));
    fflush(stdout);
}

/* A comparison that ends at the first difference: it must be reported. */
static void report_control(void)
{
    volatile uint8_t expected[TAG] = { 0 }, received[TAG] = { 0 };
    make_secret((const void *) expected, TAG);
    int i = 0;
    while (i < TAG && expected[i] == received[i]) {
        i++;
    }
    CHECK(i == TAG);
    CHECK(VALGRIND_COUNT_ERRORS > 0);
    reports = VALGRIND_COUNT_ERRORS;
    printf("control: %u reports\n", reports);
}

/* The tag of a record, right and wrong. */
static void open_tags(const struct suite *suite, size_t size)
{
    static uint8_t data[1 << 14];
    struct pair *pair = publish(connected_pair_of(suite));
    for (int wrong = 0; wrong < 2; wrong++) {
        CHECK(s2n_send(pair->client, data, size, &blocked) == (ssize_t) size);
        uint8_t *tag = last_byte(&pair->to_server) - TAG + 1;
        tag[0] ^= wrong;
        make_secret(tag, TAG);
        ssize_t result = s2n_recv(pair->server, data, size, &blocked);
        CHECK(result == (wrong ? -1 : (ssize_t) size));
    }
    end_path("tag of a record", suite, 2);
    disconnect(pair);
}

/* The keys of a connection, in the state that is serialized last. */
static void use_keys(const struct suite *suite, size_t size)
{
    static uint8_t data[1 << 14];
    uint8_t state[400];
    uint32_t length = 0;
    struct pair *pair = publish(connected_pair_of(suite));
    CHECK_OK(s2n_connection_serialization_length(pair->client, &length));
    CHECK(length <= sizeof(state));
    CHECK_OK(s2n_connection_serialize(pair->client, state, length));
    CHECK_OK(s2n_connection_wipe(pair->client));
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    publish(pair);
    /* Three secrets; or the master secret, which two public random values follow. */
    const size_t secrets = suite->tls13 ? 3 * suite->hash : 48 + 2 * 32;
    make_secret(state + length - secrets, suite->tls13 ? secrets : 48);
    CHECK_OK(s2n_connection_deserialize(pair->client, state, length));
    CHECK(s2n_send(pair->client, data, size, &blocked) == (ssize_t) size);
    CHECK(s2n_recv(pair->server, data, size, &blocked) == (ssize_t) size);
    end_path("keys that seal", suite, 0);
    if (!suite->tls13) {
        CHECK(s2n_send(pair->server, data, size, &blocked) == (ssize_t) size);
        CHECK(s2n_recv(pair->client, data, size, &blocked) == (ssize_t) size);
        end_path("keys that open", suite, 1);
    }
    make_public(data, sizeof(data));
    disconnect(pair);
}

/* The plaintext of a record that is received, without its content type in TLS 1.3. */
static void receive_plaintext(const struct suite *suite, size_t size)
{
    static uint8_t data[1 << 14];
    struct pair *pair = publish(connected_pair_of(suite));
    CHECK(s2n_send(pair->client, data, size, &blocked) == (ssize_t) size);
    make_secret(last_byte(&pair->to_server) - TAG - suite->tls13 - size + 1, size);
    CHECK(s2n_recv(pair->server, data, size, &blocked) == (ssize_t) size);
    end_path("plaintext that is received", suite, 1);
    make_public(data, sizeof(data));
    disconnect(pair);
}

static void send_plaintext(const struct suite *suite, size_t size)
{
    static uint8_t data[1 << 14];
    struct pair *pair = publish(connected_pair_of(suite));
    make_secret(data, size);
    CHECK(s2n_send(pair->client, data, size, &blocked) == (ssize_t) size);
    end_path("plaintext that is sent", suite, 0);
    make_public(data, sizeof(data));
    disconnect(pair);
}

/* verify_data of the last message in transit, which the peer of the sender validates. */
static void receive_finished(const struct suite *suite, struct transport *transport, struct s2n_connection *conn)
{
    make_secret(last_byte(transport) - TAG - suite->tls13 - suite->hash + 1, suite->hash);
    negotiate_once(conn);
}

static void receive_both_finished(const struct suite *suite)
{
    struct pair *pair = publish(new_pair_of(suite));
    struct s2n_connection *const ends[] = { pair->client, pair->server };
    /* The client's first flight, and the server's, of which that of TLS 1.3 has its Finished. */
    int turn = 0;
    for (; turn < (suite->tls13 ? 2 : 3); turn++) {
        negotiate_once(ends[turn % 2]);
    }
    struct s2n_connection *conn = ends[turn % 2];
    receive_finished(suite, conn == pair->client ? &pair->to_client : &pair->to_server, conn);
    end_path("Finished that is received first", suite, 2);
    disconnect(pair);

    pair = publish(new_pair_of(suite));
    for (turn = 0; turn < (suite->tls13 ? 3 : 4); turn++) {
        negotiate_once(turn % 2 == 0 ? pair->client : pair->server);
    }
    conn = turn % 2 == 0 ? pair->client : pair->server;
    receive_finished(suite, conn == pair->client ? &pair->to_client : &pair->to_server, conn);
    end_path("Finished that is received last", suite, 2);
    disconnect(pair);
}

/* The binder that a server receives, right and wrong. */
static void receive_binder(const struct suite *suite, const uint8_t *secret)
{
    for (int wrong = 0; wrong < 2; wrong++) {
        struct pair *pair = publish(new_pair_of(suite));
        append_psk(pair->client, suite, secret);
        append_psk(pair->server, suite, secret);
        negotiate_once(pair->client);
        uint8_t *binder = last_binder(&pair->to_server, suite);
        binder[0] ^= wrong;
        make_secret(binder, suite->hash);
        CHECK(s2n_negotiate(pair->server, &blocked) == -1);
        CHECK_TEXT(s2n_strerror_name(s2n_errno), wrong ? "S2N_ERR_BAD_PSK_BINDER" : "S2N_ERR_IO_BLOCKED");
        disconnect(pair);
    }
    end_path("PSK binder", suite, 2);
}

/* The same before early data, where it is verified twice. */
static void receive_early_binder(const struct suite *suite, const uint8_t *secret)
{
    struct pair *pair = publish(new_pair_of(suite));
    offer_early_data(pair, suite, secret);
    expect_early_data(pair, suite, secret);
    uint8_t *binder = last_binder(&pair->to_server, suite);
    binder[0] ^= 1;
    make_secret(binder, suite->hash);
    CHECK_ERROR(receive_early_data(pair->server), S2N_ERR_BAD_PSK_BINDER);
    end_path("PSK binder with early data", suite, 2);
    disconnect(pair);
}

/* The secret of a PSK: a client's ClientHello, and a server's first flight. */
static void use_psk(const struct suite *suite, const uint8_t *secret)
{
    uint8_t hidden[SECRET_SIZE];
    memcpy(hidden, secret, sizeof(hidden));
    make_secret(hidden, sizeof(hidden));
    for (int server = 0; server < 2; server++) {
        struct pair *pair = publish(new_pair_of(suite));
        append_psk(pair->client, suite, server ? secret : hidden);
        append_psk(pair->server, suite, server ? hidden : secret);
        negotiate_once(pair->client);
        negotiate_once(pair->server);
        /* It is rejected if it is zeros, and a server decides whether the binder is right. */
        end_path(server ? "secret of a PSK of a server" : "secret of a PSK of a client", suite, server ? 2 : 1);
        disconnect(pair);
    }
}

/* The secrets of ticket keys: two that are compared, a ticket that is issued, and one that is not valid. */
static void use_ticket_key(const struct suite *suite, const uint8_t *secret)
{
    uint8_t hidden[SECRET_SIZE], another[SECRET_SIZE] = "another";
    struct pair *pair = publish(new_pair_of(suite));
    memcpy(hidden, secret, sizeof(hidden));
    make_secret(hidden, sizeof(hidden));
    make_secret(another, sizeof(another));
    add_ticket_key(pair->config, hidden);
    CHECK_OK(s2n_config_add_ticket_crypto_key(pair->config, (const uint8_t *) "another", 7, another,
            sizeof(another), 0));
    end_path("secret of a ticket key", suite, 1);
    disconnect(pair);

    memcpy(hidden, secret, sizeof(hidden));
    make_secret(hidden, sizeof(hidden));
    struct session session = ticket_of(suite, hidden, publish);
    end_path("ticket that is issued", suite, 0);

    memcpy(hidden, secret, sizeof(hidden));
    make_secret(hidden, sizeof(hidden));
    pair = publish(new_pair_of(suite));
    add_ticket_key(pair->config, hidden);
    CHECK_OK(s2n_connection_set_session(pair->client, session.bytes, session.length));
    negotiate_once(pair->client);
    size_t length;
    offered_ticket(&pair->to_server, suite, &length)[length - 1] ^= 1;
    negotiate_once(pair->server);
    end_path("ticket that is not valid", suite, 1);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    static const uint8_t secret[SECRET_SIZE] = "\0secret of thirty-two bytes....";
    CHECK(RUNNING_ON_VALGRIND);
    begin(argc, argv);
    report_control();
    for (int i = 0; i < SUITES; i++) {
        const struct suite *suite = &suites[i];
        for (size_t size = 100; size <= 4000; size += 3900) {
            open_tags(suite, size);
            use_keys(suite, size);
            receive_plaintext(suite, size);
            send_plaintext(suite, size);
        }
        receive_both_finished(suite);
        if (suite->tls13) {
            receive_binder(suite, secret);
            receive_early_binder(suite, secret);
            use_psk(suite, secret);
            use_ticket_key(suite, secret);
        }
    }
    printf("%d paths, %d with a number of reports that is not expected\n", paths, failures);
    return failures != 0;
}
