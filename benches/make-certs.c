/*
 * Writes a file of certificate chains and private keys, for servers with many certificates.
 *
 * usage: make-certs FOLDER COUNT
 *
 * The folder has intermediate.crt and intermediate.key, of tests/certs/make.sh. In many.pem each chain and
 * each key ends with an empty line.
 */
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(ok)                                                     \
    do {                                                              \
        if (!(ok)) {                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #ok);  \
            exit(1);                                                  \
        }                                                             \
    } while (0)

static FILE *open_in(const char *folder, const char *name, const char *mode)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, mode);
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static void add_extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    CHECK(extension != NULL && X509_add_ext(cert, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static X509 *certificate(long number, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
    char name[64], names[80];
    snprintf(name, sizeof(name), "host%ld.rs2n.test", number);
    snprintf(names, sizeof(names), "DNS:%s", name);
    X509 *cert = X509_new();
    CHECK(cert != NULL && X509_set_version(cert, 2) == 1);
    CHECK(ASN1_INTEGER_set(X509_get_serialNumber(cert), number + 1000) == 1);
    CHECK(X509_gmtime_adj(X509_getm_notBefore(cert), -3600) != NULL);
    CHECK(X509_gmtime_adj(X509_getm_notAfter(cert), 365L * 86400) != NULL);
    CHECK(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
              (const unsigned char *) name, -1, -1, 0) == 1);
    CHECK(X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1);
    CHECK(X509_set_pubkey(cert, key) == 1);
    add_extension(cert, NID_basic_constraints, "CA:FALSE");
    add_extension(cert, NID_ext_key_usage, "serverAuth");
    add_extension(cert, NID_subject_alt_name, names);
    CHECK(X509_sign(cert, issuer_key, EVP_sha256()) > 0);
    return cert;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s FOLDER COUNT\n", argv[0]);
        return 2;
    }
    FILE *file = open_in(argv[1], "intermediate.crt", "r");
    X509 *issuer = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    file = open_in(argv[1], "intermediate.key", "r");
    EVP_PKEY *issuer_key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    CHECK(issuer != NULL && issuer_key != NULL);
    file = open_in(argv[1], "many.pem", "w");
    long count = strtol(argv[2], NULL, 10);
    for (long i = 0; i < count; i++) {
        EVP_PKEY *key = EVP_EC_gen("P-256");
        CHECK(key != NULL);
        X509 *cert = certificate(i, key, issuer, issuer_key);
        CHECK(PEM_write_X509(file, cert) == 1 && PEM_write_X509(file, issuer) == 1);
        CHECK(fputc('\n', file) == '\n');
        CHECK(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
        CHECK(fputc('\n', file) == '\n');
        X509_free(cert);
        EVP_PKEY_free(key);
    }
    CHECK(fclose(file) == 0);
    X509_free(issuer);
    EVP_PKEY_free(issuer_key);
    return 0;
}
