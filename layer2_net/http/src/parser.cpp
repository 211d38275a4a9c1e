#include <avila/http/parser.hpp>
#include <cstring>

#include "chars.hpp"

namespace avila::http {

using detail::kTokenChar;

namespace {

Error fail(HttpError code, std::string_view what, std::size_t offset = SIZE_MAX) {
  ErrorDetails details;
  if (offset != SIZE_MAX) details.offset = offset;
  return Error(code, what, details);
}

constexpr std::string_view kMethods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                         "CONNECT", "OPTIONS", "TRACE", "PATCH"};

}  // namespace

int status_of(HttpError error) noexcept {
  switch (error) {
    case HttpError::BadVersion: return 505;
    case HttpError::UnknownTransferEncoding: return 501;  // RFC 9112 §6.1
    case HttpError::RequestLineTooLong: return 414;
    case HttpError::HeadersTooLarge:
    case HttpError::TooManyHeaders: return 431;
    case HttpError::BodyTooLarge: return 413;
    default: return 400;
  }
}

int status_of(const Error& error) noexcept {
  if (error.domain() != &avila_error_domain(HttpError::BadLineEnding)) return 400;
  return status_of(static_cast<HttpError>(error.domain_value()));
}

Method parse_method(std::string_view text) noexcept {
  for (std::size_t i = 0; i < std::size(kMethods); ++i) {
    if (text == kMethods[i]) return static_cast<Method>(i);
  }
  return Method::Other;
}

std::string_view to_string(Method method) noexcept {
  return method == Method::Other ? std::string_view() : kMethods[static_cast<unsigned>(method)];
}

bool is_safe(Method method) noexcept {
  return method == Method::Get || method == Method::Head || method == Method::Options ||
         method == Method::Trace;
}

bool is_idempotent(Method method) noexcept {
  return is_safe(method) || method == Method::Put || method == Method::Delete;
}

Result<std::optional<std::size_t>> HeadScanner::scan(std::string_view buffer,
                                                     const ParseLimits& limits) {
  while (at_ < buffer.size()) {
    const void* found = std::memchr(buffer.data() + at_, '\n', buffer.size() - at_);
    const std::size_t lf =
        found == nullptr
            ? buffer.size()
            : static_cast<std::size_t>(static_cast<const char*>(found) - buffer.data());
    // Limits hold before the line has ended, so that memory stays bounded.
    if (!begun_ && lf - line_start_ > limits.request_line_bytes)
      return fail(HttpError::RequestLineTooLong, "the first line is too long", line_start_);
    if (lf > std::size_t{limits.header_bytes} + limits.request_line_bytes)
      return fail(HttpError::HeadersTooLarge, "the header fields are too large", lf);
    if (found == nullptr) {
      // RFC 9112 §2.2: a bare CR is invalid; a CR at the very end may yet get its LF.
      at_ = buffer.size();
      return std::optional<std::size_t>{};
    }
    if (lf == line_start_ || buffer[lf - 1] != '\r')
      return fail(HttpError::BadLineEnding, "line feed without carriage return", lf);
    const bool empty = lf == line_start_ + 1;
    at_ = lf + 1;
    line_start_ = at_;
    if (empty) {
      if (begun_) return std::optional<std::size_t>{at_};
      // RFC 9112 §2.2: empty lines before a request are skipped; a few, not any number.
      if (at_ > 8) return fail(HttpError::BadRequestLine, "too many empty lines", at_);
      continue;
    }
    if (begun_ && ++fields_ > limits.header_count)
      return fail(HttpError::TooManyHeaders, "too many header fields", lf);
    begun_ = true;
  }
  return std::optional<std::size_t>{};
}

