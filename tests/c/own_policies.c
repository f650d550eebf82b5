/*
 * Security policies of the application, and of the administrator's file.
 *
 * usage: own_policies FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <pthread.h>
#include <rs2n/rs2n.h>
#include <unistd.h>

#define VARIABLE "RS2N_SECURITY_POLICIES"

/* The call fails with RS2N_ERR_POLICY_TEXT, and exactly these particulars. */
#define CHECK_REJECTED(call, expected)                        \
    do {                                                      \
        char detail_[512];                                    \
        CHECK_ERROR(call, RS2N_ERR_POLICY_TEXT);              \
        CHECK(rs2n_error_detail(detail_, sizeof(detail_)) > 0); \
        CHECK_TEXT(detail_, expected);                        \
    } while (0)

/* The permanent memory of policies does not come from the application. */
static long blocks;

static int nothing(void)
{
    return 0;
}

static int allocate(void **ptr, uint32_t requested, uint32_t *allocated)
{
    *ptr = malloc(requested);
    *allocated = requested;
    __atomic_add_fetch(&blocks, *ptr != NULL, __ATOMIC_RELAXED);
    return *ptr == NULL ? -1 : 0;
}

static int release(void *ptr, uint32_t size)
{
    (void) size;
    __atomic_sub_fetch(&blocks, ptr != NULL, __ATOMIC_RELAXED);
    free(ptr);
    return 0;
}

/* Negotiates with a policy on the client, and one on the server. */
static struct pair *negotiate_with(const char *chain, const char *client_policy,
        const char *server_policy, const char *outcome)
{
    struct pair *pair = new_pair(1, chain);
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, client_policy));
    CHECK_OK(s2n_config_set_cipher_preferences(pair->config, server_policy));
    const char *client, *server;
    negotiate(pair, &client, &server);
    /* The client waits for a server that has failed. */
    const char *first = strcmp(client, "S2N_ERR_IO_BLOCKED") == 0 ? server : client;
    if (strcmp(first, outcome) != 0) {
        fprintf(stderr, "%s and %s: %s\n", client_policy, server_policy, first);
        exit(1);
    }
    return pair;
}

static void an_own_policy_works_in_every_call(void)
{
    CHECK_OK(rs2n_security_policy_define("custom:strict",
            "base default             # as the library's\n"
            "min TLS1.3\n"
            "suites TLS_AES_256_GCM_SHA384; groups secp384r1 secp521r1\n"));
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(s2n_config_set_cipher_preferences(config, "CUSTOM:Strict"));
    uint16_t groups[8], count;
    CHECK_OK(s2n_config_get_supported_groups(config, groups, 8, &count));
    CHECK(count == 2 && groups[0] == 0x18 && groups[1] == 0x19);
    CHECK_OK(s2n_config_free(config));

    /* On either side. */
    for (int side = 0; side < 2; side++) {
        struct pair *pair = negotiate_with("ecdsa", side ? "custom:strict" : "default",
                side ? "default" : "custom:strict", "S2N_ERR_OK");
        CHECK_TEXT(s2n_connection_get_cipher(pair->server), "TLS_AES_256_GCM_SHA384");
        CHECK_TEXT(s2n_connection_get_curve(pair->client), "secp384r1");
        CHECK(s2n_connection_is_valid_for_cipher_preferences(pair->client, "custom:strict") == 1);
        CHECK_ERROR(s2n_connection_is_valid_for_cipher_preferences(pair->client, "custom:none"),
                S2N_ERR_INVALID_SECURITY_POLICY);
        disconnect(pair);
    }
    struct pair *pair = negotiate_with("ecdsa", "default_tls13", "default_tls13", "S2N_ERR_OK");
    CHECK(s2n_connection_is_valid_for_cipher_preferences(pair->client, "custom:strict") == 0);
    disconnect(pair);

    /* Two policies without a version in common, one of them by its name. */
    pair = negotiate_with("ecdsa", "custom:strict", "ELBSecurityPolicy-TLS-1-2-2017-01",
            "S2N_ERR_PROTOCOL_VERSION_UNSUPPORTED");
    disconnect(pair);
    CHECK_OK(rs2n_security_policy_define("custom:chacha",
            "base custom:strict; suites TLS_CHACHA20_POLY1305_SHA256"));
    pair = negotiate_with("ecdsa", "custom:strict", "custom:chacha", "S2N_ERR_CIPHER_NOT_SUPPORTED");
    char detail[512];
    CHECK(rs2n_connection_error_detail(pair->server, detail, sizeof(detail)) > 0);
    CHECK(strstr(detail, "custom:chacha") != NULL);
    disconnect(pair);
}

