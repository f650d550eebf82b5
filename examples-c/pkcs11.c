/*
 * A server whose private key is in a PKCS #11 token, such as a smart card, an HSM or SoftHSM.
 *
 *     pkcs11 [-p PORT] MODULE TOKEN PIN-FILE KEY CERTIFICATE
 *
 * MODULE is the token's shared library, TOKEN and KEY are labels, and PIN-FILE contains the PIN, which other
 * users could see in an argument. CERTIFICATE is a chain in PEM. The server listens on 127.0.0.1, on a port of
 * the system if none is given, serves each client in a thread, and tells it how its handshake was signed.
 *
 * A session of PKCS #11 performs one operation at a time. One thread owns the session, and signs for all
 * connections. It makes of the hash that TLS signs what the token requires, and of the token's signature what
 * TLS sends, in sign_with_token().
 */
#define _GNU_SOURCE /* explicit_bzero */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <p11-kit-1/p11-kit/pkcs11.h>
#include <pthread.h>
#include <s2n.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum exit_code { FAILED = 1, USAGE = 2 };

/* A signature that a connection requires. */
struct job {
    struct s2n_async_pkey_op *op;
    s2n_tls_signature_algorithm scheme;
    s2n_tls_hash_algorithm hash;
    enum { WAITING, SIGNED, NOT_SIGNED } state;
    struct job *next; /* in the queue */
};

/* The queue of the signing thread. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t queued, done;
    struct job *first, *last;
    int stopping;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER,
    .queued = PTHREAD_COND_INITIALIZER,
    .done = PTHREAD_COND_INITIALIZER };

/* The token. After the start only the signing thread uses it. */
static void *module;
static CK_FUNCTION_LIST *token;
static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE key;

static struct s2n_config *config;
static int listener;
static volatile sig_atomic_t stopping;

static void print_error(const char *what)
{
    fprintf(stderr, "%s: %s (%s)\n", what, s2n_strerror(s2n_errno, "EN"), s2n_strerror_debug(s2n_errno, "EN"));
}

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(FAILED);
}

/* Reports a failed function of the token, whose code a manual of PKCS #11 explains. */
static int token_works(CK_RV code, const char *function)
{
    if (code != CKR_OK) {
        const char *name = code == CKR_PIN_INCORRECT ? " (CKR_PIN_INCORRECT)"
            : code == CKR_PIN_LOCKED                 ? " (CKR_PIN_LOCKED)"
            : code == CKR_MECHANISM_INVALID          ? " (CKR_MECHANISM_INVALID)"
            : code == CKR_DEVICE_REMOVED             ? " (CKR_DEVICE_REMOVED)"
                                                     : "";
        fprintf(stderr, "%s: 0x%lx%s\n", function, code, name);
    }
    return code == CKR_OK;
}

static void require(CK_RV code, const char *function)
{
    if (!token_works(code, function)) {
        exit(FAILED);
    }
}

/* What the algorithms of PKCS #11 are called for a hash, and the last byte of its object identifier. */
static const struct hash {
    s2n_tls_hash_algorithm algorithm;
    uint32_t len;
    CK_MECHANISM_TYPE mechanism;
    CK_RSA_PKCS_MGF_TYPE mask;
    uint8_t identifier;
    const char *name;
} hashes[] = {
    { S2N_TLS_HASH_SHA256, 32, CKM_SHA256, CKG_MGF1_SHA256, 1, "SHA-256" },
    { S2N_TLS_HASH_SHA384, 48, CKM_SHA384, CKG_MGF1_SHA384, 2, "SHA-384" },
    { S2N_TLS_HASH_SHA512, 64, CKM_SHA512, CKG_MGF1_SHA512, 3, "SHA-512" },
};

static const struct hash *find_hash(s2n_tls_hash_algorithm algorithm)
{
    for (size_t at = 0; at < sizeof(hashes) / sizeof(hashes[0]); at++) {
        if (hashes[at].algorithm == algorithm) {
            return &hashes[at];
        }
    }
    return NULL;
}

