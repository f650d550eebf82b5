/* Zeroization: a connection that is freed or wiped leaves no secrets and no plaintext in memory, in any state of the
   handshake, and a private key is erased when its chain is freed. The process under test logs no keys: its peer, a
   separate process, logs them and passes them on at the end. */
#include "residue.h"

/* The peer's last flight: intact, corrupted, or without its last byte. */
enum fault { NONE, DAMAGED, CUT };
static const char *faults[] = { "", "_damaged", "_cut" };

/* The action of the process under test before the search: it frees everything, wipes the connection, or releases
   the buffers of an open connection. */
enum action { FREED, WIPED, RELEASED };
static const char *actions[] = { "", "_wiped", "_released" };

struct scenario { s2n_mode mode; int version; enum fault fault; enum action action; const char *key, *policy; int logs, async; };
struct socket_transport { int fd; enum fault fault; int writes, faulty_write, eof; };
static struct socket_transport transport;
static struct s2n_cert_chain_and_key *own;
static struct s2n_config *settings;
static struct s2n_connection *conn;

/* A key log callback that discards the lines. */
static int log_nothing(void *ctx, struct s2n_connection *from, uint8_t *line, size_t len)
{
    (void) ctx, (void) from, (void) line, (void) len;
    return 0;
}

/* Keeps the secrets whose label contains `part`: an open connection still needs its other secrets. */
static void keep_only(struct found *found, const char *part)
{
    int kept = 0;
    for (int i = 0; i < found->count; i++)
        if (strstr(found->secrets[i].label, part)) found->secrets[kept++] = found->secrets[i];
    found->count = kept;
}

static int socket_send(void *ctx, const uint8_t *data, uint32_t n)
{
    struct socket_transport *to = ctx;
    int is_faulty = to->fault && ++to->writes == to->faulty_write;
    uint8_t last = data[n - 1] ^ (is_faulty && to->fault == DAMAGED);
    if (send(to->fd, data, n - 1, MSG_NOSIGNAL) != n - 1) return -1;
    if (is_faulty && to->fault == CUT) return shutdown(to->fd, SHUT_WR) ? -1 : (int) n;
    return send(to->fd, &last, 1, MSG_NOSIGNAL) == 1 ? (int) n : -1;
}

/* In the process under test, the end of the stream blocks instead of reporting an end. */
static int socket_recv(void *ctx, uint8_t *data, uint32_t n)
{
    struct socket_transport *from = ctx;
    ssize_t received = read(from->fd, data, n);
    if (received == 0 && !from->fault) {
        from->eof = 1;
        errno = EAGAIN;
        return -1;
    }
    return received;
}

/* Signs immediately. */
static int sign(struct s2n_connection *from, struct s2n_async_pkey_op *op)
{
    MUST(s2n_async_pkey_op_perform(op, s2n_cert_chain_and_key_get_private_key(own)));
    MUST(s2n_async_pkey_op_apply(op, from));
    return s2n_async_pkey_op_free(op);
}

