/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_KTLS_H
#define S2N_UNSTABLE_KTLS_H

#include <s2n.h>

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Returns the number of key updates of a connection since its handshake. Each counter saturates at
 * 255.
 *
 * May be called from any thread.
 *
 * @param conn The connection
 * @param send_key_updates Set to the number of KeyUpdate messages that were sent
 * @param recv_key_updates Set to the number of KeyUpdate messages that were received
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_key_update_counts(struct s2n_connection *conn,
                                         uint8_t *send_key_updates,
                                         uint8_t *recv_key_updates);

/**
 * Enables kernel TLS for sending: the kernel seals the records, and `s2n_sendfile()` sends files.
 *
 * Requires Linux with the kernel module "tls", file descriptors as transport, and a cipher suite
 * with AES-GCM. TLS 1.3 requires `s2n_config_ktls_enable_unsafe_tls13()` too. The handshake must
 * be complete, its memory not freed by `s2n_connection_free_handshake()`, and all data of earlier
 * calls written. A connection of `s2n_connection_deserialize()` has no handshake.
 *
 * If the function fails, the connection can be used without kernel TLS. If it succeeds, kernel TLS
 * stays enabled for the life of the socket, and no other program or library may write to it. The
 * kernel chooses the record size, `s2n_connection_get_wire_bytes_out()` returns 0, and the
 * functions that send data return, without an error, less than the size of the data if the socket
 * accepts no more.
 *
 * @param conn A connection whose handshake is complete
 * @returns 0, also if it is enabled already; or -1 with `S2N_ERR_NULL`,
 * `S2N_ERR_HANDSHAKE_NOT_COMPLETE`, `S2N_ERR_INVALID_STATE` if the memory of the handshake is
 * freed, `S2N_ERR_KTLS_UNSUPPORTED_CONN` for another version or cipher suite or if the config has a
 * serialization version, `S2N_ERR_KTLS_RENEG` for a TLS 1.2 client whose config has a callback for
 * renegotiation, `S2N_ERR_KTLS_MANAGED_IO` with I/O callbacks,
 * `S2N_ERR_RECORD_STUFFER_NEEDS_DRAINING` while data is not written or not reported as sent,
 * `S2N_ERR_KTLS_ENABLE` if the kernel fails, `S2N_ERR_REENTRANCY` while another call sends, or
 * `S2N_ERR_KTLS_UNSUPPORTED_PLATFORM` if the system is not Linux
 */
S2N_API extern int s2n_connection_ktls_enable_send(struct s2n_connection *conn);

/**
 * Enables kernel TLS for receiving: the kernel opens the records.
 *
 * The requirements are those of `s2n_connection_ktls_enable_send()`, except that all received data
 * must be read by the application. After `s2n_connection_set_recv_buffering()` a part of the next
 * records may be buffered.
 *
 * If the function fails, the connection can be used without kernel TLS. If it succeeds, kernel TLS
 * stays enabled for the life of the socket, and no other program or library may read from it.
 * `s2n_connection_get_wire_bytes_in()` returns 0.
 *
 * @param conn A connection whose handshake is complete
 * @returns 0, also if it is enabled already; or -1 with an error of
 * `s2n_connection_ktls_enable_send()`, but `S2N_ERR_RECORD_STUFFER_NEEDS_DRAINING` while received
 * data is not read, and `S2N_ERR_REENTRANCY` while another call receives;
 * `S2N_ERR_KTLS_UNSUPPORTED_CONN` also if records are buffered
 */
S2N_API extern int s2n_connection_ktls_enable_recv(struct s2n_connection *conn);

/**
 * Allows kernel TLS for connections of TLS 1.3, whose keys only Linux 6.14 and later can update.
 *
 * With an older kernel a KeyUpdate of the peer ends the connection: the receiving call fails with
 * `S2N_ERR_KTLS_SOCKOPT`. If the peer or the application requests one of this side, sending fails
 * with `S2N_ERR_KTLS_SOCKOPT`, and after 2^24 records with one key, 256 GiB, with
 * `S2N_ERR_KTLS_KEY_LIMIT`.
 *
 * @param config The config
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_ktls_enable_unsafe_tls13(struct s2n_config *config);

/**
 * Sends a part of a file as application data, on a connection with kernel TLS enabled for sending.
 * The data is not copied to the memory of the process. A closed socket does not raise SIGPIPE.
 *
 * @param conn A connection with kernel TLS enabled for sending
 * @param fd A file descriptor of the file, open for reading; not of a socket
 * @param offset Start of the part, as an offset in bytes. The file position of `fd` is neither
 * used nor changed.
 * @param count Length of the part in bytes
 * @param bytes_written Set to the number of bytes sent: less than `count` if the socket accepts no
 * more, at the end of the file, and after 2 GiB; 0 after an error
 * @param blocked Set to `S2N_BLOCKED_ON_WRITE` after an error
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_KTLS_UNSUPPORTED_CONN` if kernel TLS is not
 * enabled, `S2N_ERR_IO_BLOCKED`, `S2N_ERR_CLOSED`, an error of a key update as for
 * `s2n_config_ktls_enable_unsafe_tls13()`, or `S2N_ERR_IO` with the `errno` of `sendfile()`
 */
S2N_API extern
int s2n_sendfile(struct s2n_connection *conn,
                 int fd,
                 off_t offset,
                 size_t count,
                 size_t *bytes_written,
                 s2n_blocked_status *blocked);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_KTLS_H */
