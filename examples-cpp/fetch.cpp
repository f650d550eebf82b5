/*
 * An HTTPS client in C++17, with RAII classes for the objects of the API and exceptions for its errors.
 *
 * usage: fetch HOST PORT [CA_FILE]
 */
#include <s2n.h>

#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <netdb.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace tls {

/* A failed call. Reads s2n_errno immediately, since the next call may change it. */
class Error : public std::runtime_error {
public:
    explicit Error(const std::string &what, int code = s2n_errno)
        : std::runtime_error(
              what + ": " + s2n_strerror(code, "EN") + " (" + s2n_strerror_debug(code, "EN") + ")"),
          code_(code)
    {
    }

    s2n_error_type type() const { return static_cast<s2n_error_type>(s2n_error_get_type(code_)); }

private:
    int code_;
};

/* Returns the result of a call, or throws an Error if it is negative. */
template<typename Result>
Result check(const char *what, Result result)
{
    if (result < 0) {
        throw Error(what);
    }
    return result;
}

/* A deleter for std::unique_ptr that calls a free function of the API. */
template<auto function>
struct Free {
    template<typename Object>
    void operator()(Object *object) const
    {
        function(object);
    }
};

/* A configuration, to be shared by many connections. */
class Config {
public:
    /* Trusts the CA certificates in a PEM text, or the system's trust store if it is empty. */
    explicit Config(const std::string &ca_pem, const char *policy = "default_tls13")
        : config_(ca_pem.empty() ? s2n_config_new() : s2n_config_new_minimal())
    {
        if (config_ == nullptr) {
            throw Error("config");
        }
        check(policy, s2n_config_set_cipher_preferences(get(), policy));
        if (!ca_pem.empty()) {
            check("trust store", s2n_config_add_pem_to_trust_store(get(), ca_pem.c_str()));
        }
    }

    s2n_config *get() const { return config_.get(); }

private:
    std::unique_ptr<s2n_config, Free<s2n_config_free>> config_;
};

/* A client connection on a blocking socket, which it owns. */
class Connection {
public:
    Connection(std::shared_ptr<const Config> config, int fd, const std::string &name)
        : config_(std::move(config)), fd_(fd), conn_(s2n_connection_new(S2N_CLIENT))
    {
        if (conn_ == nullptr) {
            throw Error("connection");
        }
        check("config", s2n_connection_set_config(get(), config_->get()));
        check("socket", s2n_connection_set_fd(get(), fd_.number));
        check("server name", s2n_set_server_name(get(), name.c_str()));
        /* The user sees an error at once. By default the call that fails sleeps for 10 to 30 seconds. */
        check("blinding", s2n_connection_set_blinding(get(), S2N_SELF_SERVICE_BLINDING));
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        if (s2n_negotiate(get(), &blocked) != 0) {
            Error error("handshake");
            s2n_shutdown(get(), &blocked); /* sends the fatal alert, unless there is a delay before */
            throw error;
        }
    }

    void send(std::string_view data)
    {
        while (!data.empty()) {
            s2n_blocked_status blocked = S2N_NOT_BLOCKED;
            auto length = static_cast<ssize_t>(data.size());
            auto sent = check("send", s2n_send(get(), data.data(), length, &blocked));
            data.remove_prefix(static_cast<size_t>(sent));
        }
    }

    /* Receives until the server's close_notify. */
    std::string receive()
    {
        std::string text;
        char buffer[16384];
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        while (auto length = check("receive", s2n_recv(get(), buffer, sizeof(buffer), &blocked))) {
            text.append(buffer, static_cast<size_t>(length));
        }
        return text;
    }

    /* Sends a close_notify. Many servers close the socket without one of their own: that is accepted. */
    void close()
    {
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        if (s2n_shutdown(get(), &blocked) != 0) {
            Error error("close");
            if (error.type() != S2N_ERR_T_CLOSED) {
                throw error;
            }
        }
    }

    std::string cipher() const { return s2n_connection_get_cipher(get()); }

private:
    /* Members are destroyed in reverse order: the connection, its socket, the config. */
    struct Socket {
        explicit Socket(int fd) : number(fd) { }
        Socket(const Socket &) = delete;
        Socket &operator=(const Socket &) = delete;
        ~Socket() { ::close(number); }
        int number;
    };

    s2n_connection *get() const { return conn_.get(); }

    std::shared_ptr<const Config> config_;
    Socket fd_;
    std::unique_ptr<s2n_connection, Free<s2n_connection_free>> conn_;
};

} /* namespace tls */

static int connect_to(const char *host, const char *port)
{
    addrinfo hints {};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo *found = nullptr;
    if (int error = getaddrinfo(host, port, &hints, &found); error != 0) {
        throw std::runtime_error(std::string(host) + ": " + gai_strerror(error));
    }
    std::unique_ptr<addrinfo, tls::Free<freeaddrinfo>> list(found);
    for (addrinfo *at = list.get(); at != nullptr; at = at->ai_next) {
        int fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) == 0) {
            return fd;
        }
        if (fd >= 0) {
            ::close(fd);
        }
    }
    throw std::runtime_error(std::string(host) + ":" + port + ": cannot connect");
}

static std::string read_file(const char *path)
{
    std::ifstream file(path);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
        throw std::runtime_error(std::string(path) + ": cannot be read");
    }
    return text.str();
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4) {
        std::cerr << "usage: " << argv[0] << " HOST PORT [CA_FILE]\n";
        return 2;
    }
    try {
        tls::check("s2n_init", s2n_init());
        auto config = std::make_shared<const tls::Config>(argc == 4 ? read_file(argv[3]) : "");
        tls::Connection connection(config, connect_to(argv[1], argv[2]), argv[1]);
        connection.send("GET / HTTP/1.0\r\nHost: " + std::string(argv[1]) + "\r\n\r\n");
        std::string page = connection.receive();
        connection.close();
        std::cerr << "cipher: " << connection.cipher() << "\n";
        std::cout << page;
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
    return 0;
}
