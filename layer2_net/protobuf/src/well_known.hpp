// The messages of google.protobuf that have a JSON form of their own.
#pragma once
#include <avila/error/result.hpp>
#include <avila/protobuf/descriptor.hpp>
#include <string>
#include <string_view>

namespace avila::protobuf {

enum class WellKnown : std::uint8_t {
  None,
  Any,
  Timestamp,
  Duration,
  FieldMask,
  Struct,
  DynamicValue,
  ListValue,
  Wrapper,
  Empty,
};
/// By name and shape: a message of that name from elsewhere with other fields is None.
WellKnown well_known_kind(const MessageDescriptor& type) noexcept;
bool is_null_value(const FieldDescriptor& field) noexcept;

/// "1972-01-01T10:00:20.021Z", years 1 to 9999, 0, 3, 6 or 9 digits of fraction.
Result<std::string> timestamp_text(std::int64_t seconds, std::int32_t nanos);
/// "-1.500s", ±315,576,000,000 s.
Result<std::string> duration_text(std::int64_t seconds, std::int32_t nanos);
struct SecondsNanos {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
};
/// RFC 3339 with any offset.
Result<SecondsNanos> parse_timestamp(std::string_view text);
Result<SecondsNanos> parse_duration(std::string_view text);
/// "foo_bar.baz" ↔ "fooBar.baz"; an error where the way back would not give the same.
Result<std::string> mask_path_to_json(std::string_view path);
Result<std::string> mask_path_from_json(std::string_view path);
/// Both alphabets, with or without padding.
Result<std::string> any_base64_decode(std::string_view text);

}  // namespace avila::protobuf
