/*
 * What the servers of a fleet share, in Redis: the session ticket keys, and the TLS 1.2 session cache.
 *
 * The connection to Redis is asynchronous and belongs to the event loop of the server. While Redis is not
 * reachable, nothing is found and nothing is stored, so that handshakes are full ones; a timer reconnects.
 */
#include <s2n.h>
#include <stddef.h>
#include <stdint.h>

/* Called once for each lookup. `len` is 0 if there is no such session, or if Redis is not reachable.
 *
 * Also called once for each store_add(): `session` is NULL if Redis is not reachable; otherwise `len` is 1 if the
 * name is new, and 0 if it exists. */
typedef void (*store_answer_fn)(void *client, const void *session, size_t len);

/* Adds Redis to the event loop. `address` is the path of a Unix socket, or ADDRESS:PORT with a numeric address.
 * In each period the ticket keys are read and added to `config`. Returns 0, or -1 with errno set. */
int store_open(int epoll, const char *address, unsigned period_ms, struct s2n_config *config,
    store_answer_fn answer);

/* Handles an event of the loop. Returns 0 if it is not one of the store. */
int store_handle(const void *tag, uint32_t events);

/* Looks up a session. Returns 0 if the lookup was started, and -1 if Redis is not reachable. */
int store_get(const void *id, size_t id_len, void *client);

/* Stores or deletes a session, without waiting for the result. Returns -1 if Redis is not reachable. */
int store_set(
    const void *id, size_t id_len, const void *session, size_t len, unsigned long long lifetime_seconds);
int store_delete(const void *id, size_t id_len);

/* Adds a name that expires, unless it exists. Returns 0 if that was started, and -1 if Redis is not reachable. */
int store_add(const void *name, size_t name_len, unsigned long long lifetime_seconds, void *client);

/* Closes the connection to Redis. Pending lookups are answered before it returns. */
void store_close(void);
