#include "build.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace avila::hnsw::detail {
namespace {

constexpr auto kNearer = [](const Scored& a, const Scored& b) noexcept {
  return a.distance < b.distance || (a.distance == b.distance && a.id < b.id);
};

}  // namespace

// The number-th draw of a seed, so that a reloaded index goes on with the same sequence.
int Builder::draw_level() {
  std::uint64_t z = graph_.options.seed + (graph_.inserted + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  z ^= z >> 31;
  const double u = (static_cast<double>(z >> 11) + 0.5) * 0x1p-53;  // within (0, 1)
  const double level = -std::log(u) / std::log(static_cast<double>(graph_.options.m));
  return std::min(static_cast<int>(level), kMaxLevel);
}

const std::byte* Builder::query_of(NodeId id, std::span<const float> values) {
  const Space& space = graph_.space;
  if (space.codebook() == nullptr) return graph_.row(id);
  if (values.empty()) {
    values_.resize(graph_.options.dimensions);
    if (graph_.exact_values != nullptr)
      std::copy_n(graph_.exact_values + id * graph_.exact_stride, values_.size(), values_.begin());
    else
      space.decode(graph_.row(id), values_);
    values = values_;
  }
  query_ = RowBuffer(space.query_bytes());
  space.encode_query(values, query_.data());
  return query_.data();
}

// With a codebook by the floats, or what the codes stand for: two codes have no table.
void Builder::between(NodeId from, const NodeId* ids, std::size_t n, float* out) {
  const Space& space = graph_.space;
  if (space.codebook() == nullptr) return graph_.distances(graph_.row(from), ids, n, out);
  const DistanceFn measure = space.float_distance();
  if (graph_.exact_values != nullptr) {
    const Rows rows = graph_.exact_rows();
    return measure(rows.base + from * rows.stride, rows, ids, n, out);
  }
  const std::size_t stride = graph_.exact_stride * sizeof(float);
  if (numbers_.size() <= n) {
    decoded_ = RowBuffer((n + 1) * stride);  // zeros, as the padding has to be
    numbers_.resize(n + 1);
    std::iota(numbers_.begin(), numbers_.end(), NodeId{0});
  }
  for (std::size_t i = 0; i <= n; ++i) {
    auto* values = reinterpret_cast<float*>(decoded_.data() + i * stride);
    space.decode(graph_.row(i < n ? ids[i] : from), {values, graph_.options.dimensions});
  }
  measure(decoded_.data() + n * stride, {decoded_.data(), stride, stride / 64}, numbers_.data(), n,
          out);
}

std::uint32_t Builder::select(std::span<const Scored> candidates, std::uint32_t limit) {
  const std::size_t first = edit_ids_.size();
  const float* const distances = distances_.data();
  for (const Scored& candidate : candidates) {
    const std::size_t chosen = edit_ids_.size() - first;
    if (chosen == limit) break;
    bool diverse = true;
    // A few at a time: most candidates are refused by one of the first chosen.
    for (std::size_t at = 0; at < chosen && diverse; at += 4) {
      const std::size_t n = std::min<std::size_t>(4, chosen - at);
      between(candidate.id, edit_ids_.data() + first + at, n, distances_.data());
      for (std::size_t i = 0; i < n; ++i)
        if (distances[i] < candidate.distance) diverse = false;
    }
    if (diverse) edit_ids_.push_back(candidate.id);
  }
  return static_cast<std::uint32_t>(edit_ids_.size() - first);
}

void Builder::propose(NodeId node, int level, std::span<const Scored> candidates) {
  const auto first = static_cast<std::uint32_t>(edit_ids_.size());
  const std::uint32_t count = select(candidates, graph_.capacity_of(level));
  edits_.push_back({node, level, first, count});
}

// Each chosen neighbour takes the fresh node into its list, choosing anew when the list is full.
void Builder::propose_back_links(NodeId fresh, int level, std::span<const NodeId> chosen,
                                 std::span<const Scored> pool) {
  const std::uint32_t capacity = graph_.capacity_of(level);
  for (const NodeId neighbor : chosen) {
    const LinksView links = graph_.links(neighbor, level);
    const auto first = static_cast<std::uint32_t>(edit_ids_.size());
    if (links.count() < capacity) {
      edit_ids_.insert(edit_ids_.end(), links.ids(), links.ids() + links.count());
      edit_ids_.push_back(fresh);
      edits_.push_back({neighbor, level, first, links.count() + 1});
      continue;
    }
    const auto found =
        std::find_if(pool.begin(), pool.end(), [&](const Scored& s) { return s.id == neighbor; });
    AVILA_ASSERT(found != pool.end());
    candidates_.clear();
    candidates_.push_back({found->distance, fresh});
    between(neighbor, links.ids(), links.count(), distances_.data());
    for (std::uint32_t i = 0; i < links.count(); ++i)
      if (!graph_.is_dead(links.ids()[i])) candidates_.push_back({distances_[i], links.ids()[i]});
    std::sort(candidates_.begin(), candidates_.end(), kNearer);
    propose(neighbor, level, candidates_);
  }
}

void Builder::apply_edits() {
  const std::unique_lock lock(searches_);
  for (const Edit& edit : edits_) {
    std::uint32_t* const links = graph_.links_of(edit.node, edit.level);
    AVILA_ASSERT(edit.count <= graph_.capacity_of(edit.level));
    std::copy_n(edit_ids_.begin() + edit.first, edit.count, links + 1);  // of none, too
    links[0] = edit.count;
  }
  edits_.clear();
  edit_ids_.clear();
}

// Links a node that is in place but in no list, on all its layers (algorithm 1, lines 8-17).
void Builder::link(NodeId id, const std::byte* query, Scored start, int from_level) {
  std::vector<NodeId> chosen;
  for (int level = from_level; level >= 0; --level) {
    search_layer(graph_, scratch_, query, level, start, graph_.options.ef_construction);
    auto& pool = scratch_.pool;
    start = pool.front();
    std::erase_if(pool, [&](const Scored& s) { return s.id == id || graph_.is_dead(s.id); });
    const auto first = static_cast<std::uint32_t>(edit_ids_.size());
    const std::uint32_t count = select(pool, graph_.options.m);
    edits_.push_back({id, level, first, count});
    chosen.assign(edit_ids_.begin() + first, edit_ids_.end());
    propose_back_links(id, level, chosen, pool);
  }
  // All layers at once: a search that comes down through the node must find its links below.
  apply_edits();
}

Result<void> Builder::insert(std::uint64_t label, std::span<const float> prepared) {
  distances_.resize(2 * kMaxM + 4);
  const int level = draw_level();
  NodeId id;
  {
    const std::unique_lock lock(searches_);  // slots may move
    id = graph_.allocate(level);
    if (id == kNoNode) return Error(Errc::OutOfMemory, "hnsw: no memory for more vectors");
    graph_.space.encode(prepared, const_cast<std::byte*>(graph_.row(id)));
    if (graph_.exact_values != nullptr)
      std::copy(prepared.begin(), prepared.end(),
                graph_.exact.begin() + static_cast<std::ptrdiff_t>(id * graph_.exact_stride));
    graph_.labels[id] = label;
    graph_.by_label.emplace(label, id);
    ++graph_.inserted;
    if (graph_.entry == kNoNode) {
      graph_.entry = id;
      graph_.top_level = level;
      return {};
    }
  }
  const std::byte* const query = query_of(id, prepared);
  Scored start{graph_.distance(query, graph_.entry), graph_.entry};
  start = descend(graph_, query, graph_.top_level, level, start);
  link(id, query, start, std::min(level, graph_.top_level));
  if (level > graph_.top_level) {
    const std::unique_lock lock(searches_);
    graph_.entry = id;
    graph_.top_level = level;
  }
  return {};
}

bool Builder::erase(std::uint64_t label) {
  const auto found = graph_.by_label.find(label);
  if (found == graph_.by_label.end()) return false;
  const std::unique_lock lock(searches_);
  graph_.dead[found->second] = 1;
  ++graph_.tombstones;
  graph_.by_label.erase(found);
  return true;
}

// Every live node with erased neighbours chooses anew among the live ones and, in place of the
// erased, their live neighbours (as FreshDiskANN, Singh et al. 2021, §4.3 does for its graph).
void Builder::mend_lists() {
  std::vector<NodeId> near;
  for (NodeId id = 0; id < graph_.count(); ++id) {
    if (graph_.dead[id] != 0) continue;
    for (int level = 0; level <= graph_.levels[id]; ++level) {
      const auto links = graph_.links(id, level).span();
      if (std::none_of(links.begin(), links.end(), [&](NodeId n) { return graph_.is_dead(n); }))
        continue;
      near.clear();
      scratch_.begin(graph_.count());
      (void)scratch_.visit(id);
      // Through erased nodes to live ones; a whole cluster may be gone, so more than one step,
      // but not without end.
      std::vector<NodeId> frontier(links.begin(), links.end());
      for (std::size_t i = 0; i < frontier.size() && near.size() < 8UL * graph_.options.m; ++i) {
        if (!scratch_.visit(frontier[i])) continue;
        if (!graph_.is_dead(frontier[i])) {
          near.push_back(frontier[i]);
          continue;
        }
        const auto beyond = graph_.links(frontier[i], level).span();
        if (frontier.size() < 1024) frontier.insert(frontier.end(), beyond.begin(), beyond.end());
      }
      distances_.resize(near.size() + 2 * kMaxM + 4);
      between(id, near.data(), near.size(), distances_.data());
      candidates_.clear();
      for (std::size_t i = 0; i < near.size(); ++i) candidates_.push_back({distances_[i], near[i]});
      std::sort(candidates_.begin(), candidates_.end(), kNearer);
      propose(id, level, candidates_);
      if (edits_.size() >= 64) apply_edits();
    }
  }
  apply_edits();
}

void Builder::choose_entry() {
  NodeId best = kNoNode;
  for (NodeId id = 0; id < graph_.count(); ++id)
    if (graph_.dead[id] == 0 && (best == kNoNode || graph_.levels[id] > graph_.levels[best]))
      best = id;
  if (graph_.entry != kNoNode && graph_.dead[graph_.entry] == 0) return;
  const std::unique_lock lock(searches_);
  graph_.entry = best;
  graph_.top_level = best == kNoNode ? -1 : graph_.levels[best];
}

// Nodes that only erased ones led to are linked in again.
void Builder::adopt_orphans() {
  if (graph_.entry == kNoNode) return;
  std::vector<std::uint8_t> reached(graph_.count(), 0);
  std::vector<NodeId> stack;
  const auto reach_from = [&](NodeId root) {
    if (reached[root] != 0) return;
    reached[root] = 1;
    stack.push_back(root);
    while (!stack.empty()) {
      const NodeId id = stack.back();
      stack.pop_back();
      for (int level = 0; level <= graph_.levels[id]; ++level)
        for (const NodeId next : graph_.links(id, level).span())
          if (reached[next] == 0) reached[next] = 1, stack.push_back(next);
    }
  };
  reach_from(graph_.entry);
  for (NodeId id = 0; id < graph_.count(); ++id) {
    if (graph_.dead[id] != 0 || reached[id] != 0) continue;
    const std::byte* const query = query_of(id);
    const int level = graph_.levels[id];
    Scored start{graph_.distance(query, graph_.entry), graph_.entry};
    start = descend(graph_, query, graph_.top_level, level, start);
    link(id, query, start, std::min(level, graph_.top_level));
    reach_from(id);
  }
}

void Builder::repair() {
  if (graph_.tombstones == 0) return;
  distances_.resize(2 * kMaxM + 4);
  mend_lists();
  choose_entry();
  {
    const std::unique_lock lock(searches_);
    for (NodeId id = 0; id < graph_.count(); ++id)
      if (graph_.dead[id] == 1) graph_.release(id);
    graph_.tombstones = 0;
  }
  adopt_orphans();
}

}  // namespace avila::hnsw::detail
