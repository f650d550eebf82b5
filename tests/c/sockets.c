/*
 * TCP sockets: the options that the library sets (TCP_QUICKACK, TCP_CORK), and the state that it restores.
 *
 * usage: sockets FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The number of the library's system calls on each descriptor. */
static struct calls {
    int quick_acks, corks, uncorks, closes;
} counted[1024];

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    if (level == IPPROTO_TCP && name == TCP_QUICKACK) {
        counted[fd].quick_acks++;
    }
    if (level == IPPROTO_TCP && name == TCP_CORK) {
        const int on = *(const int *) value;
        counted[fd].corks += on != 0;
        counted[fd].uncorks += on == 0;
    }
    return (int) syscall(SYS_setsockopt, fd, level, name, value, len);
}

int close(int fd)
{
    if (fd >= 0 && fd < 1024) {
        counted[fd].closes++;
    }
    return (int) syscall(SYS_close, fd);
}

static void connect_sockets(int fds[2])
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_OK(bind(listener, (struct sockaddr *) &address, len));
    CHECK_OK(listen(listener, 1));
    CHECK_OK(getsockname(listener, (struct sockaddr *) &address, &len));
    fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_OK(connect(fds[0], (struct sockaddr *) &address, len));
    fds[1] = accept(listener, NULL, NULL);
    CHECK(fds[1] >= 0);
    CHECK_OK(close(listener));
    for (int i = 0; i < 2; i++) {
        CHECK(fds[i] < 1024);
        counted[fds[i]] = (struct calls){ 0 };
    }
}

static bool is_corked(int fd)
{
    int on = -1;
    socklen_t len = sizeof(on);
    CHECK_OK(getsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, &len));
    return on;
}

static void set_cork(int fd, int on)
{
    CHECK_OK((int) syscall(SYS_setsockopt, fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on)));
}

static void *negotiate_blocking(void *conn)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_OK(s2n_negotiate(conn, &blocked));
    CHECK(blocked == S2N_NOT_BLOCKED);
    return NULL;
}

/* Performs a handshake on blocking sockets, so each endpoint needs a thread. */
static void handshake(struct pair *pair)
{
    pthread_t server;
    CHECK_OK(pthread_create(&server, NULL, negotiate_blocking, pair->server));
    negotiate_blocking(pair->client);
    CHECK_OK(pthread_join(server, NULL));
}

static void send_hello(struct pair *pair)
{
    char room[8];
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_send(pair->client, "hello", 5, &blocked) == 5);
    CHECK(s2n_recv(pair->server, room, sizeof(room), &blocked) == 5);
    CHECK(memcmp(room, "hello", 5) == 0);
}

static void acknowledgements_are_quick_during_the_handshake_only(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    int fds[2];
    connect_sockets(fds);
    CHECK_OK(s2n_connection_set_fd(pair->client, fds[0]));
    CHECK_OK(s2n_connection_set_fd(pair->server, fds[1]));
    handshake(pair);
    const int quick[2] = { counted[fds[0]].quick_acks, counted[fds[1]].quick_acks };
    CHECK(quick[0] > 0 && quick[1] > 0);
    send_hello(pair);
    for (int i = 0; i < 2; i++) {
        CHECK(counted[fds[i]].quick_acks == quick[i]);
        /* Corking must be enabled by the application. */
        CHECK(counted[fds[i]].corks == 0 && !is_corked(fds[i]));
    }
    disconnect(pair);
    for (int i = 0; i < 2; i++) {
        CHECK(counted[fds[i]].closes == 0 && fcntl(fds[i], F_GETFD) >= 0);
        CHECK_OK(close(fds[i]));
    }
}

