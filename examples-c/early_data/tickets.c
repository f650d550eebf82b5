/*
 * The early data context of a ticket is the time at which it was issued, in seconds since 1970. The server
 * encrypts it with the ticket.
 *
 * Without it, the register would have to hold an entry for as long as the ticket key decrypts, 15 hours by
 * default. The age of the ticket in a ClientHello is no substitute: a replay repeats it.
 */
#define _GNU_SOURCE /* explicit_bzero */
#include "tickets.h"

#include <string.h>
#include <time.h>

int ticket_set_time(struct s2n_connection *conn)
{
    uint8_t issued[8];
    uint64_t now = (uint64_t) time(NULL);
    for (int i = 0; i < 8; i++) {
        issued[i] = (uint8_t) (now >> (56 - 8 * i));
    }
    return s2n_connection_set_server_early_data_context(conn, issued, sizeof(issued));
}

int ticket_is_recent(struct s2n_offered_early_data *offered, unsigned max_age)
{
    uint8_t context[8];
    uint16_t len = 0;
    if (s2n_offered_early_data_get_context_length(offered, &len) != 0 || len != sizeof(context)
        || s2n_offered_early_data_get_context(offered, context, sizeof(context)) != 0) {
        return 0; /* a ticket of another version of this server */
    }
    uint64_t issued = 0, now = (uint64_t) time(NULL);
    for (int i = 0; i < 8; i++) {
        issued = issued << 8 | context[i];
    }
    return issued <= now + MAX_SKEW && now < issued + max_age;
}

/*
 * The identifier is a part of the authentication tag, with which the ticket ends: a tag is as good as random for
 * those without the ticket key, and a ticket with the tag of another one only means that early data is rejected.
 * The rest of the identity is not used. On servers with s2n-tls, it has the session decrypted in it.
 */
int ticket_id(struct s2n_connection *conn, uint64_t *id)
{
    enum { TAG = 16 };
    static uint8_t ticket[UINT16_MAX];
    uint16_t len = 0;
    if (s2n_connection_get_negotiated_psk_identity_length(conn, &len) != 0 || len < TAG
        || s2n_connection_get_negotiated_psk_identity(conn, ticket, sizeof(ticket)) != 0) {
        return -1;
    }
    memcpy(id, ticket + len - TAG, sizeof(*id));
    explicit_bzero(ticket, len);
    return 0;
}
