/*
 * An application that gives the library its memory, in all the ways that are right and in some that
 * are not.
 *
 * usage: memory FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <pthread.h>
#include <stdbool.h>

/* What the callbacks have done. */
static struct {
    int inits, cleanups, given, back;
    long bytes;
    bool refuses, is_greedy;
    int init_result, cleanup_result;
    size_t misalignment;
} seen;

/* Threads allocate, too. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int init(void)
{
    seen.inits++;
    return seen.init_result;
}

static int cleanup(void)
{
    seen.cleanups++;
    return seen.cleanup_result;
}

/* What all blocks that live begin with: they are a list, so that the end can free them. */
struct block {
    struct block *previous, *next;
};

static struct block blocks = { &blocks, &blocks };

static int give(void **ptr, uint32_t requested, uint32_t *allocated)
{
    pthread_mutex_lock(&lock);
    const bool refuses = seen.refuses, is_greedy = seen.is_greedy;
    /* No two blocks are aligned alike. */
    const size_t shift = sizeof(struct block *) + (seen.misalignment += 7) % 64;
    pthread_mutex_unlock(&lock);
    if (refuses) {
        return S2N_FAILURE;
    }
    struct block *block = calloc(1, sizeof(*block) + shift + requested + 3);
    CHECK(block != NULL);
    char *memory = (char *) block + sizeof(*block) + shift;
    memcpy(memory - sizeof(block), &block, sizeof(block));
    *ptr = memory;
    *allocated = is_greedy ? requested - 1 : requested + 3;
    pthread_mutex_lock(&lock);
    *block = (struct block){ &blocks, blocks.next };
    block->next->previous = blocks.next = block;
    seen.given++;
    seen.bytes += *allocated;
    pthread_mutex_unlock(&lock);
    return S2N_SUCCESS;
}

/* What the library notes about a block lies in the block, and is all that may be left there. */
#define NOTE 16

static bool is_cleared(const uint8_t *bytes, uint32_t size)
{
    int left = 0;
    for (uint32_t i = 0; i < size; i++) {
        left += bytes[i] != 0;
    }
    return left <= NOTE;
}

static int take_back(void *ptr, uint32_t size)
{
    CHECK(is_cleared(ptr, size));
    struct block *block;
    memcpy(&block, (char *) ptr - sizeof(block), sizeof(block));
    pthread_mutex_lock(&lock);
    block->previous->next = block->next;
    block->next->previous = block->previous;
    free(block);
    seen.back++;
    seen.bytes -= size;
    pthread_mutex_unlock(&lock);
    return S2N_SUCCESS;
}

static void exchange(struct pair *pair, const char *text)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    const ssize_t len = (ssize_t) strlen(text);
    char buffer[100] = "";
    CHECK(s2n_send(pair->client, text, len, &blocked) == len);
    CHECK(s2n_recv(pair->server, buffer, sizeof(buffer), &blocked) == len);
    CHECK_TEXT(buffer, text);
}

static void talk(void)
{
    struct pair *pair = connected(1);
    exchange(pair, "from memory of its own");
    disconnect(pair);
}

static void test_callbacks_are_needed(void)
{
    CHECK_ERROR(s2n_mem_set_callbacks(NULL, cleanup, give, take_back), S2N_ERR_NULL);
    CHECK_ERROR(s2n_mem_set_callbacks(init, NULL, give, take_back), S2N_ERR_NULL);
    CHECK_ERROR(s2n_mem_set_callbacks(init, cleanup, NULL, take_back), S2N_ERR_NULL);
    CHECK_ERROR(s2n_mem_set_callbacks(init, cleanup, give, NULL), S2N_ERR_NULL);
}

static void test_the_start_may_be_refused(void)
{
    CHECK_OK(s2n_mem_set_callbacks(init, cleanup, give, take_back));
    seen.init_result = S2N_FAILURE;
    CHECK_ERROR(s2n_init(), S2N_ERR_CANCELLED);
    CHECK_FAILS(s2n_connection_new(S2N_CLIENT), NULL, S2N_ERR_NOT_INITIALIZED);
    seen.init_result = S2N_SUCCESS;
    CHECK_OK(s2n_init());
    CHECK(seen.inits == 2 && seen.cleanups == 0);
    CHECK_ERROR(s2n_mem_set_callbacks(init, cleanup, give, take_back), S2N_ERR_INITIALIZED);
}

static void test_memory_is_the_applications(void)
{
    const int given = seen.given;
    talk();
    CHECK(seen.given > given + 100);
    /* What a handshake makes for the whole process is there by now. */
    const long bytes = seen.bytes;
    const int live = seen.given - seen.back;
    talk();
    CHECK(seen.bytes == bytes && seen.given - seen.back == live);
}

