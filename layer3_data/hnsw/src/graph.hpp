// The graph in memory. A node's row and its links of layer 0 lie in one block; the links of the
// upper layers, which one node in m has, lie apart.
#pragma once
#include <avila/error/assert.hpp>
#include <cstring>
#include <unordered_map>

#include "memory.hpp"
#include "space.hpp"

namespace avila::hnsw::detail {

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = ~NodeId{0};
inline constexpr int kMaxLevel = 30;

struct Scored {
  float distance;
  NodeId id;
};

/// A list of links as it lies in memory: the count, then the ids.
struct LinksView {
  const std::uint32_t* words;
  std::uint32_t count() const noexcept { return words[0]; }
  const NodeId* ids() const noexcept { return words + 1; }
  std::span<const NodeId> span() const noexcept { return {ids(), count()}; }
};

struct Graph {
  explicit Graph(const IndexOptions& chosen, std::shared_ptr<const Codebook> codebook = nullptr);

  std::size_t count() const noexcept { return labels.size(); }  // slots, free ones included
  std::uint32_t capacity_of(int level) const noexcept {
    return level == 0 ? 2 * options.m : options.m;
  }
  const std::byte* row(NodeId id) const noexcept { return nodes + id * stride; }
  Rows rows() const noexcept { return {nodes, stride, space.lines(), space.row_bytes()}; }
  LinksView links(NodeId id, int level) const noexcept {
    if (level == 0)
      return {reinterpret_cast<const std::uint32_t*>(nodes + id * stride + links_offset)};
    return {upper_words + upper_at[id] + static_cast<std::size_t>(level - 1) * (options.m + 1)};
  }
  /// For the writer, of a graph in memory.
  std::uint32_t* links_of(NodeId id, int level) noexcept {
    return const_cast<std::uint32_t*>(links(id, level).words);
  }
  void distances(const std::byte* query, const NodeId* ids, std::size_t n, float* out) const {
    measure(query, rows(), ids, n, out);
  }
  float distance(const std::byte* query, NodeId id) const {
    float out;
    measure(query, rows(), &id, 1, &out);
    return out;
  }
  /// The float rows kept beside quantised ones.
  Rows exact_rows() const noexcept {
    return {reinterpret_cast<const std::byte*>(exact_values), exact_stride * sizeof(float),
            exact_stride / 16};
  }
  /// Whether float rows are kept beside quantised ones.
  bool keeps_exact() const noexcept { return space.quantized() && options.keep_vectors; }
  bool is_dead(NodeId id) const noexcept { return dead[id] != 0; }

  /// The same graph with its float rows quantised by the codebook. OutOfMemory.
  Result<Graph> quantize(std::shared_ptr<const Codebook> codebook) const;
  /// A slot for a node of `level`, its links empty. kNoNode when memory is out.
  NodeId allocate(int level);
  /// Gives the slot back. Nothing may link to it any more.
  void release(NodeId id);
  std::size_t memory_bytes() const noexcept;

  IndexOptions options;
  Space space;
  DistanceFn measure;
  std::size_t links_offset;
  std::size_t stride;
  std::size_t exact_stride;  // floats of a row of `exact`, padded as a row of floats

  Memory memory;                               // empty when mapped
  const std::byte* nodes = nullptr;            // memory.data(), or the mapping
  std::vector<std::uint32_t> upper;            // empty when mapped
  const std::uint32_t* upper_words = nullptr;  // upper.data(), or the mapping
  std::size_t upper_count = 0;
  std::vector<std::uint64_t> labels;
  std::vector<std::uint8_t> levels;
  std::vector<std::uint8_t> dead;       // 1: erased but linked to; 2: free
  std::vector<std::uint32_t> upper_at;  // first word in `upper`, for levels above 0
  std::vector<float> exact;             // with keep_vectors: the prepared floats
  const float* exact_values = nullptr;  // exact.data(), or the mapping
  std::vector<NodeId> free_slots;
  std::vector<std::vector<std::uint32_t>> free_upper;  // by level: places in `upper`
  std::unordered_map<std::uint64_t, NodeId> by_label;  // live ones
  NodeId entry = kNoNode;
  int top_level = -1;
  std::size_t tombstones = 0;  // nodes with dead == 1
  std::uint64_t inserted = 0;  // ever; numbers the draws of levels
};

}  // namespace avila::hnsw::detail
