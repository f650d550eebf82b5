/* Zeroization of serialized connections: a connection is serialized and restored in another one, which transfers data.
   When both are freed or wiped, no secret of the blob is found in memory, nor is the data. */
#include "residue.h"

/* The action before the search: everything is freed; the connections are wiped; or the restored one is serialized, and
   freed right after that, so that no later call overwrites what is left on the stack. */
enum action { FREED, WIPED, SERIALIZED };
static const char *actions[] = { "", "_wiped", "_serialized" };

enum { MAX_BLOB = 174, FIXED = 30 };

static struct s2n_cert_chain_and_key *own;
static struct s2n_config *settings;

static void create_config(s2n_mode mode, int version)
{
    const char *policy = version == S2N_TLS13 ? "default_tls13" : "20240501";
    own = mode == S2N_SERVER ? chain("leaf.pem", "leaf.key") : NULL;
    settings = config(policy, own, NULL);
    MUST(s2n_config_set_serialization_version(settings, S2N_SERIALIZED_CONN_V1));
    if (mode == S2N_CLIENT) MUST(s2n_config_disable_x509_verification(settings));
}

static struct s2n_connection *open_connection(s2n_mode mode, int fd)
{
    struct s2n_connection *conn = s2n_connection_new(mode);
    MUST(s2n_connection_set_config(conn, settings));
    MUST(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    MUST(s2n_connection_set_fd(conn, fd));
    return conn;
}

/* Sends 32 bytes, and receives 32. */
static void exchange(struct s2n_connection *conn, int is_server)
{
    s2n_blocked_status blocked;
    uint8_t out[32], in[32];
    plaintext(out, is_server, 0);
    if (s2n_send(conn, out, 32, &blocked) != 32 || s2n_recv(conn, in, 32, &blocked) != 32) {
        printf("no data: %s\n", s2n_strerror_name(s2n_errno));
        exit(2);
    }
    explicit_bzero(out, 32);
    explicit_bzero(in, 32);
}

static void run_peer(s2n_mode mode, int version, int fd)
{
    s2n_blocked_status blocked;
    create_config(mode, version);
    struct s2n_connection *conn = open_connection(mode, fd);
    MUST(s2n_negotiate(conn, &blocked));
    for (int i = 0; i < 2; i++) exchange(conn, mode == S2N_SERVER);
    _exit(0);
}

static uint32_t serialize(struct s2n_connection *conn, uint8_t *blob)
{
    uint32_t len = 0;
    MUST(s2n_connection_serialization_length(conn, &len));
    MUST(s2n_connection_serialize(conn, blob, MAX_BLOB));
    return len;
}

/* Adds the secrets of a blob: those of a client, of a server and of resumption, or the master secret. */
static void add_secrets(struct found *found, const uint8_t *blob, uint32_t len, int version)
{
    static const char *labels[] = { "client_secret", "server_secret", "resumption_secret" };
    const int count = version == S2N_TLS13 ? 3 : 1, each = version == S2N_TLS13 ? (int) (len - FIXED) / 3 : 48;
    for (int i = 0; i < count; i++) {
        uint8_t masked[48];
        for (int at = 0; at < each; at++) masked[at] = blob[FIXED + i * each + at] ^ MASK;
        add(found, version == S2N_TLS13 ? labels[i] : "master secret", masked, each);
    }
    for (int from = 0; from < 2; from++) {
        uint8_t text[32];
        plaintext(text, from, MASK);
        add(found, from == 0 ? "data of the client" : "data of the server", text, 32);
    }
}

static void check_secrets_in_use(const struct found *found)
{
    int copies[MAX_SECRETS];
    search(found, copies);
    for (int i = 0; i < found->count; i++)
        if (copies[i] == 0 && found->secrets[i].label[0] != 'd') {
            printf("the search misses the %s\n", found->secrets[i].label);
            exit(2);
        }
}

static void test(s2n_mode mode, int version, enum action action)
{
    s2n_blocked_status blocked;
    struct found found = { .count = 0 };
    char name[100];
    int fds[2], status;
    uint8_t blob[MAX_BLOB];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds)) exit(2);
    pid_t peer = fork();
    if (peer == 0) run_peer(mode == S2N_SERVER ? S2N_CLIENT : S2N_SERVER, version, fds[1]);
    create_config(mode, version);
    struct s2n_connection *first = open_connection(mode, fds[0]);
    MUST(s2n_negotiate(first, &blocked));
    exchange(first, mode == S2N_SERVER);
    uint32_t len = serialize(first, blob);
    add_secrets(&found, blob, len, version);
    struct s2n_connection *second = open_connection(mode, fds[0]);
    MUST(s2n_connection_deserialize(second, blob, len));
    explicit_bzero(blob, sizeof blob);
    exchange(second, mode == S2N_SERVER);
    check_secrets_in_use(&found);
    if (action == SERIALIZED) {
        serialize(second, blob);
        explicit_bzero(blob, sizeof blob);
    }
    if (action == WIPED) {
        MUST(s2n_connection_wipe(first));
        MUST(s2n_connection_wipe(second));
    } else {
        MUST(s2n_connection_free(first));
        MUST(s2n_connection_free(second));
        MUST(s2n_config_free(settings));
        if (own) MUST(s2n_cert_chain_and_key_free(own));
    }
    snprintf(name, sizeof name, "residue_moves_tls%d_%s%s", version == S2N_TLS13 ? 13 : 12,
        mode == S2N_SERVER ? "server" : "client", actions[action]);
    check_residue(name, &found);
    if (action == WIPED) {
        MUST(s2n_connection_free(first));
        MUST(s2n_connection_free(second));
        MUST(s2n_config_free(settings));
        if (own) MUST(s2n_cert_chain_and_key_free(own));
    }
    if (waitpid(peer, &status, 0) != peer || status != 0) { printf("the peer fails\n"); exit(2); }
    close(fds[0]);
    close(fds[1]);
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    MUST(s2n_init());
    for (int version = S2N_TLS12; version <= S2N_TLS13; version++)
        for (int mode = S2N_SERVER; mode <= S2N_CLIENT; mode++)
            for (enum action action = FREED; action <= SERIALIZED; action++) test(mode, version, action);
    return wrong != 0;
}
