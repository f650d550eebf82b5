/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made from the source by cbindgen; a test compares. Do not edit: run `make header`.
 */

#ifndef S2N_H
#define S2N_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifndef S2N_API
#define S2N_API
#endif

struct s2n_config;
struct s2n_connection;
struct s2n_stacktrace;
struct s2n_cert;
struct s2n_cert_chain_and_key;
struct s2n_pkey;
struct s2n_client_hello;
struct s2n_session_ticket;
struct s2n_psk;
struct s2n_offered_psk;
struct s2n_offered_psk_list;
struct s2n_async_pkey_op;
struct s2n_offered_early_data;

typedef struct s2n_pkey s2n_cert_public_key;
typedef struct s2n_pkey s2n_cert_private_key;

/** Stores at most `len` received bytes, and returns how many: 0 at the end of the stream. */
typedef int s2n_recv_fn(void *io_context, uint8_t *buf, uint32_t len);

/** Takes at most `len` bytes to be sent, and returns how many. */
typedef int s2n_send_fn(void *io_context, const uint8_t *buf, uint32_t len);

/** Looks at a ClientHello before a server answers it. */
typedef int s2n_client_hello_fn(struct s2n_connection *conn, void *ctx);

#ifdef __cplusplus
extern "C" {
#endif

/** The number of this thread's last error. Look at it only after a call that failed. */
S2N_API extern __thread int s2n_errno;

#ifdef __cplusplus
}
#endif


#define S2N_SUCCESS 0

#define S2N_FAILURE -1

#define S2N_CALLBACK_BLOCKED -2

#define S2N_MINIMUM_SUPPORTED_TLS_RECORD_MAJOR_VERSION 2

#define S2N_MAXIMUM_SUPPORTED_TLS_RECORD_MAJOR_VERSION 3

#define S2N_SSLv2 20

#define S2N_SSLv3 30

#define S2N_TLS10 31

#define S2N_TLS11 32

#define S2N_TLS12 33

#define S2N_TLS13 34

#define S2N_UNKNOWN_PROTOCOL_VERSION 0

/**
 * Whether the cryptography is a FIPS 140 module.
 */
typedef enum {
    S2N_FIPS_MODE_DISABLED = 0,
    S2N_FIPS_MODE_ENABLED = 1,
} s2n_fips_mode;

/**
 * Whether certificates of clients are asked for.
 */
typedef enum {
    S2N_CERT_AUTH_NONE = 0,
    S2N_CERT_AUTH_REQUIRED = 1,
    S2N_CERT_AUTH_OPTIONAL = 2,
} s2n_cert_auth_type;

/**
 * Which end of a connection we are.
 */
typedef enum {
    S2N_SERVER = 0,
    S2N_CLIENT = 1,
} s2n_mode;

/**
 * What a call that could not finish is waiting for.
 */
typedef enum {
    S2N_NOT_BLOCKED = 0,
    S2N_BLOCKED_ON_READ = 1,
    S2N_BLOCKED_ON_WRITE = 2,
    S2N_BLOCKED_ON_APPLICATION_INPUT = 3,
    S2N_BLOCKED_ON_EARLY_DATA = 4,
} s2n_blocked_status;

/**
 * How a certificate was found for the name that a client asked for.
 */
typedef enum {
    S2N_SNI_NONE = 1,
    S2N_SNI_EXACT_MATCH = 2,
    S2N_SNI_WILDCARD_MATCH = 3,
    S2N_SNI_NO_MATCH = 4,
} s2n_cert_sni_match;

/**
 * How a handshake was signed.
 */
typedef enum {
    S2N_TLS_SIGNATURE_ANONYMOUS = 0,
    S2N_TLS_SIGNATURE_RSA = 1,
    S2N_TLS_SIGNATURE_ECDSA = 3,
    S2N_TLS_SIGNATURE_MLDSA = 9,
    S2N_TLS_SIGNATURE_RSA_PSS_RSAE = 224,
    S2N_TLS_SIGNATURE_RSA_PSS_PSS = 225,
} s2n_tls_signature_algorithm;

/**
 * The hash of a signature.
 */
typedef enum {
    S2N_TLS_HASH_NONE = 0,
    S2N_TLS_HASH_MD5 = 1,
    S2N_TLS_HASH_SHA1 = 2,
    S2N_TLS_HASH_SHA224 = 3,
    S2N_TLS_HASH_SHA256 = 4,
    S2N_TLS_HASH_SHA384 = 5,
    S2N_TLS_HASH_SHA512 = 6,
    S2N_TLS_HASH_MD5_SHA1 = 224,
} s2n_tls_hash_algorithm;

/**
 * What has become of early data.
 */
typedef enum {
    S2N_EARLY_DATA_STATUS_OK = 0,
    S2N_EARLY_DATA_STATUS_NOT_REQUESTED = 1,
    S2N_EARLY_DATA_STATUS_REJECTED = 2,
    S2N_EARLY_DATA_STATUS_END = 3,
} s2n_early_data_status_t;

/**
 * What a private key is to do.
 */
typedef enum {
    S2N_ASYNC_DECRYPT = 0,
    S2N_ASYNC_SIGN = 1,
} s2n_async_pkey_op_type;

/**
 * The class of an error: what a program has to decide on.
 */
typedef enum {
    S2N_ERR_T_OK = 0,
    S2N_ERR_T_IO = 1,
    S2N_ERR_T_CLOSED = 2,
    S2N_ERR_T_BLOCKED = 3,
    S2N_ERR_T_ALERT = 4,
    S2N_ERR_T_PROTO = 5,
    S2N_ERR_T_INTERNAL = 6,
    S2N_ERR_T_USAGE = 7,
} s2n_error_type;

/**
 * Extensions whose bytes the API gives (RFC 8446, 4.2).
 */
typedef enum {
    S2N_EXTENSION_SERVER_NAME = 0,
    S2N_EXTENSION_MAX_FRAG_LEN = 1,
    S2N_EXTENSION_OCSP_STAPLING = 5,
    S2N_EXTENSION_SUPPORTED_GROUPS = 10,
    S2N_EXTENSION_EC_POINT_FORMATS = 11,
    S2N_EXTENSION_SIGNATURE_ALGORITHMS = 13,
    S2N_EXTENSION_ALPN = 16,
    S2N_EXTENSION_CERTIFICATE_TRANSPARENCY = 18,
    S2N_EXTENSION_SUPPORTED_VERSIONS = 43,
    S2N_EXTENSION_RENEGOTIATION_INFO = 65281,
} s2n_tls_extension_type;

/**
 * The maximum fragment lengths that can be negotiated (RFC 6066, 4).
 */
typedef enum {
    S2N_TLS_MAX_FRAG_LEN_512 = 1,
    S2N_TLS_MAX_FRAG_LEN_1024 = 2,
    S2N_TLS_MAX_FRAG_LEN_2048 = 3,
    S2N_TLS_MAX_FRAG_LEN_4096 = 4,
} s2n_max_frag_len;

/**
 * Whether a signature is verified before it is sent.
 */
typedef enum {
    S2N_VERIFY_AFTER_SIGN_DISABLED = 0,
    S2N_VERIFY_AFTER_SIGN_ENABLED = 1,
} s2n_verify_after_sign;

/**
 * Whether a client asks for the status of certificates (RFC 6066, 8).
 */
typedef enum {
    S2N_STATUS_REQUEST_NONE = 0,
    S2N_STATUS_REQUEST_OCSP = 1,
} s2n_status_request_type;

/**
 * Whether a client asks for certificate timestamps (RFC 6962).
 */
typedef enum {
    S2N_CT_SUPPORT_NONE = 0,
    S2N_CT_SUPPORT_REQUEST = 1,
} s2n_ct_support_level;

/**
 * Whether the handshake waits for `s2n_client_hello_cb_done()`.
 */
typedef enum {
    S2N_CLIENT_HELLO_CB_BLOCKING = 0,
    S2N_CLIENT_HELLO_CB_NONBLOCKING = 1,
} s2n_client_hello_cb_mode;

/**
 * Whether the peer is asked to change its keys as well.
 */
typedef enum {
    S2N_KEY_UPDATE_NOT_REQUESTED = 0,
    S2N_KEY_UPDATE_REQUESTED = 1,
} s2n_peer_key_update;

/**
 * The hash of a pre-shared key.
 */
typedef enum {
    S2N_PSK_HMAC_SHA256 = 0,
    S2N_PSK_HMAC_SHA384 = 1,
} s2n_psk_hmac;

/**
 * Where the pre-shared keys of a connection come from.
 */
typedef enum {
    S2N_PSK_MODE_RESUMPTION = 0,
    S2N_PSK_MODE_EXTERNAL = 1,
} s2n_psk_mode;

/**
 * Whether the results of private key operations are checked.
 */
typedef enum {
    S2N_ASYNC_PKEY_VALIDATION_FAST = 0,
    S2N_ASYNC_PKEY_VALIDATION_STRICT = 1,
} s2n_async_pkey_validation_mode;

/**
 * The format of a serialized connection.
 */
typedef enum {
    S2N_SERIALIZED_CONN_NONE = 0,
    S2N_SERIALIZED_CONN_V1 = 1,
} s2n_serialization_version;

/**
 * Who waits after an error that the peer caused.
 */
typedef enum {
    S2N_BUILT_IN_BLINDING = 0,
    S2N_SELF_SERVICE_BLINDING = 1,
} s2n_blinding;

/**
 * What an alert of warning level does before TLS 1.3.
 */
typedef enum {
    S2N_ALERT_FAIL_ON_WARNINGS = 0,
    S2N_ALERT_IGNORE_WARNINGS = 1,
} s2n_alert_behavior;

/**
 * Prepares an allocator.
 */
typedef int (*s2n_mem_init_callback)(void);

/**
 * Ends the use of an allocator.
 */
typedef int (*s2n_mem_cleanup_callback)(void);

/**
 * Allocates memory.
 */
typedef int (*s2n_mem_malloc_callback)(void **ptr, uint32_t requested, uint32_t *allocated);

/**
 * Frees memory.
 */
typedef int (*s2n_mem_free_callback)(void *ptr, uint32_t size);

/**
 * Prepares a random generator.
 */
typedef int (*s2n_rand_init_callback)(void);

/**
 * Ends the use of a random generator.
 */
typedef int (*s2n_rand_cleanup_callback)(void);

/**
 * Fills a buffer with secret random bytes.
 */
typedef int (*s2n_rand_seed_callback)(void *data, uint32_t size);

/**
 * Fills a buffer with public random bytes.
 */
typedef int (*s2n_rand_mix_callback)(void *data, uint32_t size);

/**
 * Chooses between two certificates for the same name.
 */
typedef struct s2n_cert_chain_and_key *(*s2n_cert_tiebreak_callback)(struct s2n_cert_chain_and_key *cert1,
                                                                     struct s2n_cert_chain_and_key *cert2,
                                                                     uint8_t *name,
                                                                     uint32_t name_len);

/**
 * Answers whether a name in the peer's certificate is acceptable: 1 if it is, 0 if not.
 */
typedef uint8_t (*s2n_verify_host_fn)(const char *host_name, size_t host_name_len, void *data);

/**
 * Begins an operation with a private key that is elsewhere.
 */
typedef int (*s2n_async_pkey_fn)(struct s2n_connection *conn, struct s2n_async_pkey_op *op);

/**
 * Takes a line of a key log (RFC 9850).
 */
typedef int (*s2n_key_log_fn)(void *ctx, struct s2n_connection *conn, uint8_t *logline, size_t len);

/**
 * Tells the time, in nanoseconds; 0 for success.
 */
typedef int (*s2n_clock_time_nanoseconds)(void*, uint64_t*);

/**
 * Stores a session in the application's cache.
 */
typedef int (*s2n_cache_store_callback)(struct s2n_connection *conn,
                                        void*,
                                        uint64_t ttl_in_seconds,
                                        const void *key,
                                        uint64_t key_size,
                                        const void *value,
                                        uint64_t value_size);

/**
 * Looks a session up in the application's cache.
 */
typedef int (*s2n_cache_retrieve_callback)(struct s2n_connection *conn,
                                           void*,
                                           const void *key,
                                           uint64_t key_size,
                                           void *value,
                                           uint64_t *value_size);

/**
 * Removes a session from the application's cache.
 */
typedef int (*s2n_cache_delete_callback)(struct s2n_connection *conn,
                                         void*,
                                         const void *key,
                                         uint64_t key_size);

/**
 * Takes a ticket that a server sent.
 */
typedef int (*s2n_session_ticket_fn)(struct s2n_connection *conn,
                                     void *ctx,
                                     struct s2n_session_ticket *ticket);

/**
 * Chooses one of the pre-shared keys that a client offers.
 */
typedef int (*s2n_psk_selection_callback)(struct s2n_connection *conn,
                                          void *context,
                                          struct s2n_offered_psk_list *psk_list);

/**
 * Decides about the early data that a client offers.
 */
typedef int (*s2n_early_data_cb)(struct s2n_connection *conn,
                                 struct s2n_offered_early_data *early_data);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Makes the library ready. Call it once, before any other function that makes an object.
 *
 * @returns 0, or -1 with `S2N_ERR_INITIALIZED` if it was called before without
 * `s2n_cleanup_final()` since, `S2N_ERR_RANDOM` if the system gives no entropy, `S2N_ERR_ALLOC` if it gives
 * no memory, or `S2N_ERR_CANCELLED` if a callback of `s2n_mem_set_callbacks()` refuses
 */
S2N_API extern
int s2n_init(void);

/**
 * Does nothing: a thread holds no resources of the library.
 *
 * @returns 0
 */
S2N_API extern int s2n_cleanup(void);

/**
 * Ends the use of the library, and gives up what it keeps, such as the system's certificates. Objects that
 * still live stay valid; `s2n_init()` may be called again.
 *
 * @returns 0, or -1 with `S2N_ERR_NOT_INITIALIZED` if the library was not initialized, or
 * `S2N_ERR_ATEXIT` if a callback of `s2n_mem_set_callbacks()` refuses
 */
