// Resource records. The data of a record is kept in uncompressed wire form, whatever its type;
// rdata.hpp has typed views of the common ones.
#pragma once
#include <avila/dns/name.hpp>
#include <avila/dns/types.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace avila::dns {

constexpr std::size_t kRdataBytesMax = 65535;
/// RFC 2181 section 8: larger values count as 0.
constexpr std::uint32_t kTtlMax = 0x7fffffff;

struct Record {
  Name owner;
  Type type{};
  Class record_class = Class::IN;
  std::uint32_t ttl = 0;  ///< seconds
  std::string rdata;      ///< wire form, names uncompressed

  /// One line of a zone file: "www.example.com. 300 IN A 192.0.2.1".
  std::string to_string() const;
  friend bool operator==(const Record&, const Record&) = default;
};

/// A word of a zone file.
struct Token {
  std::string text;     ///< escapes untouched
  bool quoted = false;  ///< stood in quotes
  bool glued = false;   ///< no space before it
};

/// Wire data at `offset` of a message, names decompressed where the type has any that may be
/// compressed (RFC 3597 section 4). What holds no such name is taken as it is: see
/// is_valid_rdata(). Errors: Malformed.
Result<std::string> decode_rdata(Type type, ByteSpan message, std::size_t offset,
                                 std::size_t length);
/// Whether the bytes are what the type asks for; any are for types without a known form.
bool is_valid_rdata(Type type, std::string_view rdata) noexcept;
/// Text form; "\# 3 abcdef" (RFC 3597) for unknown types, and for data that the type does not
/// allow.
std::string rdata_to_text(Type type, std::string_view rdata);
/// Both forms. Errors: Malformed, with what was expected.
Result<std::string> parse_rdata(Type type, const std::vector<Token>& tokens, const Name& origin);
Result<std::string> parse_rdata(Type type, std::string_view text, const Name& origin = Name());
/// Names in lower case where RFC 4034 section 6.2 (as RFC 6840 section 5.1 has it) asks for it.
std::string canonical_rdata(Type type, std::string_view rdata);

/// Calls `piece(bytes, is_name)` for the parts of the data; names that RFC 1035 lets be compressed
/// come alone, with is_name.
void split_for_compression(Type type, std::string_view rdata,
                           void (*piece)(void* context, std::string_view bytes, bool is_name),
                           void* context);

/// A duration of a zone file in seconds: "3600", "1h30m", "2w". Errors: Malformed.
Result<std::uint32_t> parse_ttl(std::string_view text);
/// Words as a zone file has them: quotes, comments, parentheses. Errors: Malformed.
Result<std::vector<Token>> tokenize(std::string_view text);

}  // namespace avila::dns
