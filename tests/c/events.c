/*
 * Handshake events and timing checkpoints: their order, number and content.
 *
 * usage: events FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <s2n/unstable/events.h>
#include <stdbool.h>

/* The events and checkpoints of one endpoint. */
struct event_log {
    s2n_mode mode;
    /* Names of messages; records are only counted. So is a ChangeCipherSpec: in TLS 1.3 its position may
     * vary. */
    char names[512];
    int change_cipher_specs;
    int records_read;
    int records_written;
    uint64_t last;
    int events;
    struct s2n_event_handshake event;
    /* An additional action of the event callback. */
    void (*action)(struct s2n_connection *conn);
};

/* The logs of both endpoints. */
static struct event_log client_log, server_log;

static struct event_log *log_of(struct s2n_connection *conn)
{
    return s2n_connection_get_mode(conn) == S2N_CLIENT ? &client_log : &server_log;
}

static void add(struct event_log *log, const char *name)
{
    if (log->names[0] != '\0') {
        strcat(log->names, " ");
    }
    CHECK(strlen(log->names) + strlen(name) + 2 < sizeof(log->names));
    strcat(log->names, name);
}

static int subscriber;

static void on_handshake(struct s2n_connection *conn, void *context,
        struct s2n_event_handshake *event)
{
    struct event_log *log = log_of(conn);
    CHECK(context == &subscriber);
    log->events++;
    log->event = *event;
    add(log, "EVENT");
    if (log->action != NULL) {
        log->action(conn);
    }
}

static void on_checkpoint(struct s2n_connection *conn, void *context,
        struct s2n_timing_checkpoint *checkpoint)
{
    struct event_log *log = log_of(conn);
    CHECK(context == &subscriber || context == NULL);
    CHECK(checkpoint->role == s2n_connection_get_mode(conn));
    CHECK(checkpoint->timestamp_ns >= log->last);
    log->last = checkpoint->timestamp_ns;
    if (strcmp(checkpoint->name, "RECORD_READ") == 0) {
        log->records_read++;
    } else if (strcmp(checkpoint->name, "RECORD_WRITE") == 0) {
        log->records_written++;
    } else if (strstr(checkpoint->name, "_CHANGE_CIPHER_SPEC") != NULL) {
        CHECK(strncmp(checkpoint->name, checkpoint->role == S2N_CLIENT ? "CLIENT" : "SERVER", 6) == 0);
        log->change_cipher_specs++;
    } else {
        add(log, checkpoint->name);
    }
}

static void reset_logs(void)
{
    memset(&client_log, 0, sizeof(client_log));
    memset(&server_log, 0, sizeof(server_log));
}

static void subscribe(struct s2n_config *config)
{
    CHECK_OK(s2n_config_set_subscriber(config, &subscriber));
    CHECK_OK(s2n_config_set_handshake_event(config, on_handshake));
    CHECK_OK(s2n_config_set_timing_checkpoint_cb(config, on_checkpoint));
}

static struct pair *new_logged_pair(int tls13, const char *chain)
{
    reset_logs();
    struct pair *pair = new_pair(tls13, chain);
    subscribe(pair->config);
    return pair;
}

#define CHECK_LOG(log, expected) check_log(&(log), expected, __LINE__)

static void check_log(const struct event_log *log, const char *expected, int line)
{
    if (strcmp(log->names, expected) != 0) {
        fprintf(stderr, "%s:%d: %s\ninstead of %s\n", __FILE__, line, log->names, expected);
        exit(1);
    }
}

static void check_negotiates(struct pair *pair)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
}

/* The log of a whole handshake, the same for both endpoints: only its sender reports a ChangeCipherSpec. */
static const char *complete_log(int tls13)
{
    return tls13 ? "NEGOTIATE_START CLIENT_HELLO SERVER_HELLO ENCRYPTED_EXTENSIONS SERVER_CERT "
                   "SERVER_CERT_VERIFY SERVER_FINISHED CLIENT_FINISHED EVENT NEGOTIATE_END"
                 : "NEGOTIATE_START CLIENT_HELLO SERVER_HELLO SERVER_CERT SERVER_KEY "
                   "SERVER_HELLO_DONE CLIENT_KEY CLIENT_FINISHED SERVER_FINISHED EVENT NEGOTIATE_END";
}

