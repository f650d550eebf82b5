/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef RS2N_RS2N_H
#define RS2N_RS2N_H

#include <s2n.h>

/*
 * Extensions of rs2n: functions that s2n-tls does not have. No program for s2n-tls requires them; a program
 * that calls them runs with this library only.
 */

/** The version of this header. `rs2n_version()` returns that of the library. */
#define RS2N_VERSION "1.7.0"

/** The same as a number for comparisons: two hexadecimal digits for each part, so that 1.7.0 is 0x010700. */
#define RS2N_VERSION_NUMBER 0x010700

/** The release of the crate s2n-tls-sys whose API the library has. */
#define RS2N_S2N_TLS_API "0.3.47"


/**
 * Importance of a message of the log.
 *
 * `RS2N_LOG_ERROR`: a call has failed. `RS2N_LOG_INFO`: a handshake begins or ends, an alert is sent
 * or received, or a connection is closed. `RS2N_LOG_DEBUG`: each call, each record and message of a
 * handshake, key updates and tickets.
 */
typedef enum {
    RS2N_LOG_OFF = 0,
    RS2N_LOG_ERROR = 1,
    RS2N_LOG_INFO = 2,
    RS2N_LOG_DEBUG = 3,
} rs2n_log_level;

/**
 * Progress of Encrypted ClientHello on a client connection.
 *
 * `RS2N_ECH_NOT_OFFERED`: the ClientHello is not encrypted, or not sent yet. `RS2N_ECH_GREASE`: it
 * has an extension with random content: see `rs2n_config_set_ech_grease()`. `RS2N_ECH_OFFERED`: an
 * encrypted ClientHello was sent, and the server has not answered it. `RS2N_ECH_ACCEPTED`: the server
 * has decrypted it. `RS2N_ECH_REJECTED`: it has not, and the handshake fails.
 */
typedef enum {
    RS2N_ECH_NOT_OFFERED = 0,
    RS2N_ECH_GREASE = 1,
    RS2N_ECH_OFFERED = 2,
    RS2N_ECH_ACCEPTED = 3,
    RS2N_ECH_REJECTED = 4,
} rs2n_ech_status;

/**
 * Receives a message of the log.
 *
 * It is called by the thread, and within the call, that the message is about, so that messages of
 * different connections may come from several threads at once. It may call functions of the library,
 * also with this connection, except for those of the direction that is in use, which fail with
 * `S2N_ERR_REENTRANCY`, and must not free it. Its own calls are not logged.
 *
 * @param level The importance of the message
 * @param conn The connection, or NULL if the message is not about one
 * @param message One line of text without a line break, valid during the call
 * @param ctx The context of the callback
 */
typedef void (*rs2n_log_callback)(rs2n_log_level level,
                                  struct s2n_connection *conn,
                                  const char *message,
                                  void *ctx);

/**
 * Provides the passphrase of an encrypted private key.
 *
 * It is called once, by the thread and within the call that loads the key. It may wait for a user, and
 * call functions of the library: it may load, and also free, the chain that is being loaded.
 *
 * @param ctx The context that was passed with the callback
 * @param buf Buffer for the passphrase, which needs no NUL; valid during the call, and cleared after it
 * @param size Size of the buffer in bytes: 1024
 * @param len Set by the callback to the length of the passphrase in bytes, at most `size`; 0 before, which
 * is an empty passphrase
 * @returns 0; any other value if there is no passphrase, or it does not fit
 */
typedef int (*rs2n_passphrase_callback)(void *ctx, uint8_t *buf, uint32_t size, uint32_t *len);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Returns the version of the library that is loaded, such as "rs2n 1.7.0 (API of s2n-tls-sys
 * 0.3.47)". The macros `RS2N_VERSION` and `RS2N_S2N_TLS_API` are those of the header that a
 * program was compiled with, which may differ.
 *
 * @returns a static string
 *
 * It may be called at any time, in any thread, also before `s2n_init()`.
 */
S2N_API extern const char *rs2n_version(void);

