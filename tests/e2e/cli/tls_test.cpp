// `avl up --tls`: our own authority, both versions of HTTP, renewal while it serves, the CLI over
// it.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "platform.hpp"

namespace {

using avila_test::CommandResult;
using avila_test::Platform;
using avila_test::run_command;

class PlatformTls : public ::testing::Test {
 protected:
  void SetUp() override { AVILA_REQUIRE_PROGRAM("curl"); }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(platform_.port()); }
  CommandResult curl(const std::string& words) const {
    return run_command("curl -sS --max-time 10 --cacert " + platform_.data() + "/ca/ca.crt " +
                       "-H 'Authorization: Bearer " + platform_.api_key() + "' " + words + " 2>&1");
  }
  avila_test::TempDir folder_;
  Platform platform_{folder_ / "data"};
};

TEST_F(PlatformTls, ServesBothVersionsUnderItsOwnAuthority) {
  ASSERT_TRUE(platform_.start({"--tls"})) << platform_.output();
  EXPECT_NE(platform_.output().find(platform_.data() + "/ca/ca.crt"), std::string::npos);
  const std::string seen = "-o /dev/null -w '%{http_version} %{http_code}' ";
  EXPECT_EQ(curl(seen + "--http2 " + url() + "/healthz").out, "2 200");
  EXPECT_EQ(curl(seen + "--http1.1 --tls-max 1.2 " + url() + "/healthz").out, "1.1 200");
  EXPECT_EQ(curl(seen + "https://localhost:" + std::to_string(platform_.port()) + "/healthz").out,
            "2 200");
  EXPECT_NE(run_command("curl -sS " + url() + "/healthz 2>&1").status, 0);  // not vouched for
  EXPECT_NE(curl("http://127.0.0.1:" + std::to_string(platform_.port()) + "/healthz").status, 0);
  const std::string mode = run_command("stat -c %a " + platform_.data() + "/tls/server.key").out;
  EXPECT_EQ(mode, "600\n");
}

