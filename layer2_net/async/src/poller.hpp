// The readiness back-ends: epoll and io_uring on Linux, kqueue on macOS and the BSDs, I/O
// completion ports on Windows.
#pragma once
#include <avila/async/io_source.hpp>
#include <avila/async/runtime.hpp>
#include <avila/error/result.hpp>
#include <cstdint>
#include <memory>

namespace avila::async {

/// Shared by all workers: each event goes to one of the threads in poll(). Sources are never freed
/// while the poller lives, and an event carries the generation it was registered under, so a late
/// event of a closed handle finds memory, and at worst makes its slot's next user look in vain.
class Poller {
 public:
  Poller() = default;
  virtual ~Poller() = default;
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  virtual Result<void> open() = 0;
  virtual Result<void> add(IoSource& source) = 0;
  virtual void remove(IoSource& source) noexcept = 0;
  /// A task is about to wait for the source: pollers that report only what was asked for set
  /// themselves as the source's `asked` and arm it here. Never called by the others.
  virtual void arm(IoSource&, IoSource::Direction) noexcept {}

  struct Outcome {
    int events = 0;
    bool woken = false;  ///< a wake() arrived
  };
  /// Waits up to timeout_ms (-1: for ever) and passes events on to their sources.
  virtual Outcome poll(int timeout_ms) noexcept = 0;
  /// Ends one poll(), now or the next.
  virtual void wake() noexcept = 0;
  virtual Backend backend() const noexcept = 0;
};

// Each exists on its own systems only.
std::unique_ptr<Poller> make_epoll_poller();
std::unique_ptr<Poller> make_io_uring_poller();
std::unique_ptr<Poller> make_kqueue_poller();
std::unique_ptr<Poller> make_completion_port_poller();

/// An open one: what was asked for, where the system has it, else its best.
Result<std::unique_ptr<Poller>> open_poller(Backend wanted);

// A source's address is aligned to 64 (IoSource slabs), and user space has 47 or 48 bits of
// address: both ends of the word are free for 16 + 6 bits of the generation.
constexpr std::uint64_t kSourceAddressMask = 0x0000'FFFF'FFFF'FFC0U;
inline std::uint64_t tag_of(const IoSource& source) noexcept {
  const std::uint64_t generation = source.generation.load(std::memory_order_relaxed);
  return (reinterpret_cast<std::uint64_t>(&source) & kSourceAddressMask) | (generation & 0x3F) |
         (((generation >> 6) & 0xFFFF) << 48);
}
/// The generation in a tag, for IoSource::on_event().
inline std::uint32_t generation_of(std::uint64_t tag) noexcept {
  return static_cast<std::uint32_t>((tag & 0x3F) | (tag >> 48) << 6);
}
static_assert(IoSource::kGenerationBits == 6 + 16);
/// The source of an event, or null where its handle was closed meanwhile.
inline IoSource* source_of(std::uint64_t tag) noexcept {
  auto* const source = reinterpret_cast<IoSource*>(tag & kSourceAddressMask);
  return tag_of(*source) == tag ? source : nullptr;
}

}  // namespace avila::async
