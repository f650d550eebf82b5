/*
 * The benchmarks of an S2N library with many certificates, connections and threads. Prints one pair of
 * name and value a line.
 */
#include "scale.h"
#include "rows.h"
#include "endpoint.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    static const size_t counts[] = { 1, 100, 10000 };
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: %s FOLDER [certificates | idle | echo | threads]\n", argv[0]);
        return 2;
    }
    const char *only = argc == 3 ? argv[2] : "";
    struct certs certs = read_certs(argv[1]);
    CHECK(s2n_init() == 0);
    if (*only == 0 || strcmp(only, "idle") == 0) {
        measure_idle(&certs, 200000);
    }
    if (*only == 0 || strcmp(only, "echo") == 0) {
        measure_echo(&certs, 10000, 1000);
    }
    if (*only == 0 || strcmp(only, "certificates") == 0) {
        for (int i = 0; i < 3; i++) {
            measure_config_changes(&certs, argv[1], counts[i]);
        }
    }
    if (*only == 0 || strcmp(only, "threads") == 0) {
        setup.configs[CLIENT] = client_config("default_tls13", &certs);
        setup.configs[SERVER] = server_config("default_tls13", &certs);
        measure_cores(&s2n);
    }
    return 0;
}