namespace {

/// Facts gathered while the fields go by.
struct FieldState {
  std::uint64_t content_length = 0;
  bool has_length = false;
  bool has_transfer_encoding = false;
  bool chunked = false;
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  bool connection_fields = false;
  bool expect_continue = false;
  std::uint32_t hosts = 0;
  std::string_view host;
};

Result<void> take_content_length(std::string_view value, std::size_t at, FieldState& state) {
  // RFC 9112 §6.3 rule 5 lets a recipient fold equal values ("5, 5"); a repeated length is the
  // mark of a message that was tampered with, so it is refused instead, as the rule also allows.
  if (state.has_length)
    return fail(HttpError::BadContentLength, "Content-Length more than once", at);
  if (value.empty() || value.size() > 19)
    return fail(HttpError::BadContentLength, "Content-Length is no number of 1 to 19 digits", at);
  std::uint64_t length = 0;
  for (const char c : value) {
    if (c < '0' || c > '9')
      return fail(HttpError::BadContentLength, "Content-Length is not all digits", at);
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  state.content_length = length;
  state.has_length = true;
  return {};
}

Result<void> take_transfer_encoding(std::string_view value, std::size_t at, FieldState& state) {
  state.has_transfer_encoding = true;
  bool any = false;
  while (const auto coding = next_list_element(value)) {
    any = true;
    // RFC 9112 §7: chunked comes once, and last.
    if (state.chunked)
      return fail(HttpError::BadTransferEncoding, "a transfer coding after chunked", at);
    if (!equal_ignoring_case(*coding, "chunked")) {
      if (!is_token(coding->substr(0, coding->find(';'))))
        return fail(HttpError::BadTransferEncoding, "malformed transfer coding", at);
      return fail(HttpError::UnknownTransferEncoding, "only chunked is understood", at);
    }
    state.chunked = true;
  }
  if (!any) return fail(HttpError::BadTransferEncoding, "empty Transfer-Encoding", at);
  return {};
}

Result<void> take_known_field(std::string_view name, std::string_view value, std::size_t at,
                              FieldState& state) {
  switch (name.size()) {
    case 4:
      if (equal_ignoring_case(name, "host")) {
        if (++state.hosts > 1) return fail(HttpError::BadHost, "Host more than once", at);
        if (!is_host(value)) return fail(HttpError::BadHost, "malformed Host", at);
        state.host = value;
      }
      break;
    case 6:
      if (equal_ignoring_case(name, "expect"))
        state.expect_continue = equal_ignoring_case(value, "100-continue");
      break;
    case 10:
      if (equal_ignoring_case(name, "connection")) {
        std::string_view list = value;
        while (const auto option = next_list_element(list)) {
          if (equal_ignoring_case(*option, "close")) {
            state.close = true;
          } else if (equal_ignoring_case(*option, "keep-alive")) {
            state.keep_alive = true;
          } else if (equal_ignoring_case(*option, "upgrade")) {
            state.upgrade = true;
          } else {
            state.connection_fields = true;
          }
        }
      }
      break;
    case 14:
      if (equal_ignoring_case(name, "content-length")) return take_content_length(value, at, state);
      break;
    case 17:
      if (equal_ignoring_case(name, "transfer-encoding"))
        return take_transfer_encoding(value, at, state);
      break;
    default: break;
  }
  return {};
}

/// Fields from `at` on, up to the empty line that ends the head.
Result<void> parse_fields(std::string_view text, std::size_t at, const ParseLimits& limits,
                          FieldViews& fields, FieldState& state) {
  const char* const base = text.data();
  while (true) {
    if (at + 1 < text.size() && base[at] == '\r' && base[at + 1] == '\n') {
      if (at + 2 != text.size())
        return fail(HttpError::BadLineEnding, "bytes after the empty line", at + 2);
      return {};
    }
    if (at >= text.size()) return fail(HttpError::BadLineEnding, "the head has no end", at);
    if (base[at] == ' ' || base[at] == '\t')
      return fail(HttpError::ObsoleteFold, "a field line begins with white space", at);
    const std::size_t name_start = at;
    while (at < text.size() && kTokenChar[static_cast<unsigned char>(base[at])]) ++at;
    // RFC 9112 §5.1: white space before the colon is refused, it has been used to smuggle.
    if (at == name_start || at >= text.size() || base[at] != ':')
      return fail(HttpError::BadFieldName, "a field name must be a token followed by ':'", at);
    const std::string_view name = text.substr(name_start, at - name_start);
    ++at;
    const std::size_t value_start = at;
    at += detail::value_bytes(text.substr(at));
    if (at + 1 >= text.size() || base[at] != '\r' || base[at + 1] != '\n')
      return fail(HttpError::BadFieldValue, "a control byte in a field value", at);
    const std::string_view value = trim_ows(text.substr(value_start, at - value_start));
    if (fields.size() >= limits.header_count)
      return fail(HttpError::TooManyHeaders, "too many header fields", name_start);
    fields.add(name, value);
    AVILA_TRY_VOID(take_known_field(name, value, name_start, state));
    at += 2;
  }
}

/// "HTTP/1.1" or "HTTP/1.0": the minor version.
Result<std::uint8_t> parse_version(std::string_view text, std::size_t at) {
  if (text == "HTTP/1.1") return std::uint8_t{1};
  if (text == "HTTP/1.0") return std::uint8_t{0};
  const bool shaped = text.size() == 8 && text.starts_with("HTTP/") && text[5] >= '0' &&
                      text[5] <= '9' && text[6] == '.' && text[7] >= '0' && text[7] <= '9';
  if (!shaped) return fail(HttpError::BadRequestLine, "malformed protocol version", at);
  return fail(HttpError::BadVersion, "the version must be HTTP/1.0 or HTTP/1.1", at);
}

Result<void> decide_framing(const FieldState& state, std::uint8_t minor, HeadFacts& facts,
                            std::size_t end) {
  // RFC 9112 §6.3 rule 3: Transfer-Encoding would win over Content-Length, but the pair is the
  // mark of request smuggling, so we refuse it, as the rule allows.
  if (state.has_transfer_encoding && state.has_length)
    return fail(HttpError::LengthWithTransferEncoding, "both Transfer-Encoding and Content-Length",
                end);
  // §6.1: an HTTP/1.0 message with Transfer-Encoding has faulty framing.
  if (state.has_transfer_encoding && minor == 0)
    return fail(HttpError::BadTransferEncoding, "Transfer-Encoding in an HTTP/1.0 message", end);
  if (state.chunked) {
    facts.framing = {Framing::Kind::Chunked, 0};
  } else if (state.has_length && state.content_length > 0) {
    facts.framing = {Framing::Kind::Length, state.content_length};
  } else {
    facts.framing = {};
  }
  // §9.3.
  facts.keep_alive = !state.close && (minor == 1 || state.keep_alive);
  facts.expect_continue = state.expect_continue && minor == 1;
  facts.connection_upgrade = state.upgrade;
  facts.connection_fields = state.connection_fields;
  facts.minor_version = minor;
  return {};
}

std::size_t skip_empty_lines(std::string_view text) noexcept {
  std::size_t at = 0;
  while (text.substr(at).starts_with("\r\n")) at += 2;
  return at;
}

/// RFC 9112 §3.2: origin, absolute, authority or asterisk form; here only what no form allows.
Result<void> check_target(Method method, std::string_view target, std::size_t at) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    const auto c = static_cast<unsigned char>(target[i]);
    if (c <= 0x20 || c >= 0x7f)
      return fail(HttpError::BadRequestLine, "a byte that must be percent-encoded", at + i);
    if (c == '#') return fail(HttpError::BadRequestLine, "a target has no fragment", at + i);
  }
  if (target == "*") {
    if (method != Method::Options)
      return fail(HttpError::BadRequestLine, "target * is for OPTIONS only", at);
    return {};
  }
  if (target.front() == '/') {
    if (method == Method::Connect)
      return fail(HttpError::BadRequestLine, "CONNECT wants host:port", at);
    return {};
  }
  if (method == Method::Connect) {
    const std::size_t colon = target.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == target.size())
      return fail(HttpError::BadRequestLine, "CONNECT wants host:port", at);
    for (const char c : target.substr(colon + 1)) {
      if (c < '0' || c > '9') return fail(HttpError::BadRequestLine, "CONNECT wants a port", at);
    }
    if (!is_host(target)) return fail(HttpError::BadHost, "malformed authority", at);
    return {};
  }
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos || scheme == 0 || scheme + 3 == target.size())
    return fail(HttpError::BadRequestLine, "the target is neither a path nor a URL", at);
  // It stands in for Host (§3.2.2), and is held to the same. RFC 9110 §4.2.1: never empty.
  const std::string_view authority =
      target.substr(scheme + 3, target.find_first_of("/?", scheme + 3) - scheme - 3);
  if (authority.empty() || !is_host(authority))
    return fail(HttpError::BadHost, "malformed authority", at);
  return {};
}

}  // namespace

