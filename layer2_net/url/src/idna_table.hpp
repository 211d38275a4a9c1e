// Unicode data for IDNA (UTS #46), made by tools/make_idna_table.py.
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::url::detail {

/// From `first` to the next row's: a bidi class in the low four bits, then flags.
struct PropertyRange {
  std::uint32_t first;
  std::uint8_t properties;
};
enum : std::uint8_t {
  kBidiMask = 15,
  kMark = 16,
  kVirama = 32,
  kDisallowed = 64,
  kIgnored = 128,
};
enum BidiClass : std::uint8_t { kL = 1, kR, kAL, kAN, kEN, kES, kCS, kET, kON, kBN, kNSM };

/// Count 0: each code point maps to itself + value. Else to `count` code points of the pool.
struct MappingRange {
  std::uint32_t first, last;
  std::int32_t value;
  std::uint8_t count;
};

/// Joining_Type: 'D'ual, 'L'eft, 'R'ight, 'T'ransparent; code points without a row do not join.
struct JoiningRange {
  std::uint32_t first, last;
  char type;
};

extern const PropertyRange kPropertyRanges[];
extern const std::size_t kPropertyRangeCount;
extern const MappingRange kMappingRanges[];
extern const std::size_t kMappingRangeCount;
extern const char32_t kMappingPool[];
extern const JoiningRange kJoiningRanges[];
extern const std::size_t kJoiningRangeCount;

}  // namespace avila::url::detail
