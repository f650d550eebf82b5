/* A connection that is freed or wiped leaves none of its secrets and none of its plaintext in memory, wherever it
   stood, and a private key is gone when its chain is freed. The process under test logs no keys: its peer, another
   process, logs them and hands them over when all is done. What is looked for is masked, lest it be found itself. */
#include "security.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define MASK 0x5a
#define MOST 60
/* Secrets are looked for in pieces: a freed block has lost its first bytes to the allocator. */
#define PIECE 16

struct secret { char label[40]; uint8_t bytes[48]; int len; };
struct found { struct secret secrets[MOST]; int count; };

/* How the peer ends the handshake: as it should, with its last flight damaged, or with the last byte of it missing. */
enum fault { NONE, DAMAGED, CUT };
static const char *faults[] = { "", "_damaged", "_cut" };

/* What the process under test does before the search: it frees everything, wipes the connection, or releases the
   buffers of one that is open. */
enum end { FREED, WIPED, RELEASED };
static const char *ends[] = { "", "_wiped", "_released" };

struct scene { s2n_mode mode; int version; enum fault fault; enum end end; const char *key, *policy; int logs, async; };
struct side { int fd; enum fault fault; int writes, faulty, ended; };
static struct side side;
static struct s2n_cert_chain_and_key *own;
static struct s2n_config *settings;
static struct s2n_connection *conn;

static uint8_t nibble(char hex) { return hex <= '9' ? hex - '0' : (hex | 32) - 'a' + 10; }

/* Adds bytes that are masked. */
static void add(struct found *found, const char *label, const uint8_t *bytes, int len)
{
    struct secret *secret = &found->secrets[found->count++];
    if (found->count > MOST) { printf("too many secrets\n"); exit(2); }
    snprintf(secret->label, sizeof secret->label, "%s", label);
    secret->len = len;
    memcpy(secret->bytes, bytes, len);
}

/* "LABEL random secret", in hex; the front of its hex is a secret, too. */
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

/* A key log that keeps nothing. */
static int log_nothing(void *ctx, struct s2n_connection *from, uint8_t *line, size_t len)
{
    (void) ctx, (void) from, (void) line, (void) len;
    return 0;
}

/* The traces of these forms that `make.py` lists for a key: "FORM masked hex". A number is what a key in use holds. */
static void add_key(struct found *found, const char *key, const char *forms)
{
    char file[40], form[40], hex[97], *list, *line;
    snprintf(file, sizeof file, "%s.traces", key);
    list = (char *) slurp(file, NULL);
    for (line = strtok(list, "\n"); line; line = strtok(NULL, "\n")) {
        uint8_t bytes[48];
        if (sscanf(line, "%39s %96s", form, hex) != 2) exit(2);
        int n = strlen(hex) / 2;
        for (int i = 0; i < n; i++) bytes[i] = nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]);
        if (strstr(forms, form)) add(found, form, bytes, n);
    }
    free(list);
}

/* An open connection has secrets of its own. */
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

static int side_send(void *ctx, const uint8_t *data, uint32_t n)
{
    struct side *to = ctx;
    int is_faulty = to->fault && ++to->writes == to->faulty;
    uint8_t last = data[n - 1] ^ (is_faulty && to->fault == DAMAGED);
    if (send(to->fd, data, n - 1, MSG_NOSIGNAL) != n - 1) return -1;
    if (is_faulty && to->fault == CUT) return shutdown(to->fd, SHUT_WR) ? -1 : (int) n;
    return send(to->fd, &last, 1, MSG_NOSIGNAL) == 1 ? (int) n : -1;
}

/* The end of what comes is no end to the side under test, but time that passes. */
static int side_recv(void *ctx, uint8_t *data, uint32_t n)
{
    struct side *from = ctx;
    ssize_t came = read(from->fd, data, n);
    if (came == 0 && !from->fault) {
        from->ended = 1;
        errno = EAGAIN;
        return -1;
    }
    return came;
}

/* Signs at once. */
static int sign(struct s2n_connection *from, struct s2n_async_pkey_op *op)
{
    MUST(s2n_async_pkey_op_perform(op, s2n_cert_chain_and_key_get_private_key(own)));
    MUST(s2n_async_pkey_op_apply(op, from));
    return s2n_async_pkey_op_free(op);
}

