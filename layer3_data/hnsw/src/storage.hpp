// The file of an index; its layout is in the README.
#pragma once
#include <avila/os/file_system.hpp>

#include <memory>
#include "graph.hpp"

namespace avila::hnsw::detail {

/// InvalidArgument when an option is out of its range.
Result<void> check_options(const IndexOptions& options);

Result<void> write_graph(const Graph& graph, os::FileSystem& files, const std::string& path);

/// Reads a graph out of the bytes of a file. With `in_place` rows and links stay where they are
/// (the bytes outlive the graph), else they are copied.
Result<std::unique_ptr<Graph>> read_graph(ByteSpan file, bool in_place);

}  // namespace avila::hnsw::detail
