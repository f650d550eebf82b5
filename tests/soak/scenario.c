/*
 * A scenario: a client and a server with common configs, which connect several times. It depends on its seed and
 * number only, and on the length of signatures.
 */
#define _GNU_SOURCE
#include "soak.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

__thread struct scenario *current;
__thread const struct scenario *reported;

#define MAX_STEPS 3000000
#define MAX_STEPS_WITHOUT_PROGRESS 4000

#define SECOND 1000000000ULL
/* A time within the life of the certificates, which are new. */
static uint64_t start_of_clocks;

void report_scenario(void)
{
    const struct scenario *scenario = reported;
    if (scenario == NULL) {
        return;
    }
    fprintf(stderr, "in life %u, step %llu; repeat it by: make soak SEED=%llu SCENARIO=%llu\n", scenario->life,
            (unsigned long long) scenario->steps, (unsigned long long) scenario->seed,
            (unsigned long long) scenario->number);
    const struct endpoint *const ends[] = { &scenario->client, &scenario->server };
    for (int i = 0; i < 2; i++) {
        fprintf(stderr, "%s: phase %d, sent %llu of %llu, received %llu, early %llu %llu\n", i ? "server" : "client",
                ends[i]->phase, (unsigned long long) ends[i]->sent, (unsigned long long) ends[i]->to_send,
                (unsigned long long) ends[i]->received, (unsigned long long) ends[i]->early_sent,
                (unsigned long long) ends[i]->early_received);
    }
}

static int set_nonblocking(int fd)
{
    return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void connect_tcp(int fds[2])
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_OK(bind(listener, (struct sockaddr *) &address, size));
    CHECK_OK(listen(listener, 1));
    CHECK_OK(getsockname(listener, (struct sockaddr *) &address, &size));
    fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_OK(connect(fds[0], (struct sockaddr *) &address, size));
    fds[1] = accept(listener, NULL, NULL);
    CHECK(fds[0] >= 0 && fds[1] >= 0);
    close(listener);
}

static void open_transport(struct scenario *scenario)
{
    int fds[2] = { -1, -1 };
    memset(scenario->channels, 0, sizeof(scenario->channels));
    if (scenario->plan.transport == TCP) {
        connect_tcp(fds);
    } else if (scenario->plan.transport == SOCKETPAIR) {
        CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
    }
    if (fds[0] >= 0) {
        CHECK(set_nonblocking(fds[0]) == 0 && set_nonblocking(fds[1]) == 0);
    }
    struct channel *channels = scenario->channels;
    scenario->client.port = (struct port){ scenario, &channels[0], &channels[1], fds[0], false, false };
    scenario->server.port = (struct port){ scenario, &channels[1], &channels[0], fds[1], false, false };
}

static void close_transport(struct scenario *scenario)
{
    if (scenario->client.port.fd >= 0) {
        close(scenario->client.port.fd);
        close(scenario->server.port.fd);
        scenario->client.port.fd = scenario->server.port.fd = -1;
    }
}

static void jump(struct scenario *scenario)
{
    static const int64_t SECONDS[] = { 1, 60, 3600, 7201, 36000, 54001, 86400, -1, -3600 };
    const int64_t seconds = SECONDS[below(scenario, sizeof(SECONDS) / sizeof(*SECONDS))];
    const uint64_t latest = start_of_clocks + 300ULL * 86400 * SECOND;
    if (scenario->wall + seconds * (int64_t) SECOND < latest && scenario->wall + seconds * (int64_t) SECOND > start_of_clocks) {
        scenario->wall += seconds * (int64_t) SECOND;
        count(CLOCK_JUMPS, 1);
    }
    /* A monotonic clock never goes back. */
    scenario->monotonic += seconds > 0 ? seconds * SECOND : 0;
}

static void replace_configs(struct scenario *scenario)
{
    /* Connections keep what they use of the old ones. */
    free_configs(scenario);
    build_configs(scenario);
    count(CONFIGS_REPLACED, 1);
}

static void reset(struct endpoint *endpoint)
{
    endpoint->sent = endpoint->received = endpoint->early_sent = endpoint->early_received = 0;
    endpoint->blocked_send = endpoint->early_unreported = 0;
    endpoint->send_is_closed = endpoint->end_is_read = endpoint->is_unfinished = false;
    endpoint->to_send = endpoint->is_client ? endpoint->scenario->plan.to_server : endpoint->scenario->plan.to_client;
}

static void begin_life(struct scenario *scenario)
{
    scenario->faults = draw_faults(scenario);
    scenario->steps = scenario->steps_without_progress = 0;
    scenario->may_fail = false;
    if (scenario->life > 0 && scenario->plan.jumps) {
        jump(scenario);
    }
    if (scenario->life > 0 && (scenario->plan.tickets || scenario->plan.cache) && one_in(scenario, 2)) {
        add_ticket_key(scenario);
    }
    if (scenario->life > 0 && one_in(scenario, 6)) {
        replace_configs(scenario);
    }
    open_transport(scenario);
    reset(&scenario->client);
    reset(&scenario->server);
    open_endpoint(&scenario->client);
    open_endpoint(&scenario->server);
}

static bool is_over(const struct endpoint *endpoint)
{
    return endpoint->phase == CLOSED || endpoint->phase == FAILED;
}

