/*
 * An echo server that takes over a renewed certificate without a restart.
 *
 *     reload [-p PORT] [-b SECONDS] CERTIFICATE KEY
 *     kill -HUP PID
 *
 * At SIGHUP it reads both files again, and creates a new config, which new connections get. Connections that
 * exist keep their config, and with it the old certificate. If the new files cannot be used (one is missing or
 * damaged, or the key belongs to another certificate), the server prints the reason and keeps the old ones. So
 * replace the files one after the other, in any order, then send the signal.
 *
 * The ticket keys survive: clients resume sessions that began with the old certificate. Keys are rotated every
 * hour; see the chapter on resumption.
 */
#define _GNU_SOURCE /* ppoll */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <s2n.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HOUR = 3600, KEYS = 15 }; /* a key encrypts for 2 hours, and decrypts for 13 more */

struct ticket_key {
    char name[16];
    uint8_t secret[32];
    uint64_t introduction;
};

static struct ticket_key keys[KEYS];
static unsigned int key_count; /* of all keys until now; the last ones are in the array */
static const char *max_delay;

static void print_error(const char *what)
{
    fprintf(stderr, "%s: %s (%s)\n", what, s2n_strerror(s2n_errno, "EN"), s2n_strerror_debug(s2n_errno, "EN"));
}

/* Returns the contents of a file, or NULL: when the server runs, an error must not end it. */
static char *read_text(const char *path)
{
    char *text = calloc(1, 1 << 16);
    FILE *file = fopen(path, "rb");
    int done = file != NULL && text != NULL && fread(text, 1, (1 << 16) - 1, file) > 0;
    if (!done) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
        free(text);
    }
    if (file != NULL) {
        fclose(file);
    }
    return done ? text : NULL;
}

static int add_key(struct s2n_config *config, struct ticket_key *key)
{
    return s2n_config_add_ticket_crypto_key(config, (const uint8_t *) key->name, (uint32_t) strlen(key->name),
        key->secret, sizeof(key->secret), key->introduction);
}

/* Generates a key, and replaces the oldest one by it. */
static struct ticket_key *generate_key(void)
{
    struct ticket_key *key = &keys[key_count % KEYS];
    snprintf(key->name, sizeof(key->name), "%lx-%x", (unsigned long) getpid(), key_count);
    key->introduction = (uint64_t) time(NULL);
    if (getentropy(key->secret, sizeof(key->secret)) != 0) {
        perror("random bytes");
        exit(1);
    }
    key_count++;
    return key;
}

/* Creates a config with the current files and all ticket keys; NULL after an error, which it has printed. */
static struct s2n_config *load_config(const char *certificate, const char *key)
{
    char *certificate_pem = read_text(certificate), *key_pem = read_text(key);
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    struct s2n_config *config = s2n_config_new_minimal();
    int done = certificate_pem != NULL && key_pem != NULL && chain != NULL && config != NULL;
    if (done
        && (s2n_cert_chain_and_key_load_pem(chain, certificate_pem, key_pem) != 0
            || s2n_config_add_cert_chain_and_key_to_store(config, chain) != 0
            || s2n_config_set_cipher_preferences(config, "default_tls13") != 0
            || s2n_config_set_session_tickets_onoff(config, 1) != 0
            || (max_delay != NULL
                && s2n_config_set_max_blinding_delay(config, (uint32_t) atoi(max_delay)) != 0))) {
        print_error(certificate);
        done = 0;
    }
    /* The oldest key first. */
    for (unsigned int i = key_count < KEYS ? 0 : key_count - KEYS; done && i < key_count; i++) {
        if (add_key(config, &keys[i % KEYS]) != 0) {
            print_error("ticket key");
            done = 0;
        }
    }
    free(certificate_pem);
    free(key_pem);
    s2n_cert_chain_and_key_free(chain); /* the config has a reference */
    if (!done && config != NULL) {
        s2n_config_free(config);
    }
    return done ? config : NULL;
}

