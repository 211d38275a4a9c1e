#include <atomic>
#include <avila/atom/spin_lock.hpp>
#include <avila/error/assert.hpp>
#include <avila/future/cancel.hpp>
#include <string>

namespace avila::future {
namespace detail {
namespace {
/// An address that is this thread's own.
const void* thread_mark() noexcept {
  static constinit thread_local char mark = 0;
  return &mark;
}
}  // namespace

struct CancelState {
  std::atomic<int> references{1};
  std::atomic<bool> cancelled{false};
  atom::SpinLock lock;
  // Guarded by the lock.
  CancelNode* first = nullptr;
  CancelNode* running = nullptr;         // the node whose callback runs now
  const void* running_thread = nullptr;  // and where

  // The link to a parent: cancels us with it. Registered at most once, by the constructor of
  // CancelSource; holds a reference of the parent's state, not of ours.
  struct ParentLink : CancelNode {
    explicit ParentLink(CancelState& owner) noexcept
        : CancelNode([](CancelNode& node) noexcept {
            CancelState& child = static_cast<ParentLink&>(node).state;
            // At zero the last user is in ~CancelState, which waits for this callback to return.
            if (!child.retain_unless_dying()) return;
            child.cancel();
            release(&child);
          }),
          state(owner) {}
    CancelState& state;
  };
  ParentLink parent{*this};

  bool retain_unless_dying() noexcept {
    int count = references.load(std::memory_order_relaxed);
    while (count != 0)
      if (references.compare_exchange_weak(count, count + 1, std::memory_order_relaxed))
        return true;
    return false;
  }

  void push(CancelNode& node) noexcept {
    node.previous_ = nullptr;
    node.next_ = first;
    if (first != nullptr) first->previous_ = &node;
    first = &node;
    node.linked_ = true;
  }
  void unlink(CancelNode& node) noexcept {
    (node.previous_ != nullptr ? node.previous_->next_ : first) = node.next_;
    if (node.next_ != nullptr) node.next_->previous_ = node.previous_;
    node.linked_ = false;
  }

  void cancel() noexcept {
    lock.lock();
    if (cancelled.load(std::memory_order_relaxed)) return lock.unlock();
    // release: a thread that sees the flag by cancelled() sees what was written before cancel().
    cancelled.store(true, std::memory_order_release);
    // Callbacks may drop the last token and source: keep the state until the loop is over.
    references.fetch_add(1, std::memory_order_relaxed);
    running_thread = thread_mark();
    while (first != nullptr) {
      CancelNode& node = *first;
      unlink(node);
      running = &node;
      lock.unlock();
      node.call_(node);  // may destroy the node, from within; not touched afterwards
      lock.lock();
      running = nullptr;
    }
    running_thread = nullptr;
    lock.unlock();
    release(this);
  }

  void remove(CancelNode& node) noexcept {
    lock.lock();
    if (node.linked_) {
      unlink(node);
    } else if (running == &node && running_thread != thread_mark()) {
      // Its callback runs in another thread: wait, for the caller is about to destroy the node.
      atom::Backoff backoff;
      while (running == &node) {
        lock.unlock();
        backoff.pause();
        lock.lock();
      }
    }
    lock.unlock();
  }

  /// False: cancelled already, and the node was not added.
  bool add(CancelNode& node) noexcept {
    const atom::Guard guard(lock);
    if (cancelled.load(std::memory_order_relaxed)) return false;
    push(node);
    return true;
  }
};

void retain(CancelState* state) noexcept {
  // relaxed: whoever copies holds a reference, so the count cannot reach zero meanwhile.
  if (state != nullptr) state->references.fetch_add(1, std::memory_order_relaxed);
}

void release(CancelState* state) noexcept {
  // acq_rel: the last one to leave sees all that the others did before they left.
  if (state != nullptr && state->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    delete state;
}

bool is_cancelled(const CancelState* state) noexcept {
  return state->cancelled.load(std::memory_order_acquire);
}

void CancelNode::register_with(const CancelToken& token) noexcept {
  AVILA_ASSERT(state_ == nullptr);
  if (token.state_ == nullptr) return;
  retain(token.state_);
  state_ = token.state_;
  if (!state_->add(*this)) call_(*this);
}

void CancelNode::unregister() noexcept {
  if (state_ == nullptr) return;
  CancelState* const state = std::exchange(state_, nullptr);
  state->remove(*this);
  release(state);
}

}  // namespace detail

CancelSource::CancelSource() : state_(new detail::CancelState) {}

CancelSource::CancelSource(const CancelToken& parent) : CancelSource() {
  state_->parent.register_with(parent);
}

// Tokens that are still held keep hearing the parent: the link lives as long as the state.
CancelSource::~CancelSource() { detail::release(state_); }

void CancelSource::cancel() noexcept { state_->cancel(); }

Error cancelled_error(std::string_view what, const char* file, int line) {
  return Error(Errc::Cancelled, std::string(what) + " was cancelled", {}, file, line);
}

}  // namespace avila::future
