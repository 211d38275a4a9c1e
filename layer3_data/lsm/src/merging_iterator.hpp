// Several walks as one.
#pragma once
#include <memory>
#include <vector>

#include "internal_iterator.hpp"

namespace avila::lsm::detail {

/// Entries of all children in internal order; with one child, the child itself.
std::unique_ptr<InternalIterator> merge_iterators(
    std::vector<std::unique_ptr<InternalIterator>> children);

}  // namespace avila::lsm::detail
