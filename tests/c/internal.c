/*
 * Functions that s2n-tls exports without a public header, stack traces, thread exit, and settings that
 * are not about connections.
 *
 * usage: internal FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <s2n/internal.h>
#include <s2n/quic.h>
#include <s2n/unstable/cleanup.h>
#include <s2n/unstable/npn.h>
#include <s2n/unstable/renegotiate.h>
#include <pthread.h>
#include <stdbool.h>

/* The layout of s2n-tls, which has it in a private header. */
struct s2n_stacktrace {
    char **trace;
    int trace_size;
};

static void test_before_init(void)
{
    s2n_fips_mode mode = S2N_FIPS_MODE_ENABLED;
    CHECK_ERROR(s2n_get_fips_mode(&mode), S2N_ERR_NOT_INITIALIZED);
    CHECK(mode == S2N_FIPS_MODE_DISABLED);
    CHECK_OK(s2n_crypto_disable_init());
    CHECK_OK(s2n_rand_set_callbacks(NULL, NULL, NULL, NULL));
}

static void test_after_init(void)
{
    s2n_fips_mode mode = S2N_FIPS_MODE_ENABLED;
    CHECK_OK(s2n_get_fips_mode(&mode));
    CHECK(mode == S2N_FIPS_MODE_DISABLED);
    CHECK(s2n_get_openssl_version() == 0x1010107f);
    CHECK_OK(s2n_cleanup_thread());
    CHECK_ERROR(s2n_disable_atexit(), S2N_ERR_INITIALIZED);
}

static void test_connection_config(void)
{
    struct s2n_config *one = s2n_config_new_minimal(), *found = NULL;
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    CHECK_ERROR(s2n_connection_get_config(conn, &found), S2N_ERR_NULL);
    CHECK_OK(s2n_connection_set_config(conn, one));
    CHECK_OK(s2n_connection_get_config(conn, &found));
    CHECK(found == one);

    struct s2n_config *two = s2n_config_new_minimal();
    CHECK_OK(s2n_connection_set_config(conn, two));
    CHECK_OK(s2n_connection_get_config(conn, &found));
    CHECK(found == two);
    CHECK_OK(s2n_connection_wipe(conn));
    CHECK_OK(s2n_connection_get_config(conn, &found));
    CHECK(found == two);

    CHECK_OK(s2n_connection_free(conn));
    CHECK_OK(s2n_config_free(one));
    CHECK_OK(s2n_config_free(two));
}

