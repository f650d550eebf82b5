/*
 * Resumption: tickets in both versions, their callback, the session cache, and keys that one thread adds
 * while others use the config.
 *
 * usage: resumption FOLDER-OF-CERTIFICATES [HANDSHAKES-OF-A-THREAD]
 */
#include "pair.h"

#include <pthread.h>
#include <s2n/quic.h>
#include <stdatomic.h>
#include <stdbool.h>

#define MAX_SESSION 2000

struct session {
    uint8_t bytes[MAX_SESSION];
    size_t length;
    int tickets;
    int result;
};

static int keep_ticket(struct s2n_connection *conn, void *context, struct s2n_session_ticket *ticket)
{
    struct session *session = context;
    uint32_t lifetime = 0;
    CHECK_OK(s2n_session_ticket_get_data_len(ticket, &session->length));
    CHECK(session->length <= sizeof(session->bytes));
    CHECK_OK(s2n_session_ticket_get_data(ticket, session->length, session->bytes));
    CHECK_ERROR(s2n_session_ticket_get_data(ticket, session->length - 1, session->bytes),
            S2N_ERR_SERIALIZED_SESSION_STATE_TOO_LONG);
    CHECK_OK(s2n_session_ticket_get_lifetime(ticket, &lifetime));
    CHECK(lifetime > 53000 && lifetime <= 54000);
    /* The callback may use the connection. */
    CHECK(s2n_connection_get_session_length(conn) == (int) session->length);
    CHECK(s2n_connection_get_session_ticket_lifetime_hint(conn) == (int) lifetime);
    session->tickets++;
    return session->result;
}

static void use_tickets(struct s2n_config *config)
{
    uint8_t key[] = "the secret of the key";
    CHECK_OK(s2n_config_set_session_tickets_onoff(config, 1));
    CHECK_OK(s2n_config_add_ticket_crypto_key(config, (const uint8_t *) "key", 3, key, sizeof(key), 0));
}

/* Attaches the config again, which has the number of tickets, and completes the handshake. */
static void establish(struct pair *pair, const struct session *session)
{
    const char *client, *server;
    struct s2n_config *other = s2n_config_new_minimal();
    CHECK(other != NULL);
    CHECK_OK(s2n_connection_set_config(pair->server, other));
    CHECK_OK(s2n_connection_set_config(pair->server, pair->config));
    CHECK_OK(s2n_config_free(other));
    if (session != NULL) {
        CHECK_OK(s2n_connection_set_session(pair->client, session->bytes, session->length));
    }
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    CHECK(s2n_connection_is_session_resumed(pair->client) == (session != NULL));
    CHECK(s2n_connection_is_session_resumed(pair->server) == (session != NULL));

    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t byte = 7, received = 0;
    CHECK(s2n_send(pair->server, &byte, 1, &blocked) == 1);
    CHECK(s2n_recv(pair->client, &received, 1, &blocked) == 1);
    CHECK(received == byte);
}

static void tickets_resume_sessions(int tls13)
{
    struct session session = { 0 };
    for (int round = 0; round < 3; round++) {
        struct pair *pair = new_pair(tls13, "ecdsa");
        use_tickets(pair->config);
        CHECK_OK(s2n_config_set_session_ticket_cb(pair->config, keep_ticket, &session));
        const int before = session.tickets;
        /* Resumed sessions of TLS 1.2 keep their ticket. */
        const int expected = tls13 || round == 0;
        const struct session offered = session;
        establish(pair, round == 0 ? NULL : &offered);
        CHECK(session.tickets == before + expected);
        uint16_t sent = 77;
        CHECK_OK(s2n_connection_get_tickets_sent(pair->server, &sent));
        CHECK(sent == expected);
        CHECK_ERROR(s2n_connection_get_tickets_sent(pair->client, &sent), S2N_ERR_CLIENT_MODE);
        uint8_t copy[MAX_SESSION];
        const int length = s2n_connection_get_session_length(pair->client);
        CHECK(length > 0);
        CHECK_ERROR(s2n_connection_get_session(pair->client, copy, length - 1),
                S2N_ERR_SERIALIZED_SESSION_STATE_TOO_LONG);
        CHECK(s2n_connection_get_session(pair->client, copy, sizeof(copy)) == length);
        CHECK(s2n_connection_are_session_tickets_enabled(pair->client));
        disconnect(pair);
    }
}

