/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
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

/** The public key of a certificate. */
typedef struct s2n_pkey s2n_cert_public_key;
/** The private key of a certificate. */
typedef struct s2n_pkey s2n_cert_private_key;

/**
 * Receives data from the transport.
 *
 * @param io_context The context of the callback
 * @param buf Buffer for the data
 * @param len Size of the buffer in bytes
 * @returns the number of bytes stored, at most `len`; 0 at the end of the stream; or -1 with the
 * cause in `errno`
 */
typedef int s2n_recv_fn(void *io_context, uint8_t *buf, uint32_t len);

/**
 * Sends data on the transport.
 *
 * @param io_context The context of the callback
 * @param buf The data, valid during the call
 * @param len Length of the data in bytes
 * @returns the number of bytes sent, at most `len`; or -1 with the cause in `errno`
 */
typedef int s2n_send_fn(void *io_context, const uint8_t *buf, uint32_t len);

/**
 * Inspects a ClientHello before the server responds to it: see `s2n_config_set_client_hello_cb()`.
 *
 * @param conn The connection
 * @param ctx The context of the callback
 * @returns less than 0 to fail the handshake; the meaning of 0 and greater values depends on the
 * mode that `s2n_config_set_client_hello_cb_mode()` sets
 */
typedef int s2n_client_hello_fn(struct s2n_connection *conn, void *ctx);

#ifdef __cplusplus
extern "C" {
#endif

/** The number of the calling thread's last error; meaningful only after a call that failed. */
S2N_API extern __thread int s2n_errno;

#ifdef __cplusplus
}
#endif


/**
 * Return value of functions that succeed.
 */
#define S2N_SUCCESS 0

/**
 * Return value of functions that fail, with the error in `s2n_errno`.
 */
#define S2N_FAILURE -1

/**
 * Return value of a callback that retrieves a session, if it would block. I/O callbacks return -1 instead,
 * with `errno` set to EAGAIN.
 */
#define S2N_CALLBACK_BLOCKED -2

/**
 * Smallest major version of a record.
 */
#define S2N_MINIMUM_SUPPORTED_TLS_RECORD_MAJOR_VERSION 2

/**
 * Greatest major version of a record.
 */
#define S2N_MAXIMUM_SUPPORTED_TLS_RECORD_MAJOR_VERSION 3

/**
 * SSL 2.0. Protocol versions are numbers of two digits, the major and the minor version.
 */
#define S2N_SSLv2 20

/**
 * SSL 3.0 (RFC 6101).
 */
#define S2N_SSLv3 30

/**
 * TLS 1.0 (RFC 2246), version 3.1 of the protocol.
 */
#define S2N_TLS10 31

/**
 * TLS 1.1 (RFC 4346), version 3.2 of the protocol.
 */
#define S2N_TLS11 32

/**
 * TLS 1.2 (RFC 5246), version 3.3 of the protocol.
 */
#define S2N_TLS12 33

/**
 * TLS 1.3 (RFC 8446), version 3.4 of the protocol.
 */
#define S2N_TLS13 34

/**
 * The protocol version is unknown.
 */
#define S2N_UNKNOWN_PROTOCOL_VERSION 0

/**
 * Whether the cryptographic library is a FIPS 140 module; returned by `s2n_get_fips_mode()`.
 */
typedef enum {
    S2N_FIPS_MODE_DISABLED = 0,
    S2N_FIPS_MODE_ENABLED = 1,
} s2n_fips_mode;

/**
 * Whether a server requests client certificates: never, with a certificate required, or with a
 * certificate optional.
 */
typedef enum {
    S2N_CERT_AUTH_NONE = 0,
    S2N_CERT_AUTH_REQUIRED = 1,
    S2N_CERT_AUTH_OPTIONAL = 2,
} s2n_cert_auth_type;

/**
 * Role of a connection: server or client.
 */
typedef enum {
    S2N_SERVER = 0,
    S2N_CLIENT = 1,
} s2n_mode;

/**
 * Reason for which a call is blocked, if it cannot complete: data from the transport, room in the
 * transport, an action of the application, or early data.
 */
typedef enum {
    S2N_NOT_BLOCKED = 0,
    S2N_BLOCKED_ON_READ = 1,
    S2N_BLOCKED_ON_WRITE = 2,
    S2N_BLOCKED_ON_APPLICATION_INPUT = 3,
    S2N_BLOCKED_ON_EARLY_DATA = 4,
} s2n_blocked_status;

/**
 * How a server selected its certificate for the server name (SNI) of the client: the client sent
 * no name, a certificate contains the name, a certificate contains a wildcard that matches the
 * name, or no certificate matches.
 */
typedef enum {
    S2N_SNI_NONE = 1,
    S2N_SNI_EXACT_MATCH = 2,
    S2N_SNI_WILDCARD_MATCH = 3,
    S2N_SNI_NO_MATCH = 4,
} s2n_cert_sni_match;

/**
 * Signature algorithms of handshake signatures.
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
 * Hash algorithms of handshake signatures.
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
 * State of early data.
 */
typedef enum {
    S2N_EARLY_DATA_STATUS_OK = 0,
    S2N_EARLY_DATA_STATUS_NOT_REQUESTED = 1,
    S2N_EARLY_DATA_STATUS_REJECTED = 2,
    S2N_EARLY_DATA_STATUS_END = 3,
} s2n_early_data_status_t;

/**
 * Types of private key operations.
 */
typedef enum {
    S2N_ASYNC_DECRYPT = 0,
    S2N_ASYNC_SIGN = 1,
} s2n_async_pkey_op_type;

/**
 * Types of errors, on which a program decides how to proceed; returned by `s2n_error_get_type()`.
 *
 * `S2N_ERR_T_OK`: no error. `S2N_ERR_T_IO`: the transport failed, see `errno`. `S2N_ERR_T_CLOSED`:
 * the connection is closed. `S2N_ERR_T_BLOCKED`: the call would block, and is to be repeated.
 * `S2N_ERR_T_ALERT`: the peer sent an alert. `S2N_ERR_T_PROTO`: the peer violated the protocol, or
 * its messages were rejected. `S2N_ERR_T_INTERNAL`: an error within the library.
 * `S2N_ERR_T_USAGE`: a misuse of the API.
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
 * Extensions whose content the API returns (RFC 8446, 4.2). The values are those of the protocol.
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
 * Maximum fragment lengths of the max_fragment_length extension, in bytes (RFC 6066, 4).
 */
typedef enum {
    S2N_TLS_MAX_FRAG_LEN_512 = 1,
    S2N_TLS_MAX_FRAG_LEN_1024 = 2,
    S2N_TLS_MAX_FRAG_LEN_2048 = 3,
    S2N_TLS_MAX_FRAG_LEN_4096 = 4,
} s2n_max_frag_len;

/**
 * Whether signatures are verified before they are sent.
 */
typedef enum {
    S2N_VERIFY_AFTER_SIGN_DISABLED = 0,
    S2N_VERIFY_AFTER_SIGN_ENABLED = 1,
} s2n_verify_after_sign;

/**
 * Whether a client requests the status of the server's certificate (RFC 6066, 8).
 */
typedef enum {
    S2N_STATUS_REQUEST_NONE = 0,
    S2N_STATUS_REQUEST_OCSP = 1,
} s2n_status_request_type;

/**
 * Whether a client requests signed certificate timestamps (RFC 6962).
 */
typedef enum {
    S2N_CT_SUPPORT_NONE = 0,
    S2N_CT_SUPPORT_REQUEST = 1,
} s2n_ct_support_level;

/**
 * Whether the handshake is suspended after the ClientHello callback until
 * `s2n_client_hello_cb_done()` is called (`S2N_CLIENT_HELLO_CB_NONBLOCKING`) or continues
 * (`S2N_CLIENT_HELLO_CB_BLOCKING`).
 */
typedef enum {
    S2N_CLIENT_HELLO_CB_BLOCKING = 0,
    S2N_CLIENT_HELLO_CB_NONBLOCKING = 1,
} s2n_client_hello_cb_mode;

/**
 * Whether a key update requests that the peer updates its keys, too (RFC 8446, 4.6.3).
 */
typedef enum {
    S2N_KEY_UPDATE_NOT_REQUESTED = 0,
    S2N_KEY_UPDATE_REQUESTED = 1,
} s2n_peer_key_update;

/**
 * Hash algorithms of pre-shared keys.
 */
typedef enum {
    S2N_PSK_HMAC_SHA256 = 0,
    S2N_PSK_HMAC_SHA384 = 1,
} s2n_psk_hmac;

/**
 * Origin of the pre-shared keys of a connection: session resumption, or external keys.
 */
typedef enum {
    S2N_PSK_MODE_RESUMPTION = 0,
    S2N_PSK_MODE_EXTERNAL = 1,
} s2n_psk_mode;

/**
 * Whether signatures of asynchronous private key operations are verified when they are applied.
 */
typedef enum {
    S2N_ASYNC_PKEY_VALIDATION_FAST = 0,
    S2N_ASYNC_PKEY_VALIDATION_STRICT = 1,
} s2n_async_pkey_validation_mode;

/**
 * Format versions of serialized connections.
 */
typedef enum {
    S2N_SERIALIZED_CONN_NONE = 0,
    S2N_SERIALIZED_CONN_V1 = 1,
} s2n_serialization_version;

/**
 * Blinding of an error that the peer caused: whether the library or the application waits for the
 * delay.
 */
typedef enum {
    S2N_BUILT_IN_BLINDING = 0,
    S2N_SELF_SERVICE_BLINDING = 1,
} s2n_blinding;

/**
 * Handling of alerts of warning level before TLS 1.3: they fail the connection, or are ignored.
 */
typedef enum {
    S2N_ALERT_FAIL_ON_WARNINGS = 0,
    S2N_ALERT_IGNORE_WARNINGS = 1,
} s2n_alert_behavior;

/**
 * Initializes an allocator.
 *
 * @returns less than 0 for failure
 */
typedef int (*s2n_mem_init_callback)(void);

/**
 * Ends the use of an allocator.
 *
 * @returns less than 0 for failure
 */
typedef int (*s2n_mem_cleanup_callback)(void);

/**
 * Allocates memory.
 *
 * @param ptr Set to the memory, with any alignment
 * @param requested The requested number of bytes
 * @param allocated Set to the number of bytes allocated, at least `requested`
 * @returns less than 0 for failure
 */
typedef int (*s2n_mem_malloc_callback)(void **ptr, uint32_t requested, uint32_t *allocated);

/**
 * Frees memory.
 *
 * @param ptr The memory
 * @param size The number of bytes allocated
 */
typedef int (*s2n_mem_free_callback)(void *ptr, uint32_t size);

/**
 * Initializes a random number generator. Never called.
 */
typedef int (*s2n_rand_init_callback)(void);

/**
 * Ends the use of a random number generator. Never called.
 */
typedef int (*s2n_rand_cleanup_callback)(void);

/**
 * Fills a buffer with random bytes that are kept secret. Never called.
 *
 * @param data The buffer
 * @param size Size of the buffer in bytes
 */
typedef int (*s2n_rand_seed_callback)(void *data, uint32_t size);

/**
 * Fills a buffer with random bytes that may be public. Never called.
 *
 * @param data The buffer
 * @param size Size of the buffer in bytes
 */
typedef int (*s2n_rand_mix_callback)(void *data, uint32_t size);

/**
 * Selects between two certificate chains with the same name and type of key.
 *
 * @param cert1 The chain that was added first
 * @param cert2 The chain that is being added
 * @param name The name that both certificates contain, valid during the call
 * @param name_len Length of the name in bytes
 * @returns one of the two chains, or NULL to keep the first
 */
typedef struct s2n_cert_chain_and_key *(*s2n_cert_tiebreak_callback)(struct s2n_cert_chain_and_key *cert1,
                                                                     struct s2n_cert_chain_and_key *cert2,
                                                                     uint8_t *name,
                                                                     uint32_t name_len);

/**
 * Verifies a host name of the peer's certificate.
 *
 * @param host_name The name, NUL-terminated, valid during the call
 * @param host_name_len Length of the name in bytes, without the NUL
 * @param data The context of the callback
 * @returns 1 to accept the name, 0 to reject it
 */
typedef uint8_t (*s2n_verify_host_fn)(const char *host_name, size_t host_name_len, void *data);

/**
 * Starts an operation of a private key: see `s2n_config_set_async_pkey_callback()`.
 *
 * @param conn The connection
 * @param op The operation; owned by the callback, and to be freed with `s2n_async_pkey_op_free()`
 * @returns 0 for success, another value to fail the handshake
 */
typedef int (*s2n_async_pkey_fn)(struct s2n_connection *conn, struct s2n_async_pkey_op *op);

/**
 * Receives a line of a key log (RFC 9850).
 *
 * @param ctx The context of the callback
 * @param conn The connection
 * @param logline The line without its end, valid during the call; not NUL-terminated
 * @param len Length of the line in bytes
 * @returns a value that is ignored
 */
typedef int (*s2n_key_log_fn)(void *ctx, struct s2n_connection *conn, uint8_t *logline, size_t len);

/**
 * Returns the current time of a clock. The first parameter is the context of the clock; the second
 * is set to the time in nanoseconds.
 *
 * @returns 0 for success, another value for failure
 */
typedef int (*s2n_clock_time_nanoseconds)(void*, uint64_t*);

/**
 * Stores a session in the application's session cache. The second parameter is the context of the
 * callback. A server calls it within `s2n_negotiate()`. The return value is ignored.
 *
 * @param conn The connection
 * @param ttl_in_seconds Lifetime of the session in seconds
 * @param key The session identifier, valid during the call
 * @param key_size Length of the identifier in bytes
 * @param value The session, valid during the call
 * @param value_size Length of the session in bytes
 * @returns 0 for success, less than 0 for failure
 */
typedef int (*s2n_cache_store_callback)(struct s2n_connection *conn,
                                        void*,
                                        uint64_t ttl_in_seconds,
                                        const void *key,
                                        uint64_t key_size,
                                        const void *value,
                                        uint64_t value_size);

/**
 * Retrieves a session from the application's session cache. The second parameter is the context of
 * the callback. A server calls it within `s2n_negotiate()`.
 *
 * @param conn The connection
 * @param key The session identifier, valid during the call
 * @param key_size Length of the identifier in bytes
 * @param value Buffer for the session, as it was stored
 * @param value_size Size of the buffer in bytes; set to the length of the session
 * @returns 0 for success, `S2N_CALLBACK_BLOCKED` if the cache has not answered yet, another value
 * less than 0 if there is no such session
 */
typedef int (*s2n_cache_retrieve_callback)(struct s2n_connection *conn,
                                           void*,
                                           const void *key,
                                           uint64_t key_size,
                                           void *value,
                                           uint64_t *value_size);

/**
 * Removes a session from the application's session cache. The second parameter is the context of
 * the callback. It is called after an error of the connection, within the call that fails. The
 * return value is ignored.
 *
 * @param conn The connection
 * @param key The session identifier, valid during the call
 * @param key_size Length of the identifier in bytes
 * @returns 0 for success, less than 0 for failure
 */
typedef int (*s2n_cache_delete_callback)(struct s2n_connection *conn,
                                         void*,
                                         const void *key,
                                         uint64_t key_size);

/**
 * Receives a session ticket that a server sent.
 *
 * @param conn The connection
 * @param ctx The context of the callback
 * @param ticket The ticket, valid during the call
 * @returns less than 0 to close the connection; the call fails with `S2N_ERR_CANCELLED`
 */
typedef int (*s2n_session_ticket_fn)(struct s2n_connection *conn,
                                     void *ctx,
                                     struct s2n_session_ticket *ticket);

/**
 * Selects one of the pre-shared keys that a client offers: see
 * `s2n_config_set_psk_selection_callback()`.
 *
 * @param conn The connection
 * @param context The context of the callback
 * @param psk_list The offered keys, valid during the call
 * @returns 0 or more to continue with the chosen key; less than 0 for a full handshake
 */
typedef int (*s2n_psk_selection_callback)(struct s2n_connection *conn,
                                          void *context,
                                          struct s2n_offered_psk_list *psk_list);

/**
 * Accepts or rejects the early data that a client offers: see `s2n_config_set_early_data_cb()`.
 *
 * @param conn The connection
 * @param early_data The offered early data, valid as long as the connection exists
 * @returns 0 or more to continue; less than 0 to end the handshake
 */
typedef int (*s2n_early_data_cb)(struct s2n_connection *conn,
                                 struct s2n_offered_early_data *early_data);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Initializes the library. It must be called once, before any other function that creates an
 * object.
 *
 * @returns 0, or -1 with `S2N_ERR_INITIALIZED` if it was called before without a later
 * `s2n_cleanup_final()`, `S2N_ERR_RANDOM` if the system provides no entropy, `S2N_ERR_ALLOC` if it
 * provides no memory, `S2N_ERR_CANCELLED` if a callback of `s2n_mem_set_callbacks()` fails, or
 * `RS2N_ERR_POLICY_TEXT` if the file that the environment variable `RS2N_SECURITY_POLICIES` names
 * cannot be read or is not valid: `s2n_strerror_debug()` shows the line and the word
 */
S2N_API extern int s2n_init(void);

/**
 * Frees the resources of the calling thread. It has no effect: a thread holds no resources of the
 * library.
 *
 * @returns 0
 */
S2N_API extern int s2n_cleanup(void);

/**
 * Ends the use of the library, and frees its process-wide data, such as the operating system's
 * root certificates. Existing objects remain valid; `s2n_init()` may be called again.
 *
 * @returns 0, or -1 with `S2N_ERR_NOT_INITIALIZED` if the library was not initialized, or with
 * `S2N_ERR_ATEXIT` if a callback of `s2n_mem_set_callbacks()` fails
 */
