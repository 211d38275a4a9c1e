// The Protocol Buffers wire format: tags, varints, fixed words, length-delimited fields, groups.
// Reader walks over bytes; Writer appends front to back; BackwardWriter, which generated code uses,
// writes from the end, so that the length of a nested message is known when its prefix is due.
// Source: Protocol Buffers documentation, "Encoding".
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/primitives/varint.hpp>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace avila::protobuf {

enum class WireType : std::uint8_t {
  Varint = 0,
  Fixed64 = 1,
  LengthDelimited = 2,
  StartGroup = 3,
  EndGroup = 4,
  Fixed32 = 5,
};

inline constexpr std::uint32_t kFieldNumberMax = (std::uint32_t{1} << 29) - 1;
/// Kept for the implementation of Protocol Buffers; no .proto file may use them.
inline constexpr std::uint32_t kReservedNumberMin = 19'000, kReservedNumberMax = 19'999;
/// Bytes of a serialised message: 2 GiB - 1.
inline constexpr std::size_t kMessageSizeMax = 0x7FFF'FFFF;
/// Messages and groups within each other.
inline constexpr unsigned kDepthMax = 100;

constexpr std::uint32_t make_tag(std::uint32_t field_number, WireType type) noexcept {
  return field_number << 3 | static_cast<std::uint32_t>(type);
}
constexpr std::uint32_t tag_field(std::uint32_t tag) noexcept { return tag >> 3; }
constexpr WireType tag_type(std::uint32_t tag) noexcept { return static_cast<WireType>(tag & 7); }

/// Bytes of a varint, without a loop.
constexpr std::size_t encoded_size(std::uint64_t value) noexcept {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) * 9 + 64) / 64;
}

struct ParseOptions {
  unsigned depth_max = kDepthMax;
  std::size_t size_max = kMessageSizeMax;  ///< of the whole input
  bool keep_unknown_fields = true;
  bool allow_partial = false;  ///< proto2 `required` fields may be missing
};

/// What stopped a Reader.
enum class WireFault : std::uint8_t {
  None,
  Truncated,       ///< a value reaches beyond the end of its message
  BadVarint,       ///< over ten bytes or over 64 bits
  BadTag,          ///< field number 0 or beyond 2^29 - 1
  BadWireType,     ///< 6 or 7
  UnmatchedGroup,  ///< an end without its start, or the reverse
  BadUtf8,         ///< in a `string` field
  TooDeep,
  TooLarge,
};
std::string_view to_string(WireFault fault) noexcept;

/// A cursor over one message and those within it. Every read returns false at the first fault,
/// which fault() names; from then on all reads fail. Texts and bytes are views of the input.
class Reader {
 public:
  explicit Reader(ByteSpan bytes, const ParseOptions& options = {}) noexcept
      : begin_(reinterpret_cast<const char*>(bytes.data())),
        at_(begin_),
        end_(begin_ + bytes.size()),
        tag_at_(begin_),
        depth_left_(options.depth_max),
        keep_unknown_(options.keep_unknown_fields) {
    if (bytes.size() > options.size_max) fail(WireFault::TooLarge);
  }

  /// The next tag of the current message; false at its end, or when something is wrong.
  bool next(std::uint32_t& tag) noexcept {
    if (at_ == end_) return at_end();
    tag_at_ = at_;
    const auto first = static_cast<unsigned char>(*at_);
    if (first < 0x80) {
      ++at_;
      tag = first;
    } else if (!long_tag(tag)) {
      return false;
    }
    if (tag < 8) return fail(WireFault::BadTag);
    if ((tag & 7) < 6 && (tag & 7) != 4) [[likely]]
      return true;
    return end_of_group(tag);
  }