static void open_side(struct scene scene, int fd, struct found *log)
{
    char cert[40], key[40];
    snprintf(cert, sizeof cert, "%s.pem", scene.key);
    snprintf(key, sizeof key, "%s.key", scene.key);
    int is_server = scene.mode == S2N_SERVER;
    MUST(s2n_init());
    own = is_server ? chain(cert, key) : NULL;
    const char *policy = scene.version == S2N_TLS13 ? "default_tls13" : "20240501";
    settings = config(scene.policy ? scene.policy : policy, own, NULL);
    if (!is_server) MUST(s2n_config_disable_x509_verification(settings));
    if (log) MUST(s2n_config_set_key_log_cb(settings, log_key, log));
    else if (scene.logs) MUST(s2n_config_set_key_log_cb(settings, log_nothing, NULL));
    if (!log && scene.async) MUST(s2n_config_set_async_pkey_callback(settings, sign));
    conn = s2n_connection_new(scene.mode);
    MUST(s2n_connection_set_config(conn, settings));
    MUST(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    MUST(s2n_connection_set_send_cb(conn, side_send));
    MUST(s2n_connection_set_recv_cb(conn, side_recv));
    MUST(s2n_connection_set_send_ctx(conn, &side));
    MUST(s2n_connection_set_recv_ctx(conn, &side));
    /* The last flight is the second one, unless a server has but one. */
    side.fd = fd;
    side.fault = log ? scene.fault : NONE;
    side.faulty = is_server && scene.version == S2N_TLS13 ? 1 : 2;
}

static void close_side(void)
{
    if (conn) MUST(s2n_connection_free(conn));
    MUST(s2n_config_free(settings));
    if (own) MUST(s2n_cert_chain_and_key_free(own));
    conn = NULL;
}

/* Both sides shake hands; if that ends as it should, they send 32 bytes, receive 32 bytes and close. */
static void talk(struct scene scene)
{
    s2n_blocked_status blocked;
    uint8_t out[32], in[32];
    int is_done;
    do is_done = s2n_negotiate(conn, &blocked) == 0;
    while (!is_done && s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED && !side.ended);
    if (side.fault) return;
    if (is_done != (scene.fault == NONE) || side.ended != (scene.fault == CUT)) {
        printf("not the end meant: %s\n", s2n_strerror_name(s2n_errno));
        exit(2);
    }
    if (!is_done) {
        /* What is under way is closed under the keys of the handshake. */
        s2n_shutdown_send(conn, &blocked);
        return;
    }
    if (s2n_connection_get_actual_protocol_version(conn) != scene.version) { printf("not the version meant\n"); exit(2); }
    plaintext(out, scene.mode == S2N_SERVER, 0);
    if (s2n_send(conn, out, 32, &blocked) != 32 || s2n_recv(conn, in, 32, &blocked) != 32) {
        printf("no data: %s\n", s2n_strerror_name(s2n_errno));
        exit(2);
    }
    explicit_bzero(out, 32);
    explicit_bzero(in, 32);
    if (scene.end != RELEASED) s2n_shutdown(conn, &blocked);
}

static int pieces(const uint8_t *view, ssize_t n, const uint8_t *piece)
{
    int count = 0;
    for (const uint8_t *end = view + n; (view = memmem(view, end - view, piece, PIECE)); view++) count++;
    return count;
}

/* Copies of each secret in writable memory. */
static int search(const struct found *found, int *copies)
{
    char line[600];
    int total = 0, mem = open("/proc/self/mem", O_RDONLY);
    FILE *maps = fopen("/proc/self/maps", "r");
    memset(copies, 0, MOST * sizeof *copies);
    while (fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char rights[8];
        sscanf(line, "%lx-%lx %7s", &from, &to, rights);
        if (strncmp(rights, "rw", 2) != 0) continue;
        uint8_t *view = mmap(NULL, to - from, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        ssize_t n = pread(mem, view, to - from, from);
        for (ssize_t i = 0; i < n; i++) view[i] ^= MASK;
        for (int k = 0; k < found->count; k++) {
            int most = 0;
            for (int at = 0; at + PIECE <= found->secrets[k].len; at += PIECE) {
                int count = pieces(view, n, found->secrets[k].bytes + at);
                if (count > most) most = count;
            }
            copies[k] += most;
            total += most;
        }
        munmap(view, to - from);
    }
    fclose(maps);
    close(mem);
    return total;
}

/* Searches, and again with one secret that is there. */
static void judge(const char *name, const struct found *found)
{
    int copies[MOST], again[MOST], len = found->secrets[0].len;
    int total = search(found, copies);
    uint8_t *planted = malloc(len);
    for (int i = 0; i < len; i++) planted[i] = found->secrets[0].bytes[i] ^ MASK;
    if (search(found, again) != total + 1) { printf("the search misses what is there\n"); exit(2); }
    explicit_bzero(planted, len);
    free(planted);
    char list[4000] = "";
    for (int k = 0; k < found->count; k++)
        if (copies[k]) sprintf(list + strlen(list), "%s %s %d", list[0] ? "," : ":", found->secrets[k].label, copies[k]);
    saw(name, total == 0, "%d copies of %d secrets%s", total, found->count, list);
}

/* That the search finds a key is seen while there is one. */
static void check_key_in_use(const char *key)
{
    struct found found = { 0 };
    int copies[MOST];
    add_key(&found, key, "number");
    if (search(&found, copies) == 0) { printf("the search misses a key in use\n"); exit(2); }
}

static void process(const char *name, struct scene scene)
{
    int fds[2], pipes[2];
    struct found found = { 0 };
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) || pipe(pipes)) exit(2);
    pid_t peer = fork();
    if (peer == 0) {
        close(fds[0]);
        scene.mode = scene.mode == S2N_SERVER ? S2N_CLIENT : S2N_SERVER;
        open_side(scene, fds[1], &found);
        talk(scene);
        _exit(write(pipes[1], &found, sizeof found) != sizeof found);
    }
    close(fds[1]);
    close(pipes[1]);
    open_side(scene, fds[0], NULL);
    talk(scene);
    if (scene.end == RELEASED) MUST(s2n_connection_release_buffers(conn));
    else if (scene.end == WIPED) MUST(s2n_connection_wipe(conn));
    else close_side();
    close(fds[0]);
    if (read(pipes[0], &found, sizeof found) != sizeof found || found.count < 2) { printf("no secrets\n"); exit(2); }
    waitpid(peer, NULL, 0);
    if (scene.end == RELEASED) keep_only(&found, "HANDSHAKE");
    for (int from = 0; from < 2 && !scene.fault; from++) {
        uint8_t text[32];
        plaintext(text, from, MASK);
        add(&found, from == (scene.mode == S2N_SERVER) ? "plaintext sent" : "plaintext received", text, 32);
    }
    if (scene.mode == S2N_SERVER) add_key(&found, scene.key, scene.end == FREED ? "PEM DER number" : "PEM DER");
    judge(name, &found);
    if (scene.mode == S2N_SERVER && scene.end != FREED) check_key_in_use(scene.key);
    if (scene.end != FREED) close_side();
    exit(wrong != 0);
}

