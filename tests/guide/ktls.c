/* Tests of the code in the guide, chapter ktls. With a kernel that has TLS, file_server does the same. */
#include "ktls.md.h"
#include "pair.h"

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 < 2; tls13++) {
        struct pair *pair = connected(tls13);
        CHECK_OK(s2n_config_ktls_enable_unsafe_tls13(pair->config));
        CHECK(!enable_kernel_tls(pair->client));
        CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_KTLS_MANAGED_IO");
        CHECK_ERROR(send_file(pair->client, 0, 1), S2N_ERR_KTLS_UNSUPPORTED_CONN);
        disconnect(pair);
    }
    return 0;
}
