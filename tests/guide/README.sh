. "$PROJECT/tests/guide/installing.sh"
# A program for the s2n-tls API.
cat >program.c <<'END'
#include <s2n.h>

int main(void)
{
    return s2n_init() == 0 ? s2n_cleanup_final() : 1;
}
END
