#include <avila/protobuf/wire.hpp>
#include <avila/text/utf8.hpp>

#include <algorithm>
#include <cstring>

namespace avila::protobuf {
namespace {

/// ASCII in steps of eight bytes, the rest by the library of texts.
bool is_utf8(std::string_view text) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;
  if (text.size() > 64) return text::validate_utf8(text);
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; left -= 8, at += 8)
    if ((load_le64(at) & kHighBits) != 0) return text::validate_utf8({at, left});
  for (; left > 0; --left, ++at)
    if (static_cast<unsigned char>(*at) >= 0x80) return text::validate_utf8({at, left});
  return true;
}

Errc kind_of(WireFault fault) noexcept {
  return fault == WireFault::TooDeep || fault == WireFault::TooLarge ? Errc::LimitExceeded
                                                                     : Errc::Malformed;
}

}  // namespace

std::string_view to_string(WireFault fault) noexcept {
  switch (fault) {
    case WireFault::None: return "no fault";
    case WireFault::Truncated: return "a field reaches beyond the end of its message";
    case WireFault::BadVarint: return "a varint of over ten bytes or 64 bits";
    case WireFault::BadTag: return "a tag with a field number of 0 or beyond 2^29 - 1";
    case WireFault::BadWireType: return "a tag with wire type 6 or 7, which do not exist";
    case WireFault::UnmatchedGroup: return "the start and end of a group do not match";
    case WireFault::BadUtf8: return "a string field that is not UTF-8";
    case WireFault::TooDeep: return "messages nested too deep (100 levels unless told otherwise)";
    case WireFault::TooLarge: return "a message over the size limit (2 GiB - 1 unless told less)";
  }
  return "unknown fault";
}

Error Reader::error() const {
  AVILA_ASSERT(failed());
  return Error(kind_of(fault_), to_string(fault_), {.offset = fault_offset_});
}

bool Reader::long_tag(std::uint32_t& tag) noexcept {
  std::uint64_t raw = 0;
  if (!long_varint(raw)) return false;
  if (raw > 0xFFFF'FFFF) return fail(WireFault::BadTag);
  tag = static_cast<std::uint32_t>(raw);
  return true;
}

std::size_t Reader::varints_left() const noexcept {
  return static_cast<std::size_t>(std::count_if(at_, end_, [](char c) { return (c & 0x80) == 0; }));
}

bool Reader::long_varint(std::uint64_t& value) noexcept {
  if (remaining() >= 2 && (at_[1] & 0x80) == 0 && (at_[0] & 0x80) != 0) [[likely]] {
    value = static_cast<std::uint64_t>((at_[0] & 0x7F) | at_[1] << 7);
    at_ += 2;
    return true;
  }
  const char* const after = decode_varint(at_, end_, value);
  if (after == nullptr) [[unlikely]] {
    // Cut off if every byte there is says "more", and there are not ten of them.
    const bool cut = remaining() < kMaxVarint64Bytes &&
                     std::all_of(at_, end_, [](char c) { return (c & 0x80) != 0; });
    return fail(cut ? WireFault::Truncated : WireFault::BadVarint);
  }
  at_ = after;
  return true;
}

bool Reader::end_of_group(std::uint32_t tag) noexcept {
  if (tag_type(tag) != WireType::EndGroup) return fail(WireFault::BadWireType);
  if (tag_field(tag) != group_) return fail(WireFault::UnmatchedGroup);
  group_closed_ = true;
  return false;
}

bool Reader::text(std::string_view& value) noexcept {
  if (!bytes(value)) return false;
  return is_utf8(value) || fail(WireFault::BadUtf8);
}

bool Reader::enter(Scope& scope) noexcept {
  if (depth_left_ == 0) return fail(WireFault::TooDeep);
  if (!enter_packed(scope)) return false;
  scope.is_level = true;
  --depth_left_;
  return true;
}

bool Reader::enter_packed(Scope& scope) noexcept {
  std::uint64_t size = 0;
  if (!varint(size)) return false;
  if (size > remaining()) return fail(WireFault::Truncated);
  scope = {end_, group_, false};
  end_ = at_ + size;
  group_ = 0;
  return true;
}

bool Reader::enter_group(std::uint32_t field_number, Scope& scope) noexcept {
  if (depth_left_ == 0) return fail(WireFault::TooDeep);
  --depth_left_;
  scope = {end_, group_, true};
  group_ = field_number;
  group_closed_ = false;
  return true;
}

bool Reader::leave(const Scope& scope) noexcept {
  if (failed()) return false;
  if (group_ != 0 ? !group_closed_ : at_ != end_) return fail(WireFault::Truncated);
  if (scope.is_level) ++depth_left_;
  end_ = scope.end;
  group_ = scope.group;
  group_closed_ = false;
  return true;
}

bool Reader::skip(std::uint32_t tag) noexcept {
  std::uint64_t scalar = 0;
  std::uint32_t word = 0;
  std::string_view view;
  switch (tag_type(tag)) {
    case WireType::Varint: return varint(scalar);
    case WireType::Fixed64: return fixed64(scalar);
    case WireType::Fixed32: return fixed32(word);
    case WireType::LengthDelimited: return bytes(view);
    case WireType::StartGroup: {
      Scope scope;
      if (!enter_group(tag_field(tag), scope)) return false;
      const char* const start = tag_at_;
      for (std::uint32_t inner = 0; next(inner);)
        if (!skip(inner)) return false;
      if (!leave(scope)) return false;
      tag_at_ = start;
      return true;
    }
    case WireType::EndGroup: break;
  }
  return fail(WireFault::UnmatchedGroup);
}

bool Reader::unknown(std::uint32_t tag, std::string& unknown) {
  if (!skip(tag)) return false;
  keep(unknown);
  return true;
}

void Writer::close(std::size_t start) {
  const std::size_t size = out_.size() - start - 1;
  if (size < 0x80) {
    out_[start] = static_cast<char>(size);
    return;
  }
  char prefix[kMaxVarint64Bytes];
  const auto length = static_cast<std::size_t>(encode_varint(prefix, size) - prefix);
  out_.replace(start, 1, prefix, length);
}

void BackwardWriter::text(std::string_view value) {
  if (!is_utf8(value)) fail(WireFault::BadUtf8);
  bytes(value);
}

void BackwardWriter::grow(std::size_t count) {
  const std::size_t used = size();
  const std::size_t room = static_cast<std::size_t>(end_ - memory_);
  const std::size_t wanted = std::max(room * 2, used + count);
  char* const memory = new char[wanted];
  char* const at = memory + wanted - used;
  std::memcpy(at, at_, used);
  if (memory_ != inline_) delete[] memory_;
  memory_ = memory;
  end_ = memory + wanted;
  at_ = at;
}

Error BackwardWriter::error() const {
  const WireFault fault = fault_ != WireFault::None ? fault_ : WireFault::TooLarge;
  return Error(kind_of(fault), to_string(fault)).context("serialise");
}

Result<std::string> BackwardWriter::finish() const {
  if (failed()) return error();
  return std::string(view());
}

}  // namespace avila::protobuf
