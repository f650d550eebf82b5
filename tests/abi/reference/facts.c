/* Prints a table of the reference: its errors, the alerts of the errors, or its security policies.
 *
 * Compiled with the source of the crate s2n-tls-sys and linked with its archive: the tables of policies are
 * not part of the API. */

#include <stdio.h>
#include <string.h>

#include "api/s2n.h"
#include "tls/s2n_certificate_keys.h"
#include "tls/s2n_kem.h"
#include "tls/s2n_security_policies.h"

/* Returns the next error number that has a name, in the order of the numbers; -1 after the last. */
static int next_error(int error)
{
    for (int type = error >> 26; type <= S2N_ERR_T_USAGE; type++) {
        int first = (type == error >> 26) ? error + 1 : type << 26;
        for (error = first; error < (type << 26) + 512; error++) {
            if (strncmp(s2n_strerror_name(error), "S2N_ERR_", 8) == 0) {
                return error;
            }
        }
    }
    return -1;
}

static void errors(void)
{
    static const char *const types[] = { "OK", "IO", "CLOSED", "BLOCKED", "ALERT", "PROTO", "INTERNAL", "USAGE" };
    printf("name\ttype\tvalue\tmessage\n");
    for (int error = 0; error >= 0; error = next_error(error)) {
        printf("%s\tS2N_ERR_T_%s\t%d\t%s\n", s2n_strerror_name(error), types[s2n_error_get_type(error)], error,
                s2n_strerror(error, "EN"));
    }
}

static void alerts(void)
{
    printf("name\talert\n");
    for (int error = 0; error >= 0; error = next_error(error)) {
        uint8_t alert = 0;
        printf("%s\t", s2n_strerror_name(error));
        if (s2n_error_get_alert(error, &alert) == S2N_SUCCESS) {
            printf("%d", alert);
        }
        printf("\n");
    }
}

static void schemes(const struct s2n_signature_preferences *preferences)
{
    for (size_t i = 0; i < preferences->count; i++) {
        printf("%s%04x", i ? " " : "", preferences->signature_schemes[i]->iana_value);
    }
}

static void key(const struct s2n_certificate_key *key)
{
    const char *kind = NULL;
    switch (key->public_key_libcrypto_nid) {
        case NID_rsaEncryption:
            kind = "rsa";
            break;
        case NID_rsassaPss:
            kind = "rsa_pss";
            break;
        case NID_X9_62_prime256v1:
        case NID_secp384r1:
        case NID_secp521r1:
            kind = "ecdsa";
            break;
        default:
            /* The name of ML-DSA has the parameter set. */
            printf("%s", key->name);
            return;
    }
    printf("%s%d", kind, key->bits);
}

/* One row: "-" is a list that the policy does not have. */
static void policy(const struct s2n_security_policy *policy)
{
    const struct s2n_cipher_preferences *suites = policy->cipher_preferences;
    printf("\t%d\t", policy->minimum_protocol_version);
    for (size_t i = 0; i < suites->count; i++) {
        const uint8_t *iana = suites->suites[i]->iana_value;
        printf("%s%02x%02x", i ? " " : "", iana[0], iana[1]);
    }
    printf("\t");
    const struct s2n_kem_preferences *kems = policy->kem_preferences;
    for (size_t i = 0; i < kems->tls13_kem_group_count; i++) {
        printf("%s%04x", i ? " " : "", kems->tls13_kem_groups[i]->iana_id);
    }
    const struct s2n_ecc_preferences *curves = policy->ecc_preferences;
    for (size_t i = 0; i < curves->count; i++) {
        printf("%s%04x", i || kems->tls13_kem_group_count ? " " : "", curves->ecc_curves[i]->iana_id);
    }
    printf("\t");
    schemes(policy->signature_preferences);
    printf("\t");
    if (policy->certificate_signature_preferences) {
        schemes(policy->certificate_signature_preferences);
    } else {
        printf("-");
    }
    printf("\t");
    const struct s2n_certificate_key_preferences *keys = policy->certificate_key_preferences;
    for (size_t i = 0; keys && i < keys->count; i++) {
        printf("%s", i ? " " : "");
        key(keys->certificate_keys[i]);
    }
    printf("%s\t%d\t%d\t", keys ? "" : "-", policy->certificate_preferences_apply_locally,
            suites->allow_chacha20_boosting);
    const struct s2n_supported_group_preferences *preferred = policy->strongly_preferred_groups;
    for (size_t i = 0; preferred && i < preferred->count; i++) {
        printf("%s%04x", i ? " " : "", preferred->iana_ids[i]);
    }
    printf("%s\n", preferred ? "" : "-");
}

/* Each policy once, with all of its names, in the order of the first ones: that one is its label. */
static void policies(void)
{
    const struct s2n_security_policy_selection *all = security_policy_selection;
    printf("names\tminimum\tsuites\tgroups\tschemes\tchain\tkeys\tlocal\tchacha20_boosting\tpreferred\n");
    for (size_t i = 0; all[i].version; i++) {
        int is_known = 0;
        for (size_t j = 0; j < i; j++) {
            is_known |= all[j].security_policy == all[i].security_policy;
        }
        if (is_known) {
            continue;
        }
        printf("%s", all[i].version);
        for (size_t j = i + 1; all[j].version; j++) {
            if (all[j].security_policy == all[i].security_policy) {
                printf(" %s", all[j].version);
            }
        }
        policy(all[i].security_policy);
    }
    for (size_t i = 0; i < deprecated_security_policies_len; i++) {
        printf("%s\tdeprecated\n", deprecated_security_policies[i]);
    }
}

int main(int argc, char **argv)
{
    const char *table = argc == 2 ? argv[1] : "";
    if (s2n_init() != S2N_SUCCESS) {
        fprintf(stderr, "%s\n", s2n_strerror(s2n_errno, "EN"));
        return 1;
    }
    if (strcmp(table, "errors") == 0) {
        errors();
    } else if (strcmp(table, "alerts") == 0) {
        alerts();
    } else if (strcmp(table, "policies") == 0) {
        policies();
    } else {
        fprintf(stderr, "usage: facts errors|alerts|policies\n");
        return 2;
    }
    return 0;
}