S2N_API extern
int s2n_cleanup_final(void);

/**
 * Keeps `s2n_init()` from installing an exit handler. None is installed, so this only checks
 * that it is called in time.
 *
 * @returns 0, or -1 with `S2N_ERR_INITIALIZED` after `s2n_init()`
 */
S2N_API extern int s2n_disable_atexit(void);

/**
 * Keeps `s2n_init()` from initializing the cryptography. It needs none, so this only checks that it is
 * called in time.
 *
 * @returns 0, or -1 with `S2N_ERR_INITIALIZED` after `s2n_init()`
 */
S2N_API extern
int s2n_crypto_disable_init(void);

/**
 * Sets where the library gets its memory, in place of `malloc()`. Call it before any other function of
 * the library, and before `s2n_init()`, which begins to use the callbacks.
 *
 * Any thread may call them. What the callback refuses to give, or gives too little of, is refused: calls
 * that need memory fail with `S2N_ERR_ALLOC`. Memory of AWS-LC, which does the cryptography, still comes
 * from `malloc()`, and so does what the library keeps for the life of the process; `s2n_cleanup_final()` gives
 * back all else. Of an object that still lives then, nothing is given back to the callbacks any more. Memory
 * is neither locked nor kept out of core dumps.
 *
 * @param mem_init_callback Called by `s2n_init()`, which fails if this gives less than 0
 * @param mem_cleanup_callback Called by `s2n_cleanup_final()`, which fails if this gives less than 0
 * @param mem_malloc_callback Sets a pointer to at least so many bytes, of whatever alignment, and their
 * number; gives less than 0 if it cannot
 * @param mem_free_callback Takes memory back, with the number that came with it
 * @returns 0; or -1 with `S2N_ERR_INITIALIZED` after `s2n_init()`, or if the library has used memory
 * before; or with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_mem_set_callbacks(s2n_mem_init_callback mem_init_callback,
                          s2n_mem_cleanup_callback mem_cleanup_callback,
                          s2n_mem_malloc_callback mem_malloc_callback,
                          s2n_mem_free_callback mem_free_callback);

/**
 * Does nothing, as in s2n-tls: random bytes come from AWS-LC, which gets them from the system.
 *
 * @param rand_init_callback Not called
 * @param rand_cleanup_callback Not called
 * @param rand_seed_callback Not called
 * @param rand_mix_callback Not called
 * @returns 0
 */
S2N_API extern
int s2n_rand_set_callbacks(s2n_rand_init_callback rand_init_callback,
                           s2n_rand_cleanup_callback rand_cleanup_callback,
                           s2n_rand_seed_callback rand_seed_callback,
                           s2n_rand_mix_callback rand_mix_callback);

/**
 * Gives the version of OpenSSL's API that the cryptography has.
 *
 * @returns AWS-LC's answer: 1.1.1
 */
S2N_API extern unsigned long s2n_get_openssl_version(void);

/**
 * Tells whether the cryptography is a FIPS 140 module. It is not.
 *
 * @param fips_mode Set to `S2N_FIPS_MODE_DISABLED`
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_NOT_INITIALIZED` before `s2n_init()`
 */
S2N_API extern int s2n_get_fips_mode(s2n_fips_mode *fips_mode);

/**
 * Gives the address of the calling thread's `s2n_errno`.
 *
 * @returns a pointer that is valid in this thread, as long as the thread runs
 */
S2N_API extern int *s2n_errno_location(void);

/**
 * Gives the class of an error: what a program has to decide on.
 *
 * @param error A value of `s2n_errno`
 * @returns a member of `s2n_error_type`; no number is refused
 */
S2N_API extern int s2n_error_get_type(int error);

/**
 * Says what an error means.
 *
 * @param error A value of `s2n_errno`
 * @param lang "EN" in any case, or NULL for English; there is no other language
 * @returns a static string; a fixed text for an unknown number or language
 */
S2N_API extern const char *s2n_strerror(int error, const char *lang);

/**
 * Says which error this thread met last, and where in the library it was raised.
 *
 * @param error A value of `s2n_errno`; only "no error" is told apart from the others
 * @param lang "EN" in any case, or NULL for English
 * @returns the error's name, then "Error encountered in" and the file and line; valid in this thread
 * until its next failed call
 */
S2N_API extern
const char *s2n_strerror_debug(int error,
                               const char *lang);

/**
 * Gives the name of an error, such as "S2N_ERR_NULL".
 *
 * @param error A value of `s2n_errno`
 * @returns a static string; "Internal s2n error" for an unknown number
 */
S2N_API extern const char *s2n_strerror_name(int error);

/**
 * Says where in the library this thread's last error was raised.
 *
 * @param error A value of `s2n_errno`; only "no error" is told apart from the others
 * @returns file and line, such as "io.rs:120"; valid in this thread until its next failed call
 */
S2N_API extern const char *s2n_strerror_source(int error);

/**
 * Tells whether errors record a stack trace.
 *
 * @returns what `s2n_stack_traces_enabled_set()` set last, or whether `S2N_PRINT_STACKTRACE` was in the
 * environment of `s2n_init()`
 */
S2N_API extern
bool s2n_stack_traces_enabled(void);

/**
 * Sets whether errors record a stack trace, in all threads. That takes microseconds for each error,
 * "blocked" ones too.
 *
 * @param newval Whether they do
 * @returns 0
 */
S2N_API extern int s2n_stack_traces_enabled_set(bool newval);

/**
 * Records a stack trace, as an error does, if that is enabled.
 *
 * @returns 0
 */
S2N_API extern int s2n_calculate_stacktrace(void);

/**
 * Prints the stack trace of this thread's last error; or how to get one, if that is not enabled.
 *
 * @param fptr A stream to write to
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_IO` if nothing can be written there
 */
S2N_API extern int s2n_print_stacktrace(FILE *fptr);

/**
 * Forgets this thread's stack trace, and what `s2n_get_stacktrace()` gave of it.
 *
 * @returns 0
 */
S2N_API extern int s2n_free_stacktrace(void);

/**
 * Gives the stack trace of this thread's last error: for each caller, from the innermost one on, a line
 * with its name and, where known, its place in the source.
 *
 * @param trace Set to a list of strings and its length, both 0 if there is no trace. The strings are
 * valid in this thread until the next call of this function or `s2n_free_stacktrace()`.
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_get_stacktrace(struct s2n_stacktrace *trace);

/**
 * Makes a config with the "default" security policy that trusts the operating system's roots.
 *
 * @returns a config, to be freed with `s2n_config_free()`; or NULL with
 * `S2N_ERR_NOT_INITIALIZED`
 */
S2N_API extern struct s2n_config *s2n_config_new(void);

/**
 * Makes a config with the "default" security policy that trusts nobody.
 *
 * @returns a config, to be freed with `s2n_config_free()`; or NULL with
 * `S2N_ERR_NOT_INITIALIZED`
 */
S2N_API extern struct s2n_config *s2n_config_new_minimal(void);

/**
 * Frees a config. Connections that use it go on using it.
 *
 * @param config A config; not to be used again
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_free(struct s2n_config *config);

/**
 * Keeps a pointer for the application.
 *
 * @param config A config
 * @param ctx Any pointer; never followed
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_set_ctx(struct s2n_config *config, void *ctx);

/**
 * Gives the pointer that `s2n_config_set_ctx()` kept.
 *
 * @param config A config
 * @param ctx Set to the pointer, NULL if none was kept
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_get_ctx(struct s2n_config *config, void **ctx);

/**
 * Chooses the security policy: versions, cipher suites, groups and signature schemes, in order.
 *
 * @param config A config
 * @param version The name of a policy, such as "default_tls13"
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_SECURITY_POLICY`,
 * `S2N_ERR_DEPRECATED_SECURITY_POLICY`, `S2N_ERR_CIPHER_NOT_SUPPORTED` if nothing of the policy is
 * supported, or `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the policy has rules that a certificate
 * of the config breaks; the old policy stays then
 */
S2N_API extern
int s2n_config_set_cipher_preferences(struct s2n_config *config,
                                      const char *version);

/**
 * Stores the numbers of the groups that the config's security policy offers (RFC 8446, 4.2.7), the most
 * preferred first.
 *
 * @param config A config
 * @param groups Where the numbers go
 * @param groups_count_max Room, as a count of numbers
 * @param groups_count Set to how many were stored; 0 on failure
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INSUFFICIENT_MEM_SIZE`
 */
S2N_API extern
int s2n_config_get_supported_groups(struct s2n_config *config,
                                    uint16_t *groups,
                                    uint16_t groups_count_max,
                                    uint16_t *groups_count);

/**
 * Servers: checks parameters of finite-field Diffie-Hellman. They have no effect: only suites that no policy
 * offers here, whatever it names, would use them.
 *
 * @param config A config
 * @param dhparams_pem Parameters in PEM, `DH PARAMETERS`
 * @returns 0; or -1 with `S2N_ERR_NULL`, also for a content that is no parameters, `S2N_ERR_INVALID_PEM`,
 * `S2N_ERR_DH_PARAMS_CREATE` if the prime is shorter than 256 bytes, `S2N_ERR_INVALID_PKCS3` if there is more
 * behind the parameters, `S2N_ERR_DH_PARAMETER_CHECK` if the prime is no safe prime
 */
S2N_API extern
int s2n_config_add_dhparams(struct s2n_config *config,
                            const char *dhparams_pem);

/**
 * Frees what `s2n_config_add_dhparams()` added: nothing, since it only checks.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_free_dhparams(struct s2n_config *config);

/**
 * Adds a protocol to the end of the list that is offered or accepted by ALPN (RFC 7301).
 *
 * @param config A config
 * @param protocol The name; copied
 * @param protocol_len Its length in bytes, not 0
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_APPLICATION_PROTOCOL`
 */
S2N_API extern
int s2n_config_append_protocol_preference(struct s2n_config *config,
                                          const uint8_t *protocol,
                                          uint8_t protocol_len);

/**
 * Sets the list of protocols that are offered or accepted by ALPN (RFC 7301), most preferred first.
 *
 * @param config A config
 * @param protocols Names; copied. NULL clears the list.
 * @param protocol_count Number of names; 0 clears the list
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_APPLICATION_PROTOCOL`; the old list stays then
 */
S2N_API extern
int s2n_config_set_protocol_preferences(struct s2n_config *config,
                                        const char *const *protocols,
                                        int protocol_count);

/**
 * Sets the one certificate chain of a config, which owns it. Superseded by
 * `s2n_config_add_cert_chain_and_key_to_store()`.
 *
 * @param config A config
 * @param cert_chain_pem Certificates in PEM, the leaf first; copied
 * @param private_key_pem The leaf's private key in PEM: PKCS#8, PKCS#1 or SEC1, not encrypted; copied
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
 * `S2N_ERR_DECODE_CERTIFICATE`, `S2N_ERR_DECODE_PRIVATE_KEY`, `S2N_ERR_KEY_MISMATCH`,
 * `S2N_ERR_CERT_OWNERSHIP` if there is a chain already, or
 * `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the chain breaks rules of the policy
 */
S2N_API extern
int s2n_config_add_cert_chain_and_key(struct s2n_config *config,
                                      const char *cert_chain_pem,
                                      const char *private_key_pem);

/**
 * Sets the one certificate chain of a config, which owns it; its private key is elsewhere.
 *
 * @param config A config
 * @param cert_chain_pem Certificates in PEM, the leaf first; copied
 * @param cert_chain_pem_size Their length in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
 * `S2N_ERR_DECODE_CERTIFICATE`, `S2N_ERR_CERT_OWNERSHIP` if there is a chain already, or
 * `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the chain breaks rules of the policy
 */
S2N_API extern
int s2n_config_add_cert_chain(struct s2n_config *config,
                              uint8_t *cert_chain_pem,
                              uint32_t cert_chain_pem_size);

/**
 * Frees the chain that `s2n_config_add_cert_chain_and_key()` made; others are the application's.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_free_cert_chain_and_key(struct s2n_config *config);

/**
 * Adds a certificate chain that a server may choose, or that a client shows when it is asked.
 *
 * A server looks for the name that the client asked for, then for the name's wildcard, among the DNS
 * names of all chains (or the common names of those that have no DNS names), and falls back to the
 * defaults. Among what it finds the type of key decides: the policy's first cipher suite or
 * signature scheme that the client can use with one of them.
 *
 * @param config A config
 * @param cert_key_pair A loaded chain; it stays the caller's, who may free it while configs use it
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CERT_TYPE_UNSUPPORTED` if nothing was loaded,
 * `S2N_ERR_CERT_OWNERSHIP` after `s2n_config_add_cert_chain_and_key()`,
 * `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the chain breaks rules of the policy
 */
S2N_API extern
int s2n_config_add_cert_chain_and_key_to_store(struct s2n_config *config,
                                               struct s2n_cert_chain_and_key *cert_key_pair);

/**
 * Sets which chains a server shows to clients that ask for no name that it has. Otherwise these are the
 * chains that were added first, for each type of key.
 *
 * @param config A config
 * @param cert_key_pairs Loaded chains, at most one for each type of key; they stay the caller's
 * @param num_cert_key_pairs Their number
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NUM_DEFAULT_CERTIFICATES` for none or too many,
 * `S2N_ERR_MULTIPLE_DEFAULT_CERTIFICATES_PER_AUTH_TYPE`, `S2N_ERR_CERT_TYPE_UNSUPPORTED` if one has
 * nothing loaded, `S2N_ERR_CERT_OWNERSHIP` after `s2n_config_add_cert_chain_and_key()`
 */
S2N_API extern
int s2n_config_set_cert_chain_and_key_defaults(struct s2n_config *config,
                                               struct s2n_cert_chain_and_key **cert_key_pairs,
                                               uint32_t num_cert_key_pairs);

