/* Tests of the code in the guide, chapter blinding. */
#include "blinding.md.h"
#include "pair.h"

static uint8_t data[10];
static uint8_t received[sizeof(data)];

static const uint64_t SECOND = 1000000000;

static uint64_t now;

static int monotonic_clock(void *context, uint64_t *nanoseconds)
{
    (void) context;
    *nanoseconds = now;
    return 0;
}

/* A clock that advances with each call. */
static int ticking_clock(void *context, uint64_t *nanoseconds)
{
    *nanoseconds = now++;
    return monotonic_clock(context, nanoseconds);
}

/* A server whose client is not trusted waits before it sends the alert; the client itself does not. */
static void errors_are_reported_before_the_delay(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    now = SECOND;
    CHECK_OK(s2n_config_set_monotonic_clock(pair->config, monotonic_clock, NULL));
    CHECK_OK(s2n_config_set_max_blinding_delay(pair->config, 30));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(s2n_send(pair->server, data, 10, &blocked) == 10);
    pair->to_server.bytes[pair->to_server.written - 1] ^= 1;
    pair->to_client.bytes[pair->to_client.written - 1] ^= 1;

    FILE *log = tmpfile();
    char line[200];
    CHECK(log != NULL);
    CHECK_ERROR(s2n_recv(pair->server, received, 10, &blocked), S2N_ERR_DECRYPT);
    now += s2n_connection_get_delay(pair->server) - 3;
    CHECK_OK(s2n_config_set_monotonic_clock(pair->config, ticking_clock, NULL));
    size_t written = pair->to_client.written;
    s2n_errno = 0;
    CHECK_ERROR(s2n_recv(pair->server, received, 10, &blocked), S2N_ERR_CLOSED);
    fail(pair->server, log);
    CHECK(s2n_connection_get_delay(pair->server) == 0 && pair->to_client.written > written);
    rewind(log);
    CHECK(fgets(line, sizeof(line), log) != NULL);
    CHECK(strncmp(line, "client: connection is closed (S2N_ERR_CLOSED: ", 46) == 0);
    CHECK(fclose(log) == 0);

    written = pair->to_server.written;
    CHECK_ERROR(s2n_recv(pair->client, received, 10, &blocked), S2N_ERR_DECRYPT);
    report(pair->client, "localhost");
    CHECK(s2n_connection_get_delay(pair->client) > 0 && pair->to_server.written == written);
    disconnect(pair);
}

static void a_blinded_connection_is_closed_after_its_delay(int tls13, uint32_t most)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    now = SECOND;
    CHECK_OK(s2n_config_set_monotonic_clock(pair->config, monotonic_clock, NULL));
    CHECK_OK(s2n_config_set_max_blinding_delay(pair->config, most));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_OK");
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    pair->to_server.bytes[pair->to_server.written - 1] ^= 1;
    CHECK_ERROR(s2n_recv(pair->server, received, 10, &blocked), S2N_ERR_DECRYPT);
    CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_PROTO);

    uint64_t delay, written = pair->to_client.written;
    if (most == 0) {
        /* Without a delay the shutdown waits for the peer, as without an error. */
        CHECK(finish(pair->server, &delay) == WAIT_FOR_READ && delay == 0);
    } else {
        CHECK(finish(pair->server, &delay) == WAIT_FOR_TIME);
        CHECK(delay >= most * SECOND / 3 && delay < most * SECOND);
        CHECK_ERROR(s2n_shutdown(pair->server, &blocked), S2N_ERR_SHUTDOWN_PAUSED);
        now += delay - 1;
        CHECK(finish(pair->server, &delay) == WAIT_FOR_TIME && delay == 1);
        CHECK(pair->to_client.written == written);
        now += 1;
        CHECK(finish(pair->server, &delay) == FREE_IT && delay == 0);
    }
    CHECK(pair->to_client.written > written);
    disconnect(pair);
}

static void warning_alerts_are_fatal_unless_ignored(void)
{
    for (int ignored = 0; ignored <= 1; ignored++) {
        struct pair *pair = new_pair(0, "ecdsa");
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_OK(s2n_config_set_alert_behavior(pair->config,
            ignored ? S2N_ALERT_IGNORE_WARNINGS : S2N_ALERT_FAIL_ON_WARNINGS));
        /* A warning alert, user_canceled, as the server's first message. */
        const uint8_t alert[] = { 21, 3, 3, 0, 2, 1, 90 };
        CHECK(transport_send(&pair->to_client, alert, sizeof(alert)) == sizeof(alert));
        if (ignored) {
            CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
            CHECK_ERROR(s2n_connection_get_alert(pair->client), S2N_ERR_NO_ALERT);
        } else {
            CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_ALERT);
            CHECK(s2n_connection_get_alert(pair->client) == 90);
            CHECK(s2n_connection_get_delay(pair->client) == 0);
            /* After an alert of the peer, no alert is sent. */
            size_t written = pair->to_server.written;
            CHECK_OK(s2n_shutdown(pair->client, &blocked));
            CHECK(pair->to_server.written == written);
        }
        disconnect(pair);
    }
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        a_blinded_connection_is_closed_after_its_delay(tls13, 0);
        a_blinded_connection_is_closed_after_its_delay(tls13, 30);
    }
    errors_are_reported_before_the_delay(0);
    errors_are_reported_before_the_delay(1);
    warning_alerts_are_fatal_unless_ignored();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
