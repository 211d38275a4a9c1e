// The Huffman code of RFC 7541 appendix B.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <string>
#include <string_view>

namespace avila::http2::detail {

std::size_t huffman_size(std::string_view text) noexcept;  ///< bytes of the code
void huffman_encode(std::string& out, std::string_view text);
/// Replaces `out`. Errors: Malformed (EOS, padding of more than 7 bits or not of ones).
Result<void> huffman_decode(ByteSpan code, std::string& out);

}  // namespace avila::http2::detail