/**
 * Sets a callback that chooses between two chains that have the same name and type of key. Without
 * one the first that was added stays.
 *
 * @param config A config
 * @param cert_tiebreak_cb The callback: gives one of the chains, or NULL to keep the first; NULL for
 * none. It runs when a chain is added.
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_cert_tiebreak_callback(struct s2n_config *config,
                                          s2n_cert_tiebreak_callback cert_tiebreak_cb);

/**
 * Sets what a server says with the chain of `s2n_config_add_cert_chain_and_key()`. Superseded by
 * `s2n_cert_chain_and_key_set_ocsp_data()`.
 *
 * @param config A config
 * @param type `S2N_EXTENSION_OCSP_STAPLING`, with an OCSP response in DER; or
 * `S2N_EXTENSION_CERTIFICATE_TRANSPARENCY`, which cannot be sent
 * @param data The bytes; copied. NULL for none
 * @param length Their number
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_UPDATING_EXTENSION` if there is no chain,
 * `S2N_ERR_CERT_OWNERSHIP` if it is the application's, `S2N_ERR_UNRECOGNIZED_EXTENSION`,
 * `S2N_ERR_UNIMPLEMENTED`
 */
S2N_API extern
int s2n_config_set_extension_data(struct s2n_config *config,
                                  s2n_tls_extension_type type,
                                  const uint8_t *data,
                                  uint32_t length);

/**
 * Trusts the certificates of a PEM file, and those of all files of a directory.
 *
 * @param config A config
 * @param ca_pem_filename A file's path, or NULL
 * @param ca_dir A directory's path, or NULL; files in it that hold no certificate are skipped, and
 * so is a directory that cannot be read
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_X509_TRUST_STORE` if the file cannot be read, or
 * both are NULL; nothing is trusted then that was not before
 */
S2N_API extern
int s2n_config_set_verification_ca_location(struct s2n_config *config,
                                            const char *ca_pem_filename,
                                            const char *ca_dir);

/**
 * Trusts the certificates of a PEM text. A trusted certificate may be a root, an intermediate, or the
 * peer's own.
 *
 * @param config A config
 * @param pem Certificates in PEM; copied
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_PEM`, `S2N_ERR_DECODE_CERTIFICATE`; nothing is
 * trusted then that was not before
 */
S2N_API extern
int s2n_config_add_pem_to_trust_store(struct s2n_config *config,
                                      const char *pem);

/**
 * Trusts nobody any more.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_wipe_trust_store(struct s2n_config *config);

/**
 * Trusts the operating system's roots, as `s2n_config_new()` does.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_X509_TRUST_STORE` if they were loaded before
 */
S2N_API extern int s2n_config_load_system_certs(struct s2n_config *config);

/**
 * Accepts every certificate, and empties the trust store. Whoever is on the way can then read and change
 * everything: for tests.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_disable_x509_verification(struct s2n_config *config);

/**
 * Sets how many certificates a peer may send. 7 unless set.
 *
 * @param config A config
 * @param max_depth A number of certificates, the peer's own included
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT` for 0
 */
S2N_API extern
int s2n_config_set_max_cert_chain_depth(struct s2n_config *config,
                                        uint16_t max_depth);

/**
 * Accepts certificates before and after their time: for devices whose clock is wrong. The certificates
 * of a path must still have been valid at the same time, and OCSP responses are still dated.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_disable_x509_time_verification(struct s2n_config *config);

/**
 * Accepts certificates for any purpose: those of clients from servers, and the other way round.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if `config` is NULL
 */
S2N_API extern int s2n_config_disable_x509_intent_verification(struct s2n_config *config);

/**
 * Sets whether the OCSP response (RFC 6960) that comes with a server's certificate must be good. It must,
 * unless this is turned off; a server need not send one.
 *
 * @param config A config
 * @param check_ocsp 0 for off
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_check_stapled_ocsp_response(struct s2n_config *config,
                                               uint8_t check_ocsp);

/**
 * Sets whether clients ask for an OCSP response with the server's certificate (RFC 6066, 8).
 * `s2n_config_set_verification_ca_location()` makes them ask as well; `S2N_STATUS_REQUEST_NONE` after
 * it takes that back.
 *
 * @param config A config
 * @param type A member of `s2n_status_request_type`
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_status_request_type(struct s2n_config *config,
                                       s2n_status_request_type type);

/**
 * Would make clients ask for certificate timestamps (RFC 6962); rustls cannot.
 *
 * @param config A config
 * @param level A member of `s2n_ct_support_level`
 * @returns 0 for `S2N_CT_SUPPORT_NONE`; otherwise -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
 */
S2N_API extern
int s2n_config_set_ct_support_level(struct s2n_config *config,
                                    s2n_ct_support_level level);

/**
 * Sets the callback that decides whether a name in the peer's certificate is acceptable. Without one the
 * names are compared with the server name of the connection, on either side: what
 * `s2n_set_server_name()` set, or the client asked for.
 *
 * The callback is asked about the alternative names (DNS names, URIs and IP addresses as text), or, if
 * there are none, about the common name, until it accepts one.
 *
 * @param config A config
 * @param host_fn The callback: 1 accepts a name, 0 does not. NULL restores the built-in check.
 * @param data Handed to the callback as it is; stays the caller's
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_verify_host_callback(struct s2n_config *config,
                                        s2n_verify_host_fn host_fn,
                                        void *data);

/**
 * Sets whether certificates of clients are asked for.
 *
 * @param config A config
 * @param client_auth_type A member of `s2n_cert_auth_type`
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
 */
S2N_API extern
int s2n_config_set_client_auth_type(struct s2n_config *config,
                                    s2n_cert_auth_type client_auth_type);

/**
 * Says whether certificates of clients are asked for.
 *
 * @param config A config
 * @param client_auth_type Set to what was set, or to `S2N_CERT_AUTH_NONE`
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_get_client_auth_type(struct s2n_config *config,
                                    s2n_cert_auth_type *client_auth_type);

/**
 * Makes servers name those whom the config trusts when they ask for a certificate (RFC 8446, 4.2.4).
 * What is trusted later is not named.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if it trusts the operating system's
 * roots, `S2N_ERR_TOO_MANY_CAS` if their names are longer than 10,000 bytes
 */
S2N_API extern
int s2n_config_set_cert_authorities_from_trust_store(struct s2n_config *config);

/**
 * Servers: would ask for DSS certificates, too, in TLS 1.2, for clients that answer nothing else. None
 * could be accepted; what a server asks for cannot be changed here.
 *
 * @param config A config
 * @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
 */
S2N_API extern
int s2n_config_enable_cert_req_dss_legacy_compat(struct s2n_config *config);

/**
 * Sets a callback that a server calls when a ClientHello has come, before it is answered: before
 * version, cipher suite and certificate are chosen.
 *
 * The callback may look at the message with `s2n_connection_get_client_hello()`, and may give the
 * connection another config with `s2n_connection_set_config()`. It is called once for each
 * connection, within `s2n_negotiate()`; not for the second ClientHello that follows a
 * HelloRetryRequest. If it returns less than 0, the handshake fails with `S2N_ERR_CANCELLED`. What 0
 * and more mean depends on the mode: see `s2n_config_set_client_hello_cb_mode()`.
 *
 * @param config A config
 * @param client_hello_callback The callback; NULL for none
 * @param ctx Handed to the callback as it is; stays the caller's
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_client_hello_cb(struct s2n_config *config,
                                   int (*client_hello_callback)(struct s2n_connection *conn,
                                                                void *ctx),
                                   void *ctx);

/**
 * Sets what happens when the ClientHello callback has returned.
 *
 * @param config A config
 * @param cb_mode `S2N_CLIENT_HELLO_CB_BLOCKING`, the default: the handshake goes on.
 * `S2N_CLIENT_HELLO_CB_NONBLOCKING`: it waits until `s2n_client_hello_cb_done()` is called, in the
 * callback or later; `s2n_negotiate()` then fails with `S2N_ERR_ASYNC_BLOCKED` and
 * `S2N_BLOCKED_ON_APPLICATION_INPUT`.
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_STATE` for another mode
 */
S2N_API extern
int s2n_config_set_client_hello_cb_mode(struct s2n_config *config,
                                        s2n_client_hello_cb_mode cb_mode);

/**
 * Sets a callback that is called whenever a handshake needs a private key: once, for a server, and for
 * a client that shows a certificate. With a callback, chains need no private key.
 *
 * The callback gets an operation, which it owns and must free with `s2n_async_pkey_op_free()`, whatever
 * it returns. It signs, in the callback or later, in any thread: with `s2n_async_pkey_op_perform()`, or
 * with `s2n_async_pkey_op_get_input()` and `s2n_async_pkey_op_set_output()`. Then
 * `s2n_async_pkey_op_apply()` gives the signature to the connection. Until then `s2n_negotiate()` fails
 * with `S2N_ERR_ASYNC_BLOCKED` and `S2N_BLOCKED_ON_APPLICATION_INPUT`. The callback returns 0; else the
 * handshake fails with `S2N_ERR_ASYNC_CALLBACK_FAILED`.
 *
 * @param config A config; connections that begin their handshake later use the callback
 * @param fn The callback; NULL for none
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_async_pkey_callback(struct s2n_config *config,
                                       s2n_async_pkey_fn fn);

/**
 * Sets whether `s2n_async_pkey_op_apply()` verifies signatures with the certificate's public key.
 *
 * @param config A config
 * @param mode `S2N_ASYNC_PKEY_VALIDATION_FAST`, the default, does not;
 * `S2N_ASYNC_PKEY_VALIDATION_STRICT` does
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
 */
S2N_API extern
int s2n_config_set_async_pkey_validation_mode(struct s2n_config *config,
                                              s2n_async_pkey_validation_mode mode);

/**
 * Sets whether signatures are verified before they are sent, wherever they were made: a fault of the
 * computation could give the private key away. If one is wrong, the handshake fails with
 * `S2N_ERR_VERIFY_SIGNATURE`, and so does `s2n_async_pkey_op_apply()`.
 *
 * @param config A config
 * @param mode `S2N_VERIFY_AFTER_SIGN_DISABLED`, the default, or `S2N_VERIFY_AFTER_SIGN_ENABLED`
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
 */
S2N_API extern
int s2n_config_set_verify_after_sign(struct s2n_config *config,
                                     s2n_verify_after_sign mode);

/**
 * Sets a callback that is told the secrets of each handshake, in the format that protocol analysers
 * read (RFC 9850). Whoever knows them can read all traffic: for debugging only.
 *
 * The callback gets one line a time, without its end, and must not keep the pointer. What it returns
 * is not looked at. It runs within `s2n_negotiate()`.
 *
 * @param config A config; connections that begin their handshake later use the callback
 * @param callback The callback; NULL for none
 * @param ctx Handed to the callback as it is; stays the caller's
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_key_log_cb(struct s2n_config *config,
                              s2n_key_log_fn callback,
                              void *ctx);

/**
 * Sets the wall clock, for the validity of certificates: nanoseconds since 1970.
 *
 * @param config A config
 * @param clock_fn The callback; returns 0. If it fails, so does the call that needed the time, with
 * `S2N_ERR_CANCELLED`.
 * @param ctx Handed to the callback as it is; stays the caller's
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_wall_clock(struct s2n_config *config,
                              s2n_clock_time_nanoseconds clock_fn,
                              void *ctx);

/**
 * Sets the monotonic clock, for delays and timeouts: nanoseconds since some moment in the past.
 *
 * @param config A config
 * @param clock_fn The callback; returns 0. If it fails, so does the call that needed the time, with
 * `S2N_ERR_CANCELLED`.
 * @param ctx Handed to the callback as it is; stays the caller's
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_monotonic_clock(struct s2n_config *config,
                                   s2n_clock_time_nanoseconds clock_fn,
                                   void *ctx);

/**
 * Lets one `s2n_recv()` return the data of several records.
 *
 * @param config A config
 * @param enabled Whether a call goes on until its room is full or the transport has nothing more
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_set_recv_multi_record(struct s2n_config *config, bool enabled);

/**
 * Collects the records of one `s2n_send()` in a buffer, and writes them together. Connections take the
 * setting over when they are given the config.
 *
 * @param config A config
 * @param size The buffer's size in bytes, at least 1034. Less than the largest record makes records
 * smaller.
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
 */
S2N_API extern
int s2n_config_set_send_buffer_size(struct s2n_config *config,
                                    uint32_t size);

/**
 * Clients: would ask the server for shorter records (RFC 6066, 4). That cannot be negotiated
 * here; `s2n_connection_prefer_low_latency()` shortens what we send.
 *
 * @param config A config
 * @param mfl_code A member of `s2n_max_frag_len`; 0 asks for nothing
 * @returns 0 for 0; otherwise -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_MAX_FRAG_LEN` for an
 * unknown code, `S2N_ERR_UNIMPLEMENTED` for a known one
 */
S2N_API extern
int s2n_config_send_max_fragment_length(struct s2n_config *config,
                                        s2n_max_frag_len mfl_code);

/**
 * Servers: would grant a client shorter records (RFC 6066, 4). That cannot be negotiated here;
 * such requests are ignored, as they are in s2n-tls by default.
 *
 * @param config A config
 * @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
 */
S2N_API extern int s2n_config_accept_max_fragment_length(struct s2n_config *config);

/**
 * Sets what alerts of warning level do before TLS 1.3, where all but two are fatal.
 *
 * @param config A config
 * @param alert_behavior A member of `s2n_alert_behavior`
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
 */
S2N_API extern
int s2n_config_set_alert_behavior(struct s2n_config *config,
                                  s2n_alert_behavior alert_behavior);

