/* Zeroization of sessions: after two handshakes, of which the second resumes the session of the first, connections that
   are freed or wiped leave no ticket key, no pre-shared key and no resumption master secret in memory. The peer, a
   separate process, collects the secrets: those that it logs, and those that `session_secrets.py` derives. */
#include "residue.h"

/* The action of the process under test before the search: it frees everything; wipes the connections; or frees
   everything right after it has used secrets once more, so that no later call overwrites what is left on the stack: a
   server issues a ticket, or adds a ticket key; a client sets and gets a session. */
enum action { FREED, WIPED, ISSUED, ADDED, OFFERED };
static const char *actions[] = { "", "_wiped", "_issued", "_added", "_offered" };

/* `early`: the client sends early data with the session. */
struct scenario { s2n_mode mode; int version; enum action action; int early; };

/* A session as s2n_connection_get_session() serializes it, masked. */
struct session { uint8_t masked[2000]; int len; };

/* EARLY is the origin of early data, as its plaintext depends on it. */
enum { HANDSHAKES = 2, EARLY = 2 };
static struct session sessions[HANDSHAKES];
static struct s2n_cert_chain_and_key *own;
static struct s2n_config *settings;
static struct s2n_connection *conns[HANDSHAKES];

static void mask(uint8_t *to, const uint8_t *from, int len)
{
    for (int i = 0; i < len; i++) to[i] = from[i] ^ MASK;
}

/* The application's secret of the ticket key. */
static void ticket_key(uint8_t key[32], int mask)
{
    for (int i = 0; i < 32; i++) key[i] = (i * 37 + 11) ^ (i << 2) ^ mask;
}

static int is_session_valid(struct s2n_connection *from, void *ctx, struct s2n_session_ticket *ticket)
{
    (void) from, (void) ctx;
    uint8_t session[2000];
    size_t len = 0;
    int failed = s2n_session_ticket_get_data_len(ticket, &len) || s2n_session_ticket_get_data(ticket, sizeof session, session);
    explicit_bzero(session, sizeof session);
    return failed;
}

static void create_config(struct scenario scenario, struct found *log)
{
    const char *policy = scenario.version == S2N_TLS13 ? "default_tls13" : "20240501";
    own = scenario.mode == S2N_SERVER ? chain("leaf.pem", "leaf.key") : NULL;
    settings = config(policy, own, NULL);
    MUST(s2n_config_set_session_tickets_onoff(settings, 1));
    if (log) MUST(s2n_config_set_key_log_cb(settings, log_key, log));
    if (scenario.mode == S2N_CLIENT) {
        MUST(s2n_config_disable_x509_verification(settings));
        MUST(s2n_config_set_session_ticket_cb(settings, is_session_valid, NULL));
        return;
    }
    uint8_t key[32];
    ticket_key(key, 0);
    MUST(s2n_config_add_ticket_crypto_key(settings, (const uint8_t *) "key", 3, key, sizeof key, 0));
    explicit_bzero(key, sizeof key);
    if (scenario.early) MUST(s2n_config_set_server_max_early_data_size(settings, 1000));
}

static void offer(struct s2n_connection *conn, const struct session *session)
{
    uint8_t bytes[sizeof session->masked];
    mask(bytes, session->masked, session->len);
    MUST(s2n_connection_set_session(conn, bytes, session->len));
    explicit_bzero(bytes, sizeof bytes);
}

static void export(struct s2n_connection *conn, struct session *session)
{
    uint8_t bytes[sizeof session->masked];
    session->len = s2n_connection_get_session(conn, bytes, sizeof bytes);
    if (session->len <= 0) { printf("no session: %s\n", s2n_strerror_name(s2n_errno)); exit(2); }
    mask(session->masked, bytes, session->len);
    explicit_bzero(bytes, sizeof bytes);
}

/* Sends or receives 32 bytes of early data. */
static void transfer_early(struct scenario scenario, struct s2n_connection *conn)
{
    s2n_blocked_status blocked;
    uint8_t text[33];
    ssize_t n = 0;
    int failed;
    plaintext(text, EARLY, 0);
    if (scenario.mode == S2N_CLIENT) failed = s2n_send_early_data(conn, text, 32, &n, &blocked);
    else failed = s2n_recv_early_data(conn, text, sizeof text, &n, &blocked);
    explicit_bzero(text, sizeof text);
    if (failed || n != 32) { printf("no early data: %s\n", s2n_strerror_name(s2n_errno)); exit(2); }
}

