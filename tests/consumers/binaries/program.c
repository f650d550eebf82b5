/*
 * A program that is compiled with the headers of s2n-tls and linked with its library. It prints its
 * results, which must be the same with rs2n's library.
 *
 * usage: program CERTIFICATES-DIRECTORY
 */
#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <s2n/unstable/allow_ip_in_cn.h>
#include <s2n/unstable/async_offload.h>
#include <s2n/unstable/cert_authorities.h>
#include <s2n/unstable/cleanup.h>
#include <s2n/unstable/crl.h>
#include <s2n/unstable/custom_x509_extensions.h>
#include <s2n/unstable/events.h>
#include <s2n/unstable/fingerprint.h>
#include <s2n/unstable/ktls.h>
#include <s2n/unstable/npn.h>
#include <s2n/unstable/renegotiate.h>

static const char *directory;

static void report(const char *what, long long result)
{
    printf("%s: %lld %s %d\n", what, result, result < 0 ? s2n_strerror_name(s2n_errno) : "-",
            result < 0 ? s2n_error_get_type(s2n_errno) : 0);
}

static void *check_thread_local(void *unused)
{
    (void) unused;
    int before = s2n_errno;
    s2n_errno = 17;
    return before == 0 && s2n_errno_location() == &s2n_errno ? &s2n_errno : NULL;
}

/* s2n_errno is thread-local, and shared by program and library. */
static void errors(void)
{
    struct s2n_config *config = s2n_config_new_minimal();
    report("policy", s2n_config_set_cipher_preferences(config, "no such policy"));
    int error = s2n_errno;
    pthread_t thread;
    void *other = NULL;
    CHECK(pthread_create(&thread, NULL, check_thread_local, NULL) == 0);
    CHECK(pthread_join(thread, &other) == 0);
    CHECK(other != NULL && other != &s2n_errno && s2n_errno == error);
    CHECK(*s2n_errno_location() == error);
    printf("%s, %d\n", s2n_strerror(error, "EN"), error);
    s2n_errno = S2N_ERR_T_OK;
    printf("%s %s\n", s2n_strerror_name(s2n_errno), s2n_strerror(s2n_errno, "EN"));
    report("null", s2n_connection_set_config(NULL, config));
    report("type", s2n_config_set_client_auth_type(config, S2N_CERT_AUTH_OPTIONAL));
    report("alert", s2n_config_set_alert_behavior(config, (s2n_alert_behavior) 9));
    report("npn", s2n_config_set_npn(config, false));
    report("ip in cn", s2n_config_allow_ip_in_cn(config));
    printf("%d %d\n", S2N_BLOCKED_ON_APPLICATION_DATA, S2N_BLOCKED_ON_APPLICATION_INPUT);
    CHECK_OK(s2n_config_free(config));
}

/* Numbers of calls of each callback. */
struct counts {
    int hello, host, signature, verification, authorities, validation, lines, checkpoints, events;
    char event[256];
    struct s2n_cert_chain_and_key *chain; /* the certificate of a client */
};

static int on_hello(struct s2n_connection *conn, void *context)
{
    struct counts *counts = context;
    bool groups = false;
    struct s2n_client_hello *hello = s2n_connection_get_client_hello(conn);
    CHECK_OK(s2n_client_hello_has_extension(hello, 10, &groups));
    CHECK(groups && s2n_client_hello_get_extension_length(hello, S2N_EXTENSION_SERVER_NAME) > 0);
    counts->hello++;
    return 0;
}

static uint8_t on_host(const char *name, size_t len, void *context)
{
    CHECK(strlen(name) == len);
    ((struct counts *) context)->host++;
    return strcmp(name, "localhost") == 0;
}

static int on_signature(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    struct counts *counts = s2n_connection_get_ctx(conn);
    s2n_async_pkey_op_type type = S2N_ASYNC_DECRYPT;
    uint32_t size = 0;
    CHECK_OK(s2n_async_pkey_op_get_op_type(op, &type));
    CHECK_OK(s2n_async_pkey_op_get_input_size(op, &size));
    CHECK(type == S2N_ASYNC_SIGN && size == 32);
    struct s2n_cert_chain_and_key *chain = s2n_connection_get_selected_cert(conn);
    CHECK_OK(s2n_async_pkey_op_perform(op, s2n_cert_chain_and_key_get_private_key(chain)));
    CHECK_OK(s2n_async_pkey_op_apply(op, conn));
    CHECK_OK(s2n_async_pkey_op_free(op));
    counts->signature++;
    return 0;
}

