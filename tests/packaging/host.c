/*
 * Loads each shared object in the arguments before "--", and calls its function run_pair() with the arguments
 * after it.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef int run_pair_fn(int argc, char **argv);

int main(int argc, char **argv)
{
    int end = 1;
    while (end < argc && strcmp(argv[end], "--") != 0) {
        end++;
    }
    for (int i = 1; i < end; i++) {
        void *plugin = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
        run_pair_fn *run_pair;
        *(void **) &run_pair = plugin != NULL ? dlsym(plugin, "run_pair") : NULL;
        if (run_pair == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        if (run_pair(argc - end, argv + end) != 0) {
            return 1;
        }
    }
    return 0;
}