static void rules_for_keys_apply(void)
{
    CHECK_OK(rs2n_security_policy_define("custom:p256",
            "base default_tls13; certificate-keys ecdsa_secp256r1"));
    disconnect(negotiate_with("ecdsa", "custom:p256", "default", "S2N_ERR_OK"));
    disconnect(negotiate_with("rsa", "custom:p256", "default",
            "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT"));
    /* Also to local certificates. */
    CHECK_OK(rs2n_security_policy_define("custom:p256-local",
            "base custom:p256; local-certificates checked"));
    struct pair *pair = new_pair(1, "rsa");
    CHECK_OK(s2n_config_set_cipher_preferences(pair->config, "custom:p256"));
    CHECK_ERROR(s2n_config_set_cipher_preferences(pair->config, "custom:p256-local"),
            S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT);
    disconnect(pair);
}

static void wrong_texts_are_rejected_with_line_and_word(void)
{
    CHECK_ERROR(rs2n_security_policy_define(NULL, "base default"), S2N_ERR_NULL);
    CHECK_ERROR(rs2n_security_policy_define("custom:x", NULL), S2N_ERR_NULL);
    CHECK_REJECTED(rs2n_security_policy_define("strict", "base default"),
            "\"strict\": the name of an own policy consists of custom: and at least one other character");
    CHECK_REJECTED(rs2n_security_policy_define("custom:x", ""), "the definition has no statement");
    CHECK_REJECTED(rs2n_security_policy_define("custom:x", "base default\n\nmin TLS1.1"),
            "line 3, \"TLS1.1\": it is not a version that the library supports: TLS1.2, TLS1.3");
    CHECK_REJECTED(rs2n_security_policy_define("custom:x", "base default\nsuites +AES128-SHA"),
            "line 2, \"AES128-SHA\": the library does not support it as a cipher suite");
    CHECK_REJECTED(rs2n_security_policy_define("custom:x", "base default\ngroups x\x1b[31m"),
            "line 2, \"x\\x1b[31m\": it is not the name of a group: secp256r1, secp384r1, secp521r1, "
            "x25519, MLKEM1024, SecP256r1MLKEM768, X25519MLKEM768, SecP384r1MLKEM1024");
    CHECK_REJECTED(rs2n_security_policy_define("custom:strict", "base default"),
            "\"custom:strict\": it is defined already, with other parameters");
    /* What follows a NUL is no part of the text. */
    CHECK_OK(rs2n_security_policy_define("custom:x\0y", "base default\0wrong"));
    CHECK_OK(rs2n_security_policy_define("custom:x", "BASE 20251014"));

    char *text = malloc(16 * 1024 + 2);
    CHECK(text != NULL);
    memset(text, '#', 16 * 1024 + 1);
    text[16 * 1024 + 1] = 0;
    CHECK_REJECTED(rs2n_security_policy_define("custom:y", text),
            "the definition is longer than 16384 bytes");
    memcpy(text, "base default", 12);
    text[12] = ' ';
    text[16 * 1024] = 0;
    CHECK_OK(rs2n_security_policy_define("custom:x", text));
    free(text);
}

struct race {
    pthread_barrier_t barrier;
    int defined[2];
};

struct racer {
    struct race *race;
    int number;
};

static void *define_at_once(void *argument)
{
    struct racer *racer = argument;
    const char *const texts[] = { "base default; min TLS1.3", "base default" };
    pthread_barrier_wait(&racer->race->barrier);
    /* Both define this one, and one of them that. */
    CHECK_OK(rs2n_security_policy_define("custom:same", "base default; groups x25519"));
    int defined = rs2n_security_policy_define("custom:race", texts[racer->number]) == 0;
    CHECK(defined || strcmp(s2n_strerror_name(s2n_errno), "RS2N_ERR_POLICY_TEXT") == 0);
    racer->race->defined[racer->number] = defined;
    return NULL;
}

static void two_threads_define_at_once(void)
{
    struct race race;
    struct racer racers[] = { { &race, 0 }, { &race, 1 } };
    CHECK_OK(pthread_barrier_init(&race.barrier, NULL, 2));
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        CHECK_OK(pthread_create(&threads[i], NULL, define_at_once, &racers[i]));
    }
    for (int i = 0; i < 2; i++) {
        CHECK_OK(pthread_join(threads[i], NULL));
    }
    CHECK_OK(pthread_barrier_destroy(&race.barrier));
    CHECK(race.defined[0] + race.defined[1] == 1);
    disconnect(negotiate_with("ecdsa", "custom:same", "custom:race", "S2N_ERR_OK"));
}

