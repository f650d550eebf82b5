/*
 * Public keys, which the command-line tool of OpenSSL derives from private ones.
 */
#ifndef PUBLIC_KEY_H
#define PUBLIC_KEY_H

#include "check.h"

/*
 * Returns the public key of FOLDER/NAME.key: PEM with a NUL, which the caller frees. Options may select
 * another format, whose length is stored then.
 */
static inline char *new_public_key_as(const char *folder, const char *name, const char *options,
        size_t *length)
{
    const size_t size = 1 << 14;
    char command[4096];
    char *key = calloc(1, size);
    snprintf(command, sizeof(command), "openssl pkey -in '%s/%s.key' -pubout %s", folder, name, options);
    FILE *output = popen(command, "r");
    CHECK(key != NULL && output != NULL);
    const size_t read = fread(key, 1, size - 1, output);
    CHECK_OK(pclose(output));
    CHECK(read > 0 && read < size - 1);
    if (length != NULL) {
        *length = read;
    }
    return key;
}

static inline char *new_public_key(const char *folder, const char *name)
{
    return new_public_key_as(folder, name, "", NULL);
}

#endif
