/*
 * The strike register and the ticket times of the example early_data, with clocks of the test.
 *
 * usage: strikes FOLDER-OF-CERTIFICATES
 */
#define _GNU_SOURCE
#include "pair.h"

#include <time.h>

static time_t now = 1800000000;

static time_t fake_time(void)
{
    return now;
}

static int fake_clock_gettime(struct timespec *out)
{
    *out = (struct timespec){ .tv_sec = now };
    return 0;
}

#define clock_gettime(clock, out) fake_clock_gettime(out)
#define time(out) ((void) (out), fake_time())
#include "../../examples-c/early_data/strikes.c"
#include "../../examples-c/early_data/tickets.c"

enum { LIFETIME = 660 };

static enum strike answer;
static int answers;

static void keep_answer(void *context, enum strike strike)
{
    CHECK(context == &answers);
    answer = strike;
    answers++;
}

static void open_register(const char *size)
{
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK(config != NULL);
    CHECK_OK(s2n_config_set_session_tickets_onoff(config, 1));
    CHECK_OK(strikes_open(-1, size, config, keep_answer));
    CHECK_OK(s2n_config_free(config));
}

static void close_register(void)
{
    strikes_close();
    memset(&strikes, 0, sizeof(strikes));
}

static enum strike add(uint64_t ticket)
{
    answers = 0;
    strikes_add(ticket, LIFETIME, &answers);
    CHECK(answers == 1);
    return answer;
}

static void a_ticket_is_new_once(void)
{
    open_register(NULL);
    for (uint64_t ticket = 0; ticket < 10000; ticket++) {
        CHECK(add(ticket * 0x9e3779b97f4a7c15) == STRIKE_NEW);
    }
    for (uint64_t ticket = 0; ticket < 10000; ticket++) {
        CHECK(add(ticket * 0x9e3779b97f4a7c15) == STRIKE_USED);
    }
    close_register();
}

static void an_entry_is_held_for_its_lifetime(void)
{
    open_register("10");
    CHECK(add(7) == STRIKE_NEW);
    now += LIFETIME;
    CHECK(add(7) == STRIKE_USED);
    now += 1;
    CHECK(add(7) == STRIKE_NEW);
    close_register();
}

/* No entry is dropped for a new one. */
static void a_full_register_records_nothing(void)
{
    open_register("3");
    for (uint64_t ticket = 0; ticket < 3; ticket++) {
        CHECK(add(ticket) == STRIKE_NEW);
        now += 10;
    }
    CHECK(add(3) == STRIKE_FAILED);
    CHECK(add(3) == STRIKE_FAILED);
    for (uint64_t ticket = 0; ticket < 3; ticket++) {
        CHECK(add(ticket) == STRIKE_USED);
    }
    /* The first one expires, and makes room for one. */
    now += LIFETIME + 1 - 30;
    CHECK(add(3) == STRIKE_NEW);
    CHECK(add(0) == STRIKE_FAILED);
    CHECK(add(1) == STRIKE_USED);
    close_register();
}

/* Tickets of one bucket, in a ring that is used many times over. */
static void buckets_lose_no_entry(void)
{
    open_register("7");
    for (uint64_t ticket = 0; ticket < 1000; ticket++) {
        CHECK(add(ticket / 3 * 7 + ticket % 3) == STRIKE_NEW);
        for (uint64_t known = ticket < 6 ? 0 : ticket - 6; known <= ticket; known++) {
            CHECK(add(known / 3 * 7 + known % 3) == STRIKE_USED);
        }
        now += LIFETIME / 7 + 1;
    }
    close_register();
}

static void invalid_sizes_are_rejected(void)
{
    static const char *const sizes[] = { "0", "", "no number", "4294967295", "99999999999" };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        CHECK(strikes_open(-1, sizes[i], NULL, keep_answer) == -1 && errno == EINVAL);
    }
}

/* What the early data callback finds out about a ticket. */
static int is_recent;
static uint64_t id;

static int decide(struct s2n_connection *conn, struct s2n_offered_early_data *offered)
{
    is_recent = ticket_is_recent(offered, LIFETIME);
    CHECK_OK(ticket_id(conn, &id));
    return s2n_offered_early_data_reject(offered);
}

static uint8_t session[2000];
static int session_length;

static int keep_ticket(struct s2n_connection *conn, void *context, struct s2n_session_ticket *ticket)
{
    (void) ticket;
    (void) context;
    session_length = s2n_connection_get_session(conn, session, sizeof(session));
    return 0;
}

static struct pair *new_pair_with_tickets(void)
{
    uint8_t secret[] = "the secret of the ticket key";
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(s2n_config_set_session_tickets_onoff(pair->config, 1));
    CHECK_OK(s2n_config_add_ticket_crypto_key(
            pair->config, (const uint8_t *) "key", 3, secret, sizeof(secret), 0));
    CHECK_OK(s2n_config_set_server_max_early_data_size(pair->config, 100));
    CHECK_OK(s2n_config_set_early_data_cb(pair->config, decide));
    CHECK_OK(s2n_config_set_session_ticket_cb(pair->config, keep_ticket, NULL));
    CHECK_OK(s2n_connection_add_new_tickets_to_send(pair->server, 1));
    return pair;
}

static void get_ticket(int has_time)
{
    struct pair *pair = new_pair_with_tickets();
    if (has_time) {
        CHECK_OK(ticket_set_time(pair->server));
    }
    const char *client, *server;
    negotiate(pair, &client, &server);
    uint8_t byte;
    s2n_blocked_status blocked;
    session_length = 0;
    CHECK_ERROR(s2n_recv(pair->client, &byte, 1, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(session_length > 0);
    disconnect(pair);
}

static void offer_ticket(void)
{
    struct pair *pair = new_pair_with_tickets();
    ssize_t count = 0;
    uint8_t data[10] = { 0 };
    s2n_blocked_status blocked;
    CHECK_OK(s2n_connection_set_session(pair->client, session, session_length));
    CHECK_ERROR(s2n_send_early_data(pair->client, data, 1, &count, &blocked), S2N_ERR_IO_BLOCKED);
    is_recent = 2;
    CHECK_OK(s2n_recv_early_data(pair->server, data, sizeof(data), &count, &blocked));
    disconnect(pair);
}

static void the_time_of_a_ticket_is_known(void)
{
    static const struct {
        int64_t age;
        int is_recent;
    } cases[] = {
        { 0, 1 },
        { LIFETIME - 1, 1 },
        { LIFETIME, 0 },
        { 100000, 0 },
        { -MAX_SKEW, 1 },
        { -MAX_SKEW - 1, 0 },
    };
    const time_t start = now;
    get_ticket(1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        now = start + cases[i].age;
        offer_ticket();
        CHECK(is_recent == cases[i].is_recent);
    }
    now = start;
    get_ticket(0);
    offer_ticket();
    CHECK(is_recent == 0);
}

static void the_id_identifies_a_ticket(void)
{
    get_ticket(1);
    offer_ticket();
    const uint64_t first = id;
    id = 0;
    offer_ticket();
    CHECK(id == first);
    get_ticket(1);
    offer_ticket();
    CHECK(id != first);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    a_ticket_is_new_once();
    an_entry_is_held_for_its_lifetime();
    a_full_register_records_nothing();
    buckets_lose_no_entry();
    invalid_sizes_are_rejected();
    the_time_of_a_ticket_is_known();
    the_id_identifies_a_ticket();
    return 0;
}
