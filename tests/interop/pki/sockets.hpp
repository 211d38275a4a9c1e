// HTTP as small as it gets, for the OCSP tests: one request a connection.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>
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

}  // namespace pki_interop
