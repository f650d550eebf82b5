/*
 * Events of handshakes: that each is told of once, when, and what is said.
 *
 * usage: events FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <s2n/unstable/events.h>
#include <stdbool.h>

/* What one end was told. */
struct story {
    s2n_mode mode;
    /* Names of messages, without their records. A ChangeCipherSpec is only counted: in TLS 1.3 it may
     * stand in several places. */
    char names[512];
    int change_cipher_specs;
    int records_read;
    int records_written;
    uint64_t last;
    int events;
    struct s2n_event_handshake event;
    /* What else the callback does. */
    void (*also)(struct s2n_connection *conn);
};

/* One of each end, or the same for both. */
static struct story client_story, server_story;

static struct story *story_of(struct s2n_connection *conn)
{
    return s2n_connection_get_mode(conn) == S2N_CLIENT ? &client_story : &server_story;
}

static void add(struct story *story, const char *name)
{
    if (story->names[0] != '\0') {
        strcat(story->names, " ");
    }
    CHECK(strlen(story->names) + strlen(name) + 2 < sizeof(story->names));
    strcat(story->names, name);
}

static int subscriber;

static void on_handshake(struct s2n_connection *conn, void *context,
        struct s2n_event_handshake *event)
{
    struct story *story = story_of(conn);
    CHECK(context == &subscriber);
    story->events++;
    story->event = *event;
    add(story, "EVENT");
    if (story->also != NULL) {
        story->also(conn);
    }
}

static void on_checkpoint(struct s2n_connection *conn, void *context,
        struct s2n_timing_checkpoint *checkpoint)
{
    struct story *story = story_of(conn);
    CHECK(context == &subscriber || context == NULL);
    CHECK(checkpoint->role == s2n_connection_get_mode(conn));
    CHECK(checkpoint->timestamp_ns >= story->last);
    story->last = checkpoint->timestamp_ns;
    if (strcmp(checkpoint->name, "RECORD_READ") == 0) {
        story->records_read++;
    } else if (strcmp(checkpoint->name, "RECORD_WRITE") == 0) {
        story->records_written++;
    } else if (strstr(checkpoint->name, "_CHANGE_CIPHER_SPEC") != NULL) {
        CHECK(strncmp(checkpoint->name, checkpoint->role == S2N_CLIENT ? "CLIENT" : "SERVER", 6) == 0);
        story->change_cipher_specs++;
    } else {
        add(story, checkpoint->name);
    }
}

static void forget(void)
{
    memset(&client_story, 0, sizeof(client_story));
    memset(&server_story, 0, sizeof(server_story));
}

static void listen_to(struct s2n_config *config)
{
    CHECK_OK(s2n_config_set_subscriber(config, &subscriber));
    CHECK_OK(s2n_config_set_handshake_event(config, on_handshake));
    CHECK_OK(s2n_config_set_timing_checkpoint_cb(config, on_checkpoint));
}

static struct pair *new_story(int tls13, const char *chain)
{
    forget();
    struct pair *pair = new_pair(tls13, chain);
    listen_to(pair->config);
    return pair;
}

#define CHECK_STORY(story, expected) check_story(&(story), expected, __LINE__)

