/*
 * The paths whose times are measured. The library runs once per sample, on a connection of its own: a connection
 * is closed after a failure.
 */
#include "timing.h"

enum { INPUT = 4096 };

/* What a path keeps between samples. */
static struct {
    const struct suite *suite;
    struct pair *pair;
    struct s2n_psk *psk;
    uint8_t state[400];
    uint32_t state_size;
    /* The inputs of both classes, and their size. */
    uint8_t inputs[2][INPUT];
    size_t size;
    /* The input of this sample, unless it is in the transport. */
    uint8_t input[SECRET_SIZE];
    int result;
    /* Whether a ticket is rejected, and whether it was in this sample. */
    int has_ticket, refused;
} now;

static const uint8_t SECRET[SECRET_SIZE] = "the secret of the pre-shared key";
static uint8_t ticket_secret[SECRET_SIZE] = "the secret of the ticket key";
static s2n_blocked_status blocked;

/* Keeps what is in transit, with the byte that is wrong in each class. */
static void keep_inputs(struct transport *transport, size_t first, size_t second)
{
    const size_t wrong[] = { first, second };
    now.size = transport->written;
    CHECK(transport->read == 0 && now.size <= INPUT);
    for (int class = 0; class < 2; class++) {
        CHECK(wrong[class] < now.size);
        memcpy(now.inputs[class], transport->bytes, now.size);
        now.inputs[class][wrong[class]] ^= 0x40;
    }
}

/* The same instructions write the input of either class, to the same addresses: only values differ. */
static void set_input(uint8_t *input, size_t size, int class)
{
    const uint8_t right = -class;
    for (size_t i = 0; i < size; i++) {
        input[i] = (now.inputs[0][i] & ~right) | (now.inputs[1][i] & right);
    }
}

static void renew_server(int class)
{
    CHECK_OK(s2n_connection_wipe(now.pair->server));
    attach(now.pair->server, now.pair, &now.pair->to_server, &now.pair->to_client);
    struct transport *transport = &now.pair->to_server;
    set_input(transport->bytes, now.size, class);
    transport->read = 0;
    transport->written = now.size;
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
    const size_t size = now.pair->to_server.written - now.pair->to_server.read;
    struct transport *transport = &now.pair->to_server;
    memmove(transport->bytes, transport->bytes + transport->read, size);
    transport->read = 0;
    transport->written = size;
    keep_inputs(transport, size - TAG, size - 1);
}

/* The negative control: both classes have the same input. */
static void begin_same(void)
{
    begin_record();
    memcpy(now.inputs[1], now.inputs[0], now.size);
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
    const size_t size = now.pair->to_server.written;
    keep_inputs(&now.pair->to_server, size - now.suite->hash, size - 1);
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
static void begin_ticket(bool is_tag)
{
    uint8_t first[SECRET_SIZE], second[SECRET_SIZE];
    memcpy(first, ticket_secret, sizeof(first));
    memcpy(second, ticket_secret, sizeof(second));
    struct session session = ticket_of(now.suite, first, unchanged);
    now.pair = new_pair_of(now.suite);
    CHECK_OK(s2n_connection_set_session(now.pair->client, session.bytes, session.length));
    negotiate_once(now.pair->client);
    size_t length, at = offered_ticket(&now.pair->to_server, now.suite, &length) - now.pair->to_server.bytes;
    if (is_tag) {
        keep_inputs(&now.pair->to_server, at + length - TAG, at + length - 1);
    } else {
        keep_inputs(&now.pair->to_server, at + 1, at + TICKET_NAME);
    }

    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_offered_psk *psk = s2n_offered_psk_new();
    CHECK(config != NULL && psk != NULL);
    CHECK_OK(s2n_config_set_cipher_preferences(config, now.suite->policy));
    CHECK_OK(s2n_config_set_max_blinding_delay(config, 0));
    add_ticket_key(config, second);
    CHECK_OK(s2n_config_set_psk_selection_callback(config, refuse_ticket, psk));
    now.pair->config = config;
    now.has_ticket = 1;
}

static void begin_ticket_tag(void)
{
    begin_ticket(true);
}

static void begin_ticket_name(void)
{
    begin_ticket(false);
}

/* The secret of a PSK has one byte that is not 0: the first, or the last. */
static void begin_psk(void)
{
    now.psk = s2n_external_psk_new();
    CHECK(now.psk != NULL);
    now.inputs[0][0] = now.inputs[1][SECRET_SIZE - 1] = 1;
}

static void prepare_psk(int class)
{
    set_input(now.input, SECRET_SIZE, class);
}

static int run_psk(void)
{
    return -1 - s2n_psk_set_secret(now.psk, now.input, SECRET_SIZE);
}

/* The positive control: a comparison of a tag that ends at the first difference. */
static void begin_control(void)
{
    now.inputs[0][0] = now.inputs[1][TAG - 1] = 1;
}

static void prepare_control(int class)
{
    set_input(now.input, TAG, class);
}

static int run_control(void)
{
    const volatile uint8_t *received = now.input;
    static const volatile uint8_t expected[TAG];
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
    { "same-input", 3, begin_same, prepare_record, run_record },
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