/**
 * Sets how long an error that the peer caused is blinded at most; the delay is between a third of this
 * and this.
 *
 * @param config A config
 * @param seconds The longest delay; 0 for none at all, 30 unless set
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_max_blinding_delay(struct s2n_config *config,
                                      uint32_t seconds);

/**
 * Servers: sets what stores a TLS 1.2 session in the application's cache.
 *
 * @param config A config
 * @param cache_store_callback Stores a session
 * @param data Handed to the callback; never followed
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_config_set_cache_store_callback(struct s2n_config *config,
                                        s2n_cache_store_callback cache_store_callback,
                                        void *data);

/**
 * Servers: sets what looks a TLS 1.2 session up in the application's cache.
 *
 * @param config A config
 * @param cache_retrieve_callback Looks a session up
 * @param data Handed to the callback; never followed
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_config_set_cache_retrieve_callback(struct s2n_config *config,
                                           s2n_cache_retrieve_callback cache_retrieve_callback,
                                           void *data);

/**
 * Servers: sets what removes a TLS 1.2 session from the application's cache.
 *
 * @param config A config
 * @param cache_delete_callback Removes a session
 * @param data Handed to the callback; never followed
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_config_set_cache_delete_callback(struct s2n_config *config,
                                         s2n_cache_delete_callback cache_delete_callback,
                                         void *data);

/**
 * Servers: turns the cache of TLS 1.2 sessions on or off. It is off.
 *
 * @param config A config
 * @param enabled 0 for off
 * @returns 0 for off; otherwise -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not
 * there yet
 */
S2N_API extern int s2n_config_set_session_cache_onoff(struct s2n_config *config, uint8_t enabled);

/**
 * Sets how long a session can be resumed.
 *
 * @param config A config
 * @param lifetime_in_secs Seconds
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_config_set_session_state_lifetime(struct s2n_config *config,
                                          uint64_t lifetime_in_secs);

/**
 * Turns session tickets on or off. They are off: a server sends none, and a client does not keep
 * those that it gets.
 *
 * @param config A config
 * @param enabled 0 for off
 * @returns 0 for off; otherwise -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not
 * there yet
 */
S2N_API extern int s2n_config_set_session_tickets_onoff(struct s2n_config *config, uint8_t enabled);

/**
 * Servers: sets for how long a key encrypts tickets.
 *
 * @param config A config
 * @param lifetime_in_secs Seconds
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_config_set_ticket_encrypt_decrypt_key_lifetime(struct s2n_config *config,
                                                       uint64_t lifetime_in_secs);

/**
 * Servers: sets for how long a key that encrypts no more still decrypts tickets.
 *
 * @param config A config
 * @param lifetime_in_secs Seconds
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_config_set_ticket_decrypt_key_lifetime(struct s2n_config *config,
                                               uint64_t lifetime_in_secs);

/**
 * Servers: adds a key for tickets.
 *
 * @param config A config
 * @param name The name of the key, which is sent in the clear; copied
 * @param name_len Its length in bytes, at most 16
 * @param key Secret bytes from which the key is derived; copied
 * @param key_len Their length in bytes
 * @param intro_time_in_seconds_from_epoch From when the key counts, in seconds since 1970; 0 for
 * now
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_config_add_ticket_crypto_key(struct s2n_config *config,
                                     const uint8_t *name,
                                     uint32_t name_len,
                                     uint8_t *key,
                                     uint32_t key_len,
                                     uint64_t intro_time_in_seconds_from_epoch);

/**
 * Servers: sets whether only sessions with forward secrecy are resumed in TLS 1.2.
 *
 * @param config A config
 * @param enabled Whether they must have it
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_config_require_ticket_forward_secrecy(struct s2n_config *config,
                                              bool enabled);

/**
 * Servers: sets how many tickets follow a TLS 1.3 handshake, and turns tickets on.
 *
 * @param config A config
 * @param num A number of tickets
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern int s2n_config_set_initial_ticket_count(struct s2n_config *config, uint8_t num);

/**
 * Clients: sets who is told of a ticket that came.
 *
 * @param config A config
 * @param callback Gets the ticket, which lives as long as the call
 * @param ctx Handed to the callback; never followed
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_config_set_session_ticket_cb(struct s2n_config *config,
                                     s2n_session_ticket_fn callback,
                                     void *ctx);

/**
 * Sets what pre-shared keys are for: resumption or keys of the application's.
 *
 * @param config A config
 * @param mode A member of `s2n_psk_mode`
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern int s2n_config_set_psk_mode(struct s2n_config *config, s2n_psk_mode mode);

/**
 * Servers: sets who chooses among the keys that a client offers.
 *
 * @param config A config
 * @param cb Chooses
 * @param context Handed to the callback; never followed
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_config_set_psk_selection_callback(struct s2n_config *config,
                                          s2n_psk_selection_callback cb,
                                          void *context);

/**
 * Servers: sets how much early data is accepted. It is none.
 *
 * @param config A config
 * @param max_early_data_size Bytes
 * @returns 0 for none; otherwise -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not
 * there yet
 */
S2N_API extern
int s2n_config_set_server_max_early_data_size(struct s2n_config *config,
                                              uint32_t max_early_data_size);

/**
 * Servers: sets who decides about early data.
 *
 * @param config A config
 * @param cb Decides
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern int s2n_config_set_early_data_cb(struct s2n_config *config, s2n_early_data_cb cb);

/**
 * Allows connections to be serialized, and sets the format.
 *
 * @param config A config
 * @param version A member of `s2n_serialization_version`
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_config_set_serialization_version(struct s2n_config *config,
                                         s2n_serialization_version version);

/**
 * Makes an empty chain, to be loaded.
 *
 * @returns a chain, to be freed with `s2n_cert_chain_and_key_free()`; or NULL with
 * `S2N_ERR_NOT_INITIALIZED`
 */
S2N_API extern struct s2n_cert_chain_and_key *s2n_cert_chain_and_key_new(void);

/**
 * Frees a chain. Configs that use it go on using it.
 *
 * @param cert_and_key A chain, not to be used again; NULL is fine
 * @returns 0
 */
S2N_API extern int s2n_cert_chain_and_key_free(struct s2n_cert_chain_and_key *cert_and_key);

/**
 * Loads a chain and its key. Configs that have the chain use what it held when they were frozen.
 *
 * @param chain_and_key A chain
 * @param chain_pem Certificates in PEM, the leaf first; copied
 * @param private_key_pem The leaf's private key in PEM: PKCS#8, PKCS#1 or SEC1, not encrypted; copied
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
 * `S2N_ERR_DECODE_CERTIFICATE`, `S2N_ERR_DECODE_PRIVATE_KEY`, `S2N_ERR_KEY_MISMATCH`
 */
S2N_API extern
int s2n_cert_chain_and_key_load_pem(struct s2n_cert_chain_and_key *chain_and_key,
                                    const char *chain_pem,
                                    const char *private_key_pem);

/**
 * Loads a chain and its key, which need no NUL at the end.
 *
 * @param chain_and_key A chain
 * @param chain_pem Certificates in PEM, the leaf first; copied
 * @param chain_pem_len Their length in bytes
 * @param private_key_pem The leaf's private key in PEM: PKCS#8, PKCS#1 or SEC1, not encrypted; copied
 * @param private_key_pem_len Its length in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
 * `S2N_ERR_DECODE_CERTIFICATE`, `S2N_ERR_DECODE_PRIVATE_KEY`, `S2N_ERR_KEY_MISMATCH`
 */
S2N_API extern
int s2n_cert_chain_and_key_load_pem_bytes(struct s2n_cert_chain_and_key *chain_and_key,
                                          uint8_t *chain_pem,
                                          uint32_t chain_pem_len,
                                          uint8_t *private_key_pem,
                                          uint32_t private_key_pem_len);

/**
 * Loads a chain without its key, for a private key that is elsewhere.
 *
 * @param chain_and_key A chain
 * @param chain_pem Certificates in PEM, the leaf first; copied
 * @param chain_pem_len Their length in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
 * `S2N_ERR_DECODE_CERTIFICATE`
 */
S2N_API extern
int s2n_cert_chain_and_key_load_public_pem_bytes(struct s2n_cert_chain_and_key *chain_and_key,
                                                 uint8_t *chain_pem,
                                                 uint32_t chain_pem_len);

/**
 * Keeps a pointer for the application.
 *
 * @param cert_and_key A chain
 * @param ctx Any pointer; never followed
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_cert_chain_and_key_set_ctx(struct s2n_cert_chain_and_key *cert_and_key,
                                   void *ctx);

/**
 * Gives the pointer that `s2n_cert_chain_and_key_set_ctx()` kept.
 *
 * @param cert_and_key A chain
 * @returns the pointer, NULL if none was kept; NULL with `S2N_ERR_NULL` if `cert_and_key` is NULL
 */
S2N_API extern void *s2n_cert_chain_and_key_get_ctx(struct s2n_cert_chain_and_key *cert_and_key);

/**
 * Sets the OCSP response (RFC 6960) about the leaf, which a server shows to clients that ask for one
 * (RFC 6066, 8).
 *
 * @param chain_and_key A chain
 * @param data The response in DER; copied. NULL for none
 * @param length Its length in bytes; 0 for none
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_cert_chain_and_key_set_ocsp_data(struct s2n_cert_chain_and_key *chain_and_key,
                                         const uint8_t *data,
                                         uint32_t length);

/**
 * Would set the certificate timestamps (RFC 6962) that a server shows; rustls cannot send them.
 *
 * @param chain_and_key A chain
 * @param data The list of timestamps; NULL for none
 * @param length Its length in bytes; 0 for none
 * @returns 0 for none; otherwise -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
 */
S2N_API extern
int s2n_cert_chain_and_key_set_sct_list(struct s2n_cert_chain_and_key *chain_and_key,
                                        const uint8_t *data,
                                        uint32_t length);

/**
 * Gives the private key of a chain, for `s2n_async_pkey_op_perform()`. It belongs to the chain, and is
 * valid until that is freed.
 *
 * @param cert_and_key A chain
 * @returns the key, also of a chain that has none, with which nothing can be performed; NULL with
 * `S2N_ERR_NULL`
 */
S2N_API extern
s2n_cert_private_key *s2n_cert_chain_and_key_get_private_key(struct s2n_cert_chain_and_key *cert_and_key);

/**
 * Counts the certificates of a chain.
 *
 * @param chain_and_key A chain
 * @param cert_length Set to their number
 * @returns 0, or -1 with `S2N_ERR_NULL`, also if the chain is empty
 */
S2N_API extern
int s2n_cert_chain_get_length(const struct s2n_cert_chain_and_key *chain_and_key,
                              uint32_t *cert_length);

/**
 * Gives a certificate of a chain. It belongs to the chain, and lives as long.
 *
 * @param chain_and_key A chain
 * @param out_cert Set to the certificate
 * @param cert_idx Its place, 0 for the leaf
 * @returns 0, or -1 with `S2N_ERR_NULL`, also if the chain is empty, or `S2N_ERR_NO_CERT_FOUND` behind
 * its end
 */
S2N_API extern
int s2n_cert_chain_get_cert(const struct s2n_cert_chain_and_key *chain_and_key,
                            struct s2n_cert **out_cert,
                            uint32_t cert_idx);

/**
 * Gives the bytes of a certificate (DER). They belong to its chain.
 *
 * @param cert A certificate
 * @param out_cert_der Set to the bytes
 * @param cert_length Set to their number
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_cert_get_der(const struct s2n_cert *cert,
                     const uint8_t **out_cert_der,
                     uint32_t *cert_length);

/**
 * Gives the length of an extension's value (RFC 5280, 4.2).
 *
 * @param cert A certificate
 * @param oid The extension's object identifier, a string such as "2.5.29.17"
 * @param ext_value_len Set to the length in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, also for a string that is no identifier,
 * `S2N_ERR_X509_EXTENSION_VALUE_NOT_FOUND`, or `S2N_ERR_SAFETY` if the certificate has no extensions
 */
S2N_API extern
int s2n_cert_get_x509_extension_value_length(struct s2n_cert *cert,
                                             const uint8_t *oid,
                                             uint32_t *ext_value_len);

/**
 * Copies an extension's value (RFC 5280, 4.2), in DER.
 *
 * @param cert A certificate
 * @param oid The extension's object identifier, a string such as "2.5.29.17"
 * @param ext_value Where the bytes go
 * @param ext_value_len Room in bytes; set to the number of bytes copied
 * @param critical Set to whether the extension is critical
 * @returns 0, or -1 with `S2N_ERR_NULL`, also for a string that is no identifier,
 * `S2N_ERR_X509_EXTENSION_VALUE_NOT_FOUND`, `S2N_ERR_INSUFFICIENT_MEM_SIZE`, or `S2N_ERR_SAFETY` if the
 * certificate has no extensions
 */
S2N_API extern
int s2n_cert_get_x509_extension_value(struct s2n_cert *cert,
                                      const uint8_t *oid,
                                      uint8_t *ext_value,
                                      uint32_t *ext_value_len,
                                      bool *critical);

/**
 * Gives the length of the text in an extension's value that is a UTF8String.
 *
 * @param extension_data The value, in DER
 * @param extension_len Its length in bytes
 * @param utf8_str_len Set to the text's length in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_SAFETY` if `extension_len` is 0, or
 * `S2N_ERR_INVALID_X509_EXTENSION_TYPE`
 */
S2N_API extern
int s2n_cert_get_utf8_string_from_extension_data_length(const uint8_t *extension_data,
                                                        uint32_t extension_len,
                                                        uint32_t *utf8_str_len);

/**
 * Copies the text in an extension's value that is a UTF8String. No NUL is added.
 *
 * @param extension_data The value, in DER
 * @param extension_len Its length in bytes
 * @param out_data Where the text goes
 * @param out_len Room in bytes; set to the text's length
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_SAFETY` if `extension_len` is 0,
 * `S2N_ERR_INVALID_X509_EXTENSION_TYPE`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE`
 */
S2N_API extern
int s2n_cert_get_utf8_string_from_extension_data(const uint8_t *extension_data,
                                                 uint32_t extension_len,
                                                 uint8_t *out_data,
                                                 uint32_t *out_len);

/**
 * Makes a connection.
 *
 * @param mode `S2N_SERVER` or `S2N_CLIENT`
 * @returns a connection, to be freed with `s2n_connection_free()`; or NULL with
 * `S2N_ERR_NOT_INITIALIZED`, or `S2N_ERR_INVALID_ARGUMENT` for another mode
 */
S2N_API extern struct s2n_connection *s2n_connection_new(s2n_mode mode);