S2N_API extern int s2n_cleanup_final(void);

/**
 * Disables the exit handler of `s2n_init()`. No exit handler is ever installed; the function only
 * validates that it is called before `s2n_init()`.
 *
 * @returns 0, or -1 with `S2N_ERR_INITIALIZED` after `s2n_init()`
 */
S2N_API extern int s2n_disable_atexit(void);

/**
 * Disables the initialization of the cryptographic library in `s2n_init()`. AWS-LC requires none;
 * the function only validates that it is called before `s2n_init()`.
 *
 * @returns 0, or -1 with `S2N_ERR_INITIALIZED` after `s2n_init()`
 */
S2N_API extern int s2n_crypto_disable_init(void);

/**
 * Sets the allocator of the library, in place of `malloc()`. It must be called before any other
 * function of the library, and before `s2n_init()`, from which on the callbacks are used.
 *
 * The callbacks may be called in any thread. If the callback returns no memory or less than was
 * requested, the allocation fails, and calls that need memory fail with `S2N_ERR_ALLOC`. Memory of
 * AWS-LC, the cryptographic library, is always allocated by `malloc()`, and so is memory for the
 * life of the process; `s2n_cleanup_final()` returns all other memory. The memory of objects that
 * are alive then is not returned to the callbacks any more. Memory is neither locked nor excluded
 * from core dumps.
 *
 * @param mem_init_callback Called by `s2n_init()`, which fails if it returns less than 0
 * @param mem_cleanup_callback Called by `s2n_cleanup_final()`, which fails if it returns less than
 * 0
 * @param mem_malloc_callback Allocates memory: stores a pointer to at least the requested number
 * of bytes, with any alignment, and the number of bytes allocated; returns less than 0 for failure
 * @param mem_free_callback Frees memory, given the pointer and its number of bytes allocated
 * @returns 0; or -1 with `S2N_ERR_INITIALIZED` after `s2n_init()`, or if the library has allocated
 * memory before; or with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_mem_set_callbacks(s2n_mem_init_callback mem_init_callback,
                          s2n_mem_cleanup_callback mem_cleanup_callback,
                          s2n_mem_malloc_callback mem_malloc_callback,
                          s2n_mem_free_callback mem_free_callback);

/**
 * Sets the random number generators. It has no effect, as in s2n-tls: random bytes come from
 * AWS-LC, which obtains them from the operating system.
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
 * Returns the version of the OpenSSL API that the cryptographic library implements.
 *
 * @returns the `OPENSSL_VERSION_NUMBER` of AWS-LC, which is that of OpenSSL 1.1.1
 */
S2N_API extern unsigned long s2n_get_openssl_version(void);

/**
 * Returns whether the cryptographic library is a FIPS 140 module. It is not.
 *
 * @param fips_mode Set to `S2N_FIPS_MODE_DISABLED`
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_NOT_INITIALIZED` before `s2n_init()`
 */
S2N_API extern int s2n_get_fips_mode(s2n_fips_mode *fips_mode);

/**
 * Returns the address of the calling thread's `s2n_errno`.
 *
 * @returns a pointer that is valid in the calling thread, until the thread ends
 */
S2N_API extern int *s2n_errno_location(void);

/**
 * Returns the type of an error, on which a program decides how to proceed.
 *
 * @param error A value of `s2n_errno`
 * @returns a value of `s2n_error_type`; every number is accepted
 */
S2N_API extern int s2n_error_get_type(int error);

/**
 * Returns the message of an error.
 *
 * @param error A value of `s2n_errno`
 * @param lang "EN" in upper or lower case, or NULL for English; no other language is supported
 * @returns a static string; a fixed message for an unknown number or language
 */
S2N_API extern const char *s2n_strerror(int error, const char *lang);

/**
 * Returns the name of the calling thread's last error, and the source location where it was
 * raised.
 *
 * @param error A value of `s2n_errno`; 0 returns the message of "no error", all other values are
 * equivalent
 * @param lang "EN" in upper or lower case, or NULL for English
 * @returns the name of the error, "Error encountered in", and the file and line; valid in the
 * calling thread until its next failed call
 */
S2N_API extern const char *s2n_strerror_debug(int error, const char *lang);

/**
 * Returns the name of an error, such as "S2N_ERR_NULL".
 *
 * @param error A value of `s2n_errno`
 * @returns a static string; "Internal s2n error" for an unknown number
 */
S2N_API extern const char *s2n_strerror_name(int error);

/**
 * Returns the source location where the calling thread's last error was raised.
 *
 * @param error A value of `s2n_errno`; 0 returns the message of "no error", all other values are
 * equivalent
 * @returns file and line, such as "io.rs:120"; valid in the calling thread until its next failed
 * call
 */
S2N_API extern const char *s2n_strerror_source(int error);

/**
 * Returns whether errors record a stack trace.
 *
 * @returns the last value of `s2n_stack_traces_enabled_set()`; or true if the environment variable
 * `S2N_PRINT_STACKTRACE` was set during `s2n_init()`
 */
S2N_API extern bool s2n_stack_traces_enabled(void);

/**
 * Enables or disables stack traces of errors, in all threads. Recording one takes microseconds for
 * each error, errors of type `S2N_ERR_T_BLOCKED` included.
 *
 * @param newval Whether errors record a stack trace
 * @returns 0
 */
S2N_API extern int s2n_stack_traces_enabled_set(bool newval);

/**
 * Records a stack trace for the calling thread, as an error does, if stack traces are enabled.
 *
 * @returns 0
 */
S2N_API extern int s2n_calculate_stacktrace(void);

/**
 * Prints the stack trace of the calling thread's last error; or the setting that enables stack
 * traces, if they are disabled.
 *
 * @param fptr An open stream; owned by the caller
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_IO` if the stream cannot be written to
 */
S2N_API extern int s2n_print_stacktrace(FILE *fptr);

/**
 * Frees the calling thread's stack trace, and the strings that `s2n_get_stacktrace()` returned of
 * it.
 *
 * @returns 0
 */
S2N_API extern int s2n_free_stacktrace(void);

/**
 * Returns the stack trace of the calling thread's last error: one line for each stack frame,
 * innermost first, with the name of the function and, where known, its source location.
 *
 * @param trace Set to a list of strings and its length, NULL and 0 if there is no stack trace. The
 * strings are owned by the library, and valid in the calling thread until its next call of this
 * function or of `s2n_free_stacktrace()`.
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_get_stacktrace(struct s2n_stacktrace *trace);

/**
 * Creates a config with the security policy "default" and the operating system's root certificates
 * in its trust store. A config may be shared by any number of connections, also in different
 * threads.
 *
 * @returns a config, owned by the caller and to be freed with `s2n_config_free()`; or NULL with
 * `S2N_ERR_NOT_INITIALIZED`, or with `S2N_ERR_X509_TRUST_STORE` if the limit of descriptors is
 * reached, with EMFILE or ENFILE in `errno`
 */
S2N_API extern struct s2n_config *s2n_config_new(void);

/**
 * Creates a config with the security policy "default" and an empty trust store.
 *
 * @returns a config, owned by the caller and to be freed with `s2n_config_free()`; or NULL with
 * `S2N_ERR_NOT_INITIALIZED`
 */
S2N_API extern struct s2n_config *s2n_config_new_minimal(void);

/**
 * Frees a config. Connections that use it keep it alive, and continue to use it.
 *
 * @param config A config; the pointer is invalid after the call
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_free(struct s2n_config *config);

/**
 * Sets the application's context pointer of a config.
 *
 * @param config A config
 * @param ctx Any pointer, NULL included; owned by the caller, and never dereferenced
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_set_ctx(struct s2n_config *config, void *ctx);

/**
 * Returns the application's context pointer of a config.
 *
 * @param config A config
 * @param ctx Set to the pointer of `s2n_config_set_ctx()`, or to NULL if none was set
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_get_ctx(struct s2n_config *config, void **ctx);

/**
 * Sets the security policy of a config: protocol versions, cipher suites, groups and signature
 * schemes, in order of preference.
 *
 * @param config A config
 * @param version The name of a policy, such as "default_tls13", as a NUL-terminated string; not
 * retained
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_SECURITY_POLICY`,
 * `S2N_ERR_DEPRECATED_SECURITY_POLICY`, `S2N_ERR_CIPHER_NOT_SUPPORTED` if no part of the policy is
 * supported, or `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the policy has rules that a
 * certificate of the config violates; the policy is unchanged on failure
 */
S2N_API extern
int s2n_config_set_cipher_preferences(struct s2n_config *config,
                                      const char *version);

/**
 * Returns the identifiers of the groups that the config's security policy offers (RFC 8446,
 * 4.2.7), most preferred first.
 *
 * @param config A config
 * @param groups Buffer for the identifiers
 * @param groups_count_max Size of the buffer, in identifiers
 * @param groups_count Set to the number of identifiers that were stored; 0 on failure
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INSUFFICIENT_MEM_SIZE` if the buffer is
 * too small
 */
S2N_API extern
int s2n_config_get_supported_groups(struct s2n_config *config,
                                    uint16_t *groups,
                                    uint16_t groups_count_max,
                                    uint16_t *groups_count);

/**
 * Validates parameters of finite-field Diffie-Hellman for a server. The parameters have no effect:
 * only DHE cipher suites would use them, and no policy offers them here, even where it lists them.
 *
 * @param config A config
 * @param dhparams_pem Parameters in PEM (`DH PARAMETERS`), as a NUL-terminated string; not
 * retained
 * @returns 0; or -1 with `S2N_ERR_NULL`, also for a content that is not DH parameters,
 * `S2N_ERR_INVALID_PEM`, `S2N_ERR_DH_PARAMS_CREATE` if the prime is shorter than 256 bytes,
 * `S2N_ERR_INVALID_PKCS3` if data follows the parameters, or `S2N_ERR_DH_PARAMETER_CHECK` if the
 * prime is not a safe prime
 */
S2N_API extern int s2n_config_add_dhparams(struct s2n_config *config, const char *dhparams_pem);

/**
 * Frees the parameters of `s2n_config_add_dhparams()`. It has no effect, as that function only
 * validates them.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_free_dhparams(struct s2n_config *config);

/**
 * Adds an application protocol to the end of the ALPN protocol list (RFC 7301). A client offers
 * the protocols of the list, a server accepts them.
 *
 * @param config A config
 * @param protocol The protocol name, without a terminating NUL; copied
 * @param protocol_len Length of the name in bytes, not 0
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_APPLICATION_PROTOCOL`
 */
S2N_API extern
int s2n_config_append_protocol_preference(struct s2n_config *config,
                                          const uint8_t *protocol,
                                          uint8_t protocol_len);

/**
 * Sets the ALPN protocol list (RFC 7301), most preferred first. A client offers the protocols of
 * the list, a server accepts them.
 *
 * @param config A config
 * @param protocols Protocol names, each a NUL-terminated string; copied. NULL clears the list.
 * @param protocol_count Number of names; 0 clears the list
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_APPLICATION_PROTOCOL`; the list
 * is unchanged on failure
 */
S2N_API extern
int s2n_config_set_protocol_preferences(struct s2n_config *config,
                                        const char *const *protocols,
                                        int protocol_count);

/**
 * Loads the only certificate chain of a config, with its private key, from PEM. The config owns
 * the chain. Superseded by `s2n_config_add_cert_chain_and_key_to_store()`.
 *
 * @param config A config
 * @param cert_chain_pem Certificates in PEM, the leaf first, as a NUL-terminated string; copied
 * @param private_key_pem The leaf's private key in PEM, as a NUL-terminated string: PKCS#8, PKCS#1
 * or SEC1, not encrypted; copied
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
 * `S2N_ERR_DECODE_CERTIFICATE`, `S2N_ERR_DECODE_PRIVATE_KEY`, `S2N_ERR_KEY_MISMATCH`,
 * `S2N_ERR_CERT_OWNERSHIP` if the config has a chain already, or
 * `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the chain violates rules of the security policy
 */
S2N_API extern
int s2n_config_add_cert_chain_and_key(struct s2n_config *config,
                                      const char *cert_chain_pem,
                                      const char *private_key_pem);

/**
 * Loads the only certificate chain of a config from PEM, without a private key. The config owns
 * the chain; signatures are made by the callback of `s2n_config_set_async_pkey_callback()`.
 *
 * @param config A config
 * @param cert_chain_pem Certificates in PEM, the leaf first; copied
 * @param cert_chain_pem_size Length of the PEM text in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
 * `S2N_ERR_DECODE_CERTIFICATE`, `S2N_ERR_CERT_OWNERSHIP` if the config has a chain already, or
 * `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the chain violates rules of the security policy
 */
S2N_API extern
int s2n_config_add_cert_chain(struct s2n_config *config,
                              uint8_t *cert_chain_pem,
                              uint32_t cert_chain_pem_size);

/**
 * Frees the certificate chain that the config owns: the chain of
 * `s2n_config_add_cert_chain_and_key()`. Chains that the application created are not freed.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_free_cert_chain_and_key(struct s2n_config *config);

/**
 * Adds a certificate chain with its private key to a config. A server selects one of the chains of
 * its config; a client sends its chain when the server requests a certificate.
 *
 * A server searches the DNS names of all chains (the common names of chains without DNS names) for
 * the server name (SNI) of the ClientHello, then for the wildcard of that name. If no chain
 * matches, it uses the default chains. If chains with different types of keys match, the security
 * policy selects one: the first cipher suite or signature scheme of the policy that the client
 * supports and that one of the chains can be used with.
 *
 * @param config A config
 * @param cert_key_pair A loaded chain; owned by the caller, who may free it while configs use it
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CERT_TYPE_UNSUPPORTED` if no certificate was
 * loaded, `S2N_ERR_CERT_OWNERSHIP` after `s2n_config_add_cert_chain_and_key()`, or
 * `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the chain violates rules of the security policy
 */
S2N_API extern
int s2n_config_add_cert_chain_and_key_to_store(struct s2n_config *config,
                                               struct s2n_cert_chain_and_key *cert_key_pair);

/**
 * Sets the default certificate chains of a server, for clients that send no server name (SNI) or a
 * name that no chain matches. Unless set, the default for each type of key is the chain that was
 * added first.
 *
 * @param config A config
 * @param cert_key_pairs Loaded chains, at most one for each type of key; owned by the caller
 * @param num_cert_key_pairs Number of chains
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NUM_DEFAULT_CERTIFICATES` for no chains or too
 * many, `S2N_ERR_MULTIPLE_DEFAULT_CERTIFICATES_PER_AUTH_TYPE`, `S2N_ERR_CERT_TYPE_UNSUPPORTED` if
 * no certificate was loaded into one of the chains, or `S2N_ERR_CERT_OWNERSHIP` after
 * `s2n_config_add_cert_chain_and_key()`
 */
S2N_API extern
int s2n_config_set_cert_chain_and_key_defaults(struct s2n_config *config,
                                               struct s2n_cert_chain_and_key **cert_key_pairs,
                                               uint32_t num_cert_key_pairs);

/**
 * Sets the callback that selects between two certificate chains with the same name and type of
 * key. Without a callback the chain that was added first is kept.
 *
 * @param config A config
 * @param cert_tiebreak_cb The callback, which is called when a chain is added; it returns one of
 * the two chains, or NULL to keep the first. NULL removes the callback.
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_cert_tiebreak_callback(struct s2n_config *config,
                                          s2n_cert_tiebreak_callback cert_tiebreak_cb);

/**
 * Sets the OCSP response that a server sends with the chain of
 * `s2n_config_add_cert_chain_and_key()`. Superseded by `s2n_cert_chain_and_key_set_ocsp_data()`.
 *
 * @param config A config
 * @param type `S2N_EXTENSION_OCSP_STAPLING`, for an OCSP response in DER; or
 * `S2N_EXTENSION_CERTIFICATE_TRANSPARENCY`, for timestamps, which cannot be sent
 * @param data The content of the extension; copied. NULL removes it.
 * @param length Length of the content in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_UPDATING_EXTENSION` if the config has no chain,
 * `S2N_ERR_CERT_OWNERSHIP` if the application owns the chain, `S2N_ERR_UNRECOGNIZED_EXTENSION` for
 * another type, or `S2N_ERR_UNIMPLEMENTED` for timestamps
 */
S2N_API extern
int s2n_config_set_extension_data(struct s2n_config *config,
                                  s2n_tls_extension_type type,
                                  const uint8_t *data,
                                  uint32_t length);

/**
 * Adds the certificates of a PEM file, and those of all files of a directory, to the trust store.
 * Clients request OCSP responses after this call: see `s2n_config_set_status_request_type()`.
 *
 * @param config A config
 * @param ca_pem_filename Path of the file, as a NUL-terminated string, or NULL
 * @param ca_dir Path of the directory, as a NUL-terminated string, or NULL; files in it without a
 * certificate are skipped, and so is a directory that cannot be read
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_X509_TRUST_STORE` if the file cannot be
 * read, if both paths are NULL, or if the limit of descriptors is reached, with EMFILE or ENFILE in
 * `errno`; the trust store is unchanged on failure
 */
S2N_API extern
int s2n_config_set_verification_ca_location(struct s2n_config *config,
                                            const char *ca_pem_filename,
                                            const char *ca_dir);

/**
 * Adds the certificates of a PEM text to the trust store. A trusted certificate may be a root, an
 * intermediate, or the peer's own certificate.
 *
 * @param config A config
 * @param pem Certificates in PEM, as a NUL-terminated string; copied
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_PEM` or `S2N_ERR_DECODE_CERTIFICATE`;
 * the trust store is unchanged on failure
 */
S2N_API extern int s2n_config_add_pem_to_trust_store(struct s2n_config *config, const char *pem);

