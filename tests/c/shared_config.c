/*
 * Configs that change while other threads use them: default chains, security policies, protocols, trust,
 * ticket keys, callbacks. All threads share a table of sessions, which the ticket callback fills. What a
 * handshake uses is freed by another thread: its config and chain at once, its connections at its end.
 *
 * usage: shared_config FOLDER-OF-CERTIFICATES HANDSHAKES-OF-A-THREAD
 */
#include "pair.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { WORKERS = 3, MAX_SESSION = 4000, MAX_KEYS = 47 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

/* The last session of each version. */
static struct session {
    uint8_t bytes[MAX_SESSION];
    size_t length;
} sessions[2];

/* What the freeing thread is given. */
struct waste {
    struct s2n_connection *conn;
    struct s2n_config *config;
    struct s2n_cert_chain_and_key *chain;
    struct waste *next;
};

static struct waste *heap;
static int running;
static atomic_int initializations, resumptions, tickets, changes;
static atomic_bool is_over;

/* The configs that all threads share. */
static struct s2n_config *server_config, *client_config;
static struct s2n_cert_chain_and_key *chains[2];

static void discard(struct waste waste)
{
    struct waste *copy = malloc(sizeof(waste));
    CHECK(copy != NULL);
    *copy = waste;
    CHECK_OK(pthread_mutex_lock(&mutex));
    copy->next = heap;
    heap = copy;
    CHECK_OK(pthread_cond_signal(&changed));
    CHECK_OK(pthread_mutex_unlock(&mutex));
}

static void *free_waste(void *unused)
{
    CHECK_OK(pthread_mutex_lock(&mutex));
    while (running > 0 || heap != NULL) {
        struct waste *waste = heap;
        if (waste == NULL) {
            CHECK_OK(pthread_cond_wait(&changed, &mutex));
            continue;
        }
        heap = waste->next;
        CHECK_OK(pthread_mutex_unlock(&mutex));
        CHECK(waste->conn == NULL || s2n_connection_free(waste->conn) == 0);
        CHECK(waste->config == NULL || s2n_config_free(waste->config) == 0);
        CHECK_OK(s2n_cert_chain_and_key_free(waste->chain));
        free(waste);
        CHECK_OK(pthread_mutex_lock(&mutex));
    }
    CHECK_OK(pthread_mutex_unlock(&mutex));
    return unused;
}

static int store_ticket(struct s2n_connection *conn, void *ctx, struct s2n_session_ticket *ticket)
{
    struct session *table = ctx;
    struct session *session = &table[s2n_connection_get_actual_protocol_version(conn) == S2N_TLS13];
    size_t length = 0;
    CHECK_OK(s2n_session_ticket_get_data_len(ticket, &length));
    CHECK(length <= MAX_SESSION);
    CHECK_OK(pthread_mutex_lock(&mutex));
    CHECK_OK(s2n_session_ticket_get_data(ticket, length, session->bytes));
    session->length = length;
    CHECK_OK(pthread_mutex_unlock(&mutex));
    atomic_fetch_add(&tickets, 1);
    return 0;
}

static void add_ticket_key(struct s2n_config *config, uint8_t number)
{
    uint8_t name[] = { 'k', number }, key[16] = { 1, number };
    CHECK_OK(s2n_config_add_ticket_crypto_key(config, name, sizeof(name), key, sizeof(key), 0));
}

static struct s2n_config *new_config(struct s2n_cert_chain_and_key *chain, bool has_tickets)
{
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK(config != NULL);
    CHECK_OK(s2n_config_set_cipher_preferences(config, "default_tls13"));
    if (chain != NULL) {
        CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
    }
    CHECK_OK(s2n_config_set_session_tickets_onoff(config, has_tickets));
    return config;
}

/* Both endpoints of one handshake. */
struct endpoints {
    struct pair pair;
    bool is_resumption;
};

/* Gives a server a config and a chain of its own, which the other thread frees at any time. */
static void use_own_config(struct s2n_connection *server)
{
    struct waste waste = { .chain = load_chain(folder, "ecdsa") };
    waste.config = new_config(waste.chain, false);
    CHECK_OK(s2n_connection_set_config(server, waste.config));
    discard(waste);
}

