// Tables of property_tables.cpp: an index sorted by name, and the ranges as LEB128 pairs.
#pragma once
#include <cstdint>

namespace avila::text::detail {

struct PropertyEntry {
  const char* name;
  std::uint32_t offset, count;  // of kPropertyRanges; count of ranges
};
// clang-format off
extern const unsigned kPropertyCount;
extern const PropertyEntry kProperties[];
extern const std::uint8_t kPropertyRanges[];
// clang-format on

}  // namespace avila::text::detail
