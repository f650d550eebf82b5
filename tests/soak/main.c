/*
 * Soak: connections with random features and random faults, for some time.
 *
 * usage: soak FOLDER-OF-CERTIFICATES SECONDS SEED [SCENARIO]
 *
 * Threads run scenarios, each many at a time, one call of one after the other. With SCENARIO only that one runs,
 * in one thread. Prints what was done, and the use of resources. See README.md.
 */
#include "soak.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 3
#define AT_A_TIME 64
/* One in so many scenarios begins with connections in threads of their own. */
#define PARALLEL_EVERY 40
#define MAX_SAMPLES 100000

_Atomic uint64_t counts[COUNTS];

static const char *const NAMES[COUNTS] = {
    [CONNECTIONS] = "connections",
    [BYTES] = "bytes received and compared",
    [EARLY_BYTES] = "bytes of early data",
    [SHORT] = "short reads and writes",
    [INTERRUPTED] = "EINTR",
    [BLOCKED] = "EAGAIN",
    [RESET] = "transport errors",
    [TRUNCATED] = "truncated streams",
    [TAMPERED] = "tampered bytes",
    [ALLOCATIONS_FAILED] = "failed allocations",
    [LACKS_MEMORY] = "calls with S2N_ERR_ALLOC",
    [CLOCK_JUMPS] = "clock jumps",
    [ROTATIONS] = "ticket keys added",
    [RESUMED] = "resumed sessions",
    [RETRIED_HELLO] = "HelloRetryRequests",
    [CLIENT_CERTIFICATES] = "client certificates",
    [EXTERNAL_PSK] = "external pre-shared keys",
    [EARLY_REJECTED] = "early data rejected",
    [ASYNC_SIGNATURES] = "asynchronous signatures",
    [ASYNC_ABANDONED] = "abandoned operations",
    [OFFLOADED] = "offloaded verifications",
    [HELLO_CALLBACKS] = "asynchronous ClientHello callbacks",
    [KEY_UPDATES] = "key updates requested",
    [SERIALIZED] = "serialized connections",
    [CONFIGS_REPLACED] = "replaced configs",
    [HALF_CLOSED] = "half-closed connections",
    [FREED_MIDWAY] = "pairs freed midway",
    [WIPED] = "connections wiped and reused",
    [FAILED_CLEANLY] = "connections that failed after a fault",
    [COMPLETED] = "pairs that completed",
    [CANCELLED] = "cancelled threads",
    [SIGNALS] = "signals",
    [FORKS] = "forks",
};

static struct {
    uint64_t seed;
    _Atomic uint64_t next;
    atomic_bool stops;
} soak;

static int entries(const char *path)
{
    int number = 0;
    DIR *dir = opendir(path);
    CHECK(dir != NULL);
    while (readdir(dir) != NULL) {
        number++;
    }
    closedir(dir);
    return number;
}

/* A thread that was joined can still be in the list for a moment. */
static void check_entries(const char *path, int expected)
{
    for (int turn = 0; turn < 10000 && entries(path) != expected; turn++) {
        sched_yield();
    }
    CHECK(entries(path) == expected);
}

static long resident_kilobytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%*d %ld", &pages) == 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static struct scenario *begin_scenario(uint64_t number)
{
    if (number % PARALLEL_EVERY == PARALLEL_EVERY - 1) {
        run_parallel(soak.seed, number);
    }
    return new_scenario(soak.seed, number);
}

static void *work(void *argument)
{
    struct scenario *scenarios[AT_A_TIME] = { NULL };
    int live = 0;
    (void) argument;
    do {
        live = 0;
        for (int i = 0; i < AT_A_TIME; i++) {
            if (scenarios[i] == NULL && !soak.stops) {
                scenarios[i] = begin_scenario(soak.next++);
            }
            if (scenarios[i] == NULL) {
                continue;
            }
            live++;
            if (soak.stops || !step_scenario(scenarios[i])) {
                free_scenario(scenarios[i]);
                scenarios[i] = NULL;
            }
        }
    } while (live > 0);
    return NULL;
}

static int compare_samples(const void *one, const void *other)
{
    const long a = *(const long *) one, b = *(const long *) other;
    return (a > b) - (a < b);
}

static long median(const long *samples, int number)
{
    static long sorted[MAX_SAMPLES];
    memcpy(sorted, samples, number * sizeof(*samples));
    qsort(sorted, number, sizeof(*sorted), compare_samples);
    return sorted[number / 2];
}

/* After a tenth for warming up, the last third uses as much memory as the first. */
static void check_memory(const long *samples, int number)
{
    const int warm = number / 10, third = (number - warm) / 3;
    if (third < 5) {
        return;
    }
    const long first = median(samples + warm, third), last = median(samples + number - third, third);
    printf("%-40s %ld kB, then %ld kB\n", "resident memory", first, last);
    CHECK(last < first + first / 10 + 4096);
}

static void run(unsigned seconds)
{
    static long samples[MAX_SAMPLES];
    const struct timespec tick = { 0, 200000000 };
    pthread_t workers[WORKERS];
    int number = 0;
    for (int i = 0; i < WORKERS; i++) {
        CHECK_OK(pthread_create(&workers[i], NULL, work, NULL));
    }
    const time_t end = time(NULL) + seconds;
    while (time(NULL) < end) {
        nanosleep(&tick, NULL);
        samples[number < MAX_SAMPLES ? number++ : MAX_SAMPLES - 1] = resident_kilobytes();
    }
    soak.stops = true;
    for (int i = 0; i < WORKERS; i++) {
        CHECK_OK(pthread_join(workers[i], NULL));
    }
    check_memory(samples, number);
}

static void run_one(uint64_t number)
{
    struct scenario *scenario = begin_scenario(number);
    while (step_scenario(scenario)) {
    }
    free_scenario(scenario);
}

/* A soak of a minute has tested each of the features and faults. */
static void print_counts(bool all_are_required)
{
    for (int i = 0; i < COUNTS; i++) {
        printf("%-40s %llu\n", NAMES[i], (unsigned long long) counts[i]);
    }
    for (int i = 0; i < COUNTS && all_are_required; i++) {
        if (counts[i] == 0) {
            fprintf(stderr, "not tested: %s\n", NAMES[i]);
            exit(1);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: soak FOLDER-OF-CERTIFICATES SECONDS SEED [SCENARIO]\n");
        return 2;
    }
    const unsigned seconds = strtoul(argv[2], NULL, 10);
    soak.seed = strtoull(argv[3], NULL, 10);
    load_files(argv[1]);
    printf("seed %llu\n", (unsigned long long) soak.seed);
    fflush(stdout);
    use_memory_callbacks();
    CHECK_OK(s2n_init());
    run_one(0);
    const int descriptors = entries("/proc/self/fd");
    check_entries("/proc/self/task", 2 + 1);
    if (argc > 4) {
        run_one(strtoull(argv[4], NULL, 10));
    } else {
        run(seconds);
    }
    print_counts(argc == 4 && seconds >= 30);
    check_entries("/proc/self/fd", descriptors);
    check_entries("/proc/self/task", 2 + 1);
    CHECK_OK(s2n_cleanup_final());
    printf("%-40s %ld\n", "bytes not returned", allocated_bytes());
    CHECK(allocated_bytes() == 0);
    return 0;
}