static void resume_session(struct endpoints *endpoints)
{
    uint8_t bytes[MAX_SESSION];
    CHECK_OK(pthread_mutex_lock(&mutex));
    const struct session *session = &sessions[endpoints->pair.tls13];
    const size_t length = session->length;
    memcpy(bytes, session->bytes, length);
    CHECK_OK(pthread_mutex_unlock(&mutex));
    if (length > 0) {
        CHECK_OK(s2n_connection_set_session(endpoints->pair.client, bytes, length));
    }
    endpoints->is_resumption = length > 0;
}

static void exchange(struct pair *pair)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t byte = 7;
    CHECK(s2n_send(pair->server, &byte, 1, &blocked) == 1);
    CHECK(s2n_recv(pair->client, &byte, 1, &blocked) == 1);
    CHECK(s2n_send(pair->client, &byte, 1, &blocked) == 1);
    CHECK(s2n_recv(pair->server, &byte, 1, &blocked) == 1);
}

static void handshake(int number)
{
    struct endpoints *endpoints = calloc(1, sizeof(*endpoints));
    CHECK(endpoints != NULL);
    struct pair *pair = &endpoints->pair;
    pair->tls13 = number % 2;
    pair->client = s2n_connection_new(S2N_CLIENT);
    pair->server = s2n_connection_new(S2N_SERVER);
    pair->config = client_config;
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    pair->config = server_config;
    attach(pair->server, pair, &pair->to_server, &pair->to_client);
    CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, policy(pair->tls13)));
    const bool is_own = number % 5 == 4;
    if (is_own) {
        use_own_config(pair->server);
    } else {
        resume_session(endpoints);
    }

    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    CHECK(s2n_connection_get_actual_protocol_version(pair->server) ==
            (pair->tls13 ? S2N_TLS13 : S2N_TLS12));
    const char *protocol = s2n_get_application_protocol(pair->client);
    CHECK(is_own ? protocol == NULL : strcmp(protocol, "h2") == 0);
    exchange(pair);
    const bool is_resumed = s2n_connection_is_session_resumed(pair->client);
    CHECK(is_resumed == s2n_connection_is_session_resumed(pair->server));
    CHECK(!is_resumed || endpoints->is_resumption);
    resumptions += is_resumed;
    /* The callbacks of the transports, which end with this function, are not called by the release. */
    discard((struct waste){ .conn = pair->client });
    discard((struct waste){ .conn = pair->server });
    free(endpoints);
}

/* One of the threads that call s2n_init() initializes the library. */
static void *initialize(void *barrier)
{
    const int status = pthread_barrier_wait(barrier);
    CHECK(status == 0 || status == PTHREAD_BARRIER_SERIAL_THREAD);
    if (s2n_init() == 0) {
        atomic_fetch_add(&initializations, 1);
    } else {
        CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_INITIALIZED");
    }
    CHECK_OK(s2n_cleanup());
    return NULL;
}

static void initialize_in_threads(void)
{
    pthread_barrier_t barrier;
    pthread_t threads[WORKERS];
    CHECK_OK(pthread_barrier_init(&barrier, NULL, WORKERS));
    for (int i = 0; i < WORKERS; i++) {
        CHECK_OK(pthread_create(&threads[i], NULL, initialize, &barrier));
    }
    for (int i = 0; i < WORKERS; i++) {
        CHECK_OK(pthread_join(threads[i], NULL));
    }
    CHECK_OK(pthread_barrier_destroy(&barrier));
    CHECK(initializations == 1);
}

static void *work(void *handshakes)
{
    for (int i = 0; i < *(int *) handshakes; i++) {
        handshake(i);
    }
    CHECK_OK(s2n_cleanup());
    CHECK_OK(pthread_mutex_lock(&mutex));
    running--;
    CHECK_OK(pthread_cond_signal(&changed));
    CHECK_OK(pthread_mutex_unlock(&mutex));
    return NULL;
}