/**
 * Returns the particulars of the last failed call on a connection, as one sentence in English:
 * which certificate is rejected, by subject and serial number, and which check it has failed; which
 * name was expected, and which names there are; which alert the peer has sent; which parameters of
 * both sides have nothing in common; which record or length is not allowed; or what the operating
 * system has reported.
 *
 * The calls are those that negotiate, send, receive, update keys or close, and the result is
 * that of the last one that failed with another type of error than `S2N_ERR_T_BLOCKED`. A call
 * that succeeds or blocks does not change it, and neither does a call that fails because an earlier
 * error has closed the connection, has a NULL argument, or begins while memory is short.
 * `s2n_connection_wipe()` removes it.
 *
 * The sentence has printable ASCII characters only, without a line break. Names and other data of
 * the peer are shortened, and their control characters are escaped, so that it can be written to a
 * terminal or log. It has no secrets. Its wording is not part of the API, and may change: a program
 * decides by `s2n_errno`.
 *
 * @param conn The connection
 * @param buffer Buffer for the sentence, which is shortened to fit, and ends with a NUL; may be
 * NULL if `size` is 0
 * @param size Size of the buffer in bytes
 * @returns the length of the whole sentence in bytes, without the NUL, as snprintf() does: it is
 * shortened if this is not less than `size`. 0 if no call has failed. -1 with `S2N_ERR_NULL` if
 * `conn` is NULL, or if `buffer` is NULL and `size` is not 0
 *
 * `s2n_errno` is not changed by success. It may be called in any thread, at the same time as other
 * calls on the connection, and in a callback.
 */
S2N_API extern
int rs2n_connection_error_detail(struct s2n_connection *conn,
                                 char *buffer,
                                 size_t size);

/**
 * Returns the description of the alert that tells the peer of the last failed call on a connection
 * (RFC 8446, 6.2). It is for QUIC, whose implementation sends 0x100 plus this number in a
 * CONNECTION_CLOSE frame (RFC 9001, 4.8). `s2n_error_get_alert()` has one alert for each value of
 * `s2n_errno`; this one also depends on the cause, as the RFCs require. Without QUIC,
 * `s2n_shutdown()` sends the alert.
 *
 * The failed call is that of `rs2n_connection_error_detail()`.
 *
 * @param conn The connection
 * @param alert Set to the alert description; unchanged on failure
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_NO_ALERT` if no call has failed, or if the
 * peer is not told of the error, as after an alert of its own
 *
 * It may be called in any thread, at the same time as other calls on the connection, and in a
 * callback.
 */
S2N_API extern
int rs2n_connection_get_error_alert(struct s2n_connection *conn,
                                    uint8_t *alert);

/**
 * Returns the particulars of the last failed call of the calling thread, as one sentence in
 * English: which line and word of the text of a policy, or which property of a key is wrong. It is
 * for calls that have no connection, such as those on configs and certificates:
 * `rs2n_connection_error_detail()` has more about the others.
 *
 * The sentence has printable ASCII characters only, without a line break, and no secrets. Its
 * wording is not part of the API, and may change: a program decides by `s2n_errno`.
 *
 * @param buffer Buffer for the sentence, which is shortened to fit, and ends with a NUL; may be
 * NULL if `size` is 0
 * @param size Size of the buffer in bytes
 * @returns the length of the whole sentence in bytes, without the NUL, as snprintf() does, at most
 * 511: it is shortened if this is not less than `size`. 0 if no call has failed, or if nothing is
 * known but its number. -1 with `S2N_ERR_NULL` if `buffer` is NULL and `size` is not 0
 *
 * `s2n_errno` is not changed by success. It may be called at any time, in any thread, and in a
 * callback, whose failed calls replace the sentence.
 */
S2N_API extern int rs2n_error_detail(char *buffer, size_t size);