static void check_story(const struct story *story, const char *expected, int line)
{
    if (strcmp(story->names, expected) != 0) {
        fprintf(stderr, "%s:%d: %s\ninstead of %s\n", __FILE__, line, story->names, expected);
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

/* All that both sides do, in the order of both: what is read comes without its ChangeCipherSpec. */
static const char *whole_story(int tls13)
{
    return tls13 ? "NEGOTIATE_START CLIENT_HELLO SERVER_HELLO ENCRYPTED_EXTENSIONS SERVER_CERT "
                   "SERVER_CERT_VERIFY SERVER_FINISHED CLIENT_FINISHED EVENT NEGOTIATE_END"
                 : "NEGOTIATE_START CLIENT_HELLO SERVER_HELLO SERVER_CERT SERVER_KEY "
                   "SERVER_HELLO_DONE CLIENT_KEY CLIENT_FINISHED SERVER_FINISHED EVENT NEGOTIATE_END";
}

static void check_success(struct s2n_connection *conn, int tls13)
{
    const struct story *story = story_of(conn);
    const struct s2n_event_handshake *event = &story->event;
    const char *group = NULL;
    CHECK(story->events == 1 && story->change_cipher_specs == 1);
    CHECK(story->records_read > 0 && story->records_written > 0);
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
    CHECK(event->handshake_start_ns < story->last && event->handshake_end_ns <= story->last);
}

static void a_handshake_is_told_of(int tls13)
{
    struct pair *pair = new_story(tls13, "ecdsa");
    s2n_blocked_status blocked;
    check_negotiates(pair);
    CHECK_STORY(client_story, whole_story(tls13));
    CHECK_STORY(server_story, whole_story(tls13));
    check_success(pair->client, tls13);
    check_success(pair->server, tls13);

    /* A later call is none of the handshake; its end is told, as every end is. */
    client_story.names[0] = '\0';
    CHECK_OK(s2n_negotiate(pair->client, &blocked));
    CHECK_STORY(client_story, "NEGOTIATE_END");
    CHECK(client_story.events == 1);
    disconnect(pair);
}

/* However often it blocks, and whatever it waits for. */
static void a_blocked_handshake_is_told_of_once(int tls13)
{
    struct pair *pair = new_story(tls13, "ecdsa");
    struct s2n_connection *const ends[] = { pair->client, pair->server };
    struct link *const links[] = { &pair->to_server, &pair->to_client };
    s2n_blocked_status blocked;
    int done[2] = { 0, 0 };
    int calls = 0;
    while (!done[0] || !done[1]) {
        for (int i = 0; i < 2; i++) {
            links[i]->room = 50;
            if (!done[i] && s2n_negotiate(ends[i], &blocked) == 0) {
                done[i] = 1;
            } else if (!done[i]) {
                CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
                CHECK((i == 0 ? client_story : server_story).events == 0);
            }
            calls++;
        }
    }
    CHECK(calls > 10);
    CHECK_STORY(client_story, whole_story(tls13));
    CHECK_STORY(server_story, whole_story(tls13));
    check_success(pair->client, tls13);
    check_success(pair->server, tls13);
    disconnect(pair);
}

static void check_failure(const struct story *story, const char *error, const char *label)
{
    CHECK(story->events == 1);
    CHECK_TEXT(s2n_strerror_name(story->event.error_code), error);
    CHECK_TEXT(story->event.security_policy_label, label);
    CHECK(story->event.cipher != NULL && story->event.group != NULL);
    CHECK(story->event.handshake_end_ns >= story->event.handshake_start_ns);
    CHECK(story->event.handshake_start_ns != 0);
}

static void a_failure_is_told_of(int tls13)
{
    struct pair *pair = new_story(tls13, "unknown");
    s2n_blocked_status blocked;
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_CERT_UNTRUSTED");
    check_failure(&client_story, client, policy(tls13));
    CHECK(client_story.event.protocol_version == (tls13 ? S2N_TLS13 : S2N_TLS12));
    CHECK_STORY(client_story, tls13 ? "NEGOTIATE_START CLIENT_HELLO SERVER_HELLO ENCRYPTED_EXTENSIONS EVENT"
                                    : "NEGOTIATE_START CLIENT_HELLO SERVER_HELLO EVENT");
    CHECK(server_story.events == 0);

    /* It stays the same failure. */
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_CLOSED);
    CHECK(client_story.events == 1);
    disconnect(pair);
}

static void what_the_transport_does_is_told_of(int tls13)
{
    struct pair *pair = new_story(tls13, "ecdsa");
    s2n_blocked_status blocked;
    pair->to_client.ended = 1;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_CLOSED);
    check_failure(&client_story, "S2N_ERR_CLOSED", policy(tls13));
    CHECK_STORY(client_story, "NEGOTIATE_START CLIENT_HELLO EVENT");
    pair->to_server.recv_error = ECONNRESET;
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO);
    check_failure(&server_story, "S2N_ERR_IO", policy(tls13));
    CHECK_STORY(server_story, "NEGOTIATE_START EVENT");
    disconnect(pair);

    /* What the client did is done, though nobody can be told. */
    forget();
    pair = new_story(tls13, "ecdsa");
    pair->to_server.send_error = ECONNRESET;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO);
    CHECK_STORY(client_story, "NEGOTIATE_START CLIENT_HELLO EVENT");
    CHECK(client_story.records_written == 0);
    disconnect(pair);
}