/* Everything arrived, unless there was a fault; each byte was compared when it arrived. */
static void judge(struct scenario *scenario)
{
    struct endpoint *client = &scenario->client, *server = &scenario->server;
    s2n_early_data_status_t status = S2N_EARLY_DATA_STATUS_NOT_REQUESTED;
    CHECK(server->early_received <= client->early_sent + client->early_unreported);
    CHECK(client->received <= server->to_send && server->received <= client->to_send);
    if (client->phase != CLOSED || server->phase != CLOSED || client->is_unfinished || server->is_unfinished) {
        return;
    }
    CHECK(client->sent == client->to_send && server->received == client->sent);
    CHECK(server->sent == server->to_send && client->received == server->sent);
    if (scenario->plan.serializes || !scenario->plan.early_data) {
        count(COMPLETED, 1);
        return;
    }
    CHECK_OK(s2n_connection_get_early_data_status(client->conn, &status));
    if (status == S2N_EARLY_DATA_STATUS_END) {
        CHECK(server->early_received >= client->early_sent);
    } else {
        CHECK(server->early_received == 0);
        count(EARLY_REJECTED, 1);
    }
    count(COMPLETED, 1);
}

static void end_life(struct scenario *scenario)
{
    release_operations(&scenario->client);
    release_operations(&scenario->server);
    if (scenario->allocation_failures.has_failed) {
        /* What a failed allocation has left is that of a new life. */
        scenario->session.length = 0;
    }
    scenario->allocation_failures = (struct allocation_failures){ 0 };
    close_transport(scenario);
    scenario->life++;
}

static void free_midway(struct scenario *scenario)
{
    struct endpoint *const ends[] = { &scenario->client, &scenario->server };
    for (int i = 0; i < 2; i++) {
        CHECK_OK(s2n_connection_free(ends[i]->conn));
        ends[i]->conn = NULL;
    }
    count(FREED_MIDWAY, 1);
}

/* Both ends wait: only a tampered length makes a peer wait for bytes that do not come. */
static void end_stall(struct scenario *scenario)
{
    CHECK(scenario->faults.fatal_has_occurred && scenario->faults.fatal == TAMPERING);
    close_port(&scenario->client.port);
    close_port(&scenario->server.port);
    scenario->client.port.is_broken = scenario->server.port.is_broken = true;
}

static void note_progress(struct scenario *scenario, uint64_t moved_before)
{
    const bool has_moved = scenario->client.has_moved || scenario->server.has_moved;
    scenario->client.has_moved = scenario->server.has_moved = false;
    scenario->steps_without_progress = has_moved || scenario->moved_bytes > moved_before
            ? 0 : scenario->steps_without_progress + 1;
    CHECK(++scenario->steps < MAX_STEPS);
    if (scenario->plan.transport == TCP && scenario->steps_without_progress > 100) {
        /* Segments take some time to arrive, on a busy machine milliseconds. */
        const struct timespec pause = { 0, 1000000 };
        nanosleep(&pause, NULL);
    }
    CHECK(scenario->steps_without_progress < 2 * MAX_STEPS_WITHOUT_PROGRESS);
    if (scenario->steps_without_progress == MAX_STEPS_WITHOUT_PROGRESS) {
        end_stall(scenario);
    }
}

static void step_life(struct scenario *scenario)
{
    const uint64_t moved_before = scenario->moved_bytes;
    step_endpoint(one_in(scenario, 2) ? &scenario->client : &scenario->server);
    if (scenario->plan.jumps && one_in(scenario, 100)) {
        jump(scenario);
    }
    if (one_in(scenario, 5000) && (scenario->plan.tickets || scenario->plan.cache)) {
        add_ticket_key(scenario);
    }
    note_progress(scenario, moved_before);
}

struct scenario *new_scenario(uint64_t seed, uint64_t number)
{
    struct scenario *scenario = calloc(1, sizeof(*scenario));
    CHECK(scenario != NULL);
    if (start_of_clocks == 0) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        start_of_clocks = now.tv_sec * SECOND;
    }
    scenario->seed = seed;
    scenario->number = number;
    scenario->random = seed * 0x2545f4914f6cdd1d + number;
    next_random(&scenario->random);
    scenario->plan = draw_plan(scenario);
    scenario->wall = start_of_clocks;
    scenario->monotonic = SECOND;
    scenario->client = (struct endpoint){ .scenario = scenario, .peer = &scenario->server, .is_client = true };
    scenario->server = (struct endpoint){ .scenario = scenario, .peer = &scenario->client };
    scenario->client.port.fd = scenario->server.port.fd = -1;
    return scenario;
}

/* Each call of the library is made while the scenario is the current one, whose faults apply. */
bool step_scenario(struct scenario *scenario)
{
    reported = current = scenario;
    if (scenario->client_config == NULL) {
        scenario->faults = draw_faults(scenario);
        build_configs(scenario);
        begin_life(scenario);
    } else {
        step_life(scenario);
    }
    const bool is_freed = scenario->plan.frees_midway && one_in(scenario, 100);
    if (is_freed || (is_over(&scenario->client) && is_over(&scenario->server))) {
        if (is_freed) {
            free_midway(scenario);
        } else {
            judge(scenario);
        }
        end_life(scenario);
        if (scenario->life < scenario->plan.lives) {
            begin_life(scenario);
        }
    }
    reported = current = NULL;
    return scenario->life < scenario->plan.lives;
}

void free_scenario(struct scenario *scenario)
{
    reported = current = scenario;
    release_operations(&scenario->client);
    release_operations(&scenario->server);
    close_transport(scenario);
    if (scenario->client.conn != NULL) {
        CHECK_OK(s2n_connection_free(scenario->client.conn));
        CHECK_OK(s2n_connection_free(scenario->server.conn));
    }
    if (scenario->client_config != NULL) {
        free_configs(scenario);
    }
    reported = current = NULL;
    free(scenario);
}
