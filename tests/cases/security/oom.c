/* Allocation failures: each allocation fails in turn, alone or with all that follow. The call may fail or succeed,
   but the process must not abort or fault, and everything can be freed. The failing allocator is the C library's,
   whose functions are replaced below for the whole process, or the application's memory callback.
   usage: oom FOLDER [once|on] [malloc|callback] [thread|tls12|quic] */
#include "security.h"

#include <pthread.h>
#include <rs2n/rs2n.h>
#include <s2n/quic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* A policy that prefers X25519: AWS-LC's own check of a P-256 key agreement faults when an allocation fails. */
#define POLICY "20190801"
/* The same for TLS 1.2. */
#define TLS12_POLICY "test_all_ecdsa"

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
        *__libc_memalign(size_t, size_t);

static long allocations_left;
static int armed, persists, by_callback, in_thread, over_quic;
static const char *policy = POLICY;

static int fails(void)
{
    if (!armed) return 0;
    long position = allocations_left--;
    if (persists ? position > 0 : position != 0) return 0;
    errno = ENOMEM;
    return 1;
}

static int malloc_fails(void) { return !by_callback && fails(); }

void *malloc(size_t n) { return malloc_fails() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) { return malloc_fails() ? NULL : __libc_calloc(n, size); }
void *realloc(void *old, size_t n) { return malloc_fails() ? NULL : __libc_realloc(old, n); }
void *memalign(size_t align, size_t n) { return malloc_fails() ? NULL : __libc_memalign(align, n); }
void *aligned_alloc(size_t align, size_t n) { return memalign(align, n); }

int posix_memalign(void **out, size_t align, size_t n)
{
    if (malloc_fails()) return ENOMEM;
    *out = __libc_memalign(align, n);
    return *out ? 0 : ENOMEM;
}

/* Hides forks from AWS-LC, whose random generator would need 15 ms in each child to collect entropy. */
int madvise(void *address, size_t n, int advice)
{
    return advice == MADV_WIPEONFORK ? 0 : (int) syscall(SYS_madvise, address, n, advice);
}

static int succeed(void) { return S2N_SUCCESS; }

static int allocate(void **out, uint32_t n, uint32_t *allocated)
{
    if (fails()) return S2N_FAILURE;
    *out = __libc_malloc(n);
    *allocated = n;
    return *out ? S2N_SUCCESS : S2N_FAILURE;
}

static int deallocate(void *block, uint32_t n)
{
    (void) n;
    free(block);
    return S2N_SUCCESS;
}

enum phase {
    CONFIG, CERTIFICATE, TICKET_KEY, CONNECTION, HANDSHAKE, SEND, RECEIVE, TICKET, SESSION, SERIALIZE, RESTORE,
    OFFER, RESUMPTION,
    PSK, SEND_EARLY, RECEIVE_EARLY, PSK_HANDSHAKE, PHASES
};
static const char *names[] = {
    "config", "certificate", "ticket_key", "connection", "handshake", "send", "receive", "ticket", "session",
    "serialize", "restore", "offer", "resumption",
    "psk", "send_early", "receive_early", "psk_handshake"
};

/* The end of the phases: keys are those of TLS 1.3. */
static enum phase end = PHASES;

enum { EARLY = 3000 };

static struct pair pair, resumed, keyed;
static struct s2n_connection *moved;
static struct s2n_psk *psk;
static struct s2n_config *client, *server;
static struct s2n_cert_chain_and_key *own;
static char *root_pem, *leaf_pem, *leaf_key;
static uint8_t data[20000], session[2000], blob[200];
static int session_len;

/* Appends an external pre-shared key to both connections of another pair. Returns 0 if all calls succeeded. */
static int append_psk(void)
{
    psk = s2n_external_psk_new();
    return !psk || s2n_psk_set_identity(psk, (uint8_t *) "identity", 8) || s2n_psk_set_secret(psk, (uint8_t *) "secret", 6)
            || s2n_psk_configure_early_data(psk, EARLY + 1, 0x13, 0x01)
            || s2n_psk_set_early_data_context(psk, (uint8_t *) "context", 7)
            || pair_open(&keyed, client, server, "localhost")
            || s2n_connection_append_psk(keyed.client, psk) || s2n_connection_append_psk(keyed.server, psk)
            || s2n_psk_free(&psk);
}

/* Returns 0 if all the early data was sent or received, and the call waits for the peer. */
static int transfer_early(int sends)
{
    s2n_blocked_status blocked;
    ssize_t n = 0;
    int result = sends ? s2n_send_early_data(keyed.client, data, EARLY, &n, &blocked)
                       : s2n_recv_early_data(keyed.server, data, sizeof data, &n, &blocked);
    return result != -1 || s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED || n != EARLY;
}

