// A client of bytes: sends what it is told, returns what comes, over a blocking socket.
#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace avila_test {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int one = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void end() { ::shutdown(fd_, SHUT_WR); }

  /// What comes until `text` was seen, the peer closed, or `timeout_ms` went by without a byte.
  std::string read_until(std::string_view text, int timeout_ms = 5000) {
    std::string got;
    while (text.empty() || got.find(text) == std::string::npos) {
      pollfd waiting{fd_, POLLIN, 0};
      if (::poll(&waiting, 1, timeout_ms) <= 0) {
        got += "<timeout>";
        break;
      }
      char buffer[16384];
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) {
        closed_ = true;
        break;
      }
      got.append(buffer, static_cast<std::size_t>(n));
    }
    return got;
  }
  /// Everything until the peer closes.
  std::string read_all(int timeout_ms = 5000) { return read_until("", timeout_ms); }
  /// Sends, and reads until the peer closes.
  std::string talk(std::string_view bytes) {
    send(bytes);
    return read_all();
  }
  bool closed() const { return closed_; }

 private:
  int fd_;
  bool closed_ = false;
};

}  // namespace avila_test