static void a_refused_hello_is_no_message(int tls13)
{
    struct pair *pair = new_story(tls13, "ecdsa");
    s2n_blocked_status blocked;
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, policy(!tls13)));
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server,
            tls13 ? "AWS-CRT-SDK-TLSv1.3" : "KMS-TLS-1-0-2018-10"));
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    if (s2n_negotiate(pair->server, &blocked) != 0
            && s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
        CHECK_STORY(server_story, "NEGOTIATE_START EVENT");
    } else {
        CHECK(!tls13 && strstr(server_story.names, "CLIENT_HELLO SERVER_HELLO") != NULL);
    }
    disconnect(pair);
}

static void a_wiped_connection_begins_anew(int tls13)
{
    struct pair *pair = new_story(tls13, "ecdsa");
    check_negotiates(pair);
    uint64_t end = client_story.event.handshake_end_ns;
    for (int i = 0; i < 2; i++) {
        CHECK_OK(s2n_connection_wipe(pair->client));
        CHECK_OK(s2n_connection_wipe(pair->server));
        memset(&pair->to_client, 0, sizeof(pair->to_client));
        memset(&pair->to_server, 0, sizeof(pair->to_server));
        attach(pair->client, pair, &pair->to_client, &pair->to_server);
        attach(pair->server, pair, &pair->to_server, &pair->to_client);
        CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
        forget();
        check_negotiates(pair);
        CHECK_STORY(client_story, whole_story(tls13));
        CHECK_STORY(server_story, whole_story(tls13));
        check_success(pair->client, tls13);
        check_success(pair->server, tls13);
        CHECK(client_story.event.handshake_start_ns >= end);
        end = client_story.event.handshake_end_ns;
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

/* A client that is asked for a certificate, and shows one or not. */
static void certificates_of_clients_are_told_of(int tls13, int shows)
{
    struct pair *pair = new_story(tls13, "ecdsa");
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_cert_chain_and_key *chain = load_chain(folder, "client");
    char *authority = read_file(folder, "ca.pem");
    listen_to(config);
    CHECK_OK(s2n_config_add_pem_to_trust_store(config, authority));
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(tls13)));
    if (shows) {
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
    CHECK_STORY(client_story, expected[tls13][shows]);
    CHECK_STORY(server_story, expected[tls13][shows]);
    check_success(pair->client, tls13);
    check_success(pair->server, tls13);
    disconnect(pair);
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    free(authority);
}

/* A status is a message of its own before TLS 1.3. */
static void a_stapled_status_is_told_of(void)
{
    struct pair *pair = new_story(0, "ecdsa");
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
    /* s2n-tls looks at it when a connection gets the config. */
    CHECK_OK(s2n_connection_free(pair->client));
    pair->client = s2n_connection_new(S2N_CLIENT);
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
    check_negotiates(pair);
    const char *expected = "NEGOTIATE_START CLIENT_HELLO SERVER_HELLO SERVER_CERT SERVER_CERT_STATUS "
                           "SERVER_KEY SERVER_HELLO_DONE CLIENT_KEY CLIENT_FINISHED SERVER_FINISHED "
                           "EVENT NEGOTIATE_END";
    CHECK_STORY(client_story, expected);
    CHECK_STORY(server_story, expected);
    disconnect(pair);
}

/* The server has one group, which is not the client's first. */
static void a_retried_hello_is_told_of(void)
{
    struct pair *pair = new_story(1, "rsa");
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, "20250211"));
    check_negotiates(pair);
    const char *expected = "NEGOTIATE_START CLIENT_HELLO HELLO_RETRY_MSG CLIENT_HELLO SERVER_HELLO "
                           "ENCRYPTED_EXTENSIONS SERVER_CERT SERVER_CERT_VERIFY SERVER_FINISHED "
                           "CLIENT_FINISHED EVENT NEGOTIATE_END";
    CHECK_STORY(client_story, expected);
    CHECK_STORY(server_story, expected);
    CHECK(client_story.change_cipher_specs == 1 && server_story.change_cipher_specs == 1);
    CHECK_TEXT(client_story.event.group, "secp384r1");
    disconnect(pair);
}

static struct s2n_config *chosen;

static int choose_config(struct s2n_connection *conn, void *context)
{
    (void) context;
    CHECK_OK(s2n_connection_set_config(conn, chosen));
    return 0;
}