static void echo(struct s2n_connection *conn)
{
    s2n_blocked_status blocked;
    uint8_t buffer[16384];
    ssize_t len;
    while ((len = s2n_recv(conn, buffer, sizeof(buffer), &blocked)) > 0
        && s2n_send(conn, buffer, len, &blocked) == len) {
    }
    if (len != 0) {
        print_error("transfer");
    }
    s2n_shutdown(conn, &blocked);
}

static void *serve(void *argument)
{
    struct s2n_connection *conn = argument;
    s2n_blocked_status blocked;
    int fd = -1;
    s2n_connection_get_read_fd(conn, &fd);
    if (s2n_negotiate(conn, &blocked) != 0) {
        print_error("handshake"); /* after its blinding delay, in this thread */
        s2n_shutdown(conn, &blocked);
    } else {
        printf("connected: %s\n", s2n_connection_is_session_resumed(conn) ? "resumed" : "full handshake");
        echo(conn);
    }
    s2n_connection_free(conn);
    close(fd);
    return NULL;
}

/* Starts a thread for a new connection. It has its config before the next reload. */
static void accept_client(int listener, struct s2n_config *config)
{
    struct timeval timeout = { .tv_sec = 300 }; /* for clients that are gone, or send nothing */
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
        exit(3);
    }
    printf("pid: %ld\nport: %d\n", (long) getpid(), ntohs(address.sin_port));
    return fd;
}

static volatile sig_atomic_t reloading, stopping;

static void on_signal(int signal)
{
    if (signal == SIGHUP) {
        reloading = 1;
    } else {
        stopping = 1;
    }
}

/* Blocks the signals everywhere but in ppoll(), so that none arrives between a check and the wait. */
static void set_signals(sigset_t *outside)
{
    const int signals[] = { SIGHUP, SIGTERM, SIGINT };
    struct sigaction action = { .sa_handler = on_signal };
    sigset_t blocked;
    sigemptyset(&blocked);
    for (int i = 0; i < 3; i++) {
        sigaddset(&blocked, signals[i]);
        sigaction(signals[i], &action, NULL);
    }
    pthread_sigmask(SIG_BLOCK, &blocked, outside);
}

int main(int argc, char **argv)
{
    const char *port = "0";
    int option;
    while ((option = getopt(argc, argv, "p:b:")) != -1) {
        switch (option) {
        case 'p': port = optarg; break;
        case 'b': max_delay = optarg; break;
        default: return 2;
        }
    }
    if (argc - optind != 2) {
        fprintf(stderr, "usage: %s [-p PORT] [-b SECONDS] CERTIFICATE KEY\n", argv[0]);
        return 2;
    }
    const char *certificate = argv[optind], *key = argv[optind + 1];
    setvbuf(stdout, NULL, _IOLBF, 0);
    sigset_t outside;
    set_signals(&outside);
    if (s2n_init() != 0) {
        print_error("s2n_init");
        return 2;
    }
    generate_key();
    struct s2n_config *config = load_config(certificate, key);
    if (config == NULL) {
        return 2;
    }
    struct pollfd listener = { .fd = listen_on(port), .events = POLLIN };
    while (!stopping) {
        struct timespec minute = { .tv_sec = 60 };
        int ready = ppoll(&listener, 1, &minute, &outside);
        if ((uint64_t) time(NULL) >= keys[(key_count - 1) % KEYS].introduction + HOUR
            && add_key(config, generate_key()) != 0) {
            print_error("ticket key"); /* tickets are encrypted with the previous key for another hour */
        }
        if (reloading) {
            reloading = 0;
            struct s2n_config *renewed = load_config(certificate, key);
            if (renewed != NULL) {
                /* Its connections have references; with s2n-tls, it must outlive them. */
                s2n_config_free(config);
                config = renewed;
            }
            printf("%s\n", renewed != NULL ? "reloaded" : "not reloaded: the previous certificate is kept");
        }
        if (ready > 0) {
            accept_client(listener.fd, config);
        }
    }
    close(listener.fd);
    s2n_config_free(config);
    return 0; /* the threads end with the process */
}