/**
 * Frees a connection. Descriptors stay open, and nothing is sent: see `s2n_shutdown()`.
 *
 * @param conn A connection; not to be used again. One that is in use by a call further up, whose
 * callback this is, lives until that call returns.
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_free(struct s2n_connection *conn);

/**
 * Makes a connection ready for another peer. It keeps its mode and its config; everything else is as
 * after `s2n_connection_new()`: set the transport, the server name and the rest again.
 *
 * @param conn A connection
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_REENTRANCY` while another call uses it
 */
S2N_API extern
int s2n_connection_wipe(struct s2n_connection *conn);

/**
 * Attaches a config. A change of the config is seen by connections that have not begun their
 * handshake.
 *
 * @param conn A connection
 * @param config A config; it stays the caller's, who may free it while connections use it
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_TOO_MANY_CERTIFICATES` if a client's config has
 * certificates of several key types, `S2N_ERR_NO_PRIVATE_KEY` if a certificate has no key,
 * `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if one breaks rules of the connection's own policy
 */
S2N_API extern
int s2n_connection_set_config(struct s2n_connection *conn,
                              struct s2n_config *config);

/**
 * Keeps a pointer for the application.
 *
 * @param conn A connection
 * @param ctx Any pointer; never followed
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_ctx(struct s2n_connection *conn, void *ctx);

/**
 * Gives the pointer that `s2n_connection_set_ctx()` kept.
 *
 * @param conn A connection
 * @returns the pointer, NULL if none was set; NULL with `S2N_ERR_NULL` if `conn` is NULL
 */
S2N_API extern void *s2n_connection_get_ctx(struct s2n_connection *conn);

/**
 * Says which end of the connection this is.
 *
 * @param conn A connection
 * @returns `S2N_CLIENT` or `S2N_SERVER`; the latter also if `conn` is NULL
 */
S2N_API extern s2n_mode s2n_connection_get_mode(struct s2n_connection *conn);

/**
 * Chooses the security policy of this connection, in place of its config's.
 *
 * @param conn A connection
 * @param version The name of a policy, such as "default_tls13"
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_SECURITY_POLICY`,
 * `S2N_ERR_DEPRECATED_SECURITY_POLICY`, `S2N_ERR_CIPHER_NOT_SUPPORTED` if nothing of the policy is
 * supported, or `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the policy has rules that a certificate
 * of the config breaks; the old policy stays then
 */
S2N_API extern
int s2n_connection_set_cipher_preferences(struct s2n_connection *conn,
                                          const char *version);

/**
 * Says whether a security policy would have allowed the version and the cipher suite that were agreed
 * on. Before the handshake is complete there is no suite, and the answer is 0.
 *
 * @param conn A connection
 * @param version The name of a policy, of which all counts, be it supported or not
 * @returns 1 if it would, 0 if not; or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_SECURITY_POLICY`,
 * `S2N_ERR_DEPRECATED_SECURITY_POLICY`
 */
S2N_API extern
int s2n_connection_is_valid_for_cipher_preferences(struct s2n_connection *conn,
                                                   const char *version);

/**
 * Names the server that a client wants to talk to: for the server_name extension (RFC 6066, 3), and for
 * the verification of its certificate.
 *
 * @param conn A client's connection
 * @param server_name At most 255 bytes; copied
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CLIENT_MODE` on a server,
 * `S2N_ERR_SERVER_NAME_TOO_LONG`
 */
S2N_API extern
int s2n_set_server_name(struct s2n_connection *conn,
                        const char *server_name);

/**
 * Gives the server name: the one that was set on a client, the one that was asked for on a server.
 * What a client asks for is no name if it has more than 255 bytes or a NUL among them;
 * `s2n_client_hello_get_server_name()` gives it all the same.
 *
 * The string belongs to the connection: it is valid until another name is set, or the connection is
 * wiped or freed.
 *
 * @param conn A connection
 * @returns the name; NULL if there is none, with `S2N_ERR_NULL` set if `conn` is NULL
 */
S2N_API extern const char *s2n_get_server_name(struct s2n_connection *conn);

/**
 * Adds a protocol to the list that this connection offers or accepts by ALPN (RFC 7301), in place of
 * its config's list.
 *
 * @param conn A connection
 * @param protocol The name; copied
 * @param protocol_len Its length in bytes, not 0
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_APPLICATION_PROTOCOL`
 */
S2N_API extern
int s2n_connection_append_protocol_preference(struct s2n_connection *conn,
                                              const uint8_t *protocol,
                                              uint8_t protocol_len);

/**
 * Sets the list of protocols that this connection offers or accepts by ALPN (RFC 7301), most preferred
 * first, in place of its config's list.
 *
 * @param conn A connection
 * @param protocols Names; copied. NULL clears the list.
 * @param protocol_count Number of names; 0 clears the list
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_APPLICATION_PROTOCOL`; the old list stays then
 */
S2N_API extern
int s2n_connection_set_protocol_preferences(struct s2n_connection *conn,
                                            const char *const *protocols,
                                            int protocol_count);

/**
 * Sets who is asked whether a name in the peer's certificate is acceptable, in place of the config's
 * callback.
 *
 * @param conn A connection
 * @param host_fn The callback: 1 accepts a name, 0 does not. NULL restores the built-in check.
 * @param data Handed to the callback as it is; stays the caller's
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_set_verify_host_callback(struct s2n_connection *conn,
                                            s2n_verify_host_fn host_fn,
                                            void *data);

/**
 * Sets whether certificates of clients are asked for, in place of the config's setting.
 *
 * @param conn A connection
 * @param client_auth_type A member of `s2n_cert_auth_type`
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
 */
S2N_API extern
int s2n_connection_set_client_auth_type(struct s2n_connection *conn,
                                        s2n_cert_auth_type client_auth_type);

/**
 * Says whether certificates of clients are asked for on this connection.
 *
 * @param conn A connection
 * @param client_auth_type Set to the connection's setting, else the config's, else what suits the mode
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_client_auth_type(struct s2n_connection *conn,
                                        s2n_cert_auth_type *client_auth_type);

/**
 * Reads and writes one descriptor: a socket, usually. It is borrowed, never closed, and may be
 * blocking or not.
 *
 * @param conn A connection
 * @param fd An open descriptor; one that is not open fails when it is used
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_fd(struct s2n_connection *conn, int fd);

/**
 * Reads a descriptor, which is borrowed and never closed.
 *
 * @param conn A connection
 * @param readfd An open descriptor
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_read_fd(struct s2n_connection *conn, int readfd);

/**
 * Writes a descriptor, which is borrowed and never closed. A connection whose writes failed
 * because the peer was gone may be given another.
 *
 * @param conn A connection
 * @param writefd An open descriptor
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_write_fd(struct s2n_connection *conn, int writefd);

/**
 * Gives the descriptor that the connection reads.
 *
 * @param conn A connection
 * @param readfd Set to the descriptor
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_STATE` if none was set
 */
S2N_API extern int s2n_connection_get_read_fd(struct s2n_connection *conn, int *readfd);

/**
 * Gives the descriptor that the connection writes.
 *
 * @param conn A connection
 * @param writefd Set to the descriptor
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_STATE` if none was set
 */
S2N_API extern int s2n_connection_get_write_fd(struct s2n_connection *conn, int *writefd);

/**
 * Corks the TCP socket during the handshake, so that a flight of messages leaves in full
 * segments. A socket that was corked before is left alone.
 *
 * @param conn A connection that writes a descriptor
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_CORK_SET_ON_UNMANAGED` if no descriptor was
 * set
 */
S2N_API extern int s2n_connection_use_corked_io(struct s2n_connection *conn);

/**
 * Sets what the receiving callback is called with.
 *
 * @param conn A connection
 * @param ctx Handed to the callback as it is; stays the caller's
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_recv_ctx(struct s2n_connection *conn, void *ctx);

/**
 * Sets what the sending callback is called with.
 *
 * @param conn A connection
 * @param ctx Handed to the callback as it is; stays the caller's
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_send_ctx(struct s2n_connection *conn, void *ctx);

/**
 * Receives through a callback instead of a descriptor.
 *
 * The callback stores at most `len` bytes and returns how many; 0 is the end of the stream; a
 * negative value is a failure that `errno` explains, where EAGAIN and EWOULDBLOCK mean "not yet".
 * A callback that claims more than `len` gets `S2N_ERR_SAFETY`.
 *
 * @param conn A connection
 * @param recv The callback, or NULL for none
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_set_recv_cb(struct s2n_connection *conn,
                               int (*recv)(void *io_context, uint8_t *buf, uint32_t len));

/**
 * Sends through a callback instead of a descriptor.
 *
 * The callback takes at most `len` bytes and returns how many; a negative value is a failure that
 * `errno` explains, where EAGAIN and EWOULDBLOCK mean "not yet". A callback that keeps taking
 * nothing gets `S2N_ERR_IO_BLOCKED`; one that claims more than `len` `S2N_ERR_SAFETY`.
 *
 * @param conn A connection
 * @param send The callback, or NULL for none
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_set_send_cb(struct s2n_connection *conn,
                               int (*send)(void *io_context, const uint8_t *buf, uint32_t len));

/**
 * Sends large records, of up to 16384 bytes.
 *
 * @param conn A connection
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_prefer_throughput(struct s2n_connection *conn);

/**
 * Sends small records, of up to 1435 bytes, so that a receiver can use each segment as it comes.
 *
 * @param conn A connection
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_prefer_low_latency(struct s2n_connection *conn);

/**
 * Sends small records first, and large ones once a transfer has got going.
 *
 * @param conn A connection
 * @param resize_threshold How many bytes go out in records that fit one frame; at most 8388608, 0 turns
 * this off
 * @param timeout_threshold After how many seconds without a send records are small again; 0 for never
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_DYNAMIC_THRESHOLD`
 */
S2N_API extern
int s2n_connection_set_dynamic_record_threshold(struct s2n_connection *conn,
                                                uint32_t resize_threshold,
                                                uint16_t timeout_threshold);

/**
 * Lets the connection read more than the current record from its transport, which saves system calls.
 * An application that polls its descriptor must then look at `s2n_peek_buffered()` too.
 *
 * @param conn A connection
 * @param enabled Whether to read ahead
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_set_recv_buffering(struct s2n_connection *conn,
                                      bool enabled);

/**
 * Gives the memory of empty buffers back after each call.
 *
 * @param conn A connection
 * @param enabled Whether to give memory back
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_dynamic_buffers(struct s2n_connection *conn, bool enabled);

/**
 * Gives the memory of both buffers back, for a connection that will be idle.
 *
 * @param conn A connection
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_STUFFER_HAS_UNPROCESSED_DATA` while bytes wait to be
 * sent or received
 */
S2N_API extern
int s2n_connection_release_buffers(struct s2n_connection *conn);

/**
 * Gives back what only the handshake needed. Sending and receiving go on.
 *
 * @param conn A connection whose handshake is complete
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_free_handshake(struct s2n_connection *conn);

/**
 * Performs the handshake, or as much of it as is possible without waiting.
 *
 * Call it again while the error's type is `S2N_ERR_T_BLOCKED`, once what `blocked` names is
 * ready. After success it may be called at any time; it then sends what TLS 1.3 owes the peer.
 *
 * @param conn A connection with a transport, and with a config that suits its mode
 * @param blocked Set to what a blocked call waits for
 * @returns 0 when the handshake is complete; -1 otherwise, with `S2N_ERR_IO_BLOCKED`,
 * `S2N_ERR_ASYNC_BLOCKED`, `S2N_ERR_CLOSED`, `S2N_ERR_ALERT`, or what was wrong with the peer's
 * messages. An error of the last kind is blinded: see `s2n_connection_set_blinding()`.
 *
 * No other call on the connection may run at the same time.
 */
S2N_API extern int s2n_negotiate(struct s2n_connection *conn, s2n_blocked_status *blocked);

/**
 * Says what kind of handshake it was, in words of s2n-tls joined by '|', for logs.
 *
 * @param conn A connection
 * @returns such as "NEGOTIATED|FULL_HANDSHAKE|MIDDLEBOX_COMPAT"; "INITIAL" before the handshake is
 * complete. It is valid until the connection is wiped or freed. NULL with `S2N_ERR_NULL` if `conn` is
 * NULL
 */
S2N_API extern
const char *s2n_connection_get_handshake_type_name(struct s2n_connection *conn);

/**
 * Says at which message a handshake stands, for logs. Of an encrypted flight of the peer it is the
 * first message.
 *
 * @param conn A connection
 * @returns such as "SERVER_HELLO"; "APPLICATION_DATA" once the handshake is complete. It lives as long as
 * the process. NULL with `S2N_ERR_NULL` if `conn` is NULL
 */
S2N_API extern
const char *s2n_connection_get_last_message_name(struct s2n_connection *conn);

/**
 * Sends application data.
 *
 * The data is cut into records, and each record is written before the next is sealed. If the
 * transport takes no more, the call returns how many bytes are in records that left whole; call
 * again with the data behind them, and with at least as much of it as before.
 *
 * @param conn A connection whose handshake is complete
 * @param buf The data; stays the caller's
 * @param size Length of the data in bytes
 * @param blocked Set to `S2N_BLOCKED_ON_WRITE` unless all was sent
 * @returns the number of bytes sent; or -1 with `S2N_ERR_IO_BLOCKED` if that is none,
 * `S2N_ERR_SEND_SIZE` if less is offered than a blocked call had taken, `S2N_ERR_CLOSED`,
 * `S2N_ERR_INVALID_ARGUMENT`, `S2N_ERR_ENCRYPT` before the handshake, `S2N_ERR_IO`
 *
 * One thread may send while another receives. A second sender gets `S2N_ERR_REENTRANCY`. Writing
 * to a peer that is gone raises no SIGPIPE on a socket.
 */
S2N_API extern
ssize_t s2n_send(struct s2n_connection *conn,
                 const void *buf,
                 ssize_t size,
                 s2n_blocked_status *blocked);

/**
 * Sends application data from several buffers, as `s2n_send()` does from one.
 *
 * @param conn A connection whose handshake is complete
 * @param bufs The buffers; stay the caller's
 * @param count Number of buffers
 * @param blocked Set to `S2N_BLOCKED_ON_WRITE` unless all was sent
 * @returns as `s2n_send()`
 */
