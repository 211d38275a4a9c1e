// Linux: io_uring, by raw system calls. One ring for all workers; a handle is one multishot poll
// (IORING_POLL_ADD_MULTI, edge-triggered), a wake-up is one NOP, and a busy worker looks at the
// completion queue without a system call. Source: io_uring(7), io_uring_setup(2),
// io_uring_enter(2).
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <avila/atom/spin_lock.hpp>
#include <cerrno>
#include <cstring>

#include "poller.hpp"

namespace avila::async {
namespace {

constexpr unsigned kSubmissions = 64;
constexpr unsigned kCompletions = 4096;  // more of them wait in the kernel: IORING_FEAT_NODROP
constexpr std::size_t kEventsPerPollMax = 128;
// No source lies within the first 64 bytes of memory, so small numbers are no tags of sources.
constexpr std::uint64_t kWakeTag = 0;
constexpr std::uint64_t kIgnoredTag = 1;
constexpr unsigned kInterest = POLLIN | POLLOUT | POLLPRI | POLLRDHUP;
// The last arrived with Linux 5.13, as multishot polls did.
constexpr unsigned kFeatures =
    IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_RSRC_TAGS;

// Shared with the kernel: atomics over memory that it mapped.
std::atomic_ref<unsigned> shared(unsigned* word) noexcept {
  return std::atomic_ref<unsigned>(*word);
}

struct Completion {
  std::uint64_t tag;
  int result;
  unsigned flags;
};

class IoUringPoller final : public Poller {
 public:
  ~IoUringPoller() override {
    if (ring_ != nullptr) ::munmap(ring_, ring_bytes_);
    if (entries_ != nullptr) ::munmap(entries_, entries_bytes_);
    if (handle_ >= 0) ::close(handle_);
  }

  Result<void> open() override {
    io_uring_params params{};
    params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    params.cq_entries = kCompletions;
    handle_ = static_cast<int>(::syscall(__NR_io_uring_setup, kSubmissions, &params));
    if (handle_ < 0) return Error::from_errno(errno, "io_uring_setup");
    if ((params.features & kFeatures) != kFeatures)
      return Error(Errc::Unsupported, "io_uring: the kernel is older than 5.13");
    ring_bytes_ = std::max(params.sq_off.array + params.sq_entries * sizeof(unsigned),
                           params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe));
    AVILA_TRY(ring_, map(ring_bytes_, IORING_OFF_SQ_RING));
    entries_bytes_ = params.sq_entries * sizeof(io_uring_sqe);
    AVILA_TRY(entries_, map(entries_bytes_, IORING_OFF_SQES));
    const auto word = [this](unsigned offset) {
      return reinterpret_cast<unsigned*>(static_cast<std::byte*>(ring_) + offset);
    };
    sq_tail_ = word(params.sq_off.tail);
    sq_flags_ = word(params.sq_off.flags);
    sq_array_ = word(params.sq_off.array);
    sq_mask_ = params.sq_entries - 1;
    cq_head_ = word(params.cq_off.head);
    cq_tail_ = word(params.cq_off.tail);
    cq_mask_ = params.cq_entries - 1;
    completions_ = reinterpret_cast<io_uring_cqe*>(word(params.cq_off.cqes));
    return {};
  }

  Result<void> add(IoSource& source) override {
    const atom::Guard guard(submit_lock_);
    return add_locked(source.handle(), tag_of(source));
  }

  void remove(IoSource& source) noexcept override {
    const atom::Guard guard(submit_lock_);
    io_uring_sqe entry{};
    entry.opcode = IORING_OP_POLL_REMOVE;
    entry.addr = tag_of(source);
    entry.user_data = kIgnoredTag;
    // From now on nobody arms it again: see rearm().
    source.generation.fetch_add(1, std::memory_order_relaxed);
    (void)submit_locked(entry);
  }

  Outcome poll(int timeout_ms) noexcept override {
    Outcome outcome;
    if (empty()) {
      // Completions that found no room wait in the kernel.
      const bool overflown =
          (shared(sq_flags_).load(std::memory_order_relaxed) & IORING_SQ_CQ_OVERFLOW) != 0;
      if (timeout_ms == 0 && !overflown) return outcome;
      wait(timeout_ms);
    }
    Completion taken[kEventsPerPollMax];
    const std::size_t count = take(taken);
    for (std::size_t i = 0; i < count; ++i) handle(taken[i], outcome);
    return outcome;
  }

  void wake() noexcept override {
    io_uring_sqe entry{};
    entry.opcode = IORING_OP_NOP;
    entry.user_data = kWakeTag;
    const atom::Guard guard(submit_lock_);
    (void)submit_locked(entry);
  }

  Backend backend() const noexcept override { return Backend::IoUring; }

 private:
  Result<void*> map(std::size_t size_bytes, std::uint64_t offset) const {
    void* const memory = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_POPULATE, handle_, static_cast<off_t>(offset));
    if (memory == MAP_FAILED) return Error::from_errno(errno, "mmap of the ring");
    return memory;
  }

  long enter(unsigned submitted, unsigned wanted, unsigned flags, const void* argument,
             std::size_t size_bytes) const noexcept {
    return ::syscall(__NR_io_uring_enter, handle_, submitted, wanted, flags, argument, size_bytes);
  }