static void open_endpoint(struct scenario scenario, int fd, struct found *log)
{
    char cert[40], key[40];
    snprintf(cert, sizeof cert, "%s.pem", scenario.key);
    snprintf(key, sizeof key, "%s.key", scenario.key);
    int is_server = scenario.mode == S2N_SERVER;
    MUST(s2n_init());
    own = is_server ? chain(cert, key) : NULL;
    const char *policy = scenario.version == S2N_TLS13 ? "default_tls13" : "20240501";
    settings = config(scenario.policy ? scenario.policy : policy, own, NULL);
    if (!is_server) MUST(s2n_config_disable_x509_verification(settings));
    if (log) MUST(s2n_config_set_key_log_cb(settings, log_key, log));
    else if (scenario.logs) MUST(s2n_config_set_key_log_cb(settings, log_nothing, NULL));
    if (!log && scenario.async) MUST(s2n_config_set_async_pkey_callback(settings, sign));
    conn = s2n_connection_new(scenario.mode);
    MUST(s2n_connection_set_config(conn, settings));
    MUST(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    MUST(s2n_connection_set_send_cb(conn, socket_send));
    MUST(s2n_connection_set_recv_cb(conn, socket_recv));
    MUST(s2n_connection_set_send_ctx(conn, &transport));
    MUST(s2n_connection_set_recv_ctx(conn, &transport));
    /* The last flight is the second one, except that a TLS 1.3 server has only one. */
    transport.fd = fd;
    transport.fault = log ? scenario.fault : NONE;
    transport.faulty_write = is_server && scenario.version == S2N_TLS13 ? 1 : 2;
}

static void close_endpoint(void)
{
    if (conn) MUST(s2n_connection_free(conn));
    MUST(s2n_config_free(settings));
    if (own) MUST(s2n_cert_chain_and_key_free(own));
    conn = NULL;
}

/* Performs a handshake; after success, sends 32 bytes, receives 32 bytes and closes. */
static void run_session(struct scenario scenario)
{
    s2n_blocked_status blocked;
    uint8_t out[32], in[32];
    int is_done;
    do is_done = s2n_negotiate(conn, &blocked) == 0;
    while (!is_done && s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED && !transport.eof);
    if (transport.fault) return;
    if (is_done != (scenario.fault == NONE) || transport.eof != (scenario.fault == CUT)) {
        printf("unexpected handshake result: %s\n", s2n_strerror_name(s2n_errno));
        exit(2);
    }
    if (!is_done) {
        /* The incomplete handshake is closed with the handshake keys. */
        s2n_shutdown_send(conn, &blocked);
        return;
    }
    if (s2n_connection_get_actual_protocol_version(conn) != scenario.version) { printf("unexpected protocol version\n"); exit(2); }
    plaintext(out, scenario.mode == S2N_SERVER, 0);
    if (s2n_send(conn, out, 32, &blocked) != 32 || s2n_recv(conn, in, 32, &blocked) != 32) {
        printf("no data: %s\n", s2n_strerror_name(s2n_errno));
        exit(2);
    }
    explicit_bzero(out, 32);
    explicit_bzero(in, 32);
    if (scenario.action != RELEASED) s2n_shutdown(conn, &blocked);
}

static void test_scenario(const char *name, struct scenario scenario)
{
    int fds[2], pipes[2];
    struct found found = { 0 };
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) || pipe(pipes)) exit(2);
    pid_t peer = fork();
    if (peer == 0) {
        close(fds[0]);
        scenario.mode = scenario.mode == S2N_SERVER ? S2N_CLIENT : S2N_SERVER;
        open_endpoint(scenario, fds[1], &found);
        run_session(scenario);
        _exit(write(pipes[1], &found, sizeof found) != sizeof found);
    }
    close(fds[1]);
    close(pipes[1]);
    open_endpoint(scenario, fds[0], NULL);
    run_session(scenario);
    if (scenario.action == RELEASED) MUST(s2n_connection_release_buffers(conn));
    else if (scenario.action == WIPED) MUST(s2n_connection_wipe(conn));
    else close_endpoint();
    close(fds[0]);
    if (read(pipes[0], &found, sizeof found) != sizeof found || found.count < 2) { printf("no secrets\n"); exit(2); }
    waitpid(peer, NULL, 0);
    if (scenario.action == RELEASED) keep_only(&found, "HANDSHAKE");
    for (int from = 0; from < 2 && !scenario.fault; from++) {
        uint8_t text[32];
        plaintext(text, from, MASK);
        add(&found, from == (scenario.mode == S2N_SERVER) ? "plaintext sent" : "plaintext received", text, 32);
    }
    if (scenario.mode == S2N_SERVER) add_key(&found, scenario.key, scenario.action == FREED ? "PEM DER number" : "PEM DER");
    check_residue(name, &found);
    if (scenario.mode == S2N_SERVER && scenario.action != FREED) check_key_in_use(scenario.key);
    if (scenario.action != FREED) close_endpoint();
    exit(wrong != 0);
}

/* A private key that does not match the certificate. */
static void test_mismatch(const char *name)
{
    struct found found = { 0 };
    char *cert = (char *) read_file("rsa.pem", NULL), *key = (char *) read_file("leaf.key", NULL);
    MUST(s2n_init());
    own = s2n_cert_chain_and_key_new();
    if (s2n_cert_chain_and_key_load_pem(own, cert, key) == 0) exit(2);
    free(cert);
    explicit_bzero(key, strlen(key));
    free(key);
    add_key(&found, "leaf", "PEM DER number");
    check_residue(name, &found);
    MUST(s2n_cert_chain_and_key_free(own));
    exit(wrong != 0);
}

static void in_child(const char *name, const struct scenario *scenario)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        if (scenario) test_scenario(name, *scenario);
        else test_mismatch(name);
    }
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status) || WEXITSTATUS(status) > 1) observe(name, 0, "does not complete");
    wrong += WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    bind_functions(argv);
    for (int i = 0; i < 4; i++) {
        struct scenario scenario = { .mode = i % 2 ? S2N_CLIENT : S2N_SERVER, .version = i < 2 ? S2N_TLS13 : S2N_TLS12, .key = "leaf" };
        char start[40], name[80];
        snprintf(start, sizeof start, "residue_%s_%s", i < 2 ? "tls13" : "tls12", i % 2 ? "client" : "server");
        for (scenario.fault = NONE; scenario.fault <= CUT; scenario.fault++)
            for (scenario.action = FREED; scenario.action <= (scenario.fault ? WIPED : RELEASED); scenario.action++) {
                snprintf(name, sizeof name, "%s%s%s", start, faults[scenario.fault], actions[scenario.action]);
                in_child(name, &scenario);
            }
        scenario.fault = NONE;
        scenario.action = FREED;
        if (i < 2) {
            scenario.policy = "default_pq";
            snprintf(name, sizeof name, "%s_pq", start);
            in_child(name, &scenario);
            scenario.policy = NULL;
        }
        scenario.logs = 1;
        snprintf(name, sizeof name, "%s_logged", start);
        in_child(name, &scenario);
    }
    struct scenario scenario = { .mode = S2N_SERVER, .version = S2N_TLS13, .key = "leaf", .async = 1 };
    in_child("residue_async", &scenario);
    scenario.async = 0;
    for (int i = 0; i < 3; i++) {
        static const char *keys[] = { "sec1", "rsa", "pss" };
        char name[40];
        scenario.key = keys[i];
        snprintf(name, sizeof name, "residue_key_%s", scenario.key);
        in_child(name, &scenario);
    }
    in_child("residue_key_mismatch", NULL);
    return wrong != 0;
}
