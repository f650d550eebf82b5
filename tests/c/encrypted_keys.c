/*
 * Private keys that are encrypted with a passphrase: the files of OpenSSL, GnuTLS and OpenSSH, damaged ones, and
 * callbacks that do not behave.
 *
 * usage: encrypted_keys FOLDER-OF-CERTIFICATES FOLDER-OF-KEYS all|quick
 *
 * `quick` leaves out the keys whose derivation takes seconds under valgrind, which the other runs read.
 */
#include "pair.h"

#include <dirent.h>
#include <pthread.h>
#include <rs2n/rs2n.h>

static const char *keys;
static int quick;

static const char PASSPHRASE[] = "correct horse";

/* What a callback returns, and what it has seen. */
struct answer {
    const char *passphrase;
    int status;
    /* If not 0, the length that it returns. */
    uint32_t len;
    int calls;
    pthread_t thread;
};

static int passphrase(void *ctx, uint8_t *buf, uint32_t size, uint32_t *len)
{
    struct answer *answer = ctx;
    CHECK(size == 1024 && *len == 0);
    *len = (uint32_t) strlen(answer->passphrase);
    memcpy(buf, answer->passphrase, *len);
    if (answer->len != 0) {
        *len = answer->len;
    }
    answer->calls++;
    answer->thread = pthread_self();
    return answer->status;
}

static int load(struct s2n_cert_chain_and_key *chain, const char *cert, const char *key,
        rs2n_passphrase_callback callback, void *ctx)
{
    return rs2n_cert_chain_and_key_load_encrypted_pem_bytes(chain, (const uint8_t *) cert,
            (uint32_t) strlen(cert), (const uint8_t *) key, (uint32_t) strlen(key), callback, ctx);
}

static int load_with(struct s2n_cert_chain_and_key *chain, const char *cert, const char *key, const char *text)
{
    struct answer answer = { .passphrase = text };
    return load(chain, cert, key, passphrase, &answer);
}

static void check_detail(const char *part)
{
    char detail[512] = "";
    CHECK(rs2n_error_detail(detail, sizeof(detail)) > 0);
    if (strstr(detail, part) == NULL) {
        fprintf(stderr, "no \"%s\" in \"%s\"\n", part, detail);
        exit(1);
    }
}

/* The certificates for a key, the first part of whose name is theirs. */
static char *certificates_of(const char *key)
{
    char name[64];
    snprintf(name, sizeof(name), "%.*s.pem", (int) strcspn(key, "-."), key);
    return read_file(folder, name);
}

/* Completes a handshake with a server that has this chain. */
static void check_handshake(struct s2n_cert_chain_and_key *chain)
{
    struct pair *pair = new_pair(1, "client");
    struct s2n_config *config = s2n_config_new_minimal();
    const char *client, *server;
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
    CHECK_OK(s2n_config_set_cipher_preferences(config, "default_tls13"));
    CHECK_OK(s2n_connection_set_config(pair->server, config));
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    disconnect(pair);
    CHECK_OK(s2n_config_free(config));
}

/* Files that are refused, with a part of the particulars. */
static const struct {
    const char *name, *detail;
} REFUSED[] = {
    { "3des", "des-EDE3-CBC" },
    { "camellia", "1.2.392.200011.61.1.1.1.4" },
    { "des", "pbeWithMD5AndDES-CBC" },
    { "endless", "2^64 iterations" },
    { "gnutls-3des", "des-EDE3-CBC" },
    { "gnutls-rc4", "pbeWithSHA1And128BitRC4" },
    { "headers-camellia128", "\"CAMELLIA-128-CBC\"" },
    { "headers-des3", "\"DES-EDE3-CBC\"" },
    { "iterations", "2147483648 iterations" },
    { "more-iterations", "the maximum is 10000000" },
    { "pkcs12", "pbeWithSHA1And3-KeyTripleDES-CBC" },
    { "scrypt-memory", "N = 2^30, r = 8, p = 1" },
    { "scrypt-work", "N = 2^10, r = 8, p = 1000" },
    { "sha224", "hmacWithSHA224" },
};

static const char *detail_of(const char *name)
{
    for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++) {
        size_t len = strlen(REFUSED[i].name);
        if (strncmp(name, REFUSED[i].name, len) == 0 && strcmp(name + len, ".key") == 0) {
            return REFUSED[i].detail;
        }
    }
    fprintf(stderr, "unexpected file: %s\n", name);
    exit(1);
}

static void a_refused_key(const char *cert, const char *key, const char *name)
{
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    struct answer answer = { .passphrase = PASSPHRASE };
    CHECK_ERROR(load(chain, cert, key, passphrase, &answer), RS2N_ERR_KEY_ENCRYPTION);
    check_detail(detail_of(name));
    /* No user types a passphrase in vain. */
    CHECK(answer.calls == 0);
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
}

