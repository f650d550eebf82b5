/*
 * Certificate revocation lists (CRLs): a client that verifies its server by them, and a server that
 * verifies its clients.
 *
 *     revocation client [-b SECONDS] LISTS CA HOST PORT
 *     revocation server [-p PORT] [-b SECONDS] LISTS CA CERTIFICATE KEY
 *
 * LISTS is a folder of CRLs in PEM, one in each file NAME.crl, which another program fetches from the CAs.
 * Every certificate of the peer must be covered by a list that is valid now: if a list is missing, or has
 * expired, the peer is rejected (S2N_ERR_CRL_LOOKUP_FAILED), as if its certificate was revoked
 * (S2N_ERR_CERT_REVOKED).
 *
 * The server reads the lists again at SIGHUP, and every minute. If one of them is damaged, it keeps those that
 * it has. Write a new list to another file first, and rename it, so that it is never read when incomplete.
 */
#define _GNU_SOURCE /* ppoll, asprintf */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <s2n.h>
#include <s2n/unstable/crl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum exit_code { USAGE = 2, CONNECT = 3, HANDSHAKE = 4 };
enum { MAX_LISTS = 64 };

struct lists {
    struct s2n_crl *crls[MAX_LISTS];
    size_t count;
};

/* The current lists. Handshakes in all threads look them up, while the main thread replaces them. */
static struct lists current;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct s2n_config *config;

static void print_error(const char *what)
{
    fprintf(stderr, "%s: %s (%s)\n", what, s2n_strerror(s2n_errno, "EN"), s2n_strerror_debug(s2n_errno, "EN"));
}

static void fail(enum exit_code code, const char *what)
{
    print_error(what);
    exit(code);
}

/* Reads a file; a list may have many megabytes. Returns NULL after an error, which it has printed. */
static char *read_file(const char *path, size_t *len)
{
    struct stat info;
    FILE *file = fopen(path, "rb");
    char *text = file != NULL && fstat(fileno(file), &info) == 0 ? malloc((size_t) info.st_size + 1) : NULL;
    if (text == NULL || (*len = fread(text, 1, (size_t) info.st_size, file)) == 0) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
        free(text);
        text = NULL;
    } else {
        text[*len] = '\0';
    }
    if (file != NULL) {
        fclose(file);
    }
    return text;
}

static void free_lists(struct lists *lists)
{
    while (lists->count > 0) {
        s2n_crl_free(&lists->crls[--lists->count]);
    }
}

/* Loads a list. One that has expired, or is not valid yet, is left out with a warning: other issuers have
 * theirs. Returns -1 if it is damaged. */
static int load_list(struct lists *lists, const char *path)
{
    size_t len = 0;
    char *pem = read_file(path, &len);
    struct s2n_crl *crl = s2n_crl_new();
    int result = -1;
    if (lists->count == MAX_LISTS) {
        fprintf(stderr, "%s: there are more than %d lists\n", path, MAX_LISTS);
    } else if (pem != NULL && s2n_crl_load_pem(crl, (uint8_t *) pem, len) != 0) {
        print_error(path);
    } else if (pem != NULL) {
        result = 0;
        if (s2n_crl_validate_active(crl) == 0 && s2n_crl_validate_not_expired(crl) == 0) {
            lists->crls[lists->count++] = crl;
            crl = NULL;
        } else {
            print_error(path);
        }
    }
    s2n_crl_free(&crl);
    free(pem);
    return result;
}

/* Loads all lists of a folder, and replaces the current ones, unless one is damaged. */
static int load_lists(const char *folder)
{
    struct lists lists = { .count = 0 };
    DIR *dir = opendir(folder);
    int damaged = dir == NULL;
    if (dir == NULL) {
        perror(folder);
    }
    for (struct dirent *entry; !damaged && (entry = readdir(dir)) != NULL;) {
        char *path = NULL, *extension = strrchr(entry->d_name, '.');
        if (extension == NULL || strcmp(extension, ".crl") != 0) {
            continue;
        }
        damaged = asprintf(&path, "%s/%s", folder, entry->d_name) < 0 || load_list(&lists, path) != 0;
        free(path);
    }
    if (dir != NULL) {
        closedir(dir);
    }
    if (!damaged) {
        pthread_mutex_lock(&lock);
        struct lists old = current;
        current = lists;
        pthread_mutex_unlock(&lock);
        lists = old; /* handshakes that use them continue to do so; with s2n-tls, lists must outlive them */
    }
    free_lists(&lists);
    return damaged ? -1 : 0;
}

