// `avl tool serve`: a folder over HTTP and HTTPS.
#include <avila/async/runtime.hpp>
#include <avila/chassis/server_tls.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/file_system.hpp>
#include <avila/os/signals.hpp>
#include <avila/pki/certificate.hpp>
#include <avila/text/encoding.hpp>
#include <avila/web/compression.hpp>
#include <avila/web/router.hpp>
#include <avila/web/static_files.hpp>
#include <csignal>
#include <cstdio>

#include "tool.hpp"
#include "tool_net.hpp"

namespace avila::cli {
namespace {

constexpr std::uint64_t kCachedFileBytes = 2 * 1024 * 1024;
constexpr Duration kDrain = seconds(2);
constexpr Duration kRefresh = seconds(60);

/// The files, compressed on the way where that was asked for.
class Site final : public http::Handler {
 public:
  Site(web::Router& files, bool compress) : files_(files), compress_(compress) {}
  http::BodyPlan plan_body(http::Request& head) override { return files_.plan_body(head); }
  bool handle_now(http::Request& request, http::Response& response) override {
    if (!files_.handle_now(request, response)) return false;
    if (compress_) (void)web::compress_response(request, response, options_);
    return true;
  }
  future::Task<http::Response> handle(http::Request& request) override {
    auto response = co_await files_.handle(request);
    if (compress_) (void)web::compress_response(request, response, options_);
    co_return response;
  }

 private:
  web::Router& files_;
  const bool compress_;
  const web::CompressOptions options_;
};

Result<std::unique_ptr<chassis::ServerTls>> make_tls(const Arguments& arguments) {
  const chassis::ServerTlsWorld world{os::real_file_system(), os::real_clock(),
                                      os::system_entropy()};
  chassis::ServerTlsOptions options;
  options.certificate_path = arguments.get("--cert");
  options.key_path = arguments.get("--key");
  options.hosts = {"localhost", "127.0.0.1", "::1"};
  const std::string listen = arguments.get("--listen", "127.0.0.1");
  if (listen != "127.0.0.1" && listen != "::1" && listen != "0.0.0.0" && listen != "::")
    options.hosts.push_back(listen);
  AVILA_TRY(auto made, chassis::ServerTls::open(world, std::move(options)));
  const pki::Certificate& certificate = made->certificate();
  if (arguments.has("--save-cert"))
    AVILA_TRY_VOID(os::real_file_system().write_atomically(arguments.get("--save-cert"),
                                                           as_bytes(certificate.to_pem()), 0644));
  std::printf("certificate%s SHA-256 %s\n", arguments.has("--cert") ? "" : ", made now,",
              text::hex_encode(certificate.fingerprint()).c_str());
  return made;
}

Result<void> listen_on(http::Server& server, const std::string& host, std::uint64_t port,
                       const char* scheme) {
  const bool v6 = host.find(':') != std::string::npos;
  AVILA_TRY_VOID(server.listen((v6 ? '[' + host + ']' : host) + ':' + std::to_string(port)));
  std::printf("%s://%s/\n", scheme, server.local_address().c_str());
  return {};
}

}  // namespace

Result<int> tool_serve(const Arguments& arguments) {
  os::FileSystem& files = os::real_file_system();
  const std::string folder = arguments.operand(0);
  AVILA_TRY(const os::FileInfo info, files.info(folder).context(folder));
  if (info.kind != os::FileKind::Directory)
    return Error(Errc::InvalidArgument, folder + " is not a folder");
  if (arguments.has("--cert") != arguments.has("--key"))
    return wrong_usage(Error(Errc::InvalidArgument, "--cert and --key go together"));
  const bool only_tls = arguments.has("--tls");
  AVILA_TRY(const std::uint64_t port, number_option(arguments, "--port", 8000, 0, 65'535));
  AVILA_TRY(const std::uint64_t tls_port, number_option(arguments, "--tls-port", 0, 0, 65'535));
  AVILA_TRY(const std::uint64_t threads, number_option(arguments, "--threads", 0, 0, 1024));
  const bool secure = only_tls || arguments.has("--tls-port");
  std::unique_ptr<chassis::ServerTls> certificates;
  if (secure) {
    AVILA_TRY(certificates, make_tls(arguments));
  }
  AVILA_TRY(os::SignalSet signals, os::SignalSet::create({SIGINT, SIGTERM}));
  os::ignore_broken_pipes();

  async::Runtime runtime({.threads = static_cast<std::size_t>(threads)});
  web::Router router;
  web::StaticFilesOptions options;
  options.listing = !arguments.has("--no-listing");
  options.cached_file_bytes = kCachedFileBytes;
  router.add("GET", "/*path",
             std::make_unique<web::StaticFiles>(runtime, files, folder, std::move(options)));
  Site site(router, arguments.has("--compress"));
  http2::Server http2;
  http::Server plain(runtime, site, {.http2 = &http2});
  http::ServerOptions secure_options;
  secure_options.http2 = &http2;
  if (secure) secure_options.security = &certificates->security();
  http::Server encrypted(runtime, site, std::move(secure_options));
  const std::string host = arguments.get("--listen", "127.0.0.1");
  if (!only_tls) AVILA_TRY_VOID(listen_on(plain, host, port, "http"));
  if (secure) AVILA_TRY_VOID(listen_on(encrypted, host, only_tls ? port : tls_port, "https"));
  std::printf("ready: serving %s; Ctrl-C stops\n", folder.c_str());
  std::fflush(stdout);
  while (true) {
    AVILA_TRY(const std::optional<int> caught, signals.wait(kRefresh));
    if (caught) break;
    if (certificates == nullptr) continue;
    if (const auto refreshed = certificates->refresh(); !refreshed.has_value())
      std::fprintf(stderr, "%s\n", refreshed.error().to_string().c_str());
  }
  runtime.block_on(plain.shutdown(kDrain));
  runtime.block_on(encrypted.shutdown(kDrain));
  runtime.shutdown(kDrain);
  return kDone;
}

}  // namespace avila::cli