static int on_verification(struct s2n_connection *conn, struct s2n_async_offload_op *op, void *context)
{
    (void) conn;
    ((struct counts *) context)->verification++;
    return s2n_async_offload_op_perform(op);
}

static int on_request(struct s2n_connection *conn, void *context,
        struct s2n_certificate_request *request)
{
    (void) conn;
    struct counts *counts = context;
    struct s2n_certificate_authority_list *list = s2n_certificate_request_get_ca_list(request);
    while (list != NULL && s2n_certificate_authority_list_has_next(list)) {
        uint8_t *name = NULL;
        uint16_t len = 0;
        CHECK_OK(s2n_certificate_authority_list_next(list, &name, &len));
        CHECK(name != NULL && len > 0);
        counts->authorities++;
    }
    return s2n_certificate_request_set_certificate(request, counts->chain);
}

static int on_validation(struct s2n_connection *conn, struct s2n_cert_validation_info *info,
        void *context)
{
    (void) conn;
    ((struct counts *) context)->validation++;
    return s2n_cert_validation_accept(info);
}

static int on_line(void *context, struct s2n_connection *conn, uint8_t *line, size_t len)
{
    (void) conn;
    CHECK(len > 64 && line[0] >= 'A' && line[0] <= 'Z');
    ((struct counts *) context)->lines++;
    return 0;
}

static void on_event(struct s2n_connection *conn, void *subscriber, struct s2n_event_handshake *event)
{
    (void) conn;
    struct counts *counts = subscriber;
    CHECK(event->handshake_end_ns >= event->handshake_start_ns);
    CHECK(event->handshake_time_ns <= event->handshake_end_ns - event->handshake_start_ns);
    snprintf(counts->event, sizeof(counts->event), "%d %s %s %s %d", event->protocol_version,
            event->cipher, event->group, event->security_policy_label, event->error_code);
    counts->events++;
}

/* One side of a connection, run by its own thread. */
struct endpoint {
    struct s2n_connection *conn;
    struct s2n_config *config;
    struct s2n_cert_chain_and_key *chain;
    struct counts counts;
    int fd;
    int result;
    int error;
    s2n_blocked_status blocked;
};

