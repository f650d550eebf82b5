/* Creates a config and a connection with the library of the package. */
#include <s2n.h>
#include <stdio.h>

int main(void)
{
    if (s2n_init() != 0) {
        fprintf(stderr, "%s\n", s2n_strerror_debug(s2n_errno, "EN"));
        return 1;
    }
    struct s2n_config *config = s2n_config_new();
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    int failed = config == NULL || conn == NULL || s2n_connection_set_config(conn, config) != 0;
    if (failed) {
        fprintf(stderr, "%s\n", s2n_strerror_debug(s2n_errno, "EN"));
    }
    return s2n_connection_free(conn) != 0 || s2n_config_free(config) != 0 || failed;
}
