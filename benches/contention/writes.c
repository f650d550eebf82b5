/*
 * The shared memory is read-only while a call is recorded. A write to it raises SIGSEGV, whose handler
 * notes the address and the stack, permits the one instruction, and forbids the next write with the
 * SIGTRAP behind it.
 */
#define _GNU_SOURCE
#include "writes.h"

#include <execinfo.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { MAX_AREAS = 64, TRAP_FLAG = 0x100 };

struct area {
    char *start;
    size_t size;
};

struct write writes[MAX_WRITES];
int write_count;

static struct area areas[MAX_AREAS];
static int area_count, shared_count;
static int of_thread, of_side;

void add_area(void *start, size_t size)
{
    if (area_count == MAX_AREAS) {
        abort();
    }
    areas[area_count++] = (struct area){ start, size };
}

static void protect(int protection)
{
    for (int i = 0; i < shared_count; i++) {
        if (mprotect(areas[i].start, areas[i].size, protection) != 0) {
            abort();
        }
    }
}

static int is_shared(const char *address)
{
    for (int i = 0; i < shared_count; i++) {
        if (address >= areas[i].start && address < areas[i].start + areas[i].size) {
            return 1;
        }
    }
    return 0;
}

static void on_write(int signal, siginfo_t *info, void *context)
{
    ucontext_t *interrupted = context;
    (void) signal;
    if (!is_shared(info->si_addr) || write_count == MAX_WRITES) {
        abort();
    }
    protect(PROT_READ | PROT_WRITE);
    struct write *write = &writes[write_count++];
    *write = (struct write){ .thread = of_thread, .side = of_side, .address = info->si_addr };
    write->depth = backtrace(write->frames, MAX_FRAMES);
    interrupted->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void on_step(int signal, siginfo_t *info, void *context)
{
    ucontext_t *interrupted = context;
    (void) signal, (void) info;
    interrupted->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
    protect(PROT_READ);
}

static void handle(int signal, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
    if (sigaction(signal, &action, NULL) != 0) {
        abort();
    }
}

/* Adds the static variables of the library. */
static void add_statics(void)
{
    char line[512], library[512] = "", flags[8], path[400];
    unsigned long start, end;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof(line), maps) != NULL) {
        int fields = sscanf(line, "%lx-%lx %7s %*s %*s %*s %399s", &start, &end, flags, path);
        if (fields >= 4) {
            strcpy(library, path);
        }
        /* The variables that are zero at the beginning follow the file, without a name. */
        if (fields >= 3 && strncmp(flags, "rw", 2) == 0 && strstr(library, "libs2n") != NULL) {
            add_area((void *) start, end - start);
        }
        if (fields < 4) {
            library[0] = 0;
        }
    }
    fclose(maps);
}

void prepare_recording(void)
{
    void *frame[1];
    backtrace(frame, 1);
    add_statics();
    handle(SIGSEGV, on_write);
    handle(SIGTRAP, on_step);
}

void begin_thread(void)
{
    shared_count = area_count;
}

void record_writes(int thread, int side)
{
    of_thread = thread;
    of_side = side;
    protect(PROT_READ);
}

void pause_recording(void)
{
    protect(PROT_READ | PROT_WRITE);
}
