/* Zeroization of the secrets of QUIC connections: those that the callback receives, of a client and a server in one
   process. A server's response is computed twice. */
#include "residue.h"

#include <s2n/quic.h>

/* The action before the search: everything is freed; the connections are wiped; or they are open, and only the secrets
   of the handshake are searched for, which are no longer needed. */
enum action { FREED, WIPED, OPEN };
static const char *actions[] = { "", "_wiped", "_open" };

static struct found found;
static enum action action;

static int on_secret(void *ctx, struct s2n_connection *from, s2n_secret_type_t type, uint8_t *secret, uint8_t len)
{
    static const char *labels[] = {
        "early", "client_handshake", "server_handshake", "client_application", "server_application", "exporter"
    };
    uint8_t masked[48];
    (void) ctx, (void) from;
    if (action == OPEN && type > S2N_SERVER_HANDSHAKE_TRAFFIC_SECRET) return 0;
    for (int i = 0; i < len; i++) masked[i] = secret[i] ^ MASK;
    add(&found, labels[type], masked, len);
    return 0;
}

/* `policy` is that of the server: one without a group of the client's first key share causes a HelloRetryRequest. */
static void test(const char *name, const char *policy)
{
    static struct pair pair;
    char full[100];
    struct s2n_cert_chain_and_key *own = chain("leaf.pem", "leaf.key");
    struct s2n_config *client = config("20240603", NULL, NULL), *server = config(policy, own, NULL);
    MUST(s2n_config_disable_x509_verification(client));
    MUST(s2n_config_enable_quic(client));
    MUST(s2n_config_enable_quic(server));
    memset(&found, 0, sizeof found);
    MUST(pair_open(&pair, client, server, "localhost"));
    MUST(s2n_connection_set_secret_callback(pair.client, on_secret, NULL));
    MUST(s2n_connection_set_secret_callback(pair.server, on_secret, NULL));
    const char *error = negotiate(&pair);
    if (error) { printf("no handshake: %s\n", error); exit(2); }
    if (action == FREED) {
        pair_close(&pair);
        MUST(s2n_config_free(client));
        MUST(s2n_config_free(server));
        MUST(s2n_cert_chain_and_key_free(own));
    } else if (action == WIPED) {
        MUST(s2n_connection_wipe(pair.client));
        MUST(s2n_connection_wipe(pair.server));
    }
    snprintf(full, sizeof full, "residue_quic%s%s", name, actions[action]);
    check_residue(full, &found);
    if (action == FREED) return;
    pair_close(&pair);
    MUST(s2n_config_free(client));
    MUST(s2n_config_free(server));
    MUST(s2n_cert_chain_and_key_free(own));
}

int main(int argc, char **argv)
{
    bind_functions(argv);
    begin(argc, argv);
    MUST(s2n_init());
    for (action = FREED; action <= OPEN; action++) {
        test("", "20240603");
        test("_retry", "20251113");
    }
    return wrong != 0;
}
