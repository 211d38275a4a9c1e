// The stored forms: numbers with the highest byte first, strings with their lengths before them.
#pragma once
#include <avila/error/result.hpp>
#include <avila/primitives/endian.hpp>
#include <cstring>
#include <string_view>

namespace avila::keystore {

/// A cursor over bytes from outside. Errors: Malformed with the offset.
class WireReader {
 public:
  explicit WireReader(ByteSpan bytes) noexcept : all_(bytes) {}
  std::size_t offset() const noexcept { return at_; }
  std::size_t left() const noexcept { return all_.size() - at_; }

  Result<ByteSpan> take(std::size_t size) {
    if (size > left())
      return Error(Errc::Malformed, "ends within a field", {.offset = all_.size()});
    at_ += size;
    return all_.subspan(at_ - size, size);
  }
  template <class T>
  Result<T> number() {
    AVILA_TRY(const ByteSpan bytes, take(sizeof(T)));
    if constexpr (sizeof(T) == 1)
      return static_cast<T>(bytes[0]);
    else
      return load_be<T>(bytes.data());
  }
  Result<std::uint8_t> u8() { return number<std::uint8_t>(); }
  Result<std::uint16_t> u16() { return number<std::uint16_t>(); }
  Result<std::uint32_t> u32() { return number<std::uint32_t>(); }
  Result<std::uint64_t> u64() { return number<std::uint64_t>(); }
  /// Behind a length of four bytes.
  Result<ByteSpan> blob(std::size_t limit) {
    AVILA_TRY(const std::uint32_t size, u32());
    if (size > limit) return malformed("a field is longer than it may be");
    return take(size);
  }
  template <std::size_t N>
  Result<std::array<std::byte, N>> array() {
    AVILA_TRY(const ByteSpan bytes, take(N));
    std::array<std::byte, N> out;
    std::memcpy(out.data(), bytes.data(), N);
    return out;
  }
  Result<void> finish() const {
    if (left() != 0) return malformed("bytes behind the end");
    return {};
  }
  Error malformed(std::string_view what) const {
    return Error(Errc::Malformed, what, {.offset = at_});
  }

 private:
  ByteSpan all_;
  std::size_t at_ = 0;
};

/// Counts where it has no memory, then writes into memory of that size: secrets are written once,
/// to where they stay.
class WireWriter {
 public:
  WireWriter() noexcept = default;
  explicit WireWriter(MutableByteSpan into) noexcept : into_(into), writes_(true) {}
  std::size_t size() const noexcept { return at_; }

  void bytes(ByteSpan from) noexcept {
    if (writes_ && !from.empty())
      std::memcpy(into_.subspan(at_, from.size()).data(), from.data(), from.size());
    at_ += from.size();
  }
  template <class T>
  void number(T value) noexcept {
    std::byte raw[sizeof(T)];
    if constexpr (sizeof(T) == 1)
      raw[0] = static_cast<std::byte>(value);
    else
      store_be<T>(raw, value);
    bytes(raw);
  }
  void u8(std::uint8_t value) noexcept { number(value); }
  void u16(std::uint16_t value) noexcept { number(value); }
  void u32(std::uint32_t value) noexcept { number(value); }
  void u64(std::uint64_t value) noexcept { number(value); }
  void blob(ByteSpan from) noexcept {
    u32(static_cast<std::uint32_t>(from.size()));
    bytes(from);
  }

 private:
  MutableByteSpan into_;
  std::size_t at_ = 0;
  bool writes_ = false;
};

}  // namespace avila::keystore
