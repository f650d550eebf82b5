/*
 * A server whose private keys are in a PKCS #11 token, which signs in a separate thread.
 *
 * The token holds the private keys "rsa" and "ecdsa" of the certificates.
 *
 * usage: pkcs11 FOLDER-OF-CERTIFICATES MODULE PIN
 */
#include "keyless.h"

#include <dlfcn.h>
#include <p11-kit-1/p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdbool.h>

static CK_FUNCTION_LIST *token;
static CK_SESSION_HANDLE session;

static void open_token(const char *module, const char *pin)
{
    void *library = dlopen(module, RTLD_NOW);
    CHECK(library != NULL);
    CK_C_GetFunctionList functions;
    *(void **)&functions = dlsym(library, "C_GetFunctionList");
    CHECK(functions != NULL && functions(&token) == CKR_OK);
    CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
    CHECK(token->C_Initialize(&args) == CKR_OK);
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;
    CHECK(token->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK);
    bool found = false;
    for (CK_ULONG at = 0; at < count && !found; at++) {
        CK_TOKEN_INFO info;
        CHECK(token->C_GetTokenInfo(slots[at], &info) == CKR_OK);
        found = memcmp(info.label, "rs2n ", 5) == 0;
        if (found) {
            CHECK(token->C_OpenSession(slots[at], CKF_SERIAL_SESSION, NULL, NULL, &session) == CKR_OK);
        }
    }
    CHECK(found);
    CHECK(token->C_Login(session, CKU_USER, (CK_UTF8CHAR *)pin, strlen(pin)) == CKR_OK);
}

static CK_OBJECT_HANDLE find_key(const char *label)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE query[] = {
        { CKA_CLASS, &class, sizeof(class) },
        { CKA_LABEL, (char *)label, strlen(label) },
    };
    CK_OBJECT_HANDLE key = 0;
    CK_ULONG count = 0;
    CHECK(token->C_FindObjectsInit(session, query, 2) == CKR_OK);
    CHECK(token->C_FindObjects(session, &key, 1, &count) == CKR_OK && count == 1);
    CHECK(token->C_FindObjectsFinal(session) == CKR_OK);

    /* The key cannot be extracted from the token. */
    uint8_t secret[1024];
    CK_ATTRIBUTE value = { CKA_VALUE, secret, sizeof(secret) };
    CHECK(token->C_GetAttributeValue(session, key, &value, 1) != CKR_OK);
    return key;
}

/* Encodes a non-negative INTEGER in DER (X.690, 8.3). */
static size_t write_integer(uint8_t *out, const uint8_t *number, size_t len)
{
    while (len > 1 && number[0] == 0) {
        number++;
        len--;
    }
    const size_t pad = number[0] >> 7;
    out[0] = 2;
    out[1] = pad + len;
    out[2] = 0;
    memcpy(out + 2 + pad, number, len);
    return 2 + pad + len;
}

/* Converts the raw signature r || s of PKCS #11 to DER, which TLS requires (RFC 3279, 2.2.3). */
static uint32_t ecdsa_to_der(const uint8_t *raw, size_t len, uint8_t *der)
{
    size_t inside = write_integer(der + 2, raw, len / 2);
    inside += write_integer(der + 2 + inside, raw + len / 2, len / 2);
    CHECK(inside < 128);
    der[0] = 0x30;
    der[1] = inside;
    return 2 + inside;
}

static uint32_t token_sign(const char *name, bool tls13, uint8_t *hash, uint32_t len,
        uint8_t *signature)
{
    /* The DigestInfo prefix of a SHA-256 hash in PKCS #1 v1.5 (RFC 8017, 9.2). */
    uint8_t info[19 + 32] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
        0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
    CK_RSA_PKCS_PSS_PARAMS pss = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
    CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
    uint8_t *input = hash, raw[512];
    CHECK(len == 32);
    const bool is_rsa = strcmp(name, "rsa") == 0;
    if (is_rsa && tls13) {
        mechanism = (CK_MECHANISM){ CKM_RSA_PKCS_PSS, &pss, sizeof(pss) };
    } else if (is_rsa) {
        mechanism.mechanism = CKM_RSA_PKCS;
        memcpy(info + 19, hash, len);
        input = info;
        len = sizeof(info);
    }
    CK_ULONG raw_len = sizeof(raw);
    CHECK(token->C_SignInit(session, &mechanism, find_key(name)) == CKR_OK);
    CHECK(token->C_Sign(session, input, len, raw, &raw_len) == CKR_OK);
    if (!is_rsa) {
        return ecdsa_to_der(raw, raw_len, signature);
    }
    memcpy(signature, raw, raw_len);
    return raw_len;
}

/* The pending operation, its connection, and the label of its key. */
static struct {
    struct s2n_connection *conn;
    struct s2n_async_pkey_op *op;
    const char *key;
    bool tls13;
    bool signs_later;
} job;

static void *perform_job(void *unused)
{
    uint8_t hash[64], signature[512];
    uint32_t length = 0;
    CHECK_OK(s2n_async_pkey_op_get_input_size(job.op, &length));
    CHECK_OK(s2n_async_pkey_op_get_input(job.op, hash, sizeof(hash)));
    length = token_sign(job.key, job.tls13, hash, length, signature);
    CHECK_OK(s2n_async_pkey_op_set_output(job.op, signature, length));
    CHECK_OK(s2n_async_pkey_op_apply(job.op, job.conn));
    CHECK_OK(s2n_async_pkey_op_free(job.op));
    return unused;
}

static int sign(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    job.conn = conn;
    job.op = op;
    if (!job.signs_later) {
        perform_job(NULL);
    }
    return 0;
}

static void a_token_signs(bool tls13, const char *key, bool signs_later)
{
    job.key = key;
    job.tls13 = tls13;
    job.signs_later = signs_later;
    struct keyless keyless = new_keyless(tls13, key, sign);
    CHECK_OK(s2n_config_set_async_pkey_validation_mode(keyless.config,
            S2N_ASYNC_PKEY_VALIDATION_STRICT));
    struct pair *pair = keyless.pair;
    if (signs_later) {
        pthread_t thread;
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
        CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
        CHECK_OK(pthread_create(&thread, NULL, perform_job, NULL));
        CHECK_OK(pthread_join(thread, NULL));
    }
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    free_keyless(&keyless);
}

int main(int argc, char **argv)
{
    CHECK(argc == 4);
    folder = argv[1];
    CHECK_OK(s2n_init());
    open_token(argv[2], argv[3]);
    for (int which = 0; which < 8; which++) {
        a_token_signs(which & 1, which & 2 ? "rsa" : "ecdsa", which & 4);
    }
    CHECK(token->C_Finalize(NULL) == CKR_OK);
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