/**
 * Sets the callback that receives the log of all connections of the process: calls, states and
 * reasons. It is for debugging; the log is off by default, and has no cost then.
 *
 * Messages are in English. They have no secrets and no application data; names and other data of a
 * peer are shortened, and their control characters are escaped. The wording of the messages is not
 * part of the API, and may change.
 *
 * @param level The lowest importance that is logged; `RS2N_LOG_OFF` disables the log
 * @param callback The callback; ignored with `RS2N_LOG_OFF`
 * @param ctx Passed to the callback unchanged; owned by the caller
 * @returns 0; or -1 with `S2N_ERR_NULL` if `callback` is NULL, or `S2N_ERR_INVALID_ARGUMENT` for an
 * unknown level
 *
 * It may be called at any time, in any thread, also in the callback. A call in another thread that
 * has begun may still call the earlier callback: `ctx` must stay valid until those calls have
 * returned. `s2n_cleanup_final()` disables the log.
 */
S2N_API extern
int rs2n_set_log_callback(rs2n_log_level level,
                          rs2n_log_callback callback,
                          void *ctx);

/**
 * Sets the algorithms of certificate compression (RFC 8879), with which TLS 1.3 shortens the
 * messages that have certificates. It is off by default.
 *
 * Both roles use it in both directions: a client offers to receive the server's certificates
 * compressed, and compresses its own for a server that requests this; a server likewise. With a peer
 * that does not support an algorithm of the list, and in TLS 1.2, nothing changes. A message is
 * compressed once: the library keeps the last 64 compressed messages of the process.
 *
 * A compressed message of the peer is rejected like an invalid certificate, with
 * `S2N_ERR_DECODE_CERTIFICATE`, if its content does not have the length that it announces, or
 * more than 65536 bytes, which is the maximum of a message without compression as well. No more than
 * this is ever decompressed.
 *
 * @param config A config
 * @param algorithms Numbers of algorithms, most preferred first; copied. 1, for zlib, is supported.
 * NULL if `count` is 0
 * @param count Number of algorithms; 0 turns compression off
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_ARGUMENT` if an algorithm is not
 * supported or occurs twice: `rs2n_error_detail()` names it. The config is unchanged then
 *
 * Connections use the setting if their handshake has not begun. Any thread may call it at any time,
 * except while another one frees the config.
 */
S2N_API extern
int rs2n_config_set_cert_compression(struct s2n_config *config,
                                     const uint16_t *algorithms,
                                     size_t count);

/**
 * Loads a certificate chain and its private key from PEM buffers, as
 * `s2n_cert_chain_and_key_load_pem_bytes()` does, with a private key that may be encrypted.
 *
 * These are supported: "ENCRYPTED PRIVATE KEY" (PKCS #8) with PBES2 (RFC 8018), that is AES-128, AES-192
 * or AES-256 in CBC mode with PBKDF2 and HMAC-SHA-1, SHA-256, SHA-384 or SHA-512, or with scrypt (RFC
 * 7914); and "RSA PRIVATE KEY" or "EC PRIVATE KEY" with the header "Proc-Type: 4,ENCRYPTED" and AES in
 * CBC mode. The latter protects little: its key derivation is a single MD5.
 *
 * The work is bounded: PBKDF2 to 10,000,000 iterations, scrypt to 160 MiB of memory and N * r * p =
 * 4,194,304. The call runs the key derivation in its thread: about 0.1 seconds for the defaults of
 * current tools, some seconds at the bounds.
 *
 * A private key that is not encrypted is loaded without a call of the callback. Otherwise the callback
 * is called after the certificates and the parameters of the encryption are parsed, and before the
 * chain changes. Passphrase, derived key and decrypted key are cleared after use.
 *
 * @param chain_and_key The chain
 * @param chain_pem Certificates in PEM, the leaf first; copied
 * @param chain_pem_len Length of the certificates in bytes
 * @param private_key_pem The leaf's private key in PEM; copied
 * @param private_key_pem_len Length of the private key in bytes
 * @param callback Provides the passphrase
 * @param ctx Passed to the callback unchanged; owned by the caller
 * @returns 0, or -1 and the chain as before, with `RS2N_ERR_WRONG_PASSPHRASE` if the passphrase is not
 * that of the key, or the encrypted key is damaged; `RS2N_ERR_KEY_ENCRYPTION` for another algorithm, or
 * work above the bounds; `RS2N_ERR_PASSPHRASE_CALLBACK` if the callback fails, or returns a length above
 * `size`; or the errors of `s2n_cert_chain_and_key_load_pem_bytes()`. `rs2n_error_detail()` has the
 * particulars, such as the name of the algorithm
 *
 * It may be called in any thread; calls for different chains may run at the same time. Other threads may
 * use configs to which the chain was added, as with `s2n_cert_chain_and_key_load_pem_bytes()`.
 */
