/* All memory is given back after every kind of use, also when the library is used a second time. */
#include "case.h"
#include <pthread.h>

static long blocks;
static int nothing(void) { return 0; }

static int take(void **ptr, uint32_t wanted, uint32_t *allocated)
{
    *ptr = malloc(wanted);
    *allocated = wanted;
    __atomic_add_fetch(&blocks, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static int give_back(void *ptr, uint32_t size)
{
    (void) size;
    __atomic_sub_fetch(&blocks, 1, __ATOMIC_SEQ_CST);
    free(ptr);
    return 0;
}

static char *chain, *key, *ca;

/* A connection that is closed in order, or whose handshake fails because its server is not trusted. */
static void talk(const char *policy, int trusts)
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
    if (complete(shake(p)) != trusts) exit(2);
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

static void *in_a_thread(void *unused)
{
    talk("default_tls13", 1);
    talk("20240501", 0);
    s2n_strerror_debug(s2n_errno, NULL);
    return unused;
}

static void threads(void)
{
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, in_a_thread, NULL);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
}

static void policies(void)
{
    static const char *const names[] = { "default", "20190801", "20240417", "20250721", "default_fips", "default_pq", "rfc9151" };
    struct s2n_config *config = s2n_config_new_minimal();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) MUST(s2n_config_set_cipher_preferences(config, names[i]));
    MUST(s2n_config_free(config));
    talk("20190801", 1);
}

/* Connections that use the library's own config. */
static void no_config(void)
{
    static struct end ends[2];
    s2n_blocked_status blocked;
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    ends[0].peer = &ends[1];
    MUST(s2n_connection_set_send_cb(conn, to_peer));
    MUST(s2n_connection_set_send_ctx(conn, &ends[0]));
    MUST(s2n_connection_set_recv_cb(conn, from_peer));
    MUST(s2n_connection_set_recv_ctx(conn, &ends[0]));
    MUST(s2n_set_server_name(conn, "localhost"));
    if (s2n_negotiate(conn, &blocked) == 0 || ends[1].len == 0) exit(2);
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
        { "stack traces", traces }, { "all of it", NULL },
    };
    begin("mem_cleanup_all", argc, argv);
    chain = slurp("leaf.pem", NULL), key = slurp("leaf.key", NULL), ca = slurp("ca.pem", NULL);
    MUST(s2n_mem_set_callbacks(nothing, nothing, take, give_back));
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        char happened[60];
        MUST(s2n_init());
        for (size_t n = 0; n < sizeof uses / sizeof *uses; n++)
            if (uses[n].run && (n == i || !uses[i].run)) uses[n].run();
        int rc = s2n_cleanup_final();
        snprintf(happened, sizeof happened, "%s, %ld blocks left", outcome(rc), blocks);
        saw(uses[i].what, happened, rc == 0 && blocks == 0);
    }
    return wrong != 0;
}
