/* OpenSSL's TRUSTED CERTIFICATE: read from a file of trusted roots, refused in every other place. */
#include "case.h"

int main(int argc, char **argv)
{
    begin("pem_trusted_label", argc, argv);
    MUST(s2n_init());
    trusts("trusted/only.pem", 1, 1);
    trusts("trusted/second.pem", 1, 1);
    trusts("trusted/only.pem", 0, 0);
    trusts("trusted/second.pem", 0, 0);
    own_chain("trusted/chain.pem", "leaf.key", 0);
    own_chain("trusted/chain-second.pem", "leaf.key", 0);
    return wrong != 0;
}