/**
 * Removes all certificates from the trust store, those of the operating system included, and the keys
 * of `rs2n_config_add_trusted_public_key()`.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_wipe_trust_store(struct s2n_config *config);

/**
 * Adds the operating system's root certificates to the trust store, as `s2n_config_new()` does.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_X509_TRUST_STORE` if they were added
 * before, or if the limit of descriptors is reached, with EMFILE or ENFILE in `errno`
 */
S2N_API extern int s2n_config_load_system_certs(struct s2n_config *config);

/**
 * Disables the verification of peer certificates, and empties the trust store. An attacker in the
 * network path can then read and modify all data: for tests only.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_disable_x509_verification(struct s2n_config *config);

/**
 * Sets the maximum number of certificates in a peer's chain. The default is 7.
 *
 * @param config A config
 * @param max_depth The maximum number of certificates, the leaf included
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_ARGUMENT` for 0
 */
S2N_API extern
int s2n_config_set_max_cert_chain_depth(struct s2n_config *config,
                                        uint16_t max_depth);

/**
 * Disables the check of the current time against the validity periods of certificates, for devices
 * without a correct clock. There must still be a time at which all certificates of a path are
 * valid, and the times of OCSP responses are still checked.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_disable_x509_time_verification(struct s2n_config *config);

/**
 * Disables the check of the purpose of certificates: certificates for any purpose are accepted,
 * also client certificates from servers, and vice versa.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if `config` is NULL
 */
S2N_API extern int s2n_config_disable_x509_intent_verification(struct s2n_config *config);

/**
 * Sets whether the OCSP response (RFC 6960) that a server staples to its certificate is validated,
 * and must report the status "good". The check is enabled by default; it does not require the
 * server to send a response.
 *
 * @param config A config
 * @param check_ocsp 0 disables the check; any other value enables it
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_check_stapled_ocsp_response(struct s2n_config *config,
                                               uint8_t check_ocsp);

/**
 * Sets whether a client requests a stapled OCSP response (RFC 6066, 8).
 * `s2n_config_set_verification_ca_location()` enables the request as well;
 * `S2N_STATUS_REQUEST_NONE` after that call disables it.
 *
 * @param config A config
 * @param type `S2N_STATUS_REQUEST_NONE` or `S2N_STATUS_REQUEST_OCSP`
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_status_request_type(struct s2n_config *config,
                                       s2n_status_request_type type);

/**
 * Sets whether a client requests signed certificate timestamps (RFC 6962). The request is not
 * supported by rustls.
 *
 * @param config A config
 * @param level A value of `s2n_ct_support_level`
 * @returns 0 for `S2N_CT_SUPPORT_NONE`; otherwise -1 with `S2N_ERR_NULL` or
 * `S2N_ERR_UNIMPLEMENTED`
 */
S2N_API extern
int s2n_config_set_ct_support_level(struct s2n_config *config,
                                    s2n_ct_support_level level);

/**
 * Sets the callback that verifies the host names in the peer's certificate. Without a callback the
 * names are compared with the server name of the connection, on clients and on servers: the name
 * of `s2n_set_server_name()`, or the SNI that the client sent.
 *
 * The callback is called for each alternative name (DNS names, URIs, and IP addresses as text) or,
 * if there are none, for the common name, until it accepts one.
 *
 * @param config A config
 * @param host_fn The callback, which is called in any thread that uses the config; it returns 1 to
 * accept a name, 0 to reject it. NULL restores the built-in comparison.
 * @param data Passed to the callback unchanged; owned by the caller
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_verify_host_callback(struct s2n_config *config,
                                        s2n_verify_host_fn host_fn,
                                        void *data);

/**
 * Sets whether a server requests or requires a client certificate.
 *
 * @param config A config
 * @param client_auth_type `S2N_CERT_AUTH_NONE`, `S2N_CERT_AUTH_OPTIONAL` or
 * `S2N_CERT_AUTH_REQUIRED`
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_ARGUMENT` for another value
 */
S2N_API extern
int s2n_config_set_client_auth_type(struct s2n_config *config,
                                    s2n_cert_auth_type client_auth_type);

/**
 * Returns whether a server requests or requires a client certificate.
 *
 * @param config A config
 * @param client_auth_type Set to the value of `s2n_config_set_client_auth_type()`, or to
 * `S2N_CERT_AUTH_NONE` if it was not called
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_get_client_auth_type(struct s2n_config *config,
                                    s2n_cert_auth_type *client_auth_type);

/**
 * Enables the certificate_authorities extension (RFC 8446, 4.2.4) in the certificate requests of a
 * server, with the subjects of the certificates in the trust store. Certificates that are added to
 * the trust store later are not included.
 *
 * @param config A config
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if the trust store contains the
 * system's root certificates, or `S2N_ERR_TOO_MANY_CAS` if the list of names is longer than 20,000
 * bytes
 */
S2N_API extern int s2n_config_set_cert_authorities_from_trust_store(struct s2n_config *config);

/**
 * Adds DSS to the certificate types that a server requests in TLS 1.2 (RFC 5246, 7.4.4), for
 * clients that respond to no other request. Not supported: no DSS certificate could be accepted,
 * and the certificate types of a request cannot be changed here.
 *
 * @param config A config
 * @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
 */
S2N_API extern int s2n_config_enable_cert_req_dss_legacy_compat(struct s2n_config *config);

/**
 * Sets the callback that a server calls when a ClientHello has arrived, before version, cipher
 * suite and certificate are selected.
 *
 * The callback can read the message with `s2n_connection_get_client_hello()`, and replace the
 * config of the connection with `s2n_connection_set_config()`. It is called once for each
 * connection, within `s2n_negotiate()`; not for the second ClientHello, which follows a
 * HelloRetryRequest. A return value less than 0 fails the handshake with `S2N_ERR_CANCELLED`. The
 * meaning of 0 and greater values depends on the mode: see
 * `s2n_config_set_client_hello_cb_mode()`.
 *
 * @param config A config
 * @param client_hello_callback The callback, which is called in any thread that uses the config;
 * NULL removes it
 * @param ctx Passed to the callback unchanged; owned by the caller
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_client_hello_cb(struct s2n_config *config,
                                   int (*client_hello_callback)(struct s2n_connection *conn,
                                                                void *ctx),
                                   void *ctx);

/**
 * Sets whether the handshake continues when the ClientHello callback has returned, or is
 * suspended.
 *
 * @param config A config
 * @param cb_mode `S2N_CLIENT_HELLO_CB_BLOCKING`, the default: the handshake continues.
 * `S2N_CLIENT_HELLO_CB_NONBLOCKING`: the handshake is suspended until `s2n_client_hello_cb_done()`
 * is called, in the callback or later; until then `s2n_negotiate()` fails with
 * `S2N_ERR_ASYNC_BLOCKED` and `S2N_BLOCKED_ON_APPLICATION_INPUT`.
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_STATE` for another mode
 */
S2N_API extern
int s2n_config_set_client_hello_cb_mode(struct s2n_config *config,
                                        s2n_client_hello_cb_mode cb_mode);

/**
 * Sets the callback for private key operations, which may complete asynchronously. It is called
 * when a handshake requires a signature by the private key of the local certificate: once for a
 * server, and once for a client that sends a certificate. With a callback, certificate chains need
 * no private key.
 *
 * The callback receives an operation. It owns the operation, and must free it with
 * `s2n_async_pkey_op_free()`, whatever the callback returns. The application signs, in the
 * callback or later, in any thread: with `s2n_async_pkey_op_perform()`, or with
 * `s2n_async_pkey_op_get_input()` and `s2n_async_pkey_op_set_output()`. Then
 * `s2n_async_pkey_op_apply()` passes the signature to the connection. Until then `s2n_negotiate()`
 * fails with `S2N_ERR_ASYNC_BLOCKED` and `S2N_BLOCKED_ON_APPLICATION_INPUT`. The callback returns
 * 0 for success; any other value fails the handshake with `S2N_ERR_ASYNC_CALLBACK_FAILED`.
 *
 * @param config A config; the callback applies to handshakes that begin later
 * @param fn The callback, which is called in any thread that uses the config; NULL removes it
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_async_pkey_callback(struct s2n_config *config,
                                       s2n_async_pkey_fn fn);

/**
 * Sets whether `s2n_async_pkey_op_apply()` verifies signatures with the certificate's public key.
 *
 * @param config A config
 * @param mode `S2N_ASYNC_PKEY_VALIDATION_FAST`, the default: signatures are not verified.
 * `S2N_ASYNC_PKEY_VALIDATION_STRICT`: signatures are verified.
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_ARGUMENT` for another mode
 */
S2N_API extern
int s2n_config_set_async_pkey_validation_mode(struct s2n_config *config,
                                              s2n_async_pkey_validation_mode mode);

/**
 * Sets whether signatures are verified before they are sent, both those of the library and those
 * of the application: a fault in the computation can disclose the private key. For an invalid
 * signature the handshake fails with `S2N_ERR_VERIFY_SIGNATURE`, and so does
 * `s2n_async_pkey_op_apply()`.
 *
 * @param config A config
 * @param mode `S2N_VERIFY_AFTER_SIGN_DISABLED`, the default, or `S2N_VERIFY_AFTER_SIGN_ENABLED`
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_ARGUMENT` for another mode
 */
S2N_API extern
int s2n_config_set_verify_after_sign(struct s2n_config *config,
                                     s2n_verify_after_sign mode);

/**
 * Sets the callback that receives the secrets of each handshake, in the key log format of protocol
 * analysers (RFC 9850). All traffic of a connection can be decrypted with its secrets: for
 * debugging only.
 *
 * The callback is called within `s2n_negotiate()`, with one line at a time, without the line end.
 * The line is valid only during the call. The return value of the callback is ignored.
 *
 * @param config A config; the callback applies to handshakes that begin later
 * @param callback The callback, which is called in any thread that uses the config; NULL removes
 * it
 * @param ctx Passed to the callback unchanged; owned by the caller
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_key_log_cb(struct s2n_config *config,
                              s2n_key_log_fn callback,
                              void *ctx);

/**
 * Sets the wall clock, which is used to check the validity period of certificates. It returns
 * nanoseconds since 1970-01-01 00:00:00 UTC.
 *
 * @param config A config
 * @param clock_fn The callback, which is called in any thread that uses the config and returns 0
 * for success. If it fails, the call that needs the time fails with `S2N_ERR_CANCELLED`.
 * @param ctx Passed to the callback unchanged; owned by the caller
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_wall_clock(struct s2n_config *config,
                              s2n_clock_time_nanoseconds clock_fn,
                              void *ctx);

/**
 * Sets the monotonic clock, which is used for delays and timeouts. It returns nanoseconds since an
 * arbitrary time in the past.
 *
 * @param config A config
 * @param clock_fn The callback, which is called in any thread that uses the config and returns 0
 * for success. If it fails, the call that needs the time fails with `S2N_ERR_CANCELLED`.
 * @param ctx Passed to the callback unchanged; owned by the caller
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_monotonic_clock(struct s2n_config *config,
                                   s2n_clock_time_nanoseconds clock_fn,
                                   void *ctx);

/**
 * Sets whether one `s2n_recv()` returns the data of several records.
 *
 * @param config A config
 * @param enabled Whether a call continues with further records until its buffer is full or the
 * transport has no more data
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_set_recv_multi_record(struct s2n_config *config, bool enabled);

/**
 * Enables a send buffer, which collects the records of one `s2n_send()` so that they are written
 * to the transport together. The setting applies to connections to which the config is assigned
 * later.
 *
 * @param config A config
 * @param size Size of the buffer in bytes, at least 1034. A size below that of the largest record
 * makes records smaller.
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_ARGUMENT` if the size is too
 * small
 */
S2N_API extern int s2n_config_set_send_buffer_size(struct s2n_config *config, uint32_t size);

/**
 * Sets the maximum size of sent records, like `s2n_connection_prefer_low_latency()` and
 * `s2n_connection_prefer_throughput()`, for any size. The setting applies to connections to which
 * the config is assigned later; those functions of the connection replace it. Records that are
 * received are not limited.
 *
 * @param config A config
 * @param max_fragment_length Number of bytes of plaintext in a record, 1 to 16384. Even if this is
 * less, records of the handshake may have up to 27 bytes, a KeyUpdate has 5 and an alert has 2.
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_FRAGMENT_LENGTH_TOO_SMALL` for 0, or
 * `S2N_ERR_FRAGMENT_LENGTH_TOO_LARGE`
 */
S2N_API extern
int s2n_config_set_max_fragment_length(struct s2n_config *config,
                                       uint16_t max_fragment_length);

/**
 * Sets the maximum fragment length that a client requests from the server (RFC 6066, 4). The
 * extension is not supported; `s2n_config_set_max_fragment_length()` limits the size of the records
 * that are sent.
 *
 * @param config A config
 * @param mfl_code A value of `s2n_max_frag_len`; 0 requests no maximum
 * @returns 0 for 0; otherwise -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_MAX_FRAG_LEN` for an
 * unknown code, or `S2N_ERR_UNIMPLEMENTED` for a known code
 */
S2N_API extern
int s2n_config_send_max_fragment_length(struct s2n_config *config,
                                        s2n_max_frag_len mfl_code);

/**
 * Enables the negotiation of a maximum fragment length on a server (RFC 6066, 4). The extension is
 * not supported: requests of clients are ignored, as in s2n-tls by default.
 *
 * @param config A config
 * @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
 */
S2N_API extern int s2n_config_accept_max_fragment_length(struct s2n_config *config);

/**
 * Sets the handling of alerts of warning level in versions before TLS 1.3. In TLS 1.3 all alerts
 * but two are fatal.
 *
 * @param config A config
 * @param alert_behavior `S2N_ALERT_FAIL_ON_WARNINGS` or `S2N_ALERT_IGNORE_WARNINGS`
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_ARGUMENT` for another value
 */
S2N_API extern
int s2n_config_set_alert_behavior(struct s2n_config *config,
                                  s2n_alert_behavior alert_behavior);

/**
 * Sets the maximum blinding delay after an error that the peer caused. The delay is between a
 * third of the maximum and the maximum.
 *
 * @param config A config
 * @param seconds The maximum delay in seconds; 0 disables the delay. The default is 30.
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_set_max_blinding_delay(struct s2n_config *config, uint32_t seconds);

/**
 * Sets the callback with which a server stores a TLS 1.2 session in the application's session
 * cache. Sessions are encrypted with the ticket keys of the config, so that a cache may be shared
 * with servers that have the same keys.
 *
 * @param config A config
 * @param cache_store_callback The callback, which is called in any thread that uses the config;
 * its result is ignored
 * @param data Passed to the callback; owned by the caller, and never dereferenced
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_cache_store_callback(struct s2n_config *config,
                                        s2n_cache_store_callback cache_store_callback,
                                        void *data);

/**
 * Sets the callback with which a server retrieves a TLS 1.2 session from the application's session
 * cache. If it returns `S2N_CALLBACK_BLOCKED`, `s2n_negotiate()` fails with
 * `S2N_ERR_ASYNC_BLOCKED`, and the next call asks again.
 *
 * @param config A config
 * @param cache_retrieve_callback The callback, which is called in any thread that uses the config;
 * any failure means a full handshake
 * @param data Passed to the callback; owned by the caller, and never dereferenced
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_cache_retrieve_callback(struct s2n_config *config,
                                           s2n_cache_retrieve_callback cache_retrieve_callback,
                                           void *data);

/**
 * Sets the callback with which a server removes a TLS 1.2 session from the application's session
 * cache, after an error of its connection (RFC 5246, 7.2.2).
 *
 * @param config A config
 * @param cache_delete_callback The callback, which is called in any thread that uses the config;
 * its result is ignored
 * @param data Passed to the callback; owned by the caller, and never dereferenced
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_cache_delete_callback(struct s2n_config *config,
                                         s2n_cache_delete_callback cache_delete_callback,
                                         void *data);

/**
 * Enables or disables the TLS 1.2 session cache of a server. It is disabled by default, and stays
 * disabled, without an error, unless its three callbacks are set. Sessions with client
 * authentication are not cached.
 *
 * @param config A config
 * @param enabled 0 disables the cache; any other value enables it
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_set_session_cache_onoff(struct s2n_config *config, uint8_t enabled);

/**
 * Sets the lifetime of a session: the period in which a server resumes it, whether from a ticket
 * or from the session cache. The default is 15 hours.
 *
 * @param config A config
 * @param lifetime_in_secs The lifetime in seconds
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_session_state_lifetime(struct s2n_config *config,
                                          uint64_t lifetime_in_secs);

/**
 * Enables or disables session tickets (RFC 5077; RFC 8446, 4.6.1). They are disabled by default: a
 * server sends no tickets, and a client discards the tickets that it receives. A server also
 * requires a ticket key, see `s2n_config_add_ticket_crypto_key()`.
 *
 * @param config A config
 * @param enabled 0 disables session tickets; any other value enables them
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_set_session_tickets_onoff(struct s2n_config *config, uint8_t enabled);

/**
 * Sets the period in which a server encrypts and decrypts session tickets with a ticket key, from
 * its introduction on. The default is 2 hours.
 *
 * @param config A config
 * @param lifetime_in_secs The period in seconds
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_ticket_encrypt_decrypt_key_lifetime(struct s2n_config *config,
                                                       uint64_t lifetime_in_secs);

/**
 * Sets the period in which a server still decrypts session tickets with a ticket key that no
 * longer encrypts them. The default is 13 hours.
 *
 * @param config A config
 * @param lifetime_in_secs The period in seconds
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_ticket_decrypt_key_lifetime(struct s2n_config *config,
                                               uint64_t lifetime_in_secs);

/**
 * Adds a ticket key, with which a server encrypts and decrypts session tickets, and the entries of
 * its session cache. Who has the key can decrypt all sessions of its tickets: it must be random,
 * kept secret, and replaced every few hours. Of several keys that encrypt at a time, each ticket
 * has a random one, most likely one in the middle of its period.
 *
 * A key may be added at any time, from any thread, also while connections use the config. Expired
 * keys are removed. While neither session tickets nor the session cache are enabled, keys are
 * ignored.
 *
 * @param config A config
 * @param name The name of the key, which is sent unencrypted; copied
 * @param name_len Length of the name in bytes, at most 16
 * @param key Secret bytes from which the key is derived; copied
 * @param key_len Length of the secret in bytes
 * @param intro_time_in_seconds_from_epoch Time from which the key is used, in seconds since 1970;
 * 0 for the current time
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_TICKET_KEY_LENGTH` for an empty secret,
 * `S2N_ERR_INVALID_TICKET_KEY_NAME_OR_NAME_LENGTH` also for a name that another key has,
 * `S2N_ERR_TICKET_KEY_NOT_UNIQUE` if there is a key of the same secret,
 * `S2N_ERR_TICKET_KEY_LIMIT` if there are 48 keys, or `S2N_ERR_CANCELLED` if the wall clock fails
 */