enum { MAX_HASH = 64, PREFIX = 19, MAX_SIGNATURE = 1024 };

/* Puts the DigestInfo around a hash, which PKCS #1 v1.5 signs (RFC 8017, 9.2): CKM_RSA_PKCS only pads. */
static CK_ULONG write_digest_info(uint8_t *out, const struct hash *hash, const uint8_t *value)
{
    const uint8_t prefix[PREFIX] = { 0x30, (uint8_t) (PREFIX - 2 + hash->len), 0x30, 13, /* SEQUENCEs */
        6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, hash->identifier,                      /* OBJECT IDENTIFIER */
        5, 0, 4, (uint8_t) hash->len };                                                  /* NULL, OCTET STRING */
    memcpy(out, prefix, PREFIX);
    memcpy(out + PREFIX, value, hash->len);
    return PREFIX + hash->len;
}

/* Writes a non-negative INTEGER in DER (X.690, 8.3): without leading zeros, except for one if the first bit
 * would be a sign. */
static size_t write_integer(uint8_t *out, const uint8_t *number, size_t len)
{
    while (len > 1 && number[0] == 0) {
        number++;
        len--;
    }
    size_t zero = number[0] >> 7;
    out[0] = 2;
    out[1] = (uint8_t) (zero + len);
    out[2] = 0;
    memcpy(out + 2 + zero, number, len);
    return 2 + zero + len;
}

/* Writes the signature r || s of PKCS #11 in DER (RFC 3279, 2.2.3), which TLS sends. The integers are at most
 * 67 bytes long, for P-521, whose SEQUENCE is longer than 127 bytes: then the length takes two bytes. */
static CK_ULONG write_ecdsa(uint8_t *out, const uint8_t *raw, CK_ULONG len)
{
    uint8_t integers[MAX_SIGNATURE];
    size_t inside = write_integer(integers, raw, len / 2), at = 0;
    inside += write_integer(integers + inside, raw + len / 2, len / 2);
    out[at++] = 0x30;
    if (inside > 127) {
        out[at++] = 0x81;
    }
    out[at++] = (uint8_t) inside;
    memcpy(out + at, integers, inside);
    return at + inside;
}

/* Signs a hash by the scheme that the connection has negotiated. Returns the signature's length, or 0. */
static CK_ULONG sign_with_token(const struct job *job, const struct hash *hash, uint8_t *value, uint8_t *out)
{
    CK_RSA_PKCS_PSS_PARAMS pss = { hash->mechanism, hash->mask, hash->len }; /* the salt is as long as the hash */
    CK_MECHANISM mechanism = { 0, NULL, 0 };
    uint8_t info[PREFIX + MAX_HASH], raw[MAX_SIGNATURE], *input = value;
    CK_ULONG input_len = hash->len, len = sizeof(raw);
    switch (job->scheme) {
    case S2N_TLS_SIGNATURE_RSA:
        mechanism.mechanism = CKM_RSA_PKCS;
        input = info;
        input_len = write_digest_info(info, hash, value);
        break;
    case S2N_TLS_SIGNATURE_RSA_PSS_RSAE:
    case S2N_TLS_SIGNATURE_RSA_PSS_PSS:
        mechanism = (CK_MECHANISM) { CKM_RSA_PKCS_PSS, &pss, sizeof(pss) };
        break;
    case S2N_TLS_SIGNATURE_ECDSA: mechanism.mechanism = CKM_ECDSA; break;
    default: return 0; /* not a scheme of this key */
    }
    if (!token_works(token->C_SignInit(session, &mechanism, key), "C_SignInit")
        || !token_works(token->C_Sign(session, input, input_len, raw, &len), "C_Sign")) {
        return 0;
    }
    if (job->scheme != S2N_TLS_SIGNATURE_ECDSA) {
        memcpy(out, raw, len);
        return len;
    }
    return len == 0 || len % 2 != 0 || len > 132 ? 0 : write_ecdsa(out, raw, len);
}

