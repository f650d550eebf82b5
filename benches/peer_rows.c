/*
 * The benchmarks of another TLS library: the groups handshakes, bulk and heap. Prints one pair of name
 * and value a line.
 */
#include "peer.h"

#include <stdio.h>
#include <string.h>

static void bulk(void)
{
    enum { CALL = 1 << 20, PIPE = 1 << 21 };
    struct pair pair = pair_open(&peer, PIPE);
    measure_recv(&peer, &pair, "full", CALL);
    measure_send(&peer, &pair, "full", CALL);
    pair_close(&peer, &pair);
    pair = pair_open(&peer, PIPE);
    measure_messages(&peer, &pair);
    pair_close(&peer, &pair);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "version") == 0) {
        peer_print_version();
        return 0;
    }
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: %s version | FOLDER [handshakes | bulk | heap]\n", argv[0]);
        return 2;
    }
    const char *only = argc == 3 ? argv[2] : "";
    struct certs certs = read_certs(argv[1]);
    peer_prepare(&certs, 0);
    if (*only == 0 || strcmp(only, "bulk") == 0) {
        bulk();
    }
    if (*only == 0 || strcmp(only, "heap") == 0) {
        measure_heap(&peer, "idle");
    }
    if (*only == 0 || strcmp(only, "handshakes") == 0) {
        measure_handshakes(&peer, "full");
        measure_cores(&peer);
        peer_prepare(&certs, 1);
        measure_handshakes(&peer, "mutual");
    }
    return 0;
}
