/*
 * Connections without a handshake: the getters of a new connection, accepted and rejected values of the
 * setters, and the state after a wipe.
 *
 * usage: connection FOLDER-OF-CERTIFICATES
 */
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *folder;

static struct s2n_connection *new_connection(s2n_mode mode)
{
    struct s2n_connection *conn = s2n_connection_new(mode);
    CHECK(conn != NULL);
    return conn;
}

static void check_initial_state(struct s2n_connection *conn, s2n_mode mode)
{
    int client = mode == S2N_CLIENT;
    CHECK(s2n_connection_get_mode(conn) == mode);
    CHECK(s2n_connection_get_actual_protocol_version(conn) == (client ? S2N_TLS13 : 0));
    CHECK(s2n_connection_get_client_protocol_version(conn) == (client ? S2N_TLS13 : 0));
    CHECK(s2n_connection_get_server_protocol_version(conn) == (client ? 0 : S2N_TLS13));
    CHECK_TEXT(s2n_connection_get_cipher(conn), "TLS_NULL_WITH_NULL_NULL");
    CHECK_TEXT(s2n_connection_get_curve(conn), "NONE");
    CHECK_TEXT(s2n_connection_get_kem_group_name(conn), "NONE");
    CHECK(s2n_get_server_name(conn) == NULL);
    CHECK(s2n_get_application_protocol(conn) == NULL);
    CHECK(s2n_connection_get_wire_bytes_in(conn) == 0);
    CHECK(s2n_connection_get_wire_bytes_out(conn) == 0);
    CHECK(s2n_connection_get_delay(conn) == 0);
    CHECK(s2n_peek(conn) == 0);
    CHECK(s2n_peek_buffered(conn) == 0);
    CHECK(s2n_connection_is_session_resumed(conn) == 0);
    CHECK(s2n_connection_client_cert_used(conn) == 0);
    CHECK(s2n_connection_get_ctx(conn) == NULL);
    CHECK_ERROR(s2n_connection_get_alert(conn), S2N_ERR_NO_ALERT);

    uint8_t first = 1, second = 2;
    CHECK_ERROR(s2n_connection_get_cipher_iana_value(conn, &first, &second),
            S2N_ERR_INVALID_STATE);
    const char *group = NULL;
    CHECK_ERROR(s2n_connection_get_key_exchange_group(conn, &group), S2N_ERR_INVALID_STATE);
    CHECK_TEXT(group, "NONE");
    uint8_t *der = NULL;
    uint32_t length = 0;
    CHECK_ERROR(s2n_connection_get_client_cert_chain(conn, &der, &length), S2N_ERR_NULL);

    s2n_cert_auth_type type = S2N_CERT_AUTH_REQUIRED;
    CHECK_OK(s2n_connection_get_client_auth_type(conn, &type));
    CHECK(type == (client ? S2N_CERT_AUTH_OPTIONAL : S2N_CERT_AUTH_NONE));

    int fd = 0;
    CHECK_ERROR(s2n_connection_get_read_fd(conn, &fd), S2N_ERR_INVALID_STATE);
    CHECK_ERROR(s2n_connection_get_write_fd(conn, &fd), S2N_ERR_INVALID_STATE);
}

static void check_no_transport(struct s2n_connection *conn)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    char room[8];
    errno = EAGAIN;
    CHECK_ERROR(s2n_recv(conn, room, sizeof(room), &blocked), S2N_ERR_IO);
    CHECK(errno == 0 && blocked == S2N_BLOCKED_ON_READ);
    errno = EAGAIN;
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_IO);
    CHECK(errno == 0);
}

