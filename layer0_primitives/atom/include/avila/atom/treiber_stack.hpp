// A lock-free stack of intrusive nodes.
#pragma once
#include <avila/atom/platform.hpp>
#include <cstdint>

namespace avila::atom {

/// Node needs a member `std::atomic<Node*> next`. Popping one node of a stack that others push to
/// and pop from needs protection against ABA; taking the whole list at once does not, and is what
/// mailboxes and free lists need: many push, whoever wants takes all.
/// Source: Treiber, "Systems programming: coping with parallelism" (1986).
template <class Node, class Platform = StdPlatform>
class TreiberStack {
 public:
  TreiberStack() noexcept = default;
  TreiberStack(const TreiberStack&) = delete;
  TreiberStack& operator=(const TreiberStack&) = delete;

  /// True when it was empty before: the one who has to wake the consumer.
  bool push(Node* node) noexcept {
    Node* head = head_.load(std::memory_order_relaxed);
    do {
      node->next.store(head, std::memory_order_relaxed);
      // release: who takes the node sees what it holds. A stale `head` that is head again is
      // harmless here: the link is then right.
    } while (!head_.compare_exchange_weak(head, node, std::memory_order_release,
                                          std::memory_order_relaxed));
    return head == nullptr;
  }
  /// Everything, newest first; linked by `next`.
  Node* take_all() noexcept { return head_.exchange(nullptr, std::memory_order_acquire); }
  bool empty() const noexcept { return head_.load(std::memory_order_acquire) == nullptr; }

 private:
  typename Platform::template Atomic<Node*> head_{nullptr};
};

}  // namespace avila::atom
