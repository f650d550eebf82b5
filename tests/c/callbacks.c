/*
 * Re-entrancy: I/O callbacks that call functions on their own connection.
 */
#include "check.h"

static struct s2n_connection *conn;
static int calls;

static int would_block(void)
{
    errno = EAGAIN;
    return -1;
}

static int discard(void *context, const uint8_t *buf, uint32_t len)
{
    (void) context;
    (void) buf;
    return (int) len;
}

static int nothing_to_read(void *context, uint8_t *buf, uint32_t len)
{
    (void) context;
    (void) buf;
    (void) len;
    return would_block();
}

static struct s2n_connection *client(struct s2n_config *config)
{
    struct s2n_connection *made = s2n_connection_new(S2N_CLIENT);
    CHECK(made != NULL);
    CHECK_OK(s2n_connection_set_config(made, config));
    CHECK_OK(s2n_set_server_name(made, "localhost"));
    CHECK_OK(s2n_connection_set_send_cb(made, discard));
    CHECK_OK(s2n_connection_set_recv_cb(made, nothing_to_read));
    return made;
}

static int frees_its_connection(void *context, uint8_t *buf, uint32_t len)
{
    (void) buf;
    (void) len;
    CHECK_OK(s2n_connection_free(context));
    calls++;
    return would_block();
}

static void a_connection_may_be_freed_by_its_callback(struct s2n_config *config)
{
    s2n_blocked_status blocked;
    conn = client(config);
    CHECK_OK(s2n_connection_set_recv_cb(conn, frees_its_connection));
    CHECK_OK(s2n_connection_set_recv_ctx(conn, conn));
    calls = 0;
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(calls == 1);
}

/* Getters and setters work in a callback; calls that use the same direction fail with S2N_ERR_REENTRANCY. */
static int calls_everything(void *context, uint8_t *buf, uint32_t len)
{
    (void) context;
    s2n_blocked_status blocked;
    calls++;
    CHECK(s2n_peek(conn) == 0 && s2n_peek_buffered(conn) == 0);
    CHECK(s2n_connection_get_wire_bytes_out(conn) > 0);
    CHECK(s2n_connection_get_delay(conn) == 0);
    CHECK_TEXT(s2n_get_server_name(conn), "localhost");
    CHECK_ERROR(s2n_connection_get_alert(conn), S2N_ERR_NO_ALERT);
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_REENTRANCY);
    CHECK_ERROR(s2n_recv(conn, buf, len, &blocked), S2N_ERR_REENTRANCY);
    CHECK_ERROR(s2n_connection_wipe(conn), S2N_ERR_REENTRANCY);
    CHECK_OK(s2n_connection_set_recv_cb(conn, nothing_to_read));
    return would_block();
}

static void a_callback_may_use_its_connection(struct s2n_config *config)
{
    s2n_blocked_status blocked;
    conn = client(config);
    CHECK_OK(s2n_connection_set_recv_cb(conn, calls_everything));
    calls = 0;
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_READ && calls == 1);
    /* The callback has replaced itself. */
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(calls == 1);
    CHECK_OK(s2n_connection_free(conn));
}

static int sends_again(void *context, const uint8_t *buf, uint32_t len)
{
    (void) context;
    s2n_blocked_status blocked;
    calls++;
    CHECK_ERROR(s2n_send(conn, buf, len, &blocked), S2N_ERR_REENTRANCY);
    CHECK_ERROR(s2n_shutdown_send(conn, &blocked), S2N_ERR_REENTRANCY);
    return (int) len;
}

static void a_send_within_a_send_is_rejected(struct s2n_config *config)
{
    s2n_blocked_status blocked;
    conn = client(config);
    CHECK_OK(s2n_connection_set_send_cb(conn, sends_again));
    calls = 0;
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(calls == 1);
    CHECK_OK(s2n_connection_free(conn));
}

static int interrupted_once(void *context, uint8_t *buf, uint32_t len)
{
    (void) context;
    (void) buf;
    (void) len;
    errno = calls++ == 0 ? EINTR : ECONNRESET;
    return -1;
}

static void interrupted_calls_are_repeated(struct s2n_config *config)
{
    s2n_blocked_status blocked;
    conn = client(config);
    CHECK_OK(s2n_connection_set_recv_cb(conn, interrupted_once));
    calls = 0;
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_IO);
    CHECK(errno == ECONNRESET && calls == 2);
    CHECK_OK(s2n_connection_free(conn));
}

static void a_config_may_be_freed_before_its_connection(void)
{
    s2n_blocked_status blocked;
    struct s2n_config *config = s2n_config_new_minimal();
    conn = client(config);
    CHECK_OK(s2n_config_free(config));
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_OK(s2n_connection_wipe(conn));
    CHECK_OK(s2n_connection_free(conn));
}

int main(void)
{
    CHECK_OK(s2n_init());
    struct s2n_config *config = s2n_config_new_minimal();
    a_connection_may_be_freed_by_its_callback(config);
    a_callback_may_use_its_connection(config);
    a_send_within_a_send_is_rejected(config);
    interrupted_calls_are_repeated(config);
    CHECK_OK(s2n_config_free(config));
    a_config_may_be_freed_before_its_connection();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