  Result<void> add_locked(int handle, std::uint64_t tag) noexcept {
    io_uring_sqe entry{};
    entry.opcode = IORING_OP_POLL_ADD;
    entry.fd = handle;
    entry.len = IORING_POLL_ADD_MULTI;
    entry.poll32_events = kInterest;
    entry.user_data = tag;
    added_.fetch_add(1, std::memory_order_release);
    return submit_locked(entry);
  }

  // The queue holds one entry at a time: each is given to the kernel before the lock is released.
  Result<void> submit_locked(const io_uring_sqe& entry) noexcept {
    const unsigned tail = shared(sq_tail_).load(std::memory_order_relaxed);
    const unsigned slot = tail & sq_mask_;
    static_cast<io_uring_sqe*>(entries_)[slot] = entry;
    sq_array_[slot] = slot;
    shared(sq_tail_).store(tail + 1, std::memory_order_release);
    for (;;) {
      if (enter(1, 0, 0, nullptr, 0) == 1) return {};
      // EBUSY, EAGAIN: completions or memory ran short for a moment; they go on without us.
      if (errno == EINTR || errno == EAGAIN || errno == EBUSY) continue;
      const int number = errno;
      shared(sq_tail_).store(tail, std::memory_order_release);  // it was not consumed
      return Error::from_errno(number, "io_uring_enter");
    }
  }

  bool empty() const noexcept {
    return shared(cq_head_).load(std::memory_order_relaxed) ==
           shared(cq_tail_).load(std::memory_order_acquire);
  }

  void wait(int timeout_ms) const noexcept {
    __kernel_timespec limit{};
    limit.tv_sec = timeout_ms / 1000;
    limit.tv_nsec = static_cast<long long>(timeout_ms % 1000) * 1'000'000;
    io_uring_getevents_arg argument{};
    if (timeout_ms >= 0) argument.ts = reinterpret_cast<std::uint64_t>(&limit);
    (void)enter(0, timeout_ms == 0 ? 0 : 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG,
                &argument, sizeof argument);
  }

  std::size_t take(Completion (&taken)[kEventsPerPollMax]) noexcept {
    const atom::Guard guard(take_lock_);
    const unsigned head = shared(cq_head_).load(std::memory_order_relaxed);
    const unsigned ready = shared(cq_tail_).load(std::memory_order_acquire) - head;
    const std::size_t count = std::min<std::size_t>(ready, kEventsPerPollMax);
    for (std::size_t i = 0; i < count; ++i) {
      const io_uring_cqe& cqe = completions_[(head + i) & cq_mask_];
      taken[i] = {cqe.user_data, cqe.res, cqe.flags};
    }
    shared(cq_head_).store(head + static_cast<unsigned>(count), std::memory_order_release);
    // What was written before a source was added is seen here: that the kernel lies between is
    // nothing that the language (or ThreadSanitizer) knows of.
    (void)added_.load(std::memory_order_acquire);
    return count;
  }

  void handle(const Completion& completion, Outcome& outcome) noexcept {
    if (completion.tag == kWakeTag) outcome.woken = true;
    if (completion.tag == kWakeTag || completion.tag == kIgnoredTag) return;
    IoSource* const source = source_of(completion.tag);
    if (source == nullptr) return;
    if ((completion.flags & IORING_CQE_F_MORE) == 0) rearm(*source, completion);
    ++outcome.events;
    if (completion.result < 0) return source->on_event(true, true, false);
    const auto bits = static_cast<unsigned>(completion.result);
    source->on_event((bits & (POLLIN | POLLPRI)) != 0, (bits & POLLOUT) != 0,
                     (bits & (POLLRDHUP | POLLHUP | POLLERR | POLLPRI)) != 0,
                     generation_of(completion.tag));
  }

  // A multishot poll ends by itself when completions overflow, and when the thread that began it
  // ends (ECANCELED). Under the lock of remove(): a poll of a handle that is about to be closed
  // would keep its file open.
  void rearm(IoSource& source, const Completion& ended) noexcept {
    if (ended.result < 0 && ended.result != -ECANCELED) return;
    const atom::Guard guard(submit_lock_);
    if (source_of(ended.tag) != nullptr) (void)add_locked(source.handle(), ended.tag);
  }

  int handle_ = -1;
  void* ring_ = nullptr;
  void* entries_ = nullptr;
  std::size_t ring_bytes_ = 0;
  std::size_t entries_bytes_ = 0;
  unsigned* sq_tail_ = nullptr;
  unsigned* sq_flags_ = nullptr;
  unsigned* sq_array_ = nullptr;
  unsigned* cq_head_ = nullptr;
  unsigned* cq_tail_ = nullptr;
  unsigned sq_mask_ = 0;
  unsigned cq_mask_ = 0;
  io_uring_cqe* completions_ = nullptr;
  std::atomic<std::uint64_t> added_{0};
  atom::SpinLock submit_lock_;
  atom::SpinLock take_lock_;
};

}  // namespace

std::unique_ptr<Poller> make_io_uring_poller() { return std::make_unique<IoUringPoller>(); }

}  // namespace avila::async
