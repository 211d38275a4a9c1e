#include <algorithm>
#include <avila/url/percent.hpp>
#include <avila/url/url.hpp>

#include "ascii.hpp"
#include "url_parser.hpp"

namespace avila::url {

using State = Parser::State;

std::uint16_t default_port(std::string_view scheme) noexcept {
  if (scheme == "http" || scheme == "ws") return 80;
  if (scheme == "https" || scheme == "wss") return 443;
  if (scheme == "ftp") return 21;
  return 0;
}

bool is_special_scheme(std::string_view scheme) noexcept {
  return scheme == "file" || default_port(scheme) != 0;
}

namespace {

/// Valid UTF-8, without tabs and newlines.
std::string clean(std::string_view input) {
  std::string text = detail::is_ascii(input) ? std::string(input) : detail::to_valid_utf8(input);
  text.erase(std::remove_if(text.begin(), text.end(),
                            [](char c) { return c == '\t' || c == '\n' || c == '\r'; }),
             text.end());
  return text;
}

std::string_view trim_control_and_space(std::string_view text) noexcept {
  const auto drop = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && drop(text.front())) text.remove_prefix(1);
  while (!text.empty() && drop(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<Url> Url::parse(std::string_view input, const Url* base) {
  if (input.size() > kMaxUrlBytes) return Error(Errc::LimitExceeded, "the URL is too long");
  const std::string text = clean(trim_control_and_space(input));
  Url url;
  Parser parser(text, base, url);
  AVILA_TRY_VOID(parser.run());
  return url;
}

Result<Url> Url::parse(std::string_view input, std::string_view base) {
  AVILA_TRY(const Url parsed, parse(base).context("base URL"));
  return parse(input, &parsed);
}

bool Url::is_special() const noexcept { return is_special_scheme(scheme_); }

std::uint16_t Url::effective_port() const noexcept { return port_.value_or(default_port(scheme_)); }

std::string Url::pathname() const {
  if (opaque_) return opaque_path_;
  std::string out;
  for (const std::string& segment : path_) out.append("/").append(segment);
  return out;
}

std::string Url::serialize(bool with_fragment) const {
  std::string out = scheme_ + ":";
  if (host_) {
    out += "//";
    if (!username_.empty() || !password_.empty()) {
      out += username_;
      if (!password_.empty()) out.append(":").append(password_);
      out += '@';
    }
    out += host();
  } else if (!opaque_ && path_.size() > 1 && path_[0].empty()) {
    out += "/.";  // else the path would be read as an authority
  }
  out += pathname();
  out += query_ ? "?" + *query_ : "";
  if (with_fragment && fragment_) out += "#" + *fragment_;
  return out;
}

std::string Url::origin() const {
  if (scheme_ == "blob") {
    const auto inner = parse(pathname());
    if (inner.has_value() && (inner->scheme_ == "http" || inner->scheme_ == "https"))
      return inner->origin();
    return "null";
  }
  if (default_port(scheme_) == 0) return "null";
  return scheme_ + "://" + host();
}

std::string Url::host() const {
  if (!host_) return {};
  return port_ ? *host_ + ":" + std::to_string(*port_) : *host_;
}

std::string Url::port_text() const { return port_ ? std::to_string(*port_) : std::string(); }

std::string Url::search() const {
  return query_ && !query_->empty() ? "?" + *query_ : std::string();
}

std::string Url::hash() const {
  return fragment_ && !fragment_->empty() ? "#" + *fragment_ : std::string();
}

std::string Url::request_target() const {
  std::string target = pathname();
  if (target.empty()) target = "/";
  if (query_) target.append("?").append(*query_);
  return target;
}

bool Url::cannot_have_credentials_or_port() const noexcept {
  return !host_ || host_->empty() || scheme_ == "file";
}

void Url::strip_trailing_spaces_of_opaque_path() {
  if (!opaque_ || query_ || fragment_) return;
  while (opaque_path_.ends_with(' ')) opaque_path_.pop_back();
}

bool Url::set_href(std::string_view value) {
  auto parsed = parse(value);
  if (!parsed.has_value()) return false;
  *this = std::move(*parsed);
  return true;
}

// A setter works on a copy, so that a value that fails half-way changes nothing.

void Url::set_protocol(std::string_view value) {
  Url copy = *this;
  const std::string text = clean(std::string(value) + ":");
  if (Parser(text, nullptr, copy, State::SchemeStart).run().has_value()) *this = std::move(copy);
}

void Url::set_username(std::string_view value) {
  if (cannot_have_credentials_or_port()) return;
  username_ = percent_encode(detail::to_valid_utf8(value), kUserinfoSet);
}

void Url::set_password(std::string_view value) {
  if (cannot_have_credentials_or_port()) return;
  password_ = percent_encode(detail::to_valid_utf8(value), kUserinfoSet);
}

void Url::set_host(std::string_view value) {
  if (opaque_) return;
  const std::string text = clean(value);
  // The host is kept even when the port behind it is malformed (URL Standard §4.4, host state).
  Url copy = *this;
  const bool ok = Parser(text, nullptr, copy, State::Host).run().has_value();
  if (ok || copy.host_ != host_) *this = std::move(copy);
}

void Url::set_hostname(std::string_view value) {
  if (opaque_) return;
  Url copy = *this;
  const std::string text = clean(value);
  if (Parser(text, nullptr, copy, State::Hostname).run().has_value()) *this = std::move(copy);
}

void Url::set_port(std::string_view value) {
  if (cannot_have_credentials_or_port()) return;
  if (value.empty()) {
    port_.reset();
    return;
  }
  Url copy = *this;
  const std::string text = clean(value);
  if (Parser(text, nullptr, copy, State::Port).run().has_value()) *this = std::move(copy);
}

void Url::set_pathname(std::string_view value) {
  if (opaque_) return;
  path_.clear();
  const std::string text = clean(value);
  (void)Parser(text, nullptr, *this, State::PathStart).run();  // a path cannot fail
}

void Url::set_search(std::string_view value) {
  if (value.empty()) {
    query_.reset();
    strip_trailing_spaces_of_opaque_path();
    return;
  }
  if (value.starts_with('?')) value.remove_prefix(1);
  query_.emplace();
  const std::string text = clean(value);
  (void)Parser(text, nullptr, *this, State::Query).run();  // a query cannot fail
}

void Url::set_hash(std::string_view value) {
  if (value.empty()) {
    fragment_.reset();
    strip_trailing_spaces_of_opaque_path();
    return;
  }
  if (value.starts_with('#')) value.remove_prefix(1);
  fragment_.emplace();
  const std::string text = clean(value);
  (void)Parser(text, nullptr, *this, State::Fragment).run();  // a fragment cannot fail
}

}  // namespace avila::url
