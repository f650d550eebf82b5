/*
 * An HTTPS server with many certificates, selected by the server name (SNI) that the client requests.
 *
 *     sni_server [-p PORT] [-b SECONDS] FOLDER
 *
 * FOLDER has pairs of files: NAME.pem, a certificate chain, and NAME.key, its private key. The names for which
 * a chain is used are those in its certificate, wildcards included; an exact name is preferred to a wildcard.
 * The chain default.pem is for clients that send no name, or one that no certificate has: without such a chain
 * the first one in alphabetical order, so that a client can see what is wrong.
 *
 * A request for a name that the server does not have is answered with "421 Misdirected Request" (RFC 9110,
 * 15.5.20). Each connection has a thread.
 */
#define _GNU_SOURCE /* strdup, asprintf */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <s2n.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CHAINS = 1000 };

/* A chain, whose context is its name. */
static struct s2n_cert_chain_and_key *chains[MAX_CHAINS];
static size_t chain_count;
static struct s2n_config *config;

static void print_error(const char *what)
{
    fprintf(stderr, "%s: %s (%s)\n", what, s2n_strerror(s2n_errno, "EN"), s2n_strerror_debug(s2n_errno, "EN"));
}

static void fail(const char *what)
{
    print_error(what);
    exit(2);
}

/* Reads FOLDER/NAME.EXTENSION. The caller frees the text. */
static char *read_text(const char *folder, const char *name, const char *extension)
{
    char *path = NULL, *text = calloc(1, 1 << 16);
    if (asprintf(&path, "%s/%s.%s", folder, name, extension) < 0 || text == NULL) {
        fail("memory");
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(text, 1, (1 << 16) - 1, file) == 0) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
        exit(2);
    }
    fclose(file);
    free(path);
    return text;
}

/* Loads a chain and its key, and adds it to the config. Chains that were added first have priority. */
static struct s2n_cert_chain_and_key *add_chain(const char *folder, const char *name)
{
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    char *certificates = read_text(folder, name, "pem"), *key = read_text(folder, name, "key");
    if (chain_count == MAX_CHAINS || s2n_cert_chain_and_key_load_pem(chain, certificates, key) != 0
        || s2n_cert_chain_and_key_set_ctx(chain, strdup(name)) != 0
        || s2n_config_add_cert_chain_and_key_to_store(config, chain) != 0) {
        fail(name);
    }
    free(certificates);
    free(key);
    chains[chain_count++] = chain;
    printf("loaded: %s\n", name);
    return chain;
}

static int is_chain(const struct dirent *entry)
{
    const char *extension = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && extension != NULL && strcmp(extension, ".pem") == 0;
}

static void load_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_chain, alphasort);
    if (count <= 0) {
        fprintf(stderr, "%s: no chains (*.pem)\n", folder);
        exit(2);
    }
    struct s2n_cert_chain_and_key *fallback = NULL;
    for (int i = 0; i < count; i++) {
        *strrchr(entries[i]->d_name, '.') = '\0';
        struct s2n_cert_chain_and_key *chain = add_chain(folder, entries[i]->d_name);
        if (fallback == NULL || strcmp(entries[i]->d_name, "default") == 0) {
            fallback = chain;
        }
        free(entries[i]);
    }
    free(entries);
    /* One default for each key type is possible; these are replaced by one. */
    if (s2n_config_set_cert_chain_and_key_defaults(config, &fallback, 1) != 0) {
        fail("default chain");
    }
}

static const char *match_name(s2n_cert_sni_match match)
{
    switch (match) {
    case S2N_SNI_EXACT_MATCH: return "exact";
    case S2N_SNI_WILDCARD_MATCH: return "wildcard";
    case S2N_SNI_NO_MATCH: return "no match";
    default: return "no name";
    }
}

