/* The tickets of the server: when they were issued, and what identifies them in the strike register. */
#ifndef TICKETS_H
#define TICKETS_H

#include <s2n.h>
#include <stdint.h>

/* The maximum difference between the clocks of the servers, and by which a clock is set back, in seconds. */
enum { MAX_SKEW = 60 };

/* Stores the current time in the tickets that a connection will send. Returns 0 on success. */
int ticket_set_time(struct s2n_connection *conn);

/* Returns whether the ticket of a client is less than `max_age` seconds old. */
int ticket_is_recent(struct s2n_offered_early_data *offered, unsigned max_age);

/* Identifies the ticket of a client in the register. Returns 0 on success. */
int ticket_id(struct s2n_connection *conn, uint64_t *id);

#endif
