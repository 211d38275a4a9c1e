// RFC 8448's handshakes byte for byte, message files, and the key derivation of NIST ACVP.
#include <gtest/gtest.h>

#include <algorithm>
#include <avila/asn1/pem.hpp>
#include <avila/json/value.hpp>
#include <avila/os/clock.hpp>
#include <avila/text/encoding.hpp>
#include <avila/tls/engine.hpp>
#include <avila/tls/key_exchange.hpp>
#include <avila/tls/key_schedule.hpp>
#include <avila/tls/messages.hpp>
#include <avila/tls/wire.hpp>
#include <avila_test/conformance.hpp>
#include <avila_test/tls.hpp>
#include <map>

namespace {

using namespace avila;
using namespace avila::tls;
using Bytes = std::vector<std::byte>;

Bytes from_hex(std::string text) {
  std::erase(text, ' ');
  auto decoded = text::hex_decode(text);
  EXPECT_TRUE(decoded.has_value()) << text.substr(0, 80);
  const ByteSpan bytes = as_bytes(*decoded);
  return Bytes(bytes.begin(), bytes.end());
}
std::string to_hex(ByteSpan bytes) {
  std::string out;
  for (const std::byte b : bytes) {
    out += "0123456789abcdef"[static_cast<unsigned>(b) >> 4];
    out += "0123456789abcdef"[static_cast<unsigned>(b) & 15];
  }
  return out;
}

/// One case of a .vec file: `Key = value` lines, up to an empty one.
struct Stanza {
  std::string group;
  std::map<std::string, std::string> values;
  bool has(const std::string& key) const { return values.contains(key); }
  std::string get(const std::string& key) const {
    const auto found = values.find(key);
    return found == values.end() ? std::string() : found->second;
  }
  Bytes bytes(const std::string& key) const { return from_hex(get(key)); }
};

std::vector<Stanza> read_stanzas(const std::filesystem::path& path) {
  std::vector<Stanza> stanzas;
  Stanza now;
  const auto trimmed = [](std::string s) {
    while (!s.empty() && (s.back() == ' ' || s.back() == '\r')) s.pop_back();
    return s.substr(std::min(s.find_first_not_of(' '), s.size()));
  };
  const auto flush = [&] {
    if (!now.values.empty()) stanzas.push_back(now);
    now.values.clear();
  };
  const std::string text = avila_test::read_file(path);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = trimmed(text.substr(at, end - at));
    at = end + 1;
    if (line.empty() || line[0] == '[') flush();
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[')
      now.group = line.substr(1, line.find(']') - 1);
    else if (const std::size_t equals = line.find('='); equals != std::string::npos)
      now.values[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
  }
  flush();
  return stanzas;
}

// ---- message files

std::string extension_list(const std::vector<Extension>& extensions) {
  // The files sort the types and leave those out that Botan does not know (heartbeat, EtM, …).
  std::string out;
  for (const Extension& extension : extensions) {
    const std::array<std::byte, 2> type = {static_cast<std::byte>(extension.type >> 8),
                                           static_cast<std::byte>(extension.type & 0xff)};
    out += to_hex(type);
  }
  return out;
}

bool every_type_is_in(std::string wanted, const std::vector<Extension>& extensions) {
  for (char& c : wanted) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::string ours = extension_list(extensions);
  for (std::size_t i = 0; i + 4 <= wanted.size(); i += 4) {
    const std::string type = wanted.substr(i, 4);
    bool found = type == "ff01";  // the files add an empty renegotiation_info to hellos without it
    for (std::size_t j = 0; j + 4 <= ours.size(); j += 4) found |= ours.substr(j, 4) == type;
    if (!found) return false;
  }
  return true;
}

template <class Parse>
void run_file(avila_test::SuiteReport& report, const std::filesystem::path& path, Parse parse,
              const std::vector<std::string>& excluded = {}) {
  int number = 0;
  for (const Stanza& stanza : read_stanzas(path)) {
    const std::string id = path.filename().string() + " #" + std::to_string(++number);
    if (std::ranges::find(excluded, id) != excluded.end()) {
      report.exclude();
      continue;
    }
    const bool good = stanza.get("Exception").empty();
    const Bytes buffer = stanza.bytes("Buffer");
    report.check(parse(stanza, buffer) == good, id + ": " + stanza.get("Exception"));
  }
}

TEST(TlsConformance, Messages) {
  AVILA_REQUIRE_SUITE("tls");
  const auto folder = avila_test::suite_path("tls");
  avila_test::SuiteReport report("tls messages");
  run_file(report, folder / "tls/alert.vec", [](const Stanza&, const Bytes& buffer) {
    return AlertMessage::parse(buffer).has_value();
  });
  run_file(report, folder / "tls/cert_status.vec", [](const Stanza&, const Bytes& buffer) {
    return parse_certificate_status(buffer).has_value();
  });
  run_file(report, folder / "tls/cert_verify.vec", [](const Stanza&, const Bytes& buffer) {
    return CertificateVerify::parse(buffer).has_value();
  });
  for (const std::string name : {"tls/client_hello.vec", "tls_13/client_hello.vec"})
    run_file(report, folder / name, [](const Stanza& stanza, const Bytes& buffer) {
      const auto hello = ClientHello::parse(buffer);
      if (!hello.has_value()) return false;
      EXPECT_TRUE(every_type_is_in(stanza.get("AdditionalData"), hello->extensions));
      return true;
    });
  for (const std::string name : {"tls/server_hello.vec", "tls_13/server_hello.vec"})
    run_file(report, folder / name, [](const Stanza& stanza, const Bytes& buffer) {
      const auto hello = ServerHello::parse(buffer);
      if (!hello.has_value() || !hello->version().has_value()) return false;
      EXPECT_TRUE(every_type_is_in(stanza.get("AdditionalData"), hello->extensions));
      EXPECT_EQ(to_hex(std::array{static_cast<std::byte>(hello->suite >> 8),
                                  static_cast<std::byte>(hello->suite & 0xff)}),
                to_hex(stanza.bytes("Ciphersuite")));
      return true;
    });
  report.finish();
}

TEST(TlsConformance, Extensions) {
  AVILA_REQUIRE_SUITE("tls");
  const auto folder = avila_test::suite_path("tls") / "tls_extensions/parsing";
  avila_test::SuiteReport report("tls extensions");
  run_file(report, folder / "alpn.vec", [](const Stanza& stanza, const Bytes& buffer) {
    const auto names = parse_alpn(buffer);
    if (!names.has_value()) return false;
    std::string joined;
    for (const auto& protocol : *names)
      joined += (joined.empty() ? "" : ",") + std::string(protocol);
    EXPECT_EQ(joined, stanza.get("Expected_Content"));
    return true;
  });
  run_file(report, folder / "key_share_CH.vec", [](const Stanza&, const Bytes& buffer) {
    return parse_client_key_shares(buffer).has_value();
  });
  run_file(report, folder / "key_share_HRR.vec", [](const Stanza&, const Bytes& buffer) {
    return parse_retry_key_share(buffer).has_value();
  });
  run_file(report, folder / "key_share_SH.vec", [](const Stanza&, const Bytes& buffer) {
    return parse_server_key_share(buffer).has_value();
  });
  for (const std::string name : {"signature_algorithms_cert.vec", "supported_groups.vec"})
    run_file(report, folder / name, [](const Stanza& stanza, const Bytes& buffer) {
      const auto numbers = parse_numbers(buffer, "numbers");
      if (!numbers.has_value()) return false;
      std::string joined;
      for (const std::uint16_t number : *numbers)
        joined += to_hex(
            std::array{static_cast<std::byte>(number >> 8), static_cast<std::byte>(number & 0xff)});
      EXPECT_EQ(joined, to_hex(stanza.bytes("Expected_Content")));
      return true;
    });
  report.finish();
}

// ---- RFC 8448

/// The random bytes of a trace, in order.
class Pool final : public os::Entropy {
 public:
  explicit Pool(Bytes bytes) : bytes_(std::move(bytes)) {}
  Result<void> fill(MutableByteSpan into) override {
    if (bytes_.size() - used_ < into.size()) {  // blinding, tickets: not of the trace
      for (std::byte& b : into) b = std::byte{0x55};
      return {};
    }
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(used_), into.size(), into.begin());
    used_ += into.size();
    return {};
  }

 private:
  Bytes bytes_;
  std::size_t used_ = 0;
};

/// Messages without their record heads: of a record in the clear.
Bytes message_of(const Bytes& record) { return Bytes(record.begin() + 5, record.end()); }

/// Takes any chain: these certificates expired.
class AnyChain final : public CertificateVerifier {
 public:
  Result<void> verify(const PeerIdentity&) const override { return {}; }
};

std::uint8_t type_of(const Bytes& message) { return static_cast<std::uint8_t>(message[0]); }

Bytes output_of(Engine& engine) {
  const ByteSpan out = engine.output();
  Bytes bytes(out.begin(), out.end());
  engine.sent(bytes.size());
  return bytes;
}

struct Trace {
  explicit Trace(const Stanza& of)
      : stanza(of),
        client_pool(of.bytes("Client_RNG_Pool")),
        server_pool(of.bytes("Server_RNG_Pool")) {
    clock.set_wall(WallTime{std::stoll(of.get("CurrentTimestamp")) * 1'000'000});
    config.verifier = std::make_shared<AnyChain>();
    config.version_min = ProtocolVersion::Tls13;
    config.groups = {NamedGroup::X25519, NamedGroup::P256, NamedGroup::P384};
    config.key_shares = 1;
    config.entropy = &client_pool;
    config.clock = &clock;
    config.middlebox_compat = of.group == "Middlebox_Compatibility_Mode";
    options.server_name = "server";
    // The hello's other extensions (finite fields, record_size_limit, …) are the trace's.
    config.rewrite_for_tests = [this](Bytes& message) {
      if (type_of(message) == 1)
        message = message_of(stanza.bytes("Record_ClientHello_" + std::to_string(++hellos)));
      else if (type_of(message) == 15)  // signatures of PSS are random
        message = Bytes(client_verify);
    };
  }
  const Stanza& stanza;
  Pool client_pool, server_pool;
  os::ManualClock clock;
  ClientConfig config;
  ClientOptions options;
  Bytes client_verify;
  int hellos = 0;

