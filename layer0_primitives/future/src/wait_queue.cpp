#include <avila/future/wait_queue.hpp>

namespace avila::future {

void WaitList::push(Waiter& waiter) noexcept {
  waiter.next = nullptr;
  waiter.previous = last_;
  (last_ != nullptr ? last_->next : first_) = &waiter;
  last_ = &waiter;
}

void WaitList::unlink(Waiter& waiter) noexcept {
  (waiter.previous != nullptr ? waiter.previous->next : first_) = waiter.next;
  (waiter.next != nullptr ? waiter.next->previous : last_) = waiter.previous;
}

bool WaitQueue::enqueue(Waiter& waiter) noexcept {
  lock_.lock();
  if (waiter.state == Waiter::State::Cancelled) {
    lock_.unlock();
    return false;
  }
  // In Fifo order nobody overtakes those who wait already.
  const bool may_try = waiter.list->order_ == WaitList::Order::Any || waiter.list->empty();
  if (may_try && waiter.attempt(waiter)) {
    waiter.state = Waiter::State::Done;
    unlock_and_serve();  // what was taken may help others: a pop makes room for a push
    return false;
  }
  waiter.state = Waiter::State::Linked;
  waiter.list->push(waiter);
  lock_.unlock();
  return true;
}

void WaitQueue::cancel(Waiter& waiter) noexcept {
  lock_.lock();
  if (waiter.state == Waiter::State::Arming) {  // await_suspend goes on and sees it
    waiter.state = Waiter::State::Cancelled;
    return lock_.unlock();
  }
  if (waiter.state != Waiter::State::Linked) return lock_.unlock();
  waiter.list->unlink(waiter);
  waiter.state = Waiter::State::Cancelled;
  const Waker waker = waiter.waker;
  unlock_and_serve();  // it may have stood in the way of others
  waker.wake();
}

void WaitQueue::forget(Waiter& waiter) noexcept {
  if (waiter.state != Waiter::State::Linked) return;
  lock_.lock();
  if (waiter.state == Waiter::State::Linked) waiter.list->unlink(waiter);
  lock_.unlock();
}

bool WaitQueue::serve(WaitList& list, Waiter*& woken) noexcept {
  bool progress = false;
  for (Waiter* waiter = list.first_; waiter != nullptr;) {
    Waiter* const next = waiter->next;
    if (waiter->attempt(*waiter)) {
      list.unlink(*waiter);
      waiter->state = Waiter::State::Done;
      waiter->next = woken;
      woken = waiter;
      progress = true;
    } else if (list.order_ == WaitList::Order::Fifo) {
      break;
    }
    waiter = next;
  }
  return progress;
}

void WaitQueue::unlock_and_serve() noexcept {
  Waiter* woken = nullptr;  // newest first
  for (bool progress = true; progress;) {
    progress = false;
    for (WaitList* list : lists_)
      if (list != nullptr && !list->empty() && serve(*list, woken)) progress = true;
    if (lists_[1] == nullptr) break;
  }
  lock_.unlock();
  Waiter* in_order = nullptr;
  while (woken != nullptr) {
    Waiter* const next = woken->next;
    woken->next = in_order;
    in_order = woken;
    woken = next;
  }
  while (in_order != nullptr) {
    Waiter* const next = in_order->next;  // read before waking: the waiter lives in its coroutine
    in_order->waker.wake();
    in_order = next;
  }
}

}  // namespace avila::future
