/* A server of HTTP/1.1 over TLS on the libraries of awscrt: aws-c-http, and aws-c-io, which calls s2n.
 *
 * usage: server CERTIFICATE KEY [AUTHORITIES]
 *
 * GET /NUMBER returns that many bytes, and any other method the length and the CRC of the body that was received.
 * With AUTHORITIES, clients need a certificate. Prints its port, and when its input ends, the connections that
 * failed and the memory that is still allocated.
 */
#include <aws/checksums/crc.h>
#include <aws/common/allocator.h>
#include <aws/common/condition_variable.h>
#include <aws/common/mutex.h>
#include <aws/common/thread.h>
#include <aws/http/connection.h>
#include <aws/http/request_response.h>
#include <aws/http/server.h>
#include <aws/io/channel.h>
#include <aws/io/channel_bootstrap.h>
#include <aws/io/event_loop.h>
#include <aws/io/socket.h>
#include <aws/io/stream.h>
#include <aws/io/tls_channel_handler.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 64 << 20 };

static uint8_t *content;
static struct aws_allocator *allocator;

static struct aws_mutex mutex = AWS_MUTEX_INIT;
static struct aws_condition_variable condition = AWS_CONDITION_VARIABLE_INIT;
static bool destroyed;

struct exchange {
    size_t length;
    uint32_t crc;
    char text[64];
};

static void check(bool success, const char *what)
{
    if (!success) {
        fprintf(stderr, "%s: %s\n", what, aws_error_debug_str(aws_last_error()));
        exit(1);
    }
}

static int on_body(struct aws_http_stream *stream, const struct aws_byte_cursor *data, void *context)
{
    (void)stream;
    struct exchange *exchange = context;
    exchange->length += data->len;
    exchange->crc = aws_checksums_crc32_ex(data->ptr, data->len, exchange->crc);
    return AWS_OP_SUCCESS;
}

static int on_request(struct aws_http_stream *stream, void *context)
{
    struct exchange *exchange = context;
    struct aws_byte_cursor method, uri;
    aws_http_stream_get_incoming_request_method(stream, &method);
    aws_http_stream_get_incoming_request_uri(stream, &uri);

    struct aws_byte_cursor body;
    if (aws_byte_cursor_eq_c_str(&method, "GET")) {
        /* A header line follows the URI, so that the number ends. */
        size_t length = uri.len > 1 ? strtoul((const char *)uri.ptr + 1, NULL, 10) : 0;
        body = aws_byte_cursor_from_array(content, length < LARGEST ? length : LARGEST);
    } else {
        snprintf(exchange->text, sizeof(exchange->text), "%zu bytes, CRC %08x", exchange->length, exchange->crc);
        body = aws_byte_cursor_from_c_str(exchange->text);
    }

    char length[32];
    snprintf(length, sizeof(length), "%zu", body.len);
    struct aws_http_header header = {
        .name = aws_byte_cursor_from_c_str("content-length"),
        .value = aws_byte_cursor_from_c_str(length),
    };
    struct aws_http_message *response = aws_http_message_new_response(allocator);
    aws_http_message_set_response_status(response, 200);
    aws_http_message_add_header(response, header);
    struct aws_input_stream *input = aws_input_stream_new_from_cursor(allocator, &body);
    aws_http_message_set_body_stream(response, input);
    int result = aws_http_stream_send_response(stream, response);
    aws_input_stream_release(input);
    aws_http_message_release(response);
    return result;
}

static void on_complete(struct aws_http_stream *stream, int error, void *context)
{
    (void)error;
    (void)context;
    aws_http_stream_release(stream);
}

static void on_stream_destroyed(void *context)
{
    aws_mem_release(allocator, context);
}

static struct aws_http_stream *on_incoming_request(struct aws_http_connection *connection, void *context)
{
    (void)context;
    struct aws_http_request_handler_options options = AWS_HTTP_REQUEST_HANDLER_OPTIONS_INIT;
    options.server_connection = connection;
    options.user_data = aws_mem_calloc(allocator, 1, sizeof(struct exchange));
    options.on_request_body = on_body;
    options.on_request_done = on_request;
    options.on_complete = on_complete;
    options.on_destroy = on_stream_destroyed;
    return aws_http_stream_new_server_request_handler(&options);
}

static void on_connection_shutdown(struct aws_http_connection *connection, int error, void *context)
{
    (void)context;
    (void)error;
    aws_http_connection_release(connection);
}

