/* Search for secrets in the writable memory of the process. The search patterns are masked, so that the search does
   not find the patterns themselves. */
#ifndef RESIDUE_H
#define RESIDUE_H

#include "security.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define MASK 0x5a
#define MAX_SECRETS 80
/* Secrets are searched for in pieces: the allocator overwrites the first bytes of a freed block. */
#define PIECE 16

struct secret { char label[40]; uint8_t bytes[48]; int len; };
struct found { struct secret secrets[MAX_SECRETS]; int count; };

static inline uint8_t nibble(char hex) { return hex <= '9' ? hex - '0' : (hex | 32) - 'a' + 10; }

/* Adds a masked search pattern, unless there is one of the same secret. */
static inline void add(struct found *found, const char *label, const uint8_t *bytes, int len)
{
    for (int i = 0; i < found->count; i++)
        if (found->secrets[i].len == len && memcmp(found->secrets[i].bytes, bytes, len) == 0) return;
    struct secret *secret = &found->secrets[found->count++];
    if (found->count > MAX_SECRETS) { printf("too many secrets\n"); exit(2); }
    snprintf(secret->label, sizeof secret->label, "%s", label);
    secret->len = len;
    memcpy(secret->bytes, bytes, len);
}

/* The key log callback: "LABEL random secret", in hex. The start of the secret's hex text is a search pattern, too. */
static inline int log_key(void *ctx, struct s2n_connection *from, uint8_t *line, size_t len)
{
    struct found *found = ctx;
    char label[40];
    uint8_t bytes[48], hex[48];
    size_t at = len;
    int n = 0;
    (void) from;
    while (line[at - 1] != ' ') at--;
    if ((len - at) / 2 > sizeof bytes) return 0;
    snprintf(label, sizeof label, "%.*s", (int) strcspn((char *) line, " "), line);
    for (int i = 0; i < 48; i++) hex[i] = line[at + i] ^ MASK;
    for (; at + 1 < len; at += 2) bytes[n++] = (nibble(line[at]) << 4 | nibble(line[at + 1])) ^ MASK;
    add(found, strcmp(label, "CLIENT_RANDOM") ? label : "master secret", bytes, n);
    add(found, "in hex", hex, 48);
    return 0;
}

/* Adds the search patterns that a script prints as "LABEL masked hex" lines. */
static inline void read_secrets(FILE *script, struct found *found)
{
    char label[40], hex[97];
    while (fscanf(script, "%39s %96s", label, hex) == 2) {
        uint8_t bytes[48];
        int n = strlen(hex) / 2;
        for (int i = 0; i < n; i++) bytes[i] = nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]);
        add(found, label, bytes, n);
    }
    if (pclose(script) != 0) { printf("a script fails\n"); exit(2); }
}

/* Adds the search patterns of a key that `make.py` wrote as "FORM masked hex". A key in use holds its number. */
static inline void add_key(struct found *found, const char *key, const char *forms)
{
    char file[40], form[40], hex[97], *list, *line;
    snprintf(file, sizeof file, "%s.traces", key);
    list = (char *) read_file(file, NULL);
    for (line = strtok(list, "\n"); line; line = strtok(NULL, "\n")) {
        uint8_t bytes[48];
        if (sscanf(line, "%39s %96s", form, hex) != 2) exit(2);
        int n = strlen(hex) / 2;
        for (int i = 0; i < n; i++) bytes[i] = nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]);
        if (strstr(forms, form)) add(found, form, bytes, n);
    }
    free(list);
}

static inline void plaintext(uint8_t *text, int from, int mask)
{
    for (int i = 0; i < 32; i++) text[i] = (i * 29 + from * 101 + 7) ^ (i << 3) ^ mask;
}

static inline int pieces(const uint8_t *view, ssize_t n, const uint8_t *piece)
{
    int count = 0;
    for (const uint8_t *end = view + n; (view = memmem(view, end - view, piece, PIECE)); view++) count++;
    return count;
}

/* Counts the copies of each secret in writable memory. */
static inline int search(const struct found *found, int *copies)
{
    char line[600];
    int total = 0, mem = open("/proc/self/mem", O_RDONLY);
    FILE *maps = fopen("/proc/self/maps", "r");
    memset(copies, 0, MAX_SECRETS * sizeof *copies);
    while (fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char rights[8];
        sscanf(line, "%lx-%lx %7s", &from, &to, rights);
        if (strncmp(rights, "rw", 2) != 0) continue;
        uint8_t *view = mmap(NULL, to - from, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        ssize_t n = pread(mem, view, to - from, from);
        for (ssize_t i = 0; i < n; i++) view[i] ^= MASK;
        for (int k = 0; k < found->count; k++) {
            int max = 0;
            for (int at = 0; at + PIECE <= found->secrets[k].len; at += PIECE) {
                int count = pieces(view, n, found->secrets[k].bytes + at);
                if (count > max) max = count;
            }
            copies[k] += max;
            total += max;
        }
        munmap(view, to - from);
    }
    fclose(maps);
    close(mem);
    return total;
}

/* Searches, and verifies the search with a planted copy of one secret. */
static inline void check_residue(const char *name, const struct found *found)
{
    int copies[MAX_SECRETS], again[MAX_SECRETS], len = found->secrets[0].len;
    int total = search(found, copies);
    uint8_t *planted = malloc(len);
    for (int i = 0; i < len; i++) planted[i] = found->secrets[0].bytes[i] ^ MASK;
    if (search(found, again) != total + 1) { printf("the search misses a planted secret\n"); exit(2); }
    explicit_bzero(planted, len);
    free(planted);
    char list[4000] = "";
    for (int k = 0; k < found->count; k++)
        if (copies[k]) sprintf(list + strlen(list), "%s %s %d", list[0] ? "," : ":", found->secrets[k].label, copies[k]);
    observe(name, total == 0, "%d copies of %d secrets%s", total, found->count, list);
}

/* Repeats the program with all functions bound: lazy binding of a function saves the vector registers on the stack,
   with whatever they hold. */
static inline void bind_functions(char **argv)
{
    if (getenv("LD_BIND_NOW")) return;
    setenv("LD_BIND_NOW", "1", 1);
    execv("/proc/self/exe", argv);
}

/* Verifies that the search finds a key that is in use. */
static inline void check_key_in_use(const char *key)
{
    struct found found = { 0 };
    int copies[MAX_SECRETS];
    add_key(&found, key, "number");
    if (search(&found, copies) == 0) { printf("the search misses a key in use\n"); exit(2); }
}

#endif
