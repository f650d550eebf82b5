/*
 * Encrypted ClientHello (ECH).
 *
 * usage: ech FOLDER-OF-CERTIFICATES
 * With servers of this library, which do not have it, in memory.
 *
 * usage: ech FOLDER-OF-CERTIFICATES PORT FILE [unverified | grease]
 * A client that encrypts its ClientHello to www.rs2n.test with the ECHConfigList in the file. It connects again with
 * the configs of a server that has rejected it, and prints what each connection has negotiated.
 */
#include "pair.h"

#include <arpa/inet.h>
#include <rs2n/rs2n.h>
#include <s2n/unstable/crl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME "www.rs2n.test"

/* An ECHConfigList for the public name "localhost", with the base point of X25519 as its key. */
static const uint8_t LIST[] = {
    0, 60, 0xfe, 0x0d, 0, 56, /* lengths, and the version */
    1, 0, 0x20, 0, 32, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 4, 0, 1, 0, 1, /* HKDF-SHA256, AES-128-GCM */
    0, 9, 'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't',
    0, 0,
};

static rs2n_ech_status status_of(struct s2n_connection *conn)
{
    rs2n_ech_status status;
    CHECK_OK(rs2n_connection_get_ech_status(conn, &status));
    return status;
}

static int contains(const uint8_t *bytes, size_t len, const char *name)
{
    for (size_t at = 0; at + strlen(name) <= len; at++) {
        if (memcmp(bytes + at, name, strlen(name)) == 0) {
            return 1;
        }
    }
    return 0;
}

static void set_list(struct pair *pair)
{
    CHECK_OK(s2n_set_server_name(pair->client, NAME));
    CHECK_OK(rs2n_connection_set_ech_config_list(pair->client, LIST, sizeof(LIST)));
}

static void expect(struct pair *pair, const char *expected)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, expected);
}

static void expect_detail(const char *part)
{
    char detail[512];
    CHECK(rs2n_error_detail(detail, sizeof(detail)) > 0);
    printf("%s\n", detail);
    CHECK(strstr(detail, part) != NULL);
}

static void lists_are_validated(void)
{
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    uint8_t list[sizeof(LIST) + 1] = { 0 };
    memcpy(list, LIST, sizeof(LIST));
    for (size_t len = 0; len < sizeof(LIST); len++) {
        CHECK_ERROR(rs2n_connection_set_ech_config_list(conn, list, len), RS2N_ERR_INVALID_ECH_CONFIG_LIST);
    }
    CHECK_ERROR(rs2n_connection_set_ech_config_list(conn, list, sizeof(list)), RS2N_ERR_INVALID_ECH_CONFIG_LIST);
    expect_detail("malformed");
    list[3] = 0x0c; /* the version */
    CHECK_ERROR(rs2n_connection_set_ech_config_list(conn, list, sizeof(LIST)), RS2N_ERR_INVALID_ECH_CONFIG_LIST);
    expect_detail("no config");
    CHECK_ERROR(rs2n_connection_set_ech_config_list(conn, NULL, 0), S2N_ERR_NULL);
    CHECK_ERROR(rs2n_connection_set_ech_config_list(NULL, LIST, sizeof(LIST)), S2N_ERR_NULL);
    CHECK(status_of(conn) == RS2N_ECH_NOT_OFFERED);
    CHECK(rs2n_connection_get_ech_retry_configs(conn, NULL, 0) == 0);
    CHECK_OK(s2n_connection_free(conn));

    conn = s2n_connection_new(S2N_SERVER);
    CHECK_ERROR(rs2n_connection_set_ech_config_list(conn, LIST, sizeof(LIST)), S2N_ERR_SERVER_MODE);
    CHECK(status_of(conn) == RS2N_ECH_NOT_OFFERED);
    CHECK_OK(s2n_connection_free(conn));
}

static void a_server_without_ech_rejects_it(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    set_list(pair);
    expect(pair, "RS2N_ERR_ECH_REJECTED");
    CHECK(status_of(pair->client) == RS2N_ECH_REJECTED);
    CHECK(status_of(pair->server) == RS2N_ECH_NOT_OFFERED);
    CHECK_TEXT(s2n_get_server_name(pair->client), NAME);
    CHECK_TEXT(s2n_get_server_name(pair->server), "localhost");
    CHECK(contains(pair->to_server.bytes, pair->to_server.written, "localhost"));
    CHECK(!contains(pair->to_server.bytes, pair->to_server.written, NAME));
    uint8_t list[1];
    CHECK(rs2n_connection_get_ech_retry_configs(pair->client, list, sizeof(list)) == 0);
    CHECK_ERROR(rs2n_connection_get_ech_retry_configs(pair->client, NULL, 1), S2N_ERR_NULL);

    s2n_blocked_status blocked;
    CHECK_ERROR(s2n_send(pair->client, "data", 4, &blocked), S2N_ERR_CLOSED);
    CHECK_ERROR(s2n_recv(pair->client, list, 1, &blocked), S2N_ERR_CLOSED);
    CHECK(s2n_connection_get_delay(pair->client) == 0);
    CHECK_OK(s2n_shutdown_send(pair->client, &blocked));
    CHECK_OK(s2n_negotiate(pair->server, &blocked));
    CHECK_ERROR(s2n_recv(pair->server, list, 1, &blocked), S2N_ERR_ALERT);
    CHECK(s2n_connection_get_alert(pair->server) == 121);
    uint8_t alert = 0;
    CHECK_OK(rs2n_connection_get_error_alert(pair->client, &alert));
    CHECK(alert == 121);
    disconnect(pair);
}