S2N_API extern
ssize_t s2n_sendv(struct s2n_connection *conn,
                  const struct iovec *bufs,
                  ssize_t count,
                  s2n_blocked_status *blocked);

/**
 * Sends application data from several buffers, less the first bytes of them: how a caller goes
 * on after a partial send without touching its list.
 *
 * @param conn A connection whose handshake is complete
 * @param bufs The buffers; stay the caller's
 * @param count Number of buffers
 * @param offs How many bytes to leave out, counted over all buffers; they are not looked at
 * @param blocked Set to `S2N_BLOCKED_ON_WRITE` unless all was sent
 * @returns as `s2n_send()`; `S2N_ERR_INVALID_ARGUMENT` also if `offs` is negative, or more than
 * there is
 */
S2N_API extern
ssize_t s2n_sendv_with_offset(struct s2n_connection *conn,
                              const struct iovec *bufs,
                              ssize_t count,
                              ssize_t offs,
                              s2n_blocked_status *blocked);

/**
 * Receives application data: what is left of the current record, else the next record.
 *
 * @param conn A connection whose handshake is complete
 * @param buf Where the data goes; stays the caller's
 * @param size Room in bytes
 * @param blocked `S2N_NOT_BLOCKED` if no decrypted byte is left over, else
 * `S2N_BLOCKED_ON_READ`
 * @returns the number of bytes received; 0 after the peer's close_notify; or -1 with
 * `S2N_ERR_IO_BLOCKED`, `S2N_ERR_CLOSED` if the stream ended without a close_notify (data may be
 * missing), `S2N_ERR_ALERT`, or what was wrong with the peer's records. An error of the last kind
 * is blinded: see `s2n_connection_set_blinding()`.
 *
 * One thread may receive while another sends. A second receiver gets `S2N_ERR_REENTRANCY`.
 */
S2N_API extern
ssize_t s2n_recv(struct s2n_connection *conn,
                 void *buf,
                 ssize_t size,
                 s2n_blocked_status *blocked);

/**
 * Says how many decrypted bytes wait for `s2n_recv()`: those of a record that was received in
 * part.
 *
 * @param conn A connection
 * @returns a number of bytes; 0 if `conn` is NULL
 */
S2N_API extern uint32_t s2n_peek(struct s2n_connection *conn);

/**
 * Says how many bytes were read beyond the current record and are not decrypted: with receive
 * buffering a descriptor may have nothing to read while they wait.
 *
 * @param conn A connection
 * @returns a number of bytes; 0 without receive buffering, and if `conn` is NULL
 */
S2N_API extern uint32_t s2n_peek_buffered(struct s2n_connection *conn);

/**
 * Closes the connection: sends what waits and a close_notify, or the alert that the peer is owed,
 * then waits for the peer's close_notify (RFC 8446, 6.1). Data that comes before it is dropped.
 *
 * @param conn A connection
 * @param blocked Set to what a blocked call waits for
 * @returns 0 when both sides have closed, or when no answer is to be expected; -1 otherwise, with
 * `S2N_ERR_IO_BLOCKED` (call again), `S2N_ERR_SHUTDOWN_PAUSED` before the blinding delay is over,
 * `S2N_ERR_CLOSED` if the stream ended without a close_notify, `S2N_ERR_ALERT`, `S2N_ERR_IO`
 *
 * No other call on the connection may run at the same time. Descriptors stay open.
 */
S2N_API extern int s2n_shutdown(struct s2n_connection *conn, s2n_blocked_status *blocked);

/**
 * Closes the sending direction alone: sends what waits and a close_notify. In TLS 1.3 receiving
 * goes on to the peer's own end; before, the connection is over.
 *
 * @param conn A connection
 * @param blocked Set to `S2N_BLOCKED_ON_WRITE` while not all is sent
 * @returns 0 when all is sent; -1 otherwise, as `s2n_shutdown()`
 *
 * No other call that sends may run at the same time; one that receives may.
 */
S2N_API extern int s2n_shutdown_send(struct s2n_connection *conn, s2n_blocked_status *blocked);

/**
 * Gives the alert that ended reading (RFC 8446, 6): 0 after a close_notify.
 *
 * @param conn A connection
 * @returns the alert's number; -1 with `S2N_ERR_NULL`, or `S2N_ERR_NO_ALERT` if there was none
 */
S2N_API extern int s2n_connection_get_alert(struct s2n_connection *conn);

/**
 * Sets who waits after an error that the peer caused. Such an error closes the connection, and is
 * answered only after a random delay, so that its time tells an attacker nothing.
 *
 * @param conn A connection
 * @param blinding `S2N_BUILT_IN_BLINDING`: the failing call sleeps. Any other value: the application
 * waits for `s2n_connection_get_delay()` nanoseconds before it calls `s2n_shutdown()` and closes.
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_set_blinding(struct s2n_connection *conn,
                                s2n_blinding blinding);

/**
 * Says how long the application has to wait before it may close a connection that failed.
 *
 * @param conn A connection
 * @returns nanoseconds, 0 if there is nothing to wait for; UINT64_MAX with `S2N_ERR_NULL`, or
 * `S2N_ERR_CANCELLED` if the application's clock failed
 */
S2N_API extern uint64_t s2n_connection_get_delay(struct s2n_connection *conn);

/**
 * Asks for new sending keys (RFC 8446, 4.6.3). The next send that has data brings them into use;
 * before TLS 1.3 nothing ever happens. Keys also change by themselves, before they have sealed
 * more records than is safe.
 *
 * @param conn A connection, before or after its handshake
 * @param peer_request `S2N_KEY_UPDATE_NOT_REQUESTED`: the peer keeps its own keys
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` for any other
 * `peer_request`
 *
 * May be called from any thread.
 */
S2N_API extern
int s2n_connection_request_key_update(struct s2n_connection *conn,
                                      s2n_peer_key_update peer_request);

/**
 * Derives a secret that both sides have and nobody else, for other protocols (RFC 8446, 7.5).
 *
 * @param conn A connection of TLS 1.3 whose handshake is complete
 * @param label What the secret is for: registered with IANA, or private to the application
 * @param label_length Its length in bytes, 249 at most
 * @param context What else the secret depends on; must not be NULL
 * @param context_length Its length in bytes; 0 for nothing
 * @param output Where the secret goes
 * @param output_length How long it shall be, in bytes; 255 hashes of the cipher suite at most
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` before TLS 1.3,
 * `S2N_ERR_HANDSHAKE_NOT_COMPLETE`, `S2N_ERR_SAFETY` for a label that is too long,
 * `S2N_ERR_HKDF_OUTPUT_SIZE`
 */
S2N_API extern
int s2n_connection_tls_exporter(struct s2n_connection *conn,
                                const uint8_t *label,
                                uint32_t label_length,
                                const uint8_t *context,
                                uint32_t context_length,
                                uint8_t *output,
                                uint32_t output_length);

/**
 * Copies the master secret (RFC 5246, 8.1), of which all keys are made. Whoever knows it can read all
 * traffic.
 *
 * @param conn A connection of TLS 1.2 whose handshake is complete
 * @param secret_bytes Where the 48 bytes go
 * @param max_size Room in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INSUFFICIENT_MEM_SIZE`, `S2N_ERR_INVALID_STATE` in
 * TLS 1.3, `S2N_ERR_HANDSHAKE_NOT_COMPLETE`
 */
S2N_API extern
int s2n_connection_get_master_secret(const struct s2n_connection *conn,
                                     uint8_t *secret_bytes,
                                     size_t max_size);

/**
 * Gives the ClientHello that a server has received: after a HelloRetryRequest, the second one.
 *
 * It belongs to the connection, and is valid until that is freed. `s2n_connection_wipe()` and
 * `s2n_connection_free_handshake()` empty it.
 *
 * @param conn A connection
 * @returns the ClientHello; NULL on a client and before one has come; NULL with `S2N_ERR_NULL` if
 * `conn` is NULL
 */
S2N_API extern
struct s2n_client_hello *s2n_connection_get_client_hello(struct s2n_connection *conn);

/**
 * Gives the version that the ClientHello talks of: `S2N_TLS12` also for what is newer, which an
 * extension says (RFC 8446, 4.2.1).
 *
 * @param conn A connection
 * @returns a version, `S2N_UNKNOWN_PROTOCOL_VERSION` before there is a ClientHello; -1 with
 * `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_get_client_hello_version(struct s2n_connection *conn);

/**
 * Says that the server name of the ClientHello was made use of, for instance to choose a config.
 *
 * Clients are told that their name was accepted (RFC 6066, 3), with or without this call.
 *
 * @param conn A server's connection, before its ClientHello is answered
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE`
 */
S2N_API extern int s2n_connection_server_name_extension_used(struct s2n_connection *conn);

/**
 * Names the protocol that ALPN agreed on.
 *
 * The string belongs to the connection: it is valid until the connection is wiped or freed.
 *
 * @param conn A connection
 * @returns the name; NULL if there is none, with `S2N_ERR_NULL` set if `conn` is NULL
 */
S2N_API extern const char *s2n_get_application_protocol(struct s2n_connection *conn);

/**
 * Gives the version that was agreed on.
 *
 * @param conn A connection
 * @returns `S2N_TLS12`, `S2N_TLS13`, ..., or `S2N_UNKNOWN_PROTOCOL_VERSION` before it is known; -1 with
 * `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_actual_protocol_version(struct s2n_connection *conn);

/**
 * Gives the best version that the client offers.
 *
 * @param conn A connection
 * @returns `S2N_TLS12`, `S2N_TLS13`, ..., or `S2N_UNKNOWN_PROTOCOL_VERSION` before it is known; -1 with
 * `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_client_protocol_version(struct s2n_connection *conn);

/**
 * Gives the best version that the server offers; on a client the one that it chose.
 *
 * @param conn A connection
 * @returns `S2N_TLS12`, `S2N_TLS13`, ..., or `S2N_UNKNOWN_PROTOCOL_VERSION` before it is known; -1 with
 * `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_server_protocol_version(struct s2n_connection *conn);

/**
 * Names the cipher suite.
 *
 * @param conn A connection
 * @returns a static string: OpenSSL's name in TLS 1.2, the standard's in TLS 1.3, and
 * "TLS_NULL_WITH_NULL_NULL" before the handshake is complete; NULL with `S2N_ERR_NULL`
 */
S2N_API extern const char *s2n_connection_get_cipher(struct s2n_connection *conn);

/**
 * Gives the number of the cipher suite.
 *
 * @param conn A connection
 * @param first Set to its first byte
 * @param second Set to its second byte
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` before the handshake is complete
 */
S2N_API extern
int s2n_connection_get_cipher_iana_value(struct s2n_connection *conn,
                                         uint8_t *first,
                                         uint8_t *second);

/**
 * Names the elliptic curve of the key exchange.
 *
 * @param conn A connection
 * @returns a static string, "NONE" if there is none; NULL with `S2N_ERR_NULL`
 */
S2N_API extern const char *s2n_connection_get_curve(struct s2n_connection *conn);

/**
 * Would name the KEM of a post-quantum key exchange in TLS 1.2, which s2n-tls no longer has. In TLS 1.3
 * it is `s2n_connection_get_kem_group_name()` that knows.
 *
 * @param conn A connection
 * @returns the static string "NONE"; NULL with `S2N_ERR_NULL`
 */
S2N_API extern
const char *s2n_connection_get_kem_name(struct s2n_connection *conn);

/**
 * Names the group of a key exchange with a post-quantum part.
 *
 * @param conn A connection
 * @returns a static string, "NONE" if there is none; NULL with `S2N_ERR_NULL`
 */
S2N_API extern const char *s2n_connection_get_kem_group_name(struct s2n_connection *conn);

/**
 * Names the group of the key exchange, whatever its kind.
 *
 * @param conn A connection
 * @param group_name Set to a static string, "NONE" if there is none
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` before the handshake is complete
 */
S2N_API extern
int s2n_connection_get_key_exchange_group(struct s2n_connection *conn,
                                          const char **group_name);

/**
 * Counts the bytes that came from the transport, those of the handshake included.
 *
 * @param conn A connection
 * @returns a number of bytes; 0 if `conn` is NULL
 */
S2N_API extern uint64_t s2n_connection_get_wire_bytes_in(struct s2n_connection *conn);

/**
 * Counts the bytes that the transport took, those of the handshake included.
 *
 * @param conn A connection
 * @returns a number of bytes; 0 if `conn` is NULL
 */
S2N_API extern uint64_t s2n_connection_get_wire_bytes_out(struct s2n_connection *conn);

/**
 * Gives the certificate chain that this side shows.
 *
 * @param conn A connection
 * @returns the application's chain, or that of the config; NULL if none is chosen yet, or it was freed;
 * NULL with `S2N_ERR_NULL` if `conn` is NULL
 */
S2N_API extern
struct s2n_cert_chain_and_key *s2n_connection_get_selected_cert(struct s2n_connection *conn);

/**
 * Says how a server's certificate was found for the name that the client asked for (RFC 6066, 3).
 *
 * @param conn A server's connection that has chosen its certificate
 * @param match_status Set to a member of `s2n_cert_sni_match`
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL, `S2N_ERR_CLIENT_MODE`,
 * `S2N_ERR_NO_CERT_FOUND`
 */
S2N_API extern
int s2n_connection_get_certificate_match(struct s2n_connection *conn,
                                         s2n_cert_sni_match *match_status);

/**
 * Copies the path by which the peer's certificate was verified: its own first, the trusted one last.
 *
 * @param conn A connection that has verified its peer
 * @param cert_chain An empty chain, which gets the certificates
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT` if the chain is not empty,
 * `S2N_ERR_CERT_NOT_VALIDATED`
 */
S2N_API extern
int s2n_connection_get_peer_cert_chain(const struct s2n_connection *conn,
                                       struct s2n_cert_chain_and_key *cert_chain);

