// A server of bytes that the test itself speaks for, over blocking sockets.
#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace proxy_test {

inline constexpr int kPatienceMs = 20'000;

/// One connection at a time.
class Origin {
 public:
  Origin() : listening_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listening_, 8), 0);
    socklen_t size = sizeof address;
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Origin() {
    close();
    ::close(listening_);
  }
  std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }

  void accept() {
    close();
    pollfd waiting{listening_, POLLIN, 0};
    ASSERT_EQ(::poll(&waiting, 1, kPatienceMs), 1);
    fd_ = ::accept(listening_, nullptr, nullptr);
    ASSERT_GE(fd_, 0);
  }
  /// Until `text` was seen, which is the end of what is returned; or until the other side ended.
  std::string read_until(std::string_view text) {
    std::string got;
    while (text.empty() || !got.ends_with(text)) {
      pollfd waiting{fd_, POLLIN, 0};
      if (::poll(&waiting, 1, kPatienceMs) != 1) return got + "<timeout>";
      char byte = 0;
      if (::recv(fd_, &byte, 1, 0) != 1) return got + "<end>";
      got += byte;
    }
    return got;
  }
  void send(std::string_view bytes) {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int listening_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace proxy_test
