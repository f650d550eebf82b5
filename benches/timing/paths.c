/*
 * The paths whose times are measured. The library runs once per sample, on a connection of its own: a connection
 * is closed after a failure.
 */
#include "timing.h"

/* What a path keeps between samples. */
static struct {
    const struct suite *suite;
    struct pair *pair;
    struct s2n_psk *psk;
    uint8_t state[400];
    uint32_t state_size;
    /* The input that is altered, its size, and the bytes of it that are wrong in each class. */
    uint8_t input[20000];
    size_t size;
    size_t wrong[2];
    int result;
    /* Whether a ticket is rejected, and whether it was in this sample. */
    int has_ticket, refused;
} now;

static const uint8_t SECRET[SECRET_SIZE] = "the secret of the pre-shared key";
static uint8_t ticket_secret[SECRET_SIZE] = "the secret of the ticket key";
static s2n_blocked_status blocked;

static void keep_input(struct transport *transport)
{
    now.size = transport->written - transport->read;
    CHECK(now.size <= sizeof(now.input));
    memcpy(now.input, transport->bytes + transport->read, now.size);
}

/* The server's input, with one byte that is wrong. */
static void alter_input(int class)
{
    struct transport *transport = &now.pair->to_server;
    memcpy(transport->bytes, now.input, now.size);
    transport->bytes[now.wrong[class]] ^= 0x40;
    transport->read = 0;
    transport->written = now.size;
}

static void renew_server(int class)
{
    CHECK_OK(s2n_connection_wipe(now.pair->server));
    attach(now.pair->server, now.pair, &now.pair->to_server, &now.pair->to_client);
    alter_input(class);
}

/* The tag of a record is wrong in its first byte, or in its last. */
static void begin_record(void)
{
    static const uint8_t data[100];
    now.pair = connected_pair_of(now.suite);
    CHECK_OK(s2n_connection_serialization_length(now.pair->server, &now.state_size));
    CHECK(now.state_size <= sizeof(now.state));
    CHECK_OK(s2n_connection_serialize(now.pair->server, now.state, now.state_size));
    CHECK(s2n_send(now.pair->client, data, sizeof(data), &blocked) == sizeof(data));
    keep_input(&now.pair->to_server);
    now.wrong[0] = now.size - TAG;
    now.wrong[1] = now.size - 1;
}

static void prepare_record(int class)
{
    renew_server(class);
    CHECK_OK(s2n_connection_deserialize(now.pair->server, now.state, now.state_size));
}

static int run_record(void)
{
    static uint8_t data[100];
    return s2n_recv(now.pair->server, data, sizeof(data), &blocked);
}

/* A binder is wrong in its first byte, or in its last. */
static void begin_binder(void)
{
    now.pair = new_pair_of(now.suite);
    append_psk(now.pair->client, now.suite, SECRET);
    negotiate_once(now.pair->client);
    keep_input(&now.pair->to_server);
    now.wrong[0] = now.size - now.suite->hash;
    now.wrong[1] = now.size - 1;
}

static void prepare_binder(int class)
{
    renew_server(class);
    append_psk(now.pair->server, now.suite, SECRET);
}

static int run_negotiate(void)
{
    return s2n_negotiate(now.pair->server, &blocked);
}

static int refuse_ticket(struct s2n_connection *conn, void *context, struct s2n_offered_psk_list *list)
{
    (void) conn;
    struct s2n_offered_psk *psk = context;
    CHECK_OK(s2n_offered_psk_list_next(list, psk));
    CHECK(s2n_offered_psk_list_choose_psk(list, psk) == -1);
    now.refused = 1;
    return -1;
}

static struct pair *unchanged(struct pair *pair)
{
    return pair;
}

