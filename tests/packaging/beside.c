/*
 * A program with two static libraries that have copies of the same code: each works with its own.
 *
 * AWS_LC is the prefix of the functions in another copy of AWS-LC, and rust_sum() is in another library that is
 * written in Rust. run_pair() is the example memory_pair, whose library is libs2n.a.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define JOIN(a, b) a##b
#define NAME(a, b) JOIN(a, b)
uint8_t *NAME(AWS_LC, SHA256)(const uint8_t *data, size_t len, uint8_t *out);
unsigned rust_sum(const unsigned *numbers, size_t count);
int run_pair(int argc, char **argv);

/* FIPS 180-2, B.1 */
static const uint8_t digest_of_abc[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde,
    0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00,
    0x15, 0xad};

int main(int argc, char **argv)
{
    const unsigned numbers[] = {1, 2, 3};
    uint8_t digest[32];
    for (int round = 0; round < 2; round++) {
        NAME(AWS_LC, SHA256)((const uint8_t *) "abc", 3, digest);
        if (memcmp(digest, digest_of_abc, sizeof(digest)) != 0) {
            fprintf(stderr, "the other copy of AWS-LC returned another digest\n");
            return 1;
        }
        /* The sum of an empty list panics, and the library catches the panic. */
        if (rust_sum(numbers, 3) != 6 || rust_sum(numbers, 0) != 0) {
            fprintf(stderr, "the other Rust library returned another sum\n");
            return 1;
        }
        if (round == 0 && run_pair(argc, argv) != 0) {
            return 1;
        }
    }
    return 0;
}
