. "$PROJECT/tests/guide/installing.sh"
# A program that was built for the s2n-tls API, without a path to the library.
cat >program.c <<'END'
#include <s2n.h>

int main(void)
{
    return s2n_init() == 0 ? s2n_cleanup_final() : 1;
}
END
[ -e program ] || cc program.c -o program -I"$PROJECT/include" -L"$INSTALLED/lib" -ls2n
