// Walking the graph.
#pragma once
#include <memory>
#include <mutex>

#include "graph.hpp"

namespace avila::hnsw::detail {

/// What one walk needs besides the graph; reused from walk to walk.
class Scratch {
 public:
  /// A fresh set of visited nodes, over ids below `count`.
  void begin(std::size_t count);
  /// True the first time.
  bool visit(NodeId id) noexcept {
    if (visited_[id] == epoch_) return false;
    visited_[id] = epoch_;
    return true;
  }
  const std::uint16_t* visited_at(NodeId id) const noexcept { return &visited_[id]; }

  std::vector<Scored> pool;      // candidates, nearest first, or a heap
  std::vector<Scored> results;   // a heap, farthest on top
  std::vector<NodeId> fresh;     // neighbours not seen before,
  std::vector<float> distances;  // and how far they are
  RowBuffer query;

 private:
  std::vector<std::uint16_t> visited_;
  std::uint16_t epoch_ = 0;
};

/// Scratches not in use; searches on several threads each take one.
class ScratchPool {
 public:
  std::unique_ptr<Scratch> take();
  void give(std::unique_ptr<Scratch> scratch);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;
};

/// Paper, algorithm 5 lines 4-5: from `start` greedily down to layer `level`.
Scored descend(const Graph& graph, const std::byte* query, int from_level, int to_level,
               Scored start);

/// Paper, algorithm 2, on one layer: the ef nearest into scratch.pool, nearest first. Erased nodes
/// are among them.
void search_layer(const Graph& graph, Scratch& scratch, const std::byte* query, int level,
                  Scored start, std::size_t ef);

/// The same on layer 0, keeping in scratch.results (nearest first) only what `accept` takes; false
/// when it gave up after `budget` distances with fewer than k.
bool search_filtered(const Graph& graph, Scratch& scratch, const std::byte* query, Scored start,
                     std::size_t ef, std::size_t k, std::size_t budget,
                     const std::function<bool(NodeId)>& accept);

}  // namespace avila::hnsw::detail
