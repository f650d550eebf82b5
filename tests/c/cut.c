/*
 * Interrupted and blocked I/O at every byte of a session: early data, handshake, three records in each
 * direction, shutdown.
 *
 * At each byte of each direction the writer gets a short count, then EINTR, then EAGAIN; and so does
 * the reader. At every position, the calls report that they are blocked and on what, and the data
 * arrives once and in order. The transport is custom I/O callbacks, or descriptors whose system calls
 * are replaced by this program.
 *
 * usage: cut FOLDER-OF-CERTIFICATES
 */
#include "check.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

/* The progress of a writer or a reader at the cut. */
enum stage { BEFORE, INTERRUPTED, BLOCKED, AFTER };

struct transport {
    uint8_t bytes[1 << 14];
    size_t written, read;
    /* The position of the cut for writing and reading; SIZE_MAX for none. */
    size_t cut;
    enum stage writer, reader;
};

/* The direction on which the last transport call blocked. */
static s2n_blocked_status blocked_on;

static int fail_at_cut(enum stage *stage, s2n_blocked_status on)
{
    if (*stage == BEFORE) {
        *stage = INTERRUPTED;
        errno = EINTR;
        return -1;
    }
    *stage = AFTER;
    blocked_on = on;
    errno = EAGAIN;
    return -1;
}

static size_t up_to_cut(const struct transport *transport, enum stage stage, size_t offset, size_t len)
{
    if (stage == AFTER || offset > transport->cut || len <= transport->cut - offset) {
        return len;
    }
    return transport->cut - offset;
}

static int transport_send(void *context, const uint8_t *buf, uint32_t len)
{
    struct transport *transport = context;
    if (transport->writer != AFTER && transport->written == transport->cut) {
        return fail_at_cut(&transport->writer, S2N_BLOCKED_ON_WRITE);
    }
    size_t count = up_to_cut(transport, transport->writer, transport->written, len);
    CHECK(count > 0 && transport->written + count <= sizeof(transport->bytes));
    memcpy(transport->bytes + transport->written, buf, count);
    transport->written += count;
    return count;
}

static int transport_recv(void *context, uint8_t *buf, uint32_t len)
{
    struct transport *transport = context;
    if (transport->reader != AFTER && transport->read == transport->cut
            && transport->written > transport->cut) {
        return fail_at_cut(&transport->reader, S2N_BLOCKED_ON_READ);
    }
    size_t count = transport->written - transport->read;
    count = up_to_cut(transport, transport->reader, transport->read, count < len ? count : len);
    if (count == 0) {
        blocked_on = S2N_BLOCKED_ON_READ;
        errno = EAGAIN;
        return -1;
    }
    memcpy(buf, transport->bytes + transport->read, count);
    transport->read += count;
    return count;
}

/* The descriptors that are mapped to transports, and the system calls on them. */
static struct {
    int fd;
    struct transport *in, *out;
} descriptors[2] = { { -1, NULL, NULL }, { -1, NULL, NULL } };

static ssize_t receive_from(int fd, void *buf, size_t len)
{
    for (int i = 0; i < 2; i++) {
        if (descriptors[i].fd == fd) {
            return transport_recv(descriptors[i].in, buf, len);
        }
    }
    errno = EBADF;
    return -1;
}

ssize_t read(int fd, void *buf, size_t len)
{
    return receive_from(fd, buf, len);
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
    (void) flags;
    return receive_from(fd, buf, len);
}

static bool sigpipe_is_possible;

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
    sigpipe_is_possible |= (flags & MSG_NOSIGNAL) == 0;
    for (int i = 0; i < 2; i++) {
        if (descriptors[i].fd == fd) {
            return transport_send(descriptors[i].out, buf, len);
        }
    }
    errno = EBADF;
    return -1;
}

/* An endpoint, and its progress. */
struct endpoint {
    struct s2n_connection *conn;
    bool early_done, negotiated, closed;
    /* The bytes of early data that were sent or received. */
    size_t early;
    int sent_records;
    size_t sent, received;
};

/* The number of bytes of early data, if there is any. */
#define EARLY 60

static const size_t RECORDS[] = { 1, 130, 40 };
#define TOTAL (1 + 130 + 40)

static uint8_t data_at(size_t offset)
{
    return (uint8_t) (offset * 37 + 11);
}

static bool is_blocked(ssize_t result, s2n_blocked_status blocked)
{
    if (result >= 0) {
        return false;
    }
    CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_IO_BLOCKED");
    CHECK(errno == EAGAIN);
    CHECK(blocked == blocked_on);
    return true;
}

