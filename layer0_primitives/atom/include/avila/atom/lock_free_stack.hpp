// An unbounded stack whose nodes any thread may push, pop and free.
#pragma once
#include <avila/atom/cache_padded.hpp>
#include <avila/atom/hazard.hpp>
#include <optional>
#include <type_traits>
#include <utility>

namespace avila::atom {

/// Treiber's stack. `Domain` is HazardDomain<> or EpochDomain<>: it keeps a popped node whole while
/// another thread reads its link, and thereby its address from coming back meanwhile (ABA).
/// Lock-free; a node a value.
/// Source: Treiber, "Systems programming: coping with parallelism" (1986); Michael (2004).
template <class T, class Domain = HazardDomain<>>
class LockFreeStack {
  using Platform = typename Domain::PlatformType;
  static_assert(std::is_nothrow_move_constructible_v<T>);

 public:
  explicit LockFreeStack(Domain& domain = Domain::global()) : domain_(domain) {}
  LockFreeStack(const LockFreeStack&) = delete;
  LockFreeStack& operator=(const LockFreeStack&) = delete;
  ~LockFreeStack() {
    // relaxed: whoever destroys the stack has it for itself.
    for (Node* node = head_->load(std::memory_order_relaxed); node != nullptr;)
      delete std::exchange(node, node->next.load(std::memory_order_relaxed));
  }

  void push(T value) {
    Node* const node = new Node(std::move(value));
    Node* head = head_->load(std::memory_order_relaxed);
    typename Platform::Backoff backoff;
    for (;;) {
      node->next.store(head, std::memory_order_relaxed);
      // release: who reads the head sees the node. That who follows the link sees the old head too
      // is a matter of release sequences: head_ changes by read-modify-writes only, so the load
      // that acquires this push acquires all before it.
      if (head_->compare_exchange_weak(head, node, std::memory_order_release,
                                       std::memory_order_relaxed))
        return;
      backoff.pause();
    }
  }
  std::optional<T> pop() {
    typename Domain::Guard guard(domain_);
    typename Platform::Backoff backoff;
    for (;;) {
      Node* head = guard.protect(*head_);
      if (head == nullptr) return std::nullopt;
      // relaxed: protect() has acquired; the next reader acquires the pushes through the release
      // sequence, of which this is a part.
      Node* const next = head->next.load(std::memory_order_relaxed);
      if (head_->compare_exchange_strong(head, next, std::memory_order_relaxed,
                                         std::memory_order_relaxed)) {
        std::optional<T> value(std::move(head->value));  // others read `next` alone
        domain_.retire(head);
        return value;
      }
      backoff.pause();
    }
  }
  /// A moment's view.
  bool empty() const noexcept { return head_->load(std::memory_order_acquire) == nullptr; }

 private:
  struct Node {
    explicit Node(T&& given) noexcept : value(std::move(given)) {}
    T value;
    // Not written once published; atomic so that the model test sees who reads it.
    typename Platform::template Atomic<Node*> next{nullptr};
  };
  Domain& domain_;
  CachePadded<typename Platform::template Atomic<Node*>> head_;
};

}  // namespace avila::atom
