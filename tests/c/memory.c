/*
 * Memory callbacks of the application: correct allocators, failing ones, and ones that return too little
 * memory.
 *
 * usage: memory FOLDER-OF-CERTIFICATES
 */
#include "pair.h"
#include "public_key.h"

#include <pthread.h>
#include <rs2n/rs2n.h>
#include <stdbool.h>
#include <unistd.h>

/* The calls of the memory callbacks, and their behaviour. */
static struct {
    int inits, cleanups, allocations, frees;
    long bytes;
    bool fails, is_short;
    int init_result, cleanup_result;
    size_t misalignment;
} state;

/* A connection whose transport the memory callbacks set, and how often they did. */
static struct s2n_connection *owner;
static int settings;

/* Threads of the library allocate, too. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int init(void)
{
    state.inits++;
    return state.init_result;
}

static int cleanup(void)
{
    state.cleanups++;
    return state.cleanup_result;
}

/* The header of every allocated block: a list, so that main() can free the blocks that are left. */
struct block {
    struct block *previous, *next;
};

static struct block blocks = { &blocks, &blocks };

/* An allocator may have a transport of its own, such as one that logs. */
static void set_transport_of_owner(void)
{
    struct s2n_connection *conn = owner;
    if (conn == NULL) {
        return;
    }
    /* The calls allocate, too. */
    owner = NULL;
    CHECK_OK(s2n_connection_set_recv_ctx(conn, &settings));
    CHECK_OK(s2n_connection_set_send_ctx(conn, &settings));
    CHECK_OK(s2n_connection_set_recv_cb(conn, transport_recv));
    CHECK_OK(s2n_connection_set_send_cb(conn, transport_send));
    settings++;
    owner = conn;
}

/* New memory is not zero, as with malloc(). */
#define FILL 0xa5

static int allocate(void **ptr, uint32_t requested, uint32_t *allocated)
{
    set_transport_of_owner();
    pthread_mutex_lock(&lock);
    const bool fails = state.fails, is_short = state.is_short;
    /* The alignment varies from block to block. */
    const size_t shift = sizeof(struct block *) + (state.misalignment += 7) % 64;
    pthread_mutex_unlock(&lock);
    if (fails) {
        /* What a failed call leaves is not memory. */
        *ptr = &state;
        *allocated = requested;
        return S2N_FAILURE;
    }
    struct block *block = calloc(1, sizeof(*block) + shift + requested + 3);
    CHECK(block != NULL);
    char *memory = (char *) block + sizeof(*block) + shift;
    memcpy(memory - sizeof(block), &block, sizeof(block));
    memset(memory, FILL, requested + 3);
    *ptr = memory;
    *allocated = is_short ? requested - 1 : requested + 3;
    pthread_mutex_lock(&lock);
    *block = (struct block){ &blocks, blocks.next };
    block->next->previous = blocks.next = block;
    state.allocations++;
    state.bytes += *allocated;
    pthread_mutex_unlock(&lock);
    return S2N_SUCCESS;
}

/* The library stores its own header in a block; only that, and what it has not used, may be left when it is freed. */
#define HEADER 16

static bool is_cleared(const uint8_t *bytes, uint32_t size)
{
    int left = 0;
    for (uint32_t i = 0; i < size; i++) {
        left += bytes[i] != 0 && bytes[i] != FILL;
    }
    return left <= HEADER;
}

static int deallocate(void *ptr, uint32_t size)
{
    CHECK(is_cleared(ptr, size));
    set_transport_of_owner();
    struct block *block;
    memcpy(&block, (char *) ptr - sizeof(block), sizeof(block));
    pthread_mutex_lock(&lock);
    block->previous->next = block->next;
    block->next->previous = block->previous;
    free(block);
    state.frees++;
    state.bytes -= size;
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

static void run_session(void)
{
    struct pair *pair = connected(1);
    exchange(pair, "from application memory");
    disconnect(pair);
}

static void test_callbacks_are_required(void)
{
    CHECK_ERROR(s2n_mem_set_callbacks(NULL, cleanup, allocate, deallocate), S2N_ERR_NULL);
    CHECK_ERROR(s2n_mem_set_callbacks(init, NULL, allocate, deallocate), S2N_ERR_NULL);
    CHECK_ERROR(s2n_mem_set_callbacks(init, cleanup, NULL, deallocate), S2N_ERR_NULL);
    CHECK_ERROR(s2n_mem_set_callbacks(init, cleanup, allocate, NULL), S2N_ERR_NULL);
}

static void test_init_failure(void)
{
    CHECK_OK(s2n_mem_set_callbacks(init, cleanup, allocate, deallocate));
    CHECK_OK(s2n_mem_set_callbacks(init, cleanup, allocate, deallocate));
    state.init_result = S2N_FAILURE;
    CHECK_ERROR(s2n_init(), S2N_ERR_CANCELLED);
    CHECK_FAILS(s2n_connection_new(S2N_CLIENT), NULL, S2N_ERR_NOT_INITIALIZED);
    state.init_result = S2N_SUCCESS;
    CHECK_OK(s2n_init());
    CHECK(state.inits == 2 && state.cleanups == 0);
    CHECK_ERROR(s2n_mem_set_callbacks(init, cleanup, allocate, deallocate), S2N_ERR_INITIALIZED);
}

static void test_allocations_use_the_callbacks(void)
{
    const int allocations = state.allocations;
    run_session();
    CHECK(state.allocations > allocations + 100);
    /* Allocations for the whole process have been made by now. */
    const long bytes = state.bytes;
    const int live = state.allocations - state.frees;
    run_session();
    CHECK(state.bytes == bytes && state.allocations - state.frees == live);
}

static void transfer_a_record(struct pair *pair)
{
    static uint8_t data[8000];
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_send(pair->client, data, sizeof(data), &blocked) == sizeof(data));
    CHECK(s2n_recv(pair->server, data, sizeof(data), &blocked) == sizeof(data));
}