static void wiping_restores_the_initial_state(s2n_mode mode)
{
    struct s2n_connection *conn = new_connection(mode);
    check_initial_state(conn, mode);
    check_no_transport(conn);
    CHECK_OK(s2n_connection_wipe(conn));

    /* A transport that blocks. */
    int ends[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends));
    int place = 0;
    CHECK_OK(s2n_connection_set_fd(conn, ends[0]));
    CHECK_OK(s2n_connection_set_ctx(conn, &place));
    CHECK(s2n_connection_get_ctx(conn) == &place);
    if (mode == S2N_CLIENT) {
        CHECK_OK(s2n_set_server_name(conn, "localhost"));
        CHECK_TEXT(s2n_get_server_name(conn), "localhost");
    }
    CHECK_OK(s2n_connection_set_client_auth_type(conn, S2N_CERT_AUTH_REQUIRED));
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_READ && errno == EAGAIN);
    CHECK((s2n_connection_get_wire_bytes_out(conn) > 0) == (mode == S2N_CLIENT));
    CHECK_OK(s2n_connection_wipe(conn));
    check_initial_state(conn, mode);
    check_no_transport(conn);

    /* Neither wiping nor freeing closes a descriptor. */
    CHECK_OK(s2n_connection_wipe(conn));
    CHECK_OK(s2n_connection_set_fd(conn, ends[0]));
    CHECK_OK(s2n_connection_free(conn));
    CHECK(fcntl(ends[0], F_GETFD) != -1);
    CHECK_OK(close(ends[0]));
    CHECK_OK(close(ends[1]));
}

static void null_connections(void)
{
    CHECK(s2n_connection_get_mode(NULL) == S2N_SERVER);
    CHECK_ERROR(s2n_connection_free(NULL), S2N_ERR_NULL);
    CHECK_FAILS(s2n_connection_get_delay(NULL), UINT64_MAX, S2N_ERR_NULL);
}

static void server_names_have_at_most_255_bytes(void)
{
    char name[257];
    memset(name, 'n', sizeof(name));
    name[256] = 0;
    struct s2n_connection *conn = new_connection(S2N_CLIENT);
    CHECK_ERROR(s2n_set_server_name(conn, name), S2N_ERR_SERVER_NAME_TOO_LONG);
    CHECK(s2n_get_server_name(conn) == NULL);
    name[255] = 0;
    CHECK_OK(s2n_set_server_name(conn, name));
    CHECK_TEXT(s2n_get_server_name(conn), name);
    CHECK_OK(s2n_set_server_name(conn, "shorter"));
    CHECK_TEXT(s2n_get_server_name(conn), "shorter");
    CHECK_OK(s2n_connection_free(conn));

    conn = new_connection(S2N_SERVER);
    CHECK_ERROR(s2n_set_server_name(conn, "localhost"), S2N_ERR_CLIENT_MODE);
    CHECK_OK(s2n_connection_free(conn));
}

