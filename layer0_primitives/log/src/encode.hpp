// Fields as bytes: how they travel through the ring.
#pragma once
#include <algorithm>
#include <avila/log/log.hpp>
#include <cstring>
#include <vector>

namespace avila::log::detail {

struct FieldHeader {
  std::uint64_t word = 0;
  std::uint32_t text_bytes = 0;
  std::uint16_t key_bytes = 0;
  Field::Kind kind = Field::Kind::Int;
};
static_assert(sizeof(FieldHeader) == 16);

struct RecordHeader {
  std::int64_t time_ns = 0;
  TraceContext trace;
  const char* file = nullptr;
  int line = 0;
  std::uint32_t thread = 0;
  std::uint32_t message_bytes = 0, bound_bytes = 0;
  std::uint32_t name_bytes = 0;
  std::uint16_t fields = 0;
  Level level = Level::Info;
};

inline std::string_view cut(std::string_view text, std::size_t most) noexcept {
  return text.substr(0, most);
}

inline std::size_t encoded_size(const Field& field) noexcept {
  return sizeof(FieldHeader) + cut(field.key(), 256).size() +
         cut(field.as_text(), kTextBytesMax).size();
}

inline char* put_text(char* to, std::string_view text) noexcept {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

inline char* encode(char* to, const Field& field) noexcept {
  const std::string_view key = cut(field.key(), 256), text = cut(field.as_text(), kTextBytesMax);
  FieldHeader header;
  header.word = field.as_uint();
  header.text_bytes = static_cast<std::uint32_t>(text.size());
  header.key_bytes = static_cast<std::uint16_t>(key.size());
  header.kind = field.kind();
  std::memcpy(to, &header, sizeof header);
  return put_text(put_text(to + sizeof header, key), text);
}

/// Views into the encoded bytes.
inline Field decode(const char*& from) {
  FieldHeader header;
  std::memcpy(&header, from, sizeof header);
  from += sizeof header;
  const std::string_view key(from, header.key_bytes);
  const std::string_view text(from + header.key_bytes, header.text_bytes);
  from += header.key_bytes + header.text_bytes;
  switch (header.kind) {
    case Field::Kind::Int: return Field(key, static_cast<std::int64_t>(header.word));
    case Field::Kind::Uint: return Field(key, header.word);
    case Field::Kind::Bool: return Field(key, header.word != 0);
    case Field::Kind::Double: {
      double value = 0;
      std::memcpy(&value, &header.word, sizeof value);
      return Field(key, value);
    }
    case Field::Kind::Duration:
      return Field(key, avila::Duration{static_cast<std::int64_t>(header.word)});
    case Field::Kind::Time: return Field(key, WallTime{static_cast<std::int64_t>(header.word)});
    case Field::Kind::Redacted: return Field(key, Secret{});
    case Field::Kind::Text:
    case Field::Kind::Error: break;
  }
  return Field(key, text);
}

}  // namespace avila::log::detail
