/*
 * A conversation cut at every byte: handshake, three records each way, shutdown.
 *
 * At each byte of each direction the writer gets a short count, then EINTR, then EAGAIN; and so does
 * the reader. Whatever the byte: the calls say that they are blocked and on what, and the data arrives
 * once and in order. Over callbacks, and over descriptors whose system calls this program answers
 * itself.
 *
 * usage: cut FOLDER-OF-CERTIFICATES
 */
#include "check.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

/* What one side of a link does when it comes to the cut. */
enum stage { BEFORE, INTERRUPTED, BLOCKED, AFTER };

struct link {
    uint8_t bytes[1 << 14];
    size_t written, read;
    /* Where writing and reading are cut; SIZE_MAX for nowhere. */
    size_t cut;
    enum stage writer, reader;
};

/* Why the last transport call of a connection moved nothing. */
static s2n_blocked_status blocked_on;

static int refuse(enum stage *stage, s2n_blocked_status on)
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

static size_t up_to_cut(const struct link *link, enum stage stage, size_t place, size_t len)
{
    if (stage == AFTER || place > link->cut || len <= link->cut - place) {
        return len;
    }
    return link->cut - place;
}

static int link_send(void *context, const uint8_t *buf, uint32_t len)
{
    struct link *link = context;
    if (link->writer != AFTER && link->written == link->cut) {
        return refuse(&link->writer, S2N_BLOCKED_ON_WRITE);
    }
    size_t taken = up_to_cut(link, link->writer, link->written, len);
    CHECK(taken > 0 && link->written + taken <= sizeof(link->bytes));
    memcpy(link->bytes + link->written, buf, taken);
    link->written += taken;
    return taken;
}

static int link_recv(void *context, uint8_t *buf, uint32_t len)
{
    struct link *link = context;
    if (link->reader != AFTER && link->read == link->cut && link->written > link->cut) {
        return refuse(&link->reader, S2N_BLOCKED_ON_READ);
    }
    size_t given = link->written - link->read;
    given = up_to_cut(link, link->reader, link->read, given < len ? given : len);
    if (given == 0) {
        blocked_on = S2N_BLOCKED_ON_READ;
        errno = EAGAIN;
        return -1;
    }
    memcpy(buf, link->bytes + link->read, given);
    link->read += given;
    return given;
}

/* The descriptors that stand for links, and the system calls on them. */
static struct {
    int fd;
    struct link *in, *out;
} descriptors[2] = { { -1, NULL, NULL }, { -1, NULL, NULL } };

static ssize_t receive_from(int fd, void *buf, size_t len)
{
    for (int i = 0; i < 2; i++) {
        if (descriptors[i].fd == fd) {
            return link_recv(descriptors[i].in, buf, len);
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
            return link_send(descriptors[i].out, buf, len);
        }
    }
    errno = EBADF;
    return -1;
}

/* What one side has to do, and how far it has come. */
struct side {
    struct s2n_connection *conn;
    bool negotiated, closed;
    int sent_records;
    size_t sent, received;
};

static const size_t RECORDS[] = { 1, 130, 40 };
#define ALL (1 + 130 + 40)

