/*
 * Counts instructions of the library, under callgrind, for inputs that differ in one respect alone that depends on
 * a secret, such as which byte of an authentication tag is wrong. tests/timing/compare.py requires equal counts.
 *
 * Each input, a class, has a process of its own: all classes of a path begin with the same memory.
 *
 * usage: counts FOLDER-OF-CERTIFICATES
 */
#include "timing.h"

#include <sys/wait.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

/* The path and the class of the counts: the text of their dump. */
static char measured[100];

static void begin_count(void)
{
    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
}

/* The call has failed with this error. */
static void check_failure(int result, const char *error)
{
    CHECK(result == -1);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), error);
}

static void end_count(void)
{
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(measured);
}

static const char *name_of(const struct suite *suite)
{
    return suite->policy + strlen("custom:");
}

/* Runs each class of a path in a child. */
static void count_classes(const char *path, int classes, void (*run)(void *context, int class), void *context)
{
    for (int class = 0; class < classes; class++) {
        snprintf(measured, sizeof(measured), "%s/%d", path, class);
        fflush(NULL);
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            run(context, class);
            _exit(0);
        }
        int status = 0;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

/* A comparison that ends at the first difference: its counts must differ. */
static int leaking_comparison(const volatile uint8_t *a, const volatile uint8_t *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (a[i] != b[i]) {
            return 1;
        }
    }
    return 0;
}

static void compare_leaking(void *context, int class)
{
    uint8_t expected[TAG] = { 0 }, received[TAG] = { 0 };
    (void) context;
    received[class] = 1;
    begin_count();
    CHECK(leaking_comparison(expected, received, TAG) == 1);
    end_count();
}

/* A record with one bit that is wrong: in each byte of the tag, and in places of the ciphertext. */
struct record {
    struct pair *pair;
    size_t size;
};

static void open_record(void *context, int class)
{
    const struct record *record = context;
    static uint8_t received[1 << 14];
    struct transport *transport = &record->pair->to_server;
    uint8_t *tag = last_byte(transport) - TAG + 1;
    uint8_t *const places[] = { tag - 1, tag - record->size / 2, tag - record->size };
    *(class < TAG ? tag + class : places[class - TAG]) ^= 1 << class % 8;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    begin_count();
    ssize_t result = s2n_recv(record->pair->server, received, sizeof(received), &blocked);
    end_count();
    check_failure(result, "S2N_ERR_DECRYPT");
}

static void count_records(const struct suite *suite, size_t size)
{
    static const uint8_t zeros[1 << 14];
    struct record record = { connected_pair_of(suite), size };
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    /* Keys are expanded for the first record. */
    uint8_t byte;
    CHECK(s2n_send(record.pair->client, zeros, 1, &blocked) == 1);
    CHECK(s2n_recv(record.pair->server, &byte, 1, &blocked) == 1);
    CHECK(s2n_send(record.pair->client, zeros, size, &blocked) == (ssize_t) size);
    char path[80];
    snprintf(path, sizeof(path), "record of %zu bytes, %s", size, name_of(suite));
    count_classes(path, TAG + 3, open_record, &record);
    disconnect(record.pair);
}

/* A server that receives a ClientHello with a PSK. */
struct offer {
    const struct suite *suite;
    struct pair *pair;
    bool early_data;
};

/*
 * In one process: a child has to seed its random generator, which takes a varying time. Before that, the classes
 * are run until all that is initialized or allocated once exists.
 */
static void verify_binder(const struct offer *offer, int class)
{
    static const uint8_t secret[SECRET_SIZE] = "the secret of the pre-shared key";
    struct pair *pair = offer->pair;
    uint8_t *binder = last_binder(&pair->to_server, offer->suite);
    CHECK_OK(s2n_connection_wipe(pair->server));
    attach(pair->server, pair, &pair->to_server, &pair->to_client);
    if (offer->early_data) {
        expect_early_data(pair, offer->suite, secret);
    } else {
        append_psk(pair->server, offer->suite, secret);
    }
    binder[class] ^= 1 << class % 8;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    begin_count();
    int result = offer->early_data ? receive_early_data(pair->server) : s2n_negotiate(pair->server, &blocked);
    end_count();
    check_failure(result, "S2N_ERR_BAD_PSK_BINDER");
    binder[class] ^= 1 << class % 8;
    pair->to_server.read = 0;
}

static void count_binders(const struct suite *suite, bool early_data)
{
    static const uint8_t secret[SECRET_SIZE] = "the secret of the pre-shared key";
    struct offer offer = { suite, new_pair_of(suite), early_data };
    if (early_data) {
        offer_early_data(offer.pair, suite, secret);
    } else {
        append_psk(offer.pair->client, suite, secret);
        negotiate_once(offer.pair->client);
    }
    for (int class = -8; class < (int) suite->hash; class++) {
        snprintf(measured, sizeof(measured), "%sPSK binder%s, %s/%d", class < 0 ? "(warm-up) " : "",
                early_data ? " with early data" : "", name_of(suite), class);
        verify_binder(&offer, class < 0 ? class + 8 : class);
    }
    disconnect(offer.pair);
}

