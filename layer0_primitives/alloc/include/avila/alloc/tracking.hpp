// TrackingResource: counts what goes through it, keeps a limit, and names what was not given back.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <vector>

namespace avila::alloc {

struct TrackingOptions {
  std::size_t max_bytes = 0;    ///< live at a time; beyond: std::bad_alloc. 0: no limit
  bool capture_stacks = false;  ///< of each allocation, for the report (slow)
};

/// A layer over another resource, which outlives it. Thread-safe (one lock).
class TrackingResource final : public std::pmr::memory_resource {
 public:
  struct Stats {
    std::uint64_t allocations = 0;
    std::uint64_t deallocations = 0;
    std::uint64_t refused = 0;  ///< by max_bytes
    std::size_t live_bytes = 0;
    std::size_t peak_bytes = 0;
    std::size_t live_blocks = 0;
    std::uint64_t total_bytes = 0;
    /// Deallocations of an unknown block, or with another size or alignment than it had. These are
    /// not handed on.
    std::uint64_t errors = 0;
  };
  struct LiveBlock {
    const void* address = nullptr;
    std::size_t size = 0;
    std::size_t align = 0;
    std::uint64_t number = 0;  ///< it was the number-th allocation
    std::string stack;         ///< empty unless capture_stacks
  };

  explicit TrackingResource(std::pmr::memory_resource& upstream,
                            const TrackingOptions& options = {});
  ~TrackingResource() override;
  TrackingResource(const TrackingResource&) = delete;
  TrackingResource& operator=(const TrackingResource&) = delete;

  Stats stats() const;
  /// What is out now, oldest first.
  std::vector<LiveBlock> live_blocks() const;
  /// "3 blocks, 96 bytes not given back" and a line for each; empty when there is none.
  std::string leak_report() const;

 private:
  struct State;
  void* do_allocate(std::size_t size, std::size_t align) override;
  void do_deallocate(void* block, std::size_t size, std::size_t align) override;
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
  State* state_;
};

}  // namespace avila::alloc
