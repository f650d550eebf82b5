/*
 * Runs the tests of several chapters, one after the other, in one process, so that valgrind loads the
 * library only once.
 *
 * usage: memory FOLDER-OF-CERTIFICATES CHAPTER.so...
 */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        void *chapter = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
        int (*test)(int, char **) = NULL;
        if (chapter != NULL) {
            *(void **) &test = dlsym(chapter, "main");
        }
        if (test == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        char *arguments[] = { argv[i], argv[1], NULL };
        if (test(2, arguments) != 0) {
            fprintf(stderr, "%s failed\n", argv[i]);
            return 1;
        }
    }
    return 0;
}