/* Returns whether the handshake with the key used it, and its early data. */
static int has_used_psk(void)
{
    uint16_t len = 0;
    s2n_early_data_status_t status;
    return s2n_connection_get_negotiated_psk_identity_length(keyed.server, &len) == 0 && len == 8
            && s2n_connection_get_early_data_status(keyed.server, &status) == 0 && status == S2N_EARLY_DATA_STATUS_END;
}

/* Runs one phase of a program. Returns 0 if all its calls succeeded. */
static int run_phase(enum phase phase)
{
    s2n_blocked_status blocked;
    ssize_t n, all = 0;
    switch (phase) {
        case CONFIG:
            client = s2n_config_new_minimal();
            server = s2n_config_new_minimal();
            return !client || !server || s2n_config_set_cipher_preferences(client, policy)
                    || s2n_config_set_cipher_preferences(server, policy)
                    || (over_quic && (s2n_config_enable_quic(client) || s2n_config_enable_quic(server)))
                    || s2n_config_set_serialization_version(client, S2N_SERIALIZED_CONN_V1)
                    || s2n_config_add_pem_to_trust_store(client, root_pem);
        case CERTIFICATE:
            own = s2n_cert_chain_and_key_new();
            return !own || s2n_cert_chain_and_key_load_pem(own, leaf_pem, leaf_key)
                    || s2n_config_add_cert_chain_and_key_to_store(server, own);
        case TICKET_KEY:
            return s2n_config_set_session_tickets_onoff(client, 1) || s2n_config_set_session_tickets_onoff(server, 1)
                    || s2n_config_add_ticket_crypto_key(server, (uint8_t *) "key", 3, (uint8_t *) "secret", 6, 0);
        case CONNECTION:
            return pair_open(&pair, client, server, "localhost")
                    || (over_quic && (s2n_connection_set_quic_transport_parameters(pair.client, data, 3000)
                            || s2n_connection_set_quic_transport_parameters(pair.server, data, 3000)));
        case HANDSHAKE: return negotiate(&pair) != NULL;
        case SEND:
            while (all < (ssize_t) sizeof data && (n = s2n_send(pair.client, data + all, sizeof data - all, &blocked)) > 0) all += n;
            return all != sizeof data;
        case RECEIVE:
            while (all < (ssize_t) sizeof data && (n = s2n_recv(pair.server, data, sizeof data, &blocked)) > 0) all += n;
            return all != sizeof data;
        case TICKET:
            /* The client receives the ticket, and no data. */
            return s2n_recv(pair.client, data, sizeof data, &blocked) != -1 || s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED;
        case SESSION:
            session_len = s2n_connection_get_session(pair.client, session, sizeof session);
            return session_len <= 0;
        case SERIALIZE: return s2n_connection_serialize(pair.client, blob, sizeof blob);
        case RESTORE:
            moved = s2n_connection_new(S2N_CLIENT);
            return !moved || s2n_connection_set_config(moved, client) || s2n_connection_deserialize(moved, blob, sizeof blob);
        case OFFER:
            return pair_open(&resumed, client, server, "localhost") || s2n_connection_set_session(resumed.client, session, session_len);
        case RESUMPTION: return negotiate(&resumed) != NULL;
        case PSK: return append_psk();
        case SEND_EARLY: return transfer_early(1);
        case RECEIVE_EARLY: return transfer_early(0);
        case PSK_HANDSHAKE: return negotiate(&keyed) != NULL;
        default: return -1;
    }
}

/* Frees all objects. Returns 0 if all could be freed. */
static int free_all(void)
{
    int failed = (pair.client && s2n_connection_free(pair.client)) || (pair.server && s2n_connection_free(pair.server))
            || (resumed.client && s2n_connection_free(resumed.client)) || (resumed.server && s2n_connection_free(resumed.server))
            || (keyed.client && s2n_connection_free(keyed.client)) || (keyed.server && s2n_connection_free(keyed.server))
            || s2n_psk_free(&psk) || (moved && s2n_connection_free(moved))
            || (client && s2n_config_free(client)) || (server && s2n_config_free(server))
            || (own && s2n_cert_chain_and_key_free(own));
    pair.client = pair.server = resumed.client = resumed.server = keyed.client = keyed.server = moved = NULL;
    client = server = NULL;
    own = NULL;
    return failed;
}

struct trial { enum phase phase; long nth; long end; };

/* Returns whether a phase requires another one before it: those with a key require no other handshake. */
static int requires(enum phase phase, enum phase before)
{
    return phase < PSK || before <= TICKET_KEY || before >= PSK;
}

/* Returns whether all phases succeed in a trial that has freed everything. */
static int succeeds_again(enum phase tested)
{
    for (enum phase phase = 0; phase < end; phase++)
        if (requires(tested, phase) && run_phase(phase)) return 0;
    return 1;
}

