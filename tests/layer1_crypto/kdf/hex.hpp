// Bytes as hexadecimal, for vectors.
#pragma once
#include <avila/error/span.hpp>
#include <avila/text/encoding.hpp>
#include <string>
#include <vector>

namespace kdf_test {

inline std::string from_hex(std::string_view hex) { return avila::text::hex_decode(hex).value(); }
inline std::string hex_of(avila::ByteSpan bytes) { return avila::text::hex_encode(bytes); }

/// What `derive(out)` writes into `size` bytes, in hexadecimal; its error's text where it fails.
template <class Derive>
std::string derived(std::size_t size, Derive derive) {
  std::vector<std::byte> out(size);
  const auto done = derive(avila::MutableByteSpan(out));
  return done.has_value() ? hex_of(out) : done.error().to_string();
}

}  // namespace kdf_test
