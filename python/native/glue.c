/*
 * Calls of connections for Python. The result has all that a caller needs to know about the failure: between
 * two calls from Python, a finalizer or a signal handler can call the library in the same thread, and set
 * s2n_errno and errno anew.
 */

#include <errno.h>
#include <limits.h>

/*
 * Returns a result that is not negative unchanged. Otherwise returns the negated blocked status, 1 to 4, if the call
 * is to be repeated, or the negated error, with errno in the upper half if the system has reported it.
 */
static int64_t outcome(int64_t result, s2n_blocked_status blocked)
{
    int64_t system = errno;
    int error = s2n_errno;
    if (result >= 0) {
        return result;
    }
    switch (s2n_error_get_type(error)) {
    case S2N_ERR_T_BLOCKED:
        return blocked == S2N_NOT_BLOCKED ? -(int64_t) error : -(int64_t) blocked;
    case S2N_ERR_T_IO:
        return -(system << 32 | error);
    default:
        return -(int64_t) error;
    }
}

static ssize_t bounded(size_t length)
{
    return length > SSIZE_MAX ? SSIZE_MAX : (ssize_t) length;
}

static int64_t rs2n_py_negotiate(struct s2n_connection *conn)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    int result = s2n_negotiate(conn, &blocked);
    return outcome(result, blocked);
}

static int64_t rs2n_py_send(struct s2n_connection *conn, const void *data, size_t length)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    ssize_t result = s2n_send(conn, data, bounded(length), &blocked);
    return outcome(result, blocked);
}

static int64_t rs2n_py_recv(struct s2n_connection *conn, void *buffer, size_t size)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    ssize_t result = s2n_recv(conn, buffer, bounded(size), &blocked);
    return outcome(result, blocked);
}

static int64_t rs2n_py_shutdown(struct s2n_connection *conn)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    int result = s2n_shutdown(conn, &blocked);
    return outcome(result, blocked);
}

static int64_t rs2n_py_shutdown_send(struct s2n_connection *conn)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    int result = s2n_shutdown_send(conn, &blocked);
    return outcome(result, blocked);
}

/* Host name verification callback that accepts every name. */
static uint8_t rs2n_py_accept_name(const char *name, size_t length, void *data)
{
    (void) name;
    (void) length;
    (void) data;
    return 1;
}