static void check_success(struct s2n_connection *conn, int tls13)
{
    const struct event_log *log = log_of(conn);
    const struct s2n_event_handshake *event = &log->event;
    const char *group = NULL;
    CHECK(log->events == 1 && log->change_cipher_specs == 1);
    CHECK(log->records_read > 0 && log->records_written > 0);
    CHECK(event->protocol_version == (tls13 ? S2N_TLS13 : S2N_TLS12));
    CHECK_TEXT(event->cipher, s2n_connection_get_cipher(conn));
    CHECK(strcmp(event->cipher, "TLS_NULL_WITH_NULL_NULL") != 0);
    CHECK_OK(s2n_connection_get_key_exchange_group(conn, &group));
    CHECK_TEXT(event->group, group);
    CHECK_TEXT(event->security_policy_label, policy(tls13));
    CHECK(event->error_code == 0);
    CHECK(event->handshake_start_ns != 0 && event->handshake_start_ns != (HANDSHAKE_EVENT_SENT));
    CHECK(event->handshake_time_ns > 0);
    CHECK(event->handshake_time_ns <= event->handshake_end_ns - event->handshake_start_ns);
    CHECK(event->handshake_start_ns < log->last && event->handshake_end_ns <= log->last);
}

static void a_handshake_is_reported(int tls13)
{
    struct pair *pair = new_logged_pair(tls13, "ecdsa");
    s2n_blocked_status blocked;
    check_negotiates(pair);
    CHECK_LOG(client_log, complete_log(tls13));
    CHECK_LOG(server_log, complete_log(tls13));
    check_success(pair->client, tls13);
    check_success(pair->server, tls13);

    /* A call after the handshake reports only its NEGOTIATE_END. */
    client_log.names[0] = '\0';
    CHECK_OK(s2n_negotiate(pair->client, &blocked));
    CHECK_LOG(client_log, "NEGOTIATE_END");
    CHECK(client_log.events == 1);
    disconnect(pair);
}

/* One event, however often the handshake blocks, and on whatever. */
static void a_blocked_handshake_is_reported_once(int tls13)
{
    struct pair *pair = new_logged_pair(tls13, "ecdsa");
    struct s2n_connection *const ends[] = { pair->client, pair->server };
    struct transport *const transports[] = { &pair->to_server, &pair->to_client };
    s2n_blocked_status blocked;
    int done[2] = { 0, 0 };
    int calls = 0;
    while (!done[0] || !done[1]) {
        for (int i = 0; i < 2; i++) {
            transports[i]->room = 50;
            if (!done[i] && s2n_negotiate(ends[i], &blocked) == 0) {
                done[i] = 1;
            } else if (!done[i]) {
                CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
                CHECK((i == 0 ? client_log : server_log).events == 0);
            }
            calls++;
        }
    }
    CHECK(calls > 10);
    CHECK_LOG(client_log, complete_log(tls13));
    CHECK_LOG(server_log, complete_log(tls13));
    check_success(pair->client, tls13);
    check_success(pair->server, tls13);
    disconnect(pair);
}

static void check_failure(const struct event_log *log, const char *error, const char *label)
{
    CHECK(log->events == 1);
    CHECK_TEXT(s2n_strerror_name(log->event.error_code), error);
    CHECK_TEXT(log->event.security_policy_label, label);
    CHECK(log->event.cipher != NULL && log->event.group != NULL);
    CHECK(log->event.handshake_end_ns >= log->event.handshake_start_ns);
    CHECK(log->event.handshake_start_ns != 0);
}

static void a_failure_is_reported(int tls13)
{
    struct pair *pair = new_logged_pair(tls13, "unknown");
    s2n_blocked_status blocked;
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_CERT_UNTRUSTED");
    check_failure(&client_log, client, policy(tls13));
    CHECK(client_log.event.protocol_version == (tls13 ? S2N_TLS13 : S2N_TLS12));
    CHECK_LOG(client_log, tls13 ? "NEGOTIATE_START CLIENT_HELLO SERVER_HELLO ENCRYPTED_EXTENSIONS EVENT"
                                : "NEGOTIATE_START CLIENT_HELLO SERVER_HELLO EVENT");
    CHECK(server_log.events == 0);

    /* A repeated call reports no second event. */
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_CLOSED);
    CHECK(client_log.events == 1);
    disconnect(pair);
}

