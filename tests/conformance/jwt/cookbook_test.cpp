// RFC 7520 (and RFC 7797, RFC 8037): every step that is deterministic gives the printed bytes,
// every serialisation is verified or decrypted. One case for each step and each serialisation.
#include <avila/jwt/detail/steps.hpp>
#include <avila/jwt/jws.hpp>
#include <avila/os/entropy.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/conformance.hpp>

namespace {
using namespace avila;
using avila_test::SuiteReport;

std::string member(const json::Value& value, std::string_view name) {
  const json::Value* found = value.find(name);
  if (found == nullptr) return "";
  return found->is_string() ? std::string(found->as_string()) : json::to_string(*found);
}
std::string decoded(const json::Value& value, std::string_view name) {
  return text::base64url_decode(member(value, name)).value();
}
// One, or a list of them.
std::vector<json::Value> listed(const json::Value& value) {
  if (value.is_array()) return value.array();
  return {value};
}
// Ed448 and X448 are left out of this library.
bool unsupported_curve(const json::Value& key) {
  const std::string curve = member(key, "crv");
  return curve == "Ed448" || curve == "X448";
}

class Jws {
 public:
  Jws(const json::Value& example, const std::string& where, SuiteReport& report)
      : example_(example), where_(where), report_(report) {
    payload_ = member(*example.find("input"), "payload");
  }
  void run() {
    const auto keys = listed(*example_.find("input")->find("key"));
    const auto steps = listed(*example_.find("signing"));
    const auto algorithms = listed(*example_.find("input")->find("alg"));
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const std::string name(algorithms[i].as_string());
      const auto algorithm = jwt::find_algorithm(name);
      if (!algorithm || unsupported_curve(keys[i])) {
        report_.exclude();  // the signature step of EdDSA with Ed448
        continue;
      }
      allowed_.add(*algorithm);
      step(keys[i], *algorithm, steps[i]);
    }
    for (const json::Member& form : example_.find("output")->object())
      serialisation(form.key, form.value);
  }

 private:
  // RFC 7797 section 6 demands "crit"; the file of its section 4.2 is older than that.
  static bool unencoded_without_crit(const json::Value& jws) {
    const json::Value* list = jws.find("signatures");
    const json::Value& one = list != nullptr ? (*list)[0] : jws;
    const auto header = text::base64url_decode(member(one, "protected")).value();
    return header.find("b64") != std::string::npos && header.find("crit") == std::string::npos;
  }
  void step(const json::Value& key, jwt::Algorithm algorithm, const json::Value& signing) {
    const std::string input = member(signing, "sig-input");
    // One file of RFC 7797 has the input of another beside its own header.
    const bool consistent = input.starts_with(member(signing, "protected_b64u") + '.');
    verifiers_.push_back(jwt::VerifyingKey::from_jwk(crypto::Jwk::parse(key).value()).value());
    if (!consistent) return report_.exclude();
    bool right = verifiers_.back()
                     .verify(algorithm, as_bytes(input), as_bytes(decoded(signing, "sig")))
                     .has_value();
    const json::Value* reproducible = example_.find("reproducible");
    if (reproducible != nullptr && reproducible->as_bool()) {
      const auto signer =
          jwt::SigningKey::from_jwk(crypto::Jwk::parse(key).value(), algorithm).value();
      const auto signature = signer.sign(as_bytes(input), os::system_entropy()).value();
      right = right && text::base64url_encode(signature) == member(signing, "sig");
    }
    report_.check(right, where_ + ": signature");
  }
  void serialisation(const std::string& form, const json::Value& value) {
    if (verifiers_.empty()) return report_.exclude();  // only an algorithm that is left out
    if (unencoded_without_crit(value)) return report_.exclude();
    jwt::JwsVerifyOptions options;
    options.allow_unencoded = true;
    const bool compact = form == "compact";
    const bool detached = compact ? value.as_string().find("..") != std::string::npos
                                  : value.find("payload") == nullptr;
    if (detached) options.detached = as_bytes(payload_);
    std::string payload;
    bool right = false;
    if (compact) {
      auto jws = jwt::verify_compact(value.as_string(), verifiers_, allowed_, options);
      right = jws.has_value() && jws->payload == payload_;
    } else {
      auto jws = jwt::verify_json(json::to_string(value), verifiers_, allowed_, options);
      right = jws.has_value() && jws->payload == payload_ &&
              jws->signatures.size() == verifiers_.size();
    }
    report_.check(right, where_ + ": " + form);
  }

  const json::Value& example_;
  std::string where_, payload_;
  SuiteReport& report_;
  std::vector<jwt::VerifyingKey> verifiers_;
  jwt::Algorithms allowed_ = {jwt::Algorithm::Hs256};
};

jwt::DecryptionKey decryption_key(const json::Value& key) {
  if (key.is_string()) return jwt::DecryptionKey::password(as_bytes(key.as_string())).value();
  auto jwk = crypto::Jwk::parse(key).value();
  return jwt::DecryptionKey::from_jwk(std::move(jwk)).value();
}