Result<void> parse_request_head(std::string_view text, const ParseLimits& limits,
                                RequestHead& head) {
  head.fields.clear();
  std::size_t at = skip_empty_lines(text);
  const std::size_t line_start = at;
  while (at < text.size() && kTokenChar[static_cast<unsigned char>(text[at])]) ++at;
  if (at == line_start || at >= text.size() || text[at] != ' ')
    return fail(HttpError::BadRequestLine, "a request begins with a method and one space", at);
  head.method_text = text.substr(line_start, at - line_start);
  head.method = parse_method(head.method_text);
  const std::size_t target_start = ++at;
  const std::size_t line_end = text.find('\r', at);
  const std::size_t target_end = text.find(' ', at);
  if (line_end == std::string_view::npos || line_end + 1 >= text.size() ||
      text[line_end + 1] != '\n')
    return fail(HttpError::BadLineEnding, "carriage return without line feed", at);
  if (line_end - line_start > limits.request_line_bytes)
    return fail(HttpError::RequestLineTooLong, "the request line is too long", line_start);
  if (target_end >= line_end || target_end == target_start)
    return fail(HttpError::BadRequestLine, "a request line is: method target version", at);
  head.target = text.substr(target_start, target_end - target_start);
  AVILA_TRY(const std::uint8_t minor,
            parse_version(text.substr(target_end + 1, line_end - target_end - 1), target_end + 1));
  AVILA_TRY_VOID(check_target(head.method, head.target, target_start));
  FieldState state;
  AVILA_TRY_VOID(parse_fields(text, line_end + 2, limits, head.fields, state));
  // RFC 9112 §3.2: an HTTP/1.1 request has exactly one Host.
  if (minor == 1 && state.hosts == 0 && limits.require_host)
    return fail(HttpError::BadHost, "an HTTP/1.1 request needs a Host field", line_end);
  head.host = state.host;
  AVILA_TRY_VOID(decide_framing(state, minor, head.facts, text.size()));
  if (head.facts.framing.kind == Framing::Kind::Length &&
      head.facts.framing.length > limits.body_bytes)
    return fail(HttpError::BodyTooLarge, "the body is larger than is accepted", line_end);
  return {};
}

