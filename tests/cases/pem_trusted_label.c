/* OpenSSL's TRUSTED CERTIFICATE label: accepted in a file of trusted roots, rejected everywhere else. */
#include "case.h"

int main(int argc, char **argv)
{
    begin("pem_trusted_label", argc, argv);
    MUST(s2n_init());
    load_trust("trusted/only.pem", 1, 1);
    load_trust("trusted/second.pem", 1, 1);
    load_trust("trusted/only.pem", 0, 0);
    load_trust("trusted/second.pem", 0, 0);
    load_chain("trusted/chain.pem", "leaf.key", 0);
    load_chain("trusted/chain-second.pem", "leaf.key", 0);
    return wrong != 0;
}
