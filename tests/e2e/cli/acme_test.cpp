// `avl ca acme` against pebble, which looks names up at pebble-challtestsrv and fetches http-01.
#include <sys/stat.h>
#include <avila/os/process.hpp>

#include <chrono>
#include <fstream>
#include <optional>
#include <thread>

#include "avila_test/ports.hpp"
#include "avila_test/tools.hpp"

namespace {

using namespace avila;
using avila_test::CommandResult;

const std::string kAvl = std::string(AVILA_BIN_DIR) + "/avl ";

class Acme : public ::testing::Test {
 protected:
  void SetUp() override {
    AVILA_REQUIRE_PROGRAM("pebble");
    AVILA_REQUIRE_PROGRAM("pebble-challtestsrv");
    AVILA_REQUIRE_PROGRAM("curl");
    AVILA_REQUIRE_PROGRAM("openssl");
    expect_ok(kAvl + "ca init --dir D --name 'Test root'");
    expect_ok(kAvl + "ca issue --dir D --server 127.0.0.1 --out pebble");
    const auto [port, management, dns, challenges, http] = avila_test::free_ports<5>();
    port_ = port;
    http_port_ = std::to_string(http);
    start(challenges_, "pebble-challtestsrv",
          {"-http01", "", "-https01", "", "-tlsalpn01", "", "-dns01",
           "127.0.0.1:" + std::to_string(dns), "-management",
           "127.0.0.1:" + std::to_string(challenges), "-defaultIPv6", "", "-defaultIPv4",
           "127.0.0.1"});
    std::ofstream(folder_ / "config.json")
        << R"({"pebble":{"listenAddress":"127.0.0.1:)" << port_
        << R"(","managementListenAddress":"127.0.0.1:)" << management
        << R"(","certificate":"pebble.crt","privateKey":"pebble.key","httpPort":)" << http_port_
        << R"(,"tlsPort":1,"ocspResponderURL":""}})";
    start(
        pebble_, "pebble",
        {"-config", "config.json", "-strict", "-dnsserver", "127.0.0.1:" + std::to_string(dns)},
        {{"PEBBLE_VA_NOSLEEP", "1"}, {"PEBBLE_WFE_NONCEREJECT", "20"}, {"PEBBLE_AUTHZREUSE", "0"}});
    for (const int needed : {dns, challenges})
      ASSERT_TRUE(avila_test::wait_for_port(needed)) << "pebble-challtestsrv did not start";
    wait_for("curl -sf --cacert D/ca.crt " + directory());
  }

  void start(std::optional<os::Process>& process, const std::string& program,
             std::vector<std::string> arguments,
             std::vector<std::pair<std::string, std::string>> environment = {}) {
    os::SpawnOptions options;
    options.arguments = std::move(arguments);
    options.environment = std::move(environment);
    options.folder = folder_.path();
    options.out = options.error = os::Stream::Null;
    auto started = os::Process::spawn(program, options);
    ASSERT_TRUE(started.has_value()) << started.error().to_string();
    process.emplace(std::move(started).value());
  }
  void wait_for(const std::string& command) {
    for (int i = 0; i < 300; ++i) {
      if (in_folder(command).status == 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    FAIL() << command << ": not within 30 seconds";
  }
  CommandResult in_folder(const std::string& command) {
    return avila_test::run_command("cd '" + folder_.path() + "' && " + command + " 2>&1");
  }
  void expect_ok(const std::string& command) {
    const CommandResult result = in_folder(command);
    EXPECT_EQ(result.status, 0) << command << "\n" << result.out;
  }
  std::string directory() const { return "https://127.0.0.1:" + std::to_string(port_) + "/dir"; }
  std::string acme(const std::string& more) const {
    return kAvl + "ca acme --directory " + directory() + " --cacert D/ca.crt " + more;
  }
  std::string by_server() const {
    return " --agree-terms --listen 127.0.0.1 --http-port " + http_port_;
  }
  unsigned mode_of(const std::string& name) {
    struct stat info{};
    EXPECT_EQ(::stat((folder_ / name).c_str(), &info), 0) << name;
    return info.st_mode & 0777U;
  }

  avila_test::TempDir folder_;
  std::optional<os::Process> challenges_, pebble_, web_;
  int port_ = 0;
  std::string http_port_;
};

TEST_F(Acme, IssuesByAServerOfItsOwn) {
  const CommandResult made =
      in_folder(acme("--domain a.example.com,b.example.com --domain c.example.com --out site "
                     "--contact ops@example.com") +
                by_server());
  ASSERT_EQ(made.status, 0) << made.out;
  EXPECT_EQ(mode_of("site.key"), 0600U);
  EXPECT_EQ(mode_of("site.account.key"), 0600U);
  const std::string shown = in_folder("openssl x509 -in site.crt -noout -ext subjectAltName").out;
  for (const char* name : {"DNS:a.example.com", "DNS:b.example.com", "DNS:c.example.com"})
    EXPECT_NE(shown.find(name), std::string::npos) << shown;
  EXPECT_EQ(in_folder("openssl pkey -in site.key -pubout").out,
            in_folder("openssl x509 -in site.crt -noout -pubkey").out);
  EXPECT_EQ(in_folder("grep -c BEGIN site.crt").out, "2\n");  // with the one in between

  // Again: the same account, a new key.
  const std::string account = in_folder("cat site.account.key").out,
                    key = in_folder("cat site.key").out;
  expect_ok(acme("--domain a.example.com --out site --key p384") + by_server());
  EXPECT_EQ(in_folder("cat site.account.key").out, account);
  EXPECT_NE(in_folder("cat site.key").out, key);
}

TEST_F(Acme, IssuesByAWebServersFolder) {
  AVILA_REQUIRE_PROGRAM("python3");
  expect_ok("mkdir web");
  start(web_, "python3",
        {"-m", "http.server", "--bind", "127.0.0.1", "--directory", "web", http_port_});
  wait_for("curl -sf http://127.0.0.1:" + http_port_);
  expect_ok(acme("--domain www.example.com --out site --webroot web --agree-terms"));
  EXPECT_EQ(in_folder("openssl x509 -in site.crt -noout -ext subjectAltName | tail -1").out,
            "    DNS:www.example.com\n");
  EXPECT_EQ(in_folder("find web -type f").out, "");  // nothing stays behind
}

TEST_F(Acme, SaysWhatIsWrong) {
  const CommandResult terms = in_folder(acme("--domain a.example.com --out x --webroot ."));
  EXPECT_EQ(terms.status, 1);
  EXPECT_NE(terms.out.find("--agree-terms"), std::string::npos) << terms.out;
  // Nobody answers the challenge there; what stood in the files stays.
  expect_ok("echo before > x.crt");
  const CommandResult failed =
      in_folder(acme("--domain a.example.com --out x --webroot . --agree-terms"));
  EXPECT_EQ(failed.status, 1);
  EXPECT_NE(failed.out.find("a.example.com"), std::string::npos) << failed.out;
  EXPECT_EQ(in_folder("cat x.crt").out, "before\n");
  const CommandResult stranger = in_folder(kAvl + "ca acme --directory " + directory() +
                                           " --domain a.example --out x --webroot .");
  EXPECT_EQ(stranger.status, 1) << "a CA that the system does not trust: " << stranger.out;
  EXPECT_EQ(in_folder(acme("--out x --webroot .")).status, 2);
  EXPECT_EQ(in_folder(acme("--domain a.example --out x")).status, 2);
  EXPECT_EQ(in_folder(acme("--domain a.example --out x --http-port 70000")).status, 2);
  EXPECT_EQ(in_folder(acme("--domain a.example --out x --webroot . --key dsa")).status, 2);
}

}  // namespace