static void prepare(struct endpoint *end, s2n_mode mode, const char *policy, const char *chain)
{
    char *ca = read_file(directory, "ca.pem");
    end->config = s2n_config_new_minimal();
    end->chain = load_chain(directory, chain);
    CHECK_OK(s2n_config_set_cipher_preferences(end->config, policy));
    CHECK_OK(s2n_config_add_pem_to_trust_store(end->config, ca));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(end->config, end->chain));
    CHECK_OK(s2n_config_set_client_auth_type(end->config, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(s2n_config_set_max_blinding_delay(end->config, 0));
    CHECK_OK(s2n_config_set_verify_host_callback(end->config, on_host, &end->counts));
    CHECK_OK(s2n_config_set_async_pkey_callback(end->config, on_signature));
    CHECK_OK(s2n_config_set_async_offload_callback(end->config, S2N_ASYNC_OFFLOAD_PKEY_VERIFY,
            on_verification, &end->counts));
    CHECK_OK(s2n_config_set_cert_validation_cb(end->config, on_validation, &end->counts));
    CHECK_OK(s2n_config_set_key_log_cb(end->config, on_line, &end->counts));
    CHECK_OK(s2n_config_set_subscriber(end->config, &end->counts));
    CHECK_OK(s2n_config_set_handshake_event(end->config, on_event));
    const char *const protocols[] = { "h2", "http/1.1" };
    CHECK_OK(s2n_config_set_protocol_preferences(end->config, protocols, 2));
    if (mode == S2N_SERVER) {
        CHECK_OK(s2n_config_set_client_hello_cb(end->config, on_hello, &end->counts));
        CHECK_OK(s2n_config_set_client_hello_cb_mode(end->config, S2N_CLIENT_HELLO_CB_BLOCKING));
        CHECK_OK(s2n_config_set_cert_authorities_from_trust_store(end->config));
    } else {
        CHECK_OK(s2n_config_set_cert_request_callback(end->config, on_request, &end->counts));
        end->counts.chain = end->chain;
    }
    end->conn = s2n_connection_new(mode);
    CHECK_OK(s2n_connection_set_config(end->conn, end->config));
    CHECK_OK(s2n_connection_set_ctx(end->conn, &end->counts));
    CHECK_OK(s2n_connection_set_fd(end->conn, end->fd));
    free(ca);
}

static void *negotiate(void *context)
{
    struct endpoint *end = context;
    end->result = s2n_negotiate(end->conn, &end->blocked);
    end->error = s2n_errno;
    if (end->result != 0) {
        s2n_blocked_status blocked;
        s2n_shutdown(end->conn, &blocked);
        shutdown(end->fd, SHUT_WR);
    }
    return NULL;
}

static void print_endpoint(const struct endpoint *end)
{
    const struct counts *counts = &end->counts;
    if (end->result != 0) {
        printf("%s, blocked %d, host %d\n", s2n_strerror_name(end->error), end->blocked, counts->host);
        return;
    }
    printf("%s: blocked %d, hello %d host %d signed %d verified %d authorities %d validated %d"
           " lines %d event %d: %s\n",
            s2n_connection_get_mode(end->conn) == S2N_CLIENT ? "client" : "server",
            end->blocked, counts->hello, counts->host, counts->signature, counts->verification, counts->authorities, counts->validation,
            counts->lines, counts->events, counts->event);
    uint8_t first = 0, second = 0;
    s2n_tls_signature_algorithm algorithm = S2N_TLS_SIGNATURE_ANONYMOUS;
    s2n_tls_hash_algorithm hash = S2N_TLS_HASH_NONE;
    s2n_cert_auth_type type = S2N_CERT_AUTH_NONE;
    CHECK_OK(s2n_connection_get_cipher_iana_value(end->conn, &first, &second));
    CHECK_OK(s2n_connection_get_selected_signature_algorithm(end->conn, &algorithm));
    CHECK_OK(s2n_connection_get_selected_digest_algorithm(end->conn, &hash));
    CHECK_OK(s2n_connection_get_client_auth_type(end->conn, &type));
    printf("  %d %s %02x%02x %s %d %d %s %d, client certificate %d\n",
            s2n_connection_get_actual_protocol_version(end->conn), s2n_connection_get_cipher(end->conn),
            first, second, s2n_connection_get_curve(end->conn), algorithm, hash,
            s2n_get_application_protocol(end->conn), type, s2n_connection_client_cert_used(end->conn));
    struct s2n_cert_chain_and_key *peer = s2n_cert_chain_and_key_new();
    uint32_t len = 0, der_len = 0;
    const uint8_t *der = NULL;
    struct s2n_cert *cert = NULL;
    CHECK_OK(s2n_connection_get_peer_cert_chain(end->conn, peer));
    CHECK_OK(s2n_cert_chain_get_length(peer, &len));
    CHECK_OK(s2n_cert_chain_get_cert(peer, &cert, 0));
    CHECK_OK(s2n_cert_get_der(cert, &der, &der_len));
    printf("  peer's chain: %u certificates, the first of %u bytes\n", len, der_len);
    CHECK_OK(s2n_cert_chain_and_key_free(peer));
    uint64_t in = s2n_connection_get_wire_bytes_in(end->conn);
    CHECK(in > 1000 && s2n_connection_get_wire_bytes_out(end->conn) > 1000);
}

static void set_blocking(struct endpoint *end, int blocking)
{
    int flags = fcntl(end->fd, F_GETFL);
    flags = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
    CHECK(fcntl(end->fd, F_SETFL, flags) == 0);
}

/* Transfers records in one direction with all functions that send and receive. */
static void exchange(struct endpoint *from, struct endpoint *to)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    char buffer[100] = { 0 };
    set_blocking(to, 0);
    report("nothing to receive", s2n_recv(to->conn, buffer, sizeof(buffer), &blocked));
    CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED && blocked == S2N_BLOCKED_ON_READ);
    set_blocking(to, 1);
    report("send", s2n_send(from->conn, "twelve bytes", 12, &blocked));
    struct iovec parts[] = { { "one, ", 5 }, { "two, ", 5 }, { "three", 5 } };
    report("sendv", s2n_sendv(from->conn, parts, 3, &blocked));
    report("sendv from 3", s2n_sendv_with_offset(from->conn, parts, 3, 3, &blocked));
    report("recv", s2n_recv(to->conn, buffer, 7, &blocked));
    printf("peek: %u, %.7s\n", s2n_peek(to->conn), buffer);
    for (int wanted = 5; wanted > 0;) {
        ssize_t got = s2n_recv(to->conn, buffer, 100, &blocked);
        report("recv", got);
        wanted = got == 5 ? 5 : got == 15 ? 12 : got == 12 ? 0 : -1;
    }
    uint8_t updates[2] = { 0 };
    if (s2n_connection_get_actual_protocol_version(from->conn) == S2N_TLS13) {
        CHECK_OK(s2n_connection_request_key_update(from->conn, S2N_KEY_UPDATE_NOT_REQUESTED));
    }
    CHECK(s2n_send(from->conn, "x", 1, &blocked) == 1);
    CHECK(s2n_recv(to->conn, buffer, 1, &blocked) == 1);
    CHECK_OK(s2n_connection_get_key_update_counts(from->conn, &updates[0], &updates[1]));
    printf("key updates: %d %d\n", updates[0], updates[1]);
}

