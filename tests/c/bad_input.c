/*
 * Invalid arguments, and invalid behaviour of callbacks, transports and peers: each has a defined error,
 * never undefined behaviour.
 *
 * usage: bad_input FOLDER-OF-CERTIFICATES
 */
#include "check.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *folder;

static struct s2n_connection *new_connection(s2n_mode mode)
{
    struct s2n_connection *conn = s2n_connection_new(mode);
    CHECK(conn != NULL);
    return conn;
}

static void invalid_enum_values(void)
{
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_connection *conn = new_connection(S2N_CLIENT);
    const int numbers[] = { -1, 3, 7, INT_MAX, INT_MIN };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        int number = numbers[i];
        CHECK_FAILS(s2n_connection_new((s2n_mode)number), NULL, S2N_ERR_INVALID_ARGUMENT);
        CHECK_ERROR(s2n_config_set_client_auth_type(config, (s2n_cert_auth_type)number),
                S2N_ERR_INVALID_ARGUMENT);
        CHECK_ERROR(s2n_connection_set_client_auth_type(conn, (s2n_cert_auth_type)number),
                S2N_ERR_INVALID_ARGUMENT);
        CHECK_ERROR(s2n_config_set_alert_behavior(config, (s2n_alert_behavior)number),
                S2N_ERR_INVALID_ARGUMENT);
        CHECK_OK(s2n_connection_set_blinding(conn, (s2n_blinding)number));
    }
    CHECK_OK(s2n_connection_free(conn));
    CHECK_OK(s2n_config_free(config));
}

static void negative_and_excessive_sizes(void)
{
    struct s2n_connection *conn = new_connection(S2N_CLIENT);
    s2n_blocked_status blocked = S2N_BLOCKED_ON_EARLY_DATA;
    char room[8] = { 0 };

    CHECK_ERROR(s2n_recv(conn, room, -1, &blocked), S2N_ERR_SAFETY);
    CHECK_ERROR(s2n_recv(conn, room, (-SSIZE_MAX - 1), &blocked), S2N_ERR_SAFETY);
    CHECK(blocked == S2N_BLOCKED_ON_EARLY_DATA);

    CHECK_ERROR(s2n_send(conn, room, -1, &blocked), S2N_ERR_INVALID_ARGUMENT);
    CHECK(blocked == S2N_BLOCKED_ON_WRITE);
    CHECK_ERROR(s2n_send(conn, room, (-SSIZE_MAX - 1), &blocked), S2N_ERR_INVALID_ARGUMENT);
    /* The missing traffic keys are reported first. */
    CHECK_ERROR(s2n_send(conn, NULL, 1, &blocked), S2N_ERR_ENCRYPT);

    const struct iovec two[] = { { room, 3 }, { room, 4 } };
    CHECK_ERROR(s2n_sendv_with_offset(conn, two, 2, -1, &blocked), S2N_ERR_INVALID_ARGUMENT);
    CHECK_ERROR(s2n_sendv_with_offset(conn, two, 2, 8, &blocked), S2N_ERR_INVALID_ARGUMENT);
    CHECK_ERROR(s2n_sendv_with_offset(conn, two, 2, SSIZE_MAX, &blocked),
            S2N_ERR_INVALID_ARGUMENT);
    CHECK(s2n_sendv_with_offset(conn, two, 2, 7, &blocked) == 0);
    CHECK_ERROR(s2n_sendv(conn, NULL, 1, &blocked), S2N_ERR_NULL);

    const struct iovec hole[] = { { room, 3 }, { NULL, 4 } };
    CHECK_ERROR(s2n_sendv(conn, hole, 2, &blocked), S2N_ERR_ENCRYPT);
    const struct iovec endless[] = { { room, 3 }, { room, SSIZE_MAX } };
    CHECK_ERROR(s2n_sendv(conn, endless, 2, &blocked), S2N_ERR_INVALID_ARGUMENT);
    const struct iovec huge[] = { { room, SIZE_MAX } };
    CHECK_ERROR(s2n_sendv(conn, huge, 1, &blocked), S2N_ERR_INVALID_ARGUMENT);
    CHECK_OK(s2n_connection_free(conn));
}

