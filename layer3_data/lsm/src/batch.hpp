// The bytes of a write batch. Per change: kind (bit 7: a family follows), varint family, varint
// key size, key, and but for erasures varint value size, value.
#pragma once
#include <avila/lsm/db.hpp>
#include <avila/primitives/varint.hpp>

#include "format.hpp"

namespace avila::lsm::detail {

inline constexpr unsigned kFamilyFlag = 0x80;

struct BatchEntry {
  Kind kind = Kind::Erase;
  std::uint32_t family = 0;
  std::string_view key, value;
};

class BatchReader {
 public:
  explicit BatchReader(std::string_view bytes) noexcept
      : begin_(bytes.data()), at_(begin_), start_(begin_), end_(begin_ + bytes.size()) {}
  bool next(BatchEntry& entry) noexcept;  ///< false: the end, or failed()
  bool failed() const noexcept { return failed_; }
  std::size_t offset() const noexcept { return static_cast<std::size_t>(start_ - begin_); }

 private:
  const char *begin_, *at_, *start_, *end_;
  bool failed_ = false;
};

}  // namespace avila::lsm::detail
