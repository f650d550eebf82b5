/* What the case programs share: files of the generated folder, two connections in memory, and the verdict. */
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

struct end { uint8_t in[300000]; size_t len, at; struct end *peer; };
struct pair { struct s2n_connection *client, *server; struct end c, s; };

static inline void begin(const char *case_name, int argc, char **argv)
{
    name = case_name;
    dir = argc > 1 ? argv[1] : ".";
    setvbuf(stdout, NULL, _IONBF, 0);
    setenv("S2N_DONT_MLOCK", "1", 0);
}

/* One observation: what was tried, what happened, and whether that is right. */
static inline void saw(const char *what, const char *happened, int right)
{
    printf("%s: %s: %s%s\n", name, what, happened, right ? "" : "   WRONG");
    wrong += !right;
}

static inline char *path(const char *file)
{
    char *full = malloc(strlen(dir) + strlen(file) + 2);
    sprintf(full, "%s/%s", dir, file);
    return full;
}

static inline char *slurp(const char *file, size_t *len)
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

/* A config with a policy and, where not NULL, a chain with its key and a trust store. */
static inline struct s2n_config *config(const char *policy, const char *chain, const char *key, const char *trust)
{
    struct s2n_config *config = s2n_config_new_minimal();
    MUST(s2n_config_set_cipher_preferences(config, policy));
    if (chain) {
        struct s2n_cert_chain_and_key *own = s2n_cert_chain_and_key_new();
        MUST(s2n_cert_chain_and_key_load_pem(own, slurp(chain, NULL), slurp(key, NULL)));
        MUST(s2n_config_add_cert_chain_and_key_to_store(config, own));
    }
    if (trust) MUST(s2n_config_add_pem_to_trust_store(config, slurp(trust, NULL)));
    return config;
}

static inline int to_peer(void *ctx, const uint8_t *data, uint32_t n)
{
    struct end *to = ((struct end *) ctx)->peer;
    memcpy(to->in + to->len, data, n);
    to->len += n;
    return n;
}

static inline int from_peer(void *ctx, uint8_t *data, uint32_t n)
{
    struct end *end = ctx;
    size_t there = end->len - end->at;
    if (!there) { errno = EAGAIN; return -1; }
    if (there > n) there = n;
    memcpy(data, end->in + end->at, there);
    end->at += there;
    return there;
}

static inline struct s2n_connection *connection(s2n_mode mode, struct s2n_config *config, struct end *end)
{
    struct s2n_connection *conn = s2n_connection_new(mode);
    MUST(s2n_connection_set_config(conn, config));
    MUST(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    MUST(s2n_connection_set_send_cb(conn, to_peer));
    MUST(s2n_connection_set_send_ctx(conn, end));
    MUST(s2n_connection_set_recv_cb(conn, from_peer));
    MUST(s2n_connection_set_recv_ctx(conn, end));
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

/* "complete", or which side fails first and with what. */
static inline const char *shake(struct pair *p)
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
    return done[0] && done[1] ? "complete" : "stuck";
}

static inline int complete(const char *result) { return strcmp(result, "complete") == 0; }

/* A handshake between two configs; right when it completes, or fails, as told. */
static inline void handshake(const char *what, struct s2n_config *client, struct s2n_config *server, int completes)
{
    const char *result = shake(pair(client, server, "localhost"));
    saw(what, result, complete(result) == completes);
}

/* Loads a chain as one's own: `certs` certificates are right, 0 means that the load must fail. */
static inline void own_chain(const char *file, const char *key, unsigned certs)
{
    char what[200], happened[200];
    uint32_t n = 0;
    struct s2n_cert_chain_and_key *own = s2n_cert_chain_and_key_new();
    int rc = s2n_cert_chain_and_key_load_pem(own, slurp(file, NULL), slurp(key, NULL));
    if (rc == 0) s2n_cert_chain_get_length(own, &n);
    snprintf(what, sizeof what, "own chain %s with %s", file, key);
    snprintf(happened, sizeof happened, "%s, certificates: %u", outcome(rc), n);
    saw(what, happened, n == certs);
    s2n_cert_chain_and_key_free(own);
}

/* Trusts the roots of a PEM text (or file), then verifies leaf.pem; or the load must fail. */
static inline void trusts(const char *file, int as_file, int right)
{
    char what[200];
    struct s2n_config *client = config("default_tls13", NULL, NULL, NULL);
    int rc = as_file ? s2n_config_set_verification_ca_location(client, path(file), NULL)
                     : s2n_config_add_pem_to_trust_store(client, slurp(file, NULL));
    snprintf(what, sizeof what, "trust %s %s", as_file ? "file" : "text", file);
    if (rc || !right) saw(what, rc ? outcome(rc) : "loads", !right && rc);
    else handshake(what, client, config("default_tls13", "leaf.pem", "leaf.key", NULL), 1);
}

/* How a child process ended; 0 is right. */
static inline void ended(const char *what, pid_t child)
{
    int status;
    char happened[60];
    waitpid(child, &status, 0);
    snprintf(happened, sizeof happened, WIFSIGNALED(status) ? "killed by signal %d" : "ends with %d",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    saw(what, happened, status == 0);
}
