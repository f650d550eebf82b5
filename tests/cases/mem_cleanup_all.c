/* All memory is freed after every kind of use, also when the library is initialized a second time. */
#include "case.h"
#include <pthread.h>

static long blocks;
static int succeed(void) { return 0; }

static int allocate(void **ptr, uint32_t requested, uint32_t *allocated)
{
    *ptr = malloc(requested);
    *allocated = requested;
    __atomic_add_fetch(&blocks, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static int deallocate(void *ptr, uint32_t size)
{
    (void) size;
    __atomic_sub_fetch(&blocks, 1, __ATOMIC_SEQ_CST);
    free(ptr);
    return 0;
}

static char *chain, *key, *ca;

/* A connection that is shut down, or whose handshake fails because the server is not trusted. */
static void run_session(const char *policy, int trusts)
{
    s2n_blocked_status blocked;
    char text[10];
    struct s2n_config *client = s2n_config_new(), *server = s2n_config_new_minimal();
    struct s2n_cert_chain_and_key *own = s2n_cert_chain_and_key_new();
    MUST(s2n_config_set_cipher_preferences(client, policy));
    MUST(s2n_config_set_cipher_preferences(server, policy));
    MUST(s2n_cert_chain_and_key_load_pem(own, chain, key));
    MUST(s2n_config_add_cert_chain_and_key_to_store(server, own));
    if (trusts) MUST(s2n_config_add_pem_to_trust_store(client, ca));
    struct pair *p = pair(client, server, "localhost");
    if (complete(negotiate(p)) != trusts) exit(2);
    if (trusts && (s2n_send(p->client, "data", 4, &blocked) != 4 || s2n_recv(p->server, text, 10, &blocked) != 4)) exit(2);
    s2n_shutdown(p->client, &blocked);
    s2n_shutdown(p->server, &blocked);
    s2n_connection_free(p->client);
    s2n_connection_free(p->server);
    s2n_cert_chain_and_key_free(own);
    s2n_config_free(client);
    s2n_config_free(server);
    free(p);
}

static void *session_thread(void *unused)
{
    run_session("default_tls13", 1);
    run_session("20240501", 0);
    s2n_strerror_debug(s2n_errno, NULL);
    return unused;
}

static void threads(void)
{
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, session_thread, NULL);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
}

static void policies(void)
{
    static const char *const names[] = { "default", "20190801", "20240417", "20250721", "default_fips", "default_pq", "rfc9151" };
    struct s2n_config *config = s2n_config_new_minimal();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) MUST(s2n_config_set_cipher_preferences(config, names[i]));
    MUST(s2n_config_free(config));
    run_session("20190801", 1);
}

/* A connection without a config, which uses the library's default. */
static void no_config(void)
{
    static struct endpoint endpoints[2];
    s2n_blocked_status blocked;
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    endpoints[0].peer = &endpoints[1];
    MUST(s2n_connection_set_send_cb(conn, send_to_peer));
    MUST(s2n_connection_set_send_ctx(conn, &endpoints[0]));
    MUST(s2n_connection_set_recv_cb(conn, recv_from_peer));
    MUST(s2n_connection_set_recv_ctx(conn, &endpoints[0]));
    MUST(s2n_set_server_name(conn, "localhost"));
    if (s2n_negotiate(conn, &blocked) == 0 || endpoints[1].len == 0) exit(2);
    MUST(s2n_connection_free(conn));
}

static void traces(void)
{
    FILE *nowhere = fopen("/dev/null", "w");
    MUST(s2n_stack_traces_enabled_set(true));
    s2n_config_free(NULL);
    MUST(s2n_print_stacktrace(nowhere));
    MUST(s2n_stack_traces_enabled_set(false));
    fclose(nowhere);
}

int main(int argc, char **argv)
{
    static const struct { const char *what; void (*run)(void); } uses[] = {
        { "threads", threads }, { "policies", policies }, { "a connection without a config", no_config },
        { "stack traces", traces }, { "all of these", NULL },
    };
    begin("mem_cleanup_all", argc, argv);
    chain = read_file("leaf.pem", NULL), key = read_file("leaf.key", NULL), ca = read_file("ca.pem", NULL);
    MUST(s2n_mem_set_callbacks(succeed, succeed, allocate, deallocate));
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        char result[60];
        MUST(s2n_init());
        for (size_t n = 0; n < sizeof uses / sizeof *uses; n++)
            if (uses[n].run && (n == i || !uses[i].run)) uses[n].run();
        int rc = s2n_cleanup_final();
        snprintf(result, sizeof result, "%s, %ld blocks left", outcome(rc), blocks);
        observe(uses[i].what, result, rc == 0 && blocks == 0);
    }
    return wrong != 0;
}