static void check_bad_fd(int fd, int expected)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    char room[8];
    struct s2n_connection *client = new_connection(S2N_CLIENT);
    struct s2n_connection *server = new_connection(S2N_SERVER);
    CHECK_OK(s2n_connection_set_fd(client, fd));
    CHECK_OK(s2n_connection_set_fd(server, fd));
    for (int call = 0; call < 2; call++) {
        errno = 0;
        CHECK_ERROR(s2n_negotiate(client, &blocked), S2N_ERR_IO);
        CHECK(errno == expected && blocked == S2N_BLOCKED_ON_WRITE);
        errno = 0;
        CHECK_ERROR(s2n_negotiate(server, &blocked), S2N_ERR_IO);
        CHECK(errno == expected && blocked == S2N_BLOCKED_ON_READ);
        errno = 0;
        CHECK_ERROR(s2n_recv(server, room, sizeof(room), &blocked), S2N_ERR_IO);
        CHECK(errno == expected);
    }
    CHECK_OK(s2n_connection_free(client));
    CHECK_OK(s2n_connection_free(server));
}

static void closed_descriptors(void)
{
    int fd = open("/dev/null", O_RDWR);
    CHECK(fd >= 0);
    CHECK_OK(close(fd));
    check_bad_fd(fd, EBADF);
    check_bad_fd(-1, EBADF);
    check_bad_fd(INT_MIN, EBADF);
}

static void descriptors_of_unsuitable_types(void)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    int ends[2];
    CHECK_OK(pipe(ends));
    struct s2n_connection *conn = new_connection(S2N_SERVER);
    CHECK_OK(s2n_connection_set_fd(conn, ends[1]));
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_IO);
    CHECK(errno == EBADF);
    CHECK_OK(close(ends[0]));
    CHECK_OK(close(ends[1]));

    int fd = open("/", O_RDONLY | O_DIRECTORY);
    CHECK(fd >= 0);
    CHECK_OK(s2n_connection_set_read_fd(conn, fd));
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_IO);
    CHECK(errno == EISDIR);
    CHECK_OK(close(fd));
    CHECK_OK(s2n_connection_free(conn));
}

/* SIGPIPE has its default action, and would end this program. */
static void a_disconnected_peer(void)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    int ends[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    CHECK_OK(close(ends[1]));
    struct s2n_connection *client = new_connection(S2N_CLIENT);
    CHECK_OK(s2n_connection_set_fd(client, ends[0]));
    CHECK_ERROR(s2n_negotiate(client, &blocked), S2N_ERR_IO);
    CHECK(errno == EPIPE);
    CHECK_ERROR(s2n_negotiate(client, &blocked), S2N_ERR_IO);
    CHECK(errno == 0);

    struct s2n_connection *server = new_connection(S2N_SERVER);
    CHECK_OK(s2n_connection_set_fd(server, ends[0]));
    CHECK_ERROR(s2n_negotiate(server, &blocked), S2N_ERR_CLOSED);
    CHECK(blocked == S2N_BLOCKED_ON_READ);
    CHECK_ERROR(s2n_negotiate(server, &blocked), S2N_ERR_CLOSED);
    CHECK(blocked == S2N_NOT_BLOCKED);
    CHECK_OK(s2n_connection_free(client));
    CHECK_OK(s2n_connection_free(server));
    CHECK_OK(close(ends[0]));
}

static int calls;

static int claim_received(void *context, uint8_t *buf, uint32_t len)
{
    (void)buf;
    calls++;
    return *(int *)context + (int)len;
}

static int claim_sent(void *context, const uint8_t *buf, uint32_t len)
{
    (void)buf;
    calls++;
    return *(int *)context + (int)len;
}

static int accept_nothing(void *context, const uint8_t *buf, uint32_t len)
{
    (void)context;
    (void)buf;
    (void)len;
    calls++;
    return 0;
}

