// Private: headers as they are read and checked.
#pragma once
#include <avila/jwt/header.hpp>
#include <string>
#include <vector>

namespace avila::jwt::detail {

/// An object of at most `size_max` bytes, without duplicate members. Errors: Malformed,
/// LimitExceeded.
Result<json::Value> parse_object(std::string_view text, std::size_t size_max, const char* what);
/// Strict base64url without padding. Errors: Malformed.
Result<std::string> decode(std::string_view text, const char* what);
/// base64url of a header's JSON. Errors: those of both.
Result<Header> decode_header(std::string_view text);
/// Adds the members of an unprotected header. Errors: Malformed (no object; a name is there twice).
Result<void> merge_header(Header& header, const json::Value* unprotected);
/// A member that must be a string where it is present. Errors: Malformed.
Result<std::string_view> string_member(const json::Value& object, std::string_view name);
/// RFC 7515 section 4.1.11. Errors: Malformed (crit does not keep to its rules), TokenError.
Result<void> check_critical(const json::Value& protected_members, const Header& all,
                            const std::vector<std::string>& understood, bool unencoded_allowed);
/// The parts of a compact serialisation. Errors: Malformed (their number), LimitExceeded.
Result<std::vector<std::string_view>> split_compact(std::string_view token, std::size_t parts);

}  // namespace avila::jwt::detail
