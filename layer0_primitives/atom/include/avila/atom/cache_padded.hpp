// A value that shares its cache line with nobody.
#pragma once
#include <avila/atom/backoff.hpp>
#include <utility>

namespace avila::atom {

/// Aligned and padded to kCacheLineBytes, so that writers of two neighbours do not slow each other.
template <class T>
struct alignas(kCacheLineBytes) CachePadded {
  T value{};

  CachePadded() = default;
  template <class... Args>
  explicit CachePadded(std::in_place_t, Args&&... args) : value(std::forward<Args>(args)...) {}
  T& operator*() noexcept { return value; }
  const T& operator*() const noexcept { return value; }
  T* operator->() noexcept { return &value; }
  const T* operator->() const noexcept { return &value; }
};

}  // namespace avila::atom