TEST_F(PlatformTls, CompressesAnswersForThoseWhoAsk) {
  ASSERT_TRUE(platform_.start({"--tls"})) << platform_.output();
  const std::string query =
      "-d '{\"query\":\"SELECT * FROM states\"}' -H 'Content-Type: application/json' " + url() +
      "/v1/databases/demo/query ";
  const std::string plain = curl(query).out;
  const auto documents = [](const std::string& answer) {  // without the time that it took
    return answer.substr(0, answer.find("\"stats\""));
  };
  EXPECT_GT(documents(plain).size(), 1'000U);
  EXPECT_EQ(documents(curl("--compressed " + query).out), documents(plain));
  const std::string size =
      curl("-H 'Accept-Encoding: gzip' -o /dev/null -w '%{size_download}' " + query).out;
  EXPECT_LT(std::stoul(size), plain.size() / 2);
  EXPECT_NE(curl("-D - --compressed -o /dev/null " + query).out.find("content-encoding: "),
            std::string::npos);
}

TEST_F(PlatformTls, TagsOfCompressedAnswersStillGuardWrites) {
  ASSERT_TRUE(platform_.start({"--tls"})) << platform_.output();
  ASSERT_EQ(platform_.avl("db create shop").status, 0);
  ASSERT_EQ(platform_.avl("db create-collection shop.items").status, 0);
  const std::string documents = url() + "/v1/databases/shop/collections/items/documents";
  const std::string body = "{\"id\":\"a\",\"text\":\"" + std::string(5'000, 'x') + "\"}";
  std::ofstream(folder_ / "body.json") << body;
  const std::string json =
      "-H 'Content-Type: application/json' --data-binary @" + (folder_ / "body.json") + " ";
  ASSERT_EQ(curl("-o /dev/null -w '%{http_code}' " + json + documents).out, "201");
  const std::string head = curl("--compressed -D - -o /dev/null " + documents + "/a").out;
  const auto at = head.find("etag: W/\"");
  ASSERT_NE(at, std::string::npos) << head;
  const std::string tag = head.substr(at + 6, head.find('\r', at) - at - 6);
  const std::string put = "-X PUT -o /dev/null -w '%{http_code}' " + json + documents + "/a ";
  EXPECT_EQ(curl("-H 'If-Match: " + tag + "' " + put).out, "200");
  EXPECT_EQ(curl("-H 'If-Match: " + tag + "' " + put).out, "412");  // another version by now
}

TEST_F(PlatformTls, TheCommandLineTrustsTheAuthorityOfItsData) {
  ASSERT_TRUE(platform_.start({"--tls"})) << platform_.output();
  const CommandResult listed = platform_.avl("db list");
  EXPECT_EQ(listed.status, 0) << listed.out;
  EXPECT_NE(listed.out.find("demo"), std::string::npos) << listed.out;
  const CommandResult bench = platform_.avl("bench db --seconds 1 --connections 4");
  EXPECT_EQ(bench.status, 0) << bench.out;
  EXPECT_NE(bench.out.find(" 0 errors"), std::string::npos) << bench.out;
  const std::string by_hand = std::string(AVILA_BIN_DIR) + "/avl db list --endpoint " + url() +
                              " --api-key " + platform_.api_key();
  EXPECT_EQ(run_command(by_hand + " 2>&1").status, 1);  // the machine does not know the authority
  EXPECT_EQ(run_command(by_hand + " --cacert " + platform_.data() + "/ca/ca.crt 2>&1").status, 0);
}

TEST_F(PlatformTls, RenewsItsCertificateWhileItServes) {
  AVILA_REQUIRE_PROGRAM("openssl");
  ASSERT_TRUE(platform_.start({"--tls", "--set", "tls.validity=12s"})) << platform_.output();
  const auto serial = [&] {
    return run_command("openssl s_client -connect 127.0.0.1:" + std::to_string(platform_.port()) +
                       " </dev/null 2>/dev/null | openssl x509 -noout -serial")
        .out;
  };
  const std::string first = serial();
  ASSERT_FALSE(first.empty());
  std::string later = first;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(40);
  while (later == first && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    later = serial();
  }
  EXPECT_NE(later, first);
  EXPECT_EQ(curl("-o /dev/null -w '%{http_code}' " + url() + "/healthz").out, "200");
}

TEST_F(PlatformTls, KeepsItsCertificateOverRestarts) {
  ASSERT_TRUE(platform_.start({"--tls"})) << platform_.output();
  const std::string print = "cat " + platform_.data() + "/tls/server.crt";
  const std::string first = run_command(print).out;
  EXPECT_EQ(platform_.stop(), 0);
  ASSERT_TRUE(platform_.start({"--tls"})) << platform_.output();
  EXPECT_EQ(run_command(print).out, first);
  EXPECT_EQ(platform_.stop(), 0);
  ASSERT_TRUE(platform_.start({"--tls", "--set", "tls.names=db.example"})) << platform_.output();
  EXPECT_NE(run_command(print).out, first);
  EXPECT_EQ(curl("-o /dev/null -w '%{http_code}' --resolve db.example:" +
                 std::to_string(platform_.port()) +
                 ":127.0.0.1 https://db.example:" + std::to_string(platform_.port()) + "/healthz")
                .out,
            "200");
}

TEST_F(PlatformTls, TakesFilesOfOnesOwnAndSeesThemChange) {
  const std::string avl = std::string(AVILA_BIN_DIR) + "/avl ca ";
  const std::string ca = folder_ / "own";
  const auto issue = [&] {
    return run_command(avl + "issue --dir " + ca + " --server localhost,127.0.0.1 --out " +
                       (folder_ / "site"))
        .status;
  };
  ASSERT_EQ(run_command(avl + "init --dir " + ca + " --name Own").status, 0);
  ASSERT_EQ(issue(), 0);
  ASSERT_TRUE(platform_.start({"--tls", "--set", "tls.certificate=" + (folder_ / "site.crt"),
                               "--set", "tls.key=" + (folder_ / "site.key")}))
      << platform_.output();
  const auto shown = [&] {
    return run_command("curl -sv --max-time 5 -o /dev/null --cacert " + ca + "/ca.crt " + url() +
                       "/healthz 2>&1 | grep 'start date\\|HTTP/'; openssl s_client -connect " +
                       "127.0.0.1:" + std::to_string(platform_.port()) +
                       " </dev/null 2>/dev/null | openssl x509 -noout -serial")
        .out;
  };
  const std::string first = shown();
  EXPECT_NE(first.find("HTTP/2 200"), std::string::npos) << first;
  ASSERT_EQ(issue(), 0);
  std::string later = first;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(40);
  while (later.substr(later.rfind("serial")) == first.substr(first.rfind("serial")) &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    later = shown();
  }
  EXPECT_NE(later.substr(later.rfind("serial")), first.substr(first.rfind("serial")));
}

}  // namespace
