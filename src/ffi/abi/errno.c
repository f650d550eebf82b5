/*
 * Programs read `s2n_errno` as a variable, so it must be a thread-local object of the shared
 * library. Stable Rust cannot export one; this file does nothing else.
 */
extern __thread int s2n_errno __attribute__((visibility("default")));
int *rs2n_errno_slot(void);

__thread int s2n_errno = 0;

int *rs2n_errno_slot(void)
{
    return &s2n_errno;
}
