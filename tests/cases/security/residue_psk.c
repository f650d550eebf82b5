/* Zeroization of external pre-shared keys and early data, in TLS 1.3: neither a key that a connection has copied nor a
   handshake with it leaves the application's secret, the secrets derived from it, or the plaintext of early data in
   memory. The peer, a separate process, logs its secrets, and derives those of early data with `psk_secrets.py`. */
#include "residue.h"

/* The early data is accepted; rejected by a server that does not receive it, or that requests another ClientHello;
   abandoned by the process under test, a server after it has read a part; or protected with a key of which the
   endpoints have different secrets, so that the handshake fails. */
enum outcome { ACCEPTED, REJECTED, RETRIED, ABANDONED, MISMATCHED, OUTCOMES };
static const char *outcomes[] = { "_accepted", "_rejected", "_retried", "_abandoned", "_mismatched" };

/* The action of the process under test before the search: it frees everything, wipes the connection, or releases the
   buffers of an open connection. */
enum action { FREED, WIPED, RELEASED };
static const char *actions[] = { "", "_wiped", "_released" };

enum { SECRET_LEN = 48, LIMIT = 1000, PART = 20, EARLY = 2 };

/* `selects`: a callback of the server adds and selects the key. */
struct scenario { s2n_mode mode; enum outcome outcome; enum action action; s2n_psk_hmac hmac; int selects; };

/* A socket, and the first bytes of the client, which begin with the ClientHello. */
struct socket_transport { int fd, is_client, defers; uint8_t hello[3000]; size_t len; };

static struct socket_transport transport;
static struct s2n_config *settings;
static struct s2n_connection *conn;
/* The secrets of the key with each hash, of which no ClientHello is part. */
static struct found known[2];

/* The application's secret. */
static void psk_secret(uint8_t secret[SECRET_LEN], int mask)
{
    for (int i = 0; i < SECRET_LEN; i++) secret[i] = (i * 43 + 19) ^ (i << 2) ^ mask;
}

/* Appends the key to a connection, which has a copy of it then, and frees it. */
static void append_to(struct s2n_connection *to, s2n_psk_hmac hmac, int has_other_secret)
{
    uint8_t secret[SECRET_LEN];
    struct s2n_psk *psk = s2n_external_psk_new();
    MUST(s2n_psk_set_identity(psk, (const uint8_t *) "identity", 8));
    psk_secret(secret, has_other_secret);
    MUST(s2n_psk_set_secret(psk, secret, sizeof secret));
    explicit_bzero(secret, sizeof secret);
    MUST(s2n_psk_set_hmac(psk, hmac));
    MUST(s2n_psk_configure_early_data(psk, LIMIT, 0x13, hmac == S2N_PSK_HMAC_SHA256 ? 0x01 : 0x02));
    MUST(s2n_connection_append_psk(to, psk));
    MUST(s2n_psk_free(&psk));
}

/* A selection callback that adds the key, and selects it. */
static int select_psk(struct s2n_connection *from, void *ctx, struct s2n_offered_psk_list *list)
{
    struct s2n_offered_psk *offered = s2n_offered_psk_new();
    append_to(from, *(s2n_psk_hmac *) ctx, 0);
    MUST(s2n_offered_psk_list_next(list, offered));
    MUST(s2n_offered_psk_list_choose_psk(list, offered));
    return s2n_offered_psk_free(&offered);
}

static void record_hello(struct socket_transport *to, const uint8_t *data, ssize_t n)
{
    for (ssize_t i = 0; i < n && to->len < sizeof to->hello; i++) to->hello[to->len++] = data[i];
}

static int socket_send(void *ctx, const uint8_t *data, uint32_t n)
{
    struct socket_transport *to = ctx;
    ssize_t sent = send(to->fd, data, n, MSG_NOSIGNAL);
    if (to->is_client) record_hello(to, data, sent);
    return sent;
}

static int socket_recv(void *ctx, uint8_t *data, uint32_t n)
{
    struct socket_transport *from = ctx;
    if (from->defers) {
        errno = EAGAIN;
        return -1;
    }
    ssize_t received = read(from->fd, data, n);
    if (!from->is_client) record_hello(from, data, received);
    return received;
}