/* Reads the hash from the operation, and stores the signature in it. */
static int perform(struct job *job)
{
    const struct hash *hash = find_hash(job->hash);
    uint8_t value[MAX_HASH], signature[MAX_SIGNATURE];
    uint32_t size = 0;
    if (hash == NULL || s2n_async_pkey_op_get_input_size(job->op, &size) != 0 || size != hash->len
        || s2n_async_pkey_op_get_input(job->op, value, size) != 0) {
        return -1;
    }
    CK_ULONG len = sign_with_token(job, hash, value, signature);
    return len > 0 ? s2n_async_pkey_op_set_output(job->op, signature, (uint32_t) len) : -1;
}

static void *perform_jobs(void *unused)
{
    pthread_mutex_lock(&queue.lock);
    for (;;) {
        while (queue.first == NULL && !queue.stopping) {
            pthread_cond_wait(&queue.queued, &queue.lock);
        }
        struct job *job = queue.first;
        if (job == NULL) {
            break;
        }
        queue.first = job->next;
        pthread_mutex_unlock(&queue.lock);
        int signature = perform(job);
        pthread_mutex_lock(&queue.lock);
        job->state = signature == 0 ? SIGNED : NOT_SIGNED;
        pthread_cond_broadcast(&queue.done);
    }
    pthread_mutex_unlock(&queue.lock);
    return unused;
}

/* The async private key callback. The scheme is that of the connection: TLS 1.2 signs with PSS, too. */
static int queue_job(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    struct job *job = s2n_connection_get_ctx(conn);
    if (s2n_connection_get_selected_signature_algorithm(conn, &job->scheme) != 0
        || s2n_connection_get_selected_digest_algorithm(conn, &job->hash) != 0) {
        s2n_async_pkey_op_free(op);
        return -1;
    }
    job->op = op;
    job->next = NULL;
    pthread_mutex_lock(&queue.lock);
    if (queue.first == NULL) {
        queue.first = job;
    } else {
        queue.last->next = job;
    }
    queue.last = job;
    pthread_cond_signal(&queue.queued);
    pthread_mutex_unlock(&queue.lock);
    return 0;
}

/* Waits for the signature, and applies it to the connection. */
static int apply_signature(struct s2n_connection *conn, struct job *job)
{
    pthread_mutex_lock(&queue.lock);
    while (job->state == WAITING) {
        pthread_cond_wait(&queue.done, &queue.lock);
    }
    pthread_mutex_unlock(&queue.lock);
    int outcome = -1;
    if (job->state == NOT_SIGNED) {
        fprintf(stderr, "signature: the token has not signed\n");
    } else if ((outcome = s2n_async_pkey_op_apply(job->op, conn)) != 0) {
        print_error("signature");
    }
    s2n_async_pkey_op_free(job->op);
    return outcome;
}

static int negotiate(struct s2n_connection *conn, struct job *job)
{
    s2n_blocked_status blocked;
    while (s2n_negotiate(conn, &blocked) != 0) {
        if (blocked != S2N_BLOCKED_ON_APPLICATION_INPUT) {
            print_error("handshake");
            s2n_shutdown(conn, &blocked); /* sends the alert with the reason */
            return -1;
        }
        if (apply_signature(conn, job) != 0) {
            return -1;
        }
    }
    return 0;
}

static int answer(struct s2n_connection *conn, const struct job *job)
{
    const char *scheme = job->scheme == S2N_TLS_SIGNATURE_ECDSA ? "ECDSA"
        : job->scheme == S2N_TLS_SIGNATURE_RSA                  ? "RSA PKCS #1"
                                                                : "RSA-PSS";
    char text[200];
    s2n_blocked_status blocked;
    int len = snprintf(text, sizeof(text), "HTTP/1.0 200 OK\r\n\r\nsignature: %s with %s, by the token\n", scheme,
        find_hash(job->hash)->name);
    return s2n_send(conn, text, len, &blocked) == len ? s2n_shutdown(conn, &blocked) : -1;
}