S2N_API extern
int s2n_config_add_ticket_crypto_key(struct s2n_config *config,
                                     const uint8_t *name,
                                     uint32_t name_len,
                                     uint8_t *key,
                                     uint32_t key_len,
                                     uint64_t intro_time_in_seconds_from_epoch);

/**
 * Sets whether a server and a client require forward secrecy of resumed sessions. In TLS 1.2 the
 * key of a ticket decrypts its sessions, so that no tickets are sent or used then.
 *
 * @param config A config
 * @param enabled Whether forward secrecy is required
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_require_ticket_forward_secrecy(struct s2n_config *config,
                                              bool enabled);

/**
 * Sets the number of session tickets that a server sends after a TLS 1.3 handshake, and enables
 * session tickets. The default is 1. Connections have the number of the time when the config was
 * assigned to them.
 *
 * @param config A config
 * @param num The number of tickets; 0 is 1 if session tickets were disabled
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_set_initial_ticket_count(struct s2n_config *config, uint8_t num);

/**
 * Sets the callback that a client calls when a session ticket has arrived: in TLS 1.2 within
 * `s2n_negotiate()`, in TLS 1.3 within `s2n_recv()`.
 *
 * @param config A config
 * @param callback The callback, which receives the ticket; the ticket is valid during the call.
 * It is called in any thread that uses the config. NULL removes it
 * @param ctx Passed to the callback; owned by the caller, and never dereferenced
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_session_ticket_cb(struct s2n_config *config,
                                     s2n_session_ticket_fn callback,
                                     void *ctx);

/**
 * Sets the use of pre-shared keys by connections: for session resumption, which is the default, or
 * as external keys of the application. A connection takes the mode over when its config is set,
 * unless it has its own mode, or pre-shared keys.
 *
 * @param config A config
 * @param mode `S2N_PSK_MODE_RESUMPTION` or `S2N_PSK_MODE_EXTERNAL`
 * @returns 0, or -1 with `S2N_ERR_NULL` or `S2N_ERR_INVALID_ARGUMENT`
 */
S2N_API extern int s2n_config_set_psk_mode(struct s2n_config *config, s2n_psk_mode mode);

/**
 * Sets the callback with which a server selects one of the pre-shared keys that a client offers:
 * it may look the keys up, add them with `s2n_connection_append_psk()`, and choose one with
 * `s2n_offered_psk_list_choose_psk()`. A result less than 0, or no choice, means a full handshake.
 *
 * Without a callback, the server uses the first of its own keys that the client offers, or the
 * first ticket that it can decrypt.
 *
 * The callback is called before the client has shown that it has the key.
 *
 * @param config A config
 * @param cb The callback, which is called in any thread that uses the config; NULL for none
 * @param context Passed to the callback; owned by the caller, and never dereferenced
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_psk_selection_callback(struct s2n_config *config,
                                          s2n_psk_selection_callback cb,
                                          void *context);

/**
 * Sets the maximum size of the early data that the session tickets of a server permit, and that it
 * accepts with a ticket (RFC 8446, 4.2.10). It is 0 by default: early data is not accepted.
 *
 * Early data can be replayed: see the chapter "Early data" of the guide.
 *
 * @param config A config
 * @param max_early_data_size The maximum size in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_server_max_early_data_size(struct s2n_config *config,
                                              uint32_t max_early_data_size);

/**
 * Sets the callback with which a server accepts or rejects early data that it could accept: the
 * place for protection against replays. The callback calls `s2n_offered_early_data_accept()` or
 * `s2n_offered_early_data_reject()`; until one of them is called, also after the callback,
 * `s2n_negotiate()` and `s2n_recv_early_data()` fail with `S2N_ERR_ASYNC_BLOCKED`. A result less
 * than 0 ends the handshake with `S2N_ERR_CANCELLED`.
 *
 * It is called only for a client that has the pre-shared key. Without a callback, early data is
 * accepted.
 *
 * @param config A config
 * @param cb The callback, which is called in any thread that uses the config; NULL for none
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_set_early_data_cb(struct s2n_config *config, s2n_early_data_cb cb);

/**
 * Enables serialization of connections, and sets its format version. Connections can be serialized
 * if the config has a version when their handshake starts.
 *
 * @param config A config
 * @param version `S2N_SERIALIZED_CONN_V1`
 * @returns 0, or -1 with `S2N_ERR_NULL`, with `S2N_ERR_INVALID_STATE` if the config has a callback
 * for renegotiation requests, or with `S2N_ERR_SAFETY` for another version
 */
S2N_API extern
int s2n_config_set_serialization_version(struct s2n_config *config,
                                         s2n_serialization_version version);

/**
 * Creates an empty certificate chain, to be loaded.
 *
 * @returns a new chain, owned by the caller, to be freed with `s2n_cert_chain_and_key_free()`; or
 * NULL with `S2N_ERR_NOT_INITIALIZED`
 */
S2N_API extern struct s2n_cert_chain_and_key *s2n_cert_chain_and_key_new(void);

/**
 * Frees a certificate chain. Configs to which the chain was added continue to use it.
 *
 * @param cert_and_key The chain, which must not be used afterwards; NULL has no effect
 * @returns 0
 */
S2N_API extern int s2n_cert_chain_and_key_free(struct s2n_cert_chain_and_key *cert_and_key);

/**
 * Loads a certificate chain and its private key from PEM strings. Configs to which the chain was
 * added use the new contents in later handshakes, for the domain names of those that were added.
 *
 * @param chain_and_key The chain
 * @param chain_pem Certificates in PEM, the leaf first, NUL-terminated; copied
 * @param private_key_pem The leaf's private key in PEM (PKCS #8, PKCS #1 or SEC 1, not encrypted),
 * NUL-terminated; copied
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
 * `S2N_ERR_DECODE_CERTIFICATE`, `S2N_ERR_DECODE_PRIVATE_KEY`, or `S2N_ERR_KEY_MISMATCH`
 */
S2N_API extern
int s2n_cert_chain_and_key_load_pem(struct s2n_cert_chain_and_key *chain_and_key,
                                    const char *chain_pem,
                                    const char *private_key_pem);

/**
 * Loads a certificate chain and its private key from PEM buffers, which need not be
 * NUL-terminated. Otherwise as `s2n_cert_chain_and_key_load_pem()`.
 *
 * @param chain_and_key The chain
 * @param chain_pem Certificates in PEM, the leaf first; copied
 * @param chain_pem_len Length of the certificates in bytes
 * @param private_key_pem The leaf's private key in PEM (PKCS #8, PKCS #1 or SEC 1, not encrypted);
 * copied
 * @param private_key_pem_len Length of the private key in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
 * `S2N_ERR_DECODE_CERTIFICATE`, `S2N_ERR_DECODE_PRIVATE_KEY`, or `S2N_ERR_KEY_MISMATCH`
 */
S2N_API extern
int s2n_cert_chain_and_key_load_pem_bytes(struct s2n_cert_chain_and_key *chain_and_key,
                                          uint8_t *chain_pem,
                                          uint32_t chain_pem_len,
                                          uint8_t *private_key_pem,
                                          uint32_t private_key_pem_len);

/**
 * Loads a certificate chain without its private key, for use with asynchronous private-key
 * operations.
 *
 * @param chain_and_key The chain
 * @param chain_pem Certificates in PEM, the leaf first; copied
 * @param chain_pem_len Length of the certificates in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
 * or `S2N_ERR_DECODE_CERTIFICATE`
 */
S2N_API extern
int s2n_cert_chain_and_key_load_public_pem_bytes(struct s2n_cert_chain_and_key *chain_and_key,
                                                 uint8_t *chain_pem,
                                                 uint32_t chain_pem_len);

/**
 * Sets the application context of a certificate chain.
 *
 * @param cert_and_key The chain
 * @param ctx An arbitrary pointer, stored without being dereferenced; ownership remains with the
 * caller
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_cert_chain_and_key_set_ctx(struct s2n_cert_chain_and_key *cert_and_key,
                                   void *ctx);

/**
 * Returns the application context that was set with `s2n_cert_chain_and_key_set_ctx()`.
 *
 * @param cert_and_key The chain
 * @returns the pointer, or NULL if none was set; NULL with `S2N_ERR_NULL` if `cert_and_key` is
 * NULL
 */
S2N_API extern void *s2n_cert_chain_and_key_get_ctx(struct s2n_cert_chain_and_key *cert_and_key);

/**
 * Sets the OCSP response (RFC 6960) for the leaf certificate. A server staples it if the client
 * requests one (status_request; RFC 6066, 8).
 *
 * @param chain_and_key The chain
 * @param data The response in DER; copied. NULL removes it.
 * @param length Length of the response in bytes; 0 removes it
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_cert_chain_and_key_set_ocsp_data(struct s2n_cert_chain_and_key *chain_and_key,
                                         const uint8_t *data,
                                         uint32_t length);

/**
 * Sets the signed certificate timestamps (SCT; RFC 6962) that a server sends. Not supported:
 * rustls cannot send them.
 *
 * @param chain_and_key The chain
 * @param data The SCT list; NULL for none
 * @param length Length of the list in bytes; 0 for none
 * @returns 0 if the list is empty; otherwise -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
 */
S2N_API extern
int s2n_cert_chain_and_key_set_sct_list(struct s2n_cert_chain_and_key *chain_and_key,
                                        const uint8_t *data,
                                        uint32_t length);

/**
 * Returns the private key of a certificate chain, for `s2n_async_pkey_op_perform()`. It is owned
 * by the chain, and valid until the chain is freed.
 *
 * @param cert_and_key The chain
 * @returns the key, also for a chain without a private key, in which case no operation can be
 * performed with it; NULL with `S2N_ERR_NULL`
 */
S2N_API extern
s2n_cert_private_key *s2n_cert_chain_and_key_get_private_key(struct s2n_cert_chain_and_key *cert_and_key);

/**
 * Returns the number of certificates in a chain.
 *
 * @param chain_and_key The chain
 * @param cert_length Set to the number of certificates
 * @returns 0, or -1 with `S2N_ERR_NULL`, also if the chain is empty
 */
S2N_API extern
int s2n_cert_chain_get_length(const struct s2n_cert_chain_and_key *chain_and_key,
                              uint32_t *cert_length);

/**
 * Returns a certificate of a chain. It is owned by the chain, and valid until the chain is freed.
 *
 * @param chain_and_key The chain
 * @param out_cert Set to the certificate
 * @param cert_idx Index of the certificate, 0 for the leaf
 * @returns 0, or -1 with `S2N_ERR_NULL`, also if the chain is empty, or `S2N_ERR_NO_CERT_FOUND` if
 * the index is out of range
 */
S2N_API extern
int s2n_cert_chain_get_cert(const struct s2n_cert_chain_and_key *chain_and_key,
                            struct s2n_cert **out_cert,
                            uint32_t cert_idx);

/**
 * Returns the DER encoding of a certificate, which is owned by its chain.
 *
 * @param cert The certificate
 * @param out_cert_der Set to the encoding
 * @param cert_length Set to its length in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_cert_get_der(const struct s2n_cert *cert,
                     const uint8_t **out_cert_der,
                     uint32_t *cert_length);

/**
 * Returns the length of the value of a certificate extension (RFC 5280, 4.2).
 *
 * @param cert The certificate
 * @param oid The object identifier of the extension, a NUL-terminated string such as "2.5.29.17"
 * @param ext_value_len Set to the length in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, also if the string is not an object identifier,
 * `S2N_ERR_X509_EXTENSION_VALUE_NOT_FOUND`, or `S2N_ERR_SAFETY` if the certificate has no
 * extensions
 */
S2N_API extern
int s2n_cert_get_x509_extension_value_length(struct s2n_cert *cert,
                                             const uint8_t *oid,
                                             uint32_t *ext_value_len);

/**
 * Copies the value of a certificate extension (RFC 5280, 4.2), in DER.
 *
 * @param cert The certificate
 * @param oid The object identifier of the extension, a NUL-terminated string such as "2.5.29.17"
 * @param ext_value Filled with the value
 * @param ext_value_len Size of the buffer in bytes; set to the number of bytes copied
 * @param critical Set to whether the extension is critical
 * @returns 0, or -1 with `S2N_ERR_NULL`, also if the string is not an object identifier,
 * `S2N_ERR_X509_EXTENSION_VALUE_NOT_FOUND`, `S2N_ERR_INSUFFICIENT_MEM_SIZE`, or `S2N_ERR_SAFETY`
 * if the certificate has no extensions
 */
S2N_API extern
int s2n_cert_get_x509_extension_value(struct s2n_cert *cert,
                                      const uint8_t *oid,
                                      uint8_t *ext_value,
                                      uint32_t *ext_value_len,
                                      bool *critical);

/**
 * Returns the length of the text in an extension value that is a UTF8String.
 *
 * @param extension_data The extension value, in DER
 * @param extension_len Length of the value in bytes
 * @param utf8_str_len Set to the length of the text in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_SAFETY` if `extension_len` is 0, or
 * `S2N_ERR_INVALID_X509_EXTENSION_TYPE`
 */
S2N_API extern
int s2n_cert_get_utf8_string_from_extension_data_length(const uint8_t *extension_data,
                                                        uint32_t extension_len,
                                                        uint32_t *utf8_str_len);

/**
 * Copies the text of an extension value that is a UTF8String, without NUL terminator.
 *
 * @param extension_data The extension value, in DER
 * @param extension_len Length of the value in bytes
 * @param out_data Filled with the text
 * @param out_len Size of the buffer in bytes; set to the length of the text
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_SAFETY` if `extension_len` is 0,
 * `S2N_ERR_INVALID_X509_EXTENSION_TYPE`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE`
 */
S2N_API extern
int s2n_cert_get_utf8_string_from_extension_data(const uint8_t *extension_data,
                                                 uint32_t extension_len,
                                                 uint8_t *out_data,
                                                 uint32_t *out_len);

/**
 * Creates a TLS connection.
 *
 * @param mode `S2N_SERVER` or `S2N_CLIENT`
 * @returns a new connection, owned by the caller, to be freed with `s2n_connection_free()`; or
 * NULL with `S2N_ERR_NOT_INITIALIZED`, or `S2N_ERR_INVALID_ARGUMENT` for any other mode
 */
S2N_API extern struct s2n_connection *s2n_connection_new(s2n_mode mode);

/**
 * Frees a connection. File descriptors are not closed, and no alert is sent: for a clean close
 * call `s2n_shutdown()` first.
 *
 * @param conn The connection, which must not be used afterwards. If it is freed from a callback,
 * its memory is released when the library call that invoked the callback returns.
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_free(struct s2n_connection *conn);

/**
 * Resets a connection for reuse with another peer. The mode and the config are retained; all other
 * state is reset to that of `s2n_connection_new()`, so the transport, the server name and the
 * other settings must be set again.
 *
 * @param conn The connection
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_REENTRANCY` while another call uses the
 * connection
 */
S2N_API extern int s2n_connection_wipe(struct s2n_connection *conn);

/**
 * Sets the config of a connection. Later changes of the config apply to connections whose
 * handshake has not begun.
 *
 * @param conn The connection
 * @param config The config; ownership remains with the caller, who may free it while connections
 * use it
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_TOO_MANY_CERTIFICATES` if a client's config has
 * certificates with keys of several types, `S2N_ERR_NO_PRIVATE_KEY` if a certificate has no
 * private key, or `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if a certificate violates the rules
 * of the security policy set on the connection
 */
S2N_API extern
int s2n_connection_set_config(struct s2n_connection *conn,
                              struct s2n_config *config);

/**
 * Sets the application context of a connection.
 *
 * @param conn The connection
 * @param ctx An arbitrary pointer, stored without being dereferenced; ownership remains with the
 * caller
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_ctx(struct s2n_connection *conn, void *ctx);

/**
 * Returns the application context that was set with `s2n_connection_set_ctx()`.
 *
 * @param conn The connection
 * @returns the pointer, or NULL if none was set; NULL with `S2N_ERR_NULL` if `conn` is NULL
 */
S2N_API extern void *s2n_connection_get_ctx(struct s2n_connection *conn);

/**
 * Returns the mode of a connection: client or server.
 *
 * @param conn The connection
 * @returns `S2N_CLIENT` or `S2N_SERVER`; `S2N_SERVER` also if `conn` is NULL
 */
S2N_API extern s2n_mode s2n_connection_get_mode(struct s2n_connection *conn);

