#include "children.h"

#include "measure.h"

#include <sys/prctl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct child fork_child(void)
{
    int fds[2];
    if (pipe(fds) != 0) {
        fail(__FILE__, __LINE__, "pipe", "failed");
    }
    pid_t id = fork();
    if (id < 0) {
        fail(__FILE__, __LINE__, "fork", "failed");
    }
    if (id == 0) {
        /* It ends with the program, also if that fails. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    close(fds[id == 0 ? 0 : 1]);
    return (struct child){ id, fds[id == 0 ? 1 : 0] };
}

void write_result(int result, const void *bytes, size_t len)
{
    if (write(result, bytes, len) != (ssize_t) len) {
        fail(__FILE__, __LINE__, "write", "failed");
    }
}

void read_result(const struct child *child, void *bytes, size_t len)
{
    int status = 0;
    ssize_t received = read(child->result, bytes, len);
    close(child->result);
    if (waitpid(child->id, &status, 0) != child->id || status != 0 || received != (ssize_t) len) {
        fail(__FILE__, __LINE__, "a child process", "failed");
    }
}
