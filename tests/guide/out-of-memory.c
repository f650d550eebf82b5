/* Tests of the code in the guide, chapter out-of-memory. Allocation failures themselves are tested by
   tests/c/memory.c and tests/cases/security/oom.c, with their own allocators. */
#include "out-of-memory.md.h"
#include "check.h"

int main(void)
{
    CHECK_OK(s2n_init());
    CHECK_ERROR(s2n_connection_free(NULL), S2N_ERR_NULL);
    CHECK(!lacks_memory());
    int found = 0;
    for (int type = S2N_ERR_T_OK; type <= S2N_ERR_T_USAGE; type++) {
        for (int code = 0; code < 200; code++) {
            s2n_errno = type << 26 | code;
            if (lacks_memory()) {
                CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_INTERNAL);
                found++;
            }
        }
    }
    CHECK(found == 1);
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
