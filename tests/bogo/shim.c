/*
 * The main program of the shim: its connections, each with the sessions of the earlier ones.
 */
#include "shim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool prepare(struct endpoint *endpoint, bool is_resume)
{
    const struct options *options = endpoint->options;
    endpoint->config = new_config(endpoint);
    struct s2n_connection *conn = s2n_connection_new(options->server ? S2N_SERVER : S2N_CLIENT);
    endpoint->conn = conn;
    if (conn == NULL || s2n_connection_set_config(conn, endpoint->config) != 0
        || s2n_connection_set_ctx(conn, endpoint) != 0
        || s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) != 0
        || s2n_connection_set_recv_cb(conn, transport_recv) != 0
        || s2n_connection_set_recv_ctx(conn, &endpoint->transport) != 0
        || s2n_connection_set_send_cb(conn, transport_send) != 0
        || s2n_connection_set_send_ctx(conn, &endpoint->transport) != 0
        || (options->host_name != NULL && s2n_set_server_name(conn, options->host_name) != 0)
        || (options->quic && !quic_start(endpoint)) || !ech_start(endpoint)) {
        print_error(endpoint, "connection");
        return false;
    }
    if (options->server || !is_resume) {
        return true;
    }
    const struct shared *shared = endpoint->shared;
    if (shared->session_size == 0) {
        return complain("there is no session to resume");
    }
    if (s2n_connection_set_session(conn, shared->session, shared->session_size) != 0) {
        print_error(endpoint, "session");
        return false;
    }
    return true;
}

static bool exchange(struct endpoint *endpoint, const struct options *retry, bool is_resume)
{
    const struct options *options = endpoint->options;
    if (options->enable_early_data) {
        bool done = options->server ? receive_early_data(endpoint)
                                    : !is_resume || send_early_data(endpoint);
        if (!done) {
            return false;
        }
    }
    if (!shake_hands(endpoint)) {
        return false;
    }
    /* The handshake of a client continues after a rejection; the server has discarded the early data. */
    bool is_retry = is_resume && !options->server && options->expect_reject_early_data;
    if (is_retry) {
        s2n_early_data_status_t status = S2N_EARLY_DATA_STATUS_OK;
        if (s2n_connection_get_early_data_status(endpoint->conn, &status) != 0
            || status != S2N_EARLY_DATA_STATUS_REJECTED) {
            return complain("early data is not rejected");
        }
        endpoint->early_data_sent = 0;
        options = retry;
    }
    return check_handshake(endpoint, options, is_resume) && transfer(endpoint, options);
}

static bool connect_once(const struct options *options, const struct options *retry, struct shared *shared,
    bool is_resume)
{
    struct endpoint *endpoint = calloc(1, sizeof(*endpoint));
    if (endpoint == NULL) {
        return complain("there is no memory");
    }
    endpoint->options = options;
    endpoint->shared = shared;
    endpoint->transport.fd = -1;
    bool done = prepare(endpoint, is_resume) && connect_to_runner(options, &endpoint->transport);
    done = done && exchange(endpoint, retry, is_resume);
    if (!done) {
        check_ech_rejection(endpoint);
    }
    if (!done && endpoint->transport.fd >= 0 && options->quic) {
        quic_send_alert(endpoint);
    } else if (!done && endpoint->transport.fd >= 0) {
        /* The fatal alert. */
        s2n_blocked_status blocked;
        endpoint->transport.write_allowance = -1;
        endpoint->transport.async = false;
        while (s2n_shutdown_send(endpoint->conn, &blocked) != 0
            && s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED && blocked == S2N_BLOCKED_ON_WRITE) {
        }
    }
    if (endpoint->session_size > 0) {
        memcpy(shared->session, endpoint->session, endpoint->session_size);
        shared->session_size = endpoint->session_size;
    }
    disconnect_from_runner(&endpoint->transport);
    s2n_connection_free(endpoint->conn);
    quic_free(&endpoint->transport);
    if (endpoint->operation != NULL) {
        s2n_async_pkey_op_free(endpoint->operation);
    }
    s2n_config_free(endpoint->config);
    s2n_config_free(endpoint->selected_config);
    for (size_t i = 0; i <= MAX_CREDENTIALS; i++) {
        s2n_cert_chain_and_key_free(endpoint->chains[i]);
    }
    free(endpoint);
    return done;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "-is-handshaker-supported") == 0) {
        puts("No");
        return SUCCEEDED;
    }
    static struct all_options options;
    parse_options(argc, argv, &options);
    signal(SIGPIPE, SIG_IGN);
    if (s2n_init() != 0) {
        fprintf(stderr, "s2n_init: %s\n", s2n_strerror_name(s2n_errno));
        return FAILED;
    }
    struct shared *shared = calloc(1, sizeof(*shared));
    if (shared == NULL) {
        return FAILED;
    }
    shared->start = (uint64_t) time(NULL);
    bool done = true;
    for (int i = 0; done && i <= options.initial.resume_count; i++) {
        const struct options *now = i == 0 ? &options.initial : &options.resume;
        done = connect_once(now, &options.retry, shared, i > 0);
        if (!done) {
            fprintf(stderr, "connection %d has failed\n", i + 1);
        }
        shared->delay += (uint64_t) now->resumption_delay;
    }
    free(shared);
    return done ? SUCCEEDED : FAILED;
}
