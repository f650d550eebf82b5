/*
 * The particulars of failed calls that have no connection.
 *
 * usage: call_detail
 */
#include "check.h"

#include <rs2n/rs2n.h>

/* Calls without a connection store their particulars with the thread. */
static void details(void)
{
    char detail[512];
    CHECK(rs2n_error_detail(NULL, 0) == 0);
    CHECK_ERROR(rs2n_error_detail(NULL, 1), S2N_ERR_NULL);
    struct s2n_config *config = s2n_config_new();
    CHECK_ERROR(s2n_config_set_cipher_preferences(config, "defu\x1b\"lt"), S2N_ERR_INVALID_SECURITY_POLICY);
    const int error = s2n_errno;
    const char *expected = "there is no security policy \"defu\\x1b\\x22lt\"";
    CHECK(rs2n_error_detail(detail, sizeof(detail)) == (int) strlen(expected));
    CHECK_TEXT(detail, expected);
    CHECK(s2n_errno == error);
    CHECK(rs2n_error_detail(detail, 6) == (int) strlen(expected));
    CHECK_TEXT(detail, "there");

    /* The text of s2n-tls's own errors for debugging is that of s2n-tls. */
    CHECK(strstr(s2n_strerror_debug(s2n_errno, NULL), "no security policy") == NULL);

    /* A policy may have no part that is supported. */
    CHECK_ERROR(s2n_config_set_cipher_preferences(config, "20150214"), S2N_ERR_CIPHER_NOT_SUPPORTED);
    CHECK(rs2n_error_detail(detail, sizeof(detail)) > 0);
    CHECK_TEXT(detail, "no version, suite and group of the policy \"20150214\" is supported");

    /* The next failure replaces it, also one without particulars. */
    CHECK_ERROR(s2n_config_set_cipher_preferences(config, NULL), S2N_ERR_NULL);
    CHECK(rs2n_error_detail(detail, sizeof(detail)) == 0);
    CHECK_TEXT(detail, "");

    /* A success does not. */
    CHECK_ERROR(s2n_config_set_cipher_preferences(config, ""), S2N_ERR_INVALID_SECURITY_POLICY);
    CHECK_OK(s2n_config_set_cipher_preferences(config, "default_tls13"));
    CHECK(rs2n_error_detail(detail, sizeof(detail)) > 0);
    CHECK_OK(s2n_config_free(config));

    /* The particulars of a call on a connection are those that need no connection. */
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    s2n_blocked_status blocked;
    CHECK_ERROR(s2n_send(conn, "x", 1, &blocked), S2N_ERR_ENCRYPT);
    CHECK(rs2n_error_detail(detail, sizeof(detail)) > 0);
    CHECK_TEXT(detail, "there are no keys for sending: the handshake is not complete");
    CHECK_OK(s2n_connection_free(conn));
}

int main(void)
{
    CHECK_OK(s2n_init());
    details();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
