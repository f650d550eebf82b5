/*
 * The connection to the runner, with blocking and short operations in asynchronous mode.
 */
#include "shim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_socket(const struct options *options)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t) options->port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t) options->port) };
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v6.sin6_addr = in6addr_loopback;
    const struct sockaddr *address = options->ipv6 ? (struct sockaddr *) &v6 : (struct sockaddr *) &v4;
    socklen_t size = options->ipv6 ? sizeof(v6) : sizeof(v4);
    int fd = socket(address->sa_family, SOCK_STREAM, 0), on = 1;
    if (fd < 0 || connect(fd, address, size) != 0
        || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
        perror("connecting to the runner");
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}

bool connect_to_runner(const struct options *options, struct transport *transport)
{
    transport->fd = open_socket(options);
    transport->async = options->async;
    transport->write_allowance = -1;
    if (transport->fd < 0) {
        return false;
    }
    uint8_t id[8] = { 0 };
    for (int i = 0; i < 4; i++) {
        id[i] = (uint8_t) ((uint32_t) options->shim_id >> (8 * i));
    }
    return send(transport->fd, id, sizeof(id), MSG_NOSIGNAL) == sizeof(id);
}

/* What the runner still sends is read, so that the kernel does not reset the connection before the runner
 * has read an alert. */
void disconnect_from_runner(struct transport *transport)
{
    if (transport->fd < 0) {
        return;
    }
    char rest[1024];
    shutdown(transport->fd, SHUT_WR);
    while (recv(transport->fd, rest, sizeof(rest), 0) > 0) {
    }
    close(transport->fd);
    transport->fd = -1;
}

static int block(void)
{
    errno = EAGAIN;
    return -1;
}

int transport_recv(void *context, uint8_t *buf, uint32_t len)
{
    struct transport *transport = context;
    if (transport->quic != NULL) {
        return quic_recv_messages(transport, buf, len);
    }
    if (transport->is_deaf) {
        return block();
    }
    if (transport->async) {
        transport->may_read = !transport->may_read;
        if (!transport->may_read) {
            return block();
        }
        len = len > 1 ? 1 : len;
    }
    return (int) recv(transport->fd, buf, len, 0);
}

int transport_send(void *context, const uint8_t *buf, uint32_t len)
{
    struct transport *transport = context;
    if (transport->quic != NULL) {
        return quic_send_messages(transport, buf, len);
    }
    if (transport->write_allowance == 0) {
        return block();
    }
    if (transport->async) {
        transport->may_write = !transport->may_write;
        if (!transport->may_write) {
            return block();
        }
        len = len > 1 ? 1 : len;
    }
    if (transport->write_allowance > 0) {
        transport->write_allowance--;
        len = len > 1 ? 1 : len;
    }
    return (int) send(transport->fd, buf, len, MSG_NOSIGNAL);
}
