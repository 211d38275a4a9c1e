// HTTP as small as it gets, for the OCSP tests: one request a connection.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <avila/pki/http_transport.hpp>
#include <functional>
#include <thread>

namespace pki_interop {

inline sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// Until the message with its Content-Length is whole, or the other side closes.
inline std::string receive_message(int socket) {
  std::string all;
  char piece[4096];
  for (;;) {
    const std::size_t head = all.find("\r\n\r\n");
    const std::size_t at = all.find("Content-Length: ");
    if (head != all.npos && at < head && all.size() >= head + 4 + std::stoul(all.substr(at + 16)))
      return all;
    const ssize_t got = ::recv(socket, piece, sizeof piece, 0);
    if (got <= 0) return all;
    all.append(piece, static_cast<std::size_t>(got));
  }
}

inline std::string body_of(const std::string& message) {
  const std::size_t head = message.find("\r\n\r\n");
  return head == message.npos ? "" : message.substr(head + 4);
}

/// http://127.0.0.1:port/ only.
class SocketTransport final : public avila::pki::HttpTransport {
 public:
  avila::Result<avila::pki::HttpReply> send(const avila::pki::HttpRequest& request) override {
    const int port = std::stoi(request.url.substr(request.url.rfind(':') + 1));
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(port);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(socket);
      return avila::Error(avila::Errc::ConnectionRefused, "connect");
    }
    std::string text = request.method + " / HTTP/1.0\r\nHost: localhost\r\n";
    for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
    send_all(socket, text);
    const std::string answer = receive_message(socket);
    ::close(socket);
    avila::pki::HttpReply reply;
    reply.status = answer.size() > 12 ? std::atoi(answer.c_str() + 9) : 0;
    reply.body = body_of(answer);
    return reply;
  }
};

/// Answers POSTs on a free port of 127.0.0.1 with what a function makes of their bodies.
class SmallServer {
 public:
  explicit SmallServer(std::function<std::string(const std::string&)> answer)
      : answer_(std::move(answer)), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
        ::listen(socket_, 4) == 0 &&
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0)
      port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~SmallServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  int port() const { return port_; }

 private:
  void run() {
    for (;;) {
      const int peer = ::accept(socket_, nullptr, nullptr);
      if (peer < 0) return;
      const std::string body = answer_(body_of(receive_message(peer)));
      send_all(peer,
               "HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n"
               "Content-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body);
      ::close(peer);
    }
  }
  std::function<std::string(const std::string&)> answer_;
  int socket_, port_ = 0;
  std::thread thread_;
};

/// A command of its own process group, ended by its own id at the end of the scope.
class Background {
 public:
  explicit Background(const std::string& command) {
    int ends[2];
    if (::pipe(ends) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setpgid(0, 0);
      ::dup2(ends[1], 1);
      ::close(ends[0]);
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ends[0];
  }
  ~Background() {
    if (pid_ > 0) {
      ::kill(-pid_, SIGTERM);
      ::waitpid(pid_, nullptr, 0);
    }
    if (output_ >= 0) ::close(output_);
  }
  /// The number at the end of the first line that ends in ":<number>"; 0 when there is none.
  int wait_for_port() {
    std::string text;
    char piece[256];
    for (ssize_t got = 0; (got = ::read(output_, piece, sizeof piece)) > 0;) {
      text.append(piece, static_cast<std::size_t>(got));
      const std::size_t end = text.rfind('\n');
      if (end == text.npos) continue;
      const std::size_t colon = text.rfind(':', end);
      if (colon != text.npos && colon + 1 < end && text[colon + 1] >= '0' && text[colon + 1] <= '9')
        return std::atoi(text.c_str() + colon + 1);
    }
    return 0;
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

}  // namespace pki_interop
