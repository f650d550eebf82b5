/*
 * The security policy of a connection, as a text that is composed of the runner's flags, and the numbers
 * of what the API reports by name.
 */
#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION_TLS12 = 0x0303, VERSION_TLS13 = 0x0304 };

struct name {
    uint16_t number;
    const char *name;
};

static const struct name GROUPS[] = {
    { 23, "secp256r1" },
    { 24, "secp384r1" },
    { 25, "secp521r1" },
    { 29, "x25519" },
    { 0x11ec, "X25519MLKEM768" },
};

static const struct name SCHEMES[] = {
    { 0x0401, "rsa_pkcs1_sha256" },
    { 0x0501, "rsa_pkcs1_sha384" },
    { 0x0601, "rsa_pkcs1_sha512" },
    { 0x0403, "ecdsa_secp256r1_sha256" },
    { 0x0503, "ecdsa_secp384r1_sha384" },
    { 0x0603, "ecdsa_secp521r1_sha512" },
    { 0x0804, "rsa_pss_rsae_sha256" },
    { 0x0805, "rsa_pss_rsae_sha384" },
    { 0x0806, "rsa_pss_rsae_sha512" },
    { 0x0904, "mldsa44" },
    { 0x0905, "mldsa65" },
    { 0x0906, "mldsa87" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *find_name(const struct name *names, size_t count, uint16_t number, const char *flag)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i].number == number) {
            return names[i].name;
        }
    }
    char what[64];
    snprintf(what, sizeof(what), "%s %u", flag, number);
    unimplemented(what);
}

static uint16_t find_number(const struct name *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i].name, name) == 0) {
            return names[i].number;
        }
    }
    return 0;
}

uint16_t group_of(const char *name)
{
    return find_number(GROUPS, COUNT(GROUPS), name);
}

uint16_t scheme_of(const char *name)
{
    return find_number(SCHEMES, COUNT(SCHEMES), name);
}

int version_of(int protocol_version)
{
    return protocol_version == S2N_TLS12 ? VERSION_TLS12 : protocol_version == S2N_TLS13 ? VERSION_TLS13 : 0;
}

struct text {
    char data[4096];
    size_t size;
};

static void add(struct text *text, const char *part)
{
    size_t left = sizeof(text->data) - text->size;
    int len = snprintf(text->data + text->size, left, "%s", part);
    if (len < 0 || (size_t) len >= left) {
        fprintf(stderr, "the text of the policy is too long\n");
        exit(FAILED);
    }
    text->size += (size_t) len;
}

static void add_list(struct text *text, const char *keyword, const struct list *list, const struct name *names,
    size_t count, const char *flag)
{
    add(text, keyword);
    for (size_t i = 0; i < list->count; i++) {
        add(text, " ");
        add(text, find_name(names, count, list->items[i], flag));
    }
    add(text, "\n");
}

/* A policy has its post-quantum groups in front of the others. */
static void check_order(const struct list *curves)
{
    for (size_t i = 1; i < curves->count; i++) {
        if (curves->items[i] == 0x11ec) {
            unimplemented("-curves with a post-quantum group behind another");
        }
    }
}

static bool verifies(const struct options *options)
{
    return !options->server || options->verify_peer || options->require_any_client_certificate;
}

/* The schemes of a policy are for both directions. A flag for one of them can be obeyed only if no peer's
 * signature is verified or none is made, or if both flags say the same. */
static const struct list *schemes(const struct options *options)
{
    const struct list *verify = &options->verify_prefs, *sign = NULL;
    for (size_t i = 0; i <= options->credential_count; i++) {
        const struct list *list = &options->credentials[i].signing_prefs;
        const struct credential *credential = &options->credentials[i];
        if (sign != NULL && credential->cert_file != NULL) {
            unimplemented("-signing-prefs and another credential");
        }
        if (list->count > 0) {
            if (i > 1 || (i == 1 && options->credentials[0].cert_file != NULL)) {
                unimplemented("-signing-prefs and another credential");
            }
            sign = list;
        }
    }
    bool signs = options->server || options->credential_count > 0 || options->credentials[0].cert_file != NULL;
    if (sign == NULL) {
        if (verify->count > 0 && signs) {
            unimplemented("-verify-prefs and a credential");
        }
        return verify->count > 0 ? verify : NULL;
    }
    if (verify->count == 0 && verifies(options)) {
        unimplemented("-signing-prefs and a peer's signature");
    }
    if (verify->count > 0 && (verify->count != sign->count
        || memcmp(verify->items, sign->items, sign->count * sizeof(sign->items[0])) != 0)) {
        unimplemented("-signing-prefs and other -verify-prefs");
    }
    return sign;
}

/* The compliance policies of BoringSSL, as far as this library has their parts: no policy here has key
 * exchange with RSA, or ML-KEM without a curve. One without signatures has the shim's default of them. */
struct compliance {
    const char *suites_tls13, *suites_tls12, *groups, *signatures;
};