static void flights_are_corked(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    int fds[2];
    connect_sockets(fds);
    /* The server's socket has its defaults; the client's is corked by the application. */
    set_cork(fds[0], 1);
    CHECK_OK(s2n_connection_set_fd(pair->client, fds[0]));
    CHECK_OK(s2n_connection_set_fd(pair->server, fds[1]));
    CHECK_OK(s2n_connection_use_corked_io(pair->client));
    CHECK_OK(s2n_connection_use_corked_io(pair->server));
    pthread_t server;
    CHECK_OK(pthread_create(&server, NULL, negotiate_blocking, pair->server));
    CHECK_OK(fcntl(fds[0], F_SETFL, O_NONBLOCK));
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    while (s2n_negotiate(pair->client, &blocked) != 0) {
        CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
        /* The library leaves a cork of the application in place. */
        CHECK(is_corked(fds[0]));
        set_cork(fds[0], 0);
        set_cork(fds[0], 1);
        struct pollfd ready = { .fd = fds[0], .events = POLLIN };
        CHECK(blocked == S2N_BLOCKED_ON_READ && poll(&ready, 1, -1) == 1);
    }
    set_cork(fds[0], 0);
    CHECK_OK(pthread_join(server, NULL));
    CHECK(counted[fds[0]].corks == 0 && counted[fds[0]].uncorks == 0);
    CHECK(counted[fds[1]].corks > 0 && counted[fds[1]].corks == counted[fds[1]].uncorks);
    CHECK(!is_corked(fds[1]));

    /* Application data is not corked. */
    const int corks = counted[fds[1]].corks;
    char room[8];
    CHECK(s2n_send(pair->server, "hello", 5, &blocked) == 5);
    CHECK_OK(fcntl(fds[0], F_SETFL, 0));
    CHECK(s2n_recv(pair->client, room, sizeof(room), &blocked) == 5);
    CHECK(counted[fds[1]].corks == corks);

    /* A wipe restores the original state of the socket. */
    set_cork(fds[0], 0);
    CHECK_OK(s2n_connection_wipe(pair->client));
    CHECK_OK(s2n_connection_wipe(pair->server));
    CHECK(is_corked(fds[0]) && !is_corked(fds[1]));
    disconnect(pair);
    CHECK(counted[fds[0]].closes == 0 && counted[fds[1]].closes == 0);
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));
}

/* Separate descriptors for reading and writing; one direction is a pipe. */
static void directions_may_have_separate_descriptors(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    int sockets[2], back[2];
    connect_sockets(sockets);
    CHECK_OK(pipe(back));
    CHECK_OK(s2n_connection_set_write_fd(pair->client, sockets[0]));
    CHECK_OK(s2n_connection_set_read_fd(pair->server, sockets[1]));
    CHECK_OK(s2n_connection_set_write_fd(pair->server, back[1]));
    CHECK_OK(s2n_connection_set_read_fd(pair->client, back[0]));
    handshake(pair);
    send_hello(pair);
    disconnect(pair);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(close(sockets[i]));
        CHECK_OK(close(back[i]));
    }
}

/* A descriptor for one direction leaves the callback of the other one, with its context. */
static void a_direction_may_keep_its_callback(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    int to_client[2];
    CHECK_OK(pipe(to_client));
    CHECK_OK(fcntl(to_client[0], F_SETFL, O_NONBLOCK));
    CHECK_OK(s2n_connection_set_read_fd(pair->client, to_client[0]));
    CHECK_OK(s2n_connection_set_write_fd(pair->server, to_client[1]));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    send_hello(pair);
    disconnect(pair);
    CHECK_OK(close(to_client[0]));
    CHECK_OK(close(to_client[1]));
}

/* As in s2n-tls, by a wipe of a connection that corks its flights. */
static void the_low_water_mark_is_restored(void)
{
    struct s2n_connection *conn = s2n_connection_new(S2N_SERVER);
    int fds[2], mark = 0, other = 7;
    socklen_t len = sizeof(mark);
    connect_sockets(fds);
    CHECK_OK(s2n_connection_set_fd(conn, fds[0]));
    CHECK_OK(s2n_connection_use_corked_io(conn));
    CHECK_OK((int) syscall(SYS_setsockopt, fds[0], SOL_SOCKET, SO_RCVLOWAT, &other, sizeof(other)));
    CHECK_OK(s2n_connection_wipe(conn));
    CHECK_OK(getsockopt(fds[0], SOL_SOCKET, SO_RCVLOWAT, &mark, &len));
    CHECK(mark == 1);
    CHECK_OK(s2n_connection_free(conn));
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        acknowledgements_are_quick_during_the_handshake_only(tls13);
        flights_are_corked(tls13);
        directions_may_have_separate_descriptors(tls13);
        a_direction_may_keep_its_callback(tls13);
    }
    the_low_water_mark_is_restored();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
