. "$PROJECT/tests/guide/installing.sh"
# A program that was written for s2n-tls.
cat >program.c <<'END'
#include <s2n.h>

int main(void)
{
    return s2n_init() == 0 ? s2n_cleanup_final() : 1;
}
END