S2N_API extern
int rs2n_cert_chain_and_key_load_encrypted_pem_bytes(struct s2n_cert_chain_and_key *chain_and_key,
                                                     const uint8_t *chain_pem,
                                                     uint32_t chain_pem_len,
                                                     const uint8_t *private_key_pem,
                                                     uint32_t private_key_pem_len,
                                                     rs2n_passphrase_callback callback,
                                                     void *ctx);

/**
 * Loads a raw public key (RFC 7250), which is sent in place of certificates, and its private key.
 * The chain is added to configs with `s2n_config_add_cert_chain_and_key_to_store()`, of servers and
 * of clients. A config may have certificates as well: the peer then selects the type. Of several raw
 * public keys of one type, such as ECDSA, a config uses the first.
 *
 * Raw public keys require TLS 1.3. A connection whose config has them and no certificates, for one
 * of the sides, does not negotiate TLS 1.2.
 *
 * The chain has no certificates: `s2n_cert_chain_get_length()` and `s2n_cert_chain_get_cert()` fail as
 * for an empty one. A raw public key may be loaded again, and is then used in later handshakes; a
 * chain with certificates cannot become a raw public key, nor the reverse.
 *
 * @param chain_and_key A chain that is empty, or has a raw public key
 * @param public_key SubjectPublicKeyInfo in DER, or in PEM ("PUBLIC KEY"); copied. NULL for the one
 * of the private key
 * @param public_key_len Length of the public key in bytes
 * @param private_key_pem The private key in PEM (PKCS #8, PKCS #1 or SEC 1, not encrypted); copied.
 * NULL if the application holds it, and signs in the callback of
 * `s2n_config_set_async_pkey_callback()`
 * @param private_key_pem_len Length of the private key in bytes
 * @returns 0; or -1 with `S2N_ERR_NULL` if the chain or both keys are NULL,
 * `S2N_ERR_INVALID_ARGUMENT` if the chain has certificates, `S2N_ERR_DECODE_CERTIFICATE` for a
 * malformed public key, `S2N_ERR_INVALID_PEM`, `S2N_ERR_DECODE_PRIVATE_KEY`,
 * `S2N_ERR_KEY_MISMATCH`, or `S2N_ERR_CERT_TYPE_UNSUPPORTED` for a type of key other than RSA,
 * RSA-PSS, ML-DSA, and ECDSA with P-256, P-384 or P-521. `rs2n_error_detail()` has the particulars
 *
 * It may be called in any thread.
 */
S2N_API extern
int rs2n_cert_chain_and_key_load_raw_public_key(struct s2n_cert_chain_and_key *chain_and_key,
                                                const uint8_t *public_key,
                                                uint32_t public_key_len,
                                                const uint8_t *private_key_pem,
                                                uint32_t private_key_pem_len);

