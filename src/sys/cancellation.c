/*
 * Thread cancellation (POSIX.1-2017, 2.9.5).
 *
 * A cancelled thread unwinds its stack, which must not happen to Rust frames. So a call of the library
 * disables cancellation, except while it blocks: then the unwinding stops here, above the Rust frames, which
 * return as if the call would block. Finally they call rs2n_cancellation_point(), which terminates the
 * thread.
 *
 * Calls that transfer data, which are frequent, leave the state unchanged: they have no other cancellation point.
 *
 * POSIX does not specify the effect of a jump out of a cleanup handler. In glibc and musl a handler runs in
 * the frame that pushed it, and pthread_exit() continues the interrupted unwinding.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#ifdef __linux__
#include <sys/sendfile.h>
#endif
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

/* The cancelability of a call, and that of the outer call if this call comes from a callback. */
struct cancelability {
    int state;
    int outer;
    int place;
};

/* The cancelability state of the caller of the innermost call, if the call disables cancellation. */
static __thread int held_state;
#define NOT_HELD (-1)

/* Position of the thread. It can be terminated outside of calls, and in a callback that a call blocks in. */
enum { OUTSIDE, IN_CALL, WAITING };
static __thread int place;

/* The thread was cancelled while it was blocked, and is terminated at the end of the call. */
static __thread int is_cancelled;

typedef int recv_fn(void *, uint8_t *, uint32_t);
typedef int send_fn(void *, const uint8_t *, uint32_t);

struct cancelability rs2n_hold_cancellation(void);
struct cancelability rs2n_permit_cancellation(void);
void rs2n_restore_cancellation(struct cancelability now);
int rs2n_is_cancelled(void);
void rs2n_cancellation_point(void);
ssize_t rs2n_read(int fd, void *room, size_t len);
ssize_t rs2n_write(int fd, const void *data, size_t len);
ssize_t rs2n_send(int fd, const void *data, size_t len, int flags);
ssize_t rs2n_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t rs2n_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t rs2n_sendfile(int fd, int file, int64_t offset, size_t len);
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

int rs2n_is_cancelled(void)
{
    return is_cancelled;
}

/*
 * Terminates the thread if it was cancelled. The exported function is the only Rust frame left. For a call from
 * a callback, except those that may block, this is left to the outer call.
 */
void rs2n_cancellation_point(void)
{
    if (place == IN_CALL) {
        return;
    }
    if (is_cancelled) {
        /* Cleanup handlers and destructors of the thread may use the library. */
        is_cancelled = 0;
        pthread_exit(PTHREAD_CANCELED);
    }
    pthread_testcancel();
}

/* An operation that may block, with its arguments. */
struct work {
    ssize_t (*run)(const struct work *work);
    int fd;
    int flags;
    union {
        recv_fn *recv;
        send_fn *send;
    };
    void *context;
    union {
        void *room;
        const void *data;
        const struct msghdr *outgoing;
        struct msghdr *incoming;
    };
    size_t len;
    int file;
    int64_t offset;
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

/* Runs an operation that is a cancellation point; fails with EAGAIN if the thread is cancelled. */
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

static ssize_t run_sendmsg(const struct work *work)
{
    return sendmsg(work->fd, work->outgoing, work->flags);
}

ssize_t rs2n_sendmsg(int fd, const struct msghdr *message, int flags)
{
    return wait_in(&(struct work){
            .run = run_sendmsg, .fd = fd, .outgoing = message, .flags = flags });
}

static ssize_t run_recvmsg(const struct work *work)
{
    return recvmsg(work->fd, work->incoming, work->flags);
}

ssize_t rs2n_recvmsg(int fd, struct msghdr *message, int flags)
{
    return wait_in(&(struct work){
            .run = run_recvmsg, .fd = fd, .incoming = message, .flags = flags });
}

#ifdef __linux__
static ssize_t run_sendfile(const struct work *work)
{
    off_t offset = (off_t) work->offset;
    if (offset != work->offset) {
        errno = EOVERFLOW;
        return -1;
    }
    return sendfile(work->fd, work->file, &offset, work->len);
}

/* Removes a SIGPIPE that a call of this thread has raised while the signal was blocked. */
static void discard_sigpipe(const sigset_t *sigpipe)
{
    const struct timespec now = { 0, 0 };
    while (sigtimedwait(sigpipe, NULL, &now) < 0 && errno == EINTR) {
    }
}

/*
 * sendfile() has no MSG_NOSIGNAL: the signal of a closed socket is blocked, and then discarded. It is pending
 * before if the application has blocked it, and is left so. The caller has disabled cancellation.
 */
ssize_t rs2n_sendfile(int fd, int file, int64_t offset, size_t len)
{
    sigset_t sigpipe, pending, mask;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    sigemptyset(&pending);
    sigpending(&pending);
    const int was_pending = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe, &mask);
    errno = 0;
    const ssize_t sent = wait_in(&(struct work){
            .run = run_sendfile, .fd = fd, .file = file, .offset = offset, .len = len });
    const int error = errno;
    if (sent < 0 && error == EPIPE && was_pending != 1) {
        discard_sigpipe(&sigpipe);
    }
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    errno = error;
    return sent;
}
#endif

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
