/*
 * Replacements of the functions for system calls. The system's own are found by dlsym().
 */
#define _GNU_SOURCE
#include "calls.h"

#include <dlfcn.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct failure failure;

/* The errors that a function can have, without those of wrong arguments. */
static const struct {
    const char *function;
    int errors[8];
} POSSIBLE[] = {
    { "read", { EINTR, EAGAIN, ECONNRESET, EIO } },
    { "write", { EINTR, EAGAIN, EPIPE, ENOSPC, EIO } },
    { "recv", { EINTR, EAGAIN, ECONNRESET, ENOMEM } },
    { "send", { EINTR, EAGAIN, ECONNRESET, EPIPE, ENOBUFS, ENOMEM } },
    { "open", { EINTR, EMFILE, ENFILE, EACCES, ENOMEM, ENOENT, EIO } },
    { "opendir", { EMFILE, ENFILE, EACCES, ENOMEM, ENOENT } },
    { "fstat", { ENOMEM, EIO } },
    { "mmap", { ENOMEM, EAGAIN } },
    { "mprotect", { ENOMEM, EACCES } },
    { "madvise", { ENOMEM, EINVAL } },
    { "getsockopt", { ENOBUFS, ENOPROTOOPT } },
    { "setsockopt", { ENOMEM, ENOPROTOOPT } },
    { "getrandom", { EINTR, EAGAIN, ENOSYS } },
};

static bool is_possible(const char *function, int error)
{
    for (size_t i = 0; i < sizeof(POSSIBLE) / sizeof(*POSSIBLE); i++) {
        for (int n = 0; strcmp(POSSIBLE[i].function, function) == 0 && n < 8; n++) {
            if (POSSIBLE[i].errors[n] == error) {
                return true;
            }
        }
    }
    return false;
}

/* Whether this call fails. Then errno is set. */
static bool fails(const char *function)
{
    if (failure.at == 0 || !is_possible(function, failure.error) || ++failure.seen != failure.at) {
        return false;
    }
    failure.function = function;
    errno = failure.error;
    return true;
}

/* Finds the system's function, and defines `next` as a pointer to it. */
#define NEXT(name, type)                              \
    static __typeof__(type) *next;                    \
    if (next == NULL) {                               \
        next = (__typeof__(type) *) dlsym(RTLD_NEXT, name); \
        if (next == NULL) {                           \
            abort();                                  \
        }                                             \
    }

ssize_t read(int fd, void *buf, size_t len)
{
    NEXT("read", ssize_t(int, void *, size_t));
    return fails("read") ? -1 : next(fd, buf, len);
}

ssize_t write(int fd, const void *buf, size_t len)
{
    NEXT("write", ssize_t(int, const void *, size_t));
    return fails("write") ? -1 : next(fd, buf, len);
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
    NEXT("recv", ssize_t(int, void *, size_t, int));
    return fails("recv") ? -1 : next(fd, buf, len, flags);
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
    NEXT("send", ssize_t(int, const void *, size_t, int));
    return fails("send") ? -1 : next(fd, buf, len, flags);
}

static mode_t mode_of(int flags, va_list arguments)
{
    return (flags & (O_CREAT | O_TMPFILE)) ? va_arg(arguments, mode_t) : 0;
}

#define REPLACE_OPEN(function)                                          \
    int function(const char *path, int flags, ...)                      \
    {                                                                   \
        NEXT(#function, int(const char *, int, ...));                   \
        va_list arguments;                                              \
        va_start(arguments, flags);                                     \
        const mode_t mode = mode_of(flags, arguments);                  \
        va_end(arguments);                                              \
        return fails("open") ? -1 : next(path, flags, mode);            \
    }

REPLACE_OPEN(open)
REPLACE_OPEN(open64)

DIR *opendir(const char *path)
{
    NEXT("opendir", DIR *(const char *));
    return fails("opendir") ? NULL : next(path);
}

int fstat(int fd, struct stat *status)
{
    NEXT("fstat", int(int, struct stat *));
    return fails("fstat") ? -1 : next(fd, status);
}

int fstat64(int fd, struct stat64 *status)
{
    NEXT("fstat64", int(int, struct stat64 *));
    return fails("fstat") ? -1 : next(fd, status);
}

int statx(int dir, const char *path, int flags, unsigned mask, struct statx *status)
{
    NEXT("statx", int(int, const char *, int, unsigned, struct statx *));
    return fails("fstat") ? -1 : next(dir, path, flags, mask, status);
}

void *mmap(void *address, size_t len, int protection, int flags, int fd, off_t offset)
{
    NEXT("mmap", void *(void *, size_t, int, int, int, off_t));
    return fails("mmap") ? MAP_FAILED : next(address, len, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t len, int protection, int flags, int fd, off64_t offset)
{
    NEXT("mmap64", void *(void *, size_t, int, int, int, off64_t));
    return fails("mmap") ? MAP_FAILED : next(address, len, protection, flags, fd, offset);
}

int mprotect(void *address, size_t len, int protection)
{
    NEXT("mprotect", int(void *, size_t, int));
    return fails("mprotect") ? -1 : next(address, len, protection);
}

int madvise(void *address, size_t len, int advice)
{
    NEXT("madvise", int(void *, size_t, int));
    return fails("madvise") ? -1 : next(address, len, advice);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    NEXT("getsockopt", int(int, int, int, void *, socklen_t *));
    return fails("getsockopt") ? -1 : next(fd, level, name, value, len);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    NEXT("setsockopt", int(int, int, int, const void *, socklen_t));
    return fails("setsockopt") ? -1 : next(fd, level, name, value, len);
}

ssize_t getrandom(void *buf, size_t len, unsigned flags)
{
    NEXT("getrandom", ssize_t(void *, size_t, unsigned));
    return fails("getrandom") ? -1 : next(buf, len, flags);
}
