// A small HTTP client over plain sockets for tests: nothing of the code under test is on this side.
#pragma once
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace avila_test {

struct HttpReply {
  int status = 0;  ///< 0: the connection failed
  std::string head, body;
};

/// One keep-alive connection; connects again after a failure.
class HttpClient {
 public:
  HttpClient(int port, std::string api_key) : port_(port), api_key_(std::move(api_key)) {}
  ~HttpClient() { disconnect(); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  HttpReply send(const std::string& method, const std::string& path, const std::string& body = "",
                 const std::string& more_headers = "") {
    std::string request = method + ' ' + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + more_headers;
    if (!api_key_.empty()) request += "Authorization: Bearer " + api_key_ + "\r\n";
    if (!body.empty()) request += "Content-Type: application/json\r\n";
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    HttpReply reply;
    if (fd_ < 0 && !connect()) {
      disconnect();
      return {};
    }
    const bool sent = write_all(request);  // a server may answer and close before it has all
    const bool answered = read_reply(reply);
    if (!sent || !answered) disconnect();
    return answered ? reply : HttpReply{};
  }

 private:
  bool connect() {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int one = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const timeval limit{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    buffer_.clear();
    return ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  void disconnect() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  bool write_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  bool fill() {
    char bytes[65536];
    const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n > 0) buffer_.append(bytes, static_cast<std::size_t>(n));
    return n > 0;
  }
  std::string take(std::size_t size) {
    std::string part = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return part;
  }
  bool read_reply(HttpReply& reply) {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
      if (!fill()) return false;
    reply.head = take(end + 4);
    reply.status = std::atoi(reply.head.c_str() + 9);
    if (reply.status == 204 || reply.status == 304) return true;
    const auto length = reply.head.find("Content-Length: ");
    if (length != std::string::npos) {
      const auto size = std::strtoull(reply.head.c_str() + length + 16, nullptr, 10);
      while (buffer_.size() < size)
        if (!fill()) return false;
      reply.body = take(size);
      return true;
    }
    while (true) {  // chunked
      while ((end = buffer_.find("\r\n")) == std::string::npos)
        if (!fill()) return false;
      const auto size = std::strtoull(take(end + 2).c_str(), nullptr, 16);
      while (buffer_.size() < size + 2)
        if (!fill()) return false;
      reply.body += take(size);
      take(2);
      if (size == 0) return true;
    }
  }

  int port_;
  std::string api_key_, buffer_;
  int fd_ = -1;
};

}  // namespace avila_test
