// What FIPS 204 and FIPS 205 put before a message: a byte that tells messages from digests, the
// context, and for a digest the identifier of its function.
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/post_quantum/pre_hash.hpp>

namespace avila::post_quantum::detail {

class Prefix {
 public:
  ByteSpan bytes() const noexcept { return ByteSpan(bytes_).first(size_); }
  /// 0 || length || context. Errors: InvalidArgument (a context above 255 bytes).
  static Result<Prefix> of_message(ByteSpan context);
  /// 1 || length || context || identifier. Errors: InvalidArgument (the same; a digest that is not
  /// of its function's length).
  static Result<Prefix> of_digest(PreHash function, ByteSpan digest, ByteSpan context);

 private:
  void add(ByteSpan more) noexcept;
  std::array<std::byte, 2 + 255 + 11> bytes_;
  std::size_t size_ = 0;
};

}  // namespace avila::post_quantum::detail
