/*
 * ClientHello fingerprints (JA3, JA4): the examples of their specifications, and error cases.
 */
#include "check.h"

#include <s2n/unstable/fingerprint.h>
#include <stdint.h>

/* A ClientHello under construction. */
struct message {
    uint8_t bytes[2000];
    size_t len;
};

static void add(struct message *message, size_t size, size_t number)
{
    while (size-- > 0) {
        message->bytes[message->len++] = (uint8_t) (number >> (8 * size));
    }
}

/* Reserves a two-byte length, which end() writes. */
static size_t begin(struct message *message)
{
    add(message, 2, 0);
    return message->len;
}

static void end(struct message *message, size_t start)
{
    const size_t len = message->len - start;
    message->bytes[start - 2] = (uint8_t) (len >> 8);
    message->bytes[start - 1] = (uint8_t) len;
}

static void add_list(struct message *message, const uint16_t *numbers)
{
    const size_t start = begin(message);
    for (; *numbers != 0; numbers++) {
        add(message, 2, *numbers);
    }
    end(message, start);
}

static struct message new_message(uint16_t version, const uint16_t *suites)
{
    struct message message = { .len = 4 };
    add(&message, 2, version);
    message.len += 32;
    add(&message, 1, 0);
    add_list(&message, suites);
    add(&message, 2, 0x0100);
    return message;
}

static struct s2n_client_hello *finish(struct message *message)
{
    const size_t len = message->len - 4;
    message->bytes[0] = 1;
    message->bytes[2] = (uint8_t) (len >> 8);
    message->bytes[3] = (uint8_t) len;
    struct s2n_client_hello *hello = s2n_client_hello_parse_message(message->bytes, message->len);
    CHECK(hello != NULL);
    return hello;
}

static void check(struct s2n_client_hello *hello, s2n_fingerprint_type type, const char *raw,
        const char *hash)
{
    uint8_t text[1000];
    uint32_t size = 1, len = 0;
    struct s2n_fingerprint *fingerprint = s2n_fingerprint_new(type);
    CHECK(fingerprint != NULL);
    CHECK_OK(s2n_fingerprint_get_hash_size(fingerprint, &size));
    CHECK(size == strlen(hash));
    CHECK_ERROR(s2n_fingerprint_get_hash(fingerprint, sizeof(text), text, &len),
            S2N_ERR_INVALID_STATE);

    CHECK_OK(s2n_fingerprint_set_client_hello(fingerprint, hello));
    CHECK_ERROR(s2n_fingerprint_get_raw_size(fingerprint, &size), S2N_ERR_INVALID_STATE);
    CHECK_ERROR(s2n_fingerprint_get_hash(fingerprint, size - 1, text, &len),
            S2N_ERR_INSUFFICIENT_MEM_SIZE);
    CHECK_OK(s2n_fingerprint_get_hash(fingerprint, size, text, &len));
    text[len] = 0;
    CHECK_TEXT((char *) text, hash);
    CHECK_OK(s2n_fingerprint_get_raw_size(fingerprint, &size));
    CHECK(size == strlen(raw));
    CHECK_ERROR(s2n_fingerprint_get_raw(fingerprint, size - 1, text, &len),
            S2N_ERR_INSUFFICIENT_MEM_SIZE);
    CHECK_OK(s2n_fingerprint_get_raw(fingerprint, size, text, &len));
    text[len] = 0;
    CHECK_TEXT((char *) text, raw);

    CHECK_OK(s2n_fingerprint_wipe(fingerprint));
    CHECK_ERROR(s2n_fingerprint_get_raw_size(fingerprint, &size), S2N_ERR_INVALID_STATE);
    CHECK_OK(s2n_fingerprint_free(&fingerprint));
    CHECK(fingerprint == NULL);
    CHECK_OK(s2n_fingerprint_free(&fingerprint));
}