/**
 * Adds a public key that authenticates peers with a raw public key (RFC 7250): the pin of a peer. A
 * key is trusted if its SubjectPublicKeyInfo equals one of those that were added, byte for byte.
 *
 * A client then offers to authenticate the server with a raw public key; a server that requests
 * client authentication accepts one of the client. If the trust store has certificates too, both
 * types are offered; `s2n_config_new()` adds those of the operating system, which
 * `s2n_config_new_minimal()` does not. If it has none, certificates are rejected, even with
 * `s2n_config_disable_x509_verification()`, and TLS 1.2 is not negotiated.
 *
 * A raw public key has no names, validity period, revocation list or OCSP response: the callbacks for
 * host names and CRLs are not called. The one of `s2n_config_set_cert_validation_cb()` is called for
 * a trusted key. The security policy applies to the key as to that of a certificate.
 *
 * `s2n_config_wipe_trust_store()` and `s2n_config_disable_x509_verification()` remove the keys, like
 * the certificates.
 *
 * @param config A config
 * @param public_key SubjectPublicKeyInfo in DER, or in PEM ("PUBLIC KEY"); copied
 * @param public_key_len Its length in bytes
 * @returns 0, also if the key was added before; or -1 with `S2N_ERR_NULL`,
 * `S2N_ERR_DECODE_CERTIFICATE` for a malformed key, `S2N_ERR_INVALID_PEM`, or
 * `S2N_ERR_CERT_TYPE_UNSUPPORTED` for a type of key other than RSA, RSA-PSS, ML-DSA, and ECDSA with
 * P-256, P-384 or P-521. The keys are unchanged on failure, and `rs2n_error_detail()` has the
 * particulars
 *
 * It may be called at any time, in any thread; a handshake that has begun does not use the key.
 */
S2N_API extern
int rs2n_config_add_trusted_public_key(struct s2n_config *config,
                                       const uint8_t *public_key,
                                       uint32_t public_key_len);

/**
 * Copies the raw public key with which the peer has authenticated (RFC 7250): its
 * SubjectPublicKeyInfo in DER, which is one of the trusted ones.
 *
 * @param conn A connection that has verified its peer: after the handshake, or in the callback of
 * `s2n_config_set_cert_validation_cb()`
 * @param buffer Buffer for the key; NULL to query its length
 * @param size The size of `buffer` in bytes; set to the length of the key. It is only set if `buffer`
 * is NULL
 * @returns 0; or -1 with `S2N_ERR_NULL`, `S2N_ERR_INSUFFICIENT_MEM_SIZE` if the buffer is too small,
 * or `S2N_ERR_NO_CERT_FOUND` if the peer has not authenticated with a raw public key, which includes
 * a resumed session. Nothing is written on failure
 *
 * It may be called in any thread, at the same time as other calls on the connection.
 */
S2N_API extern
int rs2n_connection_get_peer_public_key(struct s2n_connection *conn,
                                        uint8_t *buffer,
                                        uint32_t *size);

/**
 * Defines a security policy for the life of the process. Its name can then be passed to every function
 * that takes the name of a policy, such as `s2n_config_set_cipher_preferences()`.
 *
 * The text has statements, which end with a line or a semicolon; a `#` begins a comment. `base NAME`
 * comes first, and takes over another policy. `min TLS1.2` or `min TLS1.3` sets the oldest version.
 * `suites`, `groups`, `signatures`, `certificate-signatures` and `certificate-keys` are followed by a
 * whole list, in order of preference, or by changes of that of the base, as `-NAME` and `+NAME`. The
 * names are those that the API reports. The guide has the other statements. A policy can have only
 * what the library supports, and at least one version with a cipher suite, a group and a signature
 * scheme.
 *
 * A policy cannot be changed or removed. To define it again with the same parameters has no effect.
 *
 * @param name A name that consists of "custom:" and letters, digits, '-', '_' and '.', of at most 64
 * bytes, as a NUL-terminated string; not retained. Names are not case-sensitive
 * @param text The definition, of at most 16 KiB, as a NUL-terminated string; not retained
 * @returns 0, or -1 with `S2N_ERR_NULL`; `S2N_ERR_NOT_INITIALIZED` before `s2n_init()`; or
 * `RS2N_ERR_POLICY_TEXT` if the name or the text is not valid, if the name has been defined with other
 * parameters, or if 64 policies have been defined: `rs2n_error_detail()` returns the line, the word
 * and the reason
 *
 * It may be called at any time, in any thread.
 */
S2N_API extern
int rs2n_security_policy_define(const char *name,
                                const char *text);