static void a_callback_may_end_the_connection(int tls13)
{
    struct session session = { .result = -1 };
    struct pair *pair = new_pair(tls13, "ecdsa");
    use_tickets(pair->config);
    CHECK_OK(s2n_config_set_session_ticket_cb(pair->config, keep_ticket, &session));
    CHECK_OK(s2n_connection_add_new_tickets_to_send(pair->server, 1));
    const char *client, *server;
    negotiate(pair, &client, &server);
    if (tls13) {
        uint8_t received = 0;
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_TEXT(client, "S2N_ERR_OK");
        CHECK_ERROR(s2n_recv(pair->client, &received, 1, &blocked), S2N_ERR_CANCELLED);
    } else {
        CHECK_TEXT(client, "S2N_ERR_CANCELLED");
    }
    CHECK(session.tickets == 1);
    disconnect(pair);
}

static void invalid_sessions_are_rejected(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    const uint8_t session[] = { 1, 0, 1, 0x61, 2, 34, 0x13, 1 };
    for (size_t length = 0; length <= sizeof(session); length++) {
        CHECK(s2n_connection_set_session(pair->client, session, length) == -1);
        CHECK(s2n_errno != 0);
    }
    CHECK_ERROR(s2n_connection_set_session(pair->client, NULL, 5), S2N_ERR_NULL);
    CHECK_ERROR(s2n_connection_set_session(pair->client, session, 0), S2N_ERR_STUFFER_OUT_OF_DATA);
    CHECK(s2n_connection_get_session_length(pair->client) == 0);
    disconnect(pair);
}

/* The only entry of a session cache, which answers at the second call. */
struct cache {
    uint8_t id[32];
    uint8_t entry[138];
    int stores;
    int deletes;
    int calls;
};

static int store(struct s2n_connection *conn, void *context, uint64_t ttl, const void *key, uint64_t key_size,
        const void *value, uint64_t value_size)
{
    struct cache *cache = context;
    CHECK(conn != NULL && ttl == 21600);
    CHECK(key_size == sizeof(cache->id) && value_size == sizeof(cache->entry));
    memcpy(cache->id, key, key_size);
    memcpy(cache->entry, value, value_size);
    cache->stores++;
    return 0;
}

static int retrieve(struct s2n_connection *conn, void *context, const void *key, uint64_t key_size,
        void *value, uint64_t *value_size)
{
    struct cache *cache = context;
    CHECK(conn != NULL && key_size == sizeof(cache->id));
    CHECK(*value_size == sizeof(cache->entry));
    if (++cache->calls % 2 == 1) {
        return S2N_CALLBACK_BLOCKED;
    }
    if (memcmp(cache->id, key, key_size) != 0) {
        return -1;
    }
    memcpy(value, cache->entry, sizeof(cache->entry));
    return 0;
}

static int delete(struct s2n_connection *conn, void *context, const void *key, uint64_t key_size)
{
    struct cache *cache = context;
    CHECK(conn != NULL && key != NULL && key_size == sizeof(cache->id));
    cache->deletes++;
    return 0;
}

static void use_cache(struct s2n_config *config, struct cache *cache)
{
    uint8_t key[] = "the secret of the key";
    CHECK_OK(s2n_config_set_cache_store_callback(config, store, cache));
    CHECK_OK(s2n_config_set_cache_retrieve_callback(config, retrieve, cache));
    CHECK_OK(s2n_config_set_cache_delete_callback(config, delete, cache));
    CHECK_OK(s2n_config_set_session_cache_onoff(config, 1));
    CHECK_OK(s2n_config_add_ticket_crypto_key(config, (const uint8_t *) "key", 3, key, sizeof(key), 0));
}

