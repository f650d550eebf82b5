/* Tests of the code in the guide, chapter event-loops. */
#include "event-loops.md.h"
#include "pair.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>

static uint8_t data[300000];
static uint8_t received[sizeof(data)];

static struct transfer transfer_with(struct s2n_connection *conn)
{
    return (struct transfer) {
        .conn = conn,
        .out = data,
        .out_size = sizeof(data),
        .in = received,
        .in_room = sizeof(received),
    };
}

/* Connects the endpoints of a pair by sockets. */
static void use_sockets(struct pair *pair, int fds[2])
{
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds));
    CHECK_OK(s2n_connection_set_fd(pair->client, fds[0]));
    CHECK_OK(s2n_connection_set_fd(pair->server, fds[1]));
}

struct endpoint {
    struct transfer transfer;
    int fd;
};

static void *transfer_in_thread(void *context)
{
    struct endpoint *endpoint = context;
    static uint8_t server_received[sizeof(data) + 1];
    endpoint->transfer.in = server_received;
    endpoint->transfer.in_room = sizeof(server_received);
    CHECK_OK(transfer_both(&endpoint->transfer, endpoint->fd));
    CHECK(endpoint->transfer.received == sizeof(data) && endpoint->transfer.receiving_ended);
    CHECK(memcmp(server_received, data, sizeof(data)) == 0);
    return NULL;
}

static void both_directions_at_once(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    int fds[2];
    use_sockets(pair, fds);
    struct endpoint server = { transfer_with(pair->server), fds[1] };
    pthread_t thread;
    CHECK_OK(pthread_create(&thread, NULL, transfer_in_thread, &server));
    struct transfer transfer = transfer_with(pair->client);
    CHECK_OK(transfer_both(&transfer, fds[0]));
    CHECK_OK(pthread_join(thread, NULL));
    CHECK(transfer.received == sizeof(data) && memcmp(received, data, sizeof(data)) == 0);
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));
    disconnect(pair);
}

/* Serves one client with epoll, until its socket is closed. */
static void *serve_one(void *context)
{
    struct client *client = context;
    int epoll = epoll_create1(0), fd = client->fd;
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
    CHECK(epoll >= 0);
    CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
    do {
        CHECK(epoll_wait(epoll, &event, 1, -1) == 1);
        serve(event.data.ptr, epoll);
    } while (fcntl(fd, F_GETFD) >= 0);
    CHECK_OK(close(epoll));
    return NULL;
}

static void a_client_is_served(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    int fds[2];
    use_sockets(pair, fds);
    struct client *client = calloc(1, sizeof(*client));
    CHECK(client != NULL);
    client->conn = pair->server;
    client->fd = fds[1];
    pthread_t thread;
    CHECK_OK(pthread_create(&thread, NULL, serve_one, client));

    /* The client's socket is blocking. */
    s2n_blocked_status blocked;
    CHECK_OK(fcntl(fds[0], F_SETFL, 0));
    CHECK_OK(s2n_negotiate(pair->client, &blocked));
    for (int i = 0; i < 2; i++) {
        CHECK(s2n_send(pair->client, data, 60000, &blocked) == 60000);
        size_t len = 0;
        while (len < 60000) {
            ssize_t more = s2n_recv(pair->client, received + len, 60000 - len, &blocked);
            CHECK(more > 0);
            len += (size_t) more;
        }
        CHECK(memcmp(received, data, len) == 0);
    }
    CHECK_OK(s2n_shutdown(pair->client, &blocked));
    CHECK_OK(pthread_join(thread, NULL));
    CHECK_OK(close(fds[0]));
    pair->server = s2n_connection_new(S2N_SERVER);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    fill_with_pattern(data, sizeof(data));
    CHECK_OK(s2n_init());
    both_directions_at_once();
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        a_client_is_served(tls13);
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
