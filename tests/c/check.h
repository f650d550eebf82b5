/*
 * Assertions for the C tests. A failed assertion prints its location and ends the program.
 */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <s2n.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                            \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: check failed: %s (s2n_errno %s, errno %d)\n",   \
                    __FILE__, __LINE__, #condition, s2n_strerror_name(s2n_errno),   \
                    errno);                                                         \
            exit(1);                                                                \
        }                                                                           \
    } while (0)

#define CHECK_OK(call) CHECK((call) == 0)

#define CHECK_TEXT(text, expected) CHECK(strcmp((text), (expected)) == 0)

/* The call returns this failure value, and sets exactly this error code. */
#define CHECK_FAILS(call, result, error)                                            \
    do {                                                                            \
        s2n_errno = 0;                                                              \
        CHECK((call) == (result));                                                  \
        if (strcmp(s2n_strerror_name(s2n_errno), #error) != 0) {                    \
            fprintf(stderr, "%s:%d: %s: %s instead of %s\n", __FILE__, __LINE__,    \
                    #call, s2n_strerror_name(s2n_errno), #error);                   \
            exit(1);                                                                \
        }                                                                           \
    } while (0)

#define CHECK_ERROR(call, error) CHECK_FAILS(call, -1, error)

/* Reads a file of the certificate folder, and appends a NUL. The caller frees the text. */
static inline char *read_file(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    const size_t size = 1 << 16;
    char *text = calloc(1, size);
    CHECK(text != NULL);
    size_t length = fread(text, 1, size - 1, file);
    CHECK(length > 0 && length < size - 1);
    fclose(file);
    return text;
}

static inline struct s2n_cert_chain_and_key *load_chain(const char *folder, const char *name)
{
    char file[256];
    snprintf(file, sizeof(file), "%s.pem", name);
    char *certificates = read_file(folder, file);
    snprintf(file, sizeof(file), "%s.key", name);
    char *key = read_file(folder, file);
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    CHECK(chain != NULL);
    CHECK_OK(s2n_cert_chain_and_key_load_pem(chain, certificates, key));
    free(certificates);
    free(key);
    return chain;
}

#endif