/* After this no policy can be defined. */
static void the_number_of_policies_is_bounded(void)
{
    char name[32];
    int number = 0;
    do {
        snprintf(name, sizeof(name), "custom:number-%d", number++);
    } while (rs2n_security_policy_define(name, "base default") == 0);
    CHECK(number > 32 && number <= 64);
    char expected[96];
    snprintf(expected, sizeof(expected), "\"%s\": there are 64 own policies already", name);
    CHECK_REJECTED(rs2n_security_policy_define(name, "base default"), expected);
    CHECK_OK(rs2n_security_policy_define("custom:number-0", "base default"));
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static char logged[512];

static void on_message(rs2n_log_level level, struct s2n_connection *conn, const char *message,
        void *ctx)
{
    CHECK(level == RS2N_LOG_ERROR && conn == NULL && ctx == NULL);
    snprintf(logged, sizeof(logged), "%s", message);
}

/* s2n_init() fails with particulars about the file, which the log and the debug string have too. */
static void check_init_fails(const char *path, const char *problem)
{
    char expected[512];
    snprintf(expected, sizeof(expected), VARIABLE ": %s: %s", path, problem);
    CHECK_OK(setenv(VARIABLE, path, 1));
    logged[0] = 0;
    CHECK_OK(rs2n_set_log_callback(RS2N_LOG_ERROR, on_message, NULL));
    CHECK_REJECTED(s2n_init(), expected);
    CHECK_TEXT(logged, expected);
    CHECK_ERROR(s2n_init(), RS2N_ERR_POLICY_TEXT);
    const char *debug = s2n_strerror_debug(s2n_errno, "EN");
    CHECK(strncmp(debug, "RS2N_ERR_POLICY_TEXT: ", 22) == 0 && strstr(debug, expected) != NULL);
    /* Nothing works with a weaker policy instead. */
    s2n_errno = 0;
    CHECK(s2n_config_new_minimal() == NULL);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_NOT_INITIALIZED");
    CHECK(s2n_connection_new(S2N_CLIENT) == NULL);
    CHECK_ERROR(rs2n_security_policy_define("custom:x", "base default"), S2N_ERR_NOT_INITIALIZED);
}

/* Returns the first group of a config, and of one that sets the policy "default". */
static uint16_t first_group(int sets_default)
{
    uint16_t groups[8], count;
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK(config != NULL);
    if (sets_default) {
        CHECK_OK(s2n_config_set_cipher_preferences(config, "Default"));
    }
    CHECK_OK(s2n_config_get_supported_groups(config, groups, 8, &count));
    CHECK_OK(s2n_config_free(config));
    return groups[0];
}

static void the_file_of_the_administrator_is_read_by_init(void)
{
    char path[] = "/tmp/own-policies-XXXXXX";
    const int fd = mkstemp(path);
    CHECK(fd >= 0 && close(fd) == 0);
    check_init_fails("policies", "the path is not absolute");
    check_init_fails("", "the path is not absolute");
    check_init_fails("/nonexistent/policies",
            "the file cannot be read: No such file or directory (os error 2)");
    check_init_fails("/tmp", "the file cannot be read: not a regular file");
    check_init_fails("/dev/zero", "the file cannot be read: not a regular file");
    check_init_fails(path, "the file has no statement");
    write_text(path, "policy custom:file\nbase default\ngroups x25591 # wrong\n");
    check_init_fails(path, "line 3, \"x25591\": it is not the name of a group: secp256r1, secp384r1, "
            "secp521r1, x25519, MLKEM1024, SecP256r1MLKEM768, X25519MLKEM768, SecP384r1MLKEM1024");
    write_text(path, "policy custom:file\nbase default\ngroups x25519\nreplace defualt custom:file\n");
    check_init_fails(path, "line 4, \"defualt\": no policy of s2n-tls has this name");

    write_text(path, "policy custom:file\nbase default\ngroups x25519\nreplace default custom:file\n");
    for (int round = 0; round < 2; round++) {
        CHECK_OK(s2n_init());
        CHECK(first_group(0) == 0x1d && first_group(1) == 0x1d);
        CHECK_OK(s2n_cleanup_final());
    }
    write_text(path, "policy custom:file\nbase default\nreplace default custom:file\n");
    check_init_fails(path, "line 1, \"custom:file\": it is defined already, with other parameters");
    CHECK_OK(unsetenv(VARIABLE));
    CHECK_OK(remove(path));
    CHECK_OK(rs2n_set_log_callback(RS2N_LOG_OFF, NULL, NULL));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_mem_set_callbacks(nothing, nothing, allocate, release));
    the_file_of_the_administrator_is_read_by_init();
    CHECK_OK(s2n_init());
    CHECK(first_group(0) == 0x11ec && first_group(1) == 0x11ec);
    an_own_policy_works_in_every_call();
    rules_for_keys_apply();
    wrong_texts_are_rejected_with_line_and_word();
    two_threads_define_at_once();
    the_number_of_policies_is_bounded();
    CHECK_OK(s2n_cleanup_final());
    CHECK(blocks == 0);
    return 0;
}
