/* Tests of the code in the guide, chapter resumption. */
#define _GNU_SOURCE /* memmem */
#include "resumption.md.h"
#include "pair.h"

static const uint64_t start = 1800000000;
static uint64_t now;

static int wall_clock(void *unused, uint64_t *nanoseconds)
{
    (void) unused;
    *nanoseconds = now * 1000000000;
    return 0;
}

/* The secret of a ticket key. */
static uint8_t *secret(int number)
{
    static uint8_t bytes[32];
    memset(bytes, number, sizeof(bytes));
    return bytes;
}

/* The session of the client, and the lookup of the server. */
static struct stored_session stored;
static struct lookup lookup;

/* A pair whose server has the first key. */
static struct pair *new_pair_with_tickets(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_wall_clock(pair->config, wall_clock, NULL));
    CHECK_OK(enable_client_tickets(pair->config));
    CHECK_OK(enable_server_tickets(pair->config, "first", secret(1), start));
    /* The config was assigned before it had tickets. */
    CHECK_OK(s2n_connection_add_new_tickets_to_send(pair->server, 1));
    CHECK_OK(s2n_connection_set_ctx(pair->client, &stored));
    CHECK_OK(s2n_connection_set_ctx(pair->server, &lookup));
    return pair;
}

/* Completes the handshakes, and returns whether the session was resumed. */
static int is_resumed(struct pair *pair)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    /* Behind the tickets of TLS 1.3. */
    s2n_blocked_status blocked;
    uint8_t data[4];
    CHECK(s2n_send(pair->server, "data", 4, &blocked) == 4);
    CHECK(s2n_recv(pair->client, data, 4, &blocked) == 4);
    CHECK(s2n_connection_is_session_resumed(pair->client)
            == s2n_connection_is_session_resumed(pair->server));
    return s2n_connection_is_session_resumed(pair->client);
}

/* Offers the stored session to the server of a pair, and disconnects. */
static int resumes(struct pair *pair)
{
    offer_session(pair->client, &stored);
    int resumed = is_resumed(pair);
    disconnect(pair);
    return resumed;
}

static void forget_session(void)
{
    free(stored.bytes);
    memset(&stored, 0, sizeof(stored));
}

static int session_contains(const char *name)
{
    return memmem(stored.bytes, stored.len, name, strlen(name)) != NULL;
}

static void tickets_are_stored_and_offered(int tls13)
{
    now = start + 60;
    struct pair *pair = new_pair_with_tickets(tls13);
    offer_session(pair->client, &stored);
    CHECK(!is_resumed(pair));
    CHECK(stored.len > 0 && session_contains("first"));
    disconnect(pair);
    CHECK(resumes(new_pair_with_tickets(tls13)));

    /* The session is truncated. */
    stored.len = 1;
    CHECK(!resumes(new_pair_with_tickets(tls13)));
    CHECK(stored.len > 1);
    forget_session();
}

/* A failure of the callback is one of the connection. */
static int refuse_ticket(struct s2n_connection *conn, void *ctx, struct s2n_session_ticket *ticket)
{
    (void) conn;
    (void) ctx;
    (void) ticket;
    return -1;
}

static void failures_of_the_callback_are_reported(void)
{
    struct pair *pair = new_pair_with_tickets(0);
    CHECK_OK(s2n_config_set_session_ticket_cb(pair->config, refuse_ticket, NULL));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_CANCELLED");
    disconnect(pair);
}

static void keys_are_unique(void)
{
    struct pair *pair = new_pair_with_tickets(1);
    CHECK_ERROR(add_key(pair->config, "first", secret(2), start),
        S2N_ERR_INVALID_TICKET_KEY_NAME_OR_NAME_LENGTH);
    CHECK_ERROR(add_key(pair->config, "second", secret(1), start), S2N_ERR_TICKET_KEY_NOT_UNIQUE);
    disconnect(pair);
}

static struct pair *new_rotated_pair(int tls13, uint64_t at)
{
    now = start + 60;
    struct pair *pair = new_pair_with_tickets(tls13);
    CHECK_OK(rotate(pair->config, "second", secret(2), start + 3600));
    now = at;
    return pair;
}

