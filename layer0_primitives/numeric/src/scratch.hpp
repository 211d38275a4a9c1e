// Working memory of an algorithm: limbs (or doubles), left uninitialised, freed on return.
#pragma once
#include <cstddef>
#include <new>

#include "limbs.hpp"

namespace avila::numeric::detail {

template <class T = Limb>
class Scratch {
 public:
  explicit Scratch(std::size_t n)
      : data_(static_cast<T*>(::operator new(n * sizeof(T) + 64, std::align_val_t{64}))) {}
  ~Scratch() { ::operator delete(data_, std::align_val_t{64}); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  T* get() noexcept { return data_; }
  operator T*() noexcept { return data_; }

 private:
  T* data_;
};

}  // namespace avila::numeric::detail
