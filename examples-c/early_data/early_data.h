/* What the two roles of the program have in common. */
#ifndef EARLY_DATA_H
#define EARLY_DATA_H

/* The longest request, and the limit of early data, in bytes. */
enum { MAX_REQUEST = 1024 };

/* Prints the error and exits, unless `ok`. */
void check(int ok, const char *what);

char *read_text(const char *path);

void usage(void);

/* Each parses its options, which begin at argv[1], and returns the exit status. */
int run_server(int argc, char **argv);
int run_client(int argc, char **argv);

#endif
