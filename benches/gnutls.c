/*
 * GnuTLS.
 */
#include "peer.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(result)                                                       \
    do {                                                                    \
        int checked = (result);                                             \
        if (checked < 0) {                                                  \
            fail(__FILE__, __LINE__, #result, gnutls_strerror(checked));    \
        }                                                                   \
    } while (0)

static gnutls_certificate_credentials_t credentials[2];
static gnutls_priority_t priorities;
static int is_mutual;

struct endpoint {
    gnutls_session_t session;
    struct pipe *in, *out;
};

static ssize_t push(gnutls_transport_ptr_t context, const void *bytes, size_t len)
{
    struct endpoint *endpoint = context;
    int written = pipe_write(endpoint->out, bytes, len);
    if (written < 0) {
        gnutls_transport_set_errno(endpoint->session, EAGAIN);
    }
    return written;
}

static ssize_t pull(gnutls_transport_ptr_t context, void *bytes, size_t len)
{
    struct endpoint *endpoint = context;
    int received = pipe_read(endpoint->in, bytes, len);
    if (received < 0) {
        gnutls_transport_set_errno(endpoint->session, EAGAIN);
    }
    return received;
}

static gnutls_datum_t datum(char *text)
{
    return (gnutls_datum_t){ (unsigned char *) text, (unsigned) strlen(text) };
}

static void trust(enum side side, const struct certs *certs)
{
    gnutls_datum_t root = datum(certs->root);
    CHECK(gnutls_certificate_set_x509_trust_mem(credentials[side], &root, GNUTLS_X509_FMT_PEM));
}

static void add_chain(enum side side, char *chain, char *key)
{
    gnutls_datum_t certs = datum(chain), private_key = datum(key);
    CHECK(gnutls_certificate_set_x509_key_mem(credentials[side], &certs, &private_key,
        GNUTLS_X509_FMT_PEM));
}

void peer_prepare(const struct certs *certs, int mutual)
{
    is_mutual = mutual;
    CHECK(gnutls_priority_init(&priorities,
        "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:-GROUP-ALL:+GROUP-SECP256R1", NULL));
    for (int side = CLIENT; side <= SERVER; side++) {
        CHECK(gnutls_certificate_allocate_credentials(&credentials[side]));
    }
    trust(CLIENT, certs);
    add_chain(SERVER, certs->chain, certs->key);
    if (mutual) {
        trust(SERVER, certs);
        add_chain(CLIENT, certs->client_chain, certs->client_key);
    }
}

static struct endpoint *open_endpoint(enum side side, struct pipe *in, struct pipe *out)
{
    struct endpoint *endpoint = malloc(sizeof(*endpoint));
    gnutls_session_t session;
    unsigned flags = GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS;
    CHECK(gnutls_init(&session, flags | (side == CLIENT ? GNUTLS_CLIENT : GNUTLS_SERVER)));
    *endpoint = (struct endpoint){ session, in, out };
    CHECK(gnutls_priority_set(session, priorities));
    CHECK(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials[side]));
    gnutls_transport_set_ptr(session, endpoint);
    gnutls_transport_set_push_function(session, push);
    gnutls_transport_set_pull_function(session, pull);
    if (side == CLIENT) {
        CHECK(gnutls_server_name_set(session, GNUTLS_NAME_DNS, "localhost", 9));
        gnutls_session_set_verify_cert(session, "localhost", 0);
    } else if (is_mutual) {
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
        gnutls_session_set_verify_cert(session, NULL, 0);
    }
    return endpoint;
}

static int step(struct endpoint *endpoint)
{
    int result = gnutls_handshake(endpoint->session);
    if (result != GNUTLS_E_AGAIN) {
        CHECK(result);
    }
    return result == 0;
}

static void close_endpoint(struct endpoint *endpoint)
{
    gnutls_deinit(endpoint->session);
    free(endpoint);
}

static void send_all(struct endpoint *endpoint, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = gnutls_record_send(endpoint->session, bytes, len);
        CHECK((int) sent);
        bytes += sent;
        len -= (size_t) sent;
    }
}

static size_t recv_some(struct endpoint *endpoint, uint8_t *bytes, size_t len)
{
    ssize_t received = gnutls_record_recv(endpoint->session, bytes, len);
    CHECK((int) received);
    return (size_t) received;
}

const struct library peer = { open_endpoint, step, close_endpoint, send_all, recv_some, NULL,
    HEAP_BLOCK(sizeof(struct endpoint)) };

void peer_print_version(void)
{
    printf("GnuTLS %s\n", gnutls_check_version(NULL));
}