static void test_dynamic_buffers_are_freed_between_calls(void)
{
    struct pair *pair = connected(1);
    transfer_a_record(pair);
    const long bytes = state.bytes;
    CHECK_OK(s2n_connection_set_dynamic_buffers(pair->client, true));
    transfer_a_record(pair);
    const long rest = state.bytes;
    CHECK(rest < bytes - 8000);
    CHECK_OK(s2n_connection_set_dynamic_buffers(pair->server, true));
    transfer_a_record(pair);
    CHECK(state.bytes < rest - 8000);
    disconnect(pair);
}

/* Calls that allocate fail without a leak; existing objects can still be read and freed. */
static void check_allocation_failures(void)
{
    uint8_t bytes[10];
    CHECK_FAILS(s2n_connection_new(S2N_CLIENT), NULL, S2N_ERR_ALLOC);
    CHECK_FAILS(s2n_config_new(), NULL, S2N_ERR_ALLOC);
    CHECK_FAILS(s2n_config_new_minimal(), NULL, S2N_ERR_ALLOC);
    CHECK_FAILS(s2n_cert_chain_and_key_new(), NULL, S2N_ERR_ALLOC);
    CHECK_FAILS(s2n_client_hello_parse_message(bytes, sizeof(bytes)), NULL, S2N_ERR_ALLOC);
}

static void test_allocation_failure_is_an_error(bool *cause)
{
    const int allocations = state.allocations;
    *cause = true;
    check_allocation_failures();
    CHECK(cause == &state.is_short || state.allocations == allocations);
    *cause = false;
    run_session();
    const long bytes = state.bytes;
    const int live = state.allocations - state.frees;

    struct pair *pair = connected(1);
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_cert_chain_and_key *raw = s2n_cert_chain_and_key_new();
    char *key = new_public_key(folder, "ecdsa");
    const uint8_t *pem = (const uint8_t *) key;
    *cause = true;
    check_allocation_failures();
    CHECK_ERROR(rs2n_config_add_trusted_public_key(config, pem, strlen(key)), S2N_ERR_ALLOC);
    CHECK_ERROR(rs2n_cert_chain_and_key_load_raw_public_key(raw, pem, strlen(key), NULL, 0), S2N_ERR_ALLOC);
    CHECK_ERROR(s2n_config_set_cipher_preferences(config, "default_tls13"), S2N_ERR_ALLOC);
    CHECK_ERROR(s2n_config_append_protocol_preference(config, (const uint8_t *) "h2", 2), S2N_ERR_ALLOC);
    CHECK_ERROR(s2n_set_server_name(pair->client, "localhost"), S2N_ERR_ALLOC);
    CHECK_ERROR(s2n_connection_set_recv_cb(pair->client, transport_recv), S2N_ERR_ALLOC);
    CHECK_ERROR(s2n_connection_set_recv_ctx(pair->client, &pair->to_client), S2N_ERR_ALLOC);
    CHECK_ERROR(s2n_connection_set_send_cb(pair->client, transport_send), S2N_ERR_ALLOC);
    CHECK_ERROR(s2n_connection_set_send_ctx(pair->client, &pair->to_server), S2N_ERR_ALLOC);
    CHECK(s2n_connection_get_actual_protocol_version(pair->server) == S2N_TLS13);
    CHECK_TEXT(s2n_get_server_name(pair->server), "localhost");
    CHECK(s2n_connection_get_wire_bytes_in(pair->server) > 0);
    CHECK(s2n_connection_get_delay(pair->server) == 0);
    CHECK_OK(s2n_connection_wipe(pair->client));
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_cert_chain_and_key_free(raw));
    disconnect(pair);
    *cause = false;
    free(key);
    CHECK(state.bytes == bytes && state.allocations - state.frees == live);
}