/**
 * Sets the security policy of a connection, overriding that of its config.
 *
 * @param conn The connection
 * @param version The name of a security policy, such as "default_tls13"
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_SECURITY_POLICY`,
 * `S2N_ERR_DEPRECATED_SECURITY_POLICY`, `S2N_ERR_CIPHER_NOT_SUPPORTED` if no part of the policy is
 * supported, or `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if a certificate of the config
 * violates the rules of the policy. On failure the previous policy is retained.
 */
S2N_API extern
int s2n_connection_set_cipher_preferences(struct s2n_connection *conn,
                                          const char *version);

/**
 * Reports whether a security policy permits the negotiated protocol version and cipher suite.
 * Before the handshake is complete no cipher suite is negotiated, and the result is 0.
 *
 * @param conn The connection
 * @param version The name of a security policy. All entries of the policy are considered, whether
 * this library supports them or not.
 * @returns 1 if the policy permits them, 0 if not; or -1 with `S2N_ERR_NULL`,
 * `S2N_ERR_INVALID_SECURITY_POLICY`, `S2N_ERR_DEPRECATED_SECURITY_POLICY`
 */
S2N_API extern
int s2n_connection_is_valid_for_cipher_preferences(struct s2n_connection *conn,
                                                   const char *version);

/**
 * Sets the server name of a client connection, which is sent in the server_name extension (SNI;
 * RFC 6066, 3) and used to verify the server's certificate.
 *
 * @param conn A client connection
 * @param server_name A NUL-terminated name of at most 255 bytes; copied
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CLIENT_MODE` on a server connection, or
 * `S2N_ERR_SERVER_NAME_TOO_LONG`
 */
S2N_API extern int s2n_set_server_name(struct s2n_connection *conn, const char *server_name);

/**
 * Returns the server name (SNI): on a client the name that was set, on a server the name that the
 * client requested. A requested name of more than 255 bytes, or one that contains a NUL, is not
 * returned; `s2n_client_hello_get_server_name()` returns it nevertheless.
 *
 * The string is owned by the connection, and valid until another name is set or the connection is
 * wiped or freed.
 *
 * @param conn The connection
 * @returns the NUL-terminated name; NULL if there is none; NULL with `S2N_ERR_NULL` if `conn` is
 * NULL
 */
S2N_API extern const char *s2n_get_server_name(struct s2n_connection *conn);

/**
 * Adds a protocol to the ALPN list of a connection (RFC 7301), which overrides that of its config.
 * The list contains the protocols that a client offers or a server accepts.
 *
 * @param conn The connection
 * @param protocol The protocol name; copied
 * @param protocol_len Length of the name in bytes; must not be 0
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_APPLICATION_PROTOCOL`
 */
S2N_API extern
int s2n_connection_append_protocol_preference(struct s2n_connection *conn,
                                              const uint8_t *protocol,
                                              uint8_t protocol_len);

/**
 * Sets the ALPN list of a connection (RFC 7301), overriding that of its config. The list contains
 * the protocols that a client offers or a server accepts, most preferred first.
 *
 * @param conn The connection
 * @param protocols NUL-terminated protocol names; copied. NULL clears the list.
 * @param protocol_count Number of names; 0 clears the list
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_APPLICATION_PROTOCOL`; on failure the
 * previous list is retained
 */
S2N_API extern
int s2n_connection_set_protocol_preferences(struct s2n_connection *conn,
                                            const char *const *protocols,
                                            int protocol_count);

/**
 * Sets the host name verification callback of a connection, overriding that of its config. The
 * callback decides whether a name in the peer's certificate is acceptable.
 *
 * @param conn The connection
 * @param host_fn The callback, which returns 1 to accept a name and 0 to reject it; NULL restores
 * the built-in verification
 * @param data Context passed to the callback; never dereferenced, ownership remains with the
 * caller
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_set_verify_host_callback(struct s2n_connection *conn,
                                            s2n_verify_host_fn host_fn,
                                            void *data);

/**
 * Sets the client authentication mode of a connection, overriding that of its config: whether a
 * server requests a certificate from the client.
 *
 * @param conn The connection
 * @param client_auth_type A value of `s2n_cert_auth_type`
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
 */
S2N_API extern
int s2n_connection_set_client_auth_type(struct s2n_connection *conn,
                                        s2n_cert_auth_type client_auth_type);

/**
 * Returns the client authentication mode that applies to a connection.
 *
 * @param conn The connection
 * @param client_auth_type Set to the mode set on the connection, otherwise that of its config,
 * otherwise the default for client or server
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_client_auth_type(struct s2n_connection *conn,
                                        s2n_cert_auth_type *client_auth_type);

/**
 * Sets the file descriptor for both reading and writing, usually a socket. The descriptor is
 * borrowed, never closed by the library, and may be blocking or non-blocking.
 *
 * @param conn The connection
 * @param fd An open descriptor. It is not validated here: a closed descriptor causes I/O errors
 * when it is used.
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_fd(struct s2n_connection *conn, int fd);

/**
 * Sets the file descriptor for reading. The descriptor is borrowed, and never closed by the
 * library.
 *
 * @param conn The connection
 * @param readfd An open descriptor
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_read_fd(struct s2n_connection *conn, int readfd);

/**
 * Sets the file descriptor for writing. The descriptor is borrowed, and never closed by the
 * library. A connection whose writes failed because the peer had closed the stream may be given
 * another descriptor.
 *
 * @param conn The connection
 * @param writefd An open descriptor
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_write_fd(struct s2n_connection *conn, int writefd);

/**
 * Returns the file descriptor for reading.
 *
 * @param conn The connection
 * @param readfd Set to the descriptor
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_STATE` if none was set
 */
S2N_API extern int s2n_connection_get_read_fd(struct s2n_connection *conn, int *readfd);

/**
 * Returns the file descriptor for writing.
 *
 * @param conn The connection
 * @param writefd Set to the descriptor
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_STATE` if none was set
 */
S2N_API extern int s2n_connection_get_write_fd(struct s2n_connection *conn, int *writefd);

/**
 * Enables corking of the TCP socket (TCP_CORK) during the handshake, so that each flight of
 * handshake messages is sent in full segments. A socket that is corked already is left unchanged.
 *
 * @param conn A connection with a file descriptor for writing
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_CORK_SET_ON_UNMANAGED` if no descriptor was
 * set
 */
S2N_API extern int s2n_connection_use_corked_io(struct s2n_connection *conn);

/**
 * Sets the context of the receive callback.
 *
 * @param conn The connection
 * @param ctx Passed to the callback as `io_context`; never dereferenced, ownership remains with
 * the caller
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_recv_ctx(struct s2n_connection *conn, void *ctx);

/**
 * Sets the context of the send callback.
 *
 * @param conn The connection
 * @param ctx Passed to the callback as `io_context`; never dereferenced, ownership remains with
 * the caller
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_send_ctx(struct s2n_connection *conn, void *ctx);

/**
 * Sets a receive callback, which is used instead of a file descriptor.
 *
 * The callback stores at most `len` bytes in `buf` and returns their number; 0 signals the end of
 * the stream. A negative value signals an error in `errno`, where EAGAIN and EWOULDBLOCK mean that
 * no data is available yet. If the callback returns more than `len`, the call fails with
 * `S2N_ERR_SAFETY`.
 *
 * @param conn The connection
 * @param recv The callback; NULL removes it
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_set_recv_cb(struct s2n_connection *conn,
                               int (*recv)(void *io_context, uint8_t *buf, uint32_t len));

/**
 * Sets a send callback, which is used instead of a file descriptor.
 *
 * The callback sends at most `len` bytes of `buf` and returns their number. A negative value
 * signals an error in `errno`, where EAGAIN and EWOULDBLOCK mean that no data can be sent yet. If
 * the callback repeatedly returns 0, the call fails with `S2N_ERR_IO_BLOCKED`; if it returns more
 * than `len`, with `S2N_ERR_SAFETY`.
 *
 * @param conn The connection
 * @param send The callback; NULL removes it
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_set_send_cb(struct s2n_connection *conn,
                               int (*send)(void *io_context, const uint8_t *buf, uint32_t len));

/**
 * Sets the maximum size of sent records to 16384 bytes of plaintext, for throughput.
 *
 * @param conn The connection
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_prefer_throughput(struct s2n_connection *conn);

/**
 * Sets the maximum size of sent records to 1435 bytes of plaintext, for low latency: the receiver
 * can process each TCP segment on arrival.
 *
 * @param conn The connection
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_prefer_low_latency(struct s2n_connection *conn);

/**
 * Sets dynamic record sizing: a transfer begins with small records, for low latency, and continues
 * with large records, for throughput.
 *
 * @param conn The connection
 * @param resize_threshold Number of bytes that are sent in records of one Ethernet frame before
 * the record size is increased; at most 8388608. 0 disables dynamic record sizing.
 * @param timeout_threshold Number of seconds without a send after which records are small again; 0
 * for never
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_DYNAMIC_THRESHOLD`
 */
S2N_API extern
int s2n_connection_set_dynamic_record_threshold(struct s2n_connection *conn,
                                                uint32_t resize_threshold,
                                                uint16_t timeout_threshold);

/**
 * Enables or disables receive buffering: reading more than the current record from the transport,
 * which saves system calls. An application that polls its descriptor must then also check
 * `s2n_peek_buffered()`.
 *
 * @param conn The connection
 * @param enabled Whether to enable receive buffering
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_STATE` for a QUIC connection
 */
S2N_API extern int s2n_connection_set_recv_buffering(struct s2n_connection *conn, bool enabled);

/**
 * Enables or disables dynamic buffers: the memory of empty I/O buffers is released after each
 * call.
 *
 * @param conn The connection
 * @param enabled Whether to enable dynamic buffers
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_dynamic_buffers(struct s2n_connection *conn, bool enabled);

/**
 * Releases the memory of both I/O buffers, for a connection that will be idle.
 *
 * @param conn The connection
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_STUFFER_HAS_UNPROCESSED_DATA` while the buffers
 * contain data to be sent or received
 */
S2N_API extern int s2n_connection_release_buffers(struct s2n_connection *conn);

/**
 * Frees the memory that only the handshake needs. The connection can still send and receive.
 *
 * @param conn A connection whose handshake is complete
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_free_handshake(struct s2n_connection *conn);

/**
 * Performs the TLS handshake, as far as possible without blocking.
 *
 * If the type of the error is `S2N_ERR_T_BLOCKED`, call again when the operation named by
 * `blocked` is ready. After the handshake is complete, further calls are allowed at any time; they
 * send pending TLS 1.3 post-handshake messages.
 *
 * No other call on the connection may run at the same time.
 *
 * @param conn A connection with a transport, and with a config that is suitable for its mode
 * @param blocked Set to the operation on which the call is blocked
 * @returns 0 when the handshake is complete; otherwise -1 with `S2N_ERR_IO_BLOCKED`,
 * `S2N_ERR_ASYNC_BLOCKED`, `S2N_ERR_CLOSED`, `S2N_ERR_ALERT`, or the error in the peer's messages.
 * The last kind of error is blinded: by default the call returns after 10 to 30 seconds, see
 * `s2n_connection_set_blinding()`.
 */
S2N_API extern int s2n_negotiate(struct s2n_connection *conn, s2n_blocked_status *blocked);

/**
 * Returns the type of the handshake for logging, as s2n-tls's flag names joined by '|'.
 *
 * @param conn The connection
 * @returns a string such as "NEGOTIATED|FULL_HANDSHAKE|MIDDLEBOX_COMPAT", or "INITIAL" before the
 * handshake is complete; valid until the connection is wiped or freed. NULL with `S2N_ERR_NULL` if
 * `conn` is NULL.
 */
S2N_API extern const char *s2n_connection_get_handshake_type_name(struct s2n_connection *conn);

/**
 * Reports whether the handshake is complete: all of its messages are sent and received, and the
 * connection is ready for application data.
 *
 * @param conn The connection; may be NULL
 * @returns whether the handshake is complete; false also if it failed, and for NULL
 */
S2N_API extern bool s2n_connection_handshake_complete(struct s2n_connection *conn);

/**
 * Returns the name of the current handshake message, for logging. During an encrypted flight of
 * the peer, this is the first message of the flight.
 *
 * @param conn The connection
 * @returns a static string such as "SERVER_HELLO", or "APPLICATION_DATA" when the handshake is
 * complete; NULL with `S2N_ERR_NULL` if `conn` is NULL
 */
S2N_API extern const char *s2n_connection_get_last_message_name(struct s2n_connection *conn);

/**
 * Sends application data.
 *
 * The data is split into records, and each record is written before the next is sealed; on a stream
 * socket several are written at once, with the same results. If the transport blocks, the call
 * returns the number of bytes in completely written records. Call again with the remaining data; a
 * repeated call must offer at least as much data as the blocked one.
 *
 * One thread may send while another receives; a second concurrent sender fails with
 * `S2N_ERR_REENTRANCY`. Writing to a socket that the peer has closed does not raise SIGPIPE.
 *
 * @param conn A connection whose handshake is complete
 * @param buf The data; borrowed for the duration of the call
 * @param size Length of the data in bytes
 * @param blocked Set to `S2N_BLOCKED_ON_WRITE` unless all data was sent
 * @returns the number of bytes sent; or -1 with `S2N_ERR_IO_BLOCKED` if no data was sent,
 * `S2N_ERR_SEND_SIZE` if less data is offered than a blocked call had accepted, `S2N_ERR_CLOSED`,
 * `S2N_ERR_INVALID_ARGUMENT`, `S2N_ERR_ENCRYPT` before the handshake, or `S2N_ERR_IO`
 */
S2N_API extern
ssize_t s2n_send(struct s2n_connection *conn,
                 const void *buf,
                 ssize_t size,
                 s2n_blocked_status *blocked);

/**
 * Sends application data from several buffers (scatter/gather). Otherwise as `s2n_send()`.
 *
 * @param conn A connection whose handshake is complete
 * @param bufs The buffers; borrowed for the duration of the call
 * @param count Number of buffers
 * @param blocked Set to `S2N_BLOCKED_ON_WRITE` unless all data was sent
 * @returns as `s2n_send()`
 */
S2N_API extern
ssize_t s2n_sendv(struct s2n_connection *conn,
                  const struct iovec *bufs,
                  ssize_t count,
                  s2n_blocked_status *blocked);

/**
 * Sends application data from several buffers, starting at an offset. After a partial send, a
 * caller can send the remaining data without modifying its list of buffers.
 *
 * @param conn A connection whose handshake is complete
 * @param bufs The buffers; borrowed for the duration of the call
 * @param count Number of buffers
 * @param offs Number of bytes to skip, counted across all buffers; skipped bytes are not accessed
 * @param blocked Set to `S2N_BLOCKED_ON_WRITE` unless all data was sent
 * @returns as `s2n_send()`; `S2N_ERR_INVALID_ARGUMENT` also if `offs` is negative or exceeds the
 * total length of the buffers
 */
S2N_API extern
ssize_t s2n_sendv_with_offset(struct s2n_connection *conn,
                              const struct iovec *bufs,
                              ssize_t count,
                              ssize_t offs,
                              s2n_blocked_status *blocked);

/**
 * Receives application data: the remaining data of the current record, otherwise that of the next
 * record.
 *
 * A record is decrypted directly to `buf` if it fits. During the call `buf` can contain data that is
 * not authenticated yet; when the call returns, it contains none. Bytes of `buf` behind the
 * returned number of bytes, or all of them after an error, can be zero.
 *
 * One thread may receive while another sends; a second concurrent receiver fails with
 * `S2N_ERR_REENTRANCY`.
 *
 * @param conn A connection whose handshake is complete
 * @param buf Filled with the data; borrowed for the duration of the call
 * @param size Size of the buffer in bytes
 * @param blocked Set to `S2N_NOT_BLOCKED` if no decrypted data remains, otherwise to
 * `S2N_BLOCKED_ON_READ`
 * @returns the number of bytes received; 0 after the peer's close_notify alert; or -1 with
 * `S2N_ERR_IO_BLOCKED`, `S2N_ERR_CLOSED` if the stream ended without a close_notify (data may have
 * been truncated), `S2N_ERR_ALERT`, or the error in the peer's records. The last kind of error is
 * blinded: by default the call returns after 10 to 30 seconds, see `s2n_connection_set_blinding()`.
 */
S2N_API extern
ssize_t s2n_recv(struct s2n_connection *conn,
                 void *buf,
                 ssize_t size,
                 s2n_blocked_status *blocked);

/**
 * Returns the number of decrypted bytes available to `s2n_recv()`: the remaining data of a record
 * that was received in part.
 *
 * @param conn The connection
 * @returns a number of bytes; 0 if `conn` is NULL
 */
S2N_API extern uint32_t s2n_peek(struct s2n_connection *conn);

/**
 * Returns the number of bytes that were read beyond the current record and are not decrypted yet.
 * With receive buffering such data can be available while the descriptor has nothing to read.
 *
 * @param conn The connection
 * @returns a number of bytes; 0 if receive buffering is disabled, or if `conn` is NULL
 */
S2N_API extern uint32_t s2n_peek_buffered(struct s2n_connection *conn);

/**
 * Closes both directions of a connection: sends pending data, then a close_notify or the pending
 * fatal alert, and waits for the peer's close_notify (RFC 8446, 6.1). Application data received
 * before it is discarded. File descriptors are not closed.
 *
 * No other call on the connection may run at the same time.
 *
 * @param conn The connection
 * @param blocked Set to the operation on which the call is blocked
 * @returns 0 when both sides have closed, or when no close_notify of the peer can be expected;
 * otherwise -1 with `S2N_ERR_IO_BLOCKED` (call again), `S2N_ERR_SHUTDOWN_PAUSED` until the
 * blinding delay has elapsed, `S2N_ERR_CLOSED` if the stream ended without a close_notify,
 * `S2N_ERR_ALERT`, or `S2N_ERR_IO`
 */