static void transport_failures_are_reported(int tls13)
{
    struct pair *pair = new_logged_pair(tls13, "ecdsa");
    s2n_blocked_status blocked;
    pair->to_client.eof = 1;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_CLOSED);
    check_failure(&client_log, "S2N_ERR_CLOSED", policy(tls13));
    CHECK_LOG(client_log, "NEGOTIATE_START CLIENT_HELLO EVENT");
    pair->to_server.recv_error = ECONNRESET;
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO);
    check_failure(&server_log, "S2N_ERR_IO", policy(tls13));
    CHECK_LOG(server_log, "NEGOTIATE_START EVENT");
    disconnect(pair);

    /* The ClientHello is reported, although it could not be sent. */
    reset_logs();
    pair = new_logged_pair(tls13, "ecdsa");
    pair->to_server.send_error = ECONNRESET;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO);
    CHECK_LOG(client_log, "NEGOTIATE_START CLIENT_HELLO EVENT");
    CHECK(client_log.records_written == 0);
    disconnect(pair);
}

static void a_rejected_hello_is_not_reported(int tls13)
{
    struct pair *pair = new_logged_pair(tls13, "ecdsa");
    s2n_blocked_status blocked;
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, policy(!tls13)));
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server,
            tls13 ? "AWS-CRT-SDK-TLSv1.3" : "KMS-TLS-1-0-2018-10"));
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    if (s2n_negotiate(pair->server, &blocked) != 0
            && s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
        CHECK_LOG(server_log, "NEGOTIATE_START EVENT");
    } else {
        CHECK(!tls13 && strstr(server_log.names, "CLIENT_HELLO SERVER_HELLO") != NULL);
    }
    disconnect(pair);
}

static void a_wiped_connection_is_reported_again(int tls13)
{
    struct pair *pair = new_logged_pair(tls13, "ecdsa");
    check_negotiates(pair);
    uint64_t end = client_log.event.handshake_end_ns;
    for (int i = 0; i < 2; i++) {
        CHECK_OK(s2n_connection_wipe(pair->client));
        CHECK_OK(s2n_connection_wipe(pair->server));
        attach_again(pair);
        reset_logs();
        check_negotiates(pair);
        CHECK_LOG(client_log, complete_log(tls13));
        CHECK_LOG(server_log, complete_log(tls13));
        check_success(pair->client, tls13);
        check_success(pair->server, tls13);
        CHECK(client_log.event.handshake_start_ns >= end);
        end = client_log.event.handshake_end_ns;
    }
    disconnect(pair);
}

static uint8_t accept_name(const char *name, size_t length, void *context)
{
    (void) name;
    (void) length;
    (void) context;
    return 1;
}

/* A CertificateRequest that the client answers with a certificate, or without. */
static void client_certificates_are_reported(int tls13, int sends_certificate)
{
    struct pair *pair = new_logged_pair(tls13, "ecdsa");
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_cert_chain_and_key *chain = load_chain(folder, "client");
    char *authority = read_file(folder, "ca.pem");
    subscribe(config);
    CHECK_OK(s2n_config_add_pem_to_trust_store(config, authority));
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(tls13)));
    if (sends_certificate) {
        CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
    }
    CHECK_OK(s2n_connection_set_config(pair->client, config));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->client, S2N_CERT_AUTH_OPTIONAL));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->server, S2N_CERT_AUTH_OPTIONAL));
    CHECK_OK(s2n_connection_set_verify_host_callback(pair->server, accept_name, NULL));
    check_negotiates(pair);
    static const char *const expected[2][2] = {
        { "NEGOTIATE_START CLIENT_HELLO SERVER_HELLO SERVER_CERT SERVER_KEY SERVER_CERT_REQ "
          "SERVER_HELLO_DONE CLIENT_CERT CLIENT_KEY CLIENT_FINISHED SERVER_FINISHED EVENT "
          "NEGOTIATE_END",
          "NEGOTIATE_START CLIENT_HELLO SERVER_HELLO SERVER_CERT SERVER_KEY SERVER_CERT_REQ "
          "SERVER_HELLO_DONE CLIENT_CERT CLIENT_KEY CLIENT_CERT_VERIFY CLIENT_FINISHED "
          "SERVER_FINISHED EVENT NEGOTIATE_END" },
        { "NEGOTIATE_START CLIENT_HELLO SERVER_HELLO ENCRYPTED_EXTENSIONS SERVER_CERT_REQ "
          "SERVER_CERT SERVER_CERT_VERIFY SERVER_FINISHED CLIENT_CERT CLIENT_FINISHED EVENT "
          "NEGOTIATE_END",
          "NEGOTIATE_START CLIENT_HELLO SERVER_HELLO ENCRYPTED_EXTENSIONS SERVER_CERT_REQ "
          "SERVER_CERT SERVER_CERT_VERIFY SERVER_FINISHED CLIENT_CERT CLIENT_CERT_VERIFY "
          "CLIENT_FINISHED EVENT NEGOTIATE_END" },
    };
    CHECK_LOG(client_log, expected[tls13][sends_certificate]);
    CHECK_LOG(server_log, expected[tls13][sends_certificate]);
    check_success(pair->client, tls13);
    check_success(pair->server, tls13);
    disconnect(pair);
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    free(authority);
}