/* Runs in a thread of its own. */
static void *serve(void *argument)
{
    int fd = *(int *) argument;
    free(argument);
    struct job job = { .op = NULL };
    struct s2n_connection *conn = s2n_connection_new(S2N_SERVER);
    if (conn == NULL || s2n_connection_set_config(conn, config) != 0 || s2n_connection_set_ctx(conn, &job) != 0
        || s2n_connection_set_fd(conn, fd) != 0) {
        print_error("connection");
    } else if (negotiate(conn, &job) == 0 && answer(conn, &job) != 0) {
        print_error("answer");
    }
    s2n_connection_free(conn);
    close(fd);
    return NULL;
}

static char *read_text(const char *path)
{
    char *text = calloc(1, 1 << 16);
    FILE *file = fopen(path, "rb");
    if (file == NULL || text == NULL || fread(text, 1, (1 << 16) - 1, file) == 0) {
        fail(path, "cannot be read");
    }
    fclose(file);
    return text;
}

/* Opens a session of the token with this label, which is padded with spaces. */
static void open_session(const char *label)
{
    CK_ULONG count = 0;
    require(token->C_GetSlotList(CK_TRUE, NULL, &count), "C_GetSlotList");
    CK_SLOT_ID *slots = calloc(count + 1, sizeof(*slots));
    if (slots == NULL) {
        fail("slots", strerror(errno));
    }
    require(token->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    CK_ULONG at;
    for (at = 0; at < count; at++) {
        CK_TOKEN_INFO info;
        char padded[sizeof(info.label) + 1];
        snprintf(padded, sizeof(padded), "%-*s", (int) sizeof(info.label), label);
        require(token->C_GetTokenInfo(slots[at], &info), "C_GetTokenInfo");
        if (memcmp(info.label, padded, sizeof(info.label)) == 0) {
            break;
        }
    }
    if (at == count) {
        fail(label, "no token has this label");
    }
    require(token->C_OpenSession(slots[at], CKF_SERIAL_SESSION, NULL, NULL, &session), "C_OpenSession");
    free(slots);
}

static void find_key(char *label)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE query[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_LABEL, label, strlen(label) } };
    CK_ULONG count = 0;
    CK_OBJECT_HANDLE found[2];
    require(token->C_FindObjectsInit(session, query, 2), "C_FindObjectsInit");
    require(token->C_FindObjects(session, found, 2, &count), "C_FindObjects");
    require(token->C_FindObjectsFinal(session), "C_FindObjectsFinal");
    if (count != 1) {
        fail(label, count == 0 ? "the token has no such key" : "the token has several such keys");
    }
    key = found[0];
    CK_KEY_TYPE key_type = 0;
    CK_ATTRIBUTE type = { CKA_KEY_TYPE, &key_type, sizeof(key_type) };
    require(token->C_GetAttributeValue(session, key, &type, 1), "C_GetAttributeValue");

    /* A key that the token shows to any program with the PIN is no better than a file. */
    CK_ATTRIBUTE secret = { key_type == CKK_RSA ? CKA_PRIVATE_EXPONENT : CKA_VALUE, NULL, 0 };
    if (token->C_GetAttributeValue(session, key, &secret, 1) != CKR_ATTRIBUTE_SENSITIVE) {
        fail(label, "the key can be extracted from the token");
    }
}

static void open_token(const char *path, const char *label, const char *pin_file, char *key_label)
{
    module = dlopen(path, RTLD_NOW);
    if (module == NULL) {
        fail("module", dlerror());
    }
    CK_C_GetFunctionList functions;
    *(void **) &functions = dlsym(module, "C_GetFunctionList");
    if (functions == NULL) {
        fail(path, "not a PKCS #11 module");
    }
    CK_C_INITIALIZE_ARGS arguments = { .flags = CKF_OS_LOCKING_OK };
    require(functions(&token), "C_GetFunctionList");
    require(token->C_Initialize(&arguments), "C_Initialize");
    open_session(label);
    char *pin = read_text(pin_file);
    size_t len = strcspn(pin, "\r\n");
    CK_RV login = token->C_Login(session, CKU_USER, (CK_UTF8CHAR *) pin, len);
    explicit_bzero(pin, len);
    free(pin);
    require(login, "C_Login");
    find_key(key_label);
}

