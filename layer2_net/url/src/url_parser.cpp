#include "url_parser.hpp"

#include <avila/url/host.hpp>
#include <avila/url/percent.hpp>

#include "ascii.hpp"

namespace avila::url {

using detail::is_alpha;
using detail::is_digit;

namespace {

Error fail(std::string_view what, std::size_t at) {
  return Error(Errc::Malformed, what, {.offset = at});
}

bool is_drive_letter(std::string_view text) noexcept {
  return text.size() == 2 && is_alpha(text[0]) && (text[1] == ':' || text[1] == '|');
}
bool is_normalized_drive_letter(std::string_view text) noexcept {
  return is_drive_letter(text) && text[1] == ':';
}
bool starts_with_drive_letter(std::string_view text) noexcept {
  if (!is_drive_letter(text.substr(0, 2))) return false;
  return text.size() == 2 || text[2] == '/' || text[2] == '\\' || text[2] == '?' || text[2] == '#';
}

bool equals_ascii(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (detail::lower(text[i]) != lower[i]) return false;
  }
  return true;
}
bool is_single_dot(std::string_view text) noexcept {
  return text == "." || equals_ascii(text, "%2e");
}
bool is_double_dot(std::string_view text) noexcept {
  return text == ".." || equals_ascii(text, ".%2e") || equals_ascii(text, "%2e.") ||
         equals_ascii(text, "%2e%2e");
}

}  // namespace

void Parser::shorten_path() {
  auto& path = url_.path_;
  if (url_.scheme_ == "file" && path.size() == 1 && is_normalized_drive_letter(path[0])) return;
  if (!path.empty()) path.pop_back();
}

void Parser::copy_authority(const Url& from) {
  url_.username_ = from.username_;
  url_.password_ = from.password_;
  url_.host_ = from.host_;
  url_.port_ = from.port_;
}

Result<void> Parser::run() {
  if (override_ != State::None) state_ = override_;
  while (true) {
    AVILA_TRY(const Next next, step());
    if (next == Next::Stop || at_end()) return {};
    ++at_;
  }
}

Result<Parser::Next> Parser::step() {
  switch (state_) {
    case State::None: return Next::Stop;
    case State::SchemeStart:
      if (!at_end() && is_alpha(c())) {
        buffer_.push_back(detail::lower(c()));
        state_ = State::Scheme;
      } else if (override_ == State::None) {
        state_ = State::NoScheme;
        return step();
      } else {
        return fail("a scheme begins with a letter", at_);
      }
      return Next::Go;
    case State::Scheme: return scheme();
    case State::NoScheme: return no_scheme();
    case State::SpecialRelativeOrAuthority:
      if (is('/') && remaining().starts_with('/')) {
        state_ = State::SpecialAuthorityIgnoreSlashes;
        ++at_;
        return Next::Go;
      }
      state_ = State::Relative;
      return step();
    case State::PathOrAuthority:
      if (is('/')) {
        state_ = State::Authority;
        return Next::Go;
      }
      state_ = State::Path;
      return step();
    case State::Relative:
    case State::RelativeSlash: return relative();
    case State::SpecialAuthoritySlashes:
      state_ = State::SpecialAuthorityIgnoreSlashes;
      if (is('/') && remaining().starts_with('/')) {
        ++at_;
        return Next::Go;
      }
      return step();
    case State::SpecialAuthorityIgnoreSlashes:
      if (is('/') || is('\\')) return Next::Go;
      state_ = State::Authority;
      return step();
    case State::Authority: return authority();
    case State::Host:
    case State::Hostname: return host();
    case State::Port: return port();
    case State::File:
    case State::FileSlash: return file();
    case State::FileHost: return file_host();
    case State::PathStart:
      if (special()) {
        state_ = State::Path;
        if (is('/') || is('\\')) return Next::Go;
        return step();
      }
      if (override_ == State::None && is('?')) {
        url_.query_.emplace();
        state_ = State::Query;
      } else if (override_ == State::None && is('#')) {
        url_.fragment_.emplace();
        state_ = State::Fragment;
      } else if (!at_end()) {
        state_ = State::Path;
        if (!is('/')) return step();
      } else if (override_ != State::None && !url_.host_) {
        url_.path_.emplace_back();
      }
      return Next::Go;
    case State::Path: return path();
    case State::OpaquePath: {
      if (is('?')) {
        url_.query_.emplace();
        state_ = State::Query;
      } else if (is('#')) {
        url_.fragment_.emplace();
        state_ = State::Fragment;
      } else if (is(' ')) {
        // Only a space right before query or fragment is encoded, so that it survives.
        const std::string_view rest = remaining();
        url_.opaque_path_ += rest.starts_with('?') || rest.starts_with('#') ? "%20" : " ";
      } else if (!at_end()) {
        append_percent_encoded(url_.opaque_path_, input_.substr(at_, 1), kC0ControlSet);
      }
      return Next::Go;
    }
    case State::Query:
      if (!at_end() && !(override_ == State::None && is('#'))) {
        append_percent_encoded(*url_.query_, input_.substr(at_, 1),
                               special() ? kSpecialQuerySet : kQuerySet);
      } else if (is('#')) {
        url_.fragment_.emplace();
        state_ = State::Fragment;
      }
      return Next::Go;
    case State::Fragment:
      if (!at_end()) append_percent_encoded(*url_.fragment_, input_.substr(at_, 1), kFragmentSet);
      return Next::Go;
  }
  return Next::Stop;
}

