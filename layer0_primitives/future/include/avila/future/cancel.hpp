// Cancellation: a CancelSource asks, CancelTokens hear it.
#pragma once
#include <avila/error/error.hpp>
#include <avila/future/fwd.hpp>
#include <type_traits>
#include <utility>

namespace avila::future {

namespace detail {
struct CancelState;
void retain(CancelState* state) noexcept;
void release(CancelState* state) noexcept;
bool is_cancelled(const CancelState* state) noexcept;

/// One registration: an intrusive node. After unregister() (or the destructor) the callback is not
/// running and will not run, unless this is called from within it.
class CancelNode {
 public:
  using Call = void (*)(CancelNode&) noexcept;
  explicit CancelNode(Call call) noexcept : call_(call) {}
  ~CancelNode() { unregister(); }
  CancelNode(const CancelNode&) = delete;
  CancelNode& operator=(const CancelNode&) = delete;

  /// Calls back at once, in this call, when it is cancelled already. A default token: does nothing.
  void register_with(const CancelToken& token) noexcept;
  void unregister() noexcept;

 private:
  friend struct CancelState;
  Call call_;
  CancelState* state_ = nullptr;  // what we are registered with; owned
  CancelNode* next_ = nullptr;
  CancelNode* previous_ = nullptr;
  bool linked_ = false;
};
}  // namespace detail

/// Cheap to copy (a counted pointer). A default token is never cancelled.
class CancelToken {
 public:
  CancelToken() noexcept = default;
  CancelToken(const CancelToken& other) noexcept : state_(other.state_) { detail::retain(state_); }
  CancelToken(CancelToken&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  CancelToken& operator=(CancelToken other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~CancelToken() { detail::release(state_); }

  bool cancelled() const noexcept { return state_ != nullptr && detail::is_cancelled(state_); }
  /// False for a default token: nobody can cancel it, and waiting for it is free.
  bool can_be_cancelled() const noexcept { return state_ != nullptr; }

  /// Calls `callback` once, on cancel(), in the cancelling thread, or at once when cancelled
  /// already; for as long as the returned object lives: `auto watch = token.on_cancel([&] { … });`.
  /// The callback is short, does not block and does not throw.
  template <class F>
  [[nodiscard]] auto on_cancel(F callback) const;

 private:
  friend class CancelSource;
  friend class detail::CancelNode;
  explicit CancelToken(detail::CancelState* state) noexcept : state_(state) {
    detail::retain(state_);
  }
  detail::CancelState* state_ = nullptr;
};

/// Owns the right to cancel. Movable; dropping it does not cancel.
class CancelSource {
 public:
  CancelSource();
  /// Also cancelled when the parent is.
  explicit CancelSource(const CancelToken& parent);
  CancelSource(CancelSource&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  CancelSource& operator=(CancelSource&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~CancelSource();

  /// Idempotent, any thread. Runs the callbacks before it returns (the first caller does).
  void cancel() noexcept;
  bool cancelled() const noexcept { return detail::is_cancelled(state_); }
  CancelToken token() const noexcept { return CancelToken(state_); }

 private:
  detail::CancelState* state_;
};

/// The registration of on_cancel(); unregisters itself.
template <class F>
class [[nodiscard]] OnCancel : private detail::CancelNode {
 public:
  OnCancel(const CancelToken& token, F callback)
      : CancelNode([](CancelNode& node) noexcept { static_cast<OnCancel&>(node).callback_(); }),
        callback_(std::move(callback)) {
    register_with(token);
  }
  ~OnCancel() { unregister(); }  // before callback_ goes

 private:
  F callback_;
};

template <class F>
auto CancelToken::on_cancel(F callback) const {
  return OnCancel<F>(*this, std::move(callback));
}

/// Error(Errc::Cancelled, "<what> was cancelled").
Error cancelled_error(std::string_view what, const char* file = __builtin_FILE(),
                      int line = __builtin_LINE());

}  // namespace avila::future
