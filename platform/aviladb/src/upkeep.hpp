// Expiry, verification, counters.
#pragma once
#include <memory>
#include "store.hpp"

namespace avila::aviladb {

Result<std::uint64_t> expire_documents(Store& store, std::size_t limit);
Result<std::uint64_t> verify_collection(Store& store,
                                        const std::shared_ptr<Collection>& collection);
ServiceStats stats_of(Store& store);

}  // namespace avila::aviladb
