/*
 * The features of a scenario, drawn from its random numbers, and the configs that have them.
 */
#include "soak.h"

static struct {
    char *ca, *ecdsa, *ecdsa_key, *rsa, *rsa_key, *client, *client_key;
} files;

static char *load_file(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 16);
    CHECK(file != NULL && text != NULL);
    CHECK(fread(text, 1, (1 << 16) - 1, file) > 0);
    fclose(file);
    return text;
}

void load_files(const char *folder)
{
    files.ca = load_file(folder, "ca.pem");
    files.ecdsa = load_file(folder, "ecdsa.pem");
    files.ecdsa_key = load_file(folder, "ecdsa.key");
    files.rsa = load_file(folder, "rsa.pem");
    files.rsa_key = load_file(folder, "rsa.key");
    files.client = load_file(folder, "client.pem");
    files.client_key = load_file(folder, "client.key");
}

static uint64_t draw_size(struct scenario *scenario)
{
    return one_in(scenario, 8) ? below(scenario, 400000) : below(scenario, 30000);
}

static void draw_resumption(struct scenario *scenario, struct plan *plan)
{
    plan->psk = plan->tls13 && one_in(scenario, 5);
    plan->tickets = !plan->psk && !one_in(scenario, 3);
    plan->cache = !plan->tls13 && !plan->tickets;
    plan->early_data = plan->tls13 && (plan->psk || plan->tickets) && !one_in(scenario, 3);
    /* A ServerHello after a HelloRetryRequest rejects early data. */
    plan->retries_hello = plan->tls13 && one_in(scenario, 4);
}

struct plan draw_plan(struct scenario *scenario)
{
    static const enum transport_kind TRANSPORTS[] = { MEMORY, MEMORY, SOCKETPAIR, TCP };
    static const uint32_t SEND_BUFFERS[] = { 0, 0, 2500, 5000, 40000 };
    struct plan plan = {
        .transport = TRANSPORTS[below(scenario, 4)],
        .tls13 = !one_in(scenario, 3),
        .chain = one_in(scenario, 4) ? "rsa" : "ecdsa",
        .authenticates_client = one_in(scenario, 4),
        .signs_later = one_in(scenario, 4),
        .verifies_later = one_in(scenario, 5),
        .hello_callback = one_in(scenario, 4),
        .alpn = one_in(scenario, 3),
        .receives_ahead = one_in(scenario, 2),
        .multi_record = one_in(scenario, 4),
        .serializes = one_in(scenario, 3),
        .half_closes = one_in(scenario, 2),
        .frees_midway = one_in(scenario, 24),
        .wipes = one_in(scenario, 2),
        .jumps = one_in(scenario, 3),
        .send_buffer = SEND_BUFFERS[below(scenario, 5)],
        .lives = 1 + below(scenario, 4),
        .to_server = draw_size(scenario),
        .to_client = draw_size(scenario),
        .largest_send = 1 + (one_in(scenario, 3) ? below(scenario, 200) : below(scenario, 50000)),
    };
    /* At most so many calls. */
    plan.to_server %= 2000 * plan.largest_send;
    plan.to_client %= 2000 * plan.largest_send;
    draw_resumption(scenario, &plan);
    plan.client_policy = plan.server_policy = plan.tls13 ? "default_tls13" : "ELBSecurityPolicy-TLS-1-2-2017-01";
    if (plan.retries_hello) {
        plan.client_policy = "20240603";
        plan.server_policy = "20251113";
    }
    return plan;
}

/* Of a life: half of them must succeed. */
struct faults draw_faults(struct scenario *scenario)
{
    static const unsigned RATES[] = { 0, 5, 60, 120 };
    struct faults faults = {
        .shortens = RATES[below(scenario, 4)],
        .interrupts = RATES[below(scenario, 4)],
        .blocks = RATES[below(scenario, 4)],
    };
    if (one_in(scenario, 4)) {
        faults.fatal = 1 + below(scenario, 3);
        faults.fatal_at = scenario->transport_calls + below(scenario, one_in(scenario, 2) ? 20 : 200);
    }
    scenario->allocation_failures = (struct allocation_failures){ 0 };
    if (one_in(scenario, 4)) {
        scenario->allocation_failures.after = below(scenario, 1500);
        scenario->allocation_failures.number = one_in(scenario, 2) ? 1 : 1 + below(scenario, 50);
    }
    return faults;
}