/* The CRL lookup callback, called for each certificate of the peer. The dates of a list are compared here, when
 * it is used: the library does not do that. */
static int find_list(struct s2n_crl_lookup *lookup, void *context)
{
    (void) context;
    uint64_t wanted = 0, hash = 0;
    if (s2n_crl_lookup_get_cert_issuer_hash(lookup, &wanted) != 0) {
        return -1;
    }
    struct s2n_crl *found = NULL;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < current.count && found == NULL; i++) {
        struct s2n_crl *crl = current.crls[i];
        if (s2n_crl_get_issuer_hash(crl, &hash) == 0 && hash == wanted
            && s2n_crl_validate_not_expired(crl) == 0) {
            found = crl;
        }
    }
    int result = found != NULL ? s2n_crl_lookup_set(lookup, found) : s2n_crl_lookup_ignore(lookup);
    pthread_mutex_unlock(&lock);
    return result;
}

/* Any name that the CA has certified: see mutual_tls.c for a server that distinguishes its clients. */
static uint8_t accept_any_name(const char *name, size_t len, void *data)
{
    (void) name, (void) len, (void) data;
    return 1;
}

static void create_config(const char *ca, const char *max_delay)
{
    config = s2n_config_new_minimal();
    if (config == NULL || s2n_config_set_verification_ca_location(config, ca, NULL) != 0
        || s2n_config_set_cipher_preferences(config, "default_tls13") != 0
        || s2n_config_set_crl_lookup_cb(config, find_list, NULL) != 0
        || (max_delay != NULL && s2n_config_set_max_blinding_delay(config, (uint32_t) atoi(max_delay)) != 0)) {
        fail(USAGE, ca);
    }
}

static void *serve(void *argument)
{
    struct s2n_connection *conn = argument;
    s2n_blocked_status blocked;
    int fd = -1;
    s2n_connection_get_read_fd(conn, &fd);
    if (s2n_negotiate(conn, &blocked) != 0) {
        print_error("rejected"); /* after its blinding delay, in this thread */
    } else if (s2n_send(conn, "welcome\n", 8, &blocked) == 8) {
        printf("accepted\n");
    }
    s2n_shutdown(conn, &blocked);
    s2n_connection_free(conn);
    close(fd);
    return NULL;
}

static void accept_client(int listener)
{
    struct timeval timeout = { .tv_sec = 30 };
    pthread_t thread;
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) {
        return; /* the client has closed already */
    }
    struct s2n_connection *conn = s2n_connection_new(S2N_SERVER);
    if (conn == NULL || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) != 0
        || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) != 0
        || s2n_connection_set_config(conn, config) != 0 || s2n_connection_set_fd(conn, fd) != 0
        || pthread_create(&thread, NULL, serve, conn) != 0) {
        print_error("connection");
        s2n_connection_free(conn);
        close(fd);
        return;
    }
    pthread_detach(thread);
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
        exit(CONNECT);
    }
    printf("pid: %ld\nport: %d\n", (long) getpid(), ntohs(address.sin_port));
    return fd;
}

static volatile sig_atomic_t reloading, stopping;

static void on_signal(int signal)
{
    *(signal == SIGHUP ? &reloading : &stopping) = 1;
}