/* A ClientHello with a ticket, and a server without a certificate, which fails after it has opened the ticket. */
static size_t begin_ticket(size_t *length)
{
    uint8_t first[SECRET_SIZE], second[SECRET_SIZE];
    memcpy(first, ticket_secret, sizeof(first));
    memcpy(second, ticket_secret, sizeof(second));
    struct session session = ticket_of(now.suite, first, unchanged);
    now.pair = new_pair_of(now.suite);
    CHECK_OK(s2n_connection_set_session(now.pair->client, session.bytes, session.length));
    negotiate_once(now.pair->client);
    keep_input(&now.pair->to_server);
    size_t at = offered_ticket(&now.pair->to_server, now.suite, length) - now.pair->to_server.bytes;

    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_offered_psk *psk = s2n_offered_psk_new();
    CHECK(config != NULL && psk != NULL);
    CHECK_OK(s2n_config_set_cipher_preferences(config, now.suite->policy));
    CHECK_OK(s2n_config_set_max_blinding_delay(config, 0));
    add_ticket_key(config, second);
    CHECK_OK(s2n_config_set_psk_selection_callback(config, refuse_ticket, psk));
    now.pair->config = config;
    now.has_ticket = 1;
    return at;
}

static void begin_ticket_tag(void)
{
    size_t length, at = begin_ticket(&length);
    now.wrong[0] = at + length - TAG;
    now.wrong[1] = at + length - 1;
}

static void begin_ticket_name(void)
{
    size_t length, at = begin_ticket(&length);
    now.wrong[0] = at + 1;
    now.wrong[1] = at + TICKET_NAME;
}

/* The secret of a PSK has one byte that is not 0: the first, or the last. */
static void begin_psk(void)
{
    now.psk = s2n_external_psk_new();
    CHECK(now.psk != NULL);
}

static void prepare_psk(int class)
{
    memset(now.input, 0, SECRET_SIZE);
    now.input[class * (SECRET_SIZE - 1)] = 1;
}

static int run_psk(void)
{
    return -1 - s2n_psk_set_secret(now.psk, now.input, SECRET_SIZE);
}

/* The positive control: a comparison of a tag that ends at the first difference. */
static void begin_control(void)
{
    now.size = 0;
}

static void prepare_control(int class)
{
    memset(now.input, 0, TAG);
    now.input[class * (TAG - 1)] = 1;
}

static int run_control(void)
{
    const volatile uint8_t *received = now.input;
    const volatile uint8_t *expected = now.input + TAG;
    for (int i = 0; i < TAG; i++) {
        if (received[i] != expected[i]) {
            return -1;
        }
    }
    return 0;
}

static const struct path {
    const char *name;
    int suite;
    void (*begin)(void);
    void (*prepare)(int class);
    int (*run)(void);
} paths[] = {
    { "control", 0, begin_control, prepare_control, run_control },
    { "psk-secret", 0, begin_psk, prepare_psk, run_psk },
    { "record-tag-12-aes128", 0, begin_record, prepare_record, run_record },
    { "record-tag-12-aes256", 1, begin_record, prepare_record, run_record },
    { "record-tag-12-chacha20", 2, begin_record, prepare_record, run_record },
    { "record-tag-13-aes128", 3, begin_record, prepare_record, run_record },
    { "record-tag-13-aes256", 4, begin_record, prepare_record, run_record },
    { "record-tag-13-chacha20", 5, begin_record, prepare_record, run_record },
    { "binder-13-aes128", 3, begin_binder, prepare_binder, run_negotiate },
    { "binder-13-aes256", 4, begin_binder, prepare_binder, run_negotiate },
    { "binder-13-chacha20", 5, begin_binder, prepare_binder, run_negotiate },
    { "ticket-tag", 3, begin_ticket_tag, renew_server, run_negotiate },
    { "ticket-name", 3, begin_ticket_name, renew_server, run_negotiate },
};

const char *path_name(size_t path)
{
    return path < sizeof(paths) / sizeof(paths[0]) ? paths[path].name : NULL;
}

static const struct path *current;

void path_begin(size_t path)
{
    memset(&now, 0, sizeof(now));
    current = &paths[path];
    now.suite = &suites[current->suite];
    current->begin();
}

void path_prepare(int class)
{
    current->prepare(class);
}

int path_run(void)
{
    now.result = current->run();
    return now.result;
}

void path_check(void)
{
    CHECK(now.result == -1);
    CHECK(now.refused == now.has_ticket);
    now.refused = 0;
}
