/*
 * Writes to memory that other threads may share, recorded one by one.
 */
#ifndef WRITES_H
#define WRITES_H

#include <stddef.h>

enum { MAX_FRAMES = 40, MAX_WRITES = 20000 };

struct write {
    int thread, side;
    void *address;
    int depth;
    void *frames[MAX_FRAMES];
};

extern struct write writes[MAX_WRITES];
extern int write_count;

/* Adds memory of an allocator. It is shared for the threads that begin later. */
void add_area(void *start, size_t size);

/* Begins and ends the recording, in the only thread that runs. */
void record_writes(int thread, int side);
void pause_recording(void);

/* Prepares the recording: the static variables of all libraries are shared memory, too. */
void prepare_recording(void);

/* Begins a thread: memory of the allocator that was added before is shared memory. */
void begin_thread(void);

#endif
