// An unbounded queue for many producers and consumers.
#pragma once
#include <avila/atom/cache_padded.hpp>
#include <avila/atom/hazard.hpp>
#include <cstddef>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace avila::atom {

/// Michael and Scott's queue: a list with a dummy in front. `Domain` is HazardDomain<> or
/// EpochDomain<>. Lock-free, first in, first out; a node a value. Where a bound is known MpmcQueue
/// is faster, for it allocates nothing.
/// Source: Michael and Scott, "Simple, fast, and practical non-blocking and blocking concurrent
/// queue algorithms" (1996); the hazard pointers as in Michael (2004).
template <class T, class Domain = HazardDomain<>>
class LockFreeQueue {
  using Platform = typename Domain::PlatformType;
  static_assert(std::is_nothrow_move_constructible_v<T>);

 public:
  explicit LockFreeQueue(Domain& domain = Domain::global()) : domain_(domain) {
    Node* const dummy = new Node;
    head_->store(dummy, std::memory_order_relaxed);
    tail_->store(dummy, std::memory_order_relaxed);
  }
  LockFreeQueue(const LockFreeQueue&) = delete;
  LockFreeQueue& operator=(const LockFreeQueue&) = delete;
  ~LockFreeQueue() {
    // relaxed: whoever destroys the queue has it for itself.
    Node* node = head_->load(std::memory_order_relaxed);
    while (Node* const next = node->next.load(std::memory_order_relaxed)) {
      next->value()->~T();
      delete std::exchange(node, next);
    }
    delete node;
  }

  void push(T value) {
    Node* const node = new Node;
    ::new (static_cast<void*>(node->bytes)) T(std::move(value));
    typename Domain::Guard guard(domain_);
    typename Platform::Backoff backoff;
    for (;;) {
      Node* tail = guard.protect(*tail_);
      // acquire: `next` may become the tail by our hand, for others to follow.
      Node* next = tail->next.load(std::memory_order_acquire);
      if (next != nullptr) {  // somebody is between the two steps: do the second for them
        tail_->compare_exchange_strong(tail, next, std::memory_order_release,
                                       std::memory_order_relaxed);
        continue;
      }
      // release, here and for the tail: who finds the node, either way, sees it whole.
      if (tail->next.compare_exchange_strong(next, node, std::memory_order_release,
                                             std::memory_order_relaxed)) {
        tail_->compare_exchange_strong(tail, node, std::memory_order_release,
                                       std::memory_order_relaxed);
        return;
      }
      backoff.pause();
    }
  }

  std::optional<T> pop() {
    typename Domain::Guard head_guard(domain_);
    typename Domain::Guard next_guard(domain_);
    typename Platform::Backoff backoff;
    for (;;) {
      Node* head = head_guard.protect(*head_);
      Node* const next = head->next.load(std::memory_order_acquire);
      next_guard.announce(next);
      // While `head` is the head, `next` is not retired: it would first have been the head itself.
      if (head_->load(std::memory_order_acquire) != head) continue;
      if (next == nullptr) return std::nullopt;
      // The head must not overtake the tail, or the tail would point to a retired node. relaxed:
      // the pop that made `head` the head saw the tail at it or beyond, and we acquired that pop.
      Node* tail = tail_->load(std::memory_order_relaxed);
      if (tail == head)
        tail_->compare_exchange_strong(tail, next, std::memory_order_release,
                                       std::memory_order_relaxed);
      // release: hands what we know of the tail to the next pop.
      if (head_->compare_exchange_strong(head, next, std::memory_order_release,
                                         std::memory_order_relaxed)) {
        std::optional<T> value(std::move(*next->value()));  // ours alone; next_guard keeps it
        next->value()->~T();
        domain_.retire(head);
        return value;
      }
      backoff.pause();
    }
  }
  /// A moment's view.
  bool empty() {
    typename Domain::Guard guard(domain_);
    return guard.protect(*head_)->next.load(std::memory_order_acquire) == nullptr;
  }

 private:
  struct Node {
    T* value() noexcept { return std::launder(reinterpret_cast<T*>(bytes)); }
    typename Platform::template Atomic<Node*> next{nullptr};
    alignas(T) std::byte bytes[sizeof(T)];  // holds a T except in the dummy
  };
  Domain& domain_;
  CachePadded<typename Platform::template Atomic<Node*>> head_;
  CachePadded<typename Platform::template Atomic<Node*>> tail_;
};

}  // namespace avila::atom