static void *close_connection(void *context)
{
    struct endpoint *end = context;
    end->result = s2n_shutdown(end->conn, &end->blocked);
    end->error = s2n_errno;
    return NULL;
}

static void both(struct endpoint *ends, void *(*work)(void *))
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, work, &ends[0]) == 0);
    work(&ends[1]);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void connection(const char *policy, const char *chain, const char *name)
{
    int fds[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    struct endpoint ends[] = { { .fd = fds[0] }, { .fd = fds[1] } };
    printf("== %s, %s, %s\n", policy, chain, name);
    prepare(&ends[0], S2N_SERVER, policy, chain);
    prepare(&ends[1], S2N_CLIENT, policy, "client");
    CHECK_OK(s2n_set_server_name(ends[1].conn, name));
    both(ends, negotiate);
    /* The error of the peer of a failed endpoint depends on timing. */
    bool complete = ends[0].result == 0 && ends[1].result == 0;
    for (int at = complete ? 0 : 1; at < 2; at++) {
        print_endpoint(&ends[at]);
    }
    if (complete) {
        exchange(&ends[0], &ends[1]);
        exchange(&ends[1], &ends[0]);
        both(ends, close_connection);
        report("closed", ends[0].result);
        report("closed", ends[1].result);
        s2n_blocked_status blocked;
        char byte = 0;
        report("send after shutdown", s2n_send(ends[0].conn, &byte, 1, &blocked));
        report("recv after shutdown", s2n_recv(ends[0].conn, &byte, 1, &blocked));
    }
    for (int at = 0; at < 2; at++) {
        CHECK_OK(s2n_connection_free(ends[at].conn));
        CHECK_OK(s2n_config_free(ends[at].config));
        CHECK_OK(s2n_cert_chain_and_key_free(ends[at].chain));
        close(ends[at].fd);
    }
}

static void crls_and_fingerprints(void)
{
    char *pem = read_file(directory, "intermediate.crl");
    struct s2n_crl *crl = s2n_crl_new();
    uint64_t issuer = 0;
    CHECK_OK(s2n_crl_load_pem(crl, (uint8_t *) pem, strlen(pem)));
    CHECK_OK(s2n_crl_get_issuer_hash(crl, &issuer));
    report("active", s2n_crl_validate_active(crl));
    report("not expired", s2n_crl_validate_not_expired(crl));
    printf("issuer: %016llx\n", (unsigned long long) issuer);
    CHECK_OK(s2n_crl_free(&crl));
    CHECK(crl == NULL);
    free(pem);

    static const uint8_t extensions[] = { 0, 10, 0, 4, 0, 2, 0, 29, 0, 11, 0, 2, 1, 0, 0, 43, 0, 3, 2, 3, 4 };
    uint8_t message[4 + 2 + 32 + 1 + 2 + 4 + 2 + 2 + sizeof(extensions)] = { 1, 0, 0,
        sizeof(message) - 4, 3, 3 };
    static const uint8_t suites[] = { 0, 0, 4, 0x13, 1, 0xc0, 0x2b, 1, 0, 0, sizeof(extensions) };
    memcpy(message + 38, suites, sizeof(suites));
    memcpy(message + 38 + sizeof(suites), extensions, sizeof(extensions));
    struct s2n_client_hello *hello = s2n_client_hello_parse_message(message, sizeof(message));
    CHECK(hello != NULL);
    struct s2n_fingerprint *fingerprint = s2n_fingerprint_new(S2N_FINGERPRINT_JA4);
    uint8_t hash[100] = { 0 };
    uint32_t size = 0;
    CHECK_OK(s2n_fingerprint_set_client_hello(fingerprint, hello));
    CHECK_OK(s2n_fingerprint_get_hash(fingerprint, sizeof(hash), hash, &size));
    printf("fingerprint: %u %s\n", size, (char *) hash);
    CHECK_OK(s2n_fingerprint_free(&fingerprint));
    CHECK_OK(s2n_client_hello_free(&hello));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    directory = argv[1];
    CHECK_OK(s2n_init());
    errors();
    crls_and_fingerprints();
    connection("20240501", "ecdsa", "localhost");
    connection("20240501", "rsa", "localhost");
    connection("default_tls13", "ecdsa", "localhost");
    connection("default_tls13", "rsa", "localhost");
    connection("default_tls13", "unknown", "localhost");
    CHECK_OK(s2n_cleanup());
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
