/* Zeroization: a connection that is freed or wiped leaves no secrets and no plaintext in memory, in any state of the
   handshake, and a private key is erased when its chain is freed. The process under test logs no keys: its peer, a
   separate process, logs them and passes them on at the end. The search patterns are masked, so that the search
   does not find the patterns themselves. */
#include "security.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define MASK 0x5a
#define MAX_SECRETS 60
/* Secrets are searched for in pieces: the allocator overwrites the first bytes of a freed block. */
#define PIECE 16

struct secret { char label[40]; uint8_t bytes[48]; int len; };
struct found { struct secret secrets[MAX_SECRETS]; int count; };

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

static uint8_t nibble(char hex) { return hex <= '9' ? hex - '0' : (hex | 32) - 'a' + 10; }

/* Adds a masked search pattern. */
static void add(struct found *found, const char *label, const uint8_t *bytes, int len)
{
    struct secret *secret = &found->secrets[found->count++];
    if (found->count > MAX_SECRETS) { printf("too many secrets\n"); exit(2); }
    snprintf(secret->label, sizeof secret->label, "%s", label);
    secret->len = len;
    memcpy(secret->bytes, bytes, len);
}

/* The key log callback: "LABEL random secret", in hex. The start of the secret's hex text is a search pattern, too. */
static int log_key(void *ctx, struct s2n_connection *from, uint8_t *line, size_t len)
{
    struct found *found = ctx;
    char label[40];
    uint8_t bytes[48], hex[48];
    size_t at = len;
    int n = 0;
    (void) from;
    while (line[at - 1] != ' ') at--;
    if ((len - at) / 2 > sizeof bytes) return 0;
    snprintf(label, sizeof label, "%.*s", (int) strcspn((char *) line, " "), line);
    for (int i = 0; i < 48; i++) hex[i] = line[at + i] ^ MASK;
    for (; at + 1 < len; at += 2) bytes[n++] = (nibble(line[at]) << 4 | nibble(line[at + 1])) ^ MASK;
    add(found, strcmp(label, "CLIENT_RANDOM") ? label : "master secret", bytes, n);
    add(found, "in hex", hex, 48);
    return 0;
}

/* A key log callback that discards the lines. */
static int log_nothing(void *ctx, struct s2n_connection *from, uint8_t *line, size_t len)
{
    (void) ctx, (void) from, (void) line, (void) len;
    return 0;
}

/* Adds the search patterns of a key that `make.py` wrote as "FORM masked hex". A key in use holds its number. */
static void add_key(struct found *found, const char *key, const char *forms)
{
    char file[40], form[40], hex[97], *list, *line;
    snprintf(file, sizeof file, "%s.traces", key);
    list = (char *) read_file(file, NULL);
    for (line = strtok(list, "\n"); line; line = strtok(NULL, "\n")) {
        uint8_t bytes[48];
        if (sscanf(line, "%39s %96s", form, hex) != 2) exit(2);
        int n = strlen(hex) / 2;
        for (int i = 0; i < n; i++) bytes[i] = nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]);
        if (strstr(forms, form)) add(found, form, bytes, n);
    }
    free(list);
}

/* Keeps the secrets whose label contains `part`: an open connection still needs its other secrets. */
static void keep_only(struct found *found, const char *part)
{
    int kept = 0;
    for (int i = 0; i < found->count; i++)
        if (strstr(found->secrets[i].label, part)) found->secrets[kept++] = found->secrets[i];
    found->count = kept;
}

static void plaintext(uint8_t *text, int from, int mask)
{
    for (int i = 0; i < 32; i++) text[i] = (i * 29 + from * 101 + 7) ^ (i << 3) ^ mask;
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

static int pieces(const uint8_t *view, ssize_t n, const uint8_t *piece)
{
    int count = 0;
    for (const uint8_t *end = view + n; (view = memmem(view, end - view, piece, PIECE)); view++) count++;
    return count;
}

/* Counts the copies of each secret in writable memory. */
static int search(const struct found *found, int *copies)
{
    char line[600];
    int total = 0, mem = open("/proc/self/mem", O_RDONLY);
    FILE *maps = fopen("/proc/self/maps", "r");
    memset(copies, 0, MAX_SECRETS * sizeof *copies);
    while (fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char rights[8];
        sscanf(line, "%lx-%lx %7s", &from, &to, rights);
        if (strncmp(rights, "rw", 2) != 0) continue;
        uint8_t *view = mmap(NULL, to - from, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        ssize_t n = pread(mem, view, to - from, from);
        for (ssize_t i = 0; i < n; i++) view[i] ^= MASK;
        for (int k = 0; k < found->count; k++) {
            int max = 0;
            for (int at = 0; at + PIECE <= found->secrets[k].len; at += PIECE) {
                int count = pieces(view, n, found->secrets[k].bytes + at);
                if (count > max) max = count;
            }
            copies[k] += max;
            total += max;
        }
        munmap(view, to - from);
    }
    fclose(maps);
    close(mem);
    return total;
}

/* Searches, and verifies the search with a planted copy of one secret. */
static void check_residue(const char *name, const struct found *found)
{
    int copies[MAX_SECRETS], again[MAX_SECRETS], len = found->secrets[0].len;
    int total = search(found, copies);
    uint8_t *planted = malloc(len);
    for (int i = 0; i < len; i++) planted[i] = found->secrets[0].bytes[i] ^ MASK;
    if (search(found, again) != total + 1) { printf("the search misses a planted secret\n"); exit(2); }
    explicit_bzero(planted, len);
    free(planted);
    char list[4000] = "";
    for (int k = 0; k < found->count; k++)
        if (copies[k]) sprintf(list + strlen(list), "%s %s %d", list[0] ? "," : ":", found->secrets[k].label, copies[k]);
    observe(name, total == 0, "%d copies of %d secrets%s", total, found->count, list);
}

/* Verifies that the search finds a key that is in use. */
static void check_key_in_use(const char *key)
{
    struct found found = { 0 };
    int copies[MAX_SECRETS];
    add_key(&found, key, "number");
    if (search(&found, copies) == 0) { printf("the search misses a key in use\n"); exit(2); }
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
    /* Lazy binding of a function saves the vector registers on the stack, with whatever they hold. */
    if (!getenv("LD_BIND_NOW")) {
        setenv("LD_BIND_NOW", "1", 1);
        execv("/proc/self/exe", argv);
    }
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
