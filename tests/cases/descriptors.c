/* The process has reached its limit of descriptors while it loads trusted certificates. */
#include "case.h"
#include <sys/resource.h>

/* Sets the limit. With 3 no descriptor is free, since those of the standard streams are open. */
static void limit_descriptors(rlim_t limit)
{
    struct rlimit limits;
    if (getrlimit(RLIMIT_NOFILE, &limits)) exit(2);
    limits.rlim_cur = limit ? limit : limits.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limits)) exit(2);
}

/* A call at the limit must fail, with the reason in errno. */
static void fails_at_limit(const char *what, int failed)
{
    char result[100];
    int number = errno;
    snprintf(result, sizeof result, "%s, errno %d", failed ? s2n_strerror_name(s2n_errno) : "succeeds", number);
    observe(what, result, failed && !strncmp(result, "S2N_ERR_X509_TRUST_STORE,", 25) && number == EMFILE);
    errno = 0;
}

int main(int argc, char **argv)
{
    struct s2n_config *own = NULL, *server;
    char folder[4096];
    begin("descriptors", argc, argv);
    snprintf(folder, sizeof folder, "%s/trusted", dir);
    MUST(setenv("SSL_CERT_FILE", path("ca.pem"), 1));
    unsetenv("SSL_CERT_DIR");
    MUST(s2n_init());
    server = config("default_tls13", "leaf.pem", "leaf.key", NULL);
    own = s2n_config_new_minimal();

    limit_descriptors(3);
    fails_at_limit("s2n_config_new()", s2n_config_new() == NULL);
    fails_at_limit("s2n_config_load_system_certs()", s2n_config_load_system_certs(own) < 0);
    fails_at_limit("trusted file", s2n_config_set_verification_ca_location(own, path("ca.pem"), NULL) < 0);
    fails_at_limit("trusted directory", s2n_config_set_verification_ca_location(own, NULL, folder) < 0);
    /* For the directory, but not for a file in it. */
    limit_descriptors(4);
    fails_at_limit("file of a directory", s2n_config_set_verification_ca_location(own, NULL, folder) < 0);
    handshake("server, with no descriptor free", config("default_tls13", NULL, NULL, NULL), server, 0);
    limit_descriptors(0);

    /* What could not be loaded is not remembered. */
    MUST(s2n_config_load_system_certs(own));
    MUST(s2n_config_set_cipher_preferences(own, "default_tls13"));
    handshake("system's trust store, when descriptors are free again", own, server, 1);
    return wrong != 0;
}
