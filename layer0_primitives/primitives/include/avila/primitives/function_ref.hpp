// FunctionRef<R(Args…)>: a view of a callable, two words, for parameters that are called during
// the call. It never owns: the callable must outlive it.
#pragma once
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace avila {

template <class Signature>
class FunctionRef;

template <class R, class... Args>
class FunctionRef<R(Args...)> {
 public:
  /// Calls nothing; only to be assigned to, or tested.
  constexpr FunctionRef() noexcept = default;
  constexpr FunctionRef(std::nullptr_t) noexcept {}

  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> &&
             std::is_invocable_r_v<R, F&, Args...>)
  constexpr FunctionRef(F&& callable) noexcept {
    using Callable = std::remove_reference_t<F>;
    if constexpr (std::is_function_v<Callable>) {
      target_.function = reinterpret_cast<void (*)()>(&callable);
      call_ = [](Target target, Args... args) -> R {
        return reinterpret_cast<Callable*>(target.function)(std::forward<Args>(args)...);
      };
    } else {
      target_.object = const_cast<void*>(static_cast<const void*>(std::addressof(callable)));
      call_ = [](Target target, Args... args) -> R {
        return static_cast<R>(
            (*static_cast<Callable*>(target.object))(std::forward<Args>(args)...));
      };
    }
  }

  R operator()(Args... args) const { return call_(target_, std::forward<Args>(args)...); }
  constexpr explicit operator bool() const noexcept { return call_ != nullptr; }

 private:
  union Target {
    void* object = nullptr;
    void (*function)();
  };
  Target target_;
  R (*call_)(Target, Args...) = nullptr;
};

}  // namespace avila
