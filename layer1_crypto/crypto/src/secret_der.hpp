// DER of secrets, written from its end to its start into memory that does not grow: no copy stays
// behind.
#pragma once
#include <avila/asn1/oid.hpp>
#include <avila/error/assert.hpp>
#include <avila/primitives/secret.hpp>

namespace avila::crypto::detail {

class SecretDer {
 public:
  explicit SecretDer(std::size_t capacity) : buffer_(capacity) {}

  /// What is written so far; what is written after it stands before it.
  std::size_t size() const noexcept { return size_; }
  void put(ByteSpan bytes) noexcept {
    AVILA_ASSERT(bytes.size() <= buffer_.size() - size_);
    size_ += bytes.size();
    const MutableByteSpan to = buffer_.span().subspan(buffer_.size() - size_, bytes.size());
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = bytes[i];
  }
  /// Tag and length around what was written since size() was `before`.
  void wrap(unsigned tag, std::size_t before = 0) noexcept {
    std::byte header[2 + sizeof(std::size_t)];
    std::size_t at = sizeof header;
    const std::size_t length = size_ - before;
    if (length < 0x80) {
      header[--at] = static_cast<std::byte>(length);
    } else {
      unsigned count = 0;
      for (std::size_t rest = length; rest != 0; rest >>= 8, ++count)
        header[--at] = static_cast<std::byte>(rest & 0xFF);
      header[--at] = static_cast<std::byte>(0x80 | count);
    }
    header[--at] = static_cast<std::byte>(tag);
    put(ByteSpan(header).subspan(at));
  }
  void element(unsigned tag, ByteSpan content) noexcept {
    const std::size_t before = size_;
    put(content);
    wrap(tag, before);
  }
  /// A magnitude without zeros before.
  void integer(ByteSpan magnitude) noexcept {
    const std::size_t before = size_;
    constexpr std::byte kZero[1] = {};
    put(magnitude);
    if (magnitude.empty() || (magnitude[0] & std::byte{0x80}) != std::byte{0}) put(kZero);
    wrap(0x02, before);
  }
  SecretBytes take() const { return SecretBytes::copy_of(buffer_.span().last(size_)); }

 private:
  SecretBytes buffer_;
  std::size_t size_ = 0;
};

}  // namespace avila::crypto::detail
