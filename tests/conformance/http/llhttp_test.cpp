// The llhttp suite (Markdown): bytes of a connection, and the events of that parser. Its strict
// cases are run: what it refuses must be refused, what it takes must give the same messages,
// unless one of the named policies below makes us stricter.
#include <avila/http/parser.hpp>
#include <avila_test/conformance.hpp>
#include <map>

namespace {

using namespace avila::http;

struct Case {
  std::string name, meta, input, log;
};

std::string unescape(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  std::string lines;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '\n') {
      ++i;  // a line that goes on
    } else if (text[i] == '\n') {
      lines += "\r\n";
    } else {
      lines += text[i];
    }
  }
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const char next = i + 1 < lines.size() ? lines[i + 1] : '\0';
    if (lines[i] == '\\' && (next == 'r' || next == 'n' || next == 't' || next == 'f')) {
      out += next == 'r' ? '\r' : next == 'n' ? '\n' : next == 't' ? '\t' : '\f';
      ++i;
    } else if (lines[i] == '\\' && next == 'x') {
      std::size_t end = i + 2;
      while (end < lines.size() && end < i + 4 &&
             std::isxdigit(static_cast<unsigned char>(lines[end])))
        ++end;
      out += static_cast<char>(std::stoi(lines.substr(i + 2, end - i - 2), nullptr, 16));
      i = end - 1;
    } else {
      out += lines[i];
    }
  }
  return out;
}

std::vector<Case> read_cases(const std::filesystem::path& file) {
  std::vector<Case> cases;
  const std::string text = avila_test::read_file(file);
  std::string heading, meta, input;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("#")) heading = line;
    if (line.starts_with("<!-- meta=")) meta = line.substr(10);
    if (!line.starts_with("```http") && !line.starts_with("```log")) continue;
    const std::size_t close = text.find("\n```", at - 1);
    const std::string block = close < at ? "" : text.substr(at, close + 1 - at);
    at = std::min(text.find('\n', close + 1), text.size() - 1) + 1;
    if (line.starts_with("```http")) {
      input = unescape(block);
    } else {
      cases.push_back({file.filename().string() + ": " + heading, meta, input, block});
    }
  }
  return cases;
}

struct Outcome {
  std::size_t messages = 0;
  std::size_t body_bytes = 0;
  std::string urls;
  std::string error;  // empty: taken
  int code = -1;      // of HttpError
  bool other_method = false;
  bool incomplete_head = false;
};

/// Reads a connection as our server (or client) does, message after message.
Outcome run(std::string_view input, bool request) {
  Outcome out;
  ParseLimits limits;
  limits.require_host = false;  // the suite does not care for it
  limits.body_bytes = kUnlimited;
  const auto refuse = [&](const avila::Error& error) {
    out.error = error.to_string();
    out.code = error.domain_value();
    return out;
  };
  while (!input.empty()) {
    HeadScanner scanner;
    const auto length = scanner.scan(input, limits);
    if (!length.has_value()) return refuse(length.error());
    if (!length->has_value()) {
      out.incomplete_head = true;
      return out;
    }
    const std::string_view text = input.substr(0, **length);
    input.remove_prefix(**length);
    HeadFacts facts;
    RequestHead request_head;
    ResponseHead response_head;
    bool stop = false;
    if (request) {
      const auto parsed = parse_request_head(text, limits, request_head);
      if (!parsed.has_value()) return refuse(parsed.error());
      facts = request_head.facts;
      out.urls += std::string(request_head.target) + "\n";
      out.other_method |= request_head.method == Method::Other;
      stop = request_head.method == Method::Connect;
    } else {
      std::string_view head = text;
      while (head.starts_with("\r\n")) head.remove_prefix(2);
      const auto parsed = parse_response_head(head, limits, Method::Get, response_head);
      if (!parsed.has_value()) return refuse(parsed.error());
      facts = response_head.facts;
      stop = response_head.status == 101;
    }
    if (stop) {
      ++out.messages;
      return out;
    }
    BodyDecoder decoder(facts.framing, limits);
    while (!decoder.done() && !input.empty()) {
      const auto step = decoder.next(avila::as_bytes(input));
      if (!step.has_value()) return refuse(step.error());
      out.body_bytes += step->data.size();
      input.remove_prefix(step->consumed);
    }
    if (!decoder.done()) return out;
    ++out.messages;
    if (!facts.keep_alive && !input.empty() && input != "\r\n") {
      out.error = "bytes after a message that closes the connection";
      return out;
    }
  }
  return out;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += what.size()) ++n;
  return n;
}

