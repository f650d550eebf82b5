/*
 * Encrypted ClientHello of a client (RFC 9849).
 */
#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool ech_start(struct endpoint *endpoint)
{
    const struct options *options = endpoint->options;
    const struct bytes *list = &options->ech_config_list;
    if (!list->is_set && options->reject_unusable_ech_config) {
        unimplemented("-reject-unusable-ech-config without -ech-config-list");
    }
    if (!list->is_set || options->server) {
        return true;
    }
    if (options->quic) {
        unimplemented("-ech-config-list with -quic");
    }
    if (options->host_name == NULL) {
        unimplemented("-ech-config-list without -host-name");
    }
    if (rs2n_connection_set_ech_config_list(endpoint->conn, list->data, list->size) == 0) {
        return true;
    }
    if (!options->reject_unusable_ech_config) {
        unimplemented("-ech-config-list without a supported config");
    }
    return false;
}

static bool has_status(struct endpoint *endpoint, rs2n_ech_status expected)
{
    rs2n_ech_status status = RS2N_ECH_NOT_OFFERED;
    return rs2n_connection_get_ech_status(endpoint->conn, &status) == 0 && status == expected;
}

bool check_ech_name(struct endpoint *endpoint)
{
    return !endpoint->options->expect_no_ech_name_override || !has_status(endpoint, RS2N_ECH_REJECTED)
        || complain("the certificate is verified for the public name of the ECH config");
}

bool check_ech(struct endpoint *endpoint, const struct options *options)
{
    if (options->expect_no_ech_retry_configs || options->expect_ech_retry_configs.is_set) {
        return complain("the handshake is complete, and -expect-ech-retry-configs is given");
    }
    return options->server || has_status(endpoint, RS2N_ECH_ACCEPTED) == options->expect_ech_accept
        || complain(options->expect_ech_accept ? "ECH is not accepted" : "ECH is accepted");
}

/* The retry configs of a handshake that has failed. */
void check_ech_rejection(struct endpoint *endpoint)
{
    const struct options *options = endpoint->options;
    const struct bytes *expected = &options->expect_ech_retry_configs;
    if (!options->expect_no_ech_retry_configs && !expected->is_set) {
        return;
    }
    uint8_t list[4096];
    int size = rs2n_connection_get_ech_retry_configs(endpoint->conn, list, sizeof(list));
    bool same = has_status(endpoint, RS2N_ECH_REJECTED) && size >= 0
        && strcmp(s2n_strerror_name(endpoint->error), "RS2N_ERR_ECH_REJECTED") == 0 && (size_t) size == expected->size && (size == 0 || memcmp(list, expected->data, expected->size) == 0);
    if (!same) {
        fprintf(stderr, "the retry configs have %d bytes instead of %zu, or differ\n", size, expected->size);
        exit(MUST_FAIL);
    }
}
