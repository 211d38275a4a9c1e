// Box<T>: one owner of a heap object, as std::unique_ptr without its header's weight. A Box of a
// base class needs that class's virtual destructor; T may be incomplete where Box is only moved.
#pragma once
#include <avila/error/assert.hpp>
#include <concepts>
#include <cstddef>
#include <memory>
#include <utility>

namespace avila {

template <class T>
class Box {
 public:
  constexpr Box() noexcept = default;
  constexpr Box(std::nullptr_t) noexcept {}
  template <class... Args>
  static Box make(Args&&... args) {
    return Box(new T(std::forward<Args>(args)...));
  }
  /// Takes over what `new` gave.
  static Box adopt(T* pointer) noexcept { return Box(pointer); }

  Box(Box&& other) noexcept : pointer_(other.release()) {}
  template <class U>
    requires std::convertible_to<U*, T*>
  Box(Box<U>&& other) noexcept : pointer_(other.release()) {}
  Box& operator=(Box&& other) noexcept {
    reset(other.release());
    return *this;
  }
  Box(const Box&) = delete;
  Box& operator=(const Box&) = delete;
  ~Box() { reset(); }

  T* get() const noexcept { return pointer_; }
  T& operator*() const noexcept { return AVILA_ASSERT(pointer_ != nullptr), *pointer_; }
  T* operator->() const noexcept { return AVILA_ASSERT(pointer_ != nullptr), pointer_; }
  explicit operator bool() const noexcept { return pointer_ != nullptr; }
  [[nodiscard]] T* release() noexcept { return std::exchange(pointer_, nullptr); }
  void reset(T* pointer = nullptr) noexcept {
    static_assert(sizeof(T) > 0, "Box needs the whole type where it destroys");
    delete std::exchange(pointer_, pointer);
  }
  friend bool operator==(const Box& box, std::nullptr_t) noexcept {
    return box.pointer_ == nullptr;
  }

 private:
  explicit Box(T* pointer) noexcept : pointer_(pointer) {}
  T* pointer_ = nullptr;
};

}  // namespace avila
