/*
 * A transport with faults: in memory, behind the I/O callbacks of a connection; or a descriptor, whose system
 * calls this program replaces.
 */
#define _GNU_SOURCE
#include "soak.h"

#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(int error)
{
    errno = error;
    return -1;
}

static bool draw(struct port *port, unsigned rate, enum count what)
{
    if (below(port->scenario, 256) >= rate) {
        return false;
    }
    count(what, 1);
    return true;
}

static int break_port(struct port *port)
{
    static const int ERRORS[] = { ECONNRESET, EPIPE, ETIMEDOUT, EIO, ENOSPC, ENOBUFS };
    port->is_broken = true;
    close_port(port);
    count(RESET, 1);
    return fail(ERRORS[below(port->scenario, sizeof(ERRORS) / sizeof(*ERRORS))]);
}

/* Whether this call has the fatal fault. */
static bool is_fatal_call(struct port *port, enum fatal fatal)
{
    struct scenario *scenario = port->scenario;
    struct faults *faults = &scenario->faults;
    if (faults->fatal != fatal || faults->fatal_has_occurred || scenario->transport_calls < faults->fatal_at) {
        return false;
    }
    return faults->fatal_has_occurred = true;
}

/*
 * The faults of a call, before it. Returns 0 if it is performed, with a length that may be shorter; otherwise
 * its result is `outcome`.
 */
static bool has_fault(struct port *port, uint32_t *len, ssize_t *outcome)
{
    struct scenario *scenario = port->scenario;
    scenario->transport_calls++;
    *outcome = -1;
    if (port->is_broken) {
        fail(ECONNRESET);
    } else if (is_fatal_call(port, RESETTING)) {
        break_port(port);
    } else if (draw(port, scenario->faults.interrupts, INTERRUPTED)) {
        fail(EINTR);
    } else if (draw(port, scenario->faults.blocks, BLOCKED)) {
        fail(EAGAIN);
    } else {
        if (*len > 1 && draw(port, scenario->faults.shortens, SHORT)) {
            *len = 1 + below(scenario, *len < 40 || one_in(scenario, 2) ? *len : 40);
        }
        return false;
    }
    return true;
}

/* The end of the stream at a random place, also of a reader that has read everything else. */
static bool is_at_end(struct port *port)
{
    if (!port->is_truncated && is_fatal_call(port, TRUNCATING)) {
        port->is_truncated = true;
        count(TRUNCATED, 1);
    }
    return port->is_truncated;
}

static void arrive(struct port *port, uint8_t *buf, ssize_t len)
{
    if (len <= 0) {
        return;
    }
    port->scenario->moved_bytes += len;
    if (is_fatal_call(port, TAMPERING)) {
        buf[below(port->scenario, len)] ^= 1 << below(port->scenario, 8);
        count(TAMPERED, 1);
    }
}

int port_send(void *context, const uint8_t *buf, uint32_t len)
{
    struct port *port = context;
    struct channel *out = port->out;
    ssize_t outcome;
    if (has_fault(port, &len, &outcome)) {
        return outcome;
    }
    if (out->ended) {
        return fail(EPIPE);
    }
    if (out->read > 0) {
        memmove(out->bytes, out->bytes + out->read, out->written - out->read);
        out->written -= out->read;
        out->read = 0;
    }
    const size_t room = sizeof(out->bytes) - out->written;
    const size_t taken = len < room ? len : room;
    if (taken == 0) {
        return fail(EAGAIN);
    }
    memcpy(out->bytes + out->written, buf, taken);
    out->written += taken;
    port->scenario->moved_bytes += taken;
    return taken;
}

int port_recv(void *context, uint8_t *buf, uint32_t len)
{
    struct port *port = context;
    struct channel *in = port->in;
    ssize_t outcome;
    if (is_at_end(port)) {
        return 0;
    }
    if (has_fault(port, &len, &outcome)) {
        return outcome;
    }
    const size_t waiting = in->written - in->read;
    const size_t taken = len < waiting ? len : waiting;
    if (taken == 0) {
        return in->ended ? 0 : fail(EAGAIN);
    }
    memcpy(buf, in->bytes + in->read, taken);
    in->read += taken;
    arrive(port, buf, taken);
    return taken;
}

void close_port(struct port *port)
{
    if (port->fd >= 0) {
        shutdown(port->fd, SHUT_RDWR);
    } else {
        port->in->ended = port->out->ended = true;
    }
}

/* The port of a descriptor of the current scenario. */
static struct port *port_of(int fd)
{
    if (current == NULL || fd < 0) {
        return NULL;
    }
    return current->client.port.fd == fd ? &current->client.port
            : current->server.port.fd == fd ? &current->server.port : NULL;
}

typedef ssize_t read_fn(int, void *, size_t);
typedef ssize_t send_fn(int, const void *, size_t, int);

ssize_t read(int fd, void *buf, size_t len)
{
    static _Atomic(read_fn *) next;
    if (next == NULL) {
        next = (read_fn *) dlsym(RTLD_NEXT, "read");
    }
    struct port *port = port_of(fd);
    uint32_t part = len;
    ssize_t outcome;
    if (port == NULL) {
        return next(fd, buf, len);
    }
    if (is_at_end(port)) {
        return 0;
    }
    if (has_fault(port, &part, &outcome)) {
        return outcome;
    }
    outcome = next(fd, buf, part);
    arrive(port, buf, outcome);
    return outcome;
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
    static _Atomic(send_fn *) next;
    if (next == NULL) {
        next = (send_fn *) dlsym(RTLD_NEXT, "send");
    }
    /* A peer that has closed must be an error: no SIGPIPE. */
    CHECK(flags & MSG_NOSIGNAL);
    struct port *port = port_of(fd);
    uint32_t part = len;
    ssize_t outcome;
    if (port == NULL) {
        return next(fd, buf, len, flags);
    }
    if (has_fault(port, &part, &outcome)) {
        return outcome;
    }
    outcome = next(fd, buf, part, flags);
    if (outcome > 0) {
        port->scenario->moved_bytes += outcome;
    }
    return outcome;
}
