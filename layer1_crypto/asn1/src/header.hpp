#pragma once
#include <avila/asn1/tag.hpp>

namespace avila::asn1::detail {

struct Header {
  Tag tag;
  std::uint64_t length = 0;  ///< of the content; within the input
  std::size_t size = 0;      ///< bytes of tag and length
  bool indefinite = false;   ///< BER: up to an end of contents
};

/// `ber`: long forms where short ones fit, and the indefinite length, are taken.
Result<Header> read_header(ByteSpan bytes, bool ber);

/// The order of X.690 §11.6: as texts of bytes (a shorter one that is a beginning comes first).
bool der_less(ByteSpan a, ByteSpan b) noexcept;
bool is_sorted_set(ByteSpan content);

}  // namespace avila::asn1::detail
