/* Tests of the code in the guide, chapter policies. */
#include "policies.md.h"
#include "pair.h"

static struct pair *connected_with_policy(const char *name)
{
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(set_policy(pair->config, name));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    return pair;
}

static void own_policies_are_defined(void)
{
    struct s2n_config *config = new_strict_config();
    CHECK(config != NULL);
    CHECK_OK(s2n_config_free(config));
    struct pair *pair = connected_with_policy("custom:strict");
    print_agreement(pair->client);
    disconnect(pair);
    CHECK_ERROR(define_policy("custom:wrong", "base default\nmin TLS1.1"), RS2N_ERR_POLICY_TEXT);

    /* The chain of this server has an RSA key of 2048 bits. */
    pair = new_pair(1, "rsa");
    CHECK_OK(set_policy(pair->config, "custom:strict"));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT");
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(set_policy(config, "20991231") + 1);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_INVALID_SECURITY_POLICY");
    CHECK_OK(set_policy(config, "20140601") + 1);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_CIPHER_NOT_SUPPORTED");
    const char *const names[] = { "default", "DEFAULT_TLS13", "default_pq", "default_fips",
        "rfc9151", "20240503" };
    for (int i = 0; i < 6; i++) {
        CHECK_OK(set_policy(config, names[i]));
    }
    CHECK_OK(s2n_config_free(config));

    struct pair *pair = connected_with_policy("default_tls13");
    print_agreement(pair->client);
    unsigned weak = 0;
    CHECK_OK(count_weak(pair->server, "default", &weak));
    CHECK(weak == 0);
    CHECK_OK(count_weak(pair->server, "rfc9151", &weak));
    CHECK(weak == 1);
    CHECK_ERROR(count_weak(pair->server, "20991231", &weak), S2N_ERR_INVALID_SECURITY_POLICY);
    disconnect(pair);
    pair = connected_with_policy("default");
    print_agreement(pair->server);
    disconnect(pair);
    own_policies_are_defined();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
