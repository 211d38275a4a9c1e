// Ports of loopback for programs that neither choose one themselves nor say when they listen.
// POSIX.
#pragma once
#ifndef _WIN32
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

namespace avila_test {

inline sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

/// Ports that nobody uses, all different.
template <std::size_t N>
std::array<int, N> free_ports() {
  std::array<int, N> sockets, ports;
  for (std::size_t i = 0; i < N; ++i) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    sockets[i] = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::bind(sockets[i], reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(sockets[i], reinterpret_cast<sockaddr*>(&address), &size), 0);
    ports[i] = ntohs(address.sin_port);
  }
  for (const int one : sockets) ::close(one);
  return ports;
}

/// Until something accepts there; false after 30 seconds.
inline bool wait_for_port(int port) {
  for (int i = 0; i < 1500; ++i) {
    const sockaddr_in address = loopback(port);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const bool there =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    if (there) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

}  // namespace avila_test
#endif
