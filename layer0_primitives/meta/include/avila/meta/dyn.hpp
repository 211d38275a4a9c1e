// Values of any type behind an interface of your own: a table of functions, no base class, no RTTI.
#pragma once
#include <avila/error/assert.hpp>
#include <avila/meta/type_id.hpp>
#include <concepts>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace avila::meta {

/// An interface is a structure of function pointers whose first parameter is the object, as
/// `void*` or, for what does not change it, `const void*`; of<T>() fills it in for a type:
///
///   struct Shape {
///     double (*area)(const void* self);
///     void (*scale)(void* self, double factor);
///     template <class T>
///     static constexpr Shape of() {
///       return {.area = thunk<&T::area>, .scale = thunk<&T::scale>};
///     }
///   };
///   Dyn<Shape> shape = Circle{2};
///   shape.call<&Shape::scale>(3.0);
///
/// Where a member function does not fit, a lambda without captures does.
namespace detail {

template <auto Method, class Type = decltype(Method)>
struct Thunk;
template <auto Method, class R, class T, class... A, bool N>
struct Thunk<Method, R (T::*)(A...) noexcept(N)> {
  static R call(void* self, A... arguments) {
    return (static_cast<T*>(self)->*Method)(std::forward<A>(arguments)...);
  }
};
template <auto Method, class R, class T, class... A, bool N>
struct Thunk<Method, R (T::*)(A...) const noexcept(N)> {
  static R call(const void* self, A... arguments) {
    return (static_cast<const T*>(self)->*Method)(std::forward<A>(arguments)...);
  }
};

/// What every Dyn can do with its value.
struct Lifetime {
  TypeId type;
  void (*destroy)(void* self) noexcept;
  void (*move)(void* to,
               void* from) noexcept;  // and destroys `from`; null: on the heap, the pointer moves
  void (*copy)(void* to, const void* from);  // null: not copyable
  void* (*copy_to_heap)(const void* from);
};

template <class Interface>
struct Table {
  Lifetime lifetime;
  Interface interface;
};

}  // namespace detail

/// The entry of a table that calls a member function (of T itself, not of a base).
template <auto Method>
inline constexpr auto thunk = &detail::Thunk<Method>::call;

/// The interface of any type that has one: for Dyn<Any>, an `any`.
struct Any {
  template <class T>
  static constexpr Any of() noexcept {
    return {};
  }
};

enum class Copies : bool { No, Yes };

inline constexpr std::size_t kDynInlineBytes = 3 * sizeof(void*);

/// Holds a value of any type that Interface::of<T>() accepts, or nothing. Values of up to
/// InlineBytes that move without throwing live inside, others on the heap. Moving never throws; a
/// moved-from Dyn is empty. Not thread-safe, as values are.
template <class Interface, Copies Copyable = Copies::Yes, std::size_t InlineBytes = kDynInlineBytes>
class Dyn {
  static constexpr std::size_t kBytes = InlineBytes < sizeof(void*) ? sizeof(void*) : InlineBytes;
  template <class T>
  static constexpr bool kInline = sizeof(T) <= kBytes && alignof(T) <= alignof(std::max_align_t) &&
                                  std::is_nothrow_move_constructible_v<T>;
  template <class T>
  static constexpr bool kMayHold =
      !std::is_same_v<T, Dyn> && (Copyable == Copies::No || std::is_copy_constructible_v<T>) &&
      requires {
        { Interface::template of<T>() } -> std::same_as<Interface>;
      };

