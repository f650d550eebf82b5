/*
 * Cancellation of threads (POSIX.1-2017, 2.9.5).
 *
 * A cancelled thread unwinds its stack, and must not do so through frames of Rust. So a call of the library
 * holds cancellation off, but for the moments in which it waits: then the unwinding ends here, above the
 * frames of Rust, which return as if the call was blocked. Their last act is rs2n_cancellation_point(),
 * which ends the thread.
 *
 * Calls that transfer data, of which there are many, only permit it: they have no other cancellation point.
 *
 * POSIX leaves open what a jump out of a cleanup handler does. In glibc and musl a handler runs in the frame
 * that pushed it, and pthread_exit() takes up the unwinding that was left.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

/* How a call treats cancellation, and how the call further up does whose callback this call comes from. */
struct cancelability {
    int state;
    int outer;
    int place;
};

/* What the caller of the innermost call had set, if the call holds cancellation off. */
static __thread int held_state;
#define NOT_HELD (-1)

/* Where the thread is. It may end outside of calls, and in a callback that a call waits in. */
enum { OUTSIDE, IN_CALL, WAITING };
static __thread int place;

/* The thread was cancelled while it waited, and ends when the call is over. */
static __thread int is_cancelled;

typedef int recv_fn(void *, uint8_t *, uint32_t);
typedef int send_fn(void *, const uint8_t *, uint32_t);

struct cancelability rs2n_hold_cancellation(void);
struct cancelability rs2n_permit_cancellation(void);
void rs2n_restore_cancellation(struct cancelability now);
void rs2n_cancellation_point(void);
ssize_t rs2n_read(int fd, void *room, size_t len);
ssize_t rs2n_write(int fd, const void *data, size_t len);
ssize_t rs2n_send(int fd, const void *data, size_t len, int flags);
int rs2n_call_recv(recv_fn *function, void *context, uint8_t *room, uint32_t len);
int rs2n_call_send(send_fn *function, void *context, const uint8_t *data, uint32_t len);

struct cancelability rs2n_hold_cancellation(void)
{
    struct cancelability now = { NOT_HELD, held_state, place };
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &now.state);
    held_state = now.state;
    place = IN_CALL;
    return now;
}

struct cancelability rs2n_permit_cancellation(void)
{
    struct cancelability now = { NOT_HELD, held_state, place };
    held_state = NOT_HELD;
    place = IN_CALL;
    return now;
}

void rs2n_restore_cancellation(struct cancelability now)
{
    held_state = now.outer;
    place = now.place;
    if (now.state != NOT_HELD) {
        pthread_setcancelstate(now.state, &now.state);
    }
}

/*
 * Ends the thread if that was requested. Nothing is left of the frames of Rust but the exported function. A call
 * in another callback than those that may wait leaves it to the call that the callback belongs to.
 */
void rs2n_cancellation_point(void)
{
    if (place == IN_CALL) {
        return;
    }
    if (is_cancelled) {
        /* Handlers and destructors of the thread may use the library. */
        is_cancelled = 0;
        pthread_exit(PTHREAD_CANCELED);
    }
    pthread_testcancel();
}

/* What may wait, with its arguments. */
struct work {
    ssize_t (*run)(const struct work *work);
    int fd;
    int flags;
    recv_fn *recv;
    send_fn *send;
    void *context;
    void *room;
    const void *data;
    size_t len;
};

static void jump(void *above)
{
    _longjmp(*(jmp_buf *) above, 1);
}

static void set_state(int state)
{
    int ignored;
    if (held_state != NOT_HELD) {
        pthread_setcancelstate(state, &ignored);
    }
}

/* Runs work that is a cancellation point; blocked if the thread is cancelled. */
static ssize_t wait_in(const struct work *work)
{
    jmp_buf above;
    volatile ssize_t result = -1;
    if (held_state == PTHREAD_CANCEL_DISABLE) {
        return work->run(work);
    }
    pthread_cleanup_push(jump, &above);
    if (_setjmp(above) == 0) {
        place = WAITING;
        set_state(PTHREAD_CANCEL_ENABLE);
        result = work->run(work);
    } else {
        is_cancelled = 1;
        errno = EAGAIN;
    }
    set_state(PTHREAD_CANCEL_DISABLE);
    place = IN_CALL;
    pthread_cleanup_pop(0);
    return result;
}

static ssize_t run_read(const struct work *work)
{
    return read(work->fd, work->room, work->len);
}

ssize_t rs2n_read(int fd, void *room, size_t len)
{
    return wait_in(&(struct work){ .run = run_read, .fd = fd, .room = room, .len = len });
}

static ssize_t run_write(const struct work *work)
{
    return write(work->fd, work->data, work->len);
}

ssize_t rs2n_write(int fd, const void *data, size_t len)
{
    return wait_in(&(struct work){ .run = run_write, .fd = fd, .data = data, .len = len });
}

static ssize_t run_send(const struct work *work)
{
    return send(work->fd, work->data, work->len, work->flags);
}

ssize_t rs2n_send(int fd, const void *data, size_t len, int flags)
{
    return wait_in(&(struct work){
            .run = run_send, .fd = fd, .data = data, .len = len, .flags = flags });
}

static ssize_t run_recv_callback(const struct work *work)
{
    return work->recv(work->context, work->room, (uint32_t) work->len);
}

int rs2n_call_recv(recv_fn *function, void *context, uint8_t *room, uint32_t len)
{
    return (int) wait_in(&(struct work){
            .run = run_recv_callback, .recv = function, .context = context, .room = room, .len = len });
}

static ssize_t run_send_callback(const struct work *work)
{
    return work->send(work->context, work->data, (uint32_t) work->len);
}

int rs2n_call_send(send_fn *function, void *context, const uint8_t *data, uint32_t len)
{
    return (int) wait_in(&(struct work){
            .run = run_send_callback, .send = function, .context = context, .data = data, .len = len });
}
