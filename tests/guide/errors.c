/* Tests of the code in the guide, chapter errors. */
#include "errors.md.h"
#include "pair.h"

static s2n_blocked_status blocked;

/* Fails the handshake of the client, and explains why. */
static void fail_client(struct pair *pair)
{
    int result = -1;
    for (int turn = 0; turn < 10 && result != 0; turn++) {
        result = s2n_negotiate(pair->client, &blocked);
        if (result != 0 && s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
            explain_connection(stdout, pair->client);
            break;
        }
        s2n_negotiate(pair->server, &blocked);
    }
    CHECK(result != 0);
    disconnect(pair);
}

/* The same with another config of the client, which trusts one certificate. */
static void fail_client_with(struct pair *pair, const char *authority, const char *policy)
{
    char *pem = read_file(folder, authority);
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(s2n_config_add_pem_to_trust_store(config, pem));
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy));
    CHECK_OK(s2n_connection_set_config(pair->client, config));
    CHECK_OK(s2n_config_free(config));
    free(pem);
    fail_client(pair);
}

static void fail_server(const char *client, const char *server)
{
    struct pair *pair = new_pair(0, "ecdsa");
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, client));
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, server));
    CHECK(s2n_negotiate(pair->client, &blocked) != 0);
    CHECK(s2n_negotiate(pair->server, &blocked) != 0);
    explain_connection(stdout, pair->server);
    disconnect(pair);
}

/* A client receives these bytes in place of a ServerHello, and nothing more. */
static void receive_instead(const uint8_t *bytes, size_t len)
{
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK(transport_send(&pair->to_client, bytes, len) == (int) len);
    pair->to_client.eof = 1;
    CHECK(s2n_negotiate(pair->client, &blocked) != 0);
    explain_connection(stdout, pair->client);
    disconnect(pair);
}

static void handshakes(void)
{
    fail_client(new_pair(1, "expired"));
    fail_client_with(new_pair(1, "ecdsa"), "other-ca.pem", "default_tls13");
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(s2n_set_server_name(pair->client, "other.rs2n.test"));
    fail_client(pair);
    fail_client_with(new_pair(1, "rsa"), "cnsa-ca.pem", "rfc9151");
    fail_server("ELBSecurityPolicy-TLS-1-2-2017-01", "AWS-CRT-SDK-TLSv1.3-2023");
    fail_server("20210816", "KMS-FIPS-TLS-1-2-2018-10");
    const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 48 };
    receive_instead(alert, sizeof(alert));
    const char *const response = "HTTP/1.1 400 Bad Request\r\n\r\n";
    receive_instead((const uint8_t *) response, strlen(response));
}

/* A connection whose server has sent 10 bytes. */
static struct pair *with_data(size_t *start)
{
    struct pair *pair = connected(1);
    uint8_t byte = 0;
    CHECK_ERROR(s2n_recv(pair->client, &byte, 1, &blocked), S2N_ERR_IO_BLOCKED);
    *start = pair->to_client.written;
    CHECK(s2n_send(pair->server, "0123456789", 10, &blocked) == 10);
    return pair;
}

static void fail_receive(struct pair *pair)
{
    uint8_t data[64];
    CHECK(s2n_recv(pair->client, data, sizeof(data), &blocked) == -1);
    explain_connection(stdout, pair->client);
    disconnect(pair);
}

static void records(void)
{
    size_t start = 0;
    struct pair *pair = with_data(&start);
    pair->to_client.written -= 3;
    pair->to_client.eof = 1;
    fail_receive(pair);

    pair = with_data(&start);
    pair->to_client.bytes[pair->to_client.written - 1] ^= 1;
    fail_receive(pair);

    static uint8_t record[5 + 0x4101] = { 23, 3, 3, 0x41, 0x01 };
    pair = with_data(&start);
    pair->to_client.written = start;
    CHECK(transport_send(&pair->to_client, record, sizeof(record)) == sizeof(record));
    fail_receive(pair);

    pair = with_data(&start);
    pair->to_client.recv_error = ECONNRESET;
    fail_receive(pair);

    pair = new_pair(1, "ecdsa");
    CHECK(s2n_send(pair->client, "early", 5, &blocked) == -1);
    explain_connection(stdout, pair->client);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    /* Objects cannot be created before s2n_init(). */
    CHECK(s2n_config_new_minimal() == NULL);
    CHECK(failed_with("S2N_ERR_NOT_INITIALIZED"));
    CHECK(!failed_with("S2N_ERR_NULL"));
    CHECK_OK(s2n_init());
    CHECK(s2n_errno_location() == &s2n_errno);

    struct s2n_config *config = s2n_config_new_minimal();
    CHECK(config != NULL);
    misspell_a_policy(config);
    CHECK(failed_with("S2N_ERR_INVALID_SECURITY_POLICY"));
    CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_USAGE);
    /* The debug text is that of the last failure, whatever the error code. */
    int error = s2n_errno;
    CHECK_ERROR(s2n_config_set_cipher_preferences(NULL, "default"), S2N_ERR_NULL);
    CHECK(strstr(s2n_strerror_debug(error, NULL), "S2N_ERR_NULL: ") != NULL);
    CHECK_TEXT(s2n_strerror_name(error), "S2N_ERR_INVALID_SECURITY_POLICY");
    CHECK_TEXT(s2n_strerror(error, "DE"), "Language is not supported for error translation");

    s2n_blocked_status blocked;
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    CHECK_ERROR(s2n_negotiate(NULL, &blocked), S2N_ERR_NULL);
    CHECK_ERROR(s2n_negotiate(conn, NULL), S2N_ERR_NULL);
    CHECK_OK(s2n_connection_free(conn));
    CHECK_OK(s2n_config_free(config));
    handshakes();
    records();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