/* A key that does not belong to the certificate. */
static void mismatch(const char *name)
{
    struct found found = { 0 };
    char *cert = (char *) slurp("rsa.pem", NULL), *key = (char *) slurp("leaf.key", NULL);
    MUST(s2n_init());
    own = s2n_cert_chain_and_key_new();
    if (s2n_cert_chain_and_key_load_pem(own, cert, key) == 0) exit(2);
    free(cert);
    explicit_bzero(key, strlen(key));
    free(key);
    add_key(&found, "leaf", "PEM DER number");
    judge(name, &found);
    MUST(s2n_cert_chain_and_key_free(own));
    exit(wrong != 0);
}

static void apart(const char *name, const struct scene *scene)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        if (scene) process(name, *scene);
        else mismatch(name);
    }
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status) || WEXITSTATUS(status) > 1) saw(name, 0, "does not come to its end");
    wrong += WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    /* Binding a function at its first call saves the vector registers on the stack, whatever they hold. */
    if (!getenv("LD_BIND_NOW")) {
        setenv("LD_BIND_NOW", "1", 1);
        execv("/proc/self/exe", argv);
    }
    for (int i = 0; i < 4; i++) {
        struct scene scene = { .mode = i % 2 ? S2N_CLIENT : S2N_SERVER, .version = i < 2 ? S2N_TLS13 : S2N_TLS12, .key = "leaf" };
        char start[40], name[80];
        snprintf(start, sizeof start, "residue_%s_%s", i < 2 ? "tls13" : "tls12", i % 2 ? "client" : "server");
        for (scene.fault = NONE; scene.fault <= CUT; scene.fault++)
            for (scene.end = FREED; scene.end <= (scene.fault ? WIPED : RELEASED); scene.end++) {
                snprintf(name, sizeof name, "%s%s%s", start, faults[scene.fault], ends[scene.end]);
                apart(name, &scene);
            }
        scene.fault = NONE;
        scene.end = FREED;
        if (i < 2) {
            scene.policy = "default_pq";
            snprintf(name, sizeof name, "%s_pq", start);
            apart(name, &scene);
            scene.policy = NULL;
        }
        scene.logs = 1;
        snprintf(name, sizeof name, "%s_logged", start);
        apart(name, &scene);
    }
    struct scene scene = { .mode = S2N_SERVER, .version = S2N_TLS13, .key = "leaf", .async = 1 };
    apart("residue_async", &scene);
    scene.async = 0;
    for (int i = 0; i < 3; i++) {
        static const char *keys[] = { "sec1", "rsa", "pss" };
        char name[40];
        scene.key = keys[i];
        snprintf(name, sizeof name, "residue_key_%s", scene.key);
        apart(name, &scene);
    }
    apart("residue_key_mismatch", NULL);
    return wrong != 0;
}