Result<Parser::Next> Parser::scheme() {
  const char now = c();
  if (!at_end() && (is_alpha(now) || is_digit(now) || now == '+' || now == '-' || now == '.')) {
    buffer_.push_back(detail::lower(now));
    return Next::Go;
  }
  if (is(':')) {
    if (override_ != State::None) {
      if (is_special_scheme(url_.scheme_) != is_special_scheme(buffer_)) return Next::Stop;
      const bool has_more = !url_.username_.empty() || !url_.password_.empty() || url_.port_;
      if (has_more && buffer_ == "file") return Next::Stop;
      if (url_.scheme_ == "file" && (!url_.host_ || url_.host_->empty())) return Next::Stop;
    }
    url_.scheme_ = buffer_;
    if (override_ != State::None) {
      if (url_.port_ && *url_.port_ == default_port(url_.scheme_)) url_.port_.reset();
      return Next::Stop;
    }
    buffer_.clear();
    if (url_.scheme_ == "file") {
      state_ = State::File;
    } else if (special() && base_ != nullptr && base_->scheme_ == url_.scheme_) {
      state_ = State::SpecialRelativeOrAuthority;
    } else if (special()) {
      state_ = State::SpecialAuthoritySlashes;
    } else if (remaining().starts_with('/')) {
      state_ = State::PathOrAuthority;
      ++at_;
    } else {
      url_.opaque_ = true;
      state_ = State::OpaquePath;
    }
    return Next::Go;
  }
  if (override_ != State::None) return fail("a scheme ends with ':'", at_);
  buffer_.clear();
  state_ = State::NoScheme;
  at_ = 0;
  return step();
}

Result<Parser::Next> Parser::no_scheme() {
  if (base_ == nullptr) return fail("a relative reference without a base", 0);
  if (base_->opaque_ && !is('#')) return fail("the base cannot be a base", 0);
  if (base_->opaque_) {
    url_.scheme_ = base_->scheme_;
    url_.opaque_ = true;
    url_.opaque_path_ = base_->opaque_path_;
    url_.query_ = base_->query_;
    url_.fragment_.emplace();
    state_ = State::Fragment;
    return Next::Go;
  }
  state_ = base_->scheme_ == "file" ? State::File : State::Relative;
  return step();
}

Result<Parser::Next> Parser::relative() {
  if (state_ == State::RelativeSlash) {
    if (special() && (is('/') || is('\\'))) {
      state_ = State::SpecialAuthorityIgnoreSlashes;
      return Next::Go;
    }
    if (is('/')) {
      state_ = State::Authority;
      return Next::Go;
    }
    copy_authority(*base_);
    state_ = State::Path;
    return step();
  }
  url_.scheme_ = base_->scheme_;
  if (is('/') || backslash()) {
    state_ = State::RelativeSlash;
    return Next::Go;
  }
  copy_authority(*base_);
  url_.path_ = base_->path_;
  url_.query_ = base_->query_;
  if (is('?')) {
    url_.query_.emplace();
    state_ = State::Query;
  } else if (is('#')) {
    url_.fragment_.emplace();
    state_ = State::Fragment;
  } else if (!at_end()) {
    url_.query_.reset();
    shorten_path();
    state_ = State::Path;
    return step();
  }
  return Next::Go;
}

Result<Parser::Next> Parser::authority() {
  if (is('@')) {
    if (at_seen_) buffer_.insert(0, "%40");
    at_seen_ = true;
    for (const char each : buffer_) {
      if (each == ':' && !password_seen_) {
        password_seen_ = true;
        continue;
      }
      append_percent_encoded(password_seen_ ? url_.password_ : url_.username_,
                             std::string_view(&each, 1), kUserinfoSet);
    }
    buffer_.clear();
    return Next::Go;
  }
  if (at_end() || is('/') || is('?') || is('#') || backslash()) {
    if (at_seen_ && buffer_.empty()) return fail("credentials without a host", at_);
    at_ -= buffer_.size();
    buffer_.clear();
    state_ = State::Host;
    return step();
  }
  buffer_.push_back(c());
  return Next::Go;
}