  Engine client() {
    return Engine::client(std::make_shared<const ClientConfig>(config), options).value();
  }
};

constexpr const char* kResumedFlight =
    "1703030061dc48237b4b879f50d0d4d262ea8b4716eb40ddc1eb957e11126e8a7149c2d012d37a7115957e64ce3000"
    "8b9e0323f2c05a9c1c77b4f37849a695ab255060a33fee770ca95cb8486bfd0843b87024865ca35cc41c4e515c64dc"
    "b1"
    "369f98635bc7a5";

/// What the trace's client said and heard, with our client in its place.
void run_client(const Stanza& stanza, Trace& trace) {
  const auto expect_output = [&](Engine& engine, const std::string& what) {
    EXPECT_EQ(to_hex(output_of(engine)), to_hex(stanza.bytes(what))) << what;
  };
  const auto feed = [&](Engine& engine, const std::string& what) {
    const auto fed = engine.receive(stanza.bytes(what));
    EXPECT_TRUE(fed.has_value()) << what << ": "
                                 << (fed.has_value() ? "" : fed.error().to_string());
  };
  Engine client = trace.client();
  Bytes first = stanza.bytes("Record_ClientHello_1");
  if (stanza.has("Record_Client_EarlyAppData")) {
    const Bytes early = stanza.bytes("Record_Client_EarlyAppData");
    first.insert(first.end(), early.begin(), early.end());
  }
  EXPECT_EQ(to_hex(output_of(client)), to_hex(first));
  if (stanza.has("Record_HelloRetryRequest")) {
    feed(client, "Record_HelloRetryRequest");
    expect_output(client, "Record_ClientHello_2");
  }
  feed(client, "Record_ServerHello");
  if (stanza.group == "Resumed_0RTT_Handshake") {
    // Botan's file has a flight of its own there, without server_name, that the client's Finished
    // of the RFC does not go with: this is the RFC's (section 4).
    EXPECT_TRUE(client.receive(from_hex(kResumedFlight)).has_value());
  } else {
    feed(client, "Record_ServerHandshakeMessages");
  }
  expect_output(client, "Record_ClientFinished");
  EXPECT_TRUE(client.is_connected());
  if (stanza.has("Record_NewSessionTicket")) feed(client, "Record_NewSessionTicket");
  if (stanza.has("Client_AppData")) {
    ASSERT_TRUE(client.write(stanza.bytes("Client_AppData")).has_value());
    expect_output(client, "Record_Client_AppData");
    feed(client, "Record_Server_AppData");
    EXPECT_EQ(to_hex(client.readable()), to_hex(stanza.bytes("Server_AppData")));
    ASSERT_TRUE(client.consume(client.readable().size()).has_value());
  }
  ASSERT_TRUE(client.close().has_value());
  expect_output(client, "Record_Client_CloseNotify");
  feed(client, "Record_Server_CloseNotify");
  EXPECT_TRUE(client.is_read_closed());
}

/// Keeps the one session that is put into it.
class OneSession final : public SessionStore {
 public:
  void put(std::string_view, std::shared_ptr<const Session> session) override {
    held = std::move(session);
  }
  std::shared_ptr<const Session> take(std::string_view) override { return held; }
  std::shared_ptr<const Session> held;
};

CertificateChain chain_of(const std::filesystem::path& pem) {
  auto block = asn1::find_pem(avila_test::read_file(pem), "CERTIFICATE");
  return {std::move(block.value().bytes)};
}

/// The server's records are under the same keys: what our server sends in its place, with the
/// trace's own extensions and signature, is the same byte for byte.
void run_server(const Stanza& stanza, Trace& trace, const std::filesystem::path& folder) {
  ServerConfig config;
  config.entropy = &trace.server_pool;
  config.clock = &trace.clock;
  config.version_min = ProtocolVersion::Tls13;
  config.groups = {stanza.has("Record_HelloRetryRequest") ? NamedGroup::P256 : NamedGroup::X25519};
  config.send_cookie = false;
  const bool asks = stanza.has("Message_CertificateRequest");
  if (asks) {
    config.client_auth = ClientAuth::Require;
    config.verifier = std::make_shared<AnyChain>();
  }
  // Any key signs: the signature is replaced by the trace's.
  os::SeededEntropy seeded(4);
  auto key =
      crypto::PrivateKey::generate(asks ? crypto::KeyType::P256 : crypto::KeyType::Rsa, seeded)
          .value();
  config.credentials = {std::make_shared<const Credential>(Credential{
      chain_of(folder / (asks ? "server_certificate_client_auth.pem" : "server_certificate.pem")),
      std::move(key),
      {},
      {}})};
  config.rewrite_for_tests = [&](Bytes& message) {
    const std::uint8_t type = type_of(message);
    const auto replace = [&](const std::string& what) {
      if (stanza.has(what)) message = stanza.bytes(what);
    };
    if (type == 2) replace("Message_ServerHello");  // the order of extensions
    if (type == 8) replace("Message_EncryptedExtensions");
    if (type == 11) replace("Message_Server_Certificate");  // the PEM file ends with two zeros
    if (type == 13) replace("Message_CertificateRequest");
    if (type == 15) replace("Message_Server_CertificateVerify");
    if (type == 20) {
      EXPECT_EQ(to_hex(message), to_hex(stanza.bytes("Message_Server_Finished")));
    }
  };
  Engine server = Engine::server(std::make_shared<const ServerConfig>(config)).value();
  const auto feed = [&](const std::string& what) {
    const auto fed = server.receive(stanza.bytes(what));
    EXPECT_TRUE(fed.has_value()) << what << ": "
                                 << (fed.has_value() ? "" : fed.error().to_string());
  };
  feed("Record_ClientHello_1");
  Bytes flight = stanza.bytes("Record_ServerHello");
  const Bytes rest = stanza.bytes("Record_ServerHandshakeMessages");
  flight.insert(flight.end(), rest.begin(), rest.end());
  EXPECT_EQ(to_hex(output_of(server)), to_hex(flight));
  feed("Record_ClientFinished");
  EXPECT_TRUE(server.is_connected());
  if (stanza.has("Client_AppData") && !stanza.has("Record_NewSessionTicket")) {
    feed("Record_Client_AppData");
    EXPECT_EQ(to_hex(server.readable()), to_hex(stanza.bytes("Client_AppData")));
  }
}

TEST(TlsConformance, Rfc8448) {
  AVILA_REQUIRE_SUITE("tls");
  const auto folder = avila_test::suite_path("tls") / "tls_13_rfc8448";
  avila_test::SuiteReport report("tls_13_rfc8448");
  const auto sessions = std::make_shared<OneSession>();
  for (const Stanza& stanza : read_stanzas(folder / "transcripts.vec")) {
    SCOPED_TRACE(stanza.group);
    // External pre-shared keys and raw public keys (RFC 7250) are not of this library.
    if (stanza.group == "Externally_Provided_PSK_with_Ephemeral_Key" ||
        stanza.group == "RawPublicKey_With_Client_Authentication") {
      report.exclude();
      continue;
    }
    const bool before = ::testing::Test::HasFailure();
    Trace trace(stanza);
    if (stanza.group == "Simple_1RTT_Handshake") trace.config.sessions = sessions;
    if (stanza.group == "Resumed_0RTT_Handshake") {
      trace.config.sessions = sessions;
      trace.options.early_data = stanza.bytes("Client_EarlyAppData");
    }
    if (stanza.group == "Client_Authentication_Handshake") {
      os::SeededEntropy seeded(4);
      auto key = crypto::PrivateKey::generate(crypto::KeyType::Rsa, seeded).value();
      trace.config.credential = std::make_shared<const Credential>(
          Credential{chain_of(folder / "client_certificate.pem"), std::move(key), {}, {}});
      const Bytes signature = stanza.bytes("Client_MessageSignature");
      trace.client_verify =
          from_hex("0f0000840804" + to_hex(std::array{std::byte{0}, std::byte{0x80}}));
      trace.client_verify.insert(trace.client_verify.end(), signature.begin(), signature.end());
    }
    run_client(stanza, trace);
    const bool resumed = stanza.group == "Resumed_0RTT_Handshake";
    // A ticket of the trace's server opens nowhere else, and its cookie is made nowhere else.
    if (!resumed && !stanza.has("Record_HelloRetryRequest")) run_server(stanza, trace, folder);
    report.check(before || !::testing::Test::HasFailure(), stanza.group);
  }
  report.finish();
}

TEST(TlsConformance, KeyShares) {
  AVILA_REQUIRE_SUITE("tls");
  const auto folder = avila_test::suite_path("tls") / "tls_extensions/generation";
  avila_test::SuiteReport report("tls key shares");
  const std::map<std::string, NamedGroup> known = {{"x25519", NamedGroup::X25519},
                                                   {"secp256r1", NamedGroup::P256}};
  for (const Stanza& stanza : read_stanzas(folder / "key_share_CH_offers.vec")) {
    const std::string groups = stanza.get("Groups") + " ", offered = stanza.get("Offered_Groups");
    // Finite fields are not of this library.
    if (groups.find("ffdhe") != std::string::npos) {
      report.exclude();
      continue;
    }
    Pool pool(stanza.bytes("Rng_Data"));
    Bytes shares;
    for (std::size_t at = 0; at < groups.size(); at = groups.find(' ', at) + 1) {
      const std::string group = groups.substr(at, groups.find(' ', at) - at);
      if (!offered.empty() && offered.find(group) == std::string::npos) continue;
      const auto key = EphemeralKey::generate(known.at(group), pool).value();
      WireWriter writer(shares);
      writer.u16(static_cast<unsigned>(key.group()));
      writer.vector16(key.share());
    }
    Bytes body;
    WireWriter(body).vector16(shares);
    report.check(to_hex(body) == to_hex(stanza.bytes("Expected_Content")), groups);
  }
  report.finish();
}

// ---- NIST ACVP

std::string text_of(const json::Value& object, std::string_view key) {
  const json::Value* const value = object.find(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

template <class Run>
void for_each_acvp(const std::string& file, const std::string& suite, Run run) {
  const auto parsed = json::parse(avila_test::read_file(avila_test::suite_path("acvp") / file));
  ASSERT_TRUE(parsed.has_value());
  avila_test::SuiteReport report(suite);
  for (const auto& group : parsed->find("testGroups")->array())
    for (const auto& test : group.find("tests")->array()) {
      const std::string name =
          text_of(group, "hashAlg").empty() ? text_of(group, "hmacAlg") : text_of(group, "hashAlg");
      run(report, group, test, name);
    }
  report.finish();
}

TEST(TlsConformance, AcvpTls12Kdf) {
  AVILA_REQUIRE_SUITE("acvp");
  for_each_acvp("TLS-v1.2-KDF-RFC7627.json", "acvp TLS 1.2 KDF",
                [](avila_test::SuiteReport& report, const json::Value& group,
                   const json::Value& test, const std::string& name) {
                  // No suite of this library has SHA-512 as its PRF.
                  if (name != "SHA2-256" && name != "SHA2-384") return report.exclude();
                  const HashKind hash = name == "SHA2-256" ? HashKind::Sha256 : HashKind::Sha384;
                  const auto bytes = [&](std::string_view key) {
                    return from_hex(text_of(test, key));
                  };
                  Bytes master(48), block(bytes("keyBlock").size());
                  prf12(hash, bytes("preMasterSecret"), "extended master secret",
                        bytes("sessionHash"), master);
                  Bytes seed = bytes("serverRandom");
                  const Bytes client = bytes("clientRandom");
                  seed.insert(seed.end(), client.begin(), client.end());
                  prf12(hash, master, "key expansion", seed, block);
                  (void)group;
                  report.check(master == bytes("masterSecret") && block == bytes("keyBlock"), name);
                });
}

TEST(TlsConformance, AcvpTls13Kdf) {
  AVILA_REQUIRE_SUITE("acvp");
  for_each_acvp(
      "TLS-v1.3-KDF-RFC8446.json", "acvp TLS 1.3 KDF",
      [](avila_test::SuiteReport& report, const json::Value&, const json::Value& test,
         const std::string& name) {
        const HashKind hash = name == "SHA2-384" ? HashKind::Sha384 : HashKind::Sha256;
        const auto bytes = [&](std::string_view key) { return from_hex(text_of(test, key)); };
        Transcript transcript;
        transcript.use(hash);
        bool right = true;
        const auto check = [&](std::string_view key, const SecretBytes& secret) {
          right &= to_hex(secret.span()) == to_hex(bytes(key));
        };
        KeySchedule schedule(hash, bytes("psk"));
        transcript.add(bytes("helloClientRandom"));
        check("clientEarlyTrafficSecret", schedule.client_early_traffic(transcript.hash()));
        check("earlyExporterMasterSecret", schedule.early_exporter(transcript.hash()));
        schedule.enter_handshake(bytes("dhe"));
        transcript.add(bytes("helloServerRandom"));
        check("clientHandshakeTrafficSecret", schedule.client_handshake_traffic(transcript.hash()));
        check("serverHandshakeTrafficSecret", schedule.server_handshake_traffic(transcript.hash()));
        schedule.enter_application();
        transcript.add(bytes("finishedServerRandom"));
        check("clientApplicationTrafficSecret",
              schedule.client_application_traffic(transcript.hash()));
        check("serverApplicationTrafficSecret",
              schedule.server_application_traffic(transcript.hash()));
        check("exporterMasterSecret", schedule.exporter(transcript.hash()));
        transcript.add(bytes("finishedClientRandom"));
        check("resumptionMasterSecret", schedule.resumption(transcript.hash()));
        report.check(right, name + " " + text_of(test, "tcId"));
      });
}

}  // namespace