/* Sends or receives the early data. Returns whether that is complete. */
static bool send_early_data(struct endpoint *endpoint)
{
    while (endpoint->early < EARLY) {
        uint8_t data[25];
        const size_t left = EARLY - endpoint->early;
        const ssize_t len = left < sizeof(data) ? left : sizeof(data);
        for (ssize_t i = 0; i < len; i++) {
            data[i] = data_at(endpoint->early + i);
        }
        ssize_t sent = -1;
        s2n_blocked_status blocked = S2N_BLOCKED_ON_EARLY_DATA;
        const int result = s2n_send_early_data(endpoint->conn, data, len, &sent, &blocked);
        CHECK(sent >= 0 && sent <= len);
        endpoint->early += sent;
        if (!is_blocked(result, blocked)) {
            CHECK(sent == len && blocked == S2N_NOT_BLOCKED);
        } else if (sent == 0) {
            return false;
        }
    }
    return true;
}

static bool receive_early_data(struct endpoint *endpoint)
{
    for (;;) {
        uint8_t room[7];
        ssize_t received = -1;
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        const int result = s2n_recv_early_data(endpoint->conn, room, sizeof(room), &received, &blocked);
        CHECK(received >= 0 && received <= (ssize_t) sizeof(room));
        for (ssize_t i = 0; i < received; i++) {
            CHECK(room[i] == data_at(endpoint->early++));
        }
        if (result == 0) {
            CHECK(endpoint->early == EARLY && blocked == S2N_NOT_BLOCKED);
            return true;
        }
        if (blocked != S2N_BLOCKED_ON_EARLY_DATA) {
            CHECK(is_blocked(result, blocked));
            return false;
        }
        CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_EARLY_DATA_BLOCKED");
        CHECK(received == sizeof(room));
    }
}

static void send_records(struct endpoint *endpoint)
{
    uint8_t data[TOTAL];
    for (size_t i = 0; i < TOTAL; i++) {
        data[i] = data_at(i);
    }
    while (endpoint->sent_records < 3) {
        size_t end = 0;
        for (int i = 0; i <= endpoint->sent_records; i++) {
            end += RECORDS[i];
        }
        s2n_blocked_status blocked = S2N_BLOCKED_ON_EARLY_DATA;
        const ssize_t len = end - endpoint->sent;
        ssize_t sent = s2n_send(endpoint->conn, data + endpoint->sent, len, &blocked);
        if (is_blocked(sent, blocked)) {
            return;
        }
        CHECK(sent == len && blocked == S2N_NOT_BLOCKED);
        endpoint->sent = end;
        endpoint->sent_records++;
    }
}

static void receive_records(struct endpoint *endpoint)
{
    while (endpoint->received < TOTAL) {
        uint8_t room[50];
        s2n_blocked_status blocked = S2N_BLOCKED_ON_EARLY_DATA;
        ssize_t received = s2n_recv(endpoint->conn, room, sizeof(room), &blocked);
        if (is_blocked(received, blocked)) {
            return;
        }
        CHECK(received > 0);
        for (ssize_t i = 0; i < received; i++) {
            CHECK(room[i] == data_at(endpoint->received++));
        }
        CHECK(blocked == (s2n_peek(endpoint->conn) > 0 ? S2N_BLOCKED_ON_READ : S2N_NOT_BLOCKED));
    }
}

static void step(struct endpoint *endpoint)
{
    s2n_blocked_status blocked = S2N_BLOCKED_ON_EARLY_DATA;
    if (!endpoint->early_done) {
        const bool is_client = s2n_connection_get_mode(endpoint->conn) == S2N_CLIENT;
        endpoint->early_done = is_client ? send_early_data(endpoint) : receive_early_data(endpoint);
        if (!endpoint->early_done) {
            return;
        }
    }
    if (!endpoint->negotiated) {
        int result = s2n_negotiate(endpoint->conn, &blocked);
        if (is_blocked(result, blocked)) {
            return;
        }
        CHECK(blocked == S2N_NOT_BLOCKED);
        endpoint->negotiated = true;
    }
    send_records(endpoint);
    receive_records(endpoint);
    if (endpoint->sent == TOTAL && endpoint->received == TOTAL && !endpoint->closed) {
        int result = s2n_shutdown(endpoint->conn, &blocked);
        if (!is_blocked(result, blocked)) {
            CHECK(blocked == S2N_NOT_BLOCKED);
            endpoint->closed = true;
        }
    }
}

static void attach(struct endpoint *endpoint, struct s2n_config *config, struct transport *in,
        struct transport *out, int fd)
{
    CHECK(endpoint->conn != NULL);
    CHECK_OK(s2n_connection_set_config(endpoint->conn, config));
    if (fd >= 0) {
        CHECK_OK(s2n_connection_set_fd(endpoint->conn, fd));
        return;
    }
    CHECK_OK(s2n_connection_set_recv_cb(endpoint->conn, transport_recv));
    CHECK_OK(s2n_connection_set_recv_ctx(endpoint->conn, in));
    CHECK_OK(s2n_connection_set_send_cb(endpoint->conn, transport_send));
    CHECK_OK(s2n_connection_set_send_ctx(endpoint->conn, out));
}

