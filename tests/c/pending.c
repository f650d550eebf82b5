/*
 * Thousands of handshakes that are blocked on a signature: their memory mappings, and their limit.
 *
 * usage: pending FOLDER-OF-CERTIFICATES
 */
#include "check.h"

#include <stdbool.h>
#include <stdint.h>

/* MANY is one more than a process supports where the guard page of a stack requires a separate mapping. */
#define LIMIT 16384
#define MANY (LIMIT + 1)

/* A recorded ClientHello, which is replayed to every server. */
static uint8_t hello[4096];
static size_t hello_size;

static int record(void *context, const uint8_t *buf, uint32_t len)
{
    (void) context;
    CHECK(hello_size + len <= sizeof(hello));
    memcpy(hello + hello_size, buf, len);
    hello_size += len;
    return len;
}

static int replay(void *context, uint8_t *buf, uint32_t len)
{
    size_t *read = context;
    size_t count = hello_size - *read < len ? hello_size - *read : len;
    memcpy(buf, hello + *read, count);
    *read += count;
    errno = EAGAIN;
    return count > 0 ? (int) count : -1;
}

static int receive_nothing(void *context, uint8_t *buf, uint32_t len)
{
    (void) context, (void) buf, (void) len;
    errno = EAGAIN;
    return -1;
}

static int discard(void *context, const uint8_t *buf, uint32_t len)
{
    (void) context, (void) buf;
    return len;
}

/* The operation is freed, so the handshake stays blocked. */
static int drop_operation(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    (void) conn;
    return s2n_async_pkey_op_free(op);
}

static int mappings(void)
{
    FILE *file = fopen("/proc/self/maps", "r");
    CHECK(file != NULL);
    int lines = 0;
    for (int letter; (letter = fgetc(file)) != EOF;) {
        lines += letter == '\n';
    }
    fclose(file);
    return lines;
}

static struct s2n_connection *new_server(struct s2n_config *config, size_t *read)
{
    struct s2n_connection *conn = s2n_connection_new(S2N_SERVER);
    CHECK(conn != NULL);
    *read = 0;
    CHECK_OK(s2n_connection_set_config(conn, config));
    CHECK_OK(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    CHECK_OK(s2n_connection_set_recv_cb(conn, replay));
    CHECK_OK(s2n_connection_set_recv_ctx(conn, read));
    CHECK_OK(s2n_connection_set_send_cb(conn, discard));
    return conn;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    CHECK_OK(s2n_init());
    struct s2n_cert_chain_and_key *chain = load_chain(argv[1], "ecdsa");
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
    CHECK_OK(s2n_config_set_cipher_preferences(config, "default_tls13"));

    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    struct s2n_connection *client = s2n_connection_new(S2N_CLIENT);
    CHECK_OK(s2n_connection_set_config(client, config));
    CHECK_OK(s2n_connection_set_send_cb(client, record));
    CHECK_OK(s2n_connection_set_recv_cb(client, receive_nothing));
    CHECK_ERROR(s2n_negotiate(client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_OK(s2n_connection_free(client));

    CHECK_OK(s2n_config_set_async_pkey_callback(config, drop_operation));
    static struct s2n_connection *servers[MANY];
    static size_t read[MANY];
    int count = 0;
    int before = mappings();
    for (bool is_blocked = true; is_blocked && count < MANY; count += is_blocked) {
        servers[count] = new_server(config, &read[count]);
        CHECK(s2n_negotiate(servers[count], &blocked) == -1);
        is_blocked = s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED;
        if (!is_blocked) {
            CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_ALLOC");
            CHECK_OK(s2n_connection_free(servers[count]));
        }
    }
    int added = mappings() - before;
    printf("%d handshakes are blocked, with %d mappings\n", count, added);
    /* Linux 6.13 supports guard pages without a separate mapping. */
    CHECK(count == MANY ? added < 1000 : count == LIMIT && added <= 2 * LIMIT + 1000);

    /* After one connection is freed, another one can be made. */
    CHECK_OK(s2n_connection_free(servers[0]));
    servers[0] = new_server(config, &read[0]);
    CHECK_ERROR(s2n_negotiate(servers[0], &blocked), S2N_ERR_ASYNC_BLOCKED);

    for (int i = 0; i < count; i++) {
        CHECK_OK(s2n_connection_free(servers[i]));
    }
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
