// Order-preserving ("memcomparable") encoding of values: memcmp of two encodings orders as
// compare() does, equal values encode the same, and no encoding is a prefix of another. Sort keys,
// group keys, index keys and primary keys are made of it. Format:
//
//   01                          end of an array or object (less than any value)
//   05 undefined  10 null  20 false  21 true
//   30 b0…b7 [r0 r1]            number: bits of the nearest double, sign-folded, big-endian; where
//                               its magnitude is >= 2^53 also (value - double) + 0x8000, big-endian
//   40 bytes 00 01              string; 00 inside is written 00 FF
//   50 elements… 01             array        60 (key value)… 01   object, keys in byte order
//   FE / FF                     never begin a value: bounds
//
// Descending: every byte of the encoding inverted.
#pragma once
#include <avila/error/result.hpp>
#include <avila/sql/datum.hpp>

namespace avila::sql {

void append_key(std::string& to, const Datum& value, bool descending = false);
void append_key_string(std::string& to, std::string_view text);

/// Length of the encoded value at the front; Malformed when it is cut off or unknown.
Result<std::size_t> key_length(std::string_view from, bool descending = false);
/// Decodes the value at the front and removes it. 1.0 comes back as 1; objects with keys in order.
Result<Datum> take_key(std::string_view& from, Arena& arena, bool descending = false);

/// The first key after all that begin with `prefix`; empty when there is none.
std::string key_after_prefix(std::string_view prefix);

/// First bytes of a type's encodings, for ranges like "all numbers".
struct KeyTypeRange {
  unsigned char first, last;
};
KeyTypeRange key_type_range(const Datum& value) noexcept;

}  // namespace avila::sql