/* Chooses the ticket that the client offers. */
static int choose_ticket(struct s2n_connection *conn, void *context, struct s2n_offered_psk_list *list)
{
    const char *expected = context;
    (void) conn;
    struct s2n_offered_psk *psk = s2n_offered_psk_new();
    CHECK(psk != NULL);
    CHECK_OK(s2n_offered_psk_list_next(list, psk));
    begin_count();
    int result = s2n_offered_psk_list_choose_psk(list, psk);
    end_count();
    check_failure(result, expected);
    /* The handshake, which would continue without a PSK, is not measured. */
    _exit(0);
}

/* The first byte in which a ticket is wrong, and how the server rejects it. */
struct altered {
    struct offer offer;
    size_t first;
    const char *error;
};

static void open_ticket(void *context, int class)
{
    struct altered *altered = context;
    const struct offer *offer = &altered->offer;
    size_t length;
    uint8_t *ticket = offered_ticket(&offer->pair->to_server, offer->suite, &length);
    ticket[altered->first + class] ^= 1 << class % 8;
    CHECK_OK(s2n_config_set_psk_selection_callback(offer->pair->config, choose_ticket, (void *) altered->error));
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    s2n_negotiate(offer->pair->server, &blocked);
    CHECK(!"the callback was called");
}

static struct pair *unchanged(struct pair *pair)
{
    return pair;
}

static void count_tickets(const struct suite *suite)
{
    uint8_t secret[SECRET_SIZE] = "the secret of the ticket key", again[SECRET_SIZE];
    memcpy(again, secret, sizeof(again));
    struct session session = ticket_of(suite, secret, unchanged);
    struct altered altered = { .offer = { suite, new_pair_of(suite), false } };
    struct pair *pair = altered.offer.pair;
    add_ticket_key(pair->config, again);
    CHECK_OK(s2n_connection_set_session(pair->client, session.bytes, session.length));
    negotiate_once(pair->client);
    size_t length;
    offered_ticket(&pair->to_server, suite, &length);
    char path[80];

    altered.first = length - TAG;
    altered.error = "S2N_ERR_DECRYPT";
    snprintf(path, sizeof(path), "tag of a ticket, %s", name_of(suite));
    count_classes(path, TAG, open_ticket, &altered);
    altered.first = length - TAG - 32;
    snprintf(path, sizeof(path), "state of a ticket, %s", name_of(suite));
    count_classes(path, 32, open_ticket, &altered);
    altered.first = 1;
    altered.error = "S2N_ERR_KEY_USED_IN_SESSION_TICKET_NOT_FOUND";
    snprintf(path, sizeof(path), "name of a ticket key, %s", name_of(suite));
    count_classes(path, TICKET_NAME, open_ticket, &altered);
    disconnect(pair);
}

/* The first byte of a secret that is not 0. */
static void set_psk_secret(void *context, int class)
{
    uint8_t secret[SECRET_SIZE] = { 0 };
    secret[class] = 1;
    begin_count();
    int result = s2n_psk_set_secret(context, secret, sizeof(secret));
    end_count();
    CHECK(result == 0);
}

/* Secrets from which other keys are derived. */
static void add_another_ticket_key(void *context, int class)
{
    uint8_t secret[SECRET_SIZE] = { class };
    begin_count();
    int result = s2n_config_add_ticket_crypto_key(context, (const uint8_t *) "another", 7, secret, sizeof(secret), 0);
    end_count();
    CHECK(result == 0);
}

static void count_settings(void)
{
    struct s2n_psk *psk = s2n_external_psk_new();
    CHECK(psk != NULL);
    count_classes("secret of a PSK", SECRET_SIZE, set_psk_secret, psk);
    CHECK_OK(s2n_psk_free(&psk));
    struct s2n_config *config = s2n_config_new_minimal();
    uint8_t secret[SECRET_SIZE] = "the secret of the first key";
    CHECK(config != NULL);
    add_ticket_key(config, secret);
    count_classes("secret of a second ticket key", 16, add_another_ticket_key, config);
    CHECK_OK(s2n_config_free(config));
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    count_classes("control", TAG, compare_leaking, NULL);
    count_settings();
    for (int i = 0; i < SUITES; i++) {
        count_records(&suites[i], 100);
        count_records(&suites[i], 4000);
        if (suites[i].tls13) {
            count_binders(&suites[i], false);
            count_binders(&suites[i], true);
            count_tickets(&suites[i]);
        }
    }
    return 0;
}