/**
 * Gives the OCSP response (RFC 6960) that came with the server's certificate.
 *
 * @param conn A client's connection
 * @param length Set to its length in bytes, 0 for none
 * @returns the response in DER, valid until the connection is wiped or freed; NULL for none; NULL with
 * `S2N_ERR_NULL` if a pointer is NULL
 */
S2N_API extern
const uint8_t *s2n_connection_get_ocsp_response(struct s2n_connection *conn,
                                                uint32_t *length);

/**
 * Says whether the server shows an OCSP response, or showed one.
 *
 * @param conn A connection
 * @returns 1 or 0; -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_is_ocsp_stapled(struct s2n_connection *conn);

/**
 * Gives the certificate timestamps (RFC 6962) that the server sent. There are never any: rustls cannot
 * ask for them.
 *
 * @param conn A connection
 * @param length Set to 0
 * @returns NULL; with `S2N_ERR_NULL` if `conn` is NULL
 */
S2N_API extern
const uint8_t *s2n_connection_get_sct_list(struct s2n_connection *conn,
                                           uint32_t *length);

/**
 * Says whether the client showed a certificate.
 *
 * @param conn A connection
 * @returns 1 if it did, 0 if not or before the handshake is complete; -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_client_cert_used(struct s2n_connection *conn);

/**
 * Gives the client's certificates as they came: each in DER behind its length in three bytes.
 *
 * The bytes belong to the connection: they are valid until it is wiped or freed.
 *
 * @param conn A server's connection
 * @param der_cert_chain_out Set to the bytes
 * @param cert_chain_len Set to their number
 * @returns 0, or -1 with `S2N_ERR_NULL` if a pointer is NULL or the client showed no certificate
 */
S2N_API extern
int s2n_connection_get_client_cert_chain(struct s2n_connection *conn,
                                         uint8_t **der_cert_chain_out,
                                         uint32_t *cert_chain_len);

/**
 * Says what kind of key signed for the server.
 *
 * @param conn A connection
 * @param chosen_alg Set to a member of `s2n_tls_signature_algorithm`; anonymous before anything is
 * signed
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_selected_signature_algorithm(struct s2n_connection *conn,
                                                    s2n_tls_signature_algorithm *chosen_alg);

/**
 * Says with which hash the server signed.
 *
 * @param conn A connection
 * @param chosen_alg Set to a member of `s2n_tls_hash_algorithm`; none before anything is signed
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_selected_digest_algorithm(struct s2n_connection *conn,
                                                 s2n_tls_hash_algorithm *chosen_alg);

/**
 * Says what kind of key signed for the client.
 *
 * @param conn A connection
 * @param chosen_alg Set to a member of `s2n_tls_signature_algorithm`; anonymous if the client showed no
 * certificate
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_selected_client_cert_signature_algorithm(struct s2n_connection *conn,
                                                                s2n_tls_signature_algorithm *chosen_alg);

/**
 * Says with which hash the client signed.
 *
 * @param conn A connection
 * @param chosen_alg Set to a member of `s2n_tls_hash_algorithm`; none if the client showed no certificate
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_selected_client_cert_digest_algorithm(struct s2n_connection *conn,
                                                             s2n_tls_hash_algorithm *chosen_alg);

/**
 * Gives the name of the server's signature scheme (RFC 8446, 4.2.3).
 *
 * @param conn A connection whose handshake is complete
 * @param scheme_name Set to a name that lives as long as the process
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` before the handshake is complete
 */
S2N_API extern
int s2n_connection_get_signature_scheme(struct s2n_connection *conn,
                                        const char **scheme_name);

/**
 * Clients: offers to resume a session.
 *
 * @param conn A connection
 * @param session What `s2n_connection_get_session()` or a ticket's callback gave; copied
 * @param length Its length in bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_connection_set_session(struct s2n_connection *conn,
                               const uint8_t *session,
                               size_t length);

/**
 * Clients: gives what resumes the session of this connection later.
 *
 * @param conn A connection
 * @param session Filled
 * @param max_length Room in bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_connection_get_session(struct s2n_connection *conn,
                               uint8_t *session,
                               size_t max_length);

/**
 * Clients: gives for how long the server means to accept its ticket. None is kept yet.
 *
 * @param conn A connection
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_SESSION_TICKET_NOT_SUPPORTED`
 */
S2N_API extern int s2n_connection_get_session_ticket_lifetime_hint(struct s2n_connection *conn);

/**
 * Gives the size of what `s2n_connection_get_session()` gives. There is nothing yet.
 *
 * @param conn A connection
 * @returns 0: there is no session to resume; never fails
 */
S2N_API extern int s2n_connection_get_session_length(struct s2n_connection *conn);

/**
 * Gives the length of the id by which this session can be resumed. There is none yet.
 *
 * @param conn A connection
 * @returns 0: there is no session to resume; or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_get_session_id_length(struct s2n_connection *conn);

/**
 * Gives the id by which this session can be resumed. There is none yet.
 *
 * @param conn A connection
 * @param session_id Would be filled
 * @param max_length Room in bytes
 * @returns 0: there is no session to resume; or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_session_id(struct s2n_connection *conn,
                                  uint8_t *session_id,
                                  size_t max_length);

/**
 * Says whether the handshake resumed a session.
 *
 * @param conn A connection
 * @returns 1 if it did, 0 if not, before it is complete, and if `conn` is NULL
 */
S2N_API extern int s2n_connection_is_session_resumed(struct s2n_connection *conn);

/**
 * Servers: asks for more tickets to be sent after a TLS 1.3 handshake.
 *
 * @param conn A connection
 * @param num How many more
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern int s2n_connection_add_new_tickets_to_send(struct s2n_connection *conn, uint8_t num);

/**
 * Servers: tells how many tickets were sent: none, as tickets are not there yet.
 *
 * @param conn A connection
 * @param num Set to 0
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_CLIENT_MODE` for a client
 */
S2N_API extern int s2n_connection_get_tickets_sent(struct s2n_connection *conn, uint16_t *num);

/**
 * Servers: sets for how long keying material of a TLS 1.3 session may be used in resumptions.
 *
 * @param conn A connection
 * @param lifetime_in_secs Seconds
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_connection_set_server_keying_material_lifetime(struct s2n_connection *conn,
                                                       uint32_t lifetime_in_secs);

/**
 * Offers a key, or accepts it, after those that were appended before.
 *
 * @param conn A connection
 * @param psk A key; copied
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern int s2n_connection_append_psk(struct s2n_connection *conn, struct s2n_psk *psk);

/**
 * Sets what pre-shared keys are for, in place of the config's setting.
 *
 * @param conn A connection
 * @param mode A member of `s2n_psk_mode`
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern int s2n_connection_set_psk_mode(struct s2n_connection *conn, s2n_psk_mode mode);

/**
 * Gives the length of the name of the key that was agreed on: 0, as none can be yet.
 *
 * @param conn A connection
 * @param identity_length Set to 0
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_negotiated_psk_identity_length(struct s2n_connection *conn,
                                                      uint16_t *identity_length);

/**
 * Gives the name of the key that was agreed on: nothing, as none can be yet.
 *
 * @param conn A connection
 * @param identity Would be filled
 * @param max_identity_length Room in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_negotiated_psk_identity(struct s2n_connection *conn,
                                               uint8_t *identity,
                                               uint16_t max_identity_length);

/**
 * Servers: sets how much early data is accepted, in place of the config's setting. It is none.
 *
 * @param conn A connection
 * @param max_early_data_size Bytes
 * @returns 0 for none; otherwise -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not
 * there yet
 */
S2N_API extern
int s2n_connection_set_server_max_early_data_size(struct s2n_connection *conn,
                                                  uint32_t max_early_data_size);

/**
 * Servers: sets bytes that go into tickets, for a later decision about early data.
 *
 * @param conn A connection
 * @param context The bytes; copied
 * @param context_size Their length
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_connection_set_server_early_data_context(struct s2n_connection *conn,
                                                 const uint8_t *context,
                                                 uint16_t context_size);

/**
 * Tells what has become of early data.
 *
 * @param conn A connection
 * @param status Set to a member of `s2n_early_data_status_t`
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_connection_get_early_data_status(struct s2n_connection *conn,
                                         s2n_early_data_status_t *status);

/**
 * Tells how much early data may still be sent.
 *
 * @param conn A connection
 * @param allowed_early_data_size Set to a number of bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_connection_get_remaining_early_data_size(struct s2n_connection *conn,
                                                 uint32_t *allowed_early_data_size);

/**
 * Tells how much early data may be sent in all.
 *
 * @param conn A connection
 * @param max_early_data_size Set to a number of bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_connection_get_max_early_data_size(struct s2n_connection *conn,
                                           uint32_t *max_early_data_size);

/**
 * Clients: sends early data, and performs as much of the handshake as is needed for it.
 *
 * @param conn A connection
 * @param data The data; stays the caller's
 * @param data_len Its length in bytes
 * @param data_sent Set to the number of bytes sent
 * @param blocked Set to what a blocked call waits for
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_send_early_data(struct s2n_connection *conn,
                        const uint8_t *data,
                        ssize_t data_len,
                        ssize_t *data_sent,
                        s2n_blocked_status *blocked);

/**
 * Servers: receives early data, and performs as much of the handshake as is needed for it.
 *
 * @param conn A connection
 * @param data Filled
 * @param max_data_len Room in bytes
 * @param data_received Set to the number of bytes received
 * @param blocked Set to what a blocked call waits for
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_recv_early_data(struct s2n_connection *conn,
                        uint8_t *data,
                        ssize_t max_data_len,
                        ssize_t *data_received,
                        s2n_blocked_status *blocked);

/**
 * Gives the size of a serialized connection.
 *
 * @param conn A connection
 * @param length Set to a number of bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_connection_serialization_length(struct s2n_connection *conn,
                                        uint32_t *length);

/**
 * Writes the keys and the state of a connection down, for `s2n_connection_deserialize()`.
 *
 * @param conn A connection
 * @param buffer Filled; a secret
 * @param buffer_length Room in bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_connection_serialize(struct s2n_connection *conn,
                             uint8_t *buffer,
                             uint32_t buffer_length);

/**
 * Gives a new connection the keys and the state of another one.
 *
 * @param conn A connection
 * @param buffer What `s2n_connection_serialize()` wrote; copied
 * @param buffer_length Its length in bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_connection_deserialize(struct s2n_connection *conn,
                               uint8_t *buffer,
                               uint32_t buffer_length);

/**
 * Lets a handshake go on that waits after its ClientHello callback. The next `s2n_negotiate()` does.
 *
 * May be called in any thread, while no other call on the connection runs but the callback's.
 *
 * @param conn A connection
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if its config is not in
 * `S2N_CLIENT_HELLO_CB_NONBLOCKING` mode, `S2N_ERR_ASYNC_NOT_PERFORMED` if the callback was not
 * called
 */
S2N_API extern
int s2n_client_hello_cb_done(struct s2n_connection *conn);

/**
 * Parses a ClientHello that did not come over a connection.
 *
 * @param bytes The message, with its handshake header and nothing behind it; copied
 * @param size Its length in bytes
 * @returns a ClientHello, to be freed with `s2n_client_hello_free()`; or NULL with `S2N_ERR_NULL`,
 * `S2N_ERR_SIZE_MISMATCH` if there is no header, `S2N_ERR_BAD_MESSAGE`,
 * `S2N_ERR_DUPLICATE_EXTENSION`
 */
S2N_API extern
struct s2n_client_hello *s2n_client_hello_parse_message(const uint8_t *bytes,
                                                        uint32_t size);

/**
 * Frees a ClientHello that `s2n_client_hello_parse_message()` made.
 *
 * @param ch Where its address is; set to NULL. The address may be NULL.
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` for a connection's own
 */
S2N_API extern int s2n_client_hello_free(struct s2n_client_hello **ch);

/**
 * Gives the length of the message.
 *
 * @param ch A ClientHello
 * @returns a number of bytes, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern ssize_t s2n_client_hello_get_raw_message_length(struct s2n_client_hello *ch);

/**
 * Copies the message, without its handshake header and with zeros for the random bytes.
 *
 * @param ch A ClientHello
 * @param out Where the bytes go
 * @param max_length Room in bytes; of a longer message the front is copied
 * @returns the number of bytes copied, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
ssize_t s2n_client_hello_get_raw_message(struct s2n_client_hello *ch,
                                         uint8_t *out,
                                         uint32_t max_length);

/**
 * Gives the length of the list of cipher suites.
 *
 * @param ch A ClientHello
 * @returns a number of bytes, two for each; or -1 with `S2N_ERR_NULL`
 */
S2N_API extern ssize_t s2n_client_hello_get_cipher_suites_length(struct s2n_client_hello *ch);

/**
 * Copies the list of cipher suites: two bytes for each, the higher first.
 *
 * @param ch A ClientHello
 * @param out Where the bytes go
 * @param max_length Room in bytes; of a longer list the front is copied
 * @returns the number of bytes copied, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
ssize_t s2n_client_hello_get_cipher_suites(struct s2n_client_hello *ch,
                                           uint8_t *out,
                                           uint32_t max_length);

/**
 * Gives the length of the list of extensions.
 *
 * @param ch A ClientHello
 * @returns a number of bytes, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern ssize_t s2n_client_hello_get_extensions_length(struct s2n_client_hello *ch);

/**
 * Copies the list of extensions, as it came (RFC 8446, 4.2).
 *
 * @param ch A ClientHello
 * @param out Where the bytes go
 * @param max_length Room in bytes; of a longer list the front is copied
 * @returns the number of bytes copied, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
ssize_t s2n_client_hello_get_extensions(struct s2n_client_hello *ch,
                                        uint8_t *out,
                                        uint32_t max_length);

/**
 * Gives the length of the session ID.
 *
 * @param ch A ClientHello
 * @param out_length Set to a number of bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_client_hello_get_session_id_length(struct s2n_client_hello *ch,
                                           uint32_t *out_length);

/**
 * Copies the session ID.
 *
 * @param ch A ClientHello
 * @param out Where the bytes go
 * @param out_length Set to the number of bytes copied
 * @param max_length Room in bytes; of a longer ID the front is copied
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_client_hello_get_session_id(struct s2n_client_hello *ch,
                                    uint8_t *out,
                                    uint32_t *out_length,
                                    uint32_t max_length);

/**
 * Gives the length of the list of compression methods.
 *
 * @param ch A ClientHello
 * @param out_length Set to a number of bytes, one for each
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_client_hello_get_compression_methods_length(struct s2n_client_hello *ch,
                                                    uint32_t *out_length);

/**
 * Copies the list of compression methods.
 *
 * @param ch A ClientHello
 * @param list Where the bytes go
 * @param list_length Room in bytes
 * @param out_length Set to the number of bytes copied
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE` if there is less room than
 * needed
 */