 public:
  constexpr Dyn() noexcept {}  // the bytes stay as they are
  template <class V, class T = std::remove_cvref_t<V>>
    requires(!std::is_same_v<T, Dyn>) && kMayHold<T>
  Dyn(V&& value) {
    make<T>(std::forward<V>(value));
  }
  Dyn(Dyn&& other) noexcept { take(other); }
  Dyn& operator=(Dyn&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  Dyn(const Dyn& other)
    requires(Copyable == Copies::Yes)
  {
    copy(other);
  }
  Dyn& operator=(const Dyn& other)
    requires(Copyable == Copies::Yes)
  {
    if (this != &other) *this = Dyn(other);  // unchanged if the copy throws
    return *this;
  }
  ~Dyn() { reset(); }

  /// Replaces the value by a T made of `arguments`; empty if that throws.
  template <class T, class... Arguments>
    requires kMayHold<T>
  T& emplace(Arguments&&... arguments) {
    reset();
    return make<T>(std::forward<Arguments>(arguments)...);
  }
  void reset() noexcept {
    if (table_ == nullptr) return;
    std::exchange(table_, nullptr)->lifetime.destroy(bytes_);
  }
  void swap(Dyn& other) noexcept {
    Dyn mine(std::move(*this));
    *this = std::move(other);
    other = std::move(mine);
  }

  bool has_value() const noexcept { return table_ != nullptr; }
  explicit operator bool() const noexcept { return has_value(); }
  /// TypeId() when empty.
  TypeId type() const noexcept { return has_value() ? table_->lifetime.type : TypeId(); }

  /// The value if it is a T, else null.
  template <class T>
  T* get_if() noexcept {
    return type() == TypeId::of<T>() ? static_cast<T*>(object<T>()) : nullptr;
  }
  template <class T>
  const T* get_if() const noexcept {
    return const_cast<Dyn*>(this)->template get_if<T>();
  }

  /// Calls an entry of the interface with the value; one whose object is `const void*` also for a
  /// const Dyn. Asserts that there is a value.
  template <auto Entry, class... Arguments>
  decltype(auto) call(Arguments&&... arguments) {
    AVILA_ASSERT(has_value());
    return (table_->interface.*Entry)(address(), std::forward<Arguments>(arguments)...);
  }
  template <auto Entry, class... Arguments>
  decltype(auto) call(Arguments&&... arguments) const {
    AVILA_ASSERT(has_value());
    return (table_->interface.*Entry)(static_cast<const void*>(address()),
                                      std::forward<Arguments>(arguments)...);
  }
  /// The table and the object, for DynRef and for calls without the check; null when empty.
  const Interface* interface() const noexcept { return table_ ? &table_->interface : nullptr; }
  void* address() noexcept { return on_heap() ? *heap() : bytes_; }
  const void* address() const noexcept { return const_cast<Dyn*>(this)->address(); }
  /// Whether the value fits inside.
  bool is_inline() const noexcept { return has_value() && !on_heap(); }

 private:
  using Table = detail::Table<Interface>;

  template <class T>
  static T* inside(void* bytes) noexcept {
    return std::launder(reinterpret_cast<T*>(bytes));
  }
  void** heap() const noexcept { return inside<void*>(const_cast<std::byte*>(bytes_)); }
  bool on_heap() const noexcept { return table_ != nullptr && table_->lifetime.move == nullptr; }
  template <class T>
  void* object() noexcept {
    return kInline<T> ? static_cast<void*>(bytes_) : *heap();
  }

  template <class T, class... Arguments>
  T& make(Arguments&&... arguments) {
    T* made;
    if constexpr (kInline<T>) {
      made = ::new (static_cast<void*>(bytes_)) T(std::forward<Arguments>(arguments)...);
    } else {
      made = new T(std::forward<Arguments>(arguments)...);
      ::new (static_cast<void*>(bytes_)) void*(made);
    }
    table_ = &kTable<T>;
    return *made;
  }
  void take(Dyn& other) noexcept {
    if (!other.has_value()) return;
    if (other.on_heap()) {
      ::new (static_cast<void*>(bytes_)) void*(*other.heap());
    } else {
      other.table_->lifetime.move(bytes_, other.bytes_);
    }
    table_ = std::exchange(other.table_, nullptr);
  }
  void copy(const Dyn& other) {
    if (!other.has_value()) return;
    if (other.on_heap()) {
      ::new (static_cast<void*>(bytes_)) void*(other.table_->lifetime.copy_to_heap(*other.heap()));
    } else {
      other.table_->lifetime.copy(bytes_, other.bytes_);
    }
    table_ = other.table_;
  }

  template <class T>
  static constexpr detail::Lifetime lifetime() noexcept {
    detail::Lifetime out{.type = TypeId::of<T>(),
                         .destroy = nullptr,
                         .move = nullptr,
                         .copy = nullptr,
                         .copy_to_heap = nullptr};
    if constexpr (kInline<T>) {
      out.destroy = [](void* bytes) noexcept { inside<T>(bytes)->~T(); };
      out.move = [](void* to, void* from) noexcept {
        ::new (to) T(std::move(*inside<T>(from)));
        inside<T>(from)->~T();
      };
      if constexpr (Copyable == Copies::Yes)
        out.copy = [](void* to, const void* from) {
          ::new (to) T(*std::launder(static_cast<const T*>(from)));
        };
    } else {
      out.destroy = [](void* bytes) noexcept { delete static_cast<T*>(*inside<void*>(bytes)); };
      if constexpr (Copyable == Copies::Yes)
        out.copy_to_heap = [](const void* from) -> void* {
          return new T(*static_cast<const T*>(from));
        };
    }
    return out;
  }
  template <class T>
  static constexpr Table kTable{lifetime<T>(), Interface::template of<T>()};

  alignas(std::max_align_t) std::byte bytes_[kBytes];
  const Table* table_ = nullptr;
};

/// A reference to a value that lives elsewhere, behind an interface: two pointers, copied freely.
template <class Interface>
class DynRef {
 public:
  template <class T>
    requires(!std::is_same_v<std::remove_const_t<T>, DynRef> && !std::is_const_v<T> &&
             requires {
               { Interface::template of<T>() } -> std::same_as<Interface>;
             })
  DynRef(T& object) noexcept : object_(&object), interface_(&kInterface<T>) {}
  template <Copies C, std::size_t N>
  DynRef(Dyn<Interface, C, N>& value) noexcept
      : object_(value.address()), interface_(value.interface()) {
    AVILA_ASSERT(value.has_value());
  }

  template <auto Entry, class... Arguments>
  decltype(auto) call(Arguments&&... arguments) const {
    return (interface_->*Entry)(object_, std::forward<Arguments>(arguments)...);
  }

 private:
  template <class T>
  static constexpr Interface kInterface = Interface::template of<T>();
  void* object_;
  const Interface* interface_;
};

}  // namespace avila::meta
