// Tokens of .proto files and of the text format (option values between braces).
#pragma once
#include <avila/error/result.hpp>
#include <avila/protobuf/descriptor_proto.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::protobuf {

enum class TokenKind : std::uint8_t { End, Identifier, Integer, Float, String, Symbol };

struct Token {
  TokenKind kind = TokenKind::End;
  std::string_view text;  ///< as written, of the source
  SourcePlace place;
};

class Lexer {
 public:
  /// `hash_comments`: '#' starts a comment, as in the text format.
  Lexer(std::string_view name, std::string_view text, bool hash_comments = false);

  const Token& now() const noexcept { return token_; }
  bool is(std::string_view text) const noexcept {
    return token_.text == text &&
           (token_.kind == TokenKind::Symbol || token_.kind == TokenKind::Identifier);
  }
  bool is(TokenKind kind) const noexcept { return token_.kind == kind; }
  bool at_end() const noexcept { return token_.kind == TokenKind::End; }
  Result<void> advance();
  /// Steps over the text; false where something else stands.
  Result<bool> accept(std::string_view text);
  Result<void> expect(std::string_view text);
  Result<std::string> identifier(std::string_view what);
  /// "a.b.c", with a leading dot where `absolute` allows it.
  Result<std::string> full_name(std::string_view what, bool absolute);
  /// An integer token up to `max`, without sign.
  Result<std::uint64_t> integer(std::uint64_t max, std::string_view what);
  /// One string or several in a row, unescaped and joined.
  Result<std::string> string(std::string_view what);

  std::string_view source() const noexcept { return text_; }
  /// Where the current token starts.
  std::size_t offset() const noexcept {
    return static_cast<std::size_t>(token_.text.data() - text_.data());
  }

  /// "name:line:column: what".
  Error error_at(SourcePlace place, std::string_view what) const;
  Error error(std::string_view what) const { return error_at(token_.place, what); }
  Error expected(std::string_view what) const;

 private:
  Result<void> scan();
  Result<void> skip_space();
  Result<void> scan_number();
  Result<void> scan_string(char quote);
  SourcePlace here() const noexcept {
    return {line_, static_cast<std::uint32_t>(at_ - line_start_ + 1)};
  }
  void take(TokenKind kind, std::size_t from) noexcept;
  char peek(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  std::string name_;
  std::string_view text_;
  bool hash_comments_;
  std::size_t at_ = 0, line_start_ = 0;
  std::uint32_t line_ = 1;
  Token token_;
};

/// Appends what a string token without its quotes says; false at a wrong escape.
bool unescape(std::string_view text, std::string& out);
/// The value of an integer token (decimal, 0x…, 0…); false beyond 64 bits.
bool integer_value(std::string_view token, std::uint64_t& value) noexcept;
/// "name:line:column: what", of an Errc::Malformed.
Error source_error(std::string_view file, SourcePlace place, std::string_view what);

}  // namespace avila::protobuf
