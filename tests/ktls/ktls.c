/*
 * Tests of kernel TLS, which require a kernel that has it. Each connection has kernel TLS on one side, and a
 * peer that has its own record layer: rs2n, or OpenSSL.
 *
 * usage: ktls FOLDER-OF-CERTIFICATES
 */
#include "ends.h"

const char *folder;
void (*prepare)(struct s2n_config *config);

static void announce(const struct kind *kind)
{
    printf("ktls: TLS %s, %s, %s with kernel TLS, peer %s\n", kind->tls13 ? "1.3" : "1.2", suite(kind),
            kind->mode == S2N_CLIENT ? "client" : "server", kind->openssl ? "OpenSSL" : "rs2n");
}

#define RUN(call)                          \
    do {                                   \
        call;                              \
        printf("ktls:   passed: " #call "\n"); \
    } while (0)

static void test_kind(struct kind kind)
{
    announce(&kind);
    RUN(test_echo(kind, SEND));
    RUN(test_echo(kind, RECV));
    RUN(test_echo(kind, SEND | RECV));
    /* What follows does not depend on the length of the key. */
    if (kind.aes256 != (kind.mode == S2N_CLIENT)) {
        return;
    }
    RUN(test_vectors(kind));
    RUN(test_peek(kind));
    RUN(test_half_close(kind));
    RUN(test_truncation(kind));
    RUN(test_fatal_alert(kind));
    RUN(test_sendfile_end(kind));
    RUN(test_sent_key_update(kind));
    if (kind.tls13) {
        RUN(test_received_key_update(kind));
        RUN(test_requested_key_update(kind));
    }
}

/* Tests of the transport, for which the peer makes no difference. */
static void test_transport(struct kind kind)
{
    announce(&kind);
    RUN(test_partial_sends(kind));
    RUN(test_blocked_receive(kind));
    RUN(test_duplex(kind));
    RUN(test_cancellation(kind));
    RUN(test_other_descriptors(kind));
    RUN(test_wipe(kind));
    RUN(test_free_handshake(kind));
    RUN(test_invalid_records(kind));
    RUN(test_two_kernels(kind));
    RUN(test_sendfile(kind, true, 64 << 20));
    RUN(test_sendfile(kind, false, 16 << 20));
    RUN(test_sendfile_errors(kind));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    setvbuf(stdout, NULL, _IOLBF, 0);
    CHECK_OK(s2n_init());
    RUN(test_replacing_keys());
    for (int i = 0; i < 16; i++) {
        test_kind((struct kind){ i & 1, i & 2, i & 4, i & 8 ? S2N_CLIENT : S2N_SERVER });
    }
    test_transport((struct kind){ .tls13 = false, .aes256 = false, .mode = S2N_CLIENT });
    test_transport((struct kind){ .tls13 = true, .aes256 = true, .mode = S2N_SERVER });
    RUN(test_received_tickets());
    RUN(test_sent_tickets());
    printf("ktls: all tests passed\n");
    return 0;
}