static int wall_clock(void *context, uint64_t *nanoseconds)
{
    struct scenario *scenario = context;
    *nanoseconds = scenario->wall += 1000;
    return 0;
}

static int monotonic_clock(void *context, uint64_t *nanoseconds)
{
    struct scenario *scenario = context;
    *nanoseconds = scenario->monotonic += 1000;
    return 0;
}

static int keep_ticket(struct s2n_connection *conn, void *context, struct s2n_session_ticket *ticket)
{
    struct scenario *scenario = context;
    size_t length = 0;
    (void) conn;
    CHECK_OK(s2n_session_ticket_get_data_len(ticket, &length));
    CHECK(length > 0 && length <= sizeof(scenario->session.bytes));
    CHECK_OK(s2n_session_ticket_get_data(ticket, length, scenario->session.bytes));
    scenario->session.length = length;
    return 0;
}

static struct cache_entry *cached(struct scenario *scenario, const void *key, uint64_t size)
{
    for (int i = 0; i < 4; i++) {
        struct cache_entry *entry = &scenario->cache[i];
        if (entry->key_size == size && memcmp(entry->key, key, size) == 0) {
            return entry;
        }
    }
    return NULL;
}

static int store(struct s2n_connection *conn, void *context, uint64_t ttl, const void *key, uint64_t key_size,
        const void *value, uint64_t value_size)
{
    struct scenario *scenario = context;
    struct cache_entry *entry = &scenario->cache[below(scenario, 4)];
    (void) conn, (void) ttl;
    CHECK(key_size <= sizeof(entry->key) && value_size <= sizeof(entry->value));
    memcpy(entry->key, key, key_size);
    memcpy(entry->value, value, value_size);
    entry->key_size = key_size;
    entry->value_size = value_size;
    return 0;
}

static int retrieve(struct s2n_connection *conn, void *context, const void *key, uint64_t key_size, void *value,
        uint64_t *value_size)
{
    struct scenario *scenario = context;
    const struct cache_entry *entry = cached(scenario, key, key_size);
    (void) conn;
    if (one_in(scenario, 3)) {
        return S2N_CALLBACK_BLOCKED;
    }
    if (entry == NULL || one_in(scenario, 8)) {
        return S2N_FAILURE;
    }
    CHECK(entry->value_size <= *value_size);
    memcpy(value, entry->value, entry->value_size);
    *value_size = entry->value_size;
    return 0;
}

static int delete_entry(struct s2n_connection *conn, void *context, const void *key, uint64_t key_size)
{
    struct cache_entry *entry = cached(context, key, key_size);
    (void) conn;
    if (entry != NULL) {
        entry->key_size = 0;
    }
    return 0;
}

static int sign_later(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    struct endpoint *endpoint = s2n_connection_get_ctx(conn);
    CHECK(endpoint->signature == NULL);
    endpoint->signature = op;
    return 0;
}

static int verify_later(struct s2n_connection *conn, struct s2n_async_offload_op *op, void *context)
{
    struct endpoint *endpoint = s2n_connection_get_ctx(conn);
    (void) context;
    endpoint->verification = op;
    return 0;
}

static int wait_at_hello(struct s2n_connection *conn, void *context)
{
    struct endpoint *endpoint = s2n_connection_get_ctx(conn);
    (void) context;
    endpoint->hello_waits = true;
    return 0;
}

static struct s2n_cert_chain_and_key *new_chain(const char *certificates, const char *key)
{
    struct s2n_cert_chain_and_key *chain;
    REPEAT_NEW(chain, s2n_cert_chain_and_key_new());
    REPEAT(s2n_cert_chain_and_key_load_pem(chain, certificates, key));
    return chain;
}

