/* Tests of the code in the guide, chapter errors. */
#include "errors.md.h"
#include "check.h"

int main(void)
{
    /* Objects cannot be created before s2n_init(). */
    CHECK(s2n_config_new_minimal() == NULL);
    CHECK(failed_with("S2N_ERR_NOT_INITIALIZED"));
    CHECK(!failed_with("S2N_ERR_NULL"));
    CHECK_OK(s2n_init());
    CHECK(s2n_errno_location() == &s2n_errno);

    struct s2n_config *config = s2n_config_new_minimal();
    CHECK(config != NULL);
    misspell_a_policy(config);
    CHECK(failed_with("S2N_ERR_INVALID_SECURITY_POLICY"));
    CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_USAGE);
    /* The debug text is that of the last failure, whatever the error code. */
    int error = s2n_errno;
    CHECK_ERROR(s2n_config_set_cipher_preferences(NULL, "default"), S2N_ERR_NULL);
    CHECK(strstr(s2n_strerror_debug(error, NULL), "S2N_ERR_NULL: ") != NULL);
    CHECK_TEXT(s2n_strerror_name(error), "S2N_ERR_INVALID_SECURITY_POLICY");
    CHECK_TEXT(s2n_strerror(error, "DE"), "Language is not supported for error translation");

    s2n_blocked_status blocked;
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    CHECK_ERROR(s2n_negotiate(NULL, &blocked), S2N_ERR_NULL);
    CHECK_ERROR(s2n_negotiate(conn, NULL), S2N_ERR_NULL);
    CHECK_OK(s2n_connection_free(conn));
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
