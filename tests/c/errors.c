/*
 * Initialization and cleanup, s2n_errno, and the names, types and messages of errors.
 */
#include "check.h"
#include "error_table.h"

#include <pthread.h>

static void before_init(void)
{
    CHECK_TEXT(s2n_strerror_debug(1, "EN"), "");
    CHECK_TEXT(s2n_strerror_source(1), "");

    CHECK_FAILS(s2n_connection_new(S2N_CLIENT), NULL, S2N_ERR_NOT_INITIALIZED);
    CHECK_FAILS(s2n_config_new(), NULL, S2N_ERR_NOT_INITIALIZED);
    CHECK_FAILS(s2n_config_new_minimal(), NULL, S2N_ERR_NOT_INITIALIZED);
    CHECK_FAILS(s2n_cert_chain_and_key_new(), NULL, S2N_ERR_NOT_INITIALIZED);
    CHECK_ERROR(s2n_cleanup_final(), S2N_ERR_NOT_INITIALIZED);
    CHECK_OK(s2n_cleanup());
    CHECK_OK(s2n_disable_atexit());
}

static void init_and_cleanup(void)
{
    CHECK_OK(s2n_init());
    CHECK_ERROR(s2n_init(), S2N_ERR_INITIALIZED);
    CHECK_ERROR(s2n_disable_atexit(), S2N_ERR_INITIALIZED);
    CHECK_OK(s2n_cleanup());
    CHECK_OK(s2n_cleanup());

    CHECK_OK(s2n_cleanup_final());
    CHECK_ERROR(s2n_cleanup_final(), S2N_ERR_NOT_INITIALIZED);
    CHECK_FAILS(s2n_connection_new(S2N_CLIENT), NULL, S2N_ERR_NOT_INITIALIZED);
    CHECK_OK(s2n_init());
}

static void *other_thread(void *location)
{
    CHECK(&s2n_errno != location);
    CHECK(&s2n_errno == s2n_errno_location());
    CHECK(s2n_errno == 0);
    CHECK_TEXT(s2n_strerror_debug(1, NULL), "");
    CHECK_ERROR(s2n_connection_free(NULL), S2N_ERR_NULL);
    CHECK_OK(s2n_cleanup());
    return NULL;
}

static void each_thread_has_its_own_error(void)
{
    pthread_t thread;
    s2n_errno = 4711;
    CHECK(&s2n_errno == s2n_errno_location());
    CHECK_OK(pthread_create(&thread, NULL, other_thread, s2n_errno_location()));
    CHECK_OK(pthread_join(thread, NULL));
    CHECK(s2n_errno == 4711);
}

static void types_are_the_upper_bits(void)
{
    CHECK(s2n_error_get_type(0) == S2N_ERR_T_OK);
    CHECK(s2n_error_get_type(-1) == -1);
    CHECK(s2n_error_get_type(INT32_MAX) == 31);
    CHECK(s2n_error_get_type((S2N_ERR_T_USAGE << 26) + 12345) == S2N_ERR_T_USAGE);
}

static void every_code_has_its_name_and_message(void)
{
    const char *const languages[] = { NULL, "EN", "en", "En" };
    const char *const others[] = { "", "E", "ENG", "DE" };
    for (size_t i = 0; i < sizeof(ERRORS) / sizeof(ERRORS[0]); i++) {
        CHECK_TEXT(s2n_strerror_name(ERRORS[i].number), ERRORS[i].name);
        CHECK(s2n_error_get_type(ERRORS[i].number) == ERRORS[i].type);
        for (size_t j = 0; j < sizeof(languages) / sizeof(languages[0]); j++) {
            CHECK_TEXT(s2n_strerror(ERRORS[i].number, languages[j]), ERRORS[i].message);
        }
    }
    for (size_t j = 0; j < sizeof(others) / sizeof(others[0]); j++) {
        const char *message = "Language is not supported for error translation";
        CHECK_TEXT(s2n_strerror(0, others[j]), message);
        CHECK_TEXT(s2n_strerror_debug(0, others[j]), message);
    }

    const int unknown[] = { -1, 1, INT32_MAX, INT32_MIN, (S2N_ERR_T_USAGE << 26) + 1000 };
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        CHECK_TEXT(s2n_strerror(unknown[i], "EN"), "Internal s2n error");
        CHECK_TEXT(s2n_strerror_name(unknown[i]), "Internal s2n error");
    }
}

static void source_locations_are_reported(void)
{
    CHECK_ERROR(s2n_connection_free(NULL), S2N_ERR_NULL);
    CHECK_TEXT(s2n_strerror_debug(0, "EN"), "no error");
    CHECK_TEXT(s2n_strerror_source(0), "no error");

    const char *debug = s2n_strerror_debug(s2n_errno, "EN");
    const char *source = s2n_strerror_source(s2n_errno);
    CHECK(strstr(debug, ": Error encountered in src/") != NULL);
    CHECK(strncmp(debug, s2n_strerror_name(s2n_errno), strlen(s2n_strerror_name(s2n_errno))) == 0);
    CHECK(strchr(source, '/') == NULL && strchr(source, ':') != NULL);
    /* s2n_strerror_debug() ends in s2n_strerror_source(). */
    CHECK_TEXT(debug + strlen(debug) - strlen(source), source);
    CHECK(debug[strlen(debug) - strlen(source) - 1] == '/');

    /* The location is that of the last error, whatever the code. */
    CHECK(s2n_strerror_debug(4711, NULL) == debug);
    CHECK(s2n_strerror_source(4711) == source);
}

int main(void)
{
    before_init();
    init_and_cleanup();
    each_thread_has_its_own_error();
    types_are_the_upper_bits();
    every_code_has_its_name_and_message();
    source_locations_are_reported();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
