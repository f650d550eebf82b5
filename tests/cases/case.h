/* Shared by the case programs: files of the generated folder, two connections in memory, and observations. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <s2n.h>

#define MUST(x) do { if ((x) != 0) { printf("%s: %s fails: %s\n", name, #x, s2n_strerror_name(s2n_errno)); exit(2); } } while (0)

static const char *name, *dir;
static int wrong;

struct endpoint { uint8_t in[300000]; size_t len, at; struct endpoint *peer; };
struct pair { struct s2n_connection *client, *server; struct endpoint c, s; };

static inline void begin(const char *case_name, int argc, char **argv)
{
    name = case_name;
    dir = argc > 1 ? argv[1] : ".";
    setvbuf(stdout, NULL, _IONBF, 0);
    setenv("S2N_DONT_MLOCK", "1", 0);
}

/* Prints one observation: the operation, its result, and WRONG unless the result is right. */
static inline void observe(const char *what, const char *result, int right)
{
    printf("%s: %s: %s%s\n", name, what, result, right ? "" : "   WRONG");
    wrong += !right;
}

static inline char *path(const char *file)
{
    char *full = malloc(strlen(dir) + strlen(file) + 2);
    sprintf(full, "%s/%s", dir, file);
    return full;
}

static inline char *read_file(const char *file, size_t *len)
{
    FILE *in = fopen(path(file), "rb");
    if (!in) { printf("%s: no file %s\n", name, file); exit(2); }
    char *text = calloc(1, 200001);
    size_t n = fread(text, 1, 200000, in);
    fclose(in);
    if (len) *len = n;
    return text;
}

static inline const char *outcome(int rc) { return rc == 0 ? "ok" : s2n_strerror_name(s2n_errno); }

/* A config with a policy and, unless NULL, a chain with its key and a trust store. */
static inline struct s2n_config *config(const char *policy, const char *chain, const char *key, const char *trust)
{
    struct s2n_config *config = s2n_config_new_minimal();
    MUST(s2n_config_set_cipher_preferences(config, policy));
    if (chain) {
        struct s2n_cert_chain_and_key *own = s2n_cert_chain_and_key_new();
        MUST(s2n_cert_chain_and_key_load_pem(own, read_file(chain, NULL), read_file(key, NULL)));
        MUST(s2n_config_add_cert_chain_and_key_to_store(config, own));
    }
    if (trust) MUST(s2n_config_add_pem_to_trust_store(config, read_file(trust, NULL)));
    return config;
}

static inline int send_to_peer(void *ctx, const uint8_t *data, uint32_t n)
{
    struct endpoint *to = ((struct endpoint *) ctx)->peer;
    memcpy(to->in + to->len, data, n);
    to->len += n;
    return n;
}

static inline int recv_from_peer(void *ctx, uint8_t *data, uint32_t n)
{
    struct endpoint *endpoint = ctx;
    size_t available = endpoint->len - endpoint->at;
    if (!available) { errno = EAGAIN; return -1; }
    if (available > n) available = n;
    memcpy(data, endpoint->in + endpoint->at, available);
    endpoint->at += available;
    return available;
}

static inline struct s2n_connection *connection(s2n_mode mode, struct s2n_config *config, struct endpoint *endpoint)
{
    struct s2n_connection *conn = s2n_connection_new(mode);
    MUST(s2n_connection_set_config(conn, config));
    MUST(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    MUST(s2n_connection_set_send_cb(conn, send_to_peer));
    MUST(s2n_connection_set_send_ctx(conn, endpoint));
    MUST(s2n_connection_set_recv_cb(conn, recv_from_peer));
    MUST(s2n_connection_set_recv_ctx(conn, endpoint));
    return conn;
}

static inline struct pair *pair(struct s2n_config *client, struct s2n_config *server, const char *sni)
{
    struct pair *p = calloc(1, sizeof *p);
    p->c.peer = &p->s;
    p->s.peer = &p->c;
    p->client = connection(S2N_CLIENT, client, &p->c);
    p->server = connection(S2N_SERVER, server, &p->s);
    if (sni) MUST(s2n_set_server_name(p->client, sni));
    return p;
}

/* Performs a handshake. Returns "complete", or the first endpoint that failed and its error. */
static inline const char *negotiate(struct pair *p)
{
    static char text[200];
    int done[2] = { 0, 0 };
    for (int i = 0; i < 60 && !(done[0] && done[1]); i++) {
        s2n_blocked_status blocked;
        if (done[i % 2]) continue;
        if (s2n_negotiate(i % 2 ? p->server : p->client, &blocked) == 0) done[i % 2] = 1;
        else if (s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
            snprintf(text, sizeof text, "%s %s", i % 2 ? "server" : "client", s2n_strerror_name(s2n_errno));
            return text;
        }
    }
    return done[0] && done[1] ? "complete" : "blocked";
}

static inline int complete(const char *result) { return strcmp(result, "complete") == 0; }

/* A handshake between two configs, which must complete or fail; and another one, for which chains may be cached. */
static inline void handshake(const char *what, struct s2n_config *client, struct s2n_config *server, int completes)
{
    for (int i = 0; i < 2; i++) {
        const char *result = negotiate(pair(client, server, "localhost"));
        observe(what, result, complete(result) == completes);
    }
}

/* Loads a chain with its key: it must have `certs` certificates; with 0 the load must fail. */
static inline void load_chain(const char *file, const char *key, unsigned certs)
{
    char what[200], result[200];
    uint32_t n = 0;
    struct s2n_cert_chain_and_key *own = s2n_cert_chain_and_key_new();
    int rc = s2n_cert_chain_and_key_load_pem(own, read_file(file, NULL), read_file(key, NULL));
    if (rc == 0) s2n_cert_chain_get_length(own, &n);
    snprintf(what, sizeof what, "chain %s with key %s", file, key);
    snprintf(result, sizeof result, "%s, certificates: %u", outcome(rc), n);
    observe(what, result, n == certs);
    s2n_cert_chain_and_key_free(own);
}

/* Loads trusted roots from a PEM text or file, and verifies leaf.pem; unless `right`, the load must fail. */
static inline void load_trust(const char *file, int as_file, int right)
{
    char what[200];
    struct s2n_config *client = config("default_tls13", NULL, NULL, NULL);
    int rc = as_file ? s2n_config_set_verification_ca_location(client, path(file), NULL)
                     : s2n_config_add_pem_to_trust_store(client, read_file(file, NULL));
    snprintf(what, sizeof what, "trust %s %s", as_file ? "file" : "text", file);
    if (rc || !right) observe(what, rc ? outcome(rc) : "loads", !right && rc);
    else handshake(what, client, config("default_tls13", "leaf.pem", "leaf.key", NULL), 1);
}

/* Waits for a child process, whose exit status must be 0. */
static inline void check_exit(const char *what, pid_t child)
{
    int status;
    char result[60];
    waitpid(child, &status, 0);
    snprintf(result, sizeof result, WIFSIGNALED(status) ? "killed by signal %d" : "exit status %d",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    observe(what, result, status == 0);
}