/* Performs a handshake, in which each side sends 32 bytes. */
static void connect_once(struct scenario scenario, int number, int fd)
{
    s2n_blocked_status blocked;
    uint8_t out[32], in[32];
    struct s2n_connection *conn = conns[number] = s2n_connection_new(scenario.mode);
    MUST(s2n_connection_set_config(conn, settings));
    MUST(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    MUST(s2n_connection_set_fd(conn, fd));
    if (scenario.mode == S2N_CLIENT && number > 0) offer(conn, &sessions[number - 1]);
    if (scenario.early && number > 0) transfer_early(scenario, conn);
    MUST(s2n_negotiate(conn, &blocked));
    plaintext(out, scenario.mode == S2N_SERVER, 0);
    if (s2n_send(conn, out, 32, &blocked) != 32 || s2n_recv(conn, in, 32, &blocked) != 32) {
        printf("no data: %s\n", s2n_strerror_name(s2n_errno));
        exit(2);
    }
    explicit_bzero(out, 32);
    explicit_bzero(in, 32);
    if (s2n_connection_is_session_resumed(conn) != (number > 0)
            || s2n_connection_get_actual_protocol_version(conn) != scenario.version) {
        printf("unexpected handshake\n");
        exit(2);
    }
    if (scenario.mode == S2N_CLIENT) export(conn, &sessions[number]);
}

static void close_all(void)
{
    for (int i = 0; i < HANDSHAKES; i++) MUST(s2n_connection_free(conns[i]));
    MUST(s2n_config_free(settings));
    if (own) MUST(s2n_cert_chain_and_key_free(own));
}

/* Writes the writable memory of this process to a file. */
static void dump(FILE *file)
{
    char line[600];
    int mem = open("/proc/self/mem", O_RDONLY);
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char rights[8];
        sscanf(line, "%lx-%lx %7s", &from, &to, rights);
        if (strncmp(rights, "rw", 2) != 0) continue;
        uint8_t *view = malloc(to - from);
        ssize_t n = pread(mem, view, to - from, from);
        if (n > 0 && fwrite(view, 1, n, file) != (size_t) n) exit(2);
        free(view);
    }
    fclose(maps);
    close(mem);
}

/* Adds the secrets that follow from the sessions, from the ticket key and from the memory of this process. */
static void derive(struct found *found)
{
    char path[] = "/tmp/rs2n-sessions-XXXXXX", command[4200];
    uint8_t key[32];
    FILE *file = fdopen(mkstemp(path), "w");
    ticket_key(key, 0);
    fwrite(key, 1, sizeof key, file);
    fwrite(sessions, 1, sizeof sessions, file);
    dump(file);
    fclose(file);
    snprintf(command, sizeof command, "python3 -B \"$(dirname '%s')/session_secrets.py\" %s", __FILE__, path);
    read_secrets(popen(command, "r"), found);
    unlink(path);
}

static void transfer(ssize_t (*call)(int, void *, size_t), int fd, void *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = call(fd, (char *) bytes + done, len - done);
        if (n <= 0) exit(2);
        done += n;
    }
}

static ssize_t put(int fd, void *bytes, size_t len) { return write(fd, bytes, len); }

/* The peer: passes the secrets to the process under test. Both connections are open, and have their secrets. */
static void run_peer(struct scenario scenario, int fds[], int channel)
{
    static struct found found;
    scenario.mode = scenario.mode == S2N_SERVER ? S2N_CLIENT : S2N_SERVER;
    create_config(scenario, &found);
    for (int i = 0; i < HANDSHAKES; i++) connect_once(scenario, i, fds[i]);
    if (scenario.mode == S2N_SERVER) transfer(read, channel, sessions, sizeof sessions);
    derive(&found);
    transfer(put, channel, &found, sizeof found);
    _exit(0);
}

/* Drops the secrets that the live config of a server contains. */
static void drop_key_in_use(struct found *found)
{
    int kept = 0;
    for (int i = 0; i < found->count; i++)
        if (strcmp(found->secrets[i].label, "ticket_key") != 0) found->secrets[kept++] = found->secrets[i];
    found->count = kept;
}

/* Uses secrets once more, and frees everything unless the config is in use. */
static void finish(struct scenario scenario)
{
    s2n_blocked_status blocked;
    uint8_t byte = 0;
    struct s2n_connection *last = conns[HANDSHAKES - 1];
    if (scenario.action == ISSUED) {
        MUST(s2n_connection_add_new_tickets_to_send(last, 1));
        if (s2n_send(last, &byte, 1, &blocked) != 1) exit(2);
    } else if (scenario.action == OFFERED) {
        struct session session;
        MUST(s2n_connection_wipe(last));
        MUST(s2n_connection_set_config(last, settings));
        offer(last, &sessions[0]);
        if (scenario.version == S2N_TLS12) export(last, &session);
    }
    if (scenario.action != WIPED) close_all();
    else for (int i = 0; i < HANDSHAKES; i++) MUST(s2n_connection_wipe(conns[i]));
    if (scenario.action == ADDED) {
        create_config(scenario, NULL);
        MUST(s2n_config_free(settings));
        MUST(s2n_cert_chain_and_key_free(own));
    }
}