static void a_supported_key(const char *cert, const char *key, const char *file)
{
    const char *right = PASSPHRASE;
    static char text[1024 + 1];
    memset(text, 'x', 1024);
    if (strcmp(file, "ecdsa-long.key") == 0) {
        right = text;
    } else if (strcmp(file, "ecdsa-empty.key") == 0) {
        right = "";
    }
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    CHECK_ERROR(load_with(chain, cert, key, "wrong"), RS2N_ERR_WRONG_PASSPHRASE);
    check_detail("passphrase");
    struct answer answer = { .passphrase = right };
    CHECK_OK(load(chain, cert, key, passphrase, &answer));
    CHECK(answer.calls == 1 && pthread_equal(answer.thread, pthread_self()));
    if (!quick || strcmp(file, "ecdsa-default.key") == 0) {
        check_handshake(chain);
    }
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
}

static void every_file_is_read_or_refused(void)
{
    DIR *dir = opendir(keys);
    size_t supported = 0, refused = 0;
    CHECK(dir != NULL);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        const char *file = entry->d_name;
        const char *name = strchr(file, '-');
        /* 600,000 iterations, and 16 MiB of scrypt. */
        int is_slow = strstr(file, "600000") != NULL || strstr(file, "gnutls-aes") != NULL
                || strcmp(file, "rsa-scrypt.key") == 0;
        if (name == NULL || strcmp(file, "ecdsa-format-openssh.key") == 0 || (quick && is_slow)) {
            continue;
        }
        char *cert = certificates_of(file);
        char *key = read_file(keys, file);
        if (strncmp(name, "-refused-", 9) == 0) {
            a_refused_key(cert, key, name + 9);
            refused++;
        } else {
            a_supported_key(cert, key, file);
            supported++;
        }
        /* The functions of s2n-tls have the error of s2n-tls. */
        struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
        CHECK_ERROR(s2n_cert_chain_and_key_load_pem(chain, cert, key), S2N_ERR_INVALID_PEM);
        CHECK_OK(s2n_cert_chain_and_key_free(chain));
        free(cert);
        free(key);
    }
    closedir(dir);
    CHECK(refused == 16);
    CHECK(supported == (quick ? 32 : 37));

    /* OpenSSH's own format is another one, encrypted or not. */
    char *cert = certificates_of("ecdsa.key");
    char *key = read_file(keys, "ecdsa-format-openssh.key");
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    CHECK_ERROR(load_with(chain, cert, key, PASSPHRASE), S2N_ERR_INVALID_PEM);
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    free(cert);
    free(key);
}

/* The padding of about four of them is right by chance. */
static void a_thousand_passphrases_are_wrong(void)
{
    char *cert = certificates_of("ecdsa");
    char *key = read_file(keys, "ecdsa-few.key");
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    for (int i = 0; i < (quick ? 100 : 1000); i++) {
        char wrong[32];
        snprintf(wrong, sizeof(wrong), "wrong %d", i);
        CHECK_ERROR(load_with(chain, cert, key, wrong), RS2N_ERR_WRONG_PASSPHRASE);
    }
    CHECK_OK(load_with(chain, cert, key, PASSPHRASE));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    free(cert);
    free(key);
}

static void damaged_files_are_errors(const char *file)
{
    char *cert = certificates_of("ecdsa");
    char *key = read_file(keys, file);
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    const size_t len = strlen(key);
    /* Up to the dashes at the end. */
    for (size_t at = 0; at < len - 10; at += quick ? 13 : 1) {
        const char byte = key[at];
        key[at] = 0;
        CHECK(load_with(chain, cert, key, PASSPHRASE) == -1);
        key[at] = byte;
    }
    for (size_t at = 0; at < len; at += quick ? 13 : 1) {
        for (int bit = 0; bit < 7; bit++) {
            key[at] ^= 1 << bit;
            s2n_errno = 0;
            if (load_with(chain, cert, key, PASSPHRASE) == -1) {
                const char *error = s2n_strerror_name(s2n_errno);
                CHECK(strcmp(error, "RS2N_ERR_WRONG_PASSPHRASE") == 0
                        || strcmp(error, "RS2N_ERR_KEY_ENCRYPTION") == 0
                        || strcmp(error, "S2N_ERR_DECODE_PRIVATE_KEY") == 0
                        || strcmp(error, "S2N_ERR_KEY_MISMATCH") == 0
                        || strcmp(error, "S2N_ERR_INVALID_PEM") == 0);
            }
            key[at] ^= 1 << bit;
        }
    }
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    free(cert);
    free(key);
}

