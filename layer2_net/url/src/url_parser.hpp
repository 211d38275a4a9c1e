// The basic URL parser (URL Standard §4.4), a state machine over bytes.
#pragma once
#include <avila/url/url.hpp>
#include <string>
#include <string_view>

namespace avila::url {

class Parser {
 public:
  enum class State : std::uint8_t {
    None,
    SchemeStart,
    Scheme,
    NoScheme,
    SpecialRelativeOrAuthority,
    PathOrAuthority,
    Relative,
    RelativeSlash,
    SpecialAuthoritySlashes,
    SpecialAuthorityIgnoreSlashes,
    Authority,
    Host,
    Hostname,
    Port,
    File,
    FileSlash,
    FileHost,
    PathStart,
    Path,
    OpaquePath,
    Query,
    Fragment,
  };
  /// `input` is cleaned already: valid UTF-8 without tabs and newlines.
  Parser(std::string_view input, const Url* base, Url& url, State override_state = State::None)
      : input_(input), base_(base), url_(url), override_(override_state) {}
  Result<void> run();

 private:
  enum class Next : std::uint8_t { Go, Stop };
  Result<Next> step();
  Result<Next> scheme();
  Result<Next> no_scheme();
  Result<Next> relative();
  Result<Next> authority();
  Result<Next> host();
  Result<Next> port();
  Result<Next> file();
  Result<Next> file_host();
  Result<Next> path();
  void shorten_path();
  bool at_end() const noexcept { return at_ >= input_.size(); }
  char c() const noexcept { return at_end() ? '\0' : input_[at_]; }
  bool is(char wanted) const noexcept { return !at_end() && input_[at_] == wanted; }
  bool special() const noexcept { return url_.is_special(); }
  bool backslash() const noexcept { return special() && is('\\'); }
  std::string_view remaining() const noexcept {
    return at_ + 1 < input_.size() ? input_.substr(at_ + 1) : std::string_view();
  }
  void copy_authority(const Url& from);

  std::string_view input_;
  const Url* base_;
  Url& url_;
  State override_;
  State state_ = State::SchemeStart;
  std::size_t at_ = 0;
  std::string buffer_;
  bool at_seen_ = false, bracket_ = false, password_seen_ = false;
};

}  // namespace avila::url
