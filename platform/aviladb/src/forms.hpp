// Values of the JSON forms, shared by the public forms and the stored catalogue.
#pragma once
#include <avila/aviladb/types.hpp>
#include <avila/json/value.hpp>

namespace avila::aviladb {

/// Without indexes and vectors where those lists are empty.
json::Value to_value(const CollectionSpec& spec);
json::Value to_value(const IndexSpec& spec);
json::Value to_value(const VectorSpec& spec);

}  // namespace avila::aviladb
