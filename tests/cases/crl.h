/* One certificate revocation list (CRL), used for every lookup. */
#include "case.h"
#include <s2n/unstable/crl.h>

static inline int set_crl(struct s2n_crl_lookup *lookup, void *list) { return s2n_crl_lookup_set(lookup, list); }

/* A handshake with the chain `leaf`, the trust store `trust` and the CRL `file`; `right` is the expected result. */
static inline void revocation(const char *file, const char *trust, const char *leaf, const char *right)
{
    char what[200];
    size_t len;
    char *text = read_file(file, &len);
    struct s2n_crl *list = s2n_crl_new();
    snprintf(what, sizeof what, "%s, %s below %s", file, leaf, trust);
    if (s2n_crl_load_pem(list, (uint8_t *) text, len)) {
        observe(what, s2n_strerror_name(s2n_errno), 0);
        return;
    }
    struct s2n_config *client = config("default_tls13", NULL, NULL, trust);
    MUST(s2n_config_set_crl_lookup_cb(client, set_crl, list));
    struct s2n_config *server = config("default_tls13", leaf, "leaf.key", NULL);
    for (int i = 0; i < 2; i++) {
        const char *result = negotiate(pair(client, server, "localhost"));
        observe(what, result, !strcmp(result, right));
    }
}