S2N_API extern int s2n_shutdown(struct s2n_connection *conn, s2n_blocked_status *blocked);

/**
 * Closes the write direction only: sends pending data and a close_notify. In TLS 1.3 the
 * connection can still receive until the peer closes its write direction; in earlier versions the
 * connection is closed entirely.
 *
 * No other call that sends may run at the same time; a call that receives may.
 *
 * @param conn The connection
 * @param blocked Set to `S2N_BLOCKED_ON_WRITE` until all data is sent
 * @returns 0 when all data is sent; otherwise -1 with the errors of `s2n_shutdown()`
 */
S2N_API extern int s2n_shutdown_send(struct s2n_connection *conn, s2n_blocked_status *blocked);

/**
 * Returns the description of the alert that closed the read direction (RFC 8446, 6): 0 for
 * close_notify.
 *
 * @param conn The connection
 * @returns the AlertDescription value; -1 with `S2N_ERR_NULL`, or `S2N_ERR_NO_ALERT` if no alert
 * was received
 */
S2N_API extern int s2n_connection_get_alert(struct s2n_connection *conn);

/**
 * Sets the blinding mode of a connection. An error caused by the peer closes the connection, and
 * the alert is sent only after a random delay, so that its timing reveals no information to an
 * attacker.
 *
 * By default the call that fails returns after the delay, which is between 10 and 30 seconds: to a
 * user who waits for the result it looks like a hang.
 *
 * @param conn The connection
 * @param blinding With `S2N_BUILT_IN_BLINDING`, the default, the failing call sleeps. With any
 * other value it returns at once, and the application must wait for `s2n_connection_get_delay()`
 * nanoseconds before it calls `s2n_shutdown()` and closes.
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_set_blinding(struct s2n_connection *conn, s2n_blinding blinding);

/**
 * Returns the remaining blinding delay, after which the application may close a failed connection.
 *
 * @param conn The connection
 * @returns a number of nanoseconds, 0 if there is no delay; UINT64_MAX with `S2N_ERR_NULL`, or
 * with `S2N_ERR_CANCELLED` if the application's clock failed
 */
S2N_API extern uint64_t s2n_connection_get_delay(struct s2n_connection *conn);

/**
 * Requests an update of the sending keys (KeyUpdate; RFC 8446, 4.6.3). The KeyUpdate is sent with
 * the next send that has data; before TLS 1.3 the request has no effect. Keys are also updated
 * automatically, before the number of records sealed with them exceeds the safe limit.
 *
 * May be called from any thread.
 *
 * @param conn The connection, before or after its handshake
 * @param peer_request `S2N_KEY_UPDATE_NOT_REQUESTED`: the peer is not requested to update its own
 * keys
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_UNSUPPORTED_WITH_QUIC` for a QUIC connection, or
 * `S2N_ERR_INVALID_ARGUMENT` for any other value of `peer_request`
 */
S2N_API extern
int s2n_connection_request_key_update(struct s2n_connection *conn,
                                      s2n_peer_key_update peer_request);

/**
 * Exports keying material for use by other protocols (RFC 8446, 7.5): derives a secret that only
 * the two peers of the connection can compute.
 *
 * @param conn A TLS 1.3 connection whose handshake is complete
 * @param label The exporter label, which identifies the purpose of the secret: registered with
 * IANA, or private to the application
 * @param label_length Length of the label in bytes, at most 249
 * @param context The exporter context, an additional input to the derivation; must not be NULL
 * @param context_length Length of the context in bytes; 0 for an empty context
 * @param output Filled with the secret
 * @param output_length Length of the secret in bytes; at most 255 times the hash length of the
 * cipher suite
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` before TLS 1.3,
 * `S2N_ERR_HANDSHAKE_NOT_COMPLETE`, `S2N_ERR_SAFETY` if the label is too long, or
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
 * Copies the master secret (RFC 5246, 8.1), from which all keys are derived. It allows decryption
 * of all traffic of the connection, and must be kept secret.
 *
 * @param conn A TLS 1.2 connection whose handshake is complete
 * @param secret_bytes Filled with the secret of 48 bytes
 * @param max_size Size of the buffer in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INSUFFICIENT_MEM_SIZE`, `S2N_ERR_INVALID_STATE`
 * in TLS 1.3, or `S2N_ERR_HANDSHAKE_NOT_COMPLETE`
 */
S2N_API extern
int s2n_connection_get_master_secret(const struct s2n_connection *conn,
                                     uint8_t *secret_bytes,
                                     size_t max_size);

/**
 * Returns the ClientHello that a server has received: after a HelloRetryRequest, the second one.
 *
 * The ClientHello is owned by the connection, and valid until the connection is freed.
 * `s2n_connection_wipe()` and `s2n_connection_free_handshake()` clear its contents.
 *
 * @param conn The connection
 * @returns the ClientHello; NULL on a client connection and before a ClientHello is received; NULL
 * with `S2N_ERR_NULL` if `conn` is NULL
 */
S2N_API extern
struct s2n_client_hello *s2n_connection_get_client_hello(struct s2n_connection *conn);

/**
 * Returns the protocol version of the ClientHello (legacy_version). It is `S2N_TLS12` also for
 * later versions, which are offered in the supported_versions extension (RFC 8446, 4.2.1).
 *
 * @param conn The connection
 * @returns a protocol version, or `S2N_UNKNOWN_PROTOCOL_VERSION` before there is a ClientHello; -1
 * with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_get_client_hello_version(struct s2n_connection *conn);

/**
 * Marks the server name (SNI) of the ClientHello as used, for instance to select a config.
 *
 * The client receives an acknowledgement of its server name (RFC 6066, 3) with or without this
 * call.
 *
 * @param conn A server connection whose ClientHello has not been answered
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE`
 */
S2N_API extern int s2n_connection_server_name_extension_used(struct s2n_connection *conn);

/**
 * Returns the application protocol that was negotiated with ALPN (RFC 7301).
 *
 * The string is owned by the connection, and valid until the connection is wiped or freed.
 *
 * @param conn The connection
 * @returns the NUL-terminated name; NULL if no protocol was negotiated; NULL with `S2N_ERR_NULL`
 * if `conn` is NULL
 */
S2N_API extern const char *s2n_get_application_protocol(struct s2n_connection *conn);

/**
 * Returns the negotiated protocol version.
 *
 * @param conn The connection
 * @returns `S2N_TLS12`, `S2N_TLS13`, ..., or `S2N_UNKNOWN_PROTOCOL_VERSION` before the version is
 * negotiated; -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_get_actual_protocol_version(struct s2n_connection *conn);

/**
 * Returns the highest protocol version that the client offers.
 *
 * @param conn The connection
 * @returns `S2N_TLS12`, `S2N_TLS13`, ..., or `S2N_UNKNOWN_PROTOCOL_VERSION` before the version is
 * available; -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_get_client_protocol_version(struct s2n_connection *conn);

/**
 * Returns the highest protocol version that the server offers; on a client, the version that the
 * server selected.
 *
 * @param conn The connection
 * @returns `S2N_TLS12`, `S2N_TLS13`, ..., or `S2N_UNKNOWN_PROTOCOL_VERSION` before the version is
 * available; -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_get_server_protocol_version(struct s2n_connection *conn);

/**
 * Returns the name of the negotiated cipher suite.
 *
 * @param conn The connection
 * @returns a static string: OpenSSL's name in TLS 1.2, the standard name in TLS 1.3, or
 * "TLS_NULL_WITH_NULL_NULL" before the handshake is complete; NULL with `S2N_ERR_NULL`
 */
S2N_API extern const char *s2n_connection_get_cipher(struct s2n_connection *conn);

/**
 * Returns the IANA value of the negotiated cipher suite.
 *
 * @param conn The connection
 * @param first Set to the first byte
 * @param second Set to the second byte
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` before the handshake is complete
 */
S2N_API extern
int s2n_connection_get_cipher_iana_value(struct s2n_connection *conn,
                                         uint8_t *first,
                                         uint8_t *second);

/**
 * Returns the name of the elliptic curve of the key exchange.
 *
 * @param conn The connection
 * @returns a static string, "NONE" if no elliptic curve was used; NULL with `S2N_ERR_NULL`
 */
S2N_API extern const char *s2n_connection_get_curve(struct s2n_connection *conn);

/**
 * Returns "NONE". In s2n-tls the function returned the KEM of a post-quantum key exchange in TLS
 * 1.2, which s2n-tls no longer supports. For TLS 1.3 use `s2n_connection_get_kem_group_name()`.
 *
 * @param conn The connection
 * @returns the static string "NONE"; NULL with `S2N_ERR_NULL`
 */
S2N_API extern const char *s2n_connection_get_kem_name(struct s2n_connection *conn);

/**
 * Returns the name of a key exchange group with a post-quantum KEM.
 *
 * @param conn The connection
 * @returns a static string, "NONE" if no such group was negotiated; NULL with `S2N_ERR_NULL`
 */
S2N_API extern const char *s2n_connection_get_kem_group_name(struct s2n_connection *conn);

/**
 * Returns the name of the key exchange group, of any kind.
 *
 * @param conn The connection
 * @param group_name Set to a static string, "NONE" if there is no group
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` before the handshake is complete
 */
S2N_API extern
int s2n_connection_get_key_exchange_group(struct s2n_connection *conn,
                                          const char **group_name);

/**
 * Returns the number of bytes read from the transport, including the handshake.
 *
 * @param conn The connection
 * @returns a number of bytes; 0 if `conn` is NULL
 */
S2N_API extern uint64_t s2n_connection_get_wire_bytes_in(struct s2n_connection *conn);

/**
 * Returns the number of bytes written to the transport, including the handshake.
 *
 * @param conn The connection
 * @returns a number of bytes; 0 if `conn` is NULL
 */
S2N_API extern uint64_t s2n_connection_get_wire_bytes_out(struct s2n_connection *conn);

/**
 * Returns the certificate chain that this side of the connection selected.
 *
 * @param conn The connection
 * @returns the chain: the application's own, or one that is owned by the config; NULL if none is
 * selected yet, or if the chain was freed; NULL with `S2N_ERR_NULL` if `conn` is NULL
 */
S2N_API extern
struct s2n_cert_chain_and_key *s2n_connection_get_selected_cert(struct s2n_connection *conn);

/**
 * Returns how the server's certificate matches the server name (SNI) that the client requested
 * (RFC 6066, 3).
 *
 * @param conn A server connection that has selected its certificate
 * @param match_status Set to a value of `s2n_cert_sni_match`
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL, `S2N_ERR_CLIENT_MODE` on
 * a client connection, or `S2N_ERR_NO_CERT_FOUND`
 */
S2N_API extern
int s2n_connection_get_certificate_match(struct s2n_connection *conn,
                                         s2n_cert_sni_match *match_status);

/**
 * Copies the peer's verified certificate chain: the path from the peer's certificate (first) to
 * the trust anchor (last).
 *
 * @param conn A connection that has verified its peer
 * @param cert_chain An empty chain, owned by the caller; filled with the certificates
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT` if the chain is not empty, or
 * `S2N_ERR_CERT_NOT_VALIDATED`
 */
S2N_API extern
int s2n_connection_get_peer_cert_chain(const struct s2n_connection *conn,
                                       struct s2n_cert_chain_and_key *cert_chain);

/**
 * Returns the type of the public key in a side's certificate: "rsa" and the size in bits, as in
 * "rsa2048"; "ecdsa_secp256r1", "ecdsa_secp384r1", "ecdsa_secp521r1"; "mldsa44", "mldsa65" or
 * "mldsa87".
 *
 * @param conn The connection
 * @param mode The side: its own mode for the certificate that this side selected, the other one
 * for the verified certificate of the peer
 * @param output Set to a NUL-terminated string
 * @param output_size The size of `output` in bytes; set to the size of the string with its NUL,
 * also if `output` is too small, and to 0 for a key of another type
 * @returns 0, or -1 with `S2N_ERR_NULL` if a pointer is NULL or this side has selected no
 * certificate, `S2N_ERR_INVALID_ARGUMENT` for an unknown mode, `S2N_ERR_CERT_NOT_VALIDATED` if the
 * peer has no verified certificate, `S2N_ERR_CERT_TYPE_UNSUPPORTED` for a key of another type, or
 * `S2N_ERR_INSUFFICIENT_MEM_SIZE`
 */
S2N_API extern
int s2n_conn_get_signature_public_key_type(struct s2n_connection *conn,
                                           s2n_mode mode,
                                           char *output,
                                           uint32_t *output_size);

/**
 * Returns the stapled OCSP response (RFC 6960) that was received with the server's certificate.
 *
 * @param conn A client connection
 * @param length Set to the length of the response in bytes, 0 if there is none
 * @returns the response in DER, owned by the connection and valid until it is wiped or freed; NULL
 * if there is none; NULL with `S2N_ERR_NULL` if a pointer is NULL
 */
S2N_API extern
const uint8_t *s2n_connection_get_ocsp_response(struct s2n_connection *conn,
                                                uint32_t *length);

/**
 * Reports whether an OCSP response is stapled to the server's certificate: sent by a server, or
 * received by a client.
 *
 * @param conn The connection
 * @returns 1 if there is one, 0 if not; -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_is_ocsp_stapled(struct s2n_connection *conn);

/**
 * Returns the signed certificate timestamps (SCT; RFC 6962) that the server sent. The list is
 * always empty: rustls does not support requesting them.
 *
 * @param conn The connection
 * @param length Set to 0; may be NULL
 * @returns NULL; with `S2N_ERR_NULL` if `conn` is NULL
 */
S2N_API extern
const uint8_t *s2n_connection_get_sct_list(struct s2n_connection *conn,
                                           uint32_t *length);

/**
 * Reports whether the client authenticated with a certificate.
 *
 * @param conn The connection
 * @returns 1 if it did, 0 if not or before the handshake is complete; -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_client_cert_used(struct s2n_connection *conn);

/**
 * Returns the client's certificate chain as received: each certificate in DER, preceded by its
 * length in three bytes.
 *
 * The bytes are owned by the connection, and valid until it is wiped or freed.
 *
 * @param conn A server connection
 * @param der_cert_chain_out Set to the bytes
 * @param cert_chain_len Set to their number
 * @returns 0, or -1 with `S2N_ERR_NULL` if a pointer is NULL or if the client sent no certificate
 */
S2N_API extern
int s2n_connection_get_client_cert_chain(struct s2n_connection *conn,
                                         uint8_t **der_cert_chain_out,
                                         uint32_t *cert_chain_len);

/**
 * Returns the signature algorithm of the server's handshake signature.
 *
 * @param conn The connection
 * @param chosen_alg Set to a value of `s2n_tls_signature_algorithm`; `S2N_TLS_SIGNATURE_ANONYMOUS`
 * before the signature is made
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_selected_signature_algorithm(struct s2n_connection *conn,
                                                    s2n_tls_signature_algorithm *chosen_alg);

/**
 * Returns the hash algorithm of the server's handshake signature.
 *
 * @param conn The connection
 * @param chosen_alg Set to a value of `s2n_tls_hash_algorithm`; `S2N_TLS_HASH_NONE` before the
 * signature is made
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_selected_digest_algorithm(struct s2n_connection *conn,
                                                 s2n_tls_hash_algorithm *chosen_alg);

/**
 * Returns the signature algorithm of the client's handshake signature.
 *
 * @param conn The connection
 * @param chosen_alg Set to a value of `s2n_tls_signature_algorithm`; `S2N_TLS_SIGNATURE_ANONYMOUS`
 * if the client sent no certificate
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_selected_client_cert_signature_algorithm(struct s2n_connection *conn,
                                                                s2n_tls_signature_algorithm *chosen_alg);

/**
 * Returns the hash algorithm of the client's handshake signature.
 *
 * @param conn The connection
 * @param chosen_alg Set to a value of `s2n_tls_hash_algorithm`; `S2N_TLS_HASH_NONE` if the client
 * sent no certificate
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_selected_client_cert_digest_algorithm(struct s2n_connection *conn,
                                                             s2n_tls_hash_algorithm *chosen_alg);

/**
 * Returns the name of the server's signature scheme (RFC 8446, 4.2.3).
 *
 * @param conn A connection whose handshake is complete
 * @param scheme_name Set to a static string
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` before the handshake is complete
 */
S2N_API extern
int s2n_connection_get_signature_scheme(struct s2n_connection *conn,
                                        const char **scheme_name);

/**
 * Sets the session that a client offers to resume. If the server does not resume it, the handshake
 * is a full one; so it is if the ticket of a TLS 1.3 session has expired, which is not offered.
 *
 * @param conn A client connection, before its handshake
 * @param session A serialized session from `s2n_connection_get_session()` or from the session
 * ticket callback, also one of s2n-tls; copied
 * @param length Length of the session in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_STUFFER_OUT_OF_DATA` if the session is truncated,
 * `S2N_ERR_INVALID_SERIALIZED_SESSION_STATE`, `S2N_ERR_INVALID_SESSION_TICKET` if its ticket has
 * expired for 7 days or is issued in the future, `S2N_ERR_CIPHER_NOT_SUPPORTED`, `S2N_ERR_INVALID_ARGUMENT` or
 * `S2N_ERR_SAFETY` for an invalid secret or version, or `S2N_ERR_CANCELLED` if the wall clock fails
 */
S2N_API extern
int s2n_connection_set_session(struct s2n_connection *conn,
                               const uint8_t *session,
                               size_t length);

