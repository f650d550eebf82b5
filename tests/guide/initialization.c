/* Tests of the code in the guide, chapter initialization. */
#include "initialization.md.h"
#include "check.h"

static int calls;

static int work(void)
{
    calls++;
    CHECK_ERROR(s2n_init(), S2N_ERR_INITIALIZED);
    CHECK_ERROR(s2n_disable_atexit(), S2N_ERR_INITIALIZED);
    CHECK_OK(begin());
    CHECK_OK(s2n_cleanup());
    struct s2n_config *config = s2n_config_new();
    CHECK(config != NULL);
    CHECK_OK(s2n_config_free(config));
    return 7;
}

static void the_version_is_logged(void)
{
    char text[100] = "";
    FILE *log = fmemopen(text, sizeof(text), "w");
    CHECK(log != NULL);
    log_version(log);
    CHECK_OK(fclose(log));
    const char *start = "rs2n " RS2N_VERSION " ", *end = ", with the header of " RS2N_VERSION "\n";
    CHECK(strncmp(text, start, strlen(start)) == 0 && strstr(text, end) != NULL);
}

int main(void)
{
    the_version_is_logged();
    CHECK_FAILS(s2n_config_new(), NULL, S2N_ERR_NOT_INITIALIZED);
    CHECK_FAILS(s2n_connection_new(S2N_CLIENT), NULL, S2N_ERR_NOT_INITIALIZED);
    CHECK_FAILS(s2n_cert_chain_and_key_new(), NULL, S2N_ERR_NOT_INITIALIZED);
    CHECK_ERROR(s2n_cleanup_final(), S2N_ERR_NOT_INITIALIZED);
    CHECK_OK(s2n_disable_atexit());
    CHECK(with_tls(work) == 7 && calls == 1);
    CHECK_FAILS(s2n_config_new(), NULL, S2N_ERR_NOT_INITIALIZED);

    /* Objects stay valid after the cleanup. */
    CHECK_OK(begin());
    CHECK(with_tls(work) == 1 && calls == 1);
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(s2n_cleanup_final());
    CHECK_OK(s2n_config_set_cipher_preferences(config, "default"));
    CHECK_OK(s2n_config_free(config));
    return 0;
}
