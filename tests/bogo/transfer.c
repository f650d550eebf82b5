/*
 * Application data: everything that is received is sent back, with inverted bits.
 */
#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool send_all(struct endpoint *endpoint, const void *data, size_t size)
{
    const uint8_t *at = data;
    s2n_blocked_status blocked;
    if (endpoint->options->quic) {
        return quic_send_data(&endpoint->transport, data, size);
    }
    do {
        ssize_t sent = s2n_send(endpoint->conn, at, (ssize_t) size, &blocked);
        if (sent < 0 && !may_continue(endpoint, blocked)) {
            print_error(endpoint, "sending");
            return false;
        }
        if (sent > 0) {
            at += sent;
            size -= (size_t) sent;
        }
    } while (size > 0);
    return true;
}

bool send_early_data(struct endpoint *endpoint)
{
    const struct options *options = endpoint->options;
    const uint8_t *data = (const uint8_t *) options->shim_initial_write;
    size_t size = strlen(options->shim_initial_write), total = size * (size_t) options->repeat_shim_initial_write;
    s2n_blocked_status blocked;
    if (options->read_with_unfinished_write) {
        unimplemented("-read-with-unfinished-write in early data");
    }
    if (options->export_keying_material > 0) {
        unimplemented("-export-keying-material in early data");
    }
    total = options->shim_writes_first ? total : 0;
    endpoint->transport.is_deaf = true;
    while (endpoint->early_data_sent < total) {
        size_t at = endpoint->early_data_sent % size;
        ssize_t sent = 0;
        int result = s2n_send_early_data(endpoint->conn, data + at, (ssize_t) (size - at), &sent, &blocked);
        endpoint->early_data_sent += (size_t) sent;
        if (result == 0) {
            break;
        }
        if (s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
            print_error(endpoint, "early data");
            return false;
        }
    }
    endpoint->transport.is_deaf = false;
    return true;
}

static void invert(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        data[i] ^= 0xff;
    }
}

/* The API has no half-RTT data: the response is sent after the handshake. */
bool receive_early_data(struct endpoint *endpoint)
{
    uint8_t data[4096];
    s2n_blocked_status blocked;
    ssize_t received = 0;
    while (s2n_recv_early_data(endpoint->conn, data, sizeof(data), &received, &blocked) != 0) {
        endpoint->early_data_sent += (size_t) received;
        if (!may_continue(endpoint, blocked)) {
            print_error(endpoint, "early data");
            return false;
        }
    }
    return true;
}

static bool export_secret(struct endpoint *endpoint, const struct options *options)
{
    if (options->export_keying_material <= 0) {
        return true;
    }
    const char *label = options->export_label == NULL ? "" : options->export_label;
    const char *context = options->export_context == NULL ? "" : options->export_context;
    uint8_t secret[4096];
    uint32_t size = (uint32_t) options->export_keying_material;
    if (size > sizeof(secret)) {
        unimplemented("-export-keying-material of such a size");
    }
    if (s2n_connection_get_actual_protocol_version(endpoint->conn) != S2N_TLS13) {
        unimplemented("-export-keying-material in TLS 1.2");
    }
    if (s2n_connection_tls_exporter(endpoint->conn, (const uint8_t *) label, (uint32_t) strlen(label),
            (const uint8_t *) context, (uint32_t) strlen(context), secret, size)
        != 0) {
        print_error(endpoint, "exporter");
        return false;
    }
    return send_all(endpoint, secret, size);
}

/* The rest of a record is available without the transport, as s2n_peek() says. */
static ssize_t peek_then_read(struct endpoint *endpoint, uint8_t *buf, size_t size)
{
    s2n_blocked_status blocked;
    ssize_t first = s2n_recv(endpoint->conn, buf, 1, &blocked);
    if (first != 1) {
        return first;
    }
    uint32_t rest = s2n_peek(endpoint->conn);
    rest = rest > size - 1 ? (uint32_t) size - 1 : rest;
    if (rest == 0) {
        return 1;
    }
    ssize_t second = s2n_recv(endpoint->conn, buf + 1, rest, &blocked);
    if (second != (ssize_t) rest) {
        fprintf(stderr, "s2n_recv() returns %zd after s2n_peek() has returned %u\n", second, rest);
        exit(MUST_FAIL);
    }
    return 1 + second;
}

