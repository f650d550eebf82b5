/* Zeroization of encrypted private keys: when a key is loaded, neither its passphrase nor the key derived from it is
   found in memory, nor is what was decrypted; when its chain is freed, the key is not found either. */
#include "residue.h"
#include <rs2n/rs2n.h>

/* The action before the search: the chain is loaded; it is freed as well; or the passphrase was wrong. */
enum action { LOADED, FREED, WRONG };
static const char *actions[] = { "", "_freed", "_wrong" };

struct passphrase { const struct found *found; int is_wrong; };

/* Writes the passphrase, of which there is only the masked search pattern. */
static int provide(void *ctx, uint8_t *buf, uint32_t size, uint32_t *len)
{
    const struct passphrase *passphrase = ctx;
    for (int i = 0; i < passphrase->found->count; i++) {
        const struct secret *secret = &passphrase->found->secrets[i];
        if (strcmp(secret->label, "passphrase")) continue;
        *len = secret->len;
        if (*len > size) return -1;
        for (int k = 0; k < secret->len; k++) buf[k] = secret->bytes[k] ^ MASK;
        buf[*len - 1] ^= passphrase->is_wrong;
        return 0;
    }
    return -1;
}

static void test_key(const char *name, const char *form, const char *cert, enum action action)
{
    struct found secret = { 0 }, found = { 0 };
    struct passphrase passphrase = { &secret, action == WRONG };
    size_t cert_len, key_len;
    char file[40];
    MUST(s2n_init());
    snprintf(file, sizeof file, "%s.key", form);
    uint8_t *cert_pem = read_file(cert, &cert_len), *key_pem = read_file(file, &key_len);
    add_key(&secret, form, "passphrase");
    struct s2n_cert_chain_and_key *own = s2n_cert_chain_and_key_new();
    int loaded = rs2n_cert_chain_and_key_load_encrypted_pem_bytes(own, cert_pem, cert_len, key_pem, key_len, provide, &passphrase) == 0;
    if (loaded != (action != WRONG)) { printf("unexpected result: %s\n", s2n_strerror_name(s2n_errno)); exit(2); }
    if (action == FREED) MUST(s2n_cert_chain_and_key_free(own));
    add_key(&found, form, action == LOADED ? "passphrase derived PEM DER" : "passphrase derived PEM DER number");
    check_residue(name, &found);
    if (action == LOADED) check_key_in_use(form);
    if (action != FREED) MUST(s2n_cert_chain_and_key_free(own));
    free(cert_pem);
    free(key_pem);
    exit(wrong != 0);
}

int main(int argc, char **argv)
{
    static const char *forms[][2] = { { "pbes2", "leaf.pem" }, { "scrypt", "rsa.pem" }, { "headers", "leaf.pem" } };
    begin(argc, argv);
    bind_functions(argv);
    for (int i = 0; i < 3; i++)
        for (enum action action = LOADED; action <= WRONG; action++) {
            char name[80];
            int status;
            snprintf(name, sizeof name, "residue_encrypted_%s%s", forms[i][0], actions[action]);
            pid_t child = fork();
            if (child == 0) {
                alarm(60);
                test_key(name, forms[i][0], forms[i][1], action);
            }
            waitpid(child, &status, 0);
            if (WIFSIGNALED(status) || WEXITSTATUS(status) > 1) observe(name, 0, "does not complete");
            wrong += WIFEXITED(status) && WEXITSTATUS(status) == 1;
        }
    return wrong != 0;
}