/**
 * Makes a client encrypt its ClientHello (RFC 9849), with the server name of
 * `s2n_set_server_name()`, for a server that has published an ECHConfigList, usually in its HTTPS
 * record of the DNS. On the wire the name is the public name in the config.
 *
 * The connection offers TLS 1.3 alone. If the server does not decrypt the ClientHello, the handshake
 * fails with `RS2N_ERR_ECH_REJECTED`, after the certificate of the server is verified for the public
 * name: there is no application data, and no client certificate is sent. Verify-host callbacks are
 * not called then.
 *
 * @param conn A client connection, before its handshake
 * @param list An ECHConfigList, in binary form; copied. The first config that is supported is used
 * @param length Length of the list in bytes
 * @returns 0; or -1 with `S2N_ERR_NULL`, `S2N_ERR_SERVER_MODE` for a server,
 * `S2N_ERR_INVALID_STATE` after the ClientHello was sent, or `RS2N_ERR_INVALID_ECH_CONFIG_LIST` if
 * the list is malformed, or has no config with a version, a key, a cipher suite and mandatory
 * extensions that are supported, and a public name that is a host name. The list that was set
 * before is kept then
 *
 * `s2n_negotiate()` fails before it sends anything with `S2N_ERR_INVALID_CIPHER_PREFERENCES` if the
 * security policy has no TLS 1.3, `S2N_ERR_INVALID_STATE` without a server name that is a DNS name, or
 * `S2N_ERR_UNSUPPORTED_WITH_QUIC`. `s2n_connection_wipe()` removes the list.
 */
S2N_API extern
int rs2n_connection_set_ech_config_list(struct s2n_connection *conn,
                                        const uint8_t *list,
                                        size_t length);

/**
 * Sets whether the clients of a config send GREASE for Encrypted ClientHello (RFC 9849, 6.2): an
 * extension that looks like an encrypted ClientHello, and has random content. Servers ignore it, and
 * an observer cannot tell such clients from those that encrypt.
 *
 * The connections offer TLS 1.3 alone. It has no effect on a connection with
 * `rs2n_connection_set_ech_config_list()`, or on servers.
 *
 * @param config A config; connections that have begun their handshake keep the earlier setting
 * @param enabled Whether they send it; false by default
 * @returns 0, or -1 with `S2N_ERR_NULL`
 *
 * `s2n_negotiate()` of a client fails with `S2N_ERR_INVALID_CIPHER_PREFERENCES` if its security policy
 * has no TLS 1.3.
 */
S2N_API extern
int rs2n_config_set_ech_grease(struct s2n_config *config,
                               bool enabled);

/**
 * Returns whether the ClientHello of a client was encrypted, and whether the server has accepted it.
 *
 * @param conn A connection; a server reports `RS2N_ECH_NOT_OFFERED`
 * @param status Filled with the status
 * @returns 0, or -1 with `S2N_ERR_NULL`
 *
 * It may be called in any thread, and in callbacks: that of `s2n_config_set_cert_validation_cb()`
 * receives the certificate of the public name if the status is `RS2N_ECH_REJECTED`.
 */
S2N_API extern
int rs2n_connection_get_ech_status(struct s2n_connection *conn,
                                   rs2n_ech_status *status);

/**
 * Returns the ECHConfigList that a server has sent with its rejection of an encrypted ClientHello, for
 * `rs2n_connection_set_ech_config_list()` of a new connection. The server is authenticated for the
 * public name of the config that was used.
 *
 * @param conn A client connection whose handshake has failed with `RS2N_ERR_ECH_REJECTED`
 * @param buffer Filled with the list; may be NULL if `size` is 0
 * @param size Size of the buffer in bytes; 0 to get the length alone
 * @returns the length of the list in bytes; 0 if nothing was rejected, or if the server has sent
 * none: it does not support Encrypted ClientHello, and may be connected without it (RFC 9849, 6.1.6).
 * Or -1 with `S2N_ERR_NULL`; `S2N_ERR_INSUFFICIENT_MEM_SIZE` if the buffer is too small; or
 * `S2N_ERR_INVALID_STATE` if the server that has rejected is not authenticated, because verification
 * is disabled, or the handshake has failed for another reason: whatever an attacker may have sent is
 * withheld
 */
S2N_API extern
int rs2n_connection_get_ech_retry_configs(struct s2n_connection *conn,
                                          uint8_t *buffer,
                                          size_t size);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* RS2N_RS2N_H */