static void keys_are_rotated(int tls13)
{
    struct { uint64_t age; const char *key; } cases[] = {
        { 60, "first" },
        { 3600 + 600 - 1, "first" }, /* before the introduction of the second */
        { 7200, "second" },          /* the first one only decrypts */
    };
    for (int i = 0; i < 3; i++) {
        struct pair *pair = new_rotated_pair(tls13, start + cases[i].age);
        CHECK(!is_resumed(pair));
        CHECK(session_contains(cases[i].key));
        disconnect(pair);
        forget_session();
    }

    /* Until its last second, the first key decrypts. Resumption in TLS 1.3 sends a new ticket. */
    const uint64_t last = start + 15 * 3600 - 1;
    struct { uint64_t at; int resumed; } ends[] = { { last, 1 }, { last + 1, 0 } };
    for (int i = 0; i < 2; i++) {
        struct pair *pair = new_rotated_pair(tls13, start + 60);
        CHECK(!is_resumed(pair));
        disconnect(pair);
        pair = new_rotated_pair(tls13, ends[i].at);
        CHECK(resumes(pair) == ends[i].resumed);
        forget_session();
    }

    /* No key encrypts. */
    struct pair *pair = new_rotated_pair(tls13, start + 4 * 3600);
    CHECK(!is_resumed(pair) && stored.len == 0);
    disconnect(pair);
}

/* A cache of one entry. */
static struct { uint8_t id[32], entry[512]; size_t id_len, len; } cache;

static int store(struct s2n_connection *conn, void *ctx, uint64_t ttl, const void *id, uint64_t id_len,
    const void *entry, uint64_t len)
{
    (void) conn;
    CHECK(ctx == &cache && ttl > 0 && id_len <= sizeof(cache.id) && len <= sizeof(cache.entry));
    memcpy(cache.id, id, id_len);
    memcpy(cache.entry, entry, len);
    cache.id_len = id_len;
    cache.len = len;
    return 0;
}

static int delete(struct s2n_connection *conn, void *ctx, const void *id, uint64_t id_len)
{
    (void) conn;
    (void) ctx;
    (void) id;
    (void) id_len;
    return 0;
}

static int is_reachable;

int start_lookup(struct lookup *it, const void *id, size_t id_len)
{
    CHECK(id_len == cache.id_len && memcmp(id, cache.id, id_len) == 0);
    memset(it, 0, sizeof(*it));
    return is_reachable ? 0 : -1;
}

/* A pair with a cache; the client uses no tickets. */
static struct pair *new_pair_with_cache(void)
{
    struct pair *pair = new_pair_with_tickets(0);
    CHECK_OK(enable_cache(pair->config, &cache, store, delete));
    CHECK_OK(s2n_config_set_session_tickets_onoff(pair->config, 0));
    memset(&lookup, 0, sizeof(lookup));
    return pair;
}

static void sessions_are_cached(void)
{
    now = start + 60;
    struct pair *pair = new_pair_with_cache();
    CHECK(!is_resumed(pair));
    CHECK_OK(store_session(pair->client, &stored));
    CHECK(stored.len > 0 && cache.len > 0);
    disconnect(pair);

    is_reachable = 0;
    struct { uint8_t id[32], entry[512]; size_t id_len, len; } before;
    memcpy(&before, &cache, sizeof(cache));
    CHECK(!resumes(new_pair_with_cache()));
    memcpy(&cache, &before, sizeof(cache));

    is_reachable = 1;
    for (int is_known = 0; is_known <= 1; is_known++) {
        pair = new_pair_with_cache();
        offer_session(pair->client, &stored);
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(server, "S2N_ERR_ASYNC_BLOCKED");
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
        CHECK(blocked == S2N_BLOCKED_ON_APPLICATION_INPUT);
        lookup.is_answered = 1;
        lookup.len = is_known ? cache.len : 0;
        memcpy(lookup.entry, cache.entry, cache.len);
        CHECK(is_resumed(pair) == is_known);
        disconnect(pair);
        memcpy(&cache, &before, sizeof(cache));
    }
    forget_session();
}

static void forward_secrecy_excludes_tickets_of_tls12(int tls13)
{
    now = start + 60;
    struct pair *pair = new_pair_with_tickets(tls13);
    CHECK(!is_resumed(pair));
    disconnect(pair);
    pair = new_pair_with_tickets(tls13);
    CHECK_OK(require_forward_secrecy(pair->config));
    CHECK(resumes(pair) == tls13);
    forget_session();
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    now = start;
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        tickets_are_stored_and_offered(tls13);
        keys_are_rotated(tls13);
        forward_secrecy_excludes_tickets_of_tls12(tls13);
    }
    failures_of_the_callback_are_reported();
    keys_are_unique();
    sessions_are_cached();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
