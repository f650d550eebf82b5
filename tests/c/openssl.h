/*
 * An external signer: the command-line tool of OpenSSL, which signs a hash.
 */
#ifndef OPENSSL_H
#define OPENSSL_H

#include "check.h"

#include <stdint.h>
#include <unistd.h>

/* A pending signature. */
struct openssl {
    FILE *output;
    char input[32];
};

/*
 * Starts to sign a hash with FOLDER/NAME.key; `padding` is "pss" or "pkcs1" for RSA, and NULL for
 * ECDSA.
 */
static inline struct openssl openssl_begin(const char *folder, const char *name, const char *padding,
        const uint8_t *hash, uint32_t hash_len)
{
    struct openssl openssl = { NULL, "/tmp/rs2n-hash-XXXXXX" };
    char options[128] = "", command[4096];
    int file = mkstemp(openssl.input);
    CHECK(file >= 0 && write(file, hash, hash_len) == (ssize_t)hash_len && close(file) == 0);
    if (padding != NULL) {
        snprintf(options, sizeof(options), "-pkeyopt rsa_padding_mode:%s%s", padding,
                strcmp(padding, "pss") == 0 ? " -pkeyopt rsa_pss_saltlen:digest" : "");
    }
    snprintf(command, sizeof(command), "openssl pkeyutl -sign -inkey '%s/%s.key' -in %s "
            "-pkeyopt digest:sha%u %s", folder, name, openssl.input, (unsigned)hash_len * 8, options);
    openssl.output = popen(command, "r");
    CHECK(openssl.output != NULL);
    return openssl;
}

/* Waits for the signature, writes it into a buffer of 512 bytes, and returns its length. */
static inline uint32_t openssl_end(struct openssl *openssl, uint8_t *signature)
{
    size_t length = fread(signature, 1, 512, openssl->output);
    CHECK_OK(pclose(openssl->output));
    CHECK_OK(unlink(openssl->input));
    CHECK(length > 0);
    return length;
}

static inline uint32_t openssl_sign(const char *folder, const char *name, const char *padding,
        const uint8_t *hash, uint32_t hash_len, uint8_t *signature)
{
    struct openssl openssl = openssl_begin(folder, name, padding, hash, hash_len);
    return openssl_end(&openssl, signature);
}

#endif