static void on_connection(struct aws_http_server *server, struct aws_http_connection *connection, int error,
    void *context)
{
    (void)server;
    (void)context;
    if (error != 0) {
        printf("failed: %s\n", aws_error_name(error));
        return;
    }
    struct aws_http_server_connection_options options = AWS_HTTP_SERVER_CONNECTION_OPTIONS_INIT;
    options.on_incoming_request = on_incoming_request;
    options.on_shutdown = on_connection_shutdown;
    check(aws_http_connection_configure_server(connection, &options) == AWS_OP_SUCCESS, "configure");
    /* With either library, aws-c-io does not read a request that arrived together with the client's Finished, until
     * the window grows. */
    struct aws_channel_slot *socket = aws_channel_get_first_slot(aws_http_connection_get_channel(connection));
    aws_channel_handler_increment_read_window(socket->adj_right->handler, socket->adj_right, 0);
}

static void on_destroyed(void *context)
{
    (void)context;
    aws_mutex_lock(&mutex);
    destroyed = true;
    aws_condition_variable_notify_one(&condition);
    aws_mutex_unlock(&mutex);
}

static bool is_destroyed(void *context)
{
    (void)context;
    return destroyed;
}

static struct aws_tls_ctx *tls_context(char **arguments)
{
    struct aws_tls_ctx_options options;
    int result = aws_tls_ctx_options_init_default_server_from_path(&options, allocator, arguments[0], arguments[1]);
    check(result == 0, "key");
    if (arguments[2] != NULL) {
        check(aws_tls_ctx_options_override_default_trust_store_from_path(&options, NULL, arguments[2]) == 0, "trust");
        aws_tls_ctx_options_set_verify_peer(&options, true);
    }
    check(aws_tls_ctx_options_set_alpn_list(&options, "http/1.1") == 0, "ALPN");
    struct aws_tls_ctx *context = aws_tls_server_ctx_new(allocator, &options);
    check(context != NULL, "context");
    aws_tls_ctx_options_clean_up(&options);
    return context;
}

static void serve(char **arguments)
{
    struct aws_event_loop_group *loops = aws_event_loop_group_new_default(allocator, 2, NULL);
    struct aws_server_bootstrap *bootstrap = aws_server_bootstrap_new(allocator, loops);
    struct aws_tls_ctx *context = tls_context(arguments);
    struct aws_tls_connection_options tls;
    aws_tls_connection_options_init_from_ctx(&tls, context);

    struct aws_socket_endpoint endpoint = {.address = "127.0.0.1"};
    struct aws_socket_options socket = {.type = AWS_SOCKET_STREAM, .domain = AWS_SOCKET_IPV4};
    struct aws_http_server_options options = AWS_HTTP_SERVER_OPTIONS_INIT;
    options.allocator = allocator;
    options.bootstrap = bootstrap;
    options.endpoint = &endpoint;
    options.socket_options = &socket;
    options.tls_options = &tls;
    options.on_incoming_connection = on_connection;
    options.on_destroy_complete = on_destroyed;
    struct aws_http_server *server = aws_http_server_new(&options);
    check(server != NULL, "server");
    printf("%u\n", aws_http_server_get_listener_endpoint(server)->port);
    fflush(stdout);

    while (getchar() != EOF) {
    }
    aws_http_server_release(server);
    aws_mutex_lock(&mutex);
    aws_condition_variable_wait_pred(&condition, &mutex, is_destroyed, NULL);
    aws_mutex_unlock(&mutex);
    aws_tls_connection_options_clean_up(&tls);
    aws_tls_ctx_release(context);
    aws_server_bootstrap_release(bootstrap);
    aws_event_loop_group_release(loops);
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: server CERTIFICATE KEY [AUTHORITIES]\n");
        return 2;
    }
    allocator = aws_mem_tracer_new(aws_default_allocator(), NULL, AWS_MEMTRACE_BYTES, 0);
    content = malloc(LARGEST);
    check(content != NULL, "memory");
    for (size_t at = 0; at < LARGEST; at++) {
        content[at] = (uint8_t)(at * 2654435761U >> 24);
    }
    aws_http_library_init(allocator);
    serve(argv + 1);
    aws_thread_join_all_managed();
    aws_http_library_clean_up();
    printf("%zu bytes allocated\n", aws_mem_tracer_bytes(allocator));
    aws_mem_tracer_destroy(allocator);
    free(content);
    return 0;
}