  bool failed() const noexcept { return fault_ != WireFault::None; }
  WireFault fault() const noexcept { return fault_; }
  /// The fault as an error, with the offset of the field that holds it; asserts that there is one.
  Error error() const;
  bool fail(WireFault fault) noexcept {
    if (fault_ == WireFault::None) {
      fault_ = fault;
      fault_offset_ = static_cast<std::size_t>(tag_at_ - begin_);
    }
    at_ = end_;
    return false;
  }
  /// How many varints the rest of a packed field holds.
  std::size_t varints_left() const noexcept;
  /// Bytes left in the current message.
  std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  std::size_t offset() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

  // --- values; call the one that the tag's wire type asks for ---
  bool varint(std::uint64_t& value) noexcept {
    if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80) {
      value = static_cast<unsigned char>(*at_++);
      return true;
    }
    return long_varint(value);
  }
  bool fixed32(std::uint32_t& value) noexcept {
    if (remaining() < 4) return fail(WireFault::Truncated);
    value = load_le32(at_);
    at_ += 4;
    return true;
  }
  bool fixed64(std::uint64_t& value) noexcept {
    if (remaining() < 8) return fail(WireFault::Truncated);
    value = load_le64(at_);
    at_ += 8;
    return true;
  }
  bool bytes(std::string_view& value) noexcept {
    std::uint64_t size = 0;
    if (!varint(size)) return false;
    if (size > remaining()) return fail(WireFault::Truncated);
    value = {at_, static_cast<std::size_t>(size)};
    at_ += size;
    return true;
  }
  /// bytes() that must be UTF-8.
  bool text(std::string_view& value) noexcept;

  bool int32(std::int32_t& value) noexcept { return cast(value); }
  bool int64(std::int64_t& value) noexcept { return cast(value); }
  bool uint32(std::uint32_t& value) noexcept { return cast(value); }
  bool uint64(std::uint64_t& value) noexcept { return varint(value); }
  bool sint32(std::int32_t& value) noexcept {
    std::uint64_t raw = 0;
    if (!varint(raw)) return false;
    value = static_cast<std::int32_t>(zigzag_decode(raw & 0xFFFF'FFFF));
    return true;
  }
  bool sint64(std::int64_t& value) noexcept {
    std::uint64_t raw = 0;
    if (!varint(raw)) return false;
    value = zigzag_decode(raw);
    return true;
  }
  bool boolean(bool& value) noexcept {
    std::uint64_t raw = 0;
    if (!varint(raw)) return false;
    value = raw != 0;
    return true;
  }
  bool sfixed32(std::int32_t& value) noexcept {
    std::uint32_t raw = 0;
    if (!fixed32(raw)) return false;
    value = static_cast<std::int32_t>(raw);
    return true;
  }
  bool sfixed64(std::int64_t& value) noexcept {
    std::uint64_t raw = 0;
    if (!fixed64(raw)) return false;
    value = static_cast<std::int64_t>(raw);
    return true;
  }
  bool float_(float& value) noexcept {
    std::uint32_t raw = 0;
    if (!fixed32(raw)) return false;
    value = std::bit_cast<float>(raw);
    return true;
  }
  bool double_(double& value) noexcept {
    std::uint64_t raw = 0;
    if (!fixed64(raw)) return false;
    value = std::bit_cast<double>(raw);
    return true;
  }
  bool text(std::string& value) {
    std::string_view view;
    if (!text(view)) return false;
    value.assign(view);
    return true;
  }
  bool bytes(std::string& value) {
    std::string_view view;
    if (!bytes(view)) return false;
    value.assign(view);
    return true;
  }

  // --- nesting ---
  /// What enter() keeps of the message around.
  struct Scope {
    const char* end = nullptr;
    std::uint32_t group = 0;
    bool is_level = true;  // counts towards the depth
  };
  /// Reads a length; next() then gives the tags of the nested message up to its end.
  bool enter(Scope& scope) noexcept;
  /// The same for a packed field, which is no level of its own: read values while remaining() > 0.
  bool enter_packed(Scope& scope) noexcept;
  /// After a StartGroup tag: next() gives the tags up to the matching EndGroup.
  bool enter_group(std::uint32_t field_number, Scope& scope) noexcept;
  /// Back to the message around; false where the nested one was not read to its end.
  bool leave(const Scope& scope) noexcept;
  /// enter(), read(*this), leave().
  template <class F>
  bool nested(F&& read) {
    Scope scope;
    return enter(scope) && read(*this) && leave(scope);
  }

  /// enter_packed(), read_one(*this) for each value, leave().
  template <class F>
  bool packed(F&& read_one) {
    Scope scope;
    if (!enter_packed(scope)) return false;
    while (remaining() > 0)
      if (!read_one(*this)) return false;
    return leave(scope);
  }

  /// Steps over the value of the tag just read, groups included.
  bool skip(std::uint32_t tag) noexcept;
  /// skip(), and appends tag and value to `unknown` unless the options say no.
  bool unknown(std::uint32_t tag, std::string& unknown);
  /// The tag just read was nothing to the caller (a value of a closed enum, say) and its value has
  /// been read: keeps it.
  void keep(std::string& unknown) {
    if (keep_unknown_) unknown.append(tag_at_, static_cast<std::size_t>(at_ - tag_at_));
  }
  bool keeps_unknown_fields() const noexcept { return keep_unknown_; }
  const char* position() const noexcept { return at_; }
  const char* tag_position() const noexcept { return tag_at_; }

 private:
  template <class T>
  bool cast(T& value) noexcept {  // 64 bits cut to the type, as the encoding has it
    std::uint64_t raw = 0;
    if (!varint(raw)) return false;
    value = static_cast<T>(raw);
    return true;
  }
  bool at_end() noexcept {
    return group_ == 0 || group_closed_ ? false : fail(WireFault::UnmatchedGroup);
  }
  bool long_tag(std::uint32_t& tag) noexcept;
  bool long_varint(std::uint64_t& value) noexcept;
  bool end_of_group(std::uint32_t tag) noexcept;

  const char* begin_;
  const char* at_;
  const char* end_;
  const char* tag_at_;         // of the field being read
  std::uint32_t group_ = 0;    // the number of the group we are in, 0 in a message
  bool group_closed_ = false;  // its end has been read
  std::uint32_t depth_left_;
  bool keep_unknown_;
  WireFault fault_ = WireFault::None;
  std::size_t fault_offset_ = 0;
};

/// Appends to a string that outlives it, front to back. For messages written by hand.
class Writer {
 public:
  explicit Writer(std::string& out) noexcept : out_(out) {}

  void tag(std::uint32_t field, WireType type) { append_varint(out_, make_tag(field, type)); }
  void varint(std::uint64_t value) { append_varint(out_, value); }

  void uint64(std::uint32_t field, std::uint64_t value) {
    tag(field, WireType::Varint);
    varint(value);
  }
  void uint32(std::uint32_t field, std::uint32_t value) { uint64(field, value); }
  /// Negative ones take ten bytes.
  void int64(std::uint32_t field, std::int64_t value) {
    uint64(field, static_cast<std::uint64_t>(value));
  }
  void int32(std::uint32_t field, std::int32_t value) { int64(field, value); }
  void sint64(std::uint32_t field, std::int64_t value) { uint64(field, zigzag_encode(value)); }
  void sint32(std::uint32_t field, std::int32_t value) { sint64(field, value); }
  void boolean(std::uint32_t field, bool value) { uint64(field, value ? 1 : 0); }
  void fixed32(std::uint32_t field, std::uint32_t value) {
    tag(field, WireType::Fixed32);
    char raw[4];
    store_le32(raw, value);
    out_.append(raw, 4);
  }
  void fixed64(std::uint32_t field, std::uint64_t value) {
    tag(field, WireType::Fixed64);
    char raw[8];
    store_le64(raw, value);
    out_.append(raw, 8);
  }
  void float_(std::uint32_t field, float value) {
    fixed32(field, std::bit_cast<std::uint32_t>(value));
  }
  void double_(std::uint32_t field, double value) {
    fixed64(field, std::bit_cast<std::uint64_t>(value));
  }
  /// `string` and `bytes` fields, and messages that are serialised already.
  void bytes(std::uint32_t field, std::string_view value) {
    tag(field, WireType::LengthDelimited);
    varint(value.size());
    out_.append(value);
  }
  /// A nested message (or packed values): `write` appends its fields to this writer.
  template <class F>
  void message(std::uint32_t field, F&& write) {
    tag(field, WireType::LengthDelimited);
    const std::size_t start = out_.size();
    out_.push_back('\0');
    write(*this);
    close(start);
  }
  std::string& out() noexcept { return out_; }

 private:
  void close(std::size_t start);
  std::string& out_;
};

/// Writes from the last byte to the first: fields in falling order, each value before its tag.
/// Grows by doubling. Faults are kept: check failed() at the end.
class BackwardWriter {
 public:
  BackwardWriter() noexcept = default;
  BackwardWriter(const BackwardWriter&) = delete;
  BackwardWriter& operator=(const BackwardWriter&) = delete;
  ~BackwardWriter() {
    if (memory_ != inline_) delete[] memory_;
  }

  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  /// Valid until the next write.
  std::string_view view() const noexcept { return {at_, size()}; }

  void varint(std::uint64_t value) {
    if (value < 0x80) {
      *take(1) = static_cast<char>(value);
      return;
    }
    (void)encode_varint(take(encoded_size(value)), value);
  }
  void fixed32(std::uint32_t value) { store_le32(take(4), value); }
  void fixed64(std::uint64_t value) { store_le64(take(8), value); }
  void raw(std::string_view bytes) {
    if (!bytes.empty()) __builtin_memcpy(take(bytes.size()), bytes.data(), bytes.size());
  }
  void int32(std::int32_t value) { int64(value); }
  void int64(std::int64_t value) { varint(static_cast<std::uint64_t>(value)); }
  void uint32(std::uint32_t value) { varint(value); }
  void uint64(std::uint64_t value) { varint(value); }
  void sint32(std::int32_t value) { varint(zigzag_encode(value)); }
  void sint64(std::int64_t value) { varint(zigzag_encode(value)); }
  void boolean(bool value) { varint(value ? 1 : 0); }
  void sfixed32(std::int32_t value) { fixed32(static_cast<std::uint32_t>(value)); }
  void sfixed64(std::int64_t value) { fixed64(static_cast<std::uint64_t>(value)); }
  void float_(float value) { fixed32(std::bit_cast<std::uint32_t>(value)); }
  void double_(double value) { fixed64(std::bit_cast<std::uint64_t>(value)); }
  /// Length and bytes.
  void bytes(std::string_view value) {
    raw(value);
    varint(value.size());
  }
  /// bytes() that must be UTF-8; faults otherwise.
  void text(std::string_view value);
  /// The length prefix of all that was written since size() was `mark`.
  void length_since(std::size_t mark) { varint(size() - mark); }

  void fail(WireFault fault) noexcept {
    if (fault_ == WireFault::None) fault_ = fault;
  }
  bool failed() const noexcept { return fault_ != WireFault::None || size() > kMessageSizeMax; }
  Error error() const;
  /// What was written, or the fault.
  Result<std::string> finish() const;

  /// For recursion of generated code: false (and a fault) beyond kDepthMax.
  bool enter() noexcept {
    if (depth_ == kDepthMax) return fail(WireFault::TooDeep), false;
    return ++depth_, true;
  }
  void leave() noexcept { --depth_; }

 private:
  char* take(std::size_t count) {
    if (static_cast<std::size_t>(at_ - memory_) < count) [[unlikely]]
      grow(count);
    return at_ -= count;
  }
  void grow(std::size_t count);

  static constexpr std::size_t kInline = 512;
  char inline_[kInline];
  char* memory_ = inline_;
  char* end_ = inline_ + kInline;
  char* at_ = end_;
  unsigned depth_ = 0;
  WireFault fault_ = WireFault::None;
};

}  // namespace avila::protobuf
