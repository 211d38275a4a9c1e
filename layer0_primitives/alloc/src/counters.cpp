#include "counters.hpp"

#include <atomic>
#include <bit>

#include "process.hpp"
#include "report.hpp"

namespace avila::alloc::detail {

namespace {

// Relaxed: each is a number of its own; nothing is read on the strength of another.
constinit std::atomic<std::uint64_t> g_allocations{0}, g_frees{0}, g_bytes{0}, g_live{0}, g_peak{0};
constinit std::atomic<std::uint64_t> g_by_log2[64]{};

}  // namespace

void count_allocate(std::size_t usable) noexcept {
  constexpr auto relaxed = std::memory_order_relaxed;
  g_allocations.fetch_add(1, relaxed);
  g_bytes.fetch_add(usable, relaxed);
  g_by_log2[std::bit_width(usable - 1)].fetch_add(1, relaxed);
  const std::uint64_t live = g_live.fetch_add(usable, relaxed) + usable;
  std::uint64_t peak = g_peak.load(relaxed);
  while (live > peak && !g_peak.compare_exchange_weak(peak, live, relaxed)) {
  }
}

void count_free(std::size_t usable) noexcept {
  g_frees.fetch_add(1, std::memory_order_relaxed);
  g_live.fetch_sub(usable, std::memory_order_relaxed);
}

void report_counters() noexcept {
  Message out;
  const auto line = [&out](const char* name, std::uint64_t value, const char* unit) {
    out.text("avila_malloc: ").text(name).text(" ").number(value).text(unit).text("\n");
  };
  line("allocations", g_allocations, "");
  line("frees", g_frees, "");
  line("allocated in all", g_bytes, " bytes");
  line("in use at exit", g_live, " bytes");
  line("peak in use", g_peak, " bytes");
  const PageStats pages = process_core().stats();
  line("mapped", pages.mapped, " bytes");
  line("peak mapped", pages.mapped_peak, " bytes");
  line("segments", pages.segments, "");
  line("returned to the system", pages.discarded, " bytes");
  for (unsigned i = 0; i < 64; ++i) {
    const std::uint64_t count = g_by_log2[i];
    if (count == 0) continue;
    out.text("avila_malloc: blocks up to ").number(std::uint64_t{1} << i).text(" bytes: ");
    out.number(count).text("\n");
  }
}

}  // namespace avila::alloc::detail
