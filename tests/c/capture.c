/*
 * Writes the traffic of two connections into a capture file (pcap) for protocol analysers, with
 * synthetic TCP/IP headers, and the secrets of the handshake into a key log file.
 *
 * usage: capture CERTIFICATES 12|13 CAPTURE KEYS
 */
#include "pair.h"

#include <stdbool.h>

enum { HEADERS = 40, SERVER_PORT = 443, CLIENT_PORT = 50000, SYN = 2, PUSH_ACK = 24 };

static FILE *capture;
static FILE *keys;
static uint32_t sent[2];

static void put(FILE *file, size_t size, uint32_t number)
{
    while (size-- > 0) {
        CHECK(fputc((int) (number >> (8 * size) & 0xff), file) != EOF);
    }
}

/* Writes one TCP segment over IPv4, without checksums. */
static void packet(bool from_server, int flags, const uint8_t *data, uint32_t len)
{
    const uint32_t client = 0x0a000001, server = 0x0a000002;
    static uint32_t when;
    put(capture, 4, when++);
    put(capture, 4, 0);
    put(capture, 4, HEADERS + len);
    put(capture, 4, HEADERS + len);

    put(capture, 2, 0x4500);
    put(capture, 2, HEADERS + len);
    put(capture, 4, 0);
    put(capture, 4, 0x40060000);
    put(capture, 4, from_server ? server : client);
    put(capture, 4, from_server ? client : server);

    put(capture, 2, from_server ? SERVER_PORT : CLIENT_PORT);
    put(capture, 2, from_server ? CLIENT_PORT : SERVER_PORT);
    put(capture, 4, sent[from_server]);
    put(capture, 4, sent[!from_server]);
    put(capture, 2, (uint32_t) (0x5000 | flags));
    put(capture, 2, 0xffff);
    put(capture, 4, 0);
    CHECK(fwrite(data, 1, len, capture) == len);
    sent[from_server] += flags == SYN ? 1 : len;
}

static void begin(const char *path)
{
    capture = fopen(path, "wb");
    CHECK(capture != NULL);
    put(capture, 4, 0xa1b2c3d4);
    put(capture, 4, 0x00020004);
    put(capture, 4, 0);
    put(capture, 4, 0);
    put(capture, 4, 0xffff);
    put(capture, 4, 101); /* link type: raw IP */
    packet(false, SYN, NULL, 0);
    packet(true, SYN, NULL, 0);
}

static int capture_client(void *context, const uint8_t *buf, uint32_t len)
{
    packet(false, PUSH_ACK, buf, len);
    return transport_send(context, buf, len);
}

static int capture_server(void *context, const uint8_t *buf, uint32_t len)
{
    packet(true, PUSH_ACK, buf, len);
    return transport_send(context, buf, len);
}

static int log_key(void *context, struct s2n_connection *conn, uint8_t *line, size_t len)
{
    (void) context;
    (void) conn;
    CHECK(fprintf(keys, "%.*s\n", (int) len, (const char *) line) > 0);
    return 0;
}

static void transfer(struct s2n_connection *from, struct s2n_connection *to, const char *text)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    char received[100] = { 0 };
    const ssize_t len = (ssize_t) strlen(text);
    CHECK(s2n_send(from, text, len, &blocked) == len);
    CHECK(s2n_recv(to, received, len, &blocked) == len);
    CHECK_TEXT(received, text);
}

int main(int argc, char **argv)
{
    CHECK(argc == 5);
    folder = argv[1];
    CHECK_OK(s2n_init());
    begin(argv[3]);
    keys = fopen(argv[4], "w");
    CHECK(keys != NULL);

    struct pair *pair = new_pair(strcmp(argv[2], "13") == 0, "ecdsa");
    CHECK_OK(s2n_config_set_key_log_cb(pair->config, log_key, NULL));
    CHECK_OK(s2n_connection_set_send_cb(pair->client, capture_client));
    CHECK_OK(s2n_connection_set_send_cb(pair->server, capture_server));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    transfer(pair->client, pair->server, "from the client");
    transfer(pair->server, pair->client, "from the server");
    if (pair->tls13) {
        CHECK_OK(s2n_connection_request_key_update(pair->client, S2N_KEY_UPDATE_NOT_REQUESTED));
    }
    transfer(pair->client, pair->server, "from the client again");
    disconnect(pair);
    CHECK(fclose(keys) == 0 && fclose(capture) == 0);
    CHECK_OK(s2n_cleanup());
    return 0;
}