/* Before TLS 1.3 a stapled OCSP response is a separate message, CertificateStatus. */
static void a_certificate_status_is_reported(void)
{
    struct pair *pair = new_logged_pair(0, "ecdsa");
    char path[4096];
    static uint8_t response[1 << 14];
    snprintf(path, sizeof(path), "%s/ecdsa.ocsp", folder);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    size_t size = fread(response, 1, sizeof(response), file);
    fclose(file);
    CHECK(size > 0);
    CHECK_OK(s2n_cert_chain_and_key_set_ocsp_data(pair->chain, response, size));
    CHECK_OK(s2n_config_set_status_request_type(pair->config, S2N_STATUS_REQUEST_OCSP));
    /* s2n-tls reads this setting when the config is set on the connection. */
    CHECK_OK(s2n_connection_free(pair->client));
    pair->client = s2n_connection_new(S2N_CLIENT);
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
    check_negotiates(pair);
    const char *expected = "NEGOTIATE_START CLIENT_HELLO SERVER_HELLO SERVER_CERT SERVER_CERT_STATUS "
                           "SERVER_KEY SERVER_HELLO_DONE CLIENT_KEY CLIENT_FINISHED SERVER_FINISHED "
                           "EVENT NEGOTIATE_END";
    CHECK_LOG(client_log, expected);
    CHECK_LOG(server_log, expected);
    disconnect(pair);
}

/* HelloRetryRequest: the server's only group is not the client's first. */
static void a_hello_retry_request_is_reported(void)
{
    struct pair *pair = new_logged_pair(1, "rsa");
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, "20250211"));
    check_negotiates(pair);
    const char *expected = "NEGOTIATE_START CLIENT_HELLO HELLO_RETRY_MSG CLIENT_HELLO SERVER_HELLO "
                           "ENCRYPTED_EXTENSIONS SERVER_CERT SERVER_CERT_VERIFY SERVER_FINISHED "
                           "CLIENT_FINISHED EVENT NEGOTIATE_END";
    CHECK_LOG(client_log, expected);
    CHECK_LOG(server_log, expected);
    CHECK(client_log.change_cipher_specs == 1 && server_log.change_cipher_specs == 1);
    CHECK_TEXT(client_log.event.group, "secp384r1");
    disconnect(pair);
}

static struct s2n_config *chosen;

static int choose_config(struct s2n_connection *conn, void *context)
{
    (void) context;
    CHECK_OK(s2n_connection_set_config(conn, chosen));
    return 0;
}

/* The ClientHello callback may set the config with the subscriber. The time before it is included. */
static void a_config_of_the_client_hello_callback_is_used(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    s2n_blocked_status blocked;
    reset_logs();
    chosen = s2n_config_new_minimal();
    subscribe(chosen);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(chosen, pair->chain));
    CHECK_OK(s2n_config_set_cipher_preferences(chosen, policy(tls13)));
    CHECK_OK(s2n_config_set_client_hello_cb(pair->config, choose_config, NULL));
    /* A call that is blocked because no data has arrived. */
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO_BLOCKED);
    check_negotiates(pair);
    CHECK(client_log.events == 0 && client_log.names[0] == '\0');
    CHECK_LOG(server_log, complete_log(tls13) + strlen("NEGOTIATE_START "));
    check_success(pair->server, tls13);

    disconnect(pair);
    CHECK_OK(s2n_config_free(chosen));
}

static int wait_for_cb_done(struct s2n_connection *conn, void *context)
{
    (void) conn;
    (void) context;
    return 0;
}