static void check_counters(const struct endpoint *endpoint, const struct transport *in,
        const struct transport *out)
{
    CHECK(s2n_connection_get_wire_bytes_out(endpoint->conn) == out->written);
    CHECK(s2n_connection_get_wire_bytes_in(endpoint->conn) == in->read);
    CHECK(in->read == in->written);
}

/* Adds a pre-shared key that permits early data. */
static void add_key(struct s2n_connection *conn)
{
    static const uint8_t secret[] = "a secret of more than 16 bytes";
    struct s2n_psk *psk = s2n_external_psk_new();
    CHECK(psk != NULL);
    CHECK_OK(s2n_psk_set_identity(psk, (const uint8_t *) "key", 3));
    CHECK_OK(s2n_psk_set_secret(psk, secret, sizeof(secret)));
    CHECK_OK(s2n_psk_configure_early_data(psk, EARLY + 1, 0x13, 0x01));
    CHECK_OK(s2n_connection_append_psk(conn, psk));
    CHECK_OK(s2n_psk_free(&psk));
}

/* What a session consists of. */
struct kind {
    const char *policy;
    bool has_early_data;
    /* The length of the shorter direction of the transport, at least. */
    size_t bytes;
};

/* Runs a session with a cut at this byte. Returns whether the session was long enough to reach it. */
static bool run_session(struct s2n_config *config, const struct kind *kind, bool client_writes, size_t cut,
        const int *fds)
{
    static struct transport to_server, to_client;
    to_server = (struct transport){ .cut = client_writes ? cut : SIZE_MAX };
    to_client = (struct transport){ .cut = client_writes ? SIZE_MAX : cut };
    const struct transport *transport = client_writes ? &to_server : &to_client;
    const bool early_done = !kind->has_early_data;
    struct endpoint client = { .conn = s2n_connection_new(S2N_CLIENT), .early_done = early_done };
    struct endpoint server = { .conn = s2n_connection_new(S2N_SERVER), .early_done = early_done };
    for (int i = 0; i < 2 && fds != NULL; i++) {
        descriptors[i].fd = fds[i];
        descriptors[i].in = i == 0 ? &to_client : &to_server;
        descriptors[i].out = i == 0 ? &to_server : &to_client;
    }
    attach(&client, config, &to_client, &to_server, fds == NULL ? -1 : fds[0]);
    attach(&server, config, &to_server, &to_client, fds == NULL ? -1 : fds[1]);

    if (kind->has_early_data) {
        add_key(client.conn);
        add_key(server.conn);
    }

    for (int turn = 0; !client.closed || !server.closed; turn++) {
        CHECK(turn < 100);
        step(turn % 2 == 0 ? &client : &server);
    }
    check_counters(&client, &to_client, &to_server);
    check_counters(&server, &to_server, &to_client);
    CHECK_OK(s2n_connection_free(client.conn));
    CHECK_OK(s2n_connection_free(server.conn));
    return transport->writer == AFTER && transport->reader == AFTER;
}

static void cut_everywhere(struct s2n_config *config, const struct kind *kind, bool client_writes,
        const int *fds)
{
    size_t cut = 0;
    while (run_session(config, kind, client_writes, cut, fds)) {
        cut++;
    }
    /* Signatures vary in length by a few bytes, and so does the session. */
    CHECK(cut > kind->bytes);
    CHECK(!sigpipe_is_possible);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    CHECK_OK(s2n_init());
    int fds[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    static const struct kind kinds[] = {
        { "ELBSecurityPolicy-TLS-1-2-2017-01", false, 500 },
        { "default_tls13", false, 500 },
        { "default_tls13", true, 450 },
    };
    for (int i = 0; i < 3; i++) {
        struct s2n_cert_chain_and_key *chain = load_chain(argv[1], "ecdsa");
        struct s2n_config *config = s2n_config_new_minimal();
        CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
        CHECK_OK(s2n_config_disable_x509_verification(config));
        CHECK_OK(s2n_config_set_cipher_preferences(config, kinds[i].policy));
        for (int client_writes = 0; client_writes < 2; client_writes++) {
            cut_everywhere(config, &kinds[i], client_writes, NULL);
            cut_everywhere(config, &kinds[i], client_writes, fds);
        }
        CHECK_OK(s2n_config_free(config));
        CHECK_OK(s2n_cert_chain_and_key_free(chain));
    }
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));
    return 0;
}
