/*
 * The runner's transport for QUIC: records with a type, an encryption level, the cipher suite and the secret
 * of that level in plaintext, which both sides compare.
 */
#include "shim.h"

#include <errno.h>
#include <s2n/quic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23 };
enum { INITIAL = 0, LEVEL_HANDSHAKE = 2, LEVEL_APPLICATION = 3 };
enum { UNEXPECTED_MESSAGE = 10, INTERNAL_ERROR = 80 };
enum { HEADER_SIZE = 8, MAX_SECRET = 48 };

struct level {
    uint8_t number;
    uint16_t suite;
    uint8_t secret[MAX_SECRET];
    size_t secret_size;
};

struct quic {
    struct level read, write;

    /* The levels behind the handshake, whose secrets are derived before its last message. */
    struct level next_read, next_write;

    /* The present record. */
    uint8_t type, *data;
    size_t at, size;
    bool is_ended;

    /* If not 0, the alert for a violation that this transport detects. */
    uint8_t alert;
};

static int receive_exactly(int fd, uint8_t *buf, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t received = recv(fd, buf + at, size - at, 0);
        if (received <= 0) {
            return received == 0 && at == 0 ? 0 : -1;
        }
        at += (size_t) received;
    }
    return 1;
}

static bool read_record(struct transport *transport)
{
    struct quic *quic = transport->quic;
    const struct level *level = &quic->read;
    uint8_t header[HEADER_SIZE];
    int result = receive_exactly(transport->fd, header, sizeof(header));
    if (result <= 0) {
        quic->is_ended = result == 0;
        return false;
    }
    size_t size = (size_t) header[4] << 24 | (size_t) header[5] << 16 | (size_t) header[6] << 8 | header[7];
    free(quic->data);
    quic->data = malloc(size + 1);
    if (quic->data == NULL || (size > 0 && receive_exactly(transport->fd, quic->data, size) != 1)) {
        return false;
    }
    if (header[1] != level->number || (header[2] << 8 | header[3]) != level->suite || size < level->secret_size
        || memcmp(quic->data, level->secret, level->secret_size) != 0) {
        fprintf(stderr, "a record has the level %d instead of %d, or another secret\n", header[1], level->number);
        return false;
    }
    quic->type = header[0];
    quic->at = level->secret_size;
    quic->size = size;
    return true;
}

static bool write_record(struct transport *transport, uint8_t type, const void *data, size_t size)
{
    const struct level *level = &transport->quic->write;
    size_t content = level->secret_size + size;
    uint8_t *record = malloc(HEADER_SIZE + content);
    if (record == NULL) {
        return false;
    }
    record[0] = type;
    record[1] = level->number;
    record[2] = (uint8_t) (level->suite >> 8);
    record[3] = (uint8_t) level->suite;
    for (int i = 0; i < 4; i++) {
        record[4 + i] = (uint8_t) (content >> (24 - 8 * i));
    }
    memcpy(record + HEADER_SIZE, level->secret, level->secret_size);
    if (size > 0) {
        memcpy(record + HEADER_SIZE + level->secret_size, data, size);
    }
    size_t sent = 0;
    while (sent < HEADER_SIZE + content) {
        ssize_t result = send(transport->fd, record + sent, HEADER_SIZE + content - sent, MSG_NOSIGNAL);
        if (result < 0) {
            break;
        }
        sent += (size_t) result;
    }
    free(record);
    return sent == HEADER_SIZE + content;
}

static size_t take(struct quic *quic, uint8_t *buf, size_t size)
{
    size_t len = quic->size - quic->at < size ? quic->size - quic->at : size;
    memcpy(buf, quic->data + quic->at, len);
    quic->at += len;
    return len;
}

/* RFC 9001, 4.1.3: data of an encryption level that is not consumed when TLS provides the keys of the next
 * one is a connection error. */
static bool check_consumed(struct quic *quic)
{
    if (quic->at < quic->size) {
        quic->alert = UNEXPECTED_MESSAGE;
        return complain(":QUIC_EXCESS_DATA:");
    }
    return true;
}