/* Verifies that the search finds the secrets of open connections. */
static void check_secrets_in_use(struct scenario scenario, const struct found *found)
{
    int copies[MAX_SECRETS];
    search(found, copies);
    for (int i = 0; i < found->count; i++) {
        const char *label = found->secrets[i].label;
        int is_used = strcmp(label, "ticket_key") == 0 && scenario.mode == S2N_SERVER;
        is_used |= strcmp(label, "resumption_master_secret") == 0 || strcmp(label, "master secret") == 0;
        is_used |= strcmp(label, "pre_shared_key") == 0 && scenario.mode == S2N_CLIENT;
        if (is_used && copies[i] == 0) { printf("the search misses the %s\n", label); exit(2); }
    }
}

static void test_scenario(const char *name, struct scenario scenario)
{
    int fds[HANDSHAKES][2], peers[HANDSHAKES], channel[2], status;
    static struct found found;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel)) exit(2);
    for (int i = 0; i < HANDSHAKES; i++) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds[i])) exit(2);
        peers[i] = fds[i][1];
    }
    pid_t peer = fork();
    if (peer == 0) {
        close(channel[0]);
        for (int i = 0; i < HANDSHAKES; i++) close(fds[i][0]);
        run_peer(scenario, peers, channel[1]);
    }
    close(channel[1]);
    /* The sockets of the peer stay open: a server sends after its exit. */
    create_config(scenario, NULL);
    for (int i = 0; i < HANDSHAKES; i++) connect_once(scenario, i, fds[i][0]);
    if (scenario.mode == S2N_CLIENT) transfer(put, channel[0], sessions, sizeof sessions);
    transfer(read, channel[0], &found, sizeof found);
    if (waitpid(peer, &status, 0) != peer || status != 0) { printf("the peer fails\n"); exit(2); }
    for (int from = 0; from < 2 + scenario.early; from++) {
        static const char *labels[] = { "plaintext of the client", "plaintext of the server", "early data" };
        uint8_t text[32];
        plaintext(text, from, MASK);
        add(&found, labels[from], text, 32);
    }
    check_secrets_in_use(scenario, &found);
    finish(scenario);
    if (scenario.action == WIPED && scenario.mode == S2N_SERVER) drop_key_in_use(&found);
    check_residue(name, &found);
    if (scenario.action == WIPED) close_all();
    exit(wrong != 0);
}

static void in_child(struct scenario scenario)
{
    char name[80];
    int status;
    snprintf(name, sizeof name, "residue_sessions_%s_%s%s%s", scenario.version == S2N_TLS13 ? "tls13" : "tls12",
            scenario.mode == S2N_SERVER ? "server" : "client", scenario.early ? "_early" : "", actions[scenario.action]);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        test_scenario(name, scenario);
    }
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) observe(name, 0, "does not complete");
    wrong += WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

int main(int argc, char **argv)
{
    static const int versions[] = { S2N_TLS12, S2N_TLS13 };
    begin(argc, argv);
    bind_functions(argv);
    MUST(s2n_init());
    for (int i = 0; i < 2; i++) {
        for (enum action action = FREED; action <= WIPED; action++) {
            in_child((struct scenario) { S2N_SERVER, versions[i], action, 0 });
            in_child((struct scenario) { S2N_CLIENT, versions[i], action, 0 });
        }
        in_child((struct scenario) { S2N_SERVER, versions[i], ADDED, 0 });
        in_child((struct scenario) { S2N_CLIENT, versions[i], OFFERED, 0 });
    }
    for (enum action action = FREED; action <= WIPED; action++) {
        in_child((struct scenario) { S2N_SERVER, S2N_TLS13, action, 1 });
        in_child((struct scenario) { S2N_CLIENT, S2N_TLS13, action, 1 });
    }
    in_child((struct scenario) { S2N_SERVER, S2N_TLS13, ISSUED, 0 });
    in_child((struct scenario) { S2N_SERVER, S2N_TLS13, ISSUED, 1 });
    in_child((struct scenario) { S2N_CLIENT, S2N_TLS13, OFFERED, 1 });
    return wrong != 0;
}
