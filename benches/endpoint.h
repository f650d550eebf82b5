/*
 * Connections of an S2N library: of rs2n or of s2n-tls, by what the program is linked with.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include "library.h"
#include "measure.h"

#include <s2n.h>

#define CHECK(ok)                                                                       \
    do {                                                                                \
        if (!(ok)) {                                                                    \
            fail(__FILE__, __LINE__, #ok, s2n_strerror_debug(s2n_errno, "EN"));         \
        }                                                                               \
    } while (0)

/* Less than the limit, at which a client could not send more. */
enum { EARLY_DATA = 100, EARLY_DATA_LIMIT = 1000 };

struct session {
    uint8_t bytes[4096];
    int len;
};

/* How the endpoints of `s2n` are made. The configs are those of the client and of the server. The client
 * offers the session, or both endpoints have the pre-shared key, if there is one. */
struct setup {
    struct s2n_config *configs[2];
    const struct session *session;
    struct s2n_psk *psk;
    int early_data;
};

extern struct setup setup;
extern const struct library s2n;

struct endpoint {
    struct s2n_connection *conn;
    enum side side;
    /* Early data that is not sent, or not received */
    int early_data;
};

struct s2n_config *config_new(const char *policy);
void add_chain(struct s2n_config *config, const char *chain, const char *key);
struct s2n_config *client_config(const char *policy, const struct certs *certs);
struct s2n_config *server_config(const char *policy, const struct certs *certs);

/* Mutual TLS. */
void require_client_chain(struct s2n_config *client, struct s2n_config *server,
    const struct certs *certs);

void enable_tickets(struct s2n_config *client, struct s2n_config *server);

/* The end of a step: fails unless the transport blocks or the step is completed, which is true. */
int done_or_blocked(int result);

/* Receives a ticket, but no data. */
void receive_ticket(struct endpoint *client);

#endif