/* Receives a request up to its empty line. */
static int receive_request(struct s2n_connection *conn)
{
    s2n_blocked_status blocked;
    char request[8192] = { 0 };
    size_t held = 0;
    while (strstr(request, "\r\n\r\n") == NULL) {
        ssize_t len = s2n_recv(conn, request + held, (ssize_t) (sizeof(request) - 1 - held), &blocked);
        if (len <= 0) {
            return -1; /* also if the buffer is full */
        }
        held += (size_t) len;
    }
    return 0;
}

static int respond(struct s2n_connection *conn)
{
    s2n_blocked_status blocked;
    s2n_cert_sni_match match;
    struct s2n_cert_chain_and_key *chain = s2n_connection_get_selected_cert(conn);
    if (chain == NULL || s2n_connection_get_certificate_match(conn, &match) != 0) {
        return -1;
    }
    const char *name = s2n_get_server_name(conn);
    char text[1000];
    int len = snprintf(text, sizeof(text), "name: %s, match: %s, certificate: %s\n",
        name == NULL ? "none" : name, match_name(match), (const char *) s2n_cert_chain_and_key_get_ctx(chain));
    fputs(text, stdout);
    char response[1200];
    len = snprintf(response, sizeof(response), "HTTP/1.0 %s\r\nContent-Length: %d\r\n\r\n%s",
        match == S2N_SNI_NO_MATCH ? "421 Misdirected Request" : "200 OK", len, text);
    return s2n_send(conn, response, len, &blocked) == len ? 0 : -1;
}

static void *serve(void *argument)
{
    int fd = *(int *) argument;
    free(argument);
    s2n_blocked_status blocked;
    struct s2n_connection *conn = s2n_connection_new(S2N_SERVER);
    if (conn == NULL || s2n_connection_set_config(conn, config) != 0
        || s2n_connection_set_fd(conn, fd) != 0) {
        print_error("connection");
    } else if (s2n_negotiate(conn, &blocked) != 0) {
        print_error("handshake"); /* after its blinding delay, in this thread */
        s2n_shutdown(conn, &blocked);
    } else if (receive_request(conn) == 0 && respond(conn) == 0) {
        s2n_shutdown(conn, &blocked);
    }
    s2n_connection_free(conn);
    close(fd);
    return NULL;
}

static int listen_on(const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t) atoi(port)) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof(address);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0
        || bind(fd, (struct sockaddr *) &address, len) != 0 || listen(fd, 64) != 0
        || getsockname(fd, (struct sockaddr *) &address, &len) != 0) {
        perror("listening");
        exit(3);
    }
    printf("port: %d\n", ntohs(address.sin_port));
    return fd;
}

static volatile sig_atomic_t stopping;

static void stop(int signal)
{
    (void) signal;
    stopping = 1;
}

int main(int argc, char **argv)
{
    const char *port = "0", *max_delay = NULL;
    int option;
    while ((option = getopt(argc, argv, "p:b:")) != -1) {
        switch (option) {
        case 'p': port = optarg; break;
        case 'b': max_delay = optarg; break;
        default: return 2;
        }
    }
    if (argc - optind != 1) {
        fprintf(stderr, "usage: %s [-p PORT] [-b SECONDS] FOLDER\n", argv[0]);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct sigaction action = { .sa_handler = stop };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    if (s2n_init() != 0 || (config = s2n_config_new_minimal()) == NULL
        || s2n_config_set_cipher_preferences(config, "default_tls13") != 0
        || (max_delay != NULL && s2n_config_set_max_blinding_delay(config, (uint32_t) atoi(max_delay)) != 0)) {
        fail("config");
    }
    load_folder(argv[optind]);
    int listener = listen_on(port);
    /* A client that sends nothing occupies a thread: for this time. */
    struct timeval timeout = { .tv_sec = 30 };
    while (!stopping) {
        int *fd = malloc(sizeof(*fd));
        pthread_t thread;
        if (fd == NULL || (*fd = accept(listener, NULL, NULL)) < 0) {
            free(fd); /* a signal, or the client has closed already */
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
    return 0; /* the threads, and what they use, end with the process */
}