/* A call whose allocation failed can be repeated. */
static void test_failed_calls_can_be_repeated(void)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    struct pair *pair = new_pair(1, "ecdsa");
    struct s2n_connection *const ends[] = { pair->client, pair->server };
    int done = 0;
    for (int turn = 0; turn < 20 && done < 2; turn++) {
        state.fails = true;
        CHECK_ERROR(s2n_negotiate(ends[turn % 2], &blocked), S2N_ERR_ALLOC);
        state.fails = false;
        done += s2n_negotiate(ends[turn % 2], &blocked) == 0;
    }
    CHECK(done == 2);

    char text[10] = "";
    state.fails = true;
    CHECK_ERROR((int) s2n_send(pair->client, "all of it", 9, &blocked), S2N_ERR_ALLOC);
    state.fails = false;
    CHECK(s2n_send(pair->client, "all of it", 9, &blocked) == 9);
    state.fails = true;
    CHECK_ERROR((int) s2n_recv(pair->server, text, 9, &blocked), S2N_ERR_ALLOC);
    state.fails = false;
    CHECK(s2n_recv(pair->server, text, 9, &blocked) == 9);
    CHECK_TEXT(text, "all of it");

    state.fails = true;
    disconnect(pair);
    state.fails = false;
}

/* The call allocates or frees a transport, and calls the callbacks without a lock that they need. */
#define CHECK_SETS_TRANSPORT(conn, call)                    \
    do {                                                    \
        const int before = settings;                        \
        owner = (conn);                                     \
        CHECK_OK(call);                                     \
        owner = NULL;                                       \
        CHECK(settings > before);                           \
    } while (0)

static void test_memory_callbacks_can_set_a_transport(void)
{
    /* A call that waits for its own lock is ended. */
    alarm(60);
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    CHECK(conn != NULL);
    CHECK_SETS_TRANSPORT(conn, s2n_connection_set_recv_ctx(conn, NULL));
    CHECK_SETS_TRANSPORT(conn, s2n_connection_wipe(conn));
    CHECK_OK(s2n_connection_wipe(conn));
    CHECK_SETS_TRANSPORT(conn, s2n_connection_set_send_cb(conn, transport_send));
    CHECK_SETS_TRANSPORT(conn, s2n_connection_set_fd(conn, 0));
    CHECK_OK(s2n_connection_set_fd(conn, 0));
    CHECK_SETS_TRANSPORT(conn, s2n_connection_set_read_fd(conn, 0));
    CHECK_OK(s2n_connection_set_fd(conn, 0));
    CHECK_SETS_TRANSPORT(conn, s2n_connection_set_write_fd(conn, 0));
    CHECK_OK(s2n_connection_set_fd(conn, 0));
    CHECK_SETS_TRANSPORT(conn, s2n_connection_set_recv_cb(conn, transport_recv));
    CHECK_OK(s2n_connection_set_fd(conn, 0));
    CHECK_SETS_TRANSPORT(conn, s2n_connection_set_send_ctx(conn, NULL));
    CHECK_OK(s2n_connection_free(conn));
    alarm(0);
}

static void test_cleanup(void)
{
    state.cleanup_result = S2N_FAILURE;
    CHECK_ERROR(s2n_cleanup_final(), S2N_ERR_ATEXIT);
    CHECK_ERROR(s2n_init(), S2N_ERR_INITIALIZED);
    state.cleanup_result = S2N_SUCCESS;

    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(s2n_cleanup_final());
    CHECK(state.cleanups == 2);
    /* After the cleanup callback, memory must not be returned to the application. */
    const int frees = state.frees;
    CHECK_OK(s2n_config_free(config));
    CHECK(state.frees == frees);

    CHECK_OK(s2n_init());
    CHECK(state.inits == 3);
    CHECK_ERROR(s2n_disable_atexit(), S2N_ERR_INITIALIZED);
    test_allocations_use_the_callbacks();
    test_dynamic_buffers_are_freed_between_calls();
    CHECK_OK(s2n_cleanup_final());
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_disable_atexit());
    CHECK_OK(s2n_crypto_disable_init());
    test_callbacks_are_required();
    test_init_failure();
    test_allocations_use_the_callbacks();
    test_allocation_failure_is_an_error(&state.fails);
    test_allocation_failure_is_an_error(&state.is_short);
    test_failed_calls_can_be_repeated();
    test_memory_callbacks_can_set_a_transport();
    test_cleanup();
    /* The application frees the blocks that the library has not returned. */
    while (blocks.next != &blocks) {
        struct block *block = blocks.next;
        blocks.next = block->next;
        free(block);
    }
    return 0;
}