static uint8_t data_at(size_t place)
{
    return (uint8_t) (place * 37 + 11);
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

static void send_records(struct side *side)
{
    uint8_t data[ALL];
    for (size_t i = 0; i < ALL; i++) {
        data[i] = data_at(i);
    }
    while (side->sent_records < 3) {
        size_t end = 0;
        for (int i = 0; i <= side->sent_records; i++) {
            end += RECORDS[i];
        }
        s2n_blocked_status blocked = S2N_BLOCKED_ON_EARLY_DATA;
        const ssize_t len = end - side->sent;
        ssize_t sent = s2n_send(side->conn, data + side->sent, len, &blocked);
        if (is_blocked(sent, blocked)) {
            return;
        }
        CHECK(sent == len && blocked == S2N_NOT_BLOCKED);
        side->sent = end;
        side->sent_records++;
    }
}

static void receive_records(struct side *side)
{
    while (side->received < ALL) {
        uint8_t room[50];
        s2n_blocked_status blocked = S2N_BLOCKED_ON_EARLY_DATA;
        ssize_t received = s2n_recv(side->conn, room, sizeof(room), &blocked);
        if (is_blocked(received, blocked)) {
            return;
        }
        CHECK(received > 0);
        for (ssize_t i = 0; i < received; i++) {
            CHECK(room[i] == data_at(side->received++));
        }
        CHECK(blocked == (s2n_peek(side->conn) > 0 ? S2N_BLOCKED_ON_READ : S2N_NOT_BLOCKED));
    }
}

static void step(struct side *side)
{
    s2n_blocked_status blocked = S2N_BLOCKED_ON_EARLY_DATA;
    if (!side->negotiated) {
        int result = s2n_negotiate(side->conn, &blocked);
        if (is_blocked(result, blocked)) {
            return;
        }
        CHECK(blocked == S2N_NOT_BLOCKED);
        side->negotiated = true;
    }
    send_records(side);
    receive_records(side);
    if (side->sent == ALL && side->received == ALL && !side->closed) {
        int result = s2n_shutdown(side->conn, &blocked);
        if (!is_blocked(result, blocked)) {
            CHECK(blocked == S2N_NOT_BLOCKED);
            side->closed = true;
        }
    }
}

static void attach(struct side *side, struct s2n_config *config, struct link *in, struct link *out,
        int fd)
{
    CHECK(side->conn != NULL);
    CHECK_OK(s2n_connection_set_config(side->conn, config));
    if (fd >= 0) {
        CHECK_OK(s2n_connection_set_fd(side->conn, fd));
        return;
    }
    CHECK_OK(s2n_connection_set_recv_cb(side->conn, link_recv));
    CHECK_OK(s2n_connection_set_recv_ctx(side->conn, in));
    CHECK_OK(s2n_connection_set_send_cb(side->conn, link_send));
    CHECK_OK(s2n_connection_set_send_ctx(side->conn, out));
}

static void check_counters(const struct side *side, const struct link *in, const struct link *out)
{
    CHECK(s2n_connection_get_wire_bytes_out(side->conn) == out->written);
    CHECK(s2n_connection_get_wire_bytes_in(side->conn) == in->read);
    CHECK(in->read == in->written);
}

/* Says whether the conversation was long enough to be cut there. */
static bool conversation(struct s2n_config *config, bool client_writes, size_t cut, const int *fds)
{
    static struct link to_server, to_client;
    to_server = (struct link){ .cut = client_writes ? cut : SIZE_MAX };
    to_client = (struct link){ .cut = client_writes ? SIZE_MAX : cut };
    const struct link *link = client_writes ? &to_server : &to_client;
    struct side client = { .conn = s2n_connection_new(S2N_CLIENT) };
    struct side server = { .conn = s2n_connection_new(S2N_SERVER) };
    for (int i = 0; i < 2 && fds != NULL; i++) {
        descriptors[i].fd = fds[i];
        descriptors[i].in = i == 0 ? &to_client : &to_server;
        descriptors[i].out = i == 0 ? &to_server : &to_client;
    }
    attach(&client, config, &to_client, &to_server, fds == NULL ? -1 : fds[0]);
    attach(&server, config, &to_server, &to_client, fds == NULL ? -1 : fds[1]);

    for (int turn = 0; !client.closed || !server.closed; turn++) {
        CHECK(turn < 100);
        step(turn % 2 == 0 ? &client : &server);
    }
    check_counters(&client, &to_client, &to_server);
    check_counters(&server, &to_server, &to_client);
    CHECK_OK(s2n_connection_free(client.conn));
    CHECK_OK(s2n_connection_free(server.conn));
    return link->writer == AFTER && link->reader == AFTER;
}

static void cut_everywhere(struct s2n_config *config, bool client_writes, const int *fds)
{
    size_t cut = 0;
    while (conversation(config, client_writes, cut, fds)) {
        cut++;
    }
    /* Signatures differ in length by a few bytes, so the end is not always where it was. */
    CHECK(cut > 500);
    CHECK(!sigpipe_is_possible);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    CHECK_OK(s2n_init());
    int fds[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    static const char *const policies[] = { "ELBSecurityPolicy-TLS-1-2-2017-01", "default_tls13" };
    for (int version = 0; version < 2; version++) {
        struct s2n_cert_chain_and_key *chain = load_chain(argv[1], "ecdsa");
        struct s2n_config *config = s2n_config_new_minimal();
        CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
        CHECK_OK(s2n_config_disable_x509_verification(config));
        CHECK_OK(s2n_config_set_cipher_preferences(config, policies[version]));
        for (int client_writes = 0; client_writes < 2; client_writes++) {
            cut_everywhere(config, client_writes, NULL);
            cut_everywhere(config, client_writes, fds);
        }
        CHECK_OK(s2n_config_free(config));
        CHECK_OK(s2n_cert_chain_and_key_free(chain));
    }
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));
    return 0;
}
