/* One certificate revocation list, which answers every lookup. */
#include "case.h"
#include <s2n/unstable/crl.h>

static inline int give(struct s2n_crl_lookup *lookup, void *list) { return s2n_crl_lookup_set(lookup, list); }

/* A handshake with `leaf` while the roots are `trust` and the list is `file`; `right` is the expected result. */
static inline void revocation(const char *file, const char *trust, const char *leaf, const char *right)
{
    char what[200];
    size_t len;
    char *text = slurp(file, &len);
    struct s2n_crl *list = s2n_crl_new();
    snprintf(what, sizeof what, "%s, %s below %s", file, leaf, trust);
    if (s2n_crl_load_pem(list, (uint8_t *) text, len)) {
        saw(what, s2n_strerror_name(s2n_errno), 0);
        return;
    }
    struct s2n_config *client = config("default_tls13", NULL, NULL, trust);
    MUST(s2n_config_set_crl_lookup_cb(client, give, list));
    const char *result = shake(pair(client, config("default_tls13", leaf, "leaf.key", NULL), "localhost"));
    saw(what, result, !strcmp(result, right));
}