static struct s2n_async_pkey_op *operation;

static int store_operation(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    (void) conn;
    operation = op;
    return 0;
}

/* A message for which the handshake is blocked on the application is not reported. */
static void application_input_is_not_reported(int tls13)
{
    struct pair *pair = new_logged_pair(tls13, "ecdsa");
    s2n_blocked_status blocked;
    CHECK_OK(s2n_config_set_client_hello_cb(pair->config, wait_for_cb_done, NULL));
    CHECK_OK(s2n_config_set_client_hello_cb_mode(pair->config, S2N_CLIENT_HELLO_CB_NONBLOCKING));
    CHECK_OK(s2n_config_set_async_pkey_callback(pair->config, store_operation));
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
    CHECK_LOG(server_log, "NEGOTIATE_START");
    CHECK_OK(s2n_client_hello_cb_done(pair->server));
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
    CHECK_LOG(server_log, tls13 ? "NEGOTIATE_START SERVER_HELLO ENCRYPTED_EXTENSIONS SERVER_CERT"
                                : "NEGOTIATE_START SERVER_HELLO SERVER_CERT");
    CHECK_OK(s2n_async_pkey_op_perform(operation,
            s2n_cert_chain_and_key_get_private_key(pair->chain)));
    CHECK_OK(s2n_async_pkey_op_apply(operation, pair->server));
    CHECK_OK(s2n_async_pkey_op_free(operation));
    check_negotiates(pair);
    CHECK_LOG(client_log, complete_log(tls13));
    CHECK_LOG(server_log, tls13 ? "NEGOTIATE_START SERVER_HELLO ENCRYPTED_EXTENSIONS SERVER_CERT "
                                  "SERVER_FINISHED CLIENT_FINISHED EVENT NEGOTIATE_END"
                                : "NEGOTIATE_START SERVER_HELLO SERVER_CERT SERVER_HELLO_DONE "
                                  "CLIENT_KEY CLIENT_FINISHED SERVER_FINISHED EVENT NEGOTIATE_END");
    check_success(pair->server, tls13);
    disconnect(pair);
}

/* Events require a subscriber; checkpoints do not. */
static void callbacks_may_be_missing(int tls13)
{
    struct pair *pair = new_logged_pair(tls13, "ecdsa");
    CHECK_ERROR(s2n_config_set_timing_checkpoint_cb(pair->config, NULL), S2N_ERR_NULL);
    CHECK_OK(s2n_config_set_subscriber(pair->config, NULL));
    check_negotiates(pair);
    CHECK(client_log.events == 0 && server_log.events == 0);
    CHECK(client_log.last > 0 && strstr(client_log.names, "NEGOTIATE_END") != NULL);
    disconnect(pair);

    pair = new_logged_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_handshake_event(pair->config, NULL));
    check_negotiates(pair);
    CHECK(client_log.events == 0 && strstr(client_log.names, "NEGOTIATE_END") != NULL);
    disconnect(pair);

    reset_logs();
    pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_handshake_event(pair->config, on_handshake));
    CHECK_OK(s2n_config_set_subscriber(pair->config, &subscriber));
    check_negotiates(pair);
    CHECK_LOG(client_log, "EVENT");
    CHECK_LOG(server_log, "EVENT");
    disconnect(pair);
}

static int callback_calls;

/* The handshake is complete: everything works except another s2n_negotiate(). */
static void use_the_connection(struct s2n_connection *conn)
{
    s2n_blocked_status blocked;
    const char *group = NULL;
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_REENTRANCY);
    CHECK(s2n_connection_get_wire_bytes_out(conn) > 0);
    CHECK_OK(s2n_connection_get_key_exchange_group(conn, &group));
    CHECK_TEXT(s2n_connection_get_last_message_name(conn), "APPLICATION_DATA");
    CHECK(s2n_send(conn, "early bird", 10, &blocked) == 10);
    CHECK_OK(s2n_connection_free_handshake(conn));
    callback_calls++;
}

static void a_callback_may_use_the_connection(int tls13)
{
    struct pair *pair = new_logged_pair(tls13, "ecdsa");
    s2n_blocked_status blocked;
    char data[10];
    callback_calls = 0;
    client_log.action = server_log.action = use_the_connection;
    check_negotiates(pair);
    CHECK(callback_calls == 2);
    CHECK(s2n_recv(pair->server, data, sizeof(data), &blocked) == 10);
    CHECK(s2n_recv(pair->client, data, sizeof(data), &blocked) == 10);
    CHECK_OK(s2n_negotiate(pair->client, &blocked));
    disconnect(pair);
}

