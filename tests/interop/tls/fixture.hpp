// Our HTTPS server for real clients, and our client for real servers.
#pragma once
#include <gtest/gtest.h>

#include <avila/asn1/pem.hpp>
#include <avila/async/runtime.hpp>
#include <avila/http/server.hpp>
#include <avila/os/process.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/tls/stream.hpp>
#include <avila_test/tls.hpp>
#include <avila_test/tools.hpp>
#include <fstream>
#include <mutex>

namespace tls_interop {

using namespace avila;
using avila_test::run_command;
using crypto::KeyType;
using future::Task;

struct Served {
  tls::ConnectionInfo info;
  std::string early;
  std::string error;
  std::optional<tls::Alert> alert, peer_alert;
};

/// GET gives "answer to /path", or 1 MiB for /big; POST gives the body back.
class Pages final : public http::Handler {
 public:
  bool handle_now(http::Request& request, http::Response& response) override {
    if (request.method_text == "POST")
      response = http::Response::text(200, std::string(request.body));
    else if (request.path == "/big")
      response = http::Response::text(200, std::string(1 << 20, 'b'));
    else
      response = http::Response::text(200, "answer to " + std::string(request.path) + "\n");
    return true;
  }
  Task<http::Response> handle(http::Request& request) override {
    http::Response response;
    (void)handle_now(request, response);
    co_return response;
  }
};

/// Serves until it goes.
class TestServer {
 public:
  explicit TestServer(tls::ServerConfig config)
      : config_(std::make_shared<const tls::ServerConfig>(std::move(config))),
        listener_(tcp::Listener::bind(runtime_, tcp::SocketAddress::loopback(0)).value()),
        accepting_(runtime_.spawn(accept_loop(this))) {}
  ~TestServer() {
    listener_.close();
    (void)runtime_.shutdown(milliseconds(300));
  }
  std::string port() const { return std::to_string(listener_.local_address().port()); }
  std::vector<Served> served() const {
    const std::lock_guard lock(mutex_);
    return served_;
  }
  Served last() const {
    for (int i = 0; i < 200 && served().empty(); ++i) (void)run_command("sleep 0.01");
    const auto all = served();
    return all.empty() ? Served{} : all.back();
  }

 private:
  static Task<void> accept_loop(TestServer* self) {
    for (;;) {
      auto accepted = co_await self->listener_.accept();
      if (!accepted.has_value()) co_return;
      (void)self->runtime_.spawn(serve(self, std::move(*accepted)));
    }
  }
  static Task<void> serve(TestServer* self, tcp::Stream stream) {
    auto transport = std::make_unique<tcp::Stream>(std::move(stream));
    auto accepted = co_await tls::accept(std::move(transport), self->config_);
    Served served;
    if (!accepted.has_value()) {
      const Error& error = accepted.error();
      served.error = error.to_string();
      served.peer_alert = tls::alert_from_peer(error);
      if (!served.peer_alert.has_value()) served.alert = tls::alert_for(error);
    } else {
      served.info = (*accepted)->info();
      served.early = as_text((*accepted)->early_data());
    }
    {
      const std::lock_guard lock(self->mutex_);
      self->served_.push_back(std::move(served));
    }
    if (!accepted.has_value()) co_return;
    co_await self->http_.serve(std::move(*accepted), "peer");
  }

  std::shared_ptr<const tls::ServerConfig> config_;
  async::Runtime runtime_{{.threads = 1}};
  Pages pages_;
  http::Server http_{runtime_, pages_};
  tcp::Listener listener_;
  mutable std::mutex mutex_;
  std::vector<Served> served_;
  async::JoinHandle<void> accepting_;
};

/// A certificate and its key as files, for other programs.
struct Files {
  Files(const avila_test::TempDir& folder, const std::string& name, const tls::Credential& of)
      : certificate(folder / (name + ".pem")), key(folder / (name + ".key")) {
    std::ofstream(certificate) << asn1::to_pem("CERTIFICATE", of.chain.front());
    const auto pem = of.key.to_pem();
    std::ofstream(key) << as_text(pem.span());
  }
  std::string certificate, key;
};

inline std::uint16_t free_port(async::Executor& executor) {
  return tcp::Listener::bind(executor, tcp::SocketAddress::loopback(0))
      .value()
      .local_address()
      .port();
}

/// What a client of ours got from a server.
struct Fetched {
  tls::ConnectionInfo info;
  std::string text;
  bool early_accepted = false;
};
inline Task<Result<Fetched>> fetch(async::Executor* executor, std::uint16_t port,
                                   std::shared_ptr<const tls::ClientConfig> config,
                                   tls::ClientOptions options, std::string request,
                                   std::string until) {
  const tcp::SocketAddress address = tcp::SocketAddress::loopback(port);
  auto connected = co_await tcp::connect(*executor, address);
  AVILA_CO_TRY(tcp::Stream socket, std::move(connected));
  auto transport = std::make_unique<tcp::Stream>(std::move(socket));
  auto secured = co_await tls::connect(std::move(transport), config, options);
  AVILA_CO_TRY(const auto stream, std::move(secured));
  Fetched fetched;
  fetched.info = stream->info();
  fetched.early_accepted = stream->early_data_accepted();
  if (!fetched.early_accepted) {
    auto written = co_await stream->write_all(as_bytes(request));
    AVILA_CO_TRY_VOID(std::move(written));
  }
  std::vector<std::byte> buffer(20'000);
  while (fetched.text.find(until) == std::string::npos) {
    auto got = co_await stream->read(buffer);
    if (!got.has_value() && got.error().is(tls::TransportFault::Truncated)) break;
    AVILA_CO_TRY(const std::size_t count, std::move(got));
    if (count == 0) break;
    fetched.text += as_text(ByteSpan(buffer).first(count));
  }
  auto ended = co_await stream->shutdown_write();
  (void)ended;
  co_return fetched;
}

/// A program that serves, ended with the scope.
class OtherServer {
 public:
  OtherServer(const std::string& program, const std::vector<std::string>& arguments,
              std::uint16_t port)
      : process_(os::Process::spawn(program, {.arguments = arguments,
                                              .in = os::Stream::Pipe,
                                              .out = os::Stream::Null,
                                              .error = os::Stream::Null})
                     .value()) {
    const std::string probe = "for i in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/" +
                              std::to_string(port) +
                              ") 2>/dev/null && exit 0; sleep 0.05; done; exit 1";
    up_ = run_command("bash -c '" + probe + "'").status == 0;
  }
  ~OtherServer() { (void)process_.kill(); }
  bool up() const { return up_; }
  void type(std::string_view text) { (void)process_.write(as_bytes(text)); }

 private:
  os::Process process_;
  bool up_ = false;
};

}  // namespace tls_interop