/* Requests the reason of a failure, which may require memory. */
static void explain(struct s2n_connection *conn)
{
    char detail[256];
    if (conn != NULL && rs2n_connection_error_detail(conn, detail, sizeof detail) < 0) _exit(2);
}

/* The trial of a child process, in which the phases before have succeeded: the nth allocation of this phase fails, then
   all is freed, and with memory available again all phases succeed.
   0: no call failed, 1: one did, 3: there is no nth allocation; anything else is wrong. */
static void *run_trial(void *argument)
{
    struct trial *trial = argument;
    if (in_thread) {
        /* Initializes AWS-LC's random generator, whose state is per thread. */
        MUST(s2n_cleanup_final());
        MUST(s2n_init());
    }
    allocations_left = trial->nth;
    armed = 1;
    int failed = run_phase(trial->phase);
    int wrong_code = failed && by_callback && strcmp(s2n_strerror_name(s2n_errno), "S2N_ERR_ALLOC") != 0;
    explain(pair.client);
    explain(pair.server);
    int reached = allocations_left < 0;
    int free_failed = free_all();
    armed = 0;
    trial->end = !reached ? 3 : free_failed || wrong_code ? 4 : failed != 0;
    if (reached && (persists || trial->phase >= RESUMPTION) && !succeeds_again(trial->phase)) trial->end = 5;
    if (resumed.client && !s2n_connection_is_session_resumed(resumed.client)) trial->end = 7;
    if (keyed.client && !has_used_psk()) trial->end = 8;
    if (free_all()) trial->end = 6;
    return NULL;
}

static int child(enum phase phase, long nth)
{
    struct trial trial = { phase, nth, 2 };
    pthread_t thread;
    alarm(20);
    if (!freopen("/dev/null", "w", stderr)) return 2;
    if (!in_thread) run_trial(&trial);
    else if (pthread_create(&thread, NULL, run_trial, &trial) || pthread_join(thread, NULL)) return 2;
    return (int) trial.end;
}

/* Runs the phases before this one, and then a trial for each of its allocations. */
static void test_phase(enum phase phase)
{
    char name[100];
    int successes = 0, error = 0, aborts = 0, faults = 0, other = 0, status = 0;
    long nth = 0;
    snprintf(name, sizeof name, "oom_%s", names[phase]);
    for (enum phase before = 0; before < phase; before++) {
        if (!requires(phase, before) || !run_phase(before)) continue;
        observe(name, 0, "%s fails with sufficient memory: %s", names[before], s2n_strerror_name(s2n_errno));
        return;
    }
    fflush(stdout);
    for (; nth < 20000; nth++) {
        pid_t pid = fork();
        if (pid == 0) _exit(child(phase, nth));
        waitpid(pid, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 3) break;
        if (WIFSIGNALED(status)) {
            if (WTERMSIG(status) == SIGABRT) aborts++;
            else if (WTERMSIG(status) == SIGSEGV) faults++;
            else other++;
        } else if (WEXITSTATUS(status) == 0) successes++;
        else if (WEXITSTATUS(status) == 1) error++;
        else other++;
    }
    observe(name, nth > 0 && !aborts && !faults && !other,
            "%ld allocations failed: %d successes, %d errors, %d aborts, %d segmentation faults, %d other exits",
            nth, successes, error, aborts, faults, other);
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    persists = argc > 2 && strcmp(argv[2], "on") == 0;
    by_callback = argc > 3 && strcmp(argv[3], "callback") == 0;
    in_thread = argc > 4 && strcmp(argv[4], "thread") == 0;
    if (argc > 4 && strcmp(argv[4], "tls12") == 0) {
        policy = TLS12_POLICY;
        end = PSK;
    }
    over_quic = argc > 4 && strcmp(argv[4], "quic") == 0;
    /* Without a record layer. */
    if (over_quic) end = SEND;
    root_pem = (char *) read_file("root.pem", NULL);
    leaf_pem = (char *) read_file("leaf.pem", NULL);
    leaf_key = (char *) read_file("leaf.key", NULL);
    if (by_callback) MUST(s2n_mem_set_callbacks(succeed, succeed, allocate, deallocate));
    MUST(s2n_init());
    /* Once without failures, for one-time allocations per thread, above all AWS-LC's random generator. The first resumption of a process is
       one of those under test. */
    for (enum phase phase = 0; phase < OFFER && phase < end; phase++)
        if (run_phase(phase)) { printf("%s fails with sufficient memory: %s\n", names[phase], s2n_strerror_name(s2n_errno)); return 2; }
    free_all();
    for (enum phase phase = 0; phase < end; phase++) {
        /* A process for each phase, whose trials are its children: the phases before run once. */
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            test_phase(phase);
            fflush(stdout);
            _exit(wrong != 0);
        }
        int status = 0;
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) wrong++;
    }
    return wrong != 0;
}