static void query_during_handshake(struct s2n_connection *conn, void *context,
        struct s2n_timing_checkpoint *checkpoint)
{
    s2n_blocked_status blocked;
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_REENTRANCY);
    CHECK(s2n_connection_get_last_message_name(conn) != NULL);
    CHECK(s2n_connection_get_actual_protocol_version(conn) >= 0);
    CHECK(s2n_connection_get_cipher(conn) != NULL);
    on_checkpoint(conn, context, checkpoint);
}

static void a_callback_may_query_the_connection_during_the_handshake(int tls13)
{
    struct pair *pair = new_logged_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_timing_checkpoint_cb(pair->config, query_during_handshake));
    check_negotiates(pair);
    CHECK_LOG(client_log, complete_log(tls13));
    CHECK_LOG(server_log, complete_log(tls13));
    disconnect(pair);
}

static void wipe(struct s2n_connection *conn)
{
    CHECK_OK(s2n_connection_wipe(conn));
}

static void free_it(struct s2n_connection *conn)
{
    CHECK_OK(s2n_connection_free(conn));
}

static void wipe_during_handshake(struct s2n_connection *conn, void *context,
        struct s2n_timing_checkpoint *checkpoint)
{
    (void) context;
    if (strncmp(checkpoint->name, "NEGOTIATE_", 10) != 0) {
        CHECK_ERROR(s2n_connection_wipe(conn), S2N_ERR_REENTRANCY);
        callback_calls++;
    }
}

static void free_during_handshake(struct s2n_connection *conn, void *context,
        struct s2n_timing_checkpoint *checkpoint)
{
    (void) context;
    if (strcmp(checkpoint->name, "CLIENT_HELLO") == 0) {
        CHECK_OK(s2n_connection_free(conn));
    }
}

/* s2n-tls does not support this. */
static void a_callback_may_wipe_or_free_the_connection(int tls13)
{
    struct pair *pair = new_logged_pair(tls13, "ecdsa");
    client_log.action = wipe;
    check_negotiates(pair);
    CHECK(client_log.events == 1);
    CHECK_TEXT(s2n_connection_get_last_message_name(pair->client), "CLIENT_HELLO");
    memset(&pair->to_server, 0, sizeof(pair->to_server));
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    pair->to_client.eof = 1;
    pair->to_client.read = pair->to_client.written;
    s2n_blocked_status blocked;
    client_log.action = NULL;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_CLOSED);
    CHECK(client_log.events == 2);
    disconnect(pair);

    pair = new_logged_pair(tls13, "ecdsa");
    client_log.action = free_it;
    check_negotiates(pair);
    CHECK(client_log.events == 1 && server_log.events == 1);
    pair->client = s2n_connection_new(S2N_CLIENT);
    disconnect(pair);

    pair = new_logged_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_timing_checkpoint_cb(pair->config, wipe_during_handshake));
    callback_calls = 0;
    check_negotiates(pair);
    CHECK(callback_calls > 10);
    disconnect(pair);

    pair = new_logged_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_timing_checkpoint_cb(pair->config, free_during_handshake));
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    pair->client = s2n_connection_new(S2N_CLIENT);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 < 2; tls13++) {
        a_handshake_is_reported(tls13);
        a_blocked_handshake_is_reported_once(tls13);
        a_failure_is_reported(tls13);
        transport_failures_are_reported(tls13);
        a_rejected_hello_is_not_reported(tls13);
        a_wiped_connection_is_reported_again(tls13);
        client_certificates_are_reported(tls13, 0);
        client_certificates_are_reported(tls13, 1);
        a_config_of_the_client_hello_callback_is_used(tls13);
        application_input_is_not_reported(tls13);
        callbacks_may_be_missing(tls13);
        a_callback_may_use_the_connection(tls13);
        a_callback_may_query_the_connection_during_the_handshake(tls13);
    }
    a_certificate_status_is_reported();
    a_hello_retry_request_is_reported();
    a_callback_may_wipe_or_free_the_connection(0);
    a_callback_may_wipe_or_free_the_connection(1);
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
