#include "graph.hpp"

namespace avila::hnsw::detail {

Graph::Graph(const IndexOptions& chosen, std::shared_ptr<const Codebook> codebook)
    : options(chosen),
      space(chosen, std::move(codebook)),
      measure(space.distance()),
      free_upper(kMaxLevel + 1) {
  links_offset = (space.row_bytes() + 3) / 4 * 4;
  const std::size_t used = links_offset + sizeof(std::uint32_t) * (1 + capacity_of(0));
  stride = (used + 63) / 64 * 64;  // rows begin on cache lines
  exact_stride = (options.dimensions + 15) / 16 * 16;
}

NodeId Graph::allocate(int level) {
  NodeId id;
  if (!free_slots.empty()) {
    id = free_slots.back();
    free_slots.pop_back();
  } else {
    id = static_cast<NodeId>(labels.size());
    if (!memory.grow((id + std::size_t{1}) * stride, id * stride)) return kNoNode;
    nodes = memory.data();
    labels.push_back(0);
    levels.push_back(0);
    dead.push_back(2);
    upper_at.push_back(0);
    if (keeps_exact()) {
      exact.resize((id + std::size_t{1}) * exact_stride);
      exact_values = exact.data();
    }
  }
  levels[id] = static_cast<std::uint8_t>(level);
  dead[id] = 0;
  links_of(id, 0)[0] = 0;
  if (level > 0) {
    const std::size_t words = static_cast<std::size_t>(level) * (options.m + 1);
    auto& places = free_upper[static_cast<std::size_t>(level)];
    if (!places.empty()) {
      upper_at[id] = places.back();
      places.pop_back();
    } else {
      upper_at[id] = static_cast<std::uint32_t>(upper.size());
      upper.resize(upper.size() + words);
      upper_words = upper.data();
      upper_count = upper.size();
    }
    for (int l = 1; l <= level; ++l) links_of(id, l)[0] = 0;
  }
  return id;
}

Result<Graph> Graph::quantize(std::shared_ptr<const Codebook> codebook) const {
  Graph made(options, std::move(codebook));
  if (!made.memory.grow(count() * made.stride, 0))
    return Error(Errc::OutOfMemory, "hnsw: no memory for the quantised index");
  made.nodes = made.memory.data();
  if (made.keeps_exact()) {
    made.exact.resize(count() * exact_stride);
    made.exact_values = made.exact.data();
  }
  const std::size_t links_bytes = sizeof(std::uint32_t) * (1 + capacity_of(0));
  for (NodeId id = 0; id < count(); ++id) {
    std::byte* const node = made.memory.data() + id * made.stride;
    const auto* values = reinterpret_cast<const float*>(row(id));
    made.space.encode({values, options.dimensions}, node);
    std::memcpy(node + made.links_offset, row(id) + links_offset, links_bytes);
    if (made.exact_values != nullptr)
      std::copy_n(values, options.dimensions, made.exact.data() + id * exact_stride);
  }
  made.upper = upper;
  made.upper_words = made.upper.data();
  made.upper_count = upper_count;
  made.labels = labels;
  made.levels = levels;
  made.dead = dead;
  made.upper_at = upper_at;
  made.free_slots = free_slots;
  made.free_upper = free_upper;
  made.by_label = by_label;
  made.entry = entry;
  made.top_level = top_level;
  made.tombstones = tombstones;
  made.inserted = inserted;
  return made;
}

void Graph::release(NodeId id) {
  AVILA_ASSERT(dead[id] == 1);
  if (levels[id] > 0) free_upper[levels[id]].push_back(upper_at[id]);
  levels[id] = 0;
  dead[id] = 2;
  links_of(id, 0)[0] = 0;
  free_slots.push_back(id);
}

std::size_t Graph::memory_bytes() const noexcept {
  const std::size_t per_slot = sizeof(std::uint64_t) + 2 + sizeof(std::uint32_t);
  return memory.capacity() + upper.capacity() * 4 + labels.capacity() * per_slot +
         exact.capacity() * sizeof(float) + by_label.size() * 40 +
         (space.codebook() != nullptr ? space.codebook()->memory_bytes() : 0);
}

}  // namespace avila::hnsw::detail
