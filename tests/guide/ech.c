/* Tests of the code in the guide, chapter ech. Servers of this library do not have ECH. */
#include "ech.md.h"
#include "pair.h"

/* An ECHConfigList for the public name "localhost", with the base point of X25519 as its key. */
static const uint8_t LIST[] = {
    0, 60, 0xfe, 0x0d, 0, 56, /* lengths, and the version */
    1, 0, 0x20, 0, 32, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 4, 0, 1, 0, 1, /* HKDF-SHA256, AES-128-GCM */
    0, 9, 'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't',
    0, 0,
};

static int is_sent(struct pair *pair, const char *name)
{
    const struct transport *sent = &pair->to_server;
    for (size_t at = 0; at + strlen(name) <= sent->written; at++) {
        if (memcmp(sent->bytes + at, name, strlen(name)) == 0) {
            return 1;
        }
    }
    return 0;
}

static void expect(struct pair *pair, const char *expected)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, expected);
}

static void a_rejection_permits_another_attempt(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(encrypt_hello(pair->client, "secret.rs2n.test", LIST, sizeof(LIST)));
    expect(pair, "RS2N_ERR_ECH_REJECTED");
    CHECK(is_sent(pair, "localhost"));
    CHECK(!is_sent(pair, "secret"));
    uint8_t list[100];
    size_t len = 1;
    CHECK(after_failure(pair->client, list, sizeof(list), &len) == WITHOUT_ECH);
    CHECK(len == 0);
    disconnect(pair);
}

static void a_rejection_without_authentication_permits_none(void)
{
    struct pair *pair = new_pair(1, "unknown");
    CHECK_OK(encrypt_hello(pair->client, "secret.rs2n.test", LIST, sizeof(LIST)));
    expect(pair, "S2N_ERR_CERT_UNTRUSTED");
    uint8_t list[100];
    size_t len = 1;
    CHECK(after_failure(pair->client, list, sizeof(list), &len) == NO_MORE);
    disconnect(pair);
}

static void another_failure_permits_none(void)
{
    struct pair *pair = new_pair(1, "unknown");
    expect(pair, "S2N_ERR_CERT_UNTRUSTED");
    uint8_t list[100];
    size_t len = 1;
    CHECK(after_failure(pair->client, list, sizeof(list), &len) == NO_MORE);
    disconnect(pair);
}

static void grease_is_ignored(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(look_alike(pair->config));
    expect(pair, "S2N_ERR_OK");
    rs2n_ech_status status;
    CHECK_OK(rs2n_connection_get_ech_status(pair->client, &status));
    CHECK(status == RS2N_ECH_GREASE);
    CHECK(is_sent(pair, "localhost"));
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    a_rejection_permits_another_attempt();
    a_rejection_without_authentication_permits_none();
    another_failure_permits_none();
    grease_is_ignored();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