static int run_server(const char *port, const char *folder, const char *certificate, const char *key)
{
    /* Blocked everywhere but in ppoll(), so that no signal arrives between a check and the wait. */
    const int signals[] = { SIGHUP, SIGTERM, SIGINT };
    struct sigaction action = { .sa_handler = on_signal };
    sigset_t inside, outside;
    sigemptyset(&inside);
    for (int i = 0; i < 3; i++) {
        sigaddset(&inside, signals[i]);
        sigaction(signals[i], &action, NULL);
    }
    pthread_sigmask(SIG_BLOCK, &inside, &outside);

    size_t len;
    char *certificate_pem = read_file(certificate, &len), *key_pem = read_file(key, &len);
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    if (certificate_pem == NULL || key_pem == NULL
        || s2n_cert_chain_and_key_load_pem(chain, certificate_pem, key_pem) != 0
        || s2n_config_add_cert_chain_and_key_to_store(config, chain) != 0
        || s2n_config_set_client_auth_type(config, S2N_CERT_AUTH_REQUIRED) != 0
        || s2n_config_set_verify_host_callback(config, accept_any_name, NULL) != 0) {
        fail(USAGE, certificate);
    }
    free(certificate_pem);
    free(key_pem);
    struct pollfd listener = { .fd = listen_on(port), .events = POLLIN };
    while (!stopping) {
        struct timespec minute = { .tv_sec = 60 };
        int ready = ppoll(&listener, 1, &minute, &outside);
        if (reloading || ready == 0) {
            reloading = 0;
            int done = load_lists(folder) == 0;
            printf(done ? "reloaded: %zu lists\n" : "not reloaded: the previous %zu lists are kept\n",
                current.count);
        }
        if (ready > 0) {
            accept_client(listener.fd);
        }
    }
    close(listener.fd);
    s2n_cert_chain_and_key_free(chain);
    return 0; /* the threads, and what they use, end with the process */
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    int fd = -1;
    if (getaddrinfo(host, port, &hints, &list) == 0) {
        for (struct addrinfo *at = list; at != NULL && fd < 0; at = at->ai_next) {
            fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
            if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
                close(fd);
                fd = -1;
            }
        }
        freeaddrinfo(list);
    }
    if (fd < 0) {
        fprintf(stderr, "%s:%s: cannot connect: %s\n", host, port, strerror(errno));
        exit(CONNECT);
    }
    return fd;
}

static int run_client(const char *host, const char *port)
{
    s2n_blocked_status blocked;
    int fd = connect_to(host, port), status = 0;
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    if (conn == NULL || s2n_connection_set_config(conn, config) != 0 || s2n_set_server_name(conn, host) != 0
        || s2n_connection_set_fd(conn, fd) != 0
        || s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) != 0) {
        fail(USAGE, "connection");
    }
    if (s2n_negotiate(conn, &blocked) != 0) {
        print_error("rejected");
        status = HANDSHAKE;
    } else {
        printf("accepted\n");
    }
    s2n_shutdown(conn, &blocked);
    s2n_connection_free(conn);
    close(fd);
    return status;
}

static void usage(void)
{
    fprintf(stderr,
        "usage: revocation client [-b SECONDS] LISTS CA HOST PORT\n"
        "       revocation server [-p PORT] [-b SECONDS] LISTS CA CERTIFICATE KEY\n");
    exit(USAGE);
}

int main(int argc, char **argv)
{
    const char *port = "0", *max_delay = NULL, *mode = argc > 1 ? argv[1] : "";
    int option, is_server = strcmp(mode, "server") == 0;
    if (!is_server && strcmp(mode, "client") != 0) {
        usage();
    }
    while ((option = getopt(argc - 1, argv + 1, "p:b:")) != -1) {
        switch (option) {
        case 'p': port = optarg; break;
        case 'b': max_delay = optarg; break;
        default: usage();
        }
    }
    char **rest = argv + 1 + optind;
    if (argc - 1 - optind != 4) {
        usage();
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (s2n_init() != 0) {
        fail(USAGE, "s2n_init");
    }
    create_config(rest[1], max_delay);
    if (load_lists(rest[0]) != 0) {
        return USAGE;
    }
    int status = is_server ? run_server(port, rest[0], rest[2], rest[3]) : run_client(rest[2], rest[3]);
    if (!is_server) {
        free_lists(&current);
        s2n_config_free(config);
    }
    return status;
}
