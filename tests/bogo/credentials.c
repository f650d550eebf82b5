/*
 * Certificates: those of the shim, those that it trusts, and that of the peer.
 */
#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *read_text(const char *path)
{
    static const size_t MAX_SIZE = 1 << 20;
    char *text = calloc(1, MAX_SIZE);
    FILE *file = fopen(path, "rb");
    if (file == NULL || text == NULL || fread(text, 1, MAX_SIZE - 1, file) == 0) {
        perror(path);
        exit(FAILED);
    }
    fclose(file);
    return text;
}

static void require(int result, const char *what)
{
    if (result != 0) {
        fprintf(stderr, "%s: :%s:\n", what, s2n_strerror_name(s2n_errno));
        exit(FAILED);
    }
}

static struct s2n_cert_chain_and_key *load(const struct credential *credential)
{
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    char *key = read_text(credential->key_file);
    if (credential->is_raw_key) {
        require(rs2n_cert_chain_and_key_load_raw_public_key(chain, NULL, 0, (uint8_t *) key, (uint32_t) strlen(key)),
            "raw public key");
        free(key);
        return chain;
    }
    char *certificates = read_text(credential->cert_file);
    if (s2n_cert_chain_and_key_load_pem(chain, certificates, key) != 0) {
        unimplemented("a certificate or key of this type");
    }
    free(certificates);
    free(key);
    const struct bytes *ocsp = &credential->ocsp_response;
    if (ocsp->is_set) {
        require(s2n_cert_chain_and_key_set_ocsp_data(chain, ocsp->data, (uint32_t) ocsp->size), "OCSP response");
    }
    return chain;
}

static size_t count_of_type(const struct options *options, bool is_raw_key)
{
    size_t count = 0;
    for (size_t i = 0; i <= options->credential_count; i++) {
        count += options->credentials[i].key_file != NULL && options->credentials[i].is_raw_key == is_raw_key;
    }
    return count;
}

/* The credential of the flags without a number comes last: BoringSSL prefers the others to it. */
void load_credentials(struct endpoint *endpoint, struct s2n_config *config)
{
    const struct options *options = endpoint->options;
    for (size_t i = 1; i <= options->credential_count + 1; i++) {
        const struct credential *credential = &options->credentials[i % (options->credential_count + 1)];
        if (credential->cert_file == NULL && credential->key_file == NULL) {
            continue;
        }
        if (credential->key_file == NULL || (credential->cert_file == NULL && !credential->is_raw_key)) {
            unimplemented("a certificate or key alone");
        }
        endpoint->chain_count++;
        if (!options->server && count_of_type(options, credential->is_raw_key) > 1) {
            unimplemented("a client with several certificates");
        }
        if (!options->server && endpoint->chain_count > 1 && options->async) {
            unimplemented("a client with several keys, and -async");
        }
        struct s2n_cert_chain_and_key *chain = load(credential);
        endpoint->chains[i % (options->credential_count + 1)] = chain;
        require(s2n_config_add_cert_chain_and_key_to_store(config, chain), credential->cert_file);
    }
}

void trust(const struct options *options, struct s2n_config *config)
{
    if (options->trust_cert == NULL || options->trust_cert[0] == '\0' || !accepts_certificates(options)) {
        return;
    }
    char *root = read_text(options->trust_cert);
    require(s2n_config_add_pem_to_trust_store(config, root), options->trust_cert);
    free(root);
}

/* The peer's verified chain begins with the certificates of the file. */
bool check_peer_chain(struct endpoint *endpoint)
{
    struct s2n_cert_chain_and_key *expected = s2n_cert_chain_and_key_new();
    struct s2n_cert_chain_and_key *actual = s2n_cert_chain_and_key_new();
    char *pem = read_text(endpoint->options->expect_peer_cert_file);
    uint32_t count = 0, actual_count = 0;
    bool same = s2n_cert_chain_and_key_load_public_pem_bytes(expected, (uint8_t *) pem, (uint32_t) strlen(pem)) == 0
        && s2n_connection_get_peer_cert_chain(endpoint->conn, actual) == 0
        && s2n_cert_chain_get_length(expected, &count) == 0
        && s2n_cert_chain_get_length(actual, &actual_count) == 0 && count <= actual_count;
    for (uint32_t i = 0; same && i < count; i++) {
        struct s2n_cert *certs[2];
        const uint8_t *der[2];
        uint32_t size[2];
        same = s2n_cert_chain_get_cert(expected, &certs[0], i) == 0
            && s2n_cert_chain_get_cert(actual, &certs[1], i) == 0
            && s2n_cert_get_der(certs[0], &der[0], &size[0]) == 0
            && s2n_cert_get_der(certs[1], &der[1], &size[1]) == 0 && size[0] == size[1]
            && memcmp(der[0], der[1], size[0]) == 0;
    }
    free(pem);
    s2n_cert_chain_and_key_free(expected);
    s2n_cert_chain_and_key_free(actual);
    return same || complain("the peer's certificates are not those of -expect-peer-cert-file");
}