static void setters_validate_arguments(void)
{
    struct s2n_connection *conn = new_connection(S2N_CLIENT);
    CHECK_ERROR(s2n_connection_set_dynamic_record_threshold(conn, 8388609, 0),
            S2N_ERR_INVALID_DYNAMIC_THRESHOLD);
    CHECK_OK(s2n_connection_set_dynamic_record_threshold(conn, 8388608, UINT16_MAX));
    CHECK_OK(s2n_connection_set_dynamic_record_threshold(conn, 0, 0));
    CHECK_OK(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    CHECK_OK(s2n_connection_set_blinding(conn, (s2n_blinding)7));
    CHECK_OK(s2n_connection_prefer_throughput(conn));
    CHECK_OK(s2n_connection_prefer_low_latency(conn));
    CHECK_OK(s2n_connection_set_recv_buffering(conn, true));
    CHECK_OK(s2n_connection_set_dynamic_buffers(conn, true));
    CHECK_OK(s2n_connection_release_buffers(conn));

    CHECK_OK(s2n_connection_set_cipher_preferences(conn, "DEFAULT_tls13"));
    CHECK_ERROR(s2n_connection_set_cipher_preferences(conn, "no such policy"),
            S2N_ERR_INVALID_SECURITY_POLICY);
    CHECK_ERROR(s2n_connection_set_cipher_preferences(conn, "PQ-SIKE-TEST-TLS-1-0-2019-11"),
            S2N_ERR_DEPRECATED_SECURITY_POLICY);

    const char *const names[] = { "h2", "" };
    CHECK_OK(s2n_connection_set_protocol_preferences(conn, names, 1));
    CHECK_ERROR(s2n_connection_set_protocol_preferences(conn, names, 2),
            S2N_ERR_INVALID_APPLICATION_PROTOCOL);
    CHECK_OK(s2n_connection_set_protocol_preferences(conn, NULL, 2));
    CHECK_ERROR(s2n_connection_append_protocol_preference(conn, (const uint8_t *)"", 0),
            S2N_ERR_INVALID_APPLICATION_PROTOCOL);
    CHECK_OK(s2n_connection_append_protocol_preference(conn, (const uint8_t *)"h2", 2));
    CHECK_OK(s2n_connection_free(conn));
}

static void configs_must_match_the_mode(void)
{
    struct s2n_cert_chain_and_key *ecdsa = load_chain(folder, "ecdsa");
    struct s2n_cert_chain_and_key *rsa = load_chain(folder, "rsa");
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_connection *client = new_connection(S2N_CLIENT);
    struct s2n_connection *server = new_connection(S2N_SERVER);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, ecdsa));
    CHECK_OK(s2n_connection_set_config(client, config));
    CHECK_OK(s2n_connection_set_config(client, config));
    CHECK_OK(s2n_connection_free(client));

    client = new_connection(S2N_CLIENT);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, rsa));
    CHECK_ERROR(s2n_connection_set_config(client, config), S2N_ERR_TOO_MANY_CERTIFICATES);
    CHECK_OK(s2n_connection_set_config(server, config));
    CHECK_OK(s2n_connection_free(client));
    CHECK_OK(s2n_connection_free(server));
    CHECK_OK(s2n_config_free(config));

    char *certificates = read_file(folder, "rsa.pem");
    struct s2n_cert_chain_and_key *public = s2n_cert_chain_and_key_new();
    CHECK_OK(s2n_cert_chain_and_key_load_public_pem_bytes(public, (uint8_t *)certificates,
            strlen(certificates)));
    config = s2n_config_new_minimal();
    server = new_connection(S2N_SERVER);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, public));
    CHECK_ERROR(s2n_connection_set_config(server, config), S2N_ERR_NO_PRIVATE_KEY);
    CHECK_OK(s2n_connection_free(server));
    CHECK_OK(s2n_config_free(config));

    CHECK_OK(s2n_cert_chain_and_key_free(ecdsa));
    CHECK_OK(s2n_cert_chain_and_key_free(rsa));
    CHECK_OK(s2n_cert_chain_and_key_free(public));
    free(certificates);
}

