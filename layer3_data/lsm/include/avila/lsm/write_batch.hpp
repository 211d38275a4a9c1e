// Several changes, applied atomically, in order.
#pragma once
#include <avila/error/result.hpp>
#include <avila/lsm/options.hpp>

namespace avila::lsm {

class WriteBatch {
 public:
  void put(std::string_view key, std::string_view value, ColumnFamily* family = nullptr);
  /// The entry is gone once the wall clock passes `expires`.
  void put_until(std::string_view key, std::string_view value, WallTime expires,
                 ColumnFamily* family = nullptr);
  void erase(std::string_view key, ColumnFamily* family = nullptr);
  /// All keys in [begin, end).
  void erase_range(std::string_view begin, std::string_view end, ColumnFamily* family = nullptr);
  void merge(std::string_view key, std::string_view operand, ColumnFamily* family = nullptr);
  /// Adds the changes of another batch behind these.
  void append(const WriteBatch& other);

  void clear() noexcept { bytes_.clear(), count_ = 0, too_large_ = false; }
  std::size_t size_bytes() const noexcept { return bytes_.size(); }
  std::size_t count() const noexcept { return count_; }

  /// The changes as they are in the log; from_bytes() checks them.
  std::string_view bytes() const noexcept { return bytes_; }
  static Result<WriteBatch> from_bytes(std::string_view bytes);

 private:
  friend class detail::Engine;
  void add(unsigned kind, std::string_view key, const ColumnFamily* family);
  void add_value(std::string_view value);

  std::string bytes_;
  std::size_t count_ = 0;
  bool too_large_ = false;  // a key or value over its limit: the write is refused
};

}  // namespace avila::lsm
