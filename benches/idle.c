/*
 * Resident memory of idle connections: the clients in one process, the servers in another one.
 */
#define _GNU_SOURCE
#include "children.h"
#include "endpoint.h"
#include "scale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WARM_UP = 50 };

/* What a side reports: the number of its connections, and the bytes of them all. */
struct memory {
    size_t connections;
    double bytes;
};

static double resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*s %lu", &pages) != 1) {
        fail(__FILE__, __LINE__, "/proc/self/statm", "cannot be read");
    }
    fclose(file);
    return (double) pages * (double) sysconf(_SC_PAGESIZE);
}

static double available_bytes(void)
{
    char line[128];
    unsigned long kilobytes = 0;
    FILE *file = fopen("/proc/meminfo", "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "MemAvailable: %lu", &kilobytes) == 1) {
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return (double) kilobytes * 1024;
}

/* All connections use one socket, one after the other, each for its handshake. */
static void connect_one(enum side side, int fd)
{
    s2n_blocked_status blocked;
    struct s2n_connection *conn = s2n_connection_new(side == CLIENT ? S2N_CLIENT : S2N_SERVER);
    CHECK(conn != NULL);
    CHECK(s2n_connection_set_config(conn, setup.configs[side]) == 0);
    CHECK(s2n_connection_set_fd(conn, fd) == 0);
    CHECK(side == SERVER || s2n_set_server_name(conn, "localhost") == 0);
    CHECK(s2n_negotiate(conn, &blocked) == 0);
}

/* Servers, as many as there are clients. */
static void serve(int fd, int result)
{
    struct memory memory = { 0, 0 };
    char byte;
    double before = 0;
    for (size_t i = 0; recv(fd, &byte, 1, MSG_PEEK) == 1; i++) {
        before = i == WARM_UP ? resident_bytes() : before;
        connect_one(SERVER, fd);
        memory.connections += i >= WARM_UP;
    }
    memory.bytes = resident_bytes() - before;
    write_result(result, &memory, sizeof(memory));
}

/* Clients, until there are as many as required or as the memory permits. */
static struct memory connect_all(int fd, size_t count)
{
    struct memory memory = { 0, 0 };
    /* The servers take about the same, and a part remains for the system. */
    double limit = available_bytes() / 4;
    for (size_t i = 0; i < WARM_UP; i++) {
        connect_one(CLIENT, fd);
    }
    double before = resident_bytes();
    while (memory.connections < count && memory.bytes < limit) {
        connect_one(CLIENT, fd);
        memory.connections++;
        if (memory.connections % 100 == 0 || memory.connections == count) {
            memory.bytes = resident_bytes() - before;
        }
    }
    return memory;
}

void measure_idle(const struct certs *certs, size_t count)
{
    int fds[2];
    struct memory memory[2];
    setup.configs[CLIENT] = client_config("default_tls13", certs);
    setup.configs[SERVER] = server_config("default_tls13", certs);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) {
        fail(__FILE__, __LINE__, "socketpair", "failed");
    }
    struct child server = fork_child();
    if (server.id == 0) {
        close(fds[0]);
        serve(fds[1], server.result);
        _exit(0);
    }
    close(fds[1]);
    /* The clients are in a process of their own, too, which has used no memory before. */
    struct child client = fork_child();
    if (client.id == 0) {
        memory[CLIENT] = connect_all(fds[0], times(count));
        write_result(client.result, &memory[CLIENT], sizeof(memory[CLIENT]));
        _exit(0);
    }
    close(fds[0]);
    read_result(&client, &memory[CLIENT], sizeof(memory[CLIENT]));
    read_result(&server, &memory[SERVER], sizeof(memory[SERVER]));
    if (memory[CLIENT].connections != memory[SERVER].connections) {
        fail(__FILE__, __LINE__, "the number of servers", "is not that of the clients");
    }
    report((double) memory[CLIENT].connections, "idle_connections");
    for (int side = CLIENT; side <= SERVER; side++) {
        const char *name = side == CLIENT ? "client" : "server";
        double bytes = memory[side].bytes / (double) memory[side].connections;
        report(bytes, "idle_%s_bytes", name);
        report(bytes / 1000, "idle_%s_million_GB", name);
    }
}
