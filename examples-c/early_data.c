/*
 * Early data (0-RTT): a server that accepts it for idempotent requests, once for each ticket, and a client that
 * sends its request as early data, with the ticket of its previous connection.
 *
 *     early_data server -C CERTIFICATE -K KEY
 *     early_data client -A CA -s session localhost PORT 'GET /'    (a full handshake; the session is stored)
 *     early_data client -A CA -s session localhost PORT 'GET /'    (early data)
 *
 * A request is a line. `GET` returns the number of `POST` requests that were executed, so that each of these
 * changes something. An attacker who has recorded the ClientHello and the early data behind it can send both
 * again, to any server that can decrypt the ticket. There are three lines of defence, as TLS has none
 * (RFC 8446, 8):
 *
 * - The early data callback accepts early data with a ticket that is new, and is not in the strike register.
 *   What the register does not confirm is rejected: the request is late then, but not lost.
 * - A request that is not idempotent is not executed while it may be a replay: 425 Too Early (RFC 8470, 5.2).
 * - The client sends only idempotent requests as early data. It sends a request again if the server has
 *   rejected the early data or has answered 425, and at no other time.
 *
 * The register of this program is in memory, for one server. Servers that share ticket keys must share it:
 * `early_data_fleet` is the same program, with the ticket keys and the register in Redis.
 */
#include "early_data/early_data.h"

#include <errno.h>
#include <s2n.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s: %s (%s); %s\n", what, s2n_strerror(s2n_errno, "EN"),
            s2n_strerror_debug(s2n_errno, "EN"), strerror(errno));
        exit(1);
    }
}

char *read_text(const char *path)
{
    char *text = calloc(1, 1 << 16);
    FILE *file = fopen(path, "rb");
    if (file == NULL || text == NULL || fread(text, 1, (1 << 16) - 1, file) == 0) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return text;
}

void usage(void)
{
    fprintf(stderr,
        "usage: early_data server [options] -C CERTIFICATE -K KEY\n"
        "  -p PORT     listen on this port of 127.0.0.1; the system chooses if not given\n"
        "  -N COUNT    exit after this number of connections\n"
        "  -t SECONDS  accept early data only with tickets that are younger: 600 if not given\n"
        "  -R WHERE    the strike register: its size, 65536 if not given; for a fleet the address of Redis\n"
        "usage: early_data client [options] HOST PORT REQUEST\n"
        "  -A CA       the certificates to trust, in PEM\n"
        "  -s FILE     the session: read, and replaced by the new one\n"
        "  -f          send any request as early data, not only GET\n");
    exit(2);
}

int main(int argc, char **argv)
{
    int is_server = argc > 1 && strcmp(argv[1], "server") == 0;
    if (!is_server && (argc < 2 || strcmp(argv[1], "client") != 0)) {
        usage();
    }
    check(s2n_init() == 0, "s2n_init");
    int status = is_server ? run_server(argc - 1, argv + 1) : run_client(argc - 1, argv + 1);
    return s2n_cleanup_final() == 0 ? status : 1;
}