/* Runs the script with the application's secret and, unless NULL, the ClientHello. */
static void derive(struct found *found, s2n_psk_hmac hmac, const struct socket_transport *hello)
{
    char command[12000];
    uint8_t masked[SECRET_LEN];
    psk_secret(masked, MASK);
    int at = snprintf(command, sizeof command, "python3 -B \"$(dirname '%s')/psk_secrets.py\" %s ", __FILE__,
            hmac == S2N_PSK_HMAC_SHA256 ? "sha256" : "sha384");
    for (int i = 0; i < SECRET_LEN; i++) at += sprintf(command + at, "%02x", masked[i]);
    if (hello) {
        /* It is one record. */
        const uint8_t *record = hello->hello;
        size_t end = 5 + (record[3] << 8 | record[4]);
        if (record[0] != 22 || hello->len < end) { printf("no ClientHello\n"); exit(2); }
        at += sprintf(command + at, " ");
        for (size_t i = 5; i < end; i++) at += sprintf(command + at, "%02x", record[i]);
    }
    read_secrets(popen(command, "r"), found);
}

static void open_endpoint(struct scenario scenario, int fd, struct found *log)
{
    int is_server = scenario.mode == S2N_SERVER, requests_again = scenario.outcome == RETRIED;
    static s2n_psk_hmac hmac;
    hmac = scenario.hmac;
    /* The client has no key share of the server's group. */
    settings = config(!requests_again ? "default_tls13" : is_server ? "20251113" : "20240603", NULL, NULL);
    if (log) MUST(s2n_config_set_key_log_cb(settings, log_key, log));
    if (is_server && scenario.selects) {
        /* The limit before the key is known. */
        MUST(s2n_config_set_server_max_early_data_size(settings, LIMIT));
        MUST(s2n_config_set_psk_selection_callback(settings, select_psk, &hmac));
    }
    MUST(s2n_config_set_psk_mode(settings, S2N_PSK_MODE_EXTERNAL));
    transport.fd = fd;
    transport.is_client = !is_server;
    conn = s2n_connection_new(scenario.mode);
    MUST(s2n_connection_set_config(conn, settings));
    MUST(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    MUST(s2n_connection_set_send_cb(conn, socket_send));
    MUST(s2n_connection_set_recv_cb(conn, socket_recv));
    MUST(s2n_connection_set_send_ctx(conn, &transport));
    MUST(s2n_connection_set_recv_ctx(conn, &transport));
    if (!is_server || !scenario.selects) append_to(conn, scenario.hmac, log && scenario.outcome == MISMATCHED);
}

static void close_endpoint(void)
{
    MUST(s2n_connection_free(conn));
    MUST(s2n_config_free(settings));
}

/* Sends two records before it receives anything. */
static void send_early(void)
{
    s2n_blocked_status blocked;
    uint8_t text[32];
    plaintext(text, EARLY, 0);
    transport.defers = 1;
    for (int at = 0; at < 32; at += 16) {
        ssize_t sent = 0;
        if (s2n_send_early_data(conn, text + at, 16, &sent, &blocked) == 0 || sent != 16) {
            printf("no early data: %s\n", s2n_strerror_name(s2n_errno));
            exit(2);
        }
    }
    transport.defers = 0;
    explicit_bzero(text, sizeof text);
}

/* Receives a part of the early data, so that the connection keeps the rest, and then, unless it is abandoned, all. */
static void recv_early(int is_abandoned)
{
    s2n_blocked_status blocked;
    uint8_t text[32];
    ssize_t received = 0, rest = 0;
    int ended = s2n_recv_early_data(conn, text, PART, &received, &blocked) == 0;
    int is_partial = !ended && received == PART && blocked == S2N_BLOCKED_ON_EARLY_DATA;
    if (is_partial && !is_abandoned) ended = s2n_recv_early_data(conn, text + PART, 32 - PART + 1, &rest, &blocked) == 0;
    explicit_bzero(text, sizeof text);
    if (!is_partial || (!is_abandoned && !(ended && received + rest == 32))) {
        printf("early data is not received: %s\n", s2n_strerror_name(s2n_errno));
        exit(2);
    }
}

/* Transfers 32 bytes in each direction, and closes. */
static void exchange(struct scenario scenario)
{
    s2n_blocked_status blocked;
    uint8_t out[32], in[32];
    plaintext(out, scenario.mode == S2N_SERVER, 0);
    if (s2n_send(conn, out, 32, &blocked) != 32 || s2n_recv(conn, in, 32, &blocked) != 32) {
        printf("no data: %s\n", s2n_strerror_name(s2n_errno));
        exit(2);
    }
    explicit_bzero(out, sizeof out);
    explicit_bzero(in, sizeof in);
    if (scenario.action != RELEASED) s2n_shutdown(conn, &blocked);
}

static void run_session(struct scenario scenario, int is_peer)
{
    s2n_blocked_status blocked;
    uint16_t identity_len = 0;
    s2n_early_data_status_t status;
    int is_abandoned = scenario.outcome == ABANDONED;
    if (scenario.mode == S2N_CLIENT) send_early();
    else if (scenario.outcome == ACCEPTED || is_abandoned) recv_early(is_abandoned);
    if (is_abandoned && !is_peer) return;
    int is_done = s2n_negotiate(conn, &blocked) == 0;
    if (is_abandoned) return;
    if (is_done != (scenario.outcome < ABANDONED)) {
        printf("unexpected handshake result: %s\n", s2n_strerror_name(s2n_errno));
        exit(2);
    }
    if (!is_done) return;
    MUST(s2n_connection_get_negotiated_psk_identity_length(conn, &identity_len));
    MUST(s2n_connection_get_early_data_status(conn, &status));
    if (identity_len != 8 || (status == S2N_EARLY_DATA_STATUS_END) != (scenario.outcome == ACCEPTED)) {
        printf("unexpected handshake\n");
        exit(2);
    }
    exchange(scenario);
}

/* The peer: passes the secrets on after the end of the session. */
static void run_peer(struct scenario scenario, int fd, int channel)
{
    static struct found found;
    scenario.mode = scenario.mode == S2N_SERVER ? S2N_CLIENT : S2N_SERVER;
    open_endpoint(scenario, fd, &found);
    run_session(scenario, 1);
    derive(&found, scenario.hmac, &transport);
    _exit(write(channel, &found, sizeof found) != sizeof found);
}

/* Verifies that the search finds a secret that a connection still needs. */
static void check_in_use(const struct found *found, const char *label)
{
    int copies[MAX_SECRETS];
    search(found, copies);
    for (int i = 0; i < found->count; i++)
        if (strcmp(found->secrets[i].label, label) == 0 && copies[i] > 0) return;
    printf("the search misses the %s in use\n", label);
    exit(2);
}

static void drop(struct found *found, const char *label)
{
    int kept = 0;
    for (int i = 0; i < found->count; i++)
        if (!strstr(found->secrets[i].label, label)) found->secrets[kept++] = found->secrets[i];
    found->count = kept;
}

static void add_plaintext(struct found *found, const char *label, int from)
{
    uint8_t text[32];
    plaintext(text, from, MASK);
    add(found, label, text, sizeof text);
}

/* Adds the search patterns that do not depend on the handshake. */
static void add_known(struct found *found, const struct found *secrets)
{
    for (int i = 0; i < secrets->count; i++)
        add(found, secrets->secrets[i].label, secrets->secrets[i].bytes, secrets->secrets[i].len);
    add_plaintext(found, "early data", EARLY);
    add_plaintext(found, "plaintext of the server", 1);
    add_plaintext(found, "plaintext of the client", 0);
}

static void finish(struct scenario scenario, struct found *found)
{
    if (scenario.outcome == ABANDONED) {
        check_in_use(found, "CLIENT_EARLY_TRAFFIC_SECRET");
        if (scenario.mode == S2N_SERVER) check_in_use(found, "early data");
    }
    if (scenario.action == FREED) close_endpoint();
    else if (scenario.action == WIPED) MUST(s2n_connection_wipe(conn));
    else {
        MUST(s2n_connection_release_buffers(conn));
        check_in_use(found, "CLIENT_TRAFFIC_SECRET_0");
        drop(found, "TRAFFIC_SECRET_0");
        drop(found, "EXPORTER_SECRET");
    }
}

static void test_scenario(const char *name, struct scenario scenario)
{
    int fds[2], channel[2], status;
    static struct found found;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) || pipe(channel)) exit(2);
    pid_t peer = fork();
    if (peer == 0) {
        close(fds[0]);
        run_peer(scenario, fds[1], channel[1]);
    }
    close(fds[1]);
    close(channel[1]);
    open_endpoint(scenario, fds[0], NULL);
    if (scenario.mode == S2N_CLIENT || !scenario.selects) check_in_use(&known[scenario.hmac], "early_secret");
    run_session(scenario, 0);
    /* The peer may wait for the end of the stream. */
    shutdown(fds[0], SHUT_WR);
    if (read(channel[0], &found, sizeof found) != sizeof found) { printf("no secrets\n"); exit(2); }
    if (waitpid(peer, &status, 0) != peer || status != 0) { printf("the peer fails\n"); exit(2); }
    add_known(&found, &known[scenario.hmac]);
    finish(scenario, &found);
    check_residue(name, &found);
    if (scenario.action != FREED) close_endpoint();
    exit(wrong != 0);
}

