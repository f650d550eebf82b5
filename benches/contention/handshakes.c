/*
 * Handshakes of several threads that share the configs and the chain. Prints every write of a
 * connection, from its creation to its end, to memory that existed before its thread.
 */
#include "endpoint.h"
#include "writes.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 20, WARM_UP = 2, MEASURED = 1, PIPE = 1 << 14 };

static int number;
static int measuring;

static void begin(enum side side)
{
    if (measuring) {
        record_writes(number, side);
    }
}

static void end(void)
{
    if (measuring) {
        pause_recording();
    }
}

static struct endpoint *recorded_open(enum side side, struct pipe *in, struct pipe *out)
{
    begin(side);
    struct endpoint *endpoint = s2n.open(side, in, out);
    end();
    return endpoint;
}

static int recorded_step(struct endpoint *endpoint)
{
    begin(endpoint->side);
    int done = s2n.step(endpoint);
    end();
    return done;
}

static void recorded_close(struct endpoint *endpoint)
{
    begin(endpoint->side);
    s2n.close(endpoint);
    end();
}

static void handshake(void)
{
    struct pipe *to_server = pipe_new(PIPE), *to_client = pipe_new(PIPE);
    struct endpoint *client = recorded_open(CLIENT, to_client, to_server);
    struct endpoint *server = recorded_open(SERVER, to_server, to_client);
    int client_done = 0, server_done = 0;
    while (!client_done || !server_done) {
        client_done = client_done || recorded_step(client);
        server_done = server_done || recorded_step(server);
    }
    recorded_close(client);
    recorded_close(server);
}

static void *run(void *unused)
{
    for (int i = 0; i < WARM_UP; i++) {
        handshake();
    }
    measuring = 1;
    for (int i = 0; i < MEASURED; i++) {
        handshake();
    }
    measuring = 0;
    return unused;
}

/* One thread after the other, so that the memory of the earlier ones is shared memory, too. */
static void run_thread(void)
{
    pthread_t thread;
    number++;
    begin_thread();
    CHECK(pthread_create(&thread, NULL, run, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void print_maps(void)
{
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    while (fgets(line, sizeof(line), maps) != NULL) {
        printf("map %s", line);
    }
    fclose(maps);
}

static void print_writes(void)
{
    printf("handshakes %d\n", THREADS * MEASURED);
    for (int i = 0; i < write_count; i++) {
        struct write *write = &writes[i];
        printf("write %d %s %p", write->thread, write->side == CLIENT ? "client" : "server",
            write->address);
        /* Behind the handler and the frame of the signal. */
        for (int k = 2; k < write->depth; k++) {
            printf(" %p", write->frames[k]);
        }
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    const char *mode = argc == 3 ? argv[2] : "";
    if (strcmp(mode, "full") != 0 && strcmp(mode, "mutual") != 0 && strcmp(mode, "tickets") != 0) {
        fprintf(stderr, "usage: %s FOLDER full | mutual | tickets\n", argv[0]);
        return 2;
    }
    CHECK(s2n_init() == 0);
    prepare_recording();
    struct certs certs = read_certs(argv[1]);
    setup.configs[CLIENT] = client_config("default_tls13", &certs);
    setup.configs[SERVER] = server_config("default_tls13", &certs);
    if (strcmp(mode, "mutual") == 0) {
        require_client_chain(setup.configs[CLIENT], setup.configs[SERVER], &certs);
    } else if (strcmp(mode, "tickets") == 0) {
        enable_tickets(setup.configs[CLIENT], setup.configs[SERVER]);
    }
    handshake();
    for (int i = 0; i < THREADS; i++) {
        run_thread();
    }
    print_maps();
    print_writes();
    return 0;
}