/* Whether the rejection is seen by the callback, which is about the certificate of the public name. */
static int on_validation(struct s2n_connection *conn, struct s2n_cert_validation_info *info, void *ctx)
{
    *(rs2n_ech_status *) ctx = status_of(conn);
    CHECK_ERROR(rs2n_connection_get_ech_retry_configs(conn, NULL, 0), S2N_ERR_INVALID_STATE);
    return s2n_cert_validation_accept(info);
}

static uint8_t reject_host(const char *name, size_t len, void *ctx)
{
    (void) name, (void) len;
    (*(int *) ctx)++;
    return 0;
}

static void callbacks_of_a_rejection(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    rs2n_ech_status seen = RS2N_ECH_NOT_OFFERED;
    int hosts = 0;
    CHECK_OK(s2n_config_set_cert_validation_cb(pair->config, on_validation, &seen));
    CHECK_OK(s2n_connection_set_verify_host_callback(pair->client, reject_host, &hosts));
    set_list(pair);
    expect(pair, "RS2N_ERR_ECH_REJECTED");
    CHECK(seen == RS2N_ECH_REJECTED);
    CHECK(hosts == 0);
    disconnect(pair);
}

static void an_unauthenticated_rejection_has_no_configs(void)
{
    struct pair *pair = new_pair(1, "unknown");
    set_list(pair);
    expect(pair, "S2N_ERR_CERT_UNTRUSTED");
    CHECK(status_of(pair->client) == RS2N_ECH_REJECTED);
    CHECK_ERROR(rs2n_connection_get_ech_retry_configs(pair->client, NULL, 0), S2N_ERR_INVALID_STATE);
    disconnect(pair);

    pair = new_pair(1, "ecdsa");
    CHECK_OK(s2n_config_disable_x509_verification(pair->config));
    set_list(pair);
    expect(pair, "RS2N_ERR_ECH_REJECTED");
    CHECK_ERROR(rs2n_connection_get_ech_retry_configs(pair->client, NULL, 0), S2N_ERR_INVALID_STATE);
    expect_detail("not authenticated");
    disconnect(pair);
}

static void connections_that_cannot_have_it_fail_before_the_hello(void)
{
    s2n_blocked_status blocked;
    struct pair *pair = new_pair(0, "ecdsa");
    set_list(pair);
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_INVALID_CIPHER_PREFERENCES);
    CHECK(pair->to_server.written == 0);
    disconnect(pair);

    pair = new_pair(1, "ecdsa");
    CHECK_OK(rs2n_connection_set_ech_config_list(pair->client, LIST, sizeof(LIST)));
    CHECK_OK(s2n_set_server_name(pair->client, "127.0.0.1"));
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_INVALID_STATE);
    CHECK(pair->to_server.written == 0);
    disconnect(pair);

    pair = new_pair(1, "ecdsa");
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(rs2n_connection_set_ech_config_list(pair->client, LIST, sizeof(LIST)), S2N_ERR_INVALID_STATE);
    disconnect(pair);
}

static void grease(int retries)
{
    struct pair *pair = retries ? new_hello_retry_pair() : new_pair(1, "ecdsa");
    CHECK_OK(rs2n_config_set_ech_grease(pair->config, true));
    CHECK_ERROR(rs2n_config_set_ech_grease(NULL, true), S2N_ERR_NULL);
    expect(pair, "S2N_ERR_OK");
    CHECK(status_of(pair->client) == RS2N_ECH_GREASE);
    CHECK(status_of(pair->server) == RS2N_ECH_NOT_OFFERED);
    CHECK(rs2n_connection_get_ech_retry_configs(pair->client, NULL, 0) == 0);
    CHECK(contains(pair->to_server.bytes, pair->to_server.written, "localhost"));
    CHECK(s2n_connection_get_actual_protocol_version(pair->client) == S2N_TLS13);

    /* The setting is off again for the next handshake. */
    CHECK_OK(rs2n_config_set_ech_grease(pair->config, false));
    CHECK_OK(s2n_connection_wipe(pair->client));
    CHECK_OK(s2n_connection_wipe(pair->server));
    attach_again(pair);
    expect(pair, "S2N_ERR_OK");
    CHECK(status_of(pair->client) == RS2N_ECH_NOT_OFFERED);
    disconnect(pair);
}

/* What a client has sent on a socket. */
struct recorded {
    int fd;
    size_t len;
    uint8_t bytes[1 << 16];
};

