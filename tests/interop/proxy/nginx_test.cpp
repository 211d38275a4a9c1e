// The reverse proxy before nginx, under curl, wrk and h2load; and nginx in its place, to compare.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <avila/asn1/pem.hpp>
#include <avila/async/runtime.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>
#include <avila/proxy/reverse.hpp>
#include <avila/tls/security.hpp>
#include <avila_test/tls.hpp>
#include <avila_test/tools.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <thread>

namespace {

using namespace avila;
using avila_test::run_command;
using future::Task;

std::string run(const std::string& command) {
  const auto result = run_command("timeout 120 " + command + " 2>&1");
  EXPECT_EQ(result.status, 0) << command << "\n" << result.out.substr(0, 2000);
  return result.out;
}

/// nginx on a Unix socket, so that no port is picked; ended by its own process id.
class Nginx {
 public:
  Nginx(const std::string& folder, std::string name, const std::string& server)
      : socket_(folder + "/" + name + ".sock"), config_(folder + "/" + name + ".conf") {
    const std::string temp = folder + "/" + name;
    std::ofstream(config_) << "daemon off; pid " << temp << ".pid; error_log " << temp
                           << ".log; worker_processes 1; events { worker_connections 512; }\n"
                           << "http { access_log off; keepalive_requests 1000000; default_type a/b;"
                           << " client_max_body_size 0; client_body_temp_path " << temp
                           << ".b; proxy_temp_path " << temp << ".p; fastcgi_temp_path " << temp
                           << ".f; uwsgi_temp_path " << temp << ".u; scgi_temp_path " << temp
                           << ".s;\n server { listen unix:" << socket_ << "; " << server
                           << " } }\n";
  }
  ~Nginx() { end(SIGTERM); }
  bool begin() {
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execlp("nginx", "nginx", "-c", config_.c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
    const std::string ask = "curl -s -o /dev/null --unix-socket " + socket_ + " http://a/";
    for (int i = 0; i < 600; ++i) {
      if (run_command(ask).status == 0) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  }
  void end(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    ::unlink(socket_.c_str());  // where it did not
  }
  std::string address() const { return "unix:" + socket_; }
  const std::string& socket() const { return socket_; }

 private:
  const std::string socket_, config_;
  pid_t pid_ = -1;
};

/// Counts what it is sent, and keeps none of it.
class Sink final : public http::Handler {
 public:
  http::BodyPlan plan_body(http::Request&) override { return {.stream = true}; }
  Task<http::Response> handle(http::Request& request) override {
    std::uint64_t count = 0;
    while (request.stream != nullptr) {
      auto piece = co_await request.stream->read();
      if (!piece.has_value()) co_return http::Response(400);
      if (piece->empty()) break;
      count += piece->size();
    }
    co_return http::Response::text(200, std::to_string(count));
  }
};

std::uint64_t resident_kib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    std::uint64_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib;
  }
  return 0;
}

class BeforeNginx : public ::testing::Test {
 protected:
  void SetUp() override {
    AVILA_REQUIRE_PROGRAM("nginx");
    AVILA_REQUIRE_PROGRAM("curl");
    std::ofstream(folder_ / "small.txt") << std::string(1024, 's');
    ASSERT_EQ(run_command("head -c 1048576 /dev/urandom > " + (folder_ / "large.bin")).status, 0);
    ASSERT_EQ(run_command("truncate -s 1G " + (folder_ / "huge.bin")).status, 0);
    // nginx's workers are somebody else where the master is root.
    ASSERT_EQ(run_command("chmod -R a+rX " + folder_.path()).status, 0);
  }
  void TearDown() override {
    if (plain_ != nullptr) runtime_.block_on(plain_->shutdown(milliseconds(200)));
    if (secure_ != nullptr) runtime_.block_on(secure_->shutdown(milliseconds(200)));
    if (reverse_ != nullptr) runtime_.block_on(reverse_->stop());
  }
  std::string site() const { return "root " + folder_.path() + ";"; }
  void proxy_to(const std::vector<std::string>& endpoints) {
    proxy::UpstreamOptions group;
    group.name = "back";
    for (const std::string& each : endpoints) group.endpoints.push_back({each});
    upstream_ = proxy::Upstream::create(runtime_, group).value();
    proxy::ReverseOptions options;
    options.upstreams = {upstream_};
    proxy::RouteOptions route;
    route.upstream = "back";
    options.routes = {route};
    reverse_ = proxy::ReverseProxy::create(runtime_, options).value();
    http::ServerOptions server;
    server.http2 = &http2_;
    server.cancel_on_hang_up = true;
    plain_ = std::make_unique<http::Server>(runtime_, *reverse_, server);
    ASSERT_TRUE(plain_->listen("127.0.0.1:0").has_value());
    tls::ServerConfig config;
    config.credentials.push_back(credential_);
    config.alpn = {"h2", "http/1.1"};
    slot_ = std::make_unique<tls::ServerConfigSlot>(
        std::make_shared<const tls::ServerConfig>(std::move(config)));
    security_ = std::make_unique<tls::Security>(slot_.get());
    server.security = security_.get();
    secure_ = std::make_unique<http::Server>(runtime_, *reverse_, server);
    ASSERT_TRUE(secure_->listen("127.0.0.1:0").has_value());
    std::ofstream(folder_ / "ca.pem") << asn1::to_pem("CERTIFICATE", credential_->chain.front());
  }
  std::string http() const { return "http://127.0.0.1:" + std::to_string(plain_->port()); }
  std::string https() const { return "https://localhost:" + std::to_string(secure_->port()); }
  std::string curl(const std::string& words) const {
    return run("curl -sS --max-time 100 --cacert " + (folder_ / "ca.pem") + " " + words);
  }

