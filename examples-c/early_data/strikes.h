/*
 * The strike register: the tickets that were used for early data, so that each is used once. The ticket keys
 * belong to it: early data must be accepted only where its use is recorded.
 *
 * The register holds an entry as long as early data with the ticket would be accepted. It fails safe: if it
 * cannot record a ticket, early data is rejected.
 */
#ifndef STRIKES_H
#define STRIKES_H

#include <s2n.h>
#include <stdint.h>

enum strike { STRIKE_NEW, STRIKE_USED, STRIKE_FAILED };

/* Called once for each strikes_add(), before or after that returns. */
typedef void (*strikes_answer_fn)(void *context, enum strike strike);

/* Opens the register, and adds the ticket keys to `config`, which uses tickets. `where` is the maximum number
 * of entries in memory, or the address of Redis. Returns 0, or -1 with errno set. */
int strikes_open(int epoll, const char *where, struct s2n_config *config, strikes_answer_fn answer);

/* Handles an event of the loop. Returns 0 if it is not one of the register. */
int strikes_handle(const void *tag, uint32_t events);

/* Records a ticket for a number of seconds, unless it is recorded already. In Redis, this is the command
 * `SET strike:TICKET 1 NX EX SECONDS`. */
void strikes_add(uint64_t ticket, unsigned seconds, void *context);

/* Closes the register. Pending answers are given before it returns. */
void strikes_close(void);

#endif