/* Who listens may be known only when the ClientHello is. The time before counts all the same. */
static void a_chosen_config_goes_on(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    s2n_blocked_status blocked;
    forget();
    chosen = s2n_config_new_minimal();
    listen_to(chosen);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(chosen, pair->chain));
    CHECK_OK(s2n_config_set_cipher_preferences(chosen, policy(tls13)));
    CHECK_OK(s2n_config_set_client_hello_cb(pair->config, choose_config, NULL));
    /* A call before there is anything to read. */
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO_BLOCKED);
    check_negotiates(pair);
    CHECK(client_story.events == 0 && client_story.names[0] == '\0');
    CHECK_STORY(server_story, whole_story(tls13) + strlen("NEGOTIATE_START "));
    check_success(pair->server, tls13);

    disconnect(pair);
    CHECK_OK(s2n_config_free(chosen));
}

static int wait_for_the_application(struct s2n_connection *conn, void *context)
{
    (void) conn;
    (void) context;
    return 0;
}

static struct s2n_async_pkey_op *operation;

static int take_operation(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    (void) conn;
    operation = op;
    return 0;
}

/* A message for which the application is waited for is none that is told of. */
static void a_wait_is_told_of_by_its_length(int tls13)
{
    struct pair *pair = new_story(tls13, "ecdsa");
    s2n_blocked_status blocked;
    CHECK_OK(s2n_config_set_client_hello_cb(pair->config, wait_for_the_application, NULL));
    CHECK_OK(s2n_config_set_client_hello_cb_mode(pair->config, S2N_CLIENT_HELLO_CB_NONBLOCKING));
    CHECK_OK(s2n_config_set_async_pkey_callback(pair->config, take_operation));
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
    CHECK_STORY(server_story, "NEGOTIATE_START");
    CHECK_OK(s2n_client_hello_cb_done(pair->server));
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
    CHECK_STORY(server_story, tls13 ? "NEGOTIATE_START SERVER_HELLO ENCRYPTED_EXTENSIONS SERVER_CERT"
                                    : "NEGOTIATE_START SERVER_HELLO SERVER_CERT");
    CHECK_OK(s2n_async_pkey_op_perform(operation,
            s2n_cert_chain_and_key_get_private_key(pair->chain)));
    CHECK_OK(s2n_async_pkey_op_apply(operation, pair->server));
    CHECK_OK(s2n_async_pkey_op_free(operation));
    check_negotiates(pair);
    CHECK_STORY(client_story, whole_story(tls13));
    CHECK_STORY(server_story, tls13 ? "NEGOTIATE_START SERVER_HELLO ENCRYPTED_EXTENSIONS SERVER_CERT "
                                      "SERVER_FINISHED CLIENT_FINISHED EVENT NEGOTIATE_END"
                                    : "NEGOTIATE_START SERVER_HELLO SERVER_CERT SERVER_HELLO_DONE "
                                      "CLIENT_KEY CLIENT_FINISHED SERVER_FINISHED EVENT NEGOTIATE_END");
    check_success(pair->server, tls13);
    disconnect(pair);
}

/* Events need a subscriber; checkpoints do not. */
static void callbacks_may_be_missing(int tls13)
{
    struct pair *pair = new_story(tls13, "ecdsa");
    CHECK_ERROR(s2n_config_set_timing_checkpoint_cb(pair->config, NULL), S2N_ERR_NULL);
    CHECK_OK(s2n_config_set_subscriber(pair->config, NULL));
    check_negotiates(pair);
    CHECK(client_story.events == 0 && server_story.events == 0);
    CHECK(client_story.last > 0 && strstr(client_story.names, "NEGOTIATE_END") != NULL);
    disconnect(pair);

    pair = new_story(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_handshake_event(pair->config, NULL));
    check_negotiates(pair);
    CHECK(client_story.events == 0 && strstr(client_story.names, "NEGOTIATE_END") != NULL);
    disconnect(pair);

    forget();
    pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_handshake_event(pair->config, on_handshake));
    CHECK_OK(s2n_config_set_subscriber(pair->config, &subscriber));
    check_negotiates(pair);
    CHECK_STORY(client_story, "EVENT");
    CHECK_STORY(server_story, "EVENT");
    disconnect(pair);
}

static int calls_back;

/* The handshake is over, so that everything works but another one. */
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
    calls_back++;
}