  avila_test::TempDir folder_;
  async::Runtime runtime_{{.threads = 2}};
  std::shared_ptr<const tls::Credential> credential_ = avila_test::make_credential();
  http2::Server http2_;
  std::shared_ptr<proxy::Upstream> upstream_;
  std::unique_ptr<proxy::ReverseProxy> reverse_;
  std::unique_ptr<tls::ServerConfigSlot> slot_;
  std::unique_ptr<tls::Security> security_;
  std::unique_ptr<http::Server> plain_, secure_;
};

TEST_F(BeforeNginx, CurlGetsItsFilesOverEveryVersion) {
  Nginx back(folder_.path(), "back", site());
  ASSERT_TRUE(back.begin());
  proxy_to({back.address()});
  const std::string sum = run("sha256sum < " + (folder_ / "large.bin"));
  for (const char* version : {"--http1.1 ", "--http2 "}) {
    EXPECT_EQ(run("sh -c 'curl -sS --cacert " + (folder_ / "ca.pem") + " " + version + https() +
                  "/large.bin | sha256sum'"),
              sum);
    EXPECT_EQ(curl(version + std::string("-r 0-3 ") + https() + "/small.txt"), "ssss");
    EXPECT_EQ(curl(version + std::string("-o /dev/null -w '%{http_version} %{http_code}' ") +
                   https() + "/small.txt"),
              version == std::string("--http2 ") ? "2 200" : "1.1 200");
  }
}

/// What a client sees through us is what it sees through nginx.
TEST_F(BeforeNginx, AnswersAreThoseOfNginxInItsPlace) {
  Nginx back(folder_.path(), "back",
             site() +
                 " location /no { return 204; } location /t { return "
                 "302 /small.txt; } location /up { return 200 ok; }");
  ASSERT_TRUE(back.begin());
  Nginx front(folder_.path(), "front",
              "location / { proxy_http_version 1.1; proxy_set_header Connection \"\"; "
              "proxy_set_header Host $host; proxy_pass http://unix:" +
                  back.socket() + ":; }");
  ASSERT_TRUE(front.begin());
  proxy_to({back.address()});
  const auto ask = [&](const std::string& words, const std::string& path, bool ours) {
    const std::string to =
        ours ? http() + path : "--unix-socket " + front.socket() + " http://a" + path;
    const std::string said =
        curl(words + " -H 'Host: a' -w '\\n%{http_code} %{content_type} %{size_download}' " + to);
    // Of the fields, those that say what the body is.
    const std::string head =
        run("sh -c \"curl -sS -D - -o /dev/null --max-time 60 " + words + " -H 'Host: a' " + to +
            " | tr -d '\\r' | grep -iE '^(etag|last-modified|content-length|content-range|"
            "accept-ranges|location|allow):' | sort -f\" || true");
    return said + "\n" + head;
  };
  for (const auto& [words, path] : std::initializer_list<std::pair<const char*, const char*>>{
           {"", "/small.txt"},
           {"--head -o /dev/null", "/small.txt"},
           {"-r 5-9", "/small.txt"},
           {"-r 5000-", "/small.txt"},
           {"-H 'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT'", "/small.txt"},
           {"-H 'If-Match: \\\"none\\\"'", "/small.txt"},
           {"", "/none"},
           {"", "/no"},
           {"", "/t"},
           {"-X DELETE", "/small.txt"},
           {"-d body", "/up"},
           {"-H 'Transfer-Encoding: chunked' -d body", "/up"},
           {"--http1.0", "/small.txt"}})
    EXPECT_EQ(ask(words, path, true), ask(words, path, false)) << words << " " << path;
}

TEST_F(BeforeNginx, LargeBodiesAreNotKeptEitherWay) {
  Nginx back(folder_.path(), "back", site());
  ASSERT_TRUE(back.begin());
  proxy_to({back.address()});
  const std::uint64_t before = resident_kib();
  EXPECT_EQ(curl("-o /dev/null -w '%{size_download}' " + http() + "/huge.bin"), "1073741824");
  EXPECT_EQ(curl("-o /dev/null -w '%{size_download}' " + https() + "/huge.bin"), "1073741824");
  EXPECT_LT(resident_kib(), before + 32 * 1024);
}

TEST_F(BeforeNginx, LargeUploadsAreNotKept) {
  Sink sink;
  http::Server backend(runtime_, sink);
  ASSERT_TRUE(backend.listen("127.0.0.1:0").has_value());
  proxy_to({backend.local_address()});
  const std::uint64_t before = resident_kib();
  EXPECT_EQ(curl("-T " + (folder_ / "huge.bin") + " " + http() + "/"), "1073741824");
  EXPECT_EQ(curl("--http2 -T " + (folder_ / "huge.bin") + " " + https() + "/"), "1073741824");
  EXPECT_LT(resident_kib(), before + 32 * 1024);
  runtime_.block_on(backend.shutdown(milliseconds(200)));
}

TEST_F(BeforeNginx, H2loadLosesNoRequest) {
  AVILA_REQUIRE_PROGRAM("h2load");
  Nginx back(folder_.path(), "back", site());
  ASSERT_TRUE(back.begin());
  proxy_to({back.address()});
  const std::string said = run("h2load -n 20000 -c 8 -m 32 " + https() + "/small.txt");
  EXPECT_NE(said.find("20000 succeeded, 0 failed, 0 errored, 0 timeout"), std::string::npos)
      << said;
  EXPECT_NE(said.find("20000 2xx"), std::string::npos) << said;
}

TEST_F(BeforeNginx, NoRequestFailsWhileNginxRestarts) {
  AVILA_REQUIRE_PROGRAM("wrk");
  std::vector<std::unique_ptr<Nginx>> backs;
  std::vector<std::string> addresses;
  for (const char* name : {"one", "two", "three"}) {
    backs.push_back(std::make_unique<Nginx>(folder_.path(), name, site()));
    ASSERT_TRUE(backs.back()->begin());
    addresses.push_back(backs.back()->address());
  }
  proxy_to(addresses);
  std::string said;
  std::atomic<bool> over{false};
  std::thread load([&] {
    said = run("wrk -t1 -c32 -d10s --timeout 20s " + http() + "/small.txt");
    over = true;
  });
  int restarts = 0;
  while (!over) {  // one after the other, by a fast end and by a graceful one
    Nginx& next = *backs[static_cast<std::size_t>(restarts) % backs.size()];
    next.end(restarts % 2 == 0 ? SIGTERM : SIGQUIT);
    ASSERT_TRUE(next.begin());
    ++restarts;
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));  // till it is asked again
  }
  load.join();
  EXPECT_EQ(said.find("Non-2xx"), std::string::npos) << said;
  EXPECT_EQ(said.find("Socket errors"), std::string::npos) << said;
  EXPECT_NE(said.find("requests in"), std::string::npos) << said;
  EXPECT_GE(restarts, 2);
}

}  // namespace
