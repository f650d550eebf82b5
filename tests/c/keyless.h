/*
 * A pair whose server holds a certificate chain without its private key, and signs asynchronously.
 */
#ifndef KEYLESS_H
#define KEYLESS_H

#include "pair.h"

struct keyless {
    struct pair *pair;
    struct s2n_config *config;
    struct s2n_cert_chain_and_key *chain;
};

static inline struct keyless new_keyless(int tls13, const char *name, s2n_async_pkey_fn sign)
{
    char file[64];
    snprintf(file, sizeof(file), "%s.pem", name);
    char *pem = read_file(folder, file);
    struct keyless keyless = {
        .pair = new_pair(tls13, "client"),
        .config = s2n_config_new_minimal(),
        .chain = s2n_cert_chain_and_key_new(),
    };
    CHECK_OK(s2n_cert_chain_and_key_load_public_pem_bytes(keyless.chain, (uint8_t *)pem, strlen(pem)));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(keyless.config, keyless.chain));
    CHECK_OK(s2n_config_set_cipher_preferences(keyless.config, policy(tls13)));
    CHECK_OK(s2n_config_set_async_pkey_callback(keyless.config, sign));
    CHECK_OK(s2n_connection_set_config(keyless.pair->server, keyless.config));
    free(pem);
    return keyless;
}

static inline void free_keyless(struct keyless *keyless)
{
    disconnect(keyless->pair);
    CHECK_OK(s2n_config_free(keyless->config));
    CHECK_OK(s2n_cert_chain_and_key_free(keyless->chain));
}

#endif
