/*
 * Pairs of endpoints and their parts for the tests of timing. They use the API alone, and so the library as it
 * is shipped.
 */
#ifndef TIMING_H
#define TIMING_H

#include "pair.h"

#include <rs2n/rs2n.h>
#include <stdbool.h>

/* A cipher suite, and the policy that has no other. */
struct suite {
    const char *policy;
    int tls13;
    /* The length of verify_data, and of a binder. */
    size_t hash;
    /* The second byte of its number, in TLS 1.3. */
    uint8_t number;
};

enum { SUITES = 6, TAG = 16, HEADER = 5 };
extern const struct suite suites[SUITES];

/* Reads the folder of certificates from the arguments, and defines the policies. */
void begin(int argc, char **argv);

/* Endpoints of one suite, without delays after errors: the distribution of delays has a test of its own. */
struct pair *new_pair_of(const struct suite *suite);
struct pair *connected_pair_of(const struct suite *suite);

/* Adds an external PSK, whose secret has SECRET_SIZE bytes. */
enum { SECRET_SIZE = 32 };
void append_psk(struct s2n_connection *conn, const struct suite *suite, const uint8_t *secret);

/*
 * The same with early data: a client offers it, a server has a callback for it, and receives it. The library then
 * verifies the binder itself, before rustls does.
 */
void offer_early_data(struct pair *pair, const struct suite *suite, const uint8_t *secret);
void expect_early_data(struct pair *pair, const struct suite *suite, const uint8_t *secret);
int receive_early_data(struct s2n_connection *server);

/* Takes one step of a handshake, which blocks or succeeds. */
void negotiate_once(struct s2n_connection *conn);

/* The last byte in transit. */
uint8_t *last_byte(struct transport *transport);

/* The binder, and the ticket, of a ClientHello in transit that offers one PSK. */
uint8_t *last_binder(struct transport *transport, const struct suite *suite);
uint8_t *offered_ticket(struct transport *transport, const struct suite *suite, size_t *length);

/* A client's session, with a ticket. */
struct session {
    uint8_t bytes[2000];
    size_t length;
};

/* A ticket is its version, the name of its key, which NULs follow up to 16 bytes, more, and a tag. */
enum { TICKET_VERSION = 1, TICKET_NAME = 16 };
#define TICKET_KEY "key"

/* Uses tickets of a key whose secret has SECRET_SIZE bytes, which the library clears. */
void add_ticket_key(struct s2n_config *config, uint8_t *secret);
/* The ticket of a connection that `prepare` has changed before its handshake. */
struct session ticket_of(const struct suite *suite, uint8_t *secret, struct pair *(*prepare)(struct pair *pair));

#endif
