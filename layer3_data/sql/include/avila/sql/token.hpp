// Tokens of the query language.
#pragma once
#include <avila/error/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace avila::sql {

enum class TokenKind : std::uint8_t {
  End,
  Word,       ///< a name or keyword, as written
  Quoted,     ///< `name` in backticks: never a keyword
  String,     ///< 'text' or "text"; escapes are those of JSON, and a doubled quote
  Integer,    ///< fits int64
  Number,     ///< double
  Parameter,  ///< @name
  Symbol,     ///< operators and punctuation
};

struct Token {
  TokenKind kind = TokenKind::End;
  std::string text;        ///< decoded: name, string contents, symbol, digits
  std::size_t offset = 0;  ///< in the query
  std::int64_t integer = 0;
  double number = 0;
};

/// Splits a query. Comments are `-- to the end of the line` and `/* … */`. The last is End.
Result<std::vector<Token>> tokenize(std::string_view query);

/// "line 2, column 7", counted from 1, columns in code points.
std::string describe_position(std::string_view query, std::size_t offset);

/// ASCII case-insensitive.
bool is_word(const Token& token, std::string_view word) noexcept;

}  // namespace avila::sql
