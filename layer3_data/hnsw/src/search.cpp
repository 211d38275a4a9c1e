#include "search.hpp"

#include <algorithm>
#include <memory>

namespace avila::hnsw::detail {
namespace {

// In the sorted pool an id with this bit has had its neighbours looked at.
constexpr NodeId kExpanded = NodeId{1} << 31;

constexpr auto kNearer = [](const Scored& a, const Scored& b) noexcept {
  return a.distance < b.distance || (a.distance == b.distance && a.id < b.id);
};
constexpr auto kFarther = [](const Scored& a, const Scored& b) noexcept { return kNearer(b, a); };

inline void prefetch(const void* at) noexcept {
#if defined(__GNUC__)
  __builtin_prefetch(at);
#else
  (void)at;
#endif
}

// Neighbours of `id` not seen before, with their distances, into scratch.fresh and .distances.
inline std::size_t look_around(const Graph& graph, Scratch& scratch, const std::byte* query,
                               NodeId id, int level) {
  const LinksView links = graph.links(id, level);
  const std::uint32_t count = links.count();
  const NodeId* const ids = links.ids();
  NodeId* const fresh = scratch.fresh.data();
  std::size_t n = 0;
  const std::size_t lines = std::min<std::size_t>(graph.space.lines(), 8);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!scratch.visit(ids[i])) continue;
    if (n < 4) {
      const std::byte* row = graph.row(ids[i]);
      for (std::size_t line = 0; line < lines; ++line) prefetch(row + 64 * line);
    }
    fresh[n++] = ids[i];
  }
  graph.distances(query, fresh, n, scratch.distances.data());
  return n;
}

}  // namespace

void Scratch::begin(std::size_t count) {
  if (visited_.size() < count) visited_.resize(count + count / 4 + 64, 0);
  if (++epoch_ == 0) {
    std::fill(visited_.begin(), visited_.end(), std::uint16_t{0});
    epoch_ = 1;
  }
  fresh.resize(2 * kMaxM + 4);
  distances.resize(2 * kMaxM + 4);
}

std::unique_ptr<Scratch> ScratchPool::take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Scratch>();
  auto scratch = std::move(idle_.back());
  idle_.pop_back();
  return scratch;
}

void ScratchPool::give(std::unique_ptr<Scratch> scratch) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(scratch));
}

Scored descend(const Graph& graph, const std::byte* query, int from_level, int to_level,
               Scored start) {
  float distances[kMaxM];
  for (int level = from_level; level > to_level; --level) {
    for (bool moved = true; moved;) {
      moved = false;
      const LinksView links = graph.links(start.id, level);
      graph.distances(query, links.ids(), links.count(), distances);
      for (std::uint32_t i = 0; i < links.count(); ++i)
        if (distances[i] < start.distance) start = {distances[i], links.ids()[i]}, moved = true;
    }
  }
  return start;
}

void search_layer(const Graph& graph, Scratch& scratch, const std::byte* query, int level,
                  Scored start, std::size_t ef) {
  scratch.begin(graph.count());
  auto& pool = scratch.pool;
  pool.resize(ef + 1);
  Scored* const first = pool.data();
  std::size_t size = 1;
  first[0] = start;
  (void)scratch.visit(start.id);
  // A sorted array takes the place of the two heaps: what falls off its end would have ended the
  // search anyway, and at these sizes moving bytes is cheaper than a heap's branches.
  for (std::size_t at = 0; at < size;) {
    if ((first[at].id & kExpanded) != 0) {
      ++at;
      continue;
    }
    const NodeId id = first[at].id;
    first[at].id |= kExpanded;
    // The next best is likely the next to be expanded: have its links at hand.
    if (at + 1 < size && level == 0)
      prefetch(graph.row(first[at + 1].id & ~kExpanded) + graph.links_offset);
    const std::size_t n = look_around(graph, scratch, query, id, level);
    std::size_t lowest = at + 1;
    for (std::size_t i = 0; i < n; ++i) {
      const float distance = scratch.distances[i];
      if (size == ef && distance >= first[size - 1].distance) continue;
      std::size_t low = 0, high = size;
      while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (first[middle].distance <= distance) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      std::memmove(static_cast<void*>(first + low + 1), first + low, (size - low) * sizeof(Scored));
      first[low] = {distance, scratch.fresh[i]};
      if (size < ef) ++size;
      lowest = std::min(lowest, low);
    }
    at = std::min(at + 1, lowest);
  }
  pool.resize(size);
  for (Scored& s : pool) s.id &= ~kExpanded;
}

bool search_filtered(const Graph& graph, Scratch& scratch, const std::byte* query, Scored start,
                     std::size_t ef, std::size_t k, std::size_t budget,
                     const std::function<bool(NodeId)>& accept) {
  scratch.begin(graph.count());
  auto& pool = scratch.pool;
  auto& results = scratch.results;
  pool.clear();
  results.clear();
  pool.push_back(start);
  (void)scratch.visit(start.id);
  if (accept(start.id)) results.push_back(start);
  std::size_t measured = 1;
  while (!pool.empty()) {
    const Scored nearest = pool.front();
    if (results.size() >= ef && nearest.distance > results.front().distance) break;
    if (measured > budget && results.size() < k) return false;
    if (measured > 4 * budget) break;
    std::pop_heap(pool.begin(), pool.end(), kFarther);
    pool.pop_back();
    const std::size_t n = look_around(graph, scratch, query, nearest.id, 0);
    measured += n;
    for (std::size_t i = 0; i < n; ++i) {
      const Scored found{scratch.distances[i], scratch.fresh[i]};
      if (results.size() >= ef && found.distance >= results.front().distance) continue;
      pool.push_back(found);
      std::push_heap(pool.begin(), pool.end(), kFarther);
      if (!accept(found.id)) continue;
      results.push_back(found);
      std::push_heap(results.begin(), results.end(), kNearer);
      if (results.size() > ef) {
        std::pop_heap(results.begin(), results.end(), kNearer);
        results.pop_back();
      }
    }
  }
  std::sort_heap(results.begin(), results.end(), kNearer);
  return true;
}

}  // namespace avila::hnsw::detail
