/*
 * These functions replace those of the C library in the program and in the library that is measured.
 */
#define _GNU_SOURCE
#include "calls.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

__thread size_t read_calls, write_calls;

ssize_t write(int fd, const void *bytes, size_t len)
{
    write_calls++;
    return syscall(SYS_write, fd, bytes, len);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    write_calls++;
    return syscall(SYS_writev, fd, parts, count);
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
    write_calls++;
    return syscall(SYS_sendto, fd, bytes, len, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    write_calls++;
    return syscall(SYS_sendmsg, fd, message, flags);
}

ssize_t read(int fd, void *bytes, size_t len)
{
    read_calls++;
    return syscall(SYS_read, fd, bytes, len);
}

ssize_t readv(int fd, const struct iovec *parts, int count)
{
    read_calls++;
    return syscall(SYS_readv, fd, parts, count);
}

ssize_t recv(int fd, void *bytes, size_t len, int flags)
{
    read_calls++;
    return syscall(SYS_recvfrom, fd, bytes, len, flags, NULL, NULL);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    read_calls++;
    return syscall(SYS_recvmsg, fd, message, flags);
}