static void ja3_matches_its_specification(void)
{
    static const uint16_t suites[] = { 47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4, 0 };
    static const char raw[] = "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0";
    static const char hash[] = "ada70206e40642a3e4461f35503241d5";
    struct message message = new_message(0x0301, suites);
    const size_t extensions = begin(&message);
    add(&message, 4, 0 << 16 | 6);
    add(&message, 6, 0x000400000161);
    add(&message, 4, 10 << 16 | 8);
    add_list(&message, (const uint16_t[]){ 23, 24, 25, 0 });
    add(&message, 4, 11 << 16 | 2);
    add(&message, 2, 0x0100);
    end(&message, extensions);
    struct s2n_client_hello *hello = finish(&message);
    check(hello, S2N_FINGERPRINT_JA3, raw, hash);

    /* The older functions return the hash as bytes. */
    uint8_t bytes[100];
    uint32_t len = 0, raw_len = 0;
    CHECK_ERROR(s2n_client_hello_get_fingerprint_hash(hello, S2N_FINGERPRINT_JA4, sizeof(bytes), bytes,
                        &len, &raw_len),
            S2N_ERR_INVALID_ARGUMENT);
    CHECK_ERROR(s2n_client_hello_get_fingerprint_hash(hello, S2N_FINGERPRINT_JA3, 15, bytes, &len,
                        &raw_len),
            S2N_ERR_INSUFFICIENT_MEM_SIZE);
    CHECK_OK(s2n_client_hello_get_fingerprint_hash(hello, S2N_FINGERPRINT_JA3, 16, bytes, &len, &raw_len));
    CHECK(len == 16 && raw_len == strlen(raw) && bytes[0] == 0xad && bytes[15] == 0xd5);
    CHECK_ERROR(s2n_client_hello_get_fingerprint_string(hello, S2N_FINGERPRINT_JA4, sizeof(bytes), bytes,
                        &len),
            S2N_ERR_INVALID_ARGUMENT);
    CHECK_ERROR(s2n_client_hello_get_fingerprint_string(hello, S2N_FINGERPRINT_JA3, strlen(raw) - 1, bytes,
                        &len),
            S2N_ERR_INSUFFICIENT_MEM_SIZE);
    CHECK(len == 0);
    CHECK_OK(s2n_client_hello_get_fingerprint_string(hello, S2N_FINGERPRINT_JA3, strlen(raw), bytes, &len));
    CHECK(len == strlen(raw) && memcmp(bytes, raw, len) == 0);
    CHECK_OK(s2n_client_hello_free(&hello));

    static const uint16_t old[] = { 4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99, 0 };
    message = new_message(0x0301, old);
    hello = finish(&message);
    check(hello, S2N_FINGERPRINT_JA3, "769,4-5-10-9-100-98-3-6-19-18-99,,,",
            "de350869b8c85de67a350c8d186f11e6");
    CHECK_OK(s2n_client_hello_free(&hello));
}

static void ja4_matches_its_specification(void)
{
    static const uint16_t suites[] = { 0x5a5a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030,
        0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035, 0 };
    static const uint16_t empty[] = { 0x0a0a, 0x0005, 0x000a, 0x000b, 0x0012, 0x0015, 0x0017, 0x001b,
        0x0023, 0x002d, 0x0033, 0x4469, 0xff01, 0xfafa, 0 };
    static const uint16_t algorithms[] = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806,
        0x0601, 0 };
    static const char raw[] = "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,"
                              "c030,cca8,cca9_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,"
                              "0033,4469,ff01_0403,0804,0401,0503,0805,0501,0806,0601";
    struct message message = new_message(0x0303, suites);
    const size_t extensions = begin(&message);
    for (const uint16_t *type = empty; *type != 0; type++) {
        add(&message, 4, (size_t) *type << 16);
    }
    add(&message, 4, 0 << 16 | 6);
    add(&message, 6, 0x000400000161);
    add(&message, 4, 13 << 16 | 18);
    add_list(&message, algorithms);
    add(&message, 4, 16 << 16 | 14);
    add(&message, 2, 12);
    add(&message, 3, 0x026832);
    add(&message, 5, 0x0868747470);
    add(&message, 4, 0x2f312e31);
    add(&message, 4, 43 << 16 | 7);
    add(&message, 7, 0x067a7a03040303);
    end(&message, extensions);
    struct s2n_client_hello *hello = finish(&message);
    check(hello, S2N_FINGERPRINT_JA4, raw, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    CHECK_OK(s2n_client_hello_free(&hello));

    /* Only GREASE and no extensions: the hashes are zeros. */
    message = new_message(0x0302, (const uint16_t[]){ 0x1a1a, 0 });
    hello = finish(&message);
    check(hello, S2N_FINGERPRINT_JA4, "t11i000000__", "t11i000000_000000000000_000000000000");
    CHECK_OK(s2n_client_hello_free(&hello));

    /* An ALPN protocol that does not begin or end with a letter or a digit. */
    message = new_message(0x0303, (const uint16_t[]){ 0x1301, 0 });
    const size_t one = begin(&message);
    add(&message, 4, 16 << 16 | 5);
    add(&message, 5, 0x000302ab7eULL);
    end(&message, one);
    hello = finish(&message);
    check(hello, S2N_FINGERPRINT_JA4, "t12i0101ae_1301_", "t12i0101ae_0f2cb44170f4_000000000000");
    CHECK_OK(s2n_client_hello_free(&hello));
}

int main(void)
{
    CHECK_OK(s2n_init());
    CHECK_FAILS(s2n_fingerprint_new((s2n_fingerprint_type) 2), NULL, S2N_ERR_INVALID_ARGUMENT);
    ja3_matches_its_specification();
    ja4_matches_its_specification();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
