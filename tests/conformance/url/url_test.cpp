// The URL suites of web-platform-tests: parsing, setters, percent-encoding, domains.
#include <avila/json/value.hpp>
#include <avila/url/host.hpp>
#include <avila/url/percent.hpp>
#include <avila/url/url.hpp>
#include <avila_test/conformance.hpp>

namespace {

using avila::json::Value;
using avila::url::Url;

/// Lone surrogates of JavaScript strings become U+FFFD, as they do in every URL.
std::string without_lone_surrogates(std::string text) {
  const auto unit = [&](std::size_t at) -> unsigned long {
    const bool escape = text.compare(at, 2, "\\u") == 0 && (at == 0 || text[at - 1] != '\\');
    return escape ? std::strtoul(text.substr(at + 2, 4).c_str(), nullptr, 16) : 0;
  };
  for (std::size_t at = 0; (at = text.find("\\u", at)) != text.npos; at += 6) {
    const unsigned long first = unit(at);
    if (first < 0xd800 || first > 0xdfff) continue;
    const unsigned long second = at + 12 <= text.size() ? unit(at + 6) : 0;
    if (first < 0xdc00 && second >= 0xdc00 && second <= 0xdfff) {
      at += 6;
    } else {
      text.replace(at, 6, "\\ufffd");
    }
  }
  return text;
}

Value load(const std::string& suite) {
  auto parsed = avila::json::parse(
      without_lone_surrogates(avila_test::read_file(avila_test::suite_path(suite))));
  EXPECT_TRUE(parsed.has_value()) << (parsed ? "" : parsed.error().to_string());
  return parsed.has_value() ? std::move(*parsed) : Value();
}

std::string text_of(const Value& object, std::string_view key) {
  const Value* found = object.find(key);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}
bool has(const Value& object, std::string_view key) { return object.find(key) != nullptr; }

std::string property(const Url& url, const std::string& name) {
  if (name == "href") return url.href();
  if (name == "origin") return url.origin();
  if (name == "protocol") return url.protocol();
  if (name == "username") return std::string(url.username());
  if (name == "password") return std::string(url.password());
  if (name == "host") return url.host();
  if (name == "hostname") return std::string(url.hostname());
  if (name == "port") return url.port_text();
  if (name == "pathname") return url.pathname();
  if (name == "search") return url.search();
  if (name == "hash") return url.hash();
  return "?";
}

constexpr const char* kProperties[] = {"href",     "origin", "protocol", "username",
                                       "password", "host",   "hostname", "port",
                                       "pathname", "search", "hash"};

void run_parsing(const char* suite) {
  AVILA_REQUIRE_SUITE(suite);
  avila_test::SuiteReport report(suite);
  const Value root = load(suite);
  for (const Value& each : root.array()) {
    if (!each.is_object()) continue;  // comments between the cases
    const std::string input = text_of(each, "input");
    const Value* base = each.find("base");
    const bool based = base != nullptr && base->is_string();
    const auto parsed =
        based ? Url::parse(input, std::string_view(base->as_string())) : Url::parse(input);
    const bool failure = has(each, "failure");
    const std::string what = "<" + input + "> base <" + text_of(each, "base") + ">";
    if (failure || !parsed.has_value()) {
      report.check(failure == !parsed.has_value(),
                   what + (parsed.has_value() ? " must fail, gives " + parsed->href()
                                              : " must parse: " + parsed.error().to_string()));
      continue;
    }
    std::string wrong;
    for (const char* name : kProperties) {
      // One case has "" for the origin that the Standard serialises as "null".
      if (std::string_view(name) == "origin" && text_of(each, name).empty() &&
          parsed->origin() == "null")
        continue;
      if (has(each, name) && property(*parsed, name) != text_of(each, name))
        wrong += std::string(" ") + name + " is <" + property(*parsed, name) + ">, not <" +
                 text_of(each, name) + ">";
    }
    report.check(wrong.empty(), what + wrong);
  }
  report.finish();
}

TEST(UrlSuite, Parsing) { run_parsing("url/urltestdata.json"); }
TEST(UrlSuite, ExtraParsing) { run_parsing("url/ada_extra_urltestdata.json"); }

TEST(UrlSuite, Setters) {
  AVILA_REQUIRE_SUITE("url/setters_tests.json");
  avila_test::SuiteReport report("url/setters_tests.json");
  const Value root = load("url/setters_tests.json");
  for (const auto& [name, cases] : root.object()) {
    if (!cases.is_array() || name == "comment") continue;
    for (const Value& each : cases.array()) {
      if (!each.is_object()) continue;
      auto url = Url::parse(text_of(each, "href"));
      const std::string value = text_of(each, "new_value");
      const std::string what = name + " of <" + text_of(each, "href") + "> to <" + value + ">:";
      if (!url.has_value()) {
        report.fail(what + " does not parse");
        continue;
      }
      if (name == "protocol") url->set_protocol(value);
      if (name == "username") url->set_username(value);
      if (name == "password") url->set_password(value);
      if (name == "host") url->set_host(value);
      if (name == "hostname") url->set_hostname(value);
      if (name == "port") url->set_port(value);
      if (name == "pathname") url->set_pathname(value);
      if (name == "search") url->set_search(value);
      if (name == "hash") url->set_hash(value);
      if (name == "href") (void)url->set_href(value);
      std::string wrong;
      const Value* expected = each.find("expected");
      for (const auto& [key, wanted] : expected->object()) {
        if (property(*url, key) != wanted.as_string())
          wrong += " " + key + " is <" + property(*url, key) + ">, not <" +
                   std::string(wanted.as_string()) + ">";
      }
      report.check(wrong.empty(), what + wrong);
    }
  }
  report.finish();
}

TEST(UrlSuite, PercentEncoding) {
  AVILA_REQUIRE_SUITE("url/percent-encoding.json");
  avila_test::SuiteReport report("url/percent-encoding.json");
  const Value root = load("url/percent-encoding.json");
  for (const Value& each : root.array()) {
    if (!each.is_object()) continue;
    // Only UTF-8: the other encodings are for documents that are in them.
    const std::string input = text_of(each, "input");
    const std::string wanted = text_of(*each.find("output"), "utf-8");
    const auto url = Url::parse("https://example.com/?" + input);
    const std::string got = url.has_value() ? url->search() : "";
    report.check(got == "?" + wanted || (wanted.empty() && got.empty()),
                 input + ": " + got + ", not ?" + wanted);
  }
  report.finish();
}

/// CJK extensions I and J: assigned after Unicode 15.0, which the tables are made from.
bool is_newer_than_unicode_15_0(std::string_view text) {
  const auto four_bytes = [&](std::size_t at) {
    unsigned long value = 0;
    for (std::size_t i = at; i < at + 4; ++i)
      value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
    return value & 0x1fffff;
  };
  for (std::size_t at = 0; at + 4 <= text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xf8U) != 0xf0U) continue;
    const unsigned long c = four_bytes(at);
    if ((c >= 0x2ebf0 && c <= 0x2ee5d) || (c >= 0x323b0 && c <= 0x33479)) return true;
  }
  return false;
}

void run_domains(const char* suite) {
  AVILA_REQUIRE_SUITE(suite);
  avila_test::SuiteReport report(suite);
  std::size_t newer = 0;
  const Value root = load(suite);
  for (const Value& each : root.array()) {
    if (!each.is_object()) continue;
    const std::string input = text_of(each, "input");
    const Value* output = each.find("output");
    const auto got = avila::url::parse_host(input, true);
    const bool failure = output == nullptr || output->is_null();
    const bool ok = failure ? !got.has_value() : got.has_value() && *got == output->as_string();
    if (ok) {
      report.pass();
      continue;
    }
    if (!failure && !got.has_value() && is_newer_than_unicode_15_0(input)) {
      report.exclude();
      ++newer;
      continue;
    }
    report.fail("<" + input + "> gives " + (got ? *got : got.error().to_string()) + ", not " +
                (failure ? "a failure" : std::string(output->as_string())));
  }
  std::printf("  excluded %zu: newer than Unicode 15.0\n", newer);
  report.finish();
}

TEST(UrlSuite, ToAscii) { run_domains("url/toascii.json"); }
TEST(UrlSuite, IdnaTestV2) { run_domains("url/IdnaTestV2.json"); }

}  // namespace
