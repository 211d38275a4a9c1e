// RefCell<T>: one thread's value whose borrows are counted: any number of readers or one writer.
// It finds aliasing bugs at run time (a callback that changes what its caller iterates over).
#pragma once
#include <avila/error/assert.hpp>
#include <cstdint>
#include <optional>
#include <utility>

namespace avila::cell {

template <class T>
class RefCell {
 public:
  /// A shared borrow; while one lives, borrow_mut fails.
  class Ref {
   public:
    Ref(const Ref& other) noexcept : cell_(other.cell_) {
      if (cell_ != nullptr) ++cell_->borrows_;
    }
    Ref(Ref&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
      std::swap(cell_, other.cell_);
      return *this;
    }
    ~Ref() {
      if (cell_ != nullptr) --cell_->borrows_;
    }
    const T& operator*() const noexcept { return cell_->value_; }
    const T* operator->() const noexcept { return &cell_->value_; }

   private:
    friend RefCell;
    explicit Ref(const RefCell* cell) noexcept : cell_(cell) { ++cell_->borrows_; }
    const RefCell* cell_;
  };

  /// The exclusive borrow.
  class RefMut {
   public:
    RefMut(RefMut&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
    RefMut& operator=(RefMut&& other) noexcept {
      std::swap(cell_, other.cell_);
      return *this;
    }
    ~RefMut() {
      if (cell_ != nullptr) cell_->borrows_ = 0;
    }
    T& operator*() const noexcept { return cell_->value_; }
    T* operator->() const noexcept { return &cell_->value_; }

   private:
    friend RefCell;
    explicit RefMut(RefCell* cell) noexcept : cell_(cell) { cell_->borrows_ = kExclusive; }
    RefCell* cell_;
  };

  RefCell() = default;
  explicit RefCell(T value) : value_(std::move(value)) {}
  ~RefCell() { AVILA_ASSERT(borrows_ == 0); }
  RefCell(const RefCell&) = delete;
  RefCell& operator=(const RefCell&) = delete;

  std::optional<Ref> try_borrow() const noexcept {
    if (borrows_ == kExclusive) return std::nullopt;
    return Ref(this);
  }
  std::optional<RefMut> try_borrow_mut() noexcept {
    if (borrows_ != 0) return std::nullopt;
    return RefMut(this);
  }
  /// The same for callers that know; a conflict is an assertion failure.
  Ref borrow() const noexcept {
    AVILA_ASSERT(borrows_ != kExclusive);
    return Ref(this);
  }
  RefMut borrow_mut() noexcept {
    AVILA_ASSERT(borrows_ == 0);
    return RefMut(this);
  }
  /// Puts `value` in, hands the old one out; nobody may be borrowing.
  T replace(T value) { return std::exchange(*borrow_mut(), std::move(value)); }
  T into_inner() && {
    AVILA_ASSERT(borrows_ == 0);
    return std::move(value_);
  }

 private:
  static constexpr std::int32_t kExclusive = -1;
  T value_{};
  mutable std::int32_t borrows_ = 0;
};

}  // namespace avila::cell