/// What llhttp says: the number of its error, or 0; 21…24 are its pauses.
int expected_error(const std::string& log) {
  const std::size_t at = log.find("error code=");
  if (at == std::string::npos) return 0;
  const int code = std::atoi(log.c_str() + at + 11);
  return code >= 21 && code <= 24 ? 0 : code;
}

std::size_t expected_body_bytes(const std::string& log) {
  std::size_t total = 0;
  for (std::size_t at = 0; (at = log.find(" span[body]=", at)) != log.npos; ++at) {
    const std::size_t len = log.rfind("len=", at);
    total += static_cast<std::size_t>(std::atoi(log.c_str() + len + 4));
  }
  return total;
}

/// Why we refuse what llhttp takes; empty where there is no such reason.
std::string stricter(const Case& each, const Outcome& out, bool request) {
  switch (static_cast<HttpError>(out.code)) {
    case HttpError::ObsoleteFold: return "RFC 9112 §5.2: folded lines are refused";
    case HttpError::BadVersion: return "only HTTP/1.0 and HTTP/1.1 are spoken here";
    case HttpError::UnknownTransferEncoding: return "RFC 9112 §6.1: unknown coding, 501";
    case HttpError::BadTransferEncoding:
      return request ? "" : "RFC 9112 §6.1: faulty framing of a response";
    case HttpError::BadRequestLine:
      if (!request || each.log.find("span[url]") != std::string::npos)
        return "RFC 9112 §3.2: the target has none of the four forms, or the protocol is not HTTP";
      return "";
    case HttpError::BadHost:
      return each.input.find('@') != std::string::npos
                 ? "RFC 9110 §4.2.4: user information in a target is refused"
                 : "";
    case HttpError::BadChunkExtension:
      return "RFC 9112 §7.1.1: the extension does not follow the grammar";
    case HttpError::BadStatusLine:
      return "RFC 9112 §4: the status line does not follow the grammar";
    case HttpError::LengthWithTransferEncoding: return "RFC 9112 §6.3: both are refused";
    case HttpError::BadFieldValue: return "RFC 9110 §5.5: control bytes are refused";
    default: return "";
  }
}

void run_folder(const char* name, bool request) {
  AVILA_REQUIRE_SUITE(name);
  avila_test::SuiteReport report(name);
  std::map<std::string, int> reasons;
  for (const auto& file : avila_test::files_below(avila_test::suite_path(name), ".md")) {
    for (const Case& each : read_cases(file)) {
      const auto exclude = [&](const std::string& why) {
        report.exclude();
        ++reasons[why];
      };
      if (each.meta.find("lenient") != std::string::npos) {
        exclude("llhttp's lenient modes do not exist here");
        continue;
      }
      Outcome out = run(each.input, request);
      const int expected = expected_error(each.log);
      // llhttp looks at each byte as it comes, we look at heads once they have ended.
      if (expected != 0 && out.incomplete_head) out = run(each.input + "\r\n\r\n", request);
      const std::string what = each.name + "\n  input: " + each.input + "\n  ours: " + out.error;
      if (expected != 0 && out.error.empty()) {
        if ((expected == 6 || expected == 8) && out.other_method) {
          exclude("RFC 9110 §9.1: any token may be a method; the handler answers 405 or 501");
        } else {
          report.fail("must be refused (" + std::to_string(expected) + "): " + what);
        }
      } else if (expected == 0 && !out.error.empty()) {
        const std::string why = stricter(each, out, request);
        if (why.empty()) {
          report.fail("must be taken: " + what);
        } else {
          exclude(why);
        }
      } else if (expected != 0) {
        report.pass();
      } else if (each.meta.find("pause") != std::string::npos ||
                 each.meta.find("skipBody") != std::string::npos) {
        report.pass();  // llhttp stops there by itself; both took the message
      } else {
        const bool same = out.body_bytes == expected_body_bytes(each.log) &&
                          out.messages == count(each.log, "message complete");
        report.check(same, "other messages (" + std::to_string(out.messages) + " with " +
                               std::to_string(out.body_bytes) + " bytes): " + what);
      }
    }
  }
  for (const auto& [why, n] : reasons) std::printf("  excluded %d: %s\n", n, why.c_str());
  report.finish();
}

TEST(LlhttpSuite, Requests) { run_folder("http/llhttp/request", true); }
TEST(LlhttpSuite, Responses) { run_folder("http/llhttp/response", false); }

}  // namespace
