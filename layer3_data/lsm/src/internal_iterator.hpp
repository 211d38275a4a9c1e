// A walk over entries in internal order.
#pragma once
#include <avila/error/result.hpp>
#include <memory>

#include "format.hpp"

namespace avila::lsm::detail {

class InternalIterator {
 public:
  virtual ~InternalIterator() = default;
  virtual bool valid() const noexcept = 0;
  virtual void seek(std::string_view key, Tag tag) = 0;  ///< first entry not before (key, tag)
  virtual void seek_to_first() = 0;
  virtual void seek_to_last() = 0;
  virtual void next() = 0;
  virtual void prev() = 0;
  virtual std::string_view key() const noexcept = 0;  ///< valid until the next move
  virtual Tag tag() const noexcept = 0;
  virtual std::string_view value() const noexcept = 0;
  virtual Result<void> status() const = 0;
};

}  // namespace avila::lsm::detail
