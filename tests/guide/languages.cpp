// Tests of the C++ code in the guide, chapter languages.
#include "languages.md.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

static std::string text(const std::string &path)
{
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    const std::string folder = argv[1];
    try {
        tls::check(s2n_config_new_minimal());
        CHECK(false);
    } catch (const tls::Error &error) {
        CHECK(error.type == S2N_ERR_T_INTERNAL || error.type == S2N_ERR_T_USAGE);
        CHECK(std::string(error.what()).find("(S2N_ERR_NOT_INITIALIZED: ") != std::string::npos);
    }
    tls::check(s2n_init());
    {
        tls::Config config(tls::check(s2n_config_new_minimal()));
        tls::check(s2n_config_add_cert_chain_and_key(config.get(), text(folder + "/rsa.pem").c_str(),
            text(folder + "/rsa.key").c_str()));
        tls::check(s2n_config_add_pem_to_trust_store(config.get(), text(folder + "/ca.pem").c_str()));
        tls::check(s2n_config_set_max_blinding_delay(config.get(), 0));

        for (const char *host : { "localhost", "unknown.test" }) {
            int fds[2];
            CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
            std::thread server([&] {
                try {
                    tls::Stream stream(S2N_SERVER, config, fds[1]);
                    std::string received, more;
                    while (!(more = stream.read()).empty()) {
                        received += more;
                    }
                    CHECK(received == std::string(100000, 'x'));
                    stream.close();
                } catch (const tls::Error &) {
                    CHECK(std::string(host) != "localhost");
                }
                close(fds[1]);
            });
            try {
                tls::Stream stream(S2N_CLIENT, config, fds[0], host);
                stream.write(std::string(100000, 'x'));
                stream.close();
                CHECK(std::string(host) == "localhost");
            } catch (const tls::Error &error) {
                CHECK(std::string(error.what()).find("(S2N_ERR_CERT_INVALID_HOSTNAME: ") != std::string::npos);
                CHECK(error.type == S2N_ERR_T_PROTO && std::string(host) != "localhost");
            }
            close(fds[0]);
            server.join();
        }
    }
    tls::check(s2n_cleanup_final());
    return 0;
}