/* What both configs have. */
static struct s2n_config *new_config(struct scenario *scenario, const char *policy)
{
    const struct plan *plan = &scenario->plan;
    struct s2n_config *config;
    REPEAT_NEW(config, s2n_config_new_minimal());
    REPEAT(s2n_config_set_cipher_preferences(config, policy));
    REPEAT(s2n_config_add_pem_to_trust_store(config, files.ca));
    REPEAT(s2n_config_set_wall_clock(config, wall_clock, scenario));
    REPEAT(s2n_config_set_monotonic_clock(config, monotonic_clock, scenario));
    REPEAT(s2n_config_set_session_tickets_onoff(config, plan->tickets));
    REPEAT(s2n_config_set_recv_multi_record(config, plan->multi_record));
    if (plan->serializes) {
        REPEAT(s2n_config_set_serialization_version(config, S2N_SERIALIZED_CONN_V1));
    }
    if (plan->send_buffer > 0) {
        REPEAT(s2n_config_set_send_buffer_size(config, plan->send_buffer));
    }
    if (plan->alpn) {
        REPEAT(s2n_config_append_protocol_preference(config, (const uint8_t *) "h2", 2));
    }
    if (plan->signs_later) {
        REPEAT(s2n_config_set_async_pkey_callback(config, sign_later));
    }
    if (plan->verifies_later) {
        REPEAT(s2n_config_set_async_offload_callback(config, S2N_ASYNC_OFFLOAD_PKEY_VERIFY, verify_later, NULL));
    }
    return config;
}

static void set_up_client(struct scenario *scenario)
{
    struct s2n_config *config = scenario->client_config = new_config(scenario, scenario->plan.client_policy);
    if (scenario->plan.tickets) {
        REPEAT(s2n_config_set_session_ticket_cb(config, keep_ticket, scenario));
    }
    if (scenario->plan.authenticates_client) {
        REPEAT(s2n_config_add_cert_chain_and_key_to_store(config, scenario->client_chain));
        REPEAT(s2n_config_set_client_auth_type(config, S2N_CERT_AUTH_OPTIONAL));
    }
}

static void set_up_server(struct scenario *scenario)
{
    const struct plan *plan = &scenario->plan;
    struct s2n_config *config = scenario->server_config = new_config(scenario, plan->server_policy);
    REPEAT(s2n_config_add_cert_chain_and_key_to_store(config, scenario->chain));
    if (plan->tickets || plan->cache) {
        scenario->ticket_keys = 0;
        add_ticket_key(scenario);
        REPEAT(s2n_config_set_server_max_early_data_size(config, plan->early_data ? 3000 : 0));
    }
    if (plan->cache) {
        REPEAT(s2n_config_set_cache_store_callback(config, store, scenario));
        REPEAT(s2n_config_set_cache_retrieve_callback(config, retrieve, scenario));
        REPEAT(s2n_config_set_cache_delete_callback(config, delete_entry, scenario));
        REPEAT(s2n_config_set_session_cache_onoff(config, 1));
    }
    if (plan->authenticates_client) {
        REPEAT(s2n_config_set_client_auth_type(config, S2N_CERT_AUTH_REQUIRED));
    }
    if (plan->hello_callback) {
        REPEAT(s2n_config_set_client_hello_cb(config, wait_at_hello, NULL));
        REPEAT(s2n_config_set_client_hello_cb_mode(config, S2N_CLIENT_HELLO_CB_NONBLOCKING));
    }
}

void add_ticket_key(struct scenario *scenario)
{
    uint8_t name[8], key[32];
    /* A config has at most 48 keys. */
    if (scenario->ticket_keys++ > 30) {
        return;
    }
    const uint64_t drawn = next_random(&scenario->random);
    memcpy(name, &drawn, sizeof(name));
    for (size_t i = 0; i < sizeof(key); i++) {
        key[i] = below(scenario, 256);
    }
    REPEAT(s2n_config_add_ticket_crypto_key(scenario->server_config, name, sizeof(name), key, sizeof(key), 0));
    count(ROTATIONS, 1);
}

void build_configs(struct scenario *scenario)
{
    const bool is_rsa = scenario->plan.chain[0] == 'r';
    scenario->chain = new_chain(is_rsa ? files.rsa : files.ecdsa, is_rsa ? files.rsa_key : files.ecdsa_key);
    scenario->client_chain = new_chain(files.client, files.client_key);
    set_up_client(scenario);
    set_up_server(scenario);
}

void free_configs(struct scenario *scenario)
{
    CHECK_OK(s2n_config_free(scenario->client_config));
    CHECK_OK(s2n_config_free(scenario->server_config));
    CHECK_OK(s2n_cert_chain_and_key_free(scenario->chain));
    CHECK_OK(s2n_cert_chain_and_key_free(scenario->client_chain));
}