/* Returns 0 at the end of the data, also without a close_notify unless the test requires one. */
static ssize_t receive(struct endpoint *endpoint, const struct options *options, uint8_t *buf, size_t size)
{
    s2n_blocked_status blocked;
    if (options->quic) {
        return quic_receive_data(endpoint, buf, size);
    }
    for (;;) {
        ssize_t received = options->peek_then_read ? peek_then_read(endpoint, buf, size)
                                                   : s2n_recv(endpoint->conn, buf, (ssize_t) size, &blocked);
        if (options->use_exporter_between_reads) {
            int error = s2n_errno;
            uint8_t byte;
            if (s2n_connection_tls_exporter(endpoint->conn, (const uint8_t *) "", 0, &byte, 0, &byte, 1) != 0) {
                print_error(endpoint, "exporter");
                return -1;
            }
            s2n_errno = error;
        }
        if (received >= 0) {
            return received;
        }
        if (s2n_error_get_type(s2n_errno) == S2N_ERR_T_CLOSED && !options->check_close_notify) {
            return 0;
        }
        if (!may_continue(endpoint, blocked)) {
            print_error(endpoint, "receiving");
            return -1;
        }
    }
}

static bool update_keys(struct endpoint *endpoint)
{
    return s2n_connection_request_key_update(endpoint->conn, S2N_KEY_UPDATE_NOT_REQUESTED) == 0
        || complain("keys cannot be updated");
}

/* Begins a write, and leaves it unfinished after one byte. */
static bool begin_write(struct endpoint *endpoint, const char *data)
{
    s2n_blocked_status blocked;
    endpoint->transport.write_allowance = 1;
    for (int i = 0; i < 4; i++) {
        if (s2n_send(endpoint->conn, data, (ssize_t) strlen(data), &blocked) >= 0
            || s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
            return complain("a write is not left unfinished");
        }
    }
    return endpoint->transport.write_allowance == 0 || complain("no byte of the write is sent");
}

static bool echo(struct endpoint *endpoint, const struct options *options, bool is_unfinished)
{
    uint8_t buf[1 << 15];
    size_t size = options->read_size > 0 ? (size_t) options->read_size : 512;
    size = size > sizeof(buf) ? sizeof(buf) : size;
    for (;;) {
        if (options->key_update_before_read && !update_keys(endpoint)) {
            return false;
        }
        ssize_t received = receive(endpoint, options, buf, size);
        if (received <= 0) {
            return received == 0;
        }
        if (is_unfinished) {
            endpoint->transport.write_allowance = -1;
            if (!send_all(endpoint, options->shim_initial_write, strlen(options->shim_initial_write))) {
                return false;
            }
            is_unfinished = false;
        }
        if (options->key_update && !update_keys(endpoint)) {
            return false;
        }
        invert(buf, (size_t) received);
        if (!send_all(endpoint, buf, (size_t) received)) {
            return false;
        }
    }
}

static bool write_different_sizes(struct endpoint *endpoint)
{
    static const size_t SIZES[] = { 0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769 };
    static uint8_t data[32769];
    memset(data, 0x42, sizeof(data));
    for (size_t i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++) {
        if (!send_all(endpoint, data, SIZES[i])) {
            return false;
        }
    }
    return true;
}

static bool write_first(struct endpoint *endpoint, const struct options *options)
{
    size_t size = strlen(options->shim_initial_write);
    size_t total = size * (size_t) options->repeat_shim_initial_write;
    for (size_t sent = endpoint->early_data_sent; sent < total; sent += size - sent % size) {
        if (!send_all(endpoint, options->shim_initial_write + sent % size, size - sent % size)) {
            return false;
        }
    }
    return true;
}

/* Sends a close_notify, and receives that of the peer. Without -check-close-notify neither is required. */
static bool close_connection(struct endpoint *endpoint, const struct options *options)
{
    s2n_blocked_status blocked;
    if (!options->check_close_notify || options->quic) {
        return true;
    }
    while (s2n_shutdown(endpoint->conn, &blocked) != 0) {
        if (!may_continue(endpoint, blocked)) {
            print_error(endpoint, "closing");
            return false;
        }
    }
    return true;
}

bool transfer(struct endpoint *endpoint, const struct options *options)
{
    bool is_unfinished = options->read_with_unfinished_write;
    if (!export_secret(endpoint, options)) {
        return false;
    }
    if (options->write_different_record_sizes) {
        return write_different_sizes(endpoint) && close_connection(endpoint, options);
    }
    if (is_unfinished) {
        if (!begin_write(endpoint, options->shim_initial_write)) {
            return false;
        }
    } else if (options->shim_writes_first && !write_first(endpoint, options)) {
        return false;
    }
    if (!options->shim_shuts_down && !echo(endpoint, options, is_unfinished)) {
        return false;
    }
    return check_session(endpoint, options) && close_connection(endpoint, options);
}