/**
 * Serializes the session of a client connection, so that it can be resumed later, also with
 * s2n-tls. It is secret: who has it can resume the session. In TLS 1.3 the session belongs to the
 * last session ticket that `s2n_recv()` has received.
 *
 * @param conn A client connection
 * @param session Filled with the serialized session
 * @param max_length Size of the buffer in bytes
 * @returns the length of the session in bytes; 0 if there is none; or -1 with `S2N_ERR_NULL`,
 * `S2N_ERR_SERIALIZED_SESSION_STATE_TOO_LONG` if the buffer is too small, or `S2N_ERR_CANCELLED`
 * if the wall clock fails
 */
S2N_API extern
int s2n_connection_get_session(struct s2n_connection *conn,
                               uint8_t *session,
                               size_t max_length);

/**
 * Returns the lifetime hint of the session ticket that a client received: how long the server
 * intends to accept the ticket.
 *
 * @param conn A client connection
 * @returns a number of seconds, or -1 with `S2N_ERR_NULL`, or
 * `S2N_ERR_SESSION_TICKET_NOT_SUPPORTED` if session tickets are disabled or there is none
 */
S2N_API extern int s2n_connection_get_session_ticket_lifetime_hint(struct s2n_connection *conn);

/**
 * Returns the size of the session that `s2n_connection_get_session()` serializes.
 *
 * @param conn The connection
 * @returns a number of bytes; 0 if there is no session to resume, or if `conn` is NULL; never
 * fails
 */
S2N_API extern int s2n_connection_get_session_length(struct s2n_connection *conn);

/**
 * Returns the length of the session ID (RFC 5246, 7.4.1.2).
 *
 * @param conn The connection
 * @returns a number of bytes, at most 32; 0 in TLS 1.3, which has no session IDs; or -1 with
 * `S2N_ERR_NULL`
 */
S2N_API extern int s2n_connection_get_session_id_length(struct s2n_connection *conn);

/**
 * Copies the session ID (RFC 5246, 7.4.1.2).
 *
 * @param conn The connection
 * @param session_id Filled with the session ID
 * @param max_length Size of the buffer in bytes
 * @returns the length of the session ID in bytes; 0 in TLS 1.3, which has no session IDs; or -1
 * with `S2N_ERR_NULL`, or `S2N_ERR_SESSION_ID_TOO_LONG` if the buffer is too small
 */
S2N_API extern
int s2n_connection_get_session_id(struct s2n_connection *conn,
                                  uint8_t *session_id,
                                  size_t max_length);

/**
 * Reports whether the handshake resumed a session.
 *
 * @param conn The connection
 * @returns 1 if it did, for a TLS 1.3 server since its response to the ClientHello; 0 if not, else
 * before the handshake is complete, or if `conn` is NULL
 */
S2N_API extern int s2n_connection_is_session_resumed(struct s2n_connection *conn);

/**
 * Increases the number of session tickets that a server sends after a TLS 1.3 handshake. They are
 * sent by the next `s2n_send()` or `s2n_negotiate()`. No effect before TLS 1.3.
 *
 * @param conn A server connection
 * @param num Number of additional tickets
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INTEGER_OVERFLOW` for more than 65535 tickets,
 * `S2N_ERR_KEYING_MATERIAL_EXPIRED` if the connection has resumed a session whose keying material
 * has expired, or `S2N_ERR_CANCELLED` if the wall clock fails
 */
S2N_API extern int s2n_connection_add_new_tickets_to_send(struct s2n_connection *conn, uint8_t num);

/**
 * Returns the number of session tickets that a server has sent. The ticket of a TLS 1.2 handshake
 * is counted as well.
 *
 * @param conn A server connection
 * @param num Set to the number of tickets
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_CLIENT_MODE` on a client connection
 */
S2N_API extern int s2n_connection_get_tickets_sent(struct s2n_connection *conn, uint16_t *num);

/**
 * Sets the lifetime of a server's keying material: how long sessions of TLS 1.3 may be resumed,
 * counted from the full handshake at their beginning (RFC 8446, 4.6.1). The default is 7 days.
 *
 * @param conn A server connection
 * @param lifetime_in_secs The lifetime in seconds
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_set_server_keying_material_lifetime(struct s2n_connection *conn,
                                                       uint32_t lifetime_in_secs);

/**
 * Adds a pre-shared key to those that a client offers or a server knows, after the keys that were
 * added before, and changes the PSK mode to `S2N_PSK_MODE_EXTERNAL`. A client offers only the
 * first one.
 *
 * @param conn The connection
 * @param psk The key; copied
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT` if the key has no identity or
 * no secret, `S2N_ERR_DUPLICATE_PSK_IDENTITIES`, `S2N_ERR_OFFERED_PSKS_TOO_LONG` if the keys of a
 * client do not fit in a ClientHello, or `S2N_ERR_PSK_MODE` if the session of a ticket is set
 */
S2N_API extern int s2n_connection_append_psk(struct s2n_connection *conn, struct s2n_psk *psk);

/**
 * Sets the use of pre-shared keys, overriding that of the config: session resumption or external
 * keys.
 *
 * @param conn The connection
 * @param mode A value of `s2n_psk_mode`
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`, or `S2N_ERR_PSK_MODE` if keys
 * of the other mode are set
 */
S2N_API extern int s2n_connection_set_psk_mode(struct s2n_connection *conn, s2n_psk_mode mode);

/**
 * Returns the length of the identity of the negotiated pre-shared key: that of an external key, or
 * the ticket of a session.
 *
 * @param conn The connection
 * @param identity_length Set to a number of bytes; 0 if no pre-shared key was negotiated
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_negotiated_psk_identity_length(struct s2n_connection *conn,
                                                      uint16_t *identity_length);

/**
 * Copies the identity of the negotiated pre-shared key: see
 * `s2n_connection_get_negotiated_psk_identity_length()`.
 *
 * @param conn The connection
 * @param identity Filled with the identity; not changed if no pre-shared key was negotiated
 * @param max_identity_length Size of the buffer in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE` if the buffer is too
 * small
 */
S2N_API extern
int s2n_connection_get_negotiated_psk_identity(struct s2n_connection *conn,
                                               uint8_t *identity,
                                               uint16_t max_identity_length);

/**
 * Sets the maximum size of the early data that the session tickets of a server permit, and that it
 * accepts with a ticket, overriding that of the config.
 *
 * @param conn A server connection
 * @param max_early_data_size The maximum in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_set_server_max_early_data_size(struct s2n_connection *conn,
                                                  uint32_t max_early_data_size);

/**
 * Sets the early data context of a server, which is stored in session tickets that permit early
 * data. The early data callback reads it when the client uses a ticket.
 *
 * @param conn A server connection
 * @param context The context; copied. May be NULL if `context_size` is 0
 * @param context_size Length of the context in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_set_server_early_data_context(struct s2n_connection *conn,
                                                 const uint8_t *context,
                                                 uint16_t context_size);

/**
 * Returns the status of early data: whether it may be sent or received now or later, is not part of
 * the handshake, was rejected by the server, or has ended.
 *
 * @param conn The connection
 * @param status Set to a value of `s2n_early_data_status_t`
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_early_data_status(struct s2n_connection *conn,
                                         s2n_early_data_status_t *status);

/**
 * Returns the amount of early data that may still be sent or received.
 *
 * @param conn The connection
 * @param allowed_early_data_size Set to a number of bytes; 0 if early data is over or rejected
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_MAX_EARLY_DATA_SIZE` if the client has sent
 * too much
 */
S2N_API extern
int s2n_connection_get_remaining_early_data_size(struct s2n_connection *conn,
                                                 uint32_t *allowed_early_data_size);

/**
 * Returns the maximum amount of early data: that of the first pre-shared key, for the ticket of a
 * server at most its own limit. A server that has not received a ClientHello returns its limit.
 *
 * @param conn The connection
 * @param max_early_data_size Set to a number of bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_max_early_data_size(struct s2n_connection *conn,
                                           uint32_t *max_early_data_size);

/**
 * Sends early data on a client connection, and performs the part of the handshake that this
 * requires. Called instead of `s2n_negotiate()` at first, and then until the early data is sent;
 * `s2n_negotiate()` ends the early data.
 *
 * Early data has no forward secrecy, and can be replayed by an attacker: it must be harmless if the
 * server receives it twice. A server may reject it; it is lost then, and
 * `s2n_connection_get_early_data_status()` reports it.
 *
 * @param conn A client connection, with the session of a ticket or an external pre-shared key that
 * permits early data
 * @param data The data; borrowed for the duration of the call
 * @param data_len Length of the data in bytes
 * @param data_sent Set to the number of bytes that this call has sent, also if it fails
 * @param blocked Set to the operation on which the call is blocked
 * @returns 0 if no more early data can be sent: the limit is reached (the rest of the data is not
 * sent), the server has rejected it, or it is not possible; 0 also if the server has accepted it
 * and more can be sent. Otherwise -1 with `S2N_ERR_IO_BLOCKED` while the server has not answered,
 * so that the call can be repeated with more data; `S2N_ERR_NULL`, `S2N_ERR_SAFETY` for a negative
 * length, `S2N_ERR_SERVER_MODE`, or an error of `s2n_negotiate()` or `s2n_send()`
 */
S2N_API extern
int s2n_send_early_data(struct s2n_connection *conn,
                        const uint8_t *data,
                        ssize_t data_len,
                        ssize_t *data_sent,
                        s2n_blocked_status *blocked);

/**
 * Receives early data on a server connection, and performs the part of the handshake that this
 * requires. Called instead of `s2n_negotiate()` at first, until it succeeds; `s2n_negotiate()`
 * completes the handshake then. A server that does not call it rejects early data.
 *
 * Early data can be replayed by an attacker: the server must be prepared to receive it twice.
 *
 * @param conn A server connection
 * @param data Filled with the data; borrowed for the duration of the call
 * @param max_data_len Size of the buffer in bytes
 * @param data_received Set to the number of bytes that this call has received, also if it fails
 * @param blocked Set to the operation on which the call is blocked
 * @returns 0 if there is no more early data; otherwise -1 with `S2N_ERR_IO_BLOCKED` if more may
 * come, `S2N_ERR_EARLY_DATA_BLOCKED` if the buffer is full and there is more,
 * `S2N_ERR_ASYNC_BLOCKED` while a callback is incomplete, `S2N_ERR_MAX_EARLY_DATA_SIZE` if the
 * client has sent more than its limit, `S2N_ERR_NULL`, `S2N_ERR_CLIENT_MODE`, or an error of
 * `s2n_negotiate()`
 */
S2N_API extern
int s2n_recv_early_data(struct s2n_connection *conn,
                        uint8_t *data,
                        ssize_t max_data_len,
                        ssize_t *data_received,
                        s2n_blocked_status *blocked);

/**
 * Returns the size of a serialized connection.
 *
 * @param conn The connection, whose config has a serialization version
 * @param length Set to a number of bytes: 142 for TLS 1.2; 126 or 174 for TLS 1.3, depending on the
 * cipher suite
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_STATE` if the config has no
 * serialization version
 */
S2N_API extern
int s2n_connection_serialization_length(struct s2n_connection *conn,
                                        uint32_t *length);

/**
 * Serializes the keys and the state of a connection, for `s2n_connection_deserialize()` in another
 * process, which continues the connection on the same socket. Closes this connection: it can send
 * and receive no more, and `s2n_shutdown()` sends no alert, because the peer's connection lives on.
 *
 * The result contains the keys of the connection, and must be kept secret and unmodified on its
 * way. It must be restored once: two connections with the same keys and sequence numbers break the
 * encryption of both.
 *
 * No other call on the connection may run at the same time.
 *
 * @param conn The connection, whose handshake is complete, and whose config has had a serialization
 * version since before the handshake
 * @param buffer Filled with the serialized connection
 * @param buffer_length Size of the buffer in bytes; see `s2n_connection_serialization_length()`
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_HANDSHAKE_NOT_COMPLETE`, `S2N_ERR_CLOSED` if a
 * direction is closed, `S2N_ERR_INSUFFICIENT_MEM_SIZE`, `S2N_ERR_REENTRANCY`, or
 * `S2N_ERR_INVALID_STATE` if the config has no serialization version; if a record is partly
 * received or partly sent; if received data was not read (`s2n_peek()`, `s2n_peek_buffered()`); if
 * a send was blocked and not repeated; or if a KeyUpdate is due, which `s2n_negotiate()` sends. The
 * connection is unchanged then.
 */
S2N_API extern
int s2n_connection_serialize(struct s2n_connection *conn,
                             uint8_t *buffer,
                             uint32_t buffer_length);

/**
 * Restores a serialized connection in a new connection, which then sends and receives without a
 * handshake. Its transport, its config and its other settings must be set as for every connection,
 * before this call or after it; `s2n_negotiate()` is not required, and returns 0.
 *
 * The getters of version and cipher suite return those of the serialized connection; what else its
 * handshake has negotiated (server name, application protocol, certificates) is not serialized.
 * Counters of bytes start at 0.
 *
 * The serialized connection is not authenticated: the caller must ensure that it is unmodified, and
 * that it is not restored twice.
 *
 * @param conn A new connection, with the mode of the one that was serialized
 * @param buffer Output of `s2n_connection_serialize()`; copied. It should be zeroized afterwards.
 * @param buffer_length Length of that output in bytes; further bytes are ignored
 * @returns 0, or -1 with `S2N_ERR_NULL`, with `S2N_ERR_INVALID_SERIALIZED_CONNECTION` if the bytes
 * are not a serialized connection or have an unsupported version or cipher suite, or with
 * `S2N_ERR_INVALID_STATE` if `conn` is not new. The connection is unchanged then.
 */
S2N_API extern
int s2n_connection_deserialize(struct s2n_connection *conn,
                               uint8_t *buffer,
                               uint32_t buffer_length);

/**
 * Completes an asynchronous ClientHello callback: the next `s2n_negotiate()` resumes the
 * handshake.
 *
 * May be called from any thread, also within the callback. No call may use the connection at the
 * same time, except the one that invoked the callback.
 *
 * @param conn The connection
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if its config is not in
 * `S2N_CLIENT_HELLO_CB_NONBLOCKING` mode, or `S2N_ERR_ASYNC_NOT_PERFORMED` if the callback was not
 * called
 */
S2N_API extern int s2n_client_hello_cb_done(struct s2n_connection *conn);

/**
 * Parses a ClientHello that was not received by a connection.
 *
 * @param bytes The handshake message including its header, without trailing data; copied
 * @param size Length of the message in bytes
 * @returns a new ClientHello, owned by the caller, to be freed with `s2n_client_hello_free()`; or
 * NULL with `S2N_ERR_NULL`, `S2N_ERR_SIZE_MISMATCH` if the header is missing,
 * `S2N_ERR_BAD_MESSAGE`, or `S2N_ERR_DUPLICATE_EXTENSION`
 */
S2N_API extern
struct s2n_client_hello *s2n_client_hello_parse_message(const uint8_t *bytes,
                                                        uint32_t size);

/**
 * Frees a ClientHello that was created by `s2n_client_hello_parse_message()`.
 *
 * @param ch Address of the pointer to the ClientHello; the pointer is set to NULL. A NULL pointer
 * at this address has no effect.
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` if the ClientHello is owned
 * by a connection
 */
S2N_API extern int s2n_client_hello_free(struct s2n_client_hello **ch);

/**
 * Returns the length of the ClientHello message.
 *
 * @param ch The ClientHello
 * @returns a number of bytes, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern ssize_t s2n_client_hello_get_raw_message_length(struct s2n_client_hello *ch);

/**
 * Copies the ClientHello message, without its handshake header and with the random replaced by
 * zeros.
 *
 * @param ch The ClientHello
 * @param out Filled with the message
 * @param max_length Size of the buffer in bytes; a longer message is truncated
 * @returns the number of bytes copied, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
ssize_t s2n_client_hello_get_raw_message(struct s2n_client_hello *ch,
                                         uint8_t *out,
                                         uint32_t max_length);

/**
 * Returns the length of the list of cipher suites.
 *
 * @param ch The ClientHello
 * @returns a number of bytes, two for each cipher suite; or -1 with `S2N_ERR_NULL`
 */
S2N_API extern ssize_t s2n_client_hello_get_cipher_suites_length(struct s2n_client_hello *ch);

/**
 * Copies the list of cipher suites: the IANA values, two bytes each in network byte order.
 *
 * @param ch The ClientHello
 * @param out Filled with the list
 * @param max_length Size of the buffer in bytes; a longer list is truncated
 * @returns the number of bytes copied, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
ssize_t s2n_client_hello_get_cipher_suites(struct s2n_client_hello *ch,
                                           uint8_t *out,
                                           uint32_t max_length);

/**
 * Returns the length of the list of extensions.
 *
 * @param ch The ClientHello
 * @returns a number of bytes, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern ssize_t s2n_client_hello_get_extensions_length(struct s2n_client_hello *ch);

/**
 * Copies the list of extensions as received (RFC 8446, 4.2).
 *
 * @param ch The ClientHello
 * @param out Filled with the list
 * @param max_length Size of the buffer in bytes; a longer list is truncated
 * @returns the number of bytes copied, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
ssize_t s2n_client_hello_get_extensions(struct s2n_client_hello *ch,
                                        uint8_t *out,
                                        uint32_t max_length);

/**
 * Returns the length of the session ID.
 *
 * @param ch The ClientHello
 * @param out_length Set to a number of bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_client_hello_get_session_id_length(struct s2n_client_hello *ch,
                                           uint32_t *out_length);

/**
 * Copies the session ID.
 *
 * @param ch The ClientHello
 * @param out Filled with the session ID
 * @param out_length Set to the number of bytes copied
 * @param max_length Size of the buffer in bytes; a longer session ID is truncated
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_client_hello_get_session_id(struct s2n_client_hello *ch,
                                    uint8_t *out,
                                    uint32_t *out_length,
                                    uint32_t max_length);

/**
 * Returns the length of the list of compression methods.
 *
 * @param ch The ClientHello
 * @param out_length Set to a number of bytes, one for each compression method
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_client_hello_get_compression_methods_length(struct s2n_client_hello *ch,
                                                    uint32_t *out_length);

/**
 * Copies the list of compression methods.
 *
 * @param ch The ClientHello
 * @param list Filled with the list
 * @param list_length Size of the buffer in bytes
 * @param out_length Set to the number of bytes copied
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE` if the buffer is too
 * small
 */