static void test_flush(void)
{
    struct pair *pair = connected(1);
    s2n_blocked_status blocked = S2N_BLOCKED_ON_READ;
    char sent[] = "sent once", received[100] = "";
    CHECK_OK(s2n_flush(pair->client, &blocked));
    CHECK(blocked == S2N_NOT_BLOCKED);

    pair->to_server.room = 5;
    CHECK_ERROR(s2n_send(pair->client, sent, sizeof(sent), &blocked), S2N_ERR_IO_BLOCKED);
    pair->to_server.room = 1;
    CHECK_ERROR(s2n_flush(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_WRITE);
    pair->to_server.room = SIZE_MAX;
    CHECK_OK(s2n_flush(pair->client, &blocked));
    CHECK(blocked == S2N_NOT_BLOCKED);

    /* The peer has received the data; the repeated call that had blocked reports that it was sent. */
    CHECK(s2n_recv(pair->server, received, sizeof(received), &blocked) == sizeof(sent));
    CHECK_TEXT(received, sent);
    CHECK(s2n_send(pair->client, sent, sizeof(sent), &blocked) == sizeof(sent));
    CHECK_ERROR((int) s2n_recv(pair->server, received, sizeof(received), &blocked),
            S2N_ERR_IO_BLOCKED);

    pair->to_server.room = 0;
    CHECK_ERROR(s2n_send(pair->client, sent, sizeof(sent), &blocked), S2N_ERR_IO_BLOCKED);
    pair->to_server.send_error = EPIPE;
    CHECK_ERROR(s2n_flush(pair->client, &blocked), S2N_ERR_IO);
    disconnect(pair);
}

static int error_number(const char *name)
{
    for (int type = S2N_ERR_T_OK; type <= S2N_ERR_T_USAGE; type++) {
        for (int index = 0; index < 200; index++) {
            if (strcmp(s2n_strerror_name(type << 26 | index), name) == 0) {
                return type << 26 | index;
            }
        }
    }
    CHECK(false);
    return -1;
}

static void test_error_alerts(void)
{
    uint8_t alert = 0;
    CHECK_OK(s2n_error_get_alert(error_number("S2N_ERR_CERT_EXPIRED"), &alert));
    CHECK(alert == 45);
    CHECK_OK(s2n_error_get_alert(error_number("S2N_ERR_IO"), &alert));
    CHECK(alert == 80);
    CHECK_ERROR(s2n_error_get_alert(error_number("S2N_ERR_CLOSED"), &alert), S2N_ERR_NO_ALERT);
    CHECK_ERROR(s2n_error_get_alert(0, &alert), S2N_ERR_NO_ALERT);
    CHECK(alert == 80);
}

/* Stack traces are disabled by default. */
static void test_stack_traces(void)
{
    struct s2n_stacktrace trace = { NULL, -1 };
    char text[10000] = "";
    FILE *file = tmpfile();
    CHECK(file != NULL);

    CHECK(!s2n_stack_traces_enabled());
    CHECK_ERROR(s2n_connection_free(NULL), S2N_ERR_NULL);
    CHECK_OK(s2n_calculate_stacktrace());
    CHECK_OK(s2n_print_stacktrace(file));

    CHECK_OK(s2n_stack_traces_enabled_set(true));
    CHECK(s2n_stack_traces_enabled());
    CHECK_ERROR(s2n_connection_free(NULL), S2N_ERR_NULL);
    CHECK_OK(s2n_get_stacktrace(&trace));
    CHECK(trace.trace_size > 1 && trace.trace != NULL);
    bool names_the_function = false;
    for (int i = 0; i < trace.trace_size; i++) {
        names_the_function |= strstr(trace.trace[i], "s2n_connection_free") != NULL;
    }
    CHECK(names_the_function);
    CHECK_OK(s2n_print_stacktrace(file));

    rewind(file);
    CHECK(fread(text, 1, sizeof(text) - 1, file) > 0);
    CHECK(strstr(text, "S2N_PRINT_STACKTRACE=1") != NULL);
    CHECK(strstr(text, "\nStacktrace is:\n") != NULL);
    CHECK(strstr(text, "s2n_connection_free") != NULL);
    CHECK(text[strlen(text) - 1] == '\n');
    int lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    /* Also the line about the variable, an empty one and the title. */
    CHECK(lines == trace.trace_size + 3);
    fclose(file);
    file = fopen("/dev/null", "r");
    CHECK(file != NULL);
    CHECK_ERROR(s2n_print_stacktrace(file), S2N_ERR_IO);
    fclose(file);

    CHECK_OK(s2n_free_stacktrace());
    CHECK_OK(s2n_get_stacktrace(&trace));
    CHECK(trace.trace_size == 0 && trace.trace == NULL);
    CHECK_OK(s2n_calculate_stacktrace());
    CHECK_OK(s2n_get_stacktrace(&trace));
    CHECK(trace.trace_size > 1);
    CHECK_OK(s2n_stack_traces_enabled_set(false));
    CHECK_OK(s2n_free_stacktrace());
}

static pthread_key_t exit_key;
static int destructors;

/* Runs after the destruction of the thread-local variables. */
static void fail_in_destructor(void *argument)
{
    CHECK(argument == &destructors);
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t byte = 0;
    CHECK_ERROR(s2n_connection_free(NULL), S2N_ERR_NULL);
    CHECK(strstr(s2n_strerror_debug(s2n_errno, "EN"), ": Error encountered in ") != NULL);
    CHECK(s2n_strerror_source(s2n_errno) != NULL);
    CHECK_ERROR((int) s2n_send(conn, &byte, 1, &blocked), S2N_ERR_ENCRYPT);
    struct s2n_stacktrace trace = { NULL, -1 };
    CHECK_OK(s2n_calculate_stacktrace());
    CHECK_OK(s2n_get_stacktrace(&trace));
    CHECK(trace.trace_size >= 0);
    CHECK_OK(s2n_free_stacktrace());
    CHECK_OK(s2n_connection_free(conn));
    disconnect(connected(1));
    destructors++;
}

static void *fail_in_thread(void *argument)
{
    CHECK_OK(pthread_setspecific(exit_key, argument));
    CHECK_ERROR(s2n_connection_free(NULL), S2N_ERR_NULL);
    struct s2n_stacktrace trace = { NULL, -1 };
    CHECK_OK(s2n_get_stacktrace(&trace));
    return NULL;
}

/* Programs free connections in destructors of thread-specific data, where calls may fail too. */
static void test_thread_exit(void)
{
    pthread_t thread;
    CHECK_OK(pthread_key_create(&exit_key, fail_in_destructor));
    for (int traces = 0; traces < 2; traces++) {
        CHECK_OK(s2n_stack_traces_enabled_set(traces));
        CHECK_OK(pthread_create(&thread, NULL, fail_in_thread, &destructors));
        CHECK_OK(pthread_join(thread, NULL));
    }
    CHECK(destructors == 2);
    CHECK_OK(s2n_stack_traces_enabled_set(false));
    CHECK_OK(pthread_key_delete(exit_key));
}

/* Unsupported features are off: disabling them succeeds. */
static void test_disabling_unsupported_features(void)
{
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(s2n_config_set_npn(config, false));
    CHECK_ERROR(s2n_config_set_npn(config, true), S2N_ERR_UNIMPLEMENTED);
    CHECK_OK(s2n_config_free(config));

    struct s2n_connection *server = s2n_connection_new(S2N_SERVER);
    uint16_t sent = 1;
    CHECK_OK(s2n_connection_get_tickets_sent(server, &sent));
    CHECK(sent == 0);
    CHECK(!s2n_connection_is_quic_enabled(server));
    CHECK(S2N_BLOCKED_ON_APPLICATION_DATA == S2N_BLOCKED_ON_EARLY_DATA);
    CHECK_OK(s2n_connection_free(server));
}

/* s2n_enable_tls13() lasts for the life of the process, so this test runs last. */
static void test_enable_tls13(void)
{
    struct s2n_config *before = s2n_config_new_minimal();
    CHECK_OK(s2n_enable_tls13());
    struct s2n_config *after = s2n_config_new_minimal();
    uint16_t groups[2][32], counts[2] = { 0 };
    CHECK_OK(s2n_config_get_supported_groups(before, groups[0], 32, &counts[0]));
    CHECK_OK(s2n_config_get_supported_groups(after, groups[1], 32, &counts[1]));
    /* "default" has hybrid groups, "default_tls13" has none. */
    CHECK(counts[0] > counts[1] && counts[1] > 0);
    CHECK_OK(s2n_config_free(before));
    CHECK_OK(s2n_config_free(after));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    test_before_init();
    CHECK_OK(s2n_init());
    test_after_init();
    test_connection_config();
    test_flush();
    test_error_alerts();
    test_stack_traces();
    test_thread_exit();
    test_disabling_unsupported_features();
    test_enable_tls13();
    return 0;
}