/* The config has the certificates only. A signature that does not fit them, for instance because the key is
 * another one, is an error here and not at the client. */
static void create_config(const char *certificate)
{
    char *pem = read_text(certificate);
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    config = s2n_config_new_minimal();
    if (chain == NULL || config == NULL
        || s2n_cert_chain_and_key_load_public_pem_bytes(chain, (uint8_t *) pem, (uint32_t) strlen(pem)) != 0
        || s2n_config_add_cert_chain_and_key_to_store(config, chain) != 0
        || s2n_config_set_cipher_preferences(config, "default_tls13") != 0
        || s2n_config_set_async_pkey_callback(config, queue_job) != 0
        || s2n_config_set_async_pkey_validation_mode(config, S2N_ASYNC_PKEY_VALIDATION_STRICT) != 0) {
        print_error(certificate);
        exit(FAILED);
    }
    free(pem);
}

/* Returns the port, which the system may have chosen. */
static int listen_on(const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t) atoi(port)) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof(address);
    int on = 1;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0
        || bind(listener, (struct sockaddr *) &address, len) != 0 || listen(listener, 64) != 0
        || getsockname(listener, (struct sockaddr *) &address, &len) != 0) {
        fail("listening", strerror(errno));
    }
    return ntohs(address.sin_port);
}

/* In any thread: accept() of the main thread ends. */
static void stop(int signal)
{
    (void) signal;
    stopping = 1;
    shutdown(listener, SHUT_RDWR);
}

static void run_server(const char *port)
{
    /* A client that sends nothing occupies a thread: for this time. */
    struct timeval timeout = { .tv_sec = 30 };
    struct sigaction action = { .sa_handler = stop };
    int number = listen_on(port);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    printf("port: %d\n", number);
    while (!stopping) {
        int *fd = malloc(sizeof(*fd));
        pthread_t thread;
        if (fd == NULL || (*fd = accept(listener, NULL, NULL)) < 0) {
            free(fd); /* stopped, or the client has closed already */
            continue;
        }
        if (setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) != 0
            || setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) != 0
            || pthread_create(&thread, NULL, serve, fd) != 0) {
            close(*fd);
            free(fd);
            continue;
        }
        pthread_detach(thread);
    }
    close(listener);
}

int main(int argc, char **argv)
{
    const char *port = "0";
    int option, is_valid = 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    while ((option = getopt(argc, argv, "p:")) != -1) {
        is_valid = is_valid && option == 'p';
        port = optarg;
    }
    char **arguments = argv + optind;
    if (!is_valid || argc - optind != 5) {
        fprintf(stderr, "usage: pkcs11 [-p PORT] MODULE TOKEN PIN-FILE KEY CERTIFICATE\n");
        return USAGE;
    }
    if (s2n_init() != 0) {
        print_error("s2n_init");
        return FAILED;
    }
    open_token(arguments[0], arguments[1], arguments[2], arguments[3]);
    create_config(arguments[4]);

    pthread_t signer;
    int error = pthread_create(&signer, NULL, perform_jobs, NULL);
    if (error != 0) {
        fail("thread", strerror(error));
    }
    run_server(port);

    pthread_mutex_lock(&queue.lock);
    queue.stopping = 1;
    pthread_cond_signal(&queue.queued);
    pthread_mutex_unlock(&queue.lock);
    pthread_join(signer, NULL);
    token->C_Logout(session);
    token->C_CloseSession(session);
    token->C_Finalize(NULL);
    return 0;
}