static int send_recorded(void *context, const uint8_t *buf, uint32_t len)
{
    struct recorded *recorded = context;
    ssize_t sent = send(recorded->fd, buf, len, MSG_NOSIGNAL);
    if (sent > 0) {
        CHECK(recorded->len + sent <= sizeof(recorded->bytes));
        memcpy(recorded->bytes + recorded->len, buf, sent);
        recorded->len += sent;
    }
    return sent;
}

static int open_socket(const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0);
    CHECK_OK(connect(fd, (struct sockaddr *) &address, sizeof(address)));
    return fd;
}

static void print_page(struct s2n_connection *conn)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    s2n_blocked_status blocked;
    CHECK(s2n_send(conn, request, sizeof(request) - 1, &blocked) == sizeof(request) - 1);
    char page[4096];
    ssize_t len;
    while ((len = s2n_recv(conn, page, sizeof(page), &blocked)) > 0) {
        fwrite(page, 1, len, stdout);
    }
    CHECK(len == 0);
    uint8_t secret[32];
    CHECK_OK(s2n_connection_tls_exporter(conn, (const uint8_t *) "test", 4, (const uint8_t *) "", 0, secret,
            sizeof(secret)));
    printf("own exporter: ");
    for (size_t i = 0; i < sizeof(secret); i++) {
        printf("%02x", secret[i]);
    }
    printf("\n");
}

/* Connects once. Returns the length of the configs with which to connect again. */
static size_t connect_once(struct s2n_config *config, const char *port, const uint8_t *list, size_t list_len,
        uint8_t *again, size_t size)
{
    static struct recorded recorded;
    recorded.len = 0;
    recorded.fd = open_socket(port);
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    CHECK_OK(s2n_connection_set_config(conn, config));
    CHECK_OK(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    CHECK_OK(s2n_connection_set_fd(conn, recorded.fd));
    CHECK_OK(s2n_connection_set_send_cb(conn, send_recorded));
    CHECK_OK(s2n_connection_set_send_ctx(conn, &recorded));
    CHECK_OK(s2n_set_server_name(conn, NAME));
    if (list_len > 0) {
        CHECK_OK(rs2n_connection_set_ech_config_list(conn, list, list_len));
    }
    s2n_blocked_status blocked;
    int negotiated = s2n_negotiate(conn, &blocked);
    printf("outcome: %s\n", negotiated == 0 ? "S2N_ERR_OK" : s2n_strerror_name(s2n_errno));
    printf("status: %d\n", status_of(conn));
    printf("name on the wire: %d\n", contains(recorded.bytes, recorded.len, NAME));
    CHECK_TEXT(s2n_get_server_name(conn), NAME);
    if (negotiated == 0) {
        print_page(conn);
    }
    int len = rs2n_connection_get_ech_retry_configs(conn, again, size);
    printf("configs: %d\n", len);
    if (len > 0) {
        CHECK_ERROR(rs2n_connection_get_ech_retry_configs(conn, again, len - 1), S2N_ERR_INSUFFICIENT_MEM_SIZE);
        CHECK(rs2n_connection_get_ech_retry_configs(conn, NULL, 0) == len);
    }
    if (s2n_connection_get_delay(conn) == 0) {
        CHECK_OK(s2n_shutdown_send(conn, &blocked));
    }
    CHECK_OK(s2n_connection_free(conn));
    close(recorded.fd);
    return len > 0 ? len : 0;
}

static void connect_to_server(const char *port, const char *file, const char *option)
{
    struct s2n_config *config = s2n_config_new_minimal();
    char *authority = read_file(folder, "ca.pem");
    CHECK_OK(s2n_config_add_pem_to_trust_store(config, authority));
    free(authority);
    uint8_t list[1 << 10], again[1 << 10];
    FILE *stream = fopen(file, "rb");
    CHECK(stream != NULL);
    size_t len = fread(list, 1, sizeof(list), stream);
    CHECK(len > 0 && len < sizeof(list));
    fclose(stream);
    if (strcmp(option, "unverified") == 0) {
        CHECK_OK(s2n_config_disable_x509_verification(config));
    } else if (strcmp(option, "grease") == 0) {
        CHECK_OK(rs2n_config_set_ech_grease(config, true));
        len = 0;
    }
    size_t again_len = connect_once(config, port, list, len, again, sizeof(again));
    if (again_len > 0) {
        CHECK(connect_once(config, port, again, again_len, list, sizeof(list)) == 0);
    }
    CHECK_OK(s2n_config_free(config));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2 || argc == 4 || argc == 5);
    folder = argv[1];
    CHECK_OK(s2n_init());
    if (argc > 2) {
        connect_to_server(argv[2], argv[3], argc == 5 ? argv[4] : "");
        return 0;
    }
    lists_are_validated();
    a_server_without_ech_rejects_it();
    callbacks_of_a_rejection();
    an_unauthenticated_rejection_has_no_configs();
    connections_that_cannot_have_it_fail_before_the_hello();
    grease(0);
    grease(1);
    return 0;
}
