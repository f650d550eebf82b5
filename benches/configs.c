/*
 * Servers with many certificates.
 */
#include "rows.h"
#include "endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The next of the texts in a file that each end with an empty line; or NULL. */
static char *next_text(char **rest)
{
    char *text = *rest, *end = strstr(text, "\n\n");
    if (*text == 0 || end == NULL) {
        return NULL;
    }
    end[1] = 0;
    *rest = end + 2;
    return text;
}

/* The CPU time of a server's handshake, from the creation of the connection to its end. */
static double server_handshake(void)
{
    struct pipe *to_server = pipe_new(1 << 14), *to_client = pipe_new(1 << 14);
    struct endpoint *client = s2n.open(CLIENT, to_client, to_server);
    double start = cpu_seconds();
    struct endpoint *server = s2n.open(SERVER, to_server, to_client);
    double spent = cpu_seconds() - start;
    int client_done = 0, server_done = 0;
    while (!client_done || !server_done) {
        client_done = client_done || s2n.step(client);
        start = cpu_seconds();
        server_done = server_done || s2n.step(server);
        spent += cpu_seconds() - start;
    }
    start = cpu_seconds();
    s2n.close(server);
    spent += cpu_seconds() - start;
    s2n.close(client);
    pipe_free(to_server);
    pipe_free(to_client);
    return spent;
}

void measure_config_changes(const struct certs *certs, const char *folder, size_t count)
{
    enum { CHANGES = 9, STEADY = 200 };
    double changed[CHANGES], steady[STEADY];
    size_t changes = times(CHANGES), handshakes = times(STEADY), added = 1;
    count = times(count);
    struct s2n_config *server = server_config("default_tls13", certs);
    setup.configs[CLIENT] = client_config("default_tls13", certs);
    setup.configs[SERVER] = server;
    char *file = read_file(folder, "many.pem"), *rest = file;
    double start = cpu_seconds();
    for (; added < count; added++) {
        char *chain = next_text(&rest), *key = next_text(&rest);
        CHECK(key != NULL);
        add_chain(server, chain, key);
    }
    double loading = cpu_seconds() - start;
    free(file);
    server_handshake();
    for (size_t i = 0; i < changes; i++) {
        /* A change of a setting that needs no work of its own. */
        CHECK(s2n_config_set_cipher_preferences(server, "default_tls13") == 0);
        changed[i] = server_handshake();
    }
    for (size_t i = 0; i < handshakes; i++) {
        steady[i] = server_handshake();
    }
    report(loading / (double) added * 1e6, "certs_%zu_load_us", added);
    report(median(changed, changes) * 1e3, "certs_%zu_changed_ms", added);
    report(median(steady, handshakes) * 1e6, "certs_%zu_steady_us", added);
}