static int receive_secret(void *context, struct s2n_connection *conn, s2n_secret_type_t type, uint8_t *secret,
    uint8_t size)
{
    struct endpoint *endpoint = context;
    struct quic *quic = endpoint->transport.quic;
    bool is_client = !endpoint->options->server;
    struct level level = { .secret_size = size };
    uint8_t suite[2];
    if (size > MAX_SECRET || s2n_connection_get_cipher_iana_value(conn, &suite[0], &suite[1]) != 0) {
        return -1;
    }
    level.suite = (uint16_t) (suite[0] << 8 | suite[1]);
    memcpy(level.secret, secret, size);
    switch (type) {
    case S2N_CLIENT_HANDSHAKE_TRAFFIC_SECRET:
    case S2N_SERVER_HANDSHAKE_TRAFFIC_SECRET:
        level.number = LEVEL_HANDSHAKE;
        *(is_client == (type == S2N_CLIENT_HANDSHAKE_TRAFFIC_SECRET) ? &quic->write : &quic->read) = level;
        return check_consumed(quic) ? 0 : -1;
    case S2N_CLIENT_APPLICATION_TRAFFIC_SECRET:
        level.number = LEVEL_APPLICATION;
        *(is_client ? &quic->next_write : &quic->next_read) = level;
        return 0;
    case S2N_SERVER_APPLICATION_TRAFFIC_SECRET:
        level.number = LEVEL_APPLICATION;
        /* The server's Finished is sent. */
        *(is_client ? &quic->next_read : &quic->write) = level;
        return 0;
    default:
        return 0;
    }
}

bool quic_start(struct endpoint *endpoint)
{
    const struct options *options = endpoint->options;
    const struct bytes *parameters = &options->quic_transport_params;
    struct s2n_connection *conn = endpoint->conn;
    if (options->quic_use_legacy_codepoint > 0) {
        unimplemented("-quic-use-legacy-codepoint 1");
    }
    if (options->enable_early_data) {
        unimplemented("-enable-early-data with -quic");
    }
    if (options->read_with_unfinished_write || options->peek_then_read) {
        unimplemented("an operation on records with -quic");
    }
    endpoint->transport.quic = calloc(1, sizeof(struct quic));
    return endpoint->transport.quic != NULL && s2n_connection_enable_quic(conn) == 0
        && s2n_connection_set_quic_transport_parameters(conn, parameters->data, (uint16_t) parameters->size) == 0
        && s2n_connection_set_secret_callback(conn, receive_secret, endpoint) == 0;
}

bool quic_end_handshake(struct endpoint *endpoint)
{
    struct quic *quic = endpoint->transport.quic;
    if (!check_consumed(quic)) {
        return false;
    }
    quic->read = quic->next_read;
    if (!endpoint->options->server) {
        quic->write = quic->next_write;
    }
    const struct bytes *expected = &endpoint->options->expect_quic_transport_params;
    const uint8_t *data = NULL;
    uint16_t size = 0;
    return !expected->is_set
        || (s2n_connection_get_quic_transport_parameters(endpoint->conn, &data, &size) == 0
            && size == expected->size && memcmp(data, expected->data, size) == 0)
        || complain("the peer's transport parameters are not those of -expect-quic-transport-params");
}

void quic_free(struct transport *transport)
{
    if (transport->quic != NULL) {
        free(transport->quic->data);
        free(transport->quic);
        transport->quic = NULL;
    }
}

int quic_recv_messages(struct transport *transport, uint8_t *buf, size_t size)
{
    struct quic *quic = transport->quic;
    while (quic->at == quic->size) {
        if (!read_record(transport)) {
            errno = EPROTO;
            return quic->is_ended ? 0 : -1;
        }
        if (quic->type != HANDSHAKE) {
            fprintf(stderr, "a record has the type %d in the handshake\n", quic->type);
            errno = EPROTO;
            return -1;
        }
    }
    return (int) take(quic, buf, size);
}

int quic_send_messages(struct transport *transport, const uint8_t *buf, size_t size)
{
    errno = EPIPE;
    return write_record(transport, HANDSHAKE, buf, size) ? (int) size : -1;
}

bool quic_send_data(struct transport *transport, const void *data, size_t size)
{
    return write_record(transport, APPLICATION_DATA, data, size) || complain("application data is not sent");
}

ssize_t quic_receive_data(struct endpoint *endpoint, uint8_t *buf, size_t size)
{
    struct quic *quic = endpoint->transport.quic;
    s2n_blocked_status blocked;
    for (;;) {
        if (quic->at == quic->size) {
            if (!read_record(&endpoint->transport)) {
                return quic->is_ended ? 0 : -1;
            }
        } else if (quic->type == APPLICATION_DATA) {
            return (ssize_t) take(quic, buf, size);
        } else if (s2n_recv_quic_post_handshake_message(endpoint->conn, &blocked) != 0) {
            print_error(endpoint, "message after the handshake");
            return -1;
        }
    }
}

/* QUIC sends the alert in its own frame (RFC 9001, 4.8), which is that of the error for an application. */
void quic_send_alert(struct endpoint *endpoint)
{
    uint8_t alert[2] = { 2, endpoint->transport.quic->alert };
    if (alert[1] == 0 && rs2n_connection_get_error_alert(endpoint->conn, &alert[1]) != 0) {
        alert[1] = INTERNAL_ERROR;
    }
    (void) write_record(&endpoint->transport, ALERT, alert, sizeof(alert));
}