/* Each change is one that every handshake may see, in any combination with the others. */
static void change(int number, const char *authority)
{
    static const char *const policies[] = { "default_tls13", "20240503", "default_pq" };
    static const char *const protocols[] = { "h2", "http/1.1" };
    CHECK_OK(s2n_config_set_cipher_preferences(server_config, policies[number % 3]));
    CHECK_OK(s2n_config_set_cert_chain_and_key_defaults(server_config, &chains[number % 2], 1));
    CHECK_OK(s2n_config_set_protocol_preferences(server_config, protocols, 1 + number % 2));
    CHECK_OK(s2n_config_set_session_state_lifetime(server_config, 1000 + number));
    CHECK_OK(s2n_config_set_ticket_encrypt_decrypt_key_lifetime(server_config, 5000 + number));
    CHECK_OK(s2n_config_set_initial_ticket_count(server_config, 1 + number % 3));
    CHECK_OK(s2n_config_set_alert_behavior(server_config, number % 2));
    CHECK_OK(s2n_config_set_client_auth_type(server_config,
            number % 2 ? S2N_CERT_AUTH_OPTIONAL : S2N_CERT_AUTH_NONE));
    CHECK_OK(s2n_config_add_pem_to_trust_store(client_config, authority));
    CHECK_OK(s2n_config_set_session_ticket_cb(client_config, store_ticket, sessions));
    CHECK_OK(s2n_config_set_max_cert_chain_depth(client_config, 5 + number % 3));
    CHECK_OK(s2n_config_set_status_request_type(client_config,
            number % 2 ? S2N_STATUS_REQUEST_OCSP : S2N_STATUS_REQUEST_NONE));
    if (number < MAX_KEYS) {
        add_ticket_key(server_config, (uint8_t) (1 + number));
    }
    changes++;
}

static void *change_configs(void *unused)
{
    char *authority = read_file(folder, "ca.pem");
    for (int number = 0; !atomic_load(&is_over); number++) {
        change(number, authority);
        sched_yield();
    }
    free(authority);
    return unused;
}

static void new_configs(void)
{
    static const char *const protocols[] = { "h2" };
    chains[0] = load_chain(folder, "ecdsa");
    chains[1] = load_chain(folder, "rsa");
    server_config = new_config(chains[0], true);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(server_config, chains[1]));
    CHECK_OK(s2n_config_set_protocol_preferences(server_config, protocols, 1));
    add_ticket_key(server_config, 0);

    client_config = new_config(NULL, true);
    char *authority = read_file(folder, "ca.pem");
    CHECK_OK(s2n_config_add_pem_to_trust_store(client_config, authority));
    free(authority);
    CHECK_OK(s2n_config_set_protocol_preferences(client_config, protocols, 1));
    CHECK_OK(s2n_config_set_session_ticket_cb(client_config, store_ticket, sessions));
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    folder = argv[1];
    int handshakes = atoi(argv[2]);
    initialize_in_threads();
    new_configs();

    pthread_t workers[WORKERS], freeing, changing;
    running = WORKERS;
    CHECK_OK(pthread_create(&freeing, NULL, free_waste, NULL));
    CHECK_OK(pthread_create(&changing, NULL, change_configs, NULL));
    for (int i = 0; i < WORKERS; i++) {
        CHECK_OK(pthread_create(&workers[i], NULL, work, &handshakes));
    }
    for (int i = 0; i < WORKERS; i++) {
        CHECK_OK(pthread_join(workers[i], NULL));
    }
    atomic_store(&is_over, true);
    CHECK_OK(pthread_join(changing, NULL));
    CHECK_OK(pthread_join(freeing, NULL));
    CHECK(changes > 0 && tickets > 0 && resumptions > 0);
    printf("%d handshakes, %d resumed, %d tickets, %d changes\n", WORKERS * handshakes, resumptions, tickets, changes);

    CHECK_OK(s2n_config_free(server_config));
    CHECK_OK(s2n_config_free(client_config));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(s2n_cert_chain_and_key_free(chains[i]));
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
