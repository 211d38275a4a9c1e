// Two connected sockets, and bytes through them, below avila::tcp.
#pragma once
#include <gtest/gtest.h>

#include <cstddef>

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace avila::async {

struct Pair {
  int ends[2] = {-1, -1};  // non-blocking
#if defined(_WIN32)
  Pair() {
    WSADATA data;
    EXPECT_EQ(::WSAStartup(MAKEWORD(2, 2), &data), 0);
    const SOCKET listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    int length = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener, name, length), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::getsockname(listener, name, &length), 0);
    const SOCKET first = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(first, name, length), 0);
    const SOCKET second = ::accept(listener, nullptr, nullptr);
    ::closesocket(listener);
    u_long on = 1;
    EXPECT_EQ(::ioctlsocket(first, FIONBIO, &on), 0);
    EXPECT_EQ(::ioctlsocket(second, FIONBIO, &on), 0);
    ends[0] = static_cast<int>(first);
    ends[1] = static_cast<int>(second);
  }
  ~Pair() {
    for (const int end : ends) ::closesocket(static_cast<SOCKET>(end));
  }
  static std::ptrdiff_t receive(int end, char* to, std::size_t size) {
    return ::recv(static_cast<SOCKET>(end), to, static_cast<int>(size), 0);
  }
  static std::ptrdiff_t send(int end, const char* from, std::size_t size) {
    return ::send(static_cast<SOCKET>(end), from, static_cast<int>(size), 0);
  }
#else
  Pair() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  }
  ~Pair() {
    for (const int end : ends) ::close(end);
  }
  static std::ptrdiff_t receive(int end, char* to, std::size_t size) {
    return ::recv(end, to, size, 0);
  }
  static std::ptrdiff_t send(int end, const char* from, std::size_t size) {
    return ::send(end, from, size, MSG_NOSIGNAL);
  }
#endif
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
};

}  // namespace avila::async