static void a_callback_may_use_the_connection(int tls13)
{
    struct pair *pair = new_story(tls13, "ecdsa");
    s2n_blocked_status blocked;
    char data[10];
    calls_back = 0;
    client_story.also = server_story.also = use_the_connection;
    check_negotiates(pair);
    CHECK(calls_back == 2);
    CHECK(s2n_recv(pair->server, data, sizeof(data), &blocked) == 10);
    CHECK(s2n_recv(pair->client, data, sizeof(data), &blocked) == 10);
    CHECK_OK(s2n_negotiate(pair->client, &blocked));
    disconnect(pair);
}

static void ask_in_the_middle(struct s2n_connection *conn, void *context,
        struct s2n_timing_checkpoint *checkpoint)
{
    s2n_blocked_status blocked;
    CHECK_ERROR(s2n_negotiate(conn, &blocked), S2N_ERR_REENTRANCY);
    CHECK(s2n_connection_get_last_message_name(conn) != NULL);
    CHECK(s2n_connection_get_actual_protocol_version(conn) >= 0);
    CHECK(s2n_connection_get_cipher(conn) != NULL);
    on_checkpoint(conn, context, checkpoint);
}

static void a_callback_may_ask_in_the_middle(int tls13)
{
    struct pair *pair = new_story(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_timing_checkpoint_cb(pair->config, ask_in_the_middle));
    check_negotiates(pair);
    CHECK_STORY(client_story, whole_story(tls13));
    CHECK_STORY(server_story, whole_story(tls13));
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

static void wipe_in_the_middle(struct s2n_connection *conn, void *context,
        struct s2n_timing_checkpoint *checkpoint)
{
    (void) context;
    if (strncmp(checkpoint->name, "NEGOTIATE_", 10) != 0) {
        CHECK_ERROR(s2n_connection_wipe(conn), S2N_ERR_REENTRANCY);
        calls_back++;
    }
}

static void free_in_the_middle(struct s2n_connection *conn, void *context,
        struct s2n_timing_checkpoint *checkpoint)
{
    (void) context;
    if (strcmp(checkpoint->name, "CLIENT_HELLO") == 0) {
        CHECK_OK(s2n_connection_free(conn));
    }
}

/* What s2n-tls does not foresee. */
static void a_callback_may_end_the_connection(int tls13)
{
    struct pair *pair = new_story(tls13, "ecdsa");
    client_story.also = wipe;
    check_negotiates(pair);
    CHECK(client_story.events == 1);
    CHECK_TEXT(s2n_connection_get_last_message_name(pair->client), "CLIENT_HELLO");
    memset(&pair->to_server, 0, sizeof(pair->to_server));
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    pair->to_client.ended = 1;
    pair->to_client.read = pair->to_client.written;
    s2n_blocked_status blocked;
    client_story.also = NULL;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_CLOSED);
    CHECK(client_story.events == 2);
    disconnect(pair);

    pair = new_story(tls13, "ecdsa");
    client_story.also = free_it;
    check_negotiates(pair);
    CHECK(client_story.events == 1 && server_story.events == 1);
    pair->client = s2n_connection_new(S2N_CLIENT);
    disconnect(pair);

    pair = new_story(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_timing_checkpoint_cb(pair->config, wipe_in_the_middle));
    calls_back = 0;
    check_negotiates(pair);
    CHECK(calls_back > 10);
    disconnect(pair);

    pair = new_story(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_timing_checkpoint_cb(pair->config, free_in_the_middle));
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
        a_handshake_is_told_of(tls13);
        a_blocked_handshake_is_told_of_once(tls13);
        a_failure_is_told_of(tls13);
        what_the_transport_does_is_told_of(tls13);
        a_refused_hello_is_no_message(tls13);
        a_wiped_connection_begins_anew(tls13);
        certificates_of_clients_are_told_of(tls13, 0);
        certificates_of_clients_are_told_of(tls13, 1);
        a_chosen_config_goes_on(tls13);
        a_wait_is_told_of_by_its_length(tls13);
        callbacks_may_be_missing(tls13);
        a_callback_may_use_the_connection(tls13);
        a_callback_may_ask_in_the_middle(tls13);
    }
    a_stapled_status_is_told_of();
    a_retried_hello_is_told_of();
    a_callback_may_end_the_connection(0);
    a_callback_may_end_the_connection(1);
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