/* A key right after it was appended and freed, so that no later call overwrites the stack: with the connection, which
   keeps the early secret, or after the connection is freed, too. */
static void test_appended(const char *name, struct scenario scenario)
{
    struct found *found = &known[scenario.hmac];
    conn = s2n_connection_new(scenario.mode);
    append_to(conn, scenario.hmac, 0);
    if (scenario.action == FREED) MUST(s2n_connection_free(conn));
    else {
        check_in_use(found, "early_secret");
        drop(found, "early_secret");
    }
    check_residue(name, found);
    if (scenario.action != FREED) MUST(s2n_connection_free(conn));
    exit(wrong != 0);
}

static void in_child(struct scenario scenario, const char *label, void (*test)(const char *, struct scenario))
{
    char name[80];
    int status;
    snprintf(name, sizeof name, "residue_psk_%s%s%s", scenario.mode == S2N_SERVER ? "server" : "client", label,
            test == test_scenario ? actions[scenario.action] : "");
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        test(name, scenario);
    }
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) observe(name, 0, "does not complete");
    wrong += WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

int main(int argc, char **argv)
{
    static const s2n_mode modes[] = { S2N_SERVER, S2N_CLIENT };
    begin(argc, argv);
    bind_functions(argv);
    MUST(s2n_init());
    derive(&known[S2N_PSK_HMAC_SHA256], S2N_PSK_HMAC_SHA256, NULL);
    derive(&known[S2N_PSK_HMAC_SHA384], S2N_PSK_HMAC_SHA384, NULL);
    for (int i = 0; i < 2; i++) {
        struct scenario scenario = { .mode = modes[i], .hmac = S2N_PSK_HMAC_SHA256 };
        in_child(scenario, "_appended", test_appended);
        scenario.action = RELEASED;
        in_child(scenario, "_kept", test_appended);
        for (scenario.outcome = ACCEPTED; scenario.outcome < OUTCOMES; scenario.outcome++) {
            /* Only a handshake that succeeds leaves an open connection. */
            enum action last = scenario.outcome < ABANDONED ? RELEASED : WIPED;
            for (scenario.action = FREED; scenario.action <= last; scenario.action++)
                in_child(scenario, outcomes[scenario.outcome], test_scenario);
        }
        scenario = (struct scenario) { .mode = modes[i], .hmac = S2N_PSK_HMAC_SHA384 };
        in_child(scenario, "_sha384", test_scenario);
    }
    struct scenario selected = { .mode = S2N_SERVER, .hmac = S2N_PSK_HMAC_SHA256, .selects = 1 };
    in_child(selected, "_selected", test_scenario);
    return wrong != 0;
}
