// Changing the graph. Each change is first worked out without touching what searches read, then
// applied under the exclusive lock.
#pragma once
#include <shared_mutex>

#include "search.hpp"

namespace avila::hnsw::detail {

class Builder {
 public:
  explicit Builder(Graph& graph, std::shared_mutex& searches)
      : graph_(graph), searches_(searches) {}

  /// Adds a prepared vector under a label that is not there. OutOfMemory.
  Result<void> insert(std::uint64_t label, std::span<const float> prepared);
  /// The label is gone from results; its node stays as a waypoint.
  bool erase(std::uint64_t label);
  /// Takes erased nodes out of all lists, and reclaims their slots.
  void repair();
  bool wants_repair() const noexcept {
    return graph_.tombstones >= 64 && graph_.tombstones * 10 >= graph_.count();
  }

 private:
  struct Edit {
    NodeId node;
    int level;
    std::uint32_t first, count;  // within edit_ids_
  };

  int draw_level();
  /// The form in which a node is compared with others: its row, or the table of its values.
  const std::byte* query_of(NodeId id, std::span<const float> values = {});
  /// Distances from one node to others.
  void between(NodeId from, const NodeId* ids, std::size_t n, float* out);
  /// Paper, algorithm 4, from candidates nearest first: those that lie nearer to the base than to
  /// any candidate chosen before. Appends at most `limit` ids to edit_ids_.
  std::uint32_t select(std::span<const Scored> candidates, std::uint32_t limit);
  void propose(NodeId node, int level, std::span<const Scored> candidates);
  void propose_back_links(NodeId fresh, int level, std::span<const NodeId> chosen,
                          std::span<const Scored> pool);
  void apply_edits();
  void link(NodeId id, const std::byte* query, Scored start, int from_level);
  void mend_lists();
  void adopt_orphans();
  void choose_entry();

  Graph& graph_;
  std::shared_mutex& searches_;
  Scratch scratch_;
  std::vector<Edit> edits_;
  std::vector<NodeId> edit_ids_;
  std::vector<Scored> candidates_;
  std::vector<float> distances_;
  std::vector<float> values_;  // decoded rows
  RowBuffer query_;
  RowBuffer decoded_;            // float rows, their padding zero
  std::vector<NodeId> numbers_;  // 0, 1, … of them
};

}  // namespace avila::hnsw::detail