S2N_API extern
int s2n_client_hello_get_compression_methods(struct s2n_client_hello *ch,
                                             uint8_t *list,
                                             uint32_t list_length,
                                             uint32_t *out_length);

/**
 * Gives the version that stands in the message: `S2N_TLS12` also for what is newer.
 *
 * @param ch A ClientHello
 * @param out Set to the version; one that is none of TLS is numbered the same way, 10 times its first
 * byte and its second
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_client_hello_get_legacy_protocol_version(struct s2n_client_hello *ch,
                                                 uint8_t *out);

/**
 * Gives the version in the header of the record that brought the ClientHello.
 *
 * @param ch A ClientHello
 * @param out Set to the version
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` for one that no record brought
 */
S2N_API extern
int s2n_client_hello_get_legacy_record_version(struct s2n_client_hello *ch,
                                               uint8_t *out);

/**
 * Copies the random bytes.
 *
 * @param ch A ClientHello
 * @param out Where the 32 bytes go
 * @param max_length Room in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE` for less room than 32
 */
S2N_API extern
int s2n_client_hello_get_random(struct s2n_client_hello *ch,
                                uint8_t *out,
                                uint32_t max_length);

/**
 * Gives the length of an extension's data.
 *
 * @param ch A ClientHello
 * @param extension_type The extension
 * @returns a number of bytes; 0 with `S2N_ERR_EXTENSION_NOT_RECEIVED`, or
 * `S2N_ERR_UNRECOGNIZED_EXTENSION` for one that s2n-tls does not know; -1 with `S2N_ERR_NULL`
 */
S2N_API extern
ssize_t s2n_client_hello_get_extension_length(struct s2n_client_hello *ch,
                                              s2n_tls_extension_type extension_type);

/**
 * Copies an extension's data.
 *
 * @param ch A ClientHello
 * @param extension_type The extension
 * @param out Where the bytes go
 * @param max_length Room in bytes; of longer data the front is copied
 * @returns the number of bytes copied; 0 and -1 as `s2n_client_hello_get_extension_length()`
 */
S2N_API extern
ssize_t s2n_client_hello_get_extension_by_id(struct s2n_client_hello *ch,
                                             s2n_tls_extension_type extension_type,
                                             uint8_t *out,
                                             uint32_t max_length);

/**
 * Says whether there is an extension, also one that s2n-tls does not know.
 *
 * @param ch A ClientHello
 * @param extension_iana The extension's number
 * @param exists Set to the answer
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_client_hello_has_extension(struct s2n_client_hello *ch,
                                   uint16_t extension_iana,
                                   bool *exists);

/**
 * Stores the numbers of the groups that the client supports (RFC 8446, 4.2.7), its favourite first.
 *
 * @param ch A ClientHello
 * @param groups Where the numbers go
 * @param groups_count_max Room, as a count of numbers
 * @param groups_count Set to how many were stored; 0 on failure
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_EXTENSION_NOT_RECEIVED`,
 * `S2N_ERR_INVALID_PARSED_EXTENSIONS`, `S2N_ERR_INSUFFICIENT_MEM_SIZE`
 */
S2N_API extern
int s2n_client_hello_get_supported_groups(struct s2n_client_hello *ch,
                                          uint16_t *groups,
                                          uint16_t groups_count_max,
                                          uint16_t *groups_count);

/**
 * Gives the length of the server name that the client asks for (RFC 6066, 3).
 *
 * @param ch A ClientHello
 * @param length Set to a number of bytes; 0 on failure
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_EXTENSION_NOT_RECEIVED`, `S2N_ERR_SAFETY` if the
 * extension holds no host name
 */
S2N_API extern
int s2n_client_hello_get_server_name_length(struct s2n_client_hello *ch,
                                            uint16_t *length);

/**
 * Copies the server name that the client asks for. No NUL is put behind it.
 *
 * @param ch A ClientHello
 * @param server_name Where the bytes go
 * @param length Room in bytes
 * @param out_length Set to the number of bytes copied; 0 on failure
 * @returns 0, or -1 as `s2n_client_hello_get_server_name_length()`; `S2N_ERR_SAFETY` also if there is
 * less room than needed
 */
S2N_API extern
int s2n_client_hello_get_server_name(struct s2n_client_hello *ch,
                                     uint8_t *server_name,
                                     uint16_t length,
                                     uint16_t *out_length);

/**
 * Signs with a private key. May be called once, in the callback or later, in any thread; the
 * connection need not live any more.
 *
 * @param op An operation
 * @param key The private key of a chain; see `s2n_cert_chain_and_key_get_private_key()`
 * @returns 0, or -1 with `S2N_ERR_NULL`, also if the chain has no private key;
 * `S2N_ERR_ASYNC_ALREADY_PERFORMED`; `S2N_ERR_PKEY_CTX_INIT` if the key is of another kind;
 * `S2N_ERR_SIGN`
 */
S2N_API extern
int s2n_async_pkey_op_perform(struct s2n_async_pkey_op *op,
                              s2n_cert_private_key *key);

/**
 * Gives a signature to the connection that needs it, whose next `s2n_negotiate()` goes on. May be
 * called in the callback or later, in any thread, and again if it failed.
 *
 * @param op An operation that has its signature
 * @param conn The connection that the callback was called with
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_ASYNC_NOT_PERFORMED`,
 * `S2N_ERR_ASYNC_ALREADY_APPLIED`, `S2N_ERR_ASYNC_WRONG_CONNECTION` if the connection does not wait for
 * this operation, `S2N_ERR_VERIFY_SIGNATURE`
 */
S2N_API extern
int s2n_async_pkey_op_apply(struct s2n_async_pkey_op *op,
                            struct s2n_connection *conn);

/**
 * Frees an operation, before or after its connection. A connection that waits for it waits until it is
 * freed or wiped itself.
 *
 * @param op An operation, not to be used again
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_async_pkey_op_free(struct s2n_async_pkey_op *op);

/**
 * Gives the type of an operation.
 *
 * @param op An operation
 * @param type Set to `S2N_ASYNC_SIGN`; nothing is decrypted in what we support
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_async_pkey_op_get_op_type(struct s2n_async_pkey_op *op,
                                  s2n_async_pkey_op_type *type);

/**
 * Gives the size of what is to be signed.
 *
 * @param op An operation
 * @param data_len Set to the size in bytes: that of a SHA-256, SHA-384 or SHA-512 hash
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED` for ML-DSA
 */
S2N_API extern
int s2n_async_pkey_op_get_input_size(struct s2n_async_pkey_op *op,
                                     uint32_t *data_len);

/**
 * Gives what is to be signed: a hash, for RSA with PKCS #1 padding or PSS and for ECDSA. Its size says
 * which hash it is, and the salt of PSS is as long.
 *
 * @param op An operation
 * @param data Where the hash goes
 * @param data_len The room there in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_SAFETY` if there is not room enough, or
 * `S2N_ERR_UNIMPLEMENTED` for ML-DSA
 */
S2N_API extern
int s2n_async_pkey_op_get_input(struct s2n_async_pkey_op *op,
                                uint8_t *data,
                                uint32_t data_len);

/**
 * Sets the signature, which was made elsewhere. It may be set again until it is applied.
 *
 * @param op An operation
 * @param data The signature, as it goes into the handshake message: ECDSA's in DER; copied
 * @param data_len Its length in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_async_pkey_op_set_output(struct s2n_async_pkey_op *op,
                                 const uint8_t *data,
                                 uint32_t data_len);

/**
 * Gives the size of a ticket, with the session that belongs to it.
 *
 * @param ticket A ticket
 * @param data_len Set to a number of bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_session_ticket_get_data_len(struct s2n_session_ticket *ticket,
                                    size_t *data_len);

/**
 * Gives a ticket, with the session that belongs to it, for `s2n_connection_set_session()`.
 *
 * @param ticket A ticket
 * @param max_data_len Room in bytes
 * @param data Filled
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_session_ticket_get_data(struct s2n_session_ticket *ticket,
                                size_t max_data_len,
                                uint8_t *data);

/**
 * Gives for how long a session can be resumed.
 *
 * @param ticket A ticket
 * @param session_lifetime Set to a number of seconds
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_session_ticket_get_lifetime(struct s2n_session_ticket *ticket,
                                    uint32_t *session_lifetime);

/**
 * Makes an empty pre-shared key, to be filled.
 *
 * @returns NULL with `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern struct s2n_psk *s2n_external_psk_new(void);

/**
 * Frees a pre-shared key.
 *
 * @param psk A pointer to one, or to NULL; NULL does nothing
 * @returns 0 as long as there is nothing to free; -1 with `S2N_ERR_UNIMPLEMENTED` for anything
 * else, since none can be made yet
 */
S2N_API extern int s2n_psk_free(struct s2n_psk **psk);

/**
 * Sets the name of a key, which is sent in the clear.
 *
 * @param psk A key
 * @param identity The name; copied
 * @param identity_size Its length in bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_psk_set_identity(struct s2n_psk *psk,
                         const uint8_t *identity,
                         uint16_t identity_size);

/**
 * Sets the secret.
 *
 * @param psk A key
 * @param secret The secret; copied
 * @param secret_size Its length in bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_psk_set_secret(struct s2n_psk *psk,
                       const uint8_t *secret,
                       uint16_t secret_size);

/**
 * Sets the hash function that goes with a key. It decides on the cipher suites.
 *
 * @param psk A key
 * @param hmac A member of `s2n_psk_hmac`
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern int s2n_psk_set_hmac(struct s2n_psk *psk, s2n_psk_hmac hmac);

/**
 * Makes a place for a key that a client offers, for `s2n_offered_psk_list_next()`.
 *
 * @returns NULL with `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern struct s2n_offered_psk *s2n_offered_psk_new(void);

/**
 * Frees what `s2n_offered_psk_new()` made.
 *
 * @param psk A pointer to one, or to NULL; NULL does nothing
 * @returns 0 as long as there is nothing to free; -1 with `S2N_ERR_UNIMPLEMENTED` for anything
 * else, since none can be made yet
 */
S2N_API extern int s2n_offered_psk_free(struct s2n_offered_psk **psk);

/**
 * Gives the name of a key that a client offers.
 *
 * @param psk An offered key
 * @param identity Set to the name, which is the connection's
 * @param size Set to its length in bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_offered_psk_get_identity(struct s2n_offered_psk *psk,
                                 uint8_t **identity,
                                 uint16_t *size);

/**
 * Tells whether a client offers one more key.
 *
 * @param psk_list What the selection callback got
 * @returns false: there are no such lists yet
 */
S2N_API extern bool s2n_offered_psk_list_has_next(struct s2n_offered_psk_list *psk_list);

/**
 * Gives the next key that a client offers.
 *
 * @param psk_list What the selection callback got
 * @param psk Made to be that key
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_offered_psk_list_next(struct s2n_offered_psk_list *psk_list,
                              struct s2n_offered_psk *psk);

/**
 * Begins a list of offered keys anew.
 *
 * @param psk_list What the selection callback got
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern int s2n_offered_psk_list_reread(struct s2n_offered_psk_list *psk_list);

/**
 * Chooses one of the keys that a client offers.
 *
 * @param psk_list What the selection callback got
 * @param psk One of its keys; NULL for none of them
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_offered_psk_list_choose_psk(struct s2n_offered_psk_list *psk_list,
                                    struct s2n_offered_psk *psk);

/**
 * Allows early data with an external pre-shared key.
 *
 * @param psk A key
 * @param max_early_data_size Bytes
 * @param cipher_suite_first_byte The first byte of the suite (RFC 8446, B.4)
 * @param cipher_suite_second_byte The second byte of the suite
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_psk_configure_early_data(struct s2n_psk *psk,
                                 uint32_t max_early_data_size,
                                 uint8_t cipher_suite_first_byte,
                                 uint8_t cipher_suite_second_byte);

/**
 * Sets the protocol (ALPN) of early data with an external pre-shared key.
 *
 * @param psk A key
 * @param application_protocol The protocol; copied
 * @param size Its length in bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_psk_set_application_protocol(struct s2n_psk *psk,
                                     const uint8_t *application_protocol,
                                     uint8_t size);

/**
 * Sets bytes for the decision about early data with an external pre-shared key.
 *
 * @param psk A key
 * @param context The bytes; copied
 * @param size Their length
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_psk_set_early_data_context(struct s2n_psk *psk,
                                   const uint8_t *context,
                                   uint16_t size);

/**
 * Gives the length of the bytes that were set for the decision.
 *
 * @param early_data What the callback got
 * @param context_len Set to a number of bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_offered_early_data_get_context_length(struct s2n_offered_early_data *early_data,
                                              uint16_t *context_len);

/**
 * Gives the bytes that were set for the decision.
 *
 * @param early_data What the callback got
 * @param context Filled
 * @param max_len Room in bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_offered_early_data_get_context(struct s2n_offered_early_data *early_data,
                                       uint8_t *context,
                                       uint16_t max_len);

/**
 * Declines early data.
 *
 * @param early_data What the callback got
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern int s2n_offered_early_data_reject(struct s2n_offered_early_data *early_data);

/**
 * Accepts early data.
 *
 * @param early_data What the callback got
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern int s2n_offered_early_data_accept(struct s2n_offered_early_data *early_data);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_H */
