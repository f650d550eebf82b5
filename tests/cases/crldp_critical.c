/* A certificate with critical cRLDistributionPoints, when no CRL is required. */
#include "case.h"

int main(int argc, char **argv)
{
    begin("crldp_critical", argc, argv);
    MUST(s2n_init());
    struct s2n_config *server = config("default_tls13", "crldp.pem", "leaf.key", NULL);
    handshake("server's certificate", config("default_tls13", NULL, NULL, "ca.pem"), server, 1);
    return wrong != 0;
}