static void client_auth_type_of_the_connection_overrides_the_config(void)
{
    s2n_cert_auth_type type = S2N_CERT_AUTH_NONE;
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_connection *conn = new_connection(S2N_SERVER);
    CHECK_OK(s2n_config_set_client_auth_type(config, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(s2n_connection_set_config(conn, config));
    CHECK_OK(s2n_connection_get_client_auth_type(conn, &type));
    CHECK(type == S2N_CERT_AUTH_REQUIRED);
    CHECK_OK(s2n_connection_set_client_auth_type(conn, S2N_CERT_AUTH_OPTIONAL));
    CHECK_OK(s2n_connection_get_client_auth_type(conn, &type));
    CHECK(type == S2N_CERT_AUTH_OPTIONAL);
    /* Wiping resets the connection's own setting, and keeps its config. */
    CHECK_OK(s2n_connection_wipe(conn));
    CHECK_OK(s2n_connection_get_client_auth_type(conn, &type));
    CHECK(type == S2N_CERT_AUTH_REQUIRED);
    CHECK_OK(s2n_connection_free(conn));
    CHECK_OK(s2n_config_free(config));
}

static int calls;

static int blocking_recv(void *context, uint8_t *buf, uint32_t len)
{
    CHECK(context == &calls || context == NULL);
    CHECK(buf != NULL && len == 5);
    calls++;
    errno = EAGAIN;
    return -1;
}

static void descriptors_and_callbacks_replace_each_other(void)
{
    struct s2n_connection *conn = new_connection(S2N_SERVER);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    int fd = 0;
    char room[8];

    CHECK_OK(s2n_connection_set_read_fd(conn, 11));
    CHECK_OK(s2n_connection_set_write_fd(conn, 12));
    CHECK_OK(s2n_connection_get_read_fd(conn, &fd));
    CHECK(fd == 11);
    CHECK_OK(s2n_connection_get_write_fd(conn, &fd));
    CHECK(fd == 12);

    /* A receive context replaces the read descriptor only. */
    CHECK_OK(s2n_connection_set_recv_ctx(conn, &calls));
    CHECK_ERROR(s2n_connection_get_read_fd(conn, &fd), S2N_ERR_INVALID_STATE);
    CHECK_OK(s2n_connection_get_write_fd(conn, &fd));
    CHECK_ERROR(s2n_recv(conn, room, sizeof(room), &blocked), S2N_ERR_IO);

    CHECK_OK(s2n_connection_set_recv_cb(conn, blocking_recv));
    calls = 0;
    CHECK_ERROR(s2n_recv(conn, room, sizeof(room), &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(calls == 1 && blocked == S2N_BLOCKED_ON_READ && errno == EAGAIN);
    CHECK_OK(s2n_connection_set_recv_ctx(conn, NULL));
    CHECK_ERROR(s2n_recv(conn, room, sizeof(room), &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(calls == 2);

    CHECK_OK(s2n_connection_set_fd(conn, -1));
    CHECK_OK(s2n_connection_get_read_fd(conn, &fd));
    CHECK(fd == -1);
    CHECK_OK(s2n_connection_set_send_ctx(conn, NULL));
    CHECK_ERROR(s2n_connection_get_write_fd(conn, &fd), S2N_ERR_INVALID_STATE);

    /* A descriptor resets the context of the callback that it replaces. */
    CHECK_OK(s2n_connection_set_recv_ctx(conn, &fd));
    CHECK_OK(s2n_connection_set_read_fd(conn, -1));
    CHECK_OK(s2n_connection_set_recv_cb(conn, NULL));
    CHECK_ERROR(s2n_connection_get_read_fd(conn, &fd), S2N_ERR_INVALID_STATE);
    CHECK_OK(s2n_connection_set_recv_cb(conn, blocking_recv));
    CHECK_ERROR(s2n_recv(conn, room, sizeof(room), &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(calls == 3);
    CHECK_OK(s2n_connection_free(conn));
}

/* As programs with an event loop do, whose callbacks are valid during a call only. */
static void callbacks_can_be_set_for_each_call(void)
{
    struct s2n_connection *conn = new_connection(S2N_SERVER);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    char room[8];

    calls = 0;
    for (int call = 1; call <= 3; call++) {
        CHECK_OK(s2n_connection_set_recv_cb(conn, blocking_recv));
        CHECK_OK(s2n_connection_set_recv_ctx(conn, &calls));
        CHECK_ERROR(s2n_recv(conn, room, sizeof(room), &blocked), S2N_ERR_IO_BLOCKED);
        CHECK(calls == call);
        CHECK_OK(s2n_connection_set_recv_cb(conn, NULL));
        CHECK_OK(s2n_connection_set_recv_ctx(conn, NULL));
        CHECK_ERROR(s2n_recv(conn, room, sizeof(room), &blocked), S2N_ERR_IO);
        CHECK(calls == call);
    }
    CHECK_OK(s2n_connection_free(conn));
}

static void corking_requires_a_descriptor(void)
{
    int ends[2];
    CHECK_OK(pipe(ends));
    struct s2n_connection *conn = new_connection(S2N_SERVER);
    CHECK_ERROR(s2n_connection_use_corked_io(conn), S2N_ERR_CORK_SET_ON_UNMANAGED);
    CHECK_OK(s2n_connection_set_read_fd(conn, ends[0]));
    CHECK_ERROR(s2n_connection_use_corked_io(conn), S2N_ERR_CORK_SET_ON_UNMANAGED);
    CHECK_OK(s2n_connection_set_write_fd(conn, ends[1]));
    CHECK_OK(s2n_connection_use_corked_io(conn));
    CHECK_OK(s2n_connection_free(conn));
    CHECK_OK(close(ends[0]));
    CHECK_OK(close(ends[1]));
}

static void sending_requires_keys(void)
{
    struct s2n_connection *conn = new_connection(S2N_CLIENT);
    s2n_blocked_status blocked = S2N_BLOCKED_ON_READ;
    int ends[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends));
    CHECK_OK(s2n_connection_set_fd(conn, ends[0]));
    CHECK_ERROR(s2n_send(conn, "x", 1, &blocked), S2N_ERR_ENCRYPT);
    CHECK(blocked == S2N_BLOCKED_ON_WRITE);
    /* An empty send succeeds, even with a NULL buffer. */
    CHECK(s2n_send(conn, NULL, 0, &blocked) == 0);
    CHECK(blocked == S2N_NOT_BLOCKED);
    CHECK(s2n_sendv(conn, NULL, 0, &blocked) == 0);
    CHECK(s2n_sendv(conn, NULL, -1, &blocked) == 0);
    CHECK(s2n_connection_get_wire_bytes_out(conn) == 0);
    /* The handshake can still be started. */
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(s2n_connection_get_wire_bytes_out(conn) > 0);
    CHECK_OK(s2n_connection_free(conn));
    CHECK_OK(close(ends[0]));
    CHECK_OK(close(ends[1]));
}

static void shutdown_without_a_transport_does_nothing(void)
{
    struct s2n_connection *conn = new_connection(S2N_CLIENT);
    s2n_blocked_status blocked = S2N_BLOCKED_ON_READ;
    CHECK_OK(s2n_shutdown_send(conn, &blocked));
    CHECK_OK(s2n_shutdown(conn, &blocked));
    CHECK(blocked == S2N_NOT_BLOCKED);
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_CLOSED);
    CHECK(blocked == S2N_NOT_BLOCKED);
    CHECK_OK(s2n_connection_free(conn));
}

static void a_config_may_be_freed_before_its_connections(void)
{
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_connection *conn = new_connection(S2N_CLIENT);
    CHECK_OK(s2n_config_set_client_auth_type(config, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(s2n_connection_set_config(conn, config));
    CHECK_OK(s2n_config_free(config));
    s2n_cert_auth_type type = S2N_CERT_AUTH_NONE;
    CHECK_OK(s2n_connection_get_client_auth_type(conn, &type));
    CHECK(type == S2N_CERT_AUTH_REQUIRED);
    CHECK_OK(s2n_connection_wipe(conn));
    CHECK_OK(s2n_connection_free(conn));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    wiping_restores_the_initial_state(S2N_CLIENT);
    wiping_restores_the_initial_state(S2N_SERVER);
    null_connections();
    server_names_have_at_most_255_bytes();
    setters_validate_arguments();
    configs_must_match_the_mode();
    client_auth_type_of_the_connection_overrides_the_config();
    descriptors_and_callbacks_replace_each_other();
    callbacks_can_be_set_for_each_call();
    corking_requires_a_descriptor();
    sending_requires_keys();
    shutdown_without_a_transport_does_nothing();
    a_config_may_be_freed_before_its_connections();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