static void callbacks_may_fail(void)
{
    char *cert = certificates_of("ecdsa");
    char *key = read_file(keys, "ecdsa-few.key");
    struct s2n_cert_chain_and_key *chain = load_chain(folder, "ecdsa");
    const int statuses[] = { -1, 1, 1024, INT32_MIN };
    for (size_t i = 0; i < 4; i++) {
        struct answer answer = { .passphrase = PASSPHRASE, .status = statuses[i] };
        CHECK_ERROR(load(chain, cert, key, passphrase, &answer), RS2N_ERR_PASSPHRASE_CALLBACK);
        check_detail("returned an error");
        CHECK(answer.calls == 1);
    }
    const uint32_t lens[] = { 1025, INT32_MAX, UINT32_MAX };
    for (size_t i = 0; i < 3; i++) {
        struct answer answer = { .passphrase = PASSPHRASE, .len = lens[i] };
        CHECK_ERROR(load(chain, cert, key, passphrase, &answer), RS2N_ERR_PASSPHRASE_CALLBACK);
        check_detail("the maximum is 1024");
    }
    CHECK_ERROR(load(chain, cert, key, NULL, NULL), S2N_ERR_NULL);
    CHECK_ERROR(load(NULL, cert, key, passphrase, NULL), S2N_ERR_NULL);
    /* The chain is as before. */
    check_handshake(chain);

    /* A callback is not called for a key that is not encrypted, and not before other errors. */
    struct answer answer = { .passphrase = PASSPHRASE };
    char *plain = read_file(folder, "ecdsa.key");
    CHECK_OK(load(chain, cert, plain, passphrase, &answer));
    CHECK_ERROR(load(chain, "", key, passphrase, &answer), S2N_ERR_NO_CERTIFICATE_IN_PEM);
    CHECK_ERROR(load(chain, cert, "", passphrase, &answer), S2N_ERR_INVALID_PEM);
    CHECK(answer.calls == 0);
    char *other = read_file(folder, "rsa.pem");
    CHECK_ERROR(load(chain, other, key, passphrase, &answer), S2N_ERR_KEY_MISMATCH);
    CHECK(answer.calls == 1);
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    free(other);
    free(plain);
    free(key);
    free(cert);
}

struct reentrant {
    struct s2n_cert_chain_and_key *chain;
    const char *cert, *key;
    int depth;
};

/* Loads the same chain again, three calls deep, and fails to load it. */
static int load_again(void *ctx, uint8_t *buf, uint32_t size, uint32_t *len)
{
    struct reentrant *call = ctx;
    CHECK(size > sizeof(PASSPHRASE));
    if (call->depth++ < 3) {
        CHECK_OK(load(call->chain, call->cert, call->key, load_again, call));
    }
    CHECK_ERROR(load_with(call->chain, call->cert, call->key, "wrong"), RS2N_ERR_WRONG_PASSPHRASE);
    *len = sizeof(PASSPHRASE) - 1;
    memcpy(buf, PASSPHRASE, *len);
    return 0;
}

/* Frees the chain that is being loaded, and overwrites the texts. */
static int free_chain(void *ctx, uint8_t *buf, uint32_t size, uint32_t *len)
{
    struct reentrant *call = ctx;
    CHECK(size > sizeof(PASSPHRASE));
    CHECK_OK(s2n_cert_chain_and_key_free(call->chain));
    *len = sizeof(PASSPHRASE) - 1;
    memcpy(buf, PASSPHRASE, *len);
    return 0;
}

static void callbacks_may_use_the_chain(void)
{
    char *cert = certificates_of("ecdsa");
    char *key = read_file(keys, "ecdsa-few.key");
    struct reentrant call = { s2n_cert_chain_and_key_new(), cert, key, 0 };
    CHECK_OK(load(call.chain, cert, key, load_again, &call));
    CHECK(call.depth == 4);
    check_handshake(call.chain);
    CHECK_OK(load(call.chain, cert, key, free_chain, &call));
    free(cert);
    free(key);
}

static void *load_in_thread(void *count)
{
    char *cert = certificates_of("ecdsa");
    char *key = read_file(keys, "ecdsa-default.key");
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    for (int i = 0; i < *(int *) count; i++) {
        CHECK_OK(load_with(chain, cert, key, PASSPHRASE));
        CHECK_ERROR(load_with(chain, cert, key, "wrong"), RS2N_ERR_WRONG_PASSPHRASE);
        check_detail("passphrase");
    }
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    free(cert);
    free(key);
    return NULL;
}

static void threads_load_keys_at_the_same_time(void)
{
    pthread_t threads[4];
    int count = quick ? 1 : 20;
    for (int i = 0; i < 4; i++) {
        CHECK_OK(pthread_create(&threads[i], NULL, load_in_thread, &count));
    }
    for (int i = 0; i < 4; i++) {
        CHECK_OK(pthread_join(threads[i], NULL));
    }
}

int main(int argc, char **argv)
{
    CHECK(argc == 4);
    folder = argv[1];
    keys = argv[2];
    quick = strcmp(argv[3], "quick") == 0;
    CHECK_OK(s2n_init());
    every_file_is_read_or_refused();
    a_thousand_passphrases_are_wrong();
    damaged_files_are_errors("ecdsa-few.key");
    damaged_files_are_errors("ecdsa-headers-aes192.key");
    callbacks_may_fail();
    callbacks_may_use_the_chain();
    threads_load_keys_at_the_same_time();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