Result<void> parse_response_head(std::string_view text, const ParseLimits& limits,
                                 Method request_method, ResponseHead& head) {
  head.fields.clear();
  const std::size_t line_end = text.find('\r');
  if (line_end == std::string_view::npos || line_end + 1 >= text.size() ||
      text[line_end + 1] != '\n')
    return fail(HttpError::BadLineEnding, "carriage return without line feed", 0);
  const std::string_view line = text.substr(0, line_end);
  if (line.size() > limits.request_line_bytes)
    return fail(HttpError::RequestLineTooLong, "the status line is too long", 0);
  // RFC 9112 §4: HTTP-version SP status-code SP [reason]; the last space may be missing where
  // there is no reason, as some servers send it.
  if (line.size() < 12 || line[8] != ' ' || (line.size() > 12 && line[12] != ' '))
    return fail(HttpError::BadStatusLine, "a status line is: version status reason", 0);
  AVILA_TRY(const std::uint8_t minor, parse_version(line.substr(0, 8), 0));
  int status = 0;
  for (std::size_t i = 9; i < 12; ++i) {
    if (line[i] < '0' || line[i] > '9')
      return fail(HttpError::BadStatusLine, "a status is three digits", i);
    status = status * 10 + (line[i] - '0');
  }
  if (status < 100) return fail(HttpError::BadStatusLine, "a status is 100 or more", 9);
  head.status = status;
  head.reason = line.size() > 13 ? line.substr(13) : std::string_view();
  if (!is_field_value(head.reason))
    return fail(HttpError::BadStatusLine, "a control byte in the reason", 13);
  FieldState state;
  AVILA_TRY_VOID(parse_fields(text, line_end + 2, limits, head.fields, state));
  AVILA_TRY_VOID(decide_framing(state, minor, head.facts, text.size()));
  // §6.3 rules 1 and 2: these have no body, whatever the fields say.
  const bool tunnel = request_method == Method::Connect && status / 100 == 2;
  if (request_method == Method::Head || tunnel || status / 100 == 1 || status == 204 ||
      status == 304) {
    head.facts.framing = {};
  } else if (!state.chunked && !state.has_length) {
    head.facts.framing = {Framing::Kind::UntilClose, 0};  // rule 8
    head.facts.keep_alive = false;
  }
  if (head.facts.framing.kind == Framing::Kind::Length &&
      head.facts.framing.length > limits.body_bytes)
    return fail(HttpError::BodyTooLarge, "the body is larger than is accepted", line_end);
  return {};
}

Result<std::optional<std::size_t>> parse_request(std::string_view buffer, const ParseLimits& limits,
                                                 RequestHead& head) {
  HeadScanner scanner;
  AVILA_TRY(const std::optional<std::size_t> length, scanner.scan(buffer, limits));
  if (!length) return std::optional<std::size_t>{};
  AVILA_TRY_VOID(parse_request_head(buffer.substr(0, *length), limits, head));
  return length;
}

}  // namespace avila::http