Result<Parser::Next> Parser::host() {
  if (override_ != State::None && url_.scheme_ == "file") {
    state_ = State::FileHost;
    return step();
  }
  if (is(':') && !bracket_) {
    if (buffer_.empty()) return fail("the host is empty", at_);
    if (override_ == State::Hostname) return fail("a host name has no port", at_);
    AVILA_TRY(std::string parsed, parse_host(buffer_, special()));
    url_.host_ = std::move(parsed);
    buffer_.clear();
    state_ = State::Port;
    return Next::Go;
  }
  if (at_end() || is('/') || is('?') || is('#') || backslash()) {
    if (special() && buffer_.empty()) return fail("the host is empty", at_);
    const bool has_more = !url_.username_.empty() || !url_.password_.empty() || url_.port_;
    if (override_ != State::None && buffer_.empty() && has_more)
      return fail("credentials or a port need a host", at_);
    AVILA_TRY(std::string parsed, parse_host(buffer_, special()));
    url_.host_ = std::move(parsed);
    buffer_.clear();
    state_ = State::PathStart;
    if (override_ != State::None) return Next::Stop;
    return step();
  }
  if (is('[')) bracket_ = true;
  if (is(']')) bracket_ = false;
  buffer_.push_back(c());
  return Next::Go;
}

Result<Parser::Next> Parser::port() {
  if (!at_end() && is_digit(c())) {
    buffer_.push_back(c());
    return Next::Go;
  }
  if (at_end() || is('/') || is('?') || is('#') || backslash() || override_ != State::None) {
    if (!buffer_.empty()) {
      unsigned value = 0;
      for (const char digit : buffer_) {
        value = value * 10 + static_cast<unsigned>(digit - '0');
        if (value > 65535) return fail("a port is at most 65535", at_);
      }
      url_.port_ = static_cast<std::uint16_t>(value);
      if (value == default_port(url_.scheme_) && value != 0) url_.port_.reset();
      buffer_.clear();
      if (override_ != State::None) return Next::Stop;
    }
    if (override_ != State::None) return fail("a port is digits", at_);
    state_ = State::PathStart;
    return step();
  }
  return fail("a port is digits", at_);
}

Result<Parser::Next> Parser::file() {
  const bool slash = is('/') || is('\\');
  if (state_ == State::File) {
    url_.scheme_ = "file";
    url_.host_ = "";
    if (slash) {
      state_ = State::FileSlash;
      return Next::Go;
    }
    if (base_ == nullptr || base_->scheme_ != "file") {
      state_ = State::Path;
      return step();
    }
    url_.host_ = base_->host_;
    url_.path_ = base_->path_;
    url_.query_ = base_->query_;
    if (is('?')) {
      url_.query_.emplace();
      state_ = State::Query;
    } else if (is('#')) {
      url_.fragment_.emplace();
      state_ = State::Fragment;
    } else if (!at_end()) {
      url_.query_.reset();
      if (!starts_with_drive_letter(input_.substr(at_))) {
        shorten_path();
      } else {
        url_.path_.clear();
      }
      state_ = State::Path;
      return step();
    }
    return Next::Go;
  }
  if (slash) {  // file slash state
    state_ = State::FileHost;
    return Next::Go;
  }
  if (base_ != nullptr && base_->scheme_ == "file") {
    url_.host_ = base_->host_;
    if (!starts_with_drive_letter(input_.substr(std::min(at_, input_.size()))) &&
        !base_->path_.empty() && is_normalized_drive_letter(base_->path_[0]))
      url_.path_.push_back(base_->path_[0]);
  }
  state_ = State::Path;
  return step();
}

Result<Parser::Next> Parser::file_host() {
  if (!at_end() && !is('/') && !is('\\') && !is('?') && !is('#')) {
    buffer_.push_back(c());
    return Next::Go;
  }
  if (override_ == State::None && is_drive_letter(buffer_)) {
    state_ = State::Path;  // the buffer goes on as the first segment
    return step();
  }
  if (buffer_.empty()) {
    url_.host_ = "";
    if (override_ != State::None) return Next::Stop;
    state_ = State::PathStart;
    return step();
  }
  AVILA_TRY(std::string parsed, parse_host(buffer_, special()));
  if (parsed == "localhost") parsed.clear();
  url_.host_ = std::move(parsed);
  if (override_ != State::None) return Next::Stop;
  buffer_.clear();
  state_ = State::PathStart;
  return step();
}

Result<Parser::Next> Parser::path() {
  const bool slash = is('/') || backslash();
  const bool ends = at_end() || slash || (override_ == State::None && (is('?') || is('#')));
  if (!ends) {
    append_percent_encoded(buffer_, input_.substr(at_, 1), kPathSet);
    return Next::Go;
  }
  if (is_double_dot(buffer_)) {
    shorten_path();
    if (!slash) url_.path_.emplace_back();
  } else if (is_single_dot(buffer_)) {
    if (!slash) url_.path_.emplace_back();
  } else {
    if (url_.scheme_ == "file" && url_.path_.empty() && is_drive_letter(buffer_)) buffer_[1] = ':';
    url_.path_.push_back(buffer_);
  }
  buffer_.clear();
  if (is('?')) {
    url_.query_.emplace();
    state_ = State::Query;
  }
  if (is('#')) {
    url_.fragment_.emplace();
    state_ = State::Fragment;
  }
  return Next::Go;
}

}  // namespace avila::url