static void callbacks_that_return_excessive_counts(void)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    int more = 1;
    struct s2n_connection *server = new_connection(S2N_SERVER);
    CHECK_OK(s2n_connection_set_recv_cb(server, claim_received));
    CHECK_OK(s2n_connection_set_recv_ctx(server, &more));
    calls = 0;
    CHECK_ERROR(s2n_negotiate(server, &blocked), S2N_ERR_SAFETY);
    CHECK(calls == 1);
    more = INT_MAX - 5;
    CHECK_ERROR(s2n_negotiate(server, &blocked), S2N_ERR_SAFETY);
    CHECK_OK(s2n_connection_free(server));

    more = 1;
    struct s2n_connection *client = new_connection(S2N_CLIENT);
    CHECK_OK(s2n_connection_set_send_cb(client, claim_sent));
    CHECK_OK(s2n_connection_set_send_ctx(client, &more));
    CHECK_ERROR(s2n_negotiate(client, &blocked), S2N_ERR_SAFETY);
    CHECK_OK(s2n_connection_free(client));
}

static void a_send_callback_that_returns_zero(void)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    struct s2n_connection *client = new_connection(S2N_CLIENT);
    CHECK_OK(s2n_connection_set_send_cb(client, accept_nothing));
    calls = 0;
    CHECK_ERROR(s2n_negotiate(client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_WRITE);
    CHECK(calls > 1 && calls < 10000);
    CHECK_OK(s2n_connection_free(client));
}

static void check_garbage(s2n_mode mode, const char *bytes, size_t length, const char *error)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    int ends[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends));
    CHECK(write(ends[1], bytes, length) == (ssize_t)length);
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_connection *conn = new_connection(mode);
    CHECK_OK(s2n_config_set_max_blinding_delay(config, 0));
    CHECK_OK(s2n_connection_set_config(conn, config));
    CHECK_OK(s2n_connection_set_fd(conn, ends[0]));
    CHECK(s2n_negotiate(conn, &blocked) == -1);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), error);
    CHECK(blocked == S2N_BLOCKED_ON_READ);
    if (s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
        CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_CLOSED);
        CHECK_OK(s2n_shutdown(conn, &blocked));
    }
    CHECK_OK(s2n_connection_free(conn));
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(close(ends[0]));
    CHECK_OK(close(ends[1]));
}

static void peers_without_tls(void)
{
    /* "TT" and "P/" are parsed as a version and a length of 20527: the call blocks for that many bytes. */
    check_garbage(S2N_CLIENT, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, "S2N_ERR_IO_BLOCKED");
    check_garbage(S2N_SERVER, "GET / HTTP/1.1\r\n\r\n", 18, "S2N_ERR_IO_BLOCKED");

    for (int mode = S2N_SERVER; mode <= S2N_CLIENT; mode++) {
        /* Application data before the traffic keys. */
        check_garbage(mode, "\x17\x03\x03\x00\x05hello", 10, "S2N_ERR_DECRYPT");
        /* A fatal alert. */
        check_garbage(mode, "\x15\x03\x03\x00\x02\x02\x28", 7, "S2N_ERR_ALERT");
        /* A truncated ClientHello or ServerHello. */
        check_garbage(mode, mode == S2N_SERVER ? "\x16\x03\x03\x00\x04\x01\x00\x00\x00"
                                               : "\x16\x03\x03\x00\x04\x02\x00\x00\x00",
                9, "S2N_ERR_BAD_MESSAGE");
        /* An empty handshake record. */
        check_garbage(mode, "\x16\x03\x03\x00\x00", 5, "S2N_ERR_BAD_MESSAGE");
    }
}