S2N_API extern
int s2n_client_hello_get_compression_methods(struct s2n_client_hello *ch,
                                             uint8_t *list,
                                             uint32_t list_length,
                                             uint32_t *out_length);

/**
 * Returns the protocol version field of the ClientHello (legacy_version): `S2N_TLS12` also for
 * later versions.
 *
 * @param ch The ClientHello
 * @param out Set to the version. An unassigned version is encoded in the same way: 10 times its
 * first byte plus its second byte.
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_client_hello_get_legacy_protocol_version(struct s2n_client_hello *ch,
                                                 uint8_t *out);

/**
 * Returns the protocol version in the header of the record that contained the ClientHello.
 *
 * @param ch The ClientHello
 * @param out Set to the version
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` if the ClientHello was not
 * received in a record
 */
S2N_API extern
int s2n_client_hello_get_legacy_record_version(struct s2n_client_hello *ch,
                                               uint8_t *out);

/**
 * Copies the random of the ClientHello.
 *
 * @param ch The ClientHello
 * @param out Filled with the random of 32 bytes
 * @param max_length Size of the buffer in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE` if the buffer is
 * smaller than 32 bytes
 */
S2N_API extern
int s2n_client_hello_get_random(struct s2n_client_hello *ch,
                                uint8_t *out,
                                uint32_t max_length);

/**
 * Returns the length of the data of a ClientHello extension.
 *
 * @param ch The ClientHello
 * @param extension_type The extension
 * @returns a number of bytes; 0 with `S2N_ERR_EXTENSION_NOT_RECEIVED`, or with
 * `S2N_ERR_UNRECOGNIZED_EXTENSION` for an extension that s2n-tls does not recognize; -1 with
 * `S2N_ERR_NULL`
 */
S2N_API extern
ssize_t s2n_client_hello_get_extension_length(struct s2n_client_hello *ch,
                                              s2n_tls_extension_type extension_type);

/**
 * Copies the data of a ClientHello extension.
 *
 * @param ch The ClientHello
 * @param extension_type The extension
 * @param out Filled with the data
 * @param max_length Size of the buffer in bytes; longer data is truncated
 * @returns the number of bytes copied; 0 and -1 as `s2n_client_hello_get_extension_length()`
 */
S2N_API extern
ssize_t s2n_client_hello_get_extension_by_id(struct s2n_client_hello *ch,
                                             s2n_tls_extension_type extension_type,
                                             uint8_t *out,
                                             uint32_t max_length);

/**
 * Reports whether the ClientHello contains an extension, including extensions that s2n-tls does
 * not recognize.
 *
 * @param ch The ClientHello
 * @param extension_iana The IANA value of the extension
 * @param exists Set to whether the ClientHello contains the extension
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_client_hello_has_extension(struct s2n_client_hello *ch,
                                   uint16_t extension_iana,
                                   bool *exists);

/**
 * Returns the IANA values of the client's supported groups (RFC 8446, 4.2.7), most preferred
 * first.
 *
 * @param ch The ClientHello
 * @param groups Filled with the values
 * @param groups_count_max Size of the buffer as a number of values
 * @param groups_count Set to the number of values stored; 0 on failure
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_EXTENSION_NOT_RECEIVED`,
 * `S2N_ERR_INVALID_PARSED_EXTENSIONS`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE`
 */
S2N_API extern
int s2n_client_hello_get_supported_groups(struct s2n_client_hello *ch,
                                          uint16_t *groups,
                                          uint16_t groups_count_max,
                                          uint16_t *groups_count);

/**
 * Returns the length of the server name (SNI) that the client requests (RFC 6066, 3).
 *
 * @param ch The ClientHello
 * @param length Set to a number of bytes; 0 on failure
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_EXTENSION_NOT_RECEIVED`, or `S2N_ERR_SAFETY` if
 * the extension contains no host name
 */
S2N_API extern
int s2n_client_hello_get_server_name_length(struct s2n_client_hello *ch,
                                            uint16_t *length);

/**
 * Copies the server name (SNI) that the client requests, without NUL terminator.
 *
 * @param ch The ClientHello
 * @param server_name Filled with the name
 * @param length Size of the buffer in bytes
 * @param out_length Set to the number of bytes copied; 0 on failure
 * @returns 0, or -1 as `s2n_client_hello_get_server_name_length()`; `S2N_ERR_SAFETY` also if the
 * buffer is too small
 */
S2N_API extern
int s2n_client_hello_get_server_name(struct s2n_client_hello *ch,
                                     uint8_t *server_name,
                                     uint16_t length,
                                     uint16_t *out_length);

/**
 * Performs a private-key operation: signs with a private key. May be called once, in the callback
 * or later, from any thread, even after the connection was freed.
 *
 * @param op The operation
 * @param key The private key of a certificate chain; see
 * `s2n_cert_chain_and_key_get_private_key()`
 * @returns 0, or -1 with `S2N_ERR_NULL`, also if the chain has no private key;
 * `S2N_ERR_ASYNC_ALREADY_PERFORMED`; `S2N_ERR_PKEY_CTX_INIT` if the key is of another type; or
 * `S2N_ERR_SIGN`
 */
S2N_API extern
int s2n_async_pkey_op_perform(struct s2n_async_pkey_op *op,
                              s2n_cert_private_key *key);

/**
 * Applies the signature of a private-key operation to the connection that requires it, so that the
 * next `s2n_negotiate()` resumes the handshake. May be called in the callback or later, from any
 * thread, and again after a failure.
 *
 * @param op An operation that has its signature
 * @param conn The connection that was passed to the callback
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_ASYNC_NOT_PERFORMED`,
 * `S2N_ERR_ASYNC_ALREADY_APPLIED`, `S2N_ERR_ASYNC_WRONG_CONNECTION` if the connection is not
 * waiting for this operation, or `S2N_ERR_VERIFY_SIGNATURE`
 */
S2N_API extern
int s2n_async_pkey_op_apply(struct s2n_async_pkey_op *op,
                            struct s2n_connection *conn);

/**
 * Frees a private-key operation, before or after its connection. If the operation was not applied,
 * its connection remains blocked until it is freed or wiped.
 *
 * @param op The operation, which must not be used afterwards
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_async_pkey_op_free(struct s2n_async_pkey_op *op);

/**
 * Returns the type of a private-key operation.
 *
 * @param op The operation
 * @param type Set to `S2N_ASYNC_SIGN`: none of the supported cipher suites requires decryption
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_async_pkey_op_get_op_type(struct s2n_async_pkey_op *op,
                                  s2n_async_pkey_op_type *type);

/**
 * Returns the size of the input to be signed.
 *
 * @param op The operation
 * @param data_len Set to the size in bytes: that of a SHA-256, SHA-384 or SHA-512 hash
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED` for ML-DSA
 */
S2N_API extern
int s2n_async_pkey_op_get_input_size(struct s2n_async_pkey_op *op,
                                     uint32_t *data_len);

/**
 * Copies the input to be signed: a hash, to be signed with RSA (PKCS #1 v1.5 padding or PSS) or
 * ECDSA. The size of the input identifies the hash algorithm; the PSS salt has the same length.
 *
 * @param op The operation
 * @param data Filled with the hash
 * @param data_len Size of the buffer in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_SAFETY` if the buffer is too small, or
 * `S2N_ERR_UNIMPLEMENTED` for ML-DSA
 */
S2N_API extern
int s2n_async_pkey_op_get_input(struct s2n_async_pkey_op *op,
                                uint8_t *data,
                                uint32_t data_len);

/**
 * Sets the signature of a private-key operation that the application performed externally. It may
 * be set again until it is applied.
 *
 * @param op The operation
 * @param data The signature as encoded in the handshake message (for ECDSA in DER); copied
 * @param data_len Length of the signature in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_async_pkey_op_set_output(struct s2n_async_pkey_op *op,
                                 const uint8_t *data,
                                 uint32_t data_len);

/**
 * Returns the length of a session ticket and its session, as
 * `s2n_session_ticket_get_data()` serializes them.
 *
 * @param ticket The session ticket of a session ticket callback, valid during the callback
 * @param data_len Set to a number of bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_session_ticket_get_data_len(struct s2n_session_ticket *ticket,
                                    size_t *data_len);

/**
 * Copies a session ticket and its session, for `s2n_connection_set_session()`. They are secret:
 * who has them can resume the session.
 *
 * @param ticket The session ticket of a session ticket callback, valid during the callback
 * @param max_data_len Size of the buffer in bytes
 * @param data Filled with the ticket and the session
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_SERIALIZED_SESSION_STATE_TOO_LONG` if the
 * buffer is too small
 */
S2N_API extern
int s2n_session_ticket_get_data(struct s2n_session_ticket *ticket,
                                size_t max_data_len,
                                uint8_t *data);

/**
 * Returns the lifetime of a session ticket: how long the server intends to accept it.
 *
 * @param ticket The session ticket of a session ticket callback, valid during the callback
 * @param session_lifetime Set to a number of seconds
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_session_ticket_get_lifetime(struct s2n_session_ticket *ticket,
                                    uint32_t *session_lifetime);

/**
 * Creates an empty external pre-shared key, whose identity and secret are set afterwards. Both
 * sides must have the same identity, secret and hash algorithm.
 *
 * @returns a key that is freed with `s2n_psk_free()`; NULL with `S2N_ERR_ALLOC`
 */
S2N_API extern struct s2n_psk *s2n_external_psk_new(void);

/**
 * Frees a pre-shared key, and sets the pointer to NULL. Connections have copies.
 *
 * @param psk Address of the pointer to the key; NULL, or the address of a NULL pointer, has no
 * effect
 * @returns 0
 */
S2N_API extern int s2n_psk_free(struct s2n_psk **psk);

/**
 * Sets the identity of a pre-shared key. The identity is sent unencrypted, and is not secret.
 *
 * @param psk The key
 * @param identity The identity; copied
 * @param identity_size Length of the identity in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` for an empty identity
 */
S2N_API extern
int s2n_psk_set_identity(struct s2n_psk *psk,
                         const uint8_t *identity,
                         uint16_t identity_size);

/**
 * Sets the secret of a pre-shared key. It must be random, with at least 128 bits of entropy (RFC
 * 9257, 6): a password can be guessed by anyone who sees a handshake.
 *
 * @param psk The key
 * @param secret The secret; copied, and cleared when the key is freed
 * @param secret_size Length of the secret in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` for a secret that is empty
 * or has only zeros
 */
S2N_API extern
int s2n_psk_set_secret(struct s2n_psk *psk,
                       const uint8_t *secret,
                       uint16_t secret_size);

/**
 * Sets the hash algorithm of a pre-shared key: only cipher suites with this algorithm can be used
 * with the key. The default is SHA-256.
 *
 * @param psk The key
 * @param hmac `S2N_PSK_HMAC_SHA256` or `S2N_PSK_HMAC_SHA384`
 * @returns 0, or -1 with `S2N_ERR_NULL` or `S2N_ERR_HMAC_INVALID_ALGORITHM`
 */
S2N_API extern int s2n_psk_set_hmac(struct s2n_psk *psk, s2n_psk_hmac hmac);

/**
 * Creates an object that `s2n_offered_psk_list_next()` sets to a pre-shared key that the client
 * offers.
 *
 * @returns an object that is freed with `s2n_offered_psk_free()`; NULL with `S2N_ERR_ALLOC`
 */
S2N_API extern struct s2n_offered_psk *s2n_offered_psk_new(void);

/**
 * Frees an object that was created by `s2n_offered_psk_new()`, and sets the pointer to NULL.
 *
 * @param psk Address of the pointer to the object; NULL, or the address of a NULL pointer, has no
 * effect
 * @returns 0
 */
S2N_API extern int s2n_offered_psk_free(struct s2n_offered_psk **psk);

/**
 * Returns the identity of an offered pre-shared key.
 *
 * @param psk The offered key
 * @param identity Set to the identity, which is valid during the selection callback
 * @param size Set to the length of the identity in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, also if no key of the list is set
 */
S2N_API extern
int s2n_offered_psk_get_identity(struct s2n_offered_psk *psk,
                                 uint8_t **identity,
                                 uint16_t *size);

/**
 * Reports whether the list contains another pre-shared key.
 *
 * @param psk_list The list that was passed to the PSK selection callback
 * @returns whether `s2n_offered_psk_list_next()` returns a key; false for NULL
 */
S2N_API extern bool s2n_offered_psk_list_has_next(struct s2n_offered_psk_list *psk_list);

/**
 * Returns the next pre-shared key of the list.
 *
 * @param psk_list The list that was passed to the PSK selection callback
 * @param psk Set to the next key
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_STUFFER_OUT_OF_DATA` if there is no other key, or
 * `S2N_ERR_BAD_MESSAGE` if it is malformed
 */
S2N_API extern
int s2n_offered_psk_list_next(struct s2n_offered_psk_list *psk_list,
                              struct s2n_offered_psk *psk);

/**
 * Resets the iteration to the first pre-shared key of the list.
 *
 * @param psk_list The list that was passed to the PSK selection callback
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_offered_psk_list_reread(struct s2n_offered_psk_list *psk_list);

/**
 * Chooses one of the pre-shared keys that the client offers: an external key of the connection with
 * the same identity, or in `S2N_PSK_MODE_RESUMPTION` the session of the ticket that is its
 * identity.
 *
 * @param psk_list The list that was passed to the PSK selection callback
 * @param psk A key of the list; NULL to choose none
 * @returns 0, or -1 with `S2N_ERR_NULL`, also if the connection does not have the key,
 * `S2N_ERR_INVALID_ARGUMENT` if no key of the list is set, or the error of a ticket
 */
S2N_API extern
int s2n_offered_psk_list_choose_psk(struct s2n_offered_psk_list *psk_list,
                                    struct s2n_offered_psk *psk);

/**
 * Enables early data with an external pre-shared key, of a client or a server. A client sends it
 * with a cipher suite that both sides must know beforehand. The limit of the first key of a
 * connection applies to all of them.
 *
 * @param psk The key, whose hash algorithm is set
 * @param max_early_data_size The maximum size of early data in bytes; 0 disables it
 * @param cipher_suite_first_byte The first byte of the cipher suite (RFC 8446, B.4)
 * @param cipher_suite_second_byte The second byte of the cipher suite
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CIPHER_NOT_SUPPORTED` for a suite that is not one
 * of TLS 1.3, or `S2N_ERR_INVALID_ARGUMENT` if its hash algorithm is not that of the key
 */
S2N_API extern
int s2n_psk_configure_early_data(struct s2n_psk *psk,
                                 uint32_t max_early_data_size,
                                 uint8_t cipher_suite_first_byte,
                                 uint8_t cipher_suite_second_byte);

/**
 * Sets the application protocol (ALPN) of early data with an external pre-shared key. A client
 * requests early data only if it supports the protocol, and a server accepts it only if the
 * protocol is negotiated. As with s2n-tls, a server compares it with its NUL: it sets "h2" with
 * the size 3, a client with the size 2.
 *
 * @param psk The key
 * @param application_protocol The protocol name; copied. May be NULL if `size` is 0
 * @param size Length of the name in bytes; 0 for no protocol
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_psk_set_application_protocol(struct s2n_psk *psk,
                                     const uint8_t *application_protocol,
                                     uint8_t size);

/**
 * Sets the early data context of an external pre-shared key, which the early data callback of a
 * server reads.
 *
 * @param psk The key
 * @param context The context; copied. May be NULL if `size` is 0
 * @param size Length of the context in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_psk_set_early_data_context(struct s2n_psk *psk,
                                   const uint8_t *context,
                                   uint16_t size);

/**
 * Returns the length of the early data context of the client's pre-shared key.
 *
 * @param early_data The offered early data that was passed to the early data callback
 * @param context_len Set to a number of bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, also after the connection is wiped
 */
S2N_API extern
int s2n_offered_early_data_get_context_length(struct s2n_offered_early_data *early_data,
                                              uint16_t *context_len);

/**
 * Copies the early data context of the client's pre-shared key: see
 * `s2n_connection_set_server_early_data_context()` and `s2n_psk_set_early_data_context()`.
 *
 * @param early_data The offered early data that was passed to the early data callback
 * @param context Filled with the context
 * @param max_len Size of the buffer in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, also after the connection is wiped, or
 * `S2N_ERR_INSUFFICIENT_MEM_SIZE` if the buffer is too small
 */
S2N_API extern
int s2n_offered_early_data_get_context(struct s2n_offered_early_data *early_data,
                                       uint8_t *context,
                                       uint16_t max_len);

/**
 * Rejects the early data that the client offers: it is skipped, and the handshake continues. May be
 * called in the callback or later, in any thread.
 *
 * @param early_data The offered early data that was passed to the early data callback
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_EARLY_DATA_STATE` if it was accepted,
 * or is not offered any more
 */
S2N_API extern int s2n_offered_early_data_reject(struct s2n_offered_early_data *early_data);

/**
 * Accepts the early data that the client offers, which `s2n_recv_early_data()` receives. May be
 * called in the callback or later, in any thread.
 *
 * @param early_data The offered early data that was passed to the early data callback
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_EARLY_DATA_STATE` if it was rejected,
 * or is not offered any more
 */
S2N_API extern int s2n_offered_early_data_accept(struct s2n_offered_early_data *early_data);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_H */