/* What needs memory fails, and leaves nothing behind; what was there can be read, and freed. */
static void check_refusals(void)
{
    uint8_t bytes[10];
    CHECK_FAILS(s2n_connection_new(S2N_CLIENT), NULL, S2N_ERR_ALLOC);
    CHECK_FAILS(s2n_config_new(), NULL, S2N_ERR_ALLOC);
    CHECK_FAILS(s2n_config_new_minimal(), NULL, S2N_ERR_ALLOC);
    CHECK_FAILS(s2n_cert_chain_and_key_new(), NULL, S2N_ERR_ALLOC);
    CHECK_FAILS(s2n_client_hello_parse_message(bytes, sizeof(bytes)), NULL, S2N_ERR_ALLOC);
}

static void test_a_refusal_is_an_error(bool *cause)
{
    const int given = seen.given;
    *cause = true;
    check_refusals();
    CHECK(cause == &seen.is_greedy || seen.given == given);
    *cause = false;
    talk();
    const long bytes = seen.bytes;
    const int live = seen.given - seen.back;

    struct pair *pair = connected(1);
    struct s2n_config *config = s2n_config_new_minimal();
    *cause = true;
    check_refusals();
    CHECK_ERROR(s2n_config_set_cipher_preferences(config, "default_tls13"), S2N_ERR_ALLOC);
    CHECK_ERROR(s2n_config_append_protocol_preference(config, (const uint8_t *) "h2", 2), S2N_ERR_ALLOC);
    CHECK_ERROR(s2n_set_server_name(pair->client, "localhost"), S2N_ERR_ALLOC);
    CHECK(s2n_connection_get_actual_protocol_version(pair->server) == S2N_TLS13);
    CHECK_TEXT(s2n_get_server_name(pair->server), "localhost");
    CHECK(s2n_connection_get_wire_bytes_in(pair->server) > 0);
    CHECK(s2n_connection_get_delay(pair->server) == 0);
    CHECK_OK(s2n_connection_wipe(pair->client));
    CHECK_OK(s2n_config_free(config));
    disconnect(pair);
    *cause = false;
    CHECK(seen.bytes == bytes && seen.given - seen.back == live);
}

/* Nothing is lost by a refusal: the call may be repeated. */
static void test_calls_can_be_repeated(void)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    struct pair *pair = new_pair(1, "ecdsa");
    struct s2n_connection *const ends[] = { pair->client, pair->server };
    int done = 0;
    for (int turn = 0; turn < 20 && done < 2; turn++) {
        seen.refuses = true;
        CHECK_ERROR(s2n_negotiate(ends[turn % 2], &blocked), S2N_ERR_ALLOC);
        seen.refuses = false;
        done += s2n_negotiate(ends[turn % 2], &blocked) == 0;
    }
    CHECK(done == 2);

    char text[10] = "";
    seen.refuses = true;
    CHECK_ERROR((int) s2n_send(pair->client, "all of it", 9, &blocked), S2N_ERR_ALLOC);
    seen.refuses = false;
    CHECK(s2n_send(pair->client, "all of it", 9, &blocked) == 9);
    seen.refuses = true;
    CHECK_ERROR((int) s2n_recv(pair->server, text, 9, &blocked), S2N_ERR_ALLOC);
    seen.refuses = false;
    CHECK(s2n_recv(pair->server, text, 9, &blocked) == 9);
    CHECK_TEXT(text, "all of it");

    seen.refuses = true;
    disconnect(pair);
    seen.refuses = false;
}

static void test_the_end(void)
{
    seen.cleanup_result = S2N_FAILURE;
    CHECK_ERROR(s2n_cleanup_final(), S2N_ERR_ATEXIT);
    CHECK_ERROR(s2n_init(), S2N_ERR_INITIALIZED);
    seen.cleanup_result = S2N_SUCCESS;

    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(s2n_cleanup_final());
    CHECK(seen.cleanups == 2);
    /* The application's memory is no more: nothing goes back there. */
    const int back = seen.back;
    CHECK_OK(s2n_config_free(config));
    CHECK(seen.back == back);

    CHECK_OK(s2n_init());
    CHECK(seen.inits == 3);
    CHECK_ERROR(s2n_disable_atexit(), S2N_ERR_INITIALIZED);
    test_memory_is_the_applications();
    CHECK_OK(s2n_cleanup_final());
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_disable_atexit());
    CHECK_OK(s2n_crypto_disable_init());
    test_callbacks_are_needed();
    test_the_start_may_be_refused();
    test_memory_is_the_applications();
    test_a_refusal_is_an_error(&seen.refuses);
    test_a_refusal_is_an_error(&seen.is_greedy);
    test_calls_can_be_repeated();
    test_the_end();
    /* What was not given back is the application's to free. */
    while (blocks.next != &blocks) {
        struct block *block = blocks.next;
        blocks.next = block->next;
        free(block);
    }
    return 0;
}
