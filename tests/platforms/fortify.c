/*
 * Debian compiles LLVM's unwinder for glibc, with the function that FORTIFY puts in place of fprintf(). musl has
 * none.
 */
#include <stdarg.h>
#include <stdio.h>

int __fprintf_chk(FILE *file, int flag, const char *format, ...);

int __fprintf_chk(FILE *file, int flag, const char *format, ...)
{
    (void) flag;
    va_list arguments;
    va_start(arguments, format);
    const int written = vfprintf(file, format, arguments);
    va_end(arguments);
    return written;
}
