/*
 * Raw public keys (RFC 7250): those of the peer. The runner's flags have the hash of its key, and the library
 * requires the key: it is that of the runner's file for P-256, which is compared with the hash.
 */
#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { X509 = 0, RAW_PUBLIC_KEY = 2, POINT_SIZE = 65, HASH_SIZE = 32 };

static const char KEY_FILE[] = "ecdsa_p256_key.pem";

/* A SubjectPublicKeyInfo with a key on P-256 (RFC 5480), up to the point. */
static const uint8_t SPKI_PREFIX[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };

enum { SPKI_SIZE = sizeof(SPKI_PREFIX) + POINT_SIZE };

/* A private key in PKCS #8 ends with its public point, as the runner's file has it. */
static void read_key(uint8_t spki[SPKI_SIZE])
{
    char *pem = read_text(KEY_FILE), *body = strchr(pem, '\n'), *end = body == NULL ? NULL : strstr(body, "-----END");
    size_t count = 0;
    for (char *at = body; end != NULL && at < end; at++) {
        if (*at != '\n' && *at != '\r') {
            pem[count++] = *at;
        }
    }
    pem[count] = '\0';
    struct bytes der = decode_base64(KEY_FILE, pem);
    if (der.size < POINT_SIZE || der.data[der.size - POINT_SIZE] != 4) {
        fprintf(stderr, "%s: there is no public point\n", KEY_FILE);
        exit(FAILED);
    }
    memcpy(spki, SPKI_PREFIX, sizeof(SPKI_PREFIX));
    memcpy(spki + sizeof(SPKI_PREFIX), der.data + der.size - POINT_SIZE, POINT_SIZE);
    free(der.data);
    free(pem);
}

bool accepts_raw_keys(const struct options *options)
{
    const struct list *types = &options->accepted_peer_cert_types;
    for (size_t i = 0; i < types->count; i++) {
        if (types->items[i] == RAW_PUBLIC_KEY) {
            return true;
        }
    }
    return false;
}

bool accepts_certificates(const struct options *options)
{
    const struct list *types = &options->accepted_peer_cert_types;
    for (size_t i = 0; i < types->count; i++) {
        if (types->items[i] == X509) {
            return true;
        }
    }
    return types->count == 0;
}

void trust_raw_keys(const struct options *options, struct s2n_config *config)
{
    const struct list *types = &options->accepted_peer_cert_types;
    for (size_t i = 0; i < types->count; i++) {
        if (types->items[i] != X509 && types->items[i] != RAW_PUBLIC_KEY) {
            unimplemented("-accepted-peer-cert-types with an unknown type");
        }
    }
    if (!accepts_raw_keys(options)) {
        return;
    }
    /* The library prefers raw public keys, and accepts certificates if it has a root. */
    if (types->items[0] == X509) {
        unimplemented("-accepted-peer-cert-types with X.509 in front of raw public keys");
    }
    if (accepts_certificates(options) && (options->trust_cert == NULL || options->trust_cert[0] == '\0')) {
        unimplemented("-accepted-peer-cert-types with X.509, without -trust-cert");
    }
    uint8_t spki[SPKI_SIZE];
    read_key(spki);
    if (rs2n_config_add_trusted_public_key(config, spki, sizeof(spki)) != 0) {
        fprintf(stderr, "trusted public key: :%s:\n", s2n_strerror_name(s2n_errno));
        exit(FAILED);
    }
}

/* The types of -available-client-cert-types must be those of the credentials, as the library sends them. */
void check_available_types(const struct options *options)
{
    const struct list *types = &options->available_client_cert_types;
    bool has_raw = false, has_x509 = false;
    /* The credential without a number comes last, as in load_credentials(). */
    for (size_t i = 1; i <= options->credential_count + 1; i++) {
        const struct credential *credential = &options->credentials[i % (options->credential_count + 1)];
        if (credential->is_raw_key && !has_raw && has_x509 && !options->server) {
            unimplemented("a client with a certificate in front of a raw public key");
        }
        has_raw |= credential->is_raw_key;
        has_x509 |= credential->cert_file != NULL;
    }
    struct list sent = { .count = 0 };
    if (has_raw) {
        sent.items[sent.count++] = RAW_PUBLIC_KEY;
    }
    if (has_x509) {
        sent.items[sent.count++] = X509;
    }
    if (types->count > 0 && (types->count != sent.count
        || memcmp(types->items, sent.items, sent.count * sizeof(sent.items[0])) != 0)) {
        unimplemented("-available-client-cert-types other than those of the credentials");
    }
}

static uint32_t rotate(uint32_t value, int bits)
{
    return value >> bits | value << (32 - bits);
}

/* SHA-256 (FIPS 180-4) of a message of 56 to 119 bytes, which has two blocks. */
static void hash(const uint8_t *message, size_t size, uint8_t digest[HASH_SIZE])
{
    static const uint32_t K[64] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152,
        0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138,
        0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70,
        0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
        0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa,
        0xa4506ceb, 0xbef9a3f7, 0xc67178f2 };
    uint32_t state[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
        0x5be0cd19 };
    uint8_t blocks[128] = { 0 };
    memcpy(blocks, message, size);
    blocks[size] = 0x80;
    blocks[126] = (uint8_t) (size * 8 >> 8);
    blocks[127] = (uint8_t) (size * 8);
    for (const uint8_t *block = blocks; block < blocks + sizeof(blocks); block += 64) {
        uint32_t w[64], s[8];
        for (int i = 0; i < 16; i++) {
            w[i] = (uint32_t) block[4 * i] << 24 | (uint32_t) block[4 * i + 1] << 16 | (uint32_t) block[4 * i + 2] << 8
                | block[4 * i + 3];
        }
        for (int i = 16; i < 64; i++) {
            uint32_t first = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
            uint32_t second = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
            w[i] = w[i - 16] + first + w[i - 7] + second;
        }
        memcpy(s, state, sizeof(s));
        for (int i = 0; i < 64; i++) {
            uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
            uint32_t one = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + choice + K[i] + w[i];
            uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
            uint32_t two = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + majority;
            memmove(s + 1, s, 7 * sizeof(s[0]));
            s[4] += one;
            s[0] = one + two;
        }
        for (int i = 0; i < 8; i++) {
            state[i] += s[i];
        }
    }
    for (int i = 0; i < HASH_SIZE; i++) {
        digest[i] = (uint8_t) (state[i / 4] >> (24 - 8 * (i % 4)));
    }
}

bool check_peer_key(struct endpoint *endpoint, const struct options *options)
{
    uint8_t spki[SPKI_SIZE], digest[HASH_SIZE];
    uint32_t size = sizeof(spki);
    bool is_raw = rs2n_connection_get_peer_public_key(endpoint->conn, spki, &size) == 0;
    int type = options->expect_peer_certificate_type;
    if (type != ANY_TYPE && is_raw != (type == RAW_PUBLIC_KEY)) {
        return complain("the peer's certificate type is not that of -expect-peer-certificate-type");
    }
    const struct bytes *expected = &options->expect_peer_rpk_sha256;
    if (!expected->is_set) {
        return true;
    }
    if (is_raw) {
        hash(spki, size, digest);
    }
    return (is_raw && expected->size == HASH_SIZE && memcmp(digest, expected->data, HASH_SIZE) == 0)
        || complain("the peer's key is not that of -expect-peer-rpk-sha256");
}
