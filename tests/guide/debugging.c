/* Tests of the code in the guide, chapter debugging. */
#include "debugging.md.h"
#include "pair.h"

static void untrusted_servers_are_reported(void)
{
    struct pair *pair = new_pair(1, "unknown");
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_CERT_UNTRUSTED");
    s2n_blocked_status blocked;
    disconnect(pair);

    /* Again, without a call between the failure and its report. */
    pair = new_pair(1, "unknown");
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(s2n_negotiate(pair->client, &blocked) == -1);
    log_failure(stdout, "handshake", pair->client);
    disconnect(pair);
}

static void other_protocols_are_reported(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    s2n_blocked_status blocked;
    const char *response = "HTTP/1.1 400 Bad Request\r\n\r\n";
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(transport_send(&pair->to_client, (const uint8_t *) response, (uint32_t) strlen(response)) > 0);
    pair->to_client.eof = 1;
    CHECK(s2n_negotiate(pair->client, &blocked) == -1);
    log_failure(stdout, "handshake", pair->client);
    disconnect(pair);
}

static void a_failed_handshake_is_logged(void)
{
    struct pair *pair = new_pair(1, "expired");
    s2n_blocked_status blocked;
    CHECK_OK(log_to(stdout));
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_OK(rs2n_set_log_callback(RS2N_LOG_OFF, NULL, NULL));
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_OK(log_to(stdout));
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_CERT_EXPIRED);
    CHECK_OK(rs2n_set_log_callback(RS2N_LOG_OFF, NULL, NULL));
    disconnect(pair);
}

static void errno_and_alerts_are_reported(void)
{
    char *text = NULL;
    size_t len = 0;
    FILE *log = open_memstream(&text, &len);
    struct pair *pair = new_pair(0, "ecdsa");
    s2n_blocked_status blocked;
    pair->to_server.send_error = ENETDOWN;
    CHECK(s2n_negotiate(pair->client, &blocked) == -1);
    log_failure(log, "handshake", pair->client);
    const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 40 };
    CHECK(transport_send(&pair->to_client, alert, sizeof(alert)) == sizeof(alert));
    CHECK(s2n_negotiate(pair->client, &blocked) == -1);
    log_failure(log, "handshake", pair->client);
    CHECK_OK(fclose(log));
    CHECK(strstr(text, strerror(ENETDOWN)) != NULL && strstr(text, "(alert 40)") != NULL);
    free(text);
    disconnect(pair);
}

static void keys_are_logged(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(log_keys(pair->config, NULL));
    CHECK_OK(log_keys(pair->config, "/nowhere/keys.log"));
    FILE *file = tmpfile();
    CHECK(file != NULL);
    char path[64], text[4096];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
    CHECK_OK(log_keys(pair->config, path));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    text[len] = 0;
    CHECK(strstr(text, tls13 ? "CLIENT_TRAFFIC_SECRET_0 " : "CLIENT_RANDOM ") != NULL);
    CHECK_OK(fclose(file));
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    untrusted_servers_are_reported();
    other_protocols_are_reported();
    errno_and_alerts_are_reported();
    a_failed_handshake_is_logged();
    keys_are_logged(0);
    keys_are_logged(1);
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