static const struct compliance DEFAULT = {
    .suites_tls13 = " TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256",
    .suites_tls12 = " ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384"
                    " ECDHE-RSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-RSA-CHACHA20-POLY1305",
    .groups = " X25519MLKEM768 x25519 secp256r1 secp384r1",
};

static const struct compliance FIPS_202205 = {
    .suites_tls13 = " TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384",
    .suites_tls12 = " ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384"
                    " ECDHE-RSA-AES256-GCM-SHA384",
    .groups = " secp256r1 secp384r1",
    .signatures = " rsa_pkcs1_sha256 rsa_pkcs1_sha384 rsa_pkcs1_sha512 ecdsa_secp256r1_sha256"
                  " ecdsa_secp384r1_sha384 rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512",
};

static const struct compliance WPA_202304 = {
    .suites_tls13 = " TLS_AES_256_GCM_SHA384",
    .suites_tls12 = " ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-RSA-AES256-GCM-SHA384",
    .groups = " secp384r1",
    .signatures = " rsa_pkcs1_sha384 rsa_pkcs1_sha512 ecdsa_secp384r1_sha384 rsa_pss_rsae_sha384"
                  " rsa_pss_rsae_sha512",
};

static const struct compliance CNSA_202407 = {
    .suites_tls13 = " TLS_AES_256_GCM_SHA384 TLS_AES_128_GCM_SHA256 TLS_CHACHA20_POLY1305_SHA256",
    .suites_tls12 = " ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384"
                    " ECDHE-RSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-RSA-CHACHA20-POLY1305",
    .groups = " X25519MLKEM768 x25519 secp256r1 secp384r1",
};

static const struct compliance CNSA1_202603 = {
    .suites_tls13 = " TLS_AES_256_GCM_SHA384",
    .suites_tls12 = " ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-RSA-AES256-GCM-SHA384",
    .groups = " secp384r1",
    .signatures = " rsa_pkcs1_sha384 ecdsa_secp384r1_sha384 rsa_pss_rsae_sha384",
};

static const struct compliance *compliance(const struct options *options)
{
    return options->fips_202205 ? &FIPS_202205
        : options->wpa_202304 ? &WPA_202304
        : options->cnsa_202407 ? &CNSA_202407
        : options->cnsa1_202603 ? &CNSA1_202603
                                : &DEFAULT;
}

static void add_versions(struct text *text, const struct options *options)
{
    int min = options->min_version, max = options->max_version;
    /* TLS 1.0 and 1.1 are disabled always. A test that requires one of them cannot be run. */
    if ((min != 0 && min < VERSION_TLS12) || (max != 0 && max < VERSION_TLS12)) {
        unimplemented("TLS 1.0 and 1.1");
    }
    bool tls12 = !options->no_tls12 && min <= VERSION_TLS12;
    bool tls13 = !options->no_tls13 && (max == 0 || max >= VERSION_TLS13);
    if (!tls12 && !tls13) {
        unimplemented("no version at all");
    }
    add(text, tls12 ? "min TLS1.2\n" : "min TLS1.3\n");
    add(text, "suites");
    add(text, tls13 ? compliance(options)->suites_tls13 : "");
    add(text, tls12 ? compliance(options)->suites_tls12 : "");
    add(text, "\n");
}

const char *define_policy(const struct options *options)
{
    static int count;
    static char name[32];
    struct text text = { .size = 0 };
    add_versions(&text, options);
    if (options->curves.count > 0) {
        check_order(&options->curves);
        add_list(&text, "groups", &options->curves, GROUPS, COUNT(GROUPS), "-curves");
    } else {
        add(&text, "groups");
        add(&text, compliance(options)->groups);
        add(&text, "\n");
    }
    const struct list *prefs = schemes(options);
    if (prefs != NULL) {
        add_list(&text, "signatures", prefs, SCHEMES, COUNT(SCHEMES), "signature scheme");
    } else if (compliance(options)->signatures != NULL) {
        add(&text, "signatures");
        add(&text, compliance(options)->signatures);
        add(&text, "\n");
    } else {
        /* BoringSSL makes signatures that it does not accept by default. */
        add(&text, "signatures ecdsa_secp256r1_sha256 rsa_pss_rsae_sha256 rsa_pkcs1_sha256"
                   " ecdsa_secp384r1_sha384 rsa_pss_rsae_sha384 rsa_pkcs1_sha384"
                   " rsa_pss_rsae_sha512 rsa_pkcs1_sha512");
        add(&text, verifies(options) ? "\n" : " ecdsa_secp521r1_sha512 mldsa44 mldsa65 mldsa87\n");
    }
    snprintf(name, sizeof(name), "custom:shim%d", count++);
    if (rs2n_security_policy_define(name, text.data) != 0) {
        char detail[512] = "";
        rs2n_error_detail(detail, sizeof(detail));
        fprintf(stderr, "%s%s\n", text.data, detail);
        exit(FAILED);
    }
    return name;
}
