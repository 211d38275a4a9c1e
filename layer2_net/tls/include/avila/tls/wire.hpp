// Reading and writing the vectors of TLS's presentation language (RFC 8446 section 3).
#pragma once
#include <avila/error/span.hpp>
#include <avila/primitives/endian.hpp>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace avila::tls {

/// A cursor over bytes from outside. It fails for good at the first read beyond the end: what it
/// gives then is zero or empty, and ok() is false. Views live as long as the bytes.
class WireReader {
 public:
  explicit WireReader(ByteSpan bytes) noexcept : rest_(bytes) {}

  bool ok() const noexcept { return ok_; }
  bool empty() const noexcept { return rest_.empty(); }
  /// Everything was there, and nothing more.
  bool done() const noexcept { return ok_ && rest_.empty(); }
  ByteSpan rest() const noexcept { return rest_; }

  ByteSpan bytes(std::size_t count) noexcept {
    if (!ok_ || rest_.size() < count) {
      fail();
      return {};
    }
    const ByteSpan taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u24() noexcept { return number(3); }
  std::uint32_t u32() noexcept { return number(4); }
  ByteSpan vector8() noexcept { return bytes(u8()); }
  ByteSpan vector16() noexcept { return bytes(u16()); }
  ByteSpan vector24() noexcept { return bytes(u24()); }
  /// A vector of 16-bit numbers with a length of 16 bits in front: not empty, none cut.
  std::vector<std::uint16_t> numbers16() {
    const ByteSpan raw = vector16();
    if (raw.empty() || raw.size() % 2 != 0) fail();
    std::vector<std::uint16_t> numbers;
    for (std::size_t i = 0; ok_ && i < raw.size(); i += 2) numbers.push_back(load_be16(&raw[i]));
    return numbers;
  }
  void fail() noexcept {
    ok_ = false;
    rest_ = {};
  }

 private:
  std::uint32_t number(std::size_t width) noexcept {
    std::uint32_t value = 0;
    for (const std::byte b : bytes(width)) value = value << 8 | static_cast<std::uint32_t>(b);
    return value;
  }
  ByteSpan rest_;
  bool ok_ = true;
};

/// Appends to a vector of bytes.
class WireWriter {
 public:
  explicit WireWriter(std::vector<std::byte>& out) noexcept : out_(out) {}

  void u8(unsigned value) { number(value, 1); }
  void u16(unsigned value) { number(value, 2); }
  void u24(std::size_t value) { number(value, 3); }
  void u32(std::uint32_t value) { number(value, 4); }
  void bytes(ByteSpan raw) { out_.insert(out_.end(), raw.begin(), raw.end()); }
  void text(std::string_view raw) { bytes(as_bytes(raw)); }
  void vector8(ByteSpan raw) {
    number(raw.size(), 1);
    bytes(raw);
  }
  void vector16(ByteSpan raw) {
    number(raw.size(), 2);
    bytes(raw);
  }
  void vector24(ByteSpan raw) {
    number(raw.size(), 3);
    bytes(raw);
  }
  std::size_t size() const noexcept { return out_.size(); }

  /// Writes the length of what was appended during its life in front of that.
  class Length {
   public:
    Length(WireWriter& writer, std::size_t width)
        : out_(writer.out_), at_(out_.size()), width_(width) {
      out_.resize(at_ + width);
    }
    ~Length() {
      std::size_t length = out_.size() - at_ - width_;
      for (std::size_t i = width_; i-- > 0; length >>= 8)
        out_[at_ + i] = static_cast<std::byte>(length & 0xff);
    }
    Length(const Length&) = delete;
    Length& operator=(const Length&) = delete;

   private:
    std::vector<std::byte>& out_;
    std::size_t at_, width_;
  };

 private:
  void number(std::uint64_t value, std::size_t width) {
    for (std::size_t i = width; i-- > 0;) out_.push_back(static_cast<std::byte>(value >> 8 * i));
  }
  std::vector<std::byte>& out_;
};

}  // namespace avila::tls
