// Ordered walks over one column family, as of the moment the iterator was made.
#pragma once
#include <avila/error/result.hpp>
#include <string_view>

namespace avila::lsm {

/// Used by one thread at a time. Must be destroyed before its Db is closed. key() and value() are
/// valid until the next move. Not valid(): the end, or a failure that status() tells.
class Iterator {
 public:
  virtual ~Iterator() = default;
  virtual void seek_to_first() = 0;
  virtual void seek_to_last() = 0;
  virtual void seek(std::string_view key) = 0;           ///< first key >= `key`
  virtual void seek_for_prev(std::string_view key) = 0;  ///< last key <= `key`
  virtual void next() = 0;
  virtual void prev() = 0;
  virtual bool valid() const noexcept = 0;
  virtual std::string_view key() const noexcept = 0;
  virtual std::string_view value() const noexcept = 0;
  virtual Result<void> status() const = 0;
};

}  // namespace avila::lsm