static void a_cache_resumes_sessions(void)
{
    struct cache cache = { 0 };
    struct session session = { 0 };
    struct pair *pair = new_pair(0, "ecdsa");
    use_cache(pair->config, &cache);
    establish(pair, NULL);
    CHECK(cache.stores == 1);
    const int length = s2n_connection_get_session(pair->client, session.bytes, sizeof(session.bytes));
    CHECK(length == 95);
    session.length = length;
    uint8_t id[32];
    CHECK(s2n_connection_get_session_id_length(pair->server) == 32);
    CHECK(s2n_connection_get_session_id(pair->server, id, sizeof(id)) == 32);
    CHECK_ERROR(s2n_connection_get_session_id(pair->server, id, 31), S2N_ERR_SESSION_ID_TOO_LONG);
    CHECK(memcmp(id, cache.id, sizeof(id)) == 0);
    disconnect(pair);

    pair = new_pair(0, "ecdsa");
    use_cache(pair->config, &cache);
    cache.calls = 0;
    CHECK_OK(s2n_connection_set_session(pair->client, session.bytes, session.length));
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_APPLICATION_INPUT);
    establish(pair, &session);
    CHECK(cache.calls == 2 && cache.stores == 1 && cache.deletes == 0);

    /* An error of the peer removes the session. */
    const uint8_t garbage[] = { 23, 3, 3, 0, 1, 0 };
    uint8_t received = 0;
    CHECK(transport_send(&pair->to_server, garbage, sizeof(garbage)) == sizeof(garbage));
    CHECK(s2n_recv(pair->server, &received, 1, &blocked) == -1);
    CHECK(cache.deletes == 1);
    disconnect(pair);
}

struct worker {
    struct s2n_config *config;
    int handshakes;
};

static atomic_bool is_over;

/* Resumes its own session again and again, at servers that share the config. */
static void *resume(void *argument)
{
    const struct worker *worker = argument;
    struct session session = { 0 };
    for (int i = 0; i < worker->handshakes; i++) {
        struct pair *pair = new_pair(1, "ecdsa");
        CHECK_OK(s2n_config_set_session_tickets_onoff(pair->config, 1));
        CHECK_OK(s2n_connection_set_config(pair->server, worker->config));
        if (i > 0) {
            CHECK_OK(s2n_connection_set_session(pair->client, session.bytes, session.length));
        }
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(client, "S2N_ERR_OK");
        CHECK_TEXT(server, "S2N_ERR_OK");
        CHECK(s2n_connection_is_session_resumed(pair->client) == (i > 0));
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        uint8_t byte = 7;
        CHECK(s2n_send(pair->server, &byte, 1, &blocked) == 1);
        CHECK(s2n_recv(pair->client, &byte, 1, &blocked) == 1);
        const int length = s2n_connection_get_session(pair->client, session.bytes, MAX_SESSION);
        CHECK(length > 0);
        session.length = length;
        disconnect(pair);
    }
    return NULL;
}

/* Adds keys until the workers are done: there is room for 47 more. */
static void *rotate(void *argument)
{
    const struct worker *worker = argument;
    for (uint8_t number = 0; number < 47 && !atomic_load(&is_over); number++) {
        uint8_t name[] = { 'k', number }, key[] = { 1, number };
        CHECK_OK(s2n_config_add_ticket_crypto_key(worker->config, name, 2, key, 2, 0));
    }
    return NULL;
}

static void keys_are_added_while_the_config_is_in_use(int handshakes)
{
    struct pair *pair = new_pair(1, "ecdsa");
    use_tickets(pair->config);
    struct worker worker = { .config = pair->config, .handshakes = handshakes };
    pthread_t workers[2], rotation;
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_create(&workers[i], NULL, resume, &worker) == 0);
    }
    CHECK(pthread_create(&rotation, NULL, rotate, &worker) == 0);
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_join(workers[i], NULL) == 0);
    }
    atomic_store(&is_over, true);
    CHECK(pthread_join(rotation, NULL) == 0);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc > 1);
    folder = argv[1];
    CHECK_OK(s2n_init());
    if (argc == 2) {
        for (int tls13 = 0; tls13 < 2; tls13++) {
            tickets_resume_sessions(tls13);
            a_callback_may_end_the_connection(tls13);
        }
        invalid_sessions_are_rejected();
        a_cache_resumes_sessions();
    }
    keys_are_added_while_the_config_is_in_use(argc > 2 ? atoi(argv[2]) : 5);
    return 0;
}
