/* Text before BEGIN on its line: a byte order mark, a tag, words. No certificate may be ignored silently. */
#include "case.h"

int main(int argc, char **argv)
{
    static const char *const words[] = { "bom", "formfeed", "html", "words", "blank" };
    static const char *const places[] = { "first", "second" };
    begin("pem_prefix", argc, argv);
    MUST(s2n_init());
    for (size_t i = 0; i < 10; i++) {
        char file[80];
        sprintf(file, "prefix/%s-%s-chain.pem", words[i / 2], places[i % 2]);
        load_chain(file, "leaf.key", 2);
        sprintf(file, "prefix/%s-%s-trust.pem", words[i / 2], places[i % 2]);
        load_trust(file, 0, 1);
    }
    return wrong != 0;
}
