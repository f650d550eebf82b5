/* Tests of the code in the guide, chapter processes. */
#include "processes.md.h"
#include "check.h"

#include <string.h>

int main(int argc, char **argv)
{
    CHECK(argc > 0);
    if (strstr(argv[0], ".so") != NULL) {
        /* The tests of other chapters have already initialized the library in this process. */
        CHECK_ERROR(init_counted(), S2N_ERR_INITIALIZED);
        return 0;
    }
    CHECK_OK(init_counted());
    struct s2n_config *config = s2n_config_new();
    CHECK(config != NULL && blocks > 0);
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_cleanup_final());
    CHECK(blocks == 0);
    return 0;
}
