/*
 * The handshake, and what it waits for in asynchronous mode.
 */
#include "shim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool complain(const char *what)
{
    fprintf(stderr, "%s\n", what);
    return false;
}

/* The runner searches the output for the name of an error. An alert of the peer has a name of its own. */
void print_error(struct endpoint *endpoint, const char *what)
{
    int error = s2n_errno, system_error = errno;
    endpoint->error = error;
    char detail[512] = "";
    rs2n_connection_error_detail(endpoint->conn, detail, sizeof(detail));
    fprintf(stderr, "%s: :%s: %s\n", what, s2n_strerror_name(error), detail);
    if (s2n_error_get_type(error) == S2N_ERR_T_ALERT) {
        fprintf(stderr, ":ALERT_%d:\n", s2n_connection_get_alert(endpoint->conn));
    }
    if (s2n_error_get_type(error) == S2N_ERR_T_IO) {
        fprintf(stderr, "%s\n", strerror(system_error));
    }
}

static bool sign(struct endpoint *endpoint)
{
    struct s2n_async_pkey_op *operation = endpoint->operation;
    struct s2n_cert_chain_and_key *chain = s2n_connection_get_selected_cert(endpoint->conn);
    /* A client selects its certificate when the signature is made. It has one only. */
    for (size_t i = 0; chain == NULL && i <= MAX_CREDENTIALS; i++) {
        chain = endpoint->chains[i];
    }
    endpoint->operation = NULL;
    bool applied = s2n_async_pkey_op_perform(operation, s2n_cert_chain_and_key_get_private_key(chain)) == 0
        && s2n_async_pkey_op_apply(operation, endpoint->conn) == 0;
    s2n_async_pkey_op_free(operation);
    return applied || complain("the private key operation fails");
}

/* Completes what the handshake waits for. */
static bool complete(struct endpoint *endpoint)
{
    if (endpoint->hello_is_pending) {
        endpoint->hello_is_pending = false;
        return (s2n_connection_set_config(endpoint->conn, endpoint->selected_config) == 0
                   && s2n_client_hello_cb_done(endpoint->conn) == 0)
            || complain("the ClientHello callback cannot be completed");
    }
    if (endpoint->validation != NULL) {
        struct s2n_cert_validation_info *info = endpoint->validation;
        endpoint->validation = NULL;
        return (endpoint->options->verify_fail ? s2n_cert_validation_reject(info) : s2n_cert_validation_accept(info))
            == 0
            || complain("the validation cannot be completed");
    }
    if (endpoint->operation != NULL) {
        return sign(endpoint);
    }
    return complain("the handshake waits for nothing");
}

bool may_continue(struct endpoint *endpoint, s2n_blocked_status blocked)
{
    if (s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
        return false;
    }
    if (!endpoint->options->async) {
        return complain("a call is blocked on a blocking transport");
    }
    return blocked != S2N_BLOCKED_ON_APPLICATION_INPUT || complete(endpoint);
}

static bool negotiate(struct endpoint *endpoint)
{
    s2n_blocked_status blocked;
    while (s2n_negotiate(endpoint->conn, &blocked) != 0) {
        if (!may_continue(endpoint, blocked)) {
            print_error(endpoint, "handshake");
            return false;
        }
    }
    return true;
}

bool shake_hands(struct endpoint *endpoint)
{
    const struct options *options = endpoint->options;
    s2n_blocked_status blocked;
    if (!negotiate(endpoint) || (options->handshake_twice && !negotiate(endpoint))) {
        return false;
    }
    if (options->no_op_extra_handshake && s2n_negotiate(endpoint->conn, &blocked) != 0) {
        return complain("another call of s2n_negotiate() has an effect");
    }
    return !options->quic || quic_end_handshake(endpoint);
}