class Jwe {
 public:
  Jwe(const json::Value& example, const std::string& where, SuiteReport& report)
      : example_(example), where_(where), report_(report) {}
  void run() {
    const json::Value& input = *example_.find("input");
    const json::Value& content = *example_.find("encrypting_content");
    compressed_ = input.find("zip") != nullptr;  // left out: only keys and content are checked
    std::string name = member(input, "enc");
    if (name == "A128CBC-H256") name = "A128CBC-HS256";  // a slip in section 5.13's file
    content_ = jwt::find_content_encryption(name).value();
    const auto keys = listed(*input.find("key"));
    const auto algorithms = listed(*input.find("alg"));
    const auto steps = example_.find("encrypting_key") != nullptr
                           ? listed(*example_.find("encrypting_key"))
                           : std::vector<json::Value>(1, json::Value::make_object());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto algorithm = jwt::find_key_management(algorithms[i].as_string());
      if (!algorithm || unsupported_curve(keys[i])) {
        report_.exclude();  // the key step of RSA1_5
        continue;
      }
      keys_.push_back(decryption_key(keys[i]));
      allowed_.algorithms.add(*algorithm);
      key_step(*algorithm, steps[i], content);
    }
    content_step(content);
    for (const json::Member& form : example_.find("output")->object())
      serialisation(form.key, form.value);
  }

 private:
  // What the recipient takes out of the encrypted key is the key of the content.
  void key_step(jwt::KeyManagement algorithm, const json::Value& step, const json::Value& content) {
    json::Value header = *content.find("protected");
    for (const json::Value* more : {step.find("header"), content.find("unprotected")})
      if (more != nullptr)
        for (const json::Member& one : more->object()) header.set(one.key, one.value);
    std::uint64_t left = 1'000'000;
    const auto cek = jwt::detail::unwrap_key(algorithm, content_, keys_.back(), header,
                                             as_bytes(decoded(step, "encrypted_key")),
                                             os::system_entropy(), left);
    if (cek.has_value()) cek_ = text::base64url_encode(cek->span());
    const json::Value* generated = example_.find("generated");
    std::string expected = generated != nullptr ? member(*generated, "cek") : "";
    if (expected.empty()) expected = member(step, "cek");
    // The file of Curve25519 prints the key of another ephemeral than its outputs have.
    const json::Value *printed = step.find("epk"), *sent = header.find("epk");
    if (printed != nullptr && sent != nullptr && member(*printed, "x") != member(*sent, "x"))
      return report_.exclude();
    report_.check(cek.has_value() && (expected.empty() || cek_ == expected), where_ + ": key");
  }
  void content_step(const json::Value& content) {
    const json::Value& generated = *example_.find("generated");
    if (const std::string cek = member(generated, "cek"); !cek.empty()) cek_ = cek;
    std::string aad = member(content, "protected_b64u");
    if (const std::string more = member(generated, "aad_b64u"); !more.empty()) aad += '.' + more;
    const std::string plaintext = compressed_ ? decoded(generated, "plaintext_c")
                                              : member(*example_.find("input"), "plaintext");
    const auto sealed = jwt::detail::seal_content(
        content_, as_bytes(text::base64url_decode(cek_).value()),
        as_bytes(decoded(generated, "iv")), as_bytes(aad), as_bytes(plaintext));
    report_.check(sealed.has_value() &&
                      text::base64url_encode(sealed->ciphertext) == member(content, "ciphertext") &&
                      text::base64url_encode(sealed->tag) == member(content, "tag"),
                  where_ + ": content");
  }
  void serialisation(const std::string& form, const json::Value& value) {
    if (keys_.empty() || compressed_) return report_.exclude();
    const std::string plaintext = member(*example_.find("input"), "plaintext");
    allowed_.contents.add(content_);
    bool right = false;
    if (form == "compact") {
      const auto jwe =
          jwt::decrypt_compact(value.as_string(), keys_, allowed_, os::system_entropy());
      right = jwe.has_value() && as_text(jwe->plaintext.span()) == plaintext;
    } else {
      const auto jwe =
          jwt::decrypt_json(json::to_string(value), keys_, allowed_, os::system_entropy());
      right = jwe.has_value() && as_text(jwe->jwe.plaintext.span()) == plaintext &&
              jwe->aad == member(*example_.find("input"), "aad");
    }
    report_.check(right, where_ + ": " + form);
  }

  const json::Value& example_;
  std::string where_, cek_;
  SuiteReport& report_;
  jwt::ContentEncryption content_{};
  bool compressed_ = false;
  std::vector<jwt::DecryptionKey> keys_;
  jwt::JweAllowed allowed_{{jwt::KeyManagement::Dir}, {jwt::ContentEncryption::A128Gcm}};
};

void run_example(const json::Value& example, const std::string& where, SuiteReport& report) {
  if (example.find("signing") != nullptr) Jws(example, where, report).run();
  if (example.find("encrypting_content") != nullptr) Jwe(example, where, report).run();
  for (const char* part : {"sign", "encrypt"})  // section 6 holds two
    if (const json::Value* inner = example.find(part))
      run_example(*inner, where + ' ' + part, report);
  if (example.find("kty") == nullptr) return;
  if (unsupported_curve(example)) return report.exclude();
  const auto jwk = crypto::Jwk::parse(example);
  report.check(jwk.has_value() && jwk->metadata.key_id == member(example, "kid"), where);
}

TEST(Cookbook, EveryStepAndSerialisation) {
  AVILA_REQUIRE_SUITE("jose");
  SuiteReport report("jose");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("jose"), ".json")) {
    const auto example = json::parse(avila_test::read_file(path));
    ASSERT_TRUE(example.has_value()) << path;
    run_example(*example, path.filename().string(), report);
  }
  report.finish();
}

}  // namespace