/* Loads these texts as a chain and its key, and checks the error. */
static void check_chain(const char *certificates, const char *key, const char *error)
{
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    CHECK(s2n_cert_chain_and_key_load_pem(chain, certificates, key) == -1);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), error);

    /* The same without a terminating NUL: valgrind detects an out-of-bounds read. */
    uint32_t certificates_len = strlen(certificates);
    uint32_t key_len = strlen(key);
    uint8_t *certificates_bytes = malloc(certificates_len + !certificates_len);
    uint8_t *key_bytes = malloc(key_len + !key_len);
    CHECK(certificates_bytes != NULL && key_bytes != NULL);
    memcpy(certificates_bytes, certificates, certificates_len);
    memcpy(key_bytes, key, key_len);
    s2n_errno = 0;
    CHECK(s2n_cert_chain_and_key_load_pem_bytes(chain, certificates_bytes, certificates_len,
                  key_bytes, key_len) == -1);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), error);
    free(certificates_bytes);
    free(key_bytes);

    /* After a failed load the chain is still empty. */
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_ERROR(s2n_config_add_cert_chain_and_key_to_store(config, chain),
            S2N_ERR_CERT_TYPE_UNSUPPORTED);
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
}

static void check_trust(const char *text, const char *error)
{
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK(s2n_config_add_pem_to_trust_store(config, text) == -1);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), error);
    CHECK_OK(s2n_config_free(config));
}

static void invalid_certificates_and_keys(void)
{
    char *good = read_file(folder, "ecdsa.pem");
    char *key = read_file(folder, "ecdsa.key");
    char *other_key = read_file(folder, "rsa.key");
    char binary[256];
    for (int i = 0; i < 255; i++) {
        binary[i] = (char)(i + 1);
    }
    binary[255] = 0;
    const char *nothing[] = { "", " \n\t", "no PEM here", binary };
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        check_chain(nothing[i], key, "S2N_ERR_NO_CERTIFICATE_IN_PEM");
        check_chain(good, nothing[i], "S2N_ERR_INVALID_PEM");
        check_trust(nothing[i], "S2N_ERR_INVALID_PEM");
    }

    /* A PEM block of another type, and the key of another certificate. */
    check_chain(key, key, "S2N_ERR_INVALID_PEM");
    check_chain(good, good, "S2N_ERR_INVALID_PEM");
    check_chain(good, other_key, "S2N_ERR_KEY_MISMATCH");
    check_trust(key, "S2N_ERR_INVALID_PEM");

    /* Truncated in the body of the first block. */
    char *truncated = strdup(good);
    truncated[200] = 0;
    check_chain(truncated, key, "S2N_ERR_INVALID_PEM");
    check_trust(truncated, "S2N_ERR_INVALID_PEM");
    free(truncated);
    truncated = strdup(key);
    truncated[100] = 0;
    check_chain(good, truncated, "S2N_ERR_INVALID_PEM");
    free(truncated);
    /* Truncated in the last block: the first block alone is a valid chain. */
    truncated = strdup(good);
    truncated[strlen(truncated) - 60] = 0;
    check_chain(truncated, key, "S2N_ERR_INVALID_PEM");
    check_trust(truncated, "S2N_ERR_INVALID_PEM");
    free(truncated);

    /* Invalid base64, and base64 of other data. */
    char *corrupted = strdup(good);
    corrupted[60] = '!';
    check_chain(corrupted, key, "S2N_ERR_DECODE_CERTIFICATE");
    check_trust(corrupted, "S2N_ERR_DECODE_CERTIFICATE");
    memset(corrupted + 28, 'A', 64);
    check_chain(corrupted, key, "S2N_ERR_DECODE_CERTIFICATE");
    check_trust(corrupted, "S2N_ERR_DECODE_CERTIFICATE");
    free(corrupted);
    corrupted = strdup(key);
    corrupted[60] = '!';
    check_chain(good, corrupted, "S2N_ERR_DECODE_PRIVATE_KEY");
    memset(corrupted + 28, 'A', 64);
    check_chain(good, corrupted, "S2N_ERR_DECODE_PRIVATE_KEY");
    free(corrupted);

    free(good);
    free(key);
    free(other_key);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    invalid_enum_values();
    negative_and_excessive_sizes();
    closed_descriptors();
    descriptors_of_unsuitable_types();
    a_disconnected_peer();
    callbacks_that_return_excessive_counts();
    a_send_callback_that_returns_zero();
    peers_without_tls();
    invalid_certificates_and_keys();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
