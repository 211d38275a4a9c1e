// `avl ca` and `avl tool cert` beside openssl, and under kill -9.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <set>

#include "avila_test/tools.hpp"

namespace {

using avila_test::CommandResult;

const std::string kAvl = std::string(AVILA_BIN_DIR) + "/avl ";

class Ca : public ::testing::Test {
 protected:
  CommandResult in_folder(const std::string& command) {
    return avila_test::run_command("cd '" + folder_.path() + "' && " + command + " 2>&1");
  }
  CommandResult avl(const std::string& words) { return in_folder(kAvl + words); }
  void expect_ok(const std::string& command) {
    const CommandResult result = in_folder(command);
    EXPECT_EQ(result.status, 0) << command << "\n" << result.out;
  }
  void init() { expect_ok(kAvl + "ca init --dir D --name 'Test root'"); }
  unsigned mode_of(const std::string& name) {
    struct stat info{};
    EXPECT_EQ(::stat((folder_ / name).c_str(), &info), 0) << name;
    return info.st_mode & 0777U;
  }

  avila_test::TempDir folder_;
};

TEST_F(Ca, MakesWhatOpensslVerifies) {
  AVILA_REQUIRE_PROGRAM("openssl");
  init();
  EXPECT_EQ(mode_of("D/ca.key"), 0600U);
  expect_ok(kAvl + "ca issue --dir D --server localhost,127.0.0.1 --out server");
  expect_ok(kAvl + "ca issue --dir D --client ana --key ed25519 --out client");
  EXPECT_EQ(mode_of("server.key"), 0600U);
  expect_ok(
      "openssl verify -x509_strict -CAfile D/ca.crt -purpose sslserver -verify_hostname "
      "localhost server.crt");
  expect_ok("openssl verify -CAfile D/ca.crt -purpose sslserver -verify_ip 127.0.0.1 server.crt");
  expect_ok("openssl verify -CAfile D/ca.crt -purpose sslclient client.crt");
  EXPECT_NE(in_folder("openssl verify -CAfile D/ca.crt -purpose sslserver client.crt").status, 0);
  // The key is that of the certificate.
  EXPECT_EQ(in_folder("openssl pkey -in server.key -pubout").out,
            in_folder("openssl x509 -in server.crt -noout -pubkey").out);

  expect_ok(
      "openssl req -new -newkey rsa:2048 -nodes -keyout their.key -subj /CN=their.example "
      "-addext subjectAltName=DNS:their.example -out their.csr");
  expect_ok(kAvl + "ca sign-csr --dir D their.csr --out their.crt");
  expect_ok("openssl verify -CAfile D/ca.crt -verify_hostname their.example their.crt");

  expect_ok(kAvl + "ca revoke --dir D their.crt --reason superseded");
  expect_ok(kAvl + "ca crl --dir D");
  expect_ok("openssl crl -in D/ca.crl -noout -CAfile D/ca.crt");
  expect_ok("openssl verify -CAfile D/ca.crt -crl_check -CRLfile D/ca.crl server.crt");
  const auto revoked =
      in_folder("openssl verify -CAfile D/ca.crt -crl_check -CRLfile D/ca.crl their.crt");
  EXPECT_NE(revoked.out.find("certificate revoked"), revoked.out.npos) << revoked.out;

  EXPECT_EQ(avl("tool cert verify --ca D/ca.crt --crl D/ca.crl --host localhost server.crt").status,
            0);
  EXPECT_EQ(avl("tool cert verify --ca D/ca.crt --crl D/ca.crl their.crt").status, 1);
  EXPECT_EQ(avl("tool cert verify --ca D/ca.crt --host other.example server.crt").status, 1);
  const std::string shown = avl("tool cert show server.crt their.csr D/ca.crl").out;
  for (const char* part : {"DNS:localhost, IP:127.0.0.1", "signed by its key", "superseded"})
    EXPECT_NE(shown.find(part), shown.npos) << part << "\n" << shown;
}

TEST_F(Ca, KeysOfEveryKind) {
  for (const std::string kind : {"p384", "p521", "ed25519", "rsa:2048", "ml-dsa-44", "ml-dsa-65"}) {
    SCOPED_TRACE(kind);
    const std::string dir = "D-" + kind.substr(0, kind.find(':'));
    expect_ok(kAvl + "ca init --dir " + dir + " --name Root --key " + kind);
    expect_ok(kAvl + "ca issue --dir " + dir + " --server localhost --out leaf --key " + kind);
    expect_ok(kAvl + "ca crl --dir " + dir);
    expect_ok(kAvl + "tool cert verify --ca " + dir + "/ca.crt --crl " + dir +
              "/ca.crl --host localhost leaf.crt");
    // ml-dsa: openssl knows it from version 3.5 on.
    if (kind.starts_with("ml-") || !avila_test::have_program("openssl")) continue;
    expect_ok("openssl verify -x509_strict -CAfile " + dir + "/ca.crt leaf.crt");
  }
  EXPECT_EQ(avl("ca init --dir X --name Root --key p224").status, 2);
}

TEST_F(Ca, SaysWhatIsWrong) {
  EXPECT_EQ(avl("ca issue --dir D --client x --out x").status, 1);  // there is none yet
  init();
  EXPECT_EQ(avl("ca init --dir D --name again").status, 1);
  EXPECT_EQ(avl("ca init --dir D").status, 2);
  EXPECT_EQ(avl("ca issue --dir D --out x").status, 2);
  EXPECT_EQ(avl("ca issue --dir D --server a --client b --out x").status, 2);
  EXPECT_EQ(avl("ca issue --dir D --server 'a b' --out x").status, 1);
  EXPECT_EQ(avl("ca revoke --dir D 00ff").status, 1);
  EXPECT_EQ(avl("ca revoke --dir D neither").status, 2);
}

// Killed at any moment: the authority opens, and every certificate that was written is in its list.
TEST_F(Ca, SurvivesKill9) {
  init();
  in_folder("for i in $(seq 1 25); do " + kAvl +
            "ca issue --dir D --client c$i --out c$i >/dev/null 2>&1 & pid=$!; "
            "sleep 0.00$((i % 10)); [ $((i % 2)) = 0 ] && kill -9 $pid; wait $pid; done");
  const CommandResult list = avl("ca list --dir D");
  ASSERT_EQ(list.status, 0) << list.out;
  int written = 0;
  for (int i = 1; i <= 25; ++i) {
    const std::string name = "c" + std::to_string(i);
    std::ifstream file(folder_ / (name + ".crt"));
    if (!file) continue;
    ++written;
    EXPECT_NE(list.out.find("CN=" + name + "\n"), list.out.npos) << name;
    EXPECT_EQ(avl("tool cert verify --ca D/ca.crt --purpose client " + name + ".crt").status, 0);
  }
  EXPECT_GE(written, 13);  // those that nobody killed
}

}  // namespace
