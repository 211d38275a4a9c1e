#include "schema.hpp"

#include <algorithm>
#include <avila/aviladb/json.hpp>
#include <avila/json/value.hpp>
#include <cmath>
#include <memory>

#include "forms.hpp"

namespace avila::aviladb {

Result<void> check_name(std::string_view name, const char* what) {
  const auto bad = [&](const std::string& why) {
    return Error(
        Errc::InvalidArgument,
        std::string("the ") + what + " name \"" + std::string(name.substr(0, 60)) + "\" " + why,
        {.hint = "names have letters, digits, _ and -, and begin with a letter or _"});
  };
  if (name.empty()) return bad("is empty");
  if (name.size() > kMaxNameBytes)
    return Error(Errc::LimitExceeded,
                 std::string("the ") + what + " name has " + std::to_string(name.size()) +
                     " bytes; the limit (kMaxNameBytes) is " + std::to_string(kMaxNameBytes));
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool other = (c >= '0' && c <= '9') || c == '-';
    if (!letter && (!other || i == 0))
      return bad(i == 0 ? "begins with another character" : "has another character in it");
  }
  return {};
}

Result<std::vector<Level>> check_levels(const std::vector<PartitionLevel>& specs) {
  if (specs.size() > kMaxPartitionLevels)
    return Error(Errc::LimitExceeded, "the partition key has " + std::to_string(specs.size()) +
                                          " levels; the limit (kMaxPartitionLevels) is " +
                                          std::to_string(kMaxPartitionLevels));
  std::vector<Level> levels;
  for (const PartitionLevel& spec : specs) {
    Level level;
    level.spec = spec;
    AVILA_TRY(level.steps, path_steps(spec.path, "partition key"));
    if (std::find(level.steps.begin(), level.steps.end(), "[]") != level.steps.end())
      return Error(Errc::InvalidArgument, "the partition key " + spec.path + " has an array step");
    if (level.steps[0] == "_ts" || level.steps[0] == "_etag")
      return Error(Errc::InvalidArgument, "the partition key " + spec.path + " is a system field");
    if (spec.strategy == PartitionStrategy::Geo &&
        (spec.geohash_length < 1 || spec.geohash_length > 12))
      return Error(Errc::InvalidArgument,
                   "the geohash length of the partition key " + spec.path + " must be 1 to 12");
    for (const Level& other : levels)
      if (other.spec.path == spec.path)
        return Error(Errc::InvalidArgument, "the partition key names " + spec.path + " twice");
    levels.push_back(std::move(level));
  }
  return levels;
}

Result<std::shared_ptr<Index>> make_index(IndexSpec spec) {
  auto index = std::make_shared<Index>();
  if (spec.fields.empty())
    return Error(Errc::InvalidArgument, "an index needs at least one field",
                 {.hint = "as in {\"name\":\"by_price\",\"fields\":[\"/price\"]}"});
  if (spec.fields.size() > kMaxIndexFields)
    return Error(Errc::LimitExceeded, "the index has " + std::to_string(spec.fields.size()) +
                                          " fields; the limit (kMaxIndexFields) is " +
                                          std::to_string(kMaxIndexFields));
  if (spec.name.empty()) {
    for (const IndexField& field : spec.fields)
      for (const char c : field.path) {
        const bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain)
          spec.name += c;
        else if (!spec.name.empty() && spec.name.back() != '_')
          spec.name += '_';
      }
    spec.name = "by_" + spec.name.substr(0, kMaxNameBytes - 4);
    while (spec.name.back() == '_') spec.name.pop_back();
  }
  AVILA_TRY_VOID(check_name(spec.name, "index"));
  if (spec.name == "primary" || spec.name == "id")
    return Error(Errc::InvalidArgument, "the index name " + spec.name + " is taken by the store");
  std::size_t arrays = 0;
  for (std::size_t i = 0; i < spec.fields.size(); ++i) {
    IndexField& field = spec.fields[i];
    AVILA_TRY(auto steps, path_steps(field.path, "index"));
    if (i == 0 && spec.array && std::find(steps.begin(), steps.end(), "[]") == steps.end()) {
      field.path += "/[]";
      steps.emplace_back("[]");
    }
    const auto here = static_cast<std::size_t>(std::count(steps.begin(), steps.end(), "[]"));
    if (here > 0 && i > 0)
      return Error(Errc::InvalidArgument, "only the first field of an index may be of an array");
    arrays += here;
    index->keys.steps.push_back(std::move(steps));
    index->keys.descending.push_back(field.descending);
  }
  spec.array = arrays > 0;
  if (spec.array && spec.unique)
    return Error(Errc::InvalidArgument, "an array index cannot be unique");
  index->spec = std::move(spec);
  return index;
}

Result<std::shared_ptr<VectorIndex>> make_vector_index(VectorSpec spec) {
  auto index = std::make_shared<VectorIndex>();
  AVILA_TRY(index->steps, path_steps(spec.path, "vector index"));
  if (spec.dimensions < 1 || spec.dimensions > kMaxVectorDimensions)
    return Error(Errc::InvalidArgument, "the vector index " + spec.path + " has " +
                                            std::to_string(spec.dimensions) + " dimensions; 1 to " +
                                            std::to_string(kMaxVectorDimensions) + " are possible");
  if (spec.m < 2 || spec.m > 128 || spec.ef_construction < spec.m || spec.ef_construction > 4'096)
    return Error(
        Errc::InvalidArgument,
        "the vector index " + spec.path + " needs m of 2 to 128 and ef_construction of m to 4,096");
  index->spec = std::move(spec);
  return index;
}

std::string encode_collection(const Collection& collection) {
  json::Value root = to_value(collection.spec);
  root.set("number", collection.id);
  root.set("database_number", collection.database_id);
  root.set("created_ms", collection.created_ms);
  json::Value indexes = json::Value::make_array();
  for (const auto& index : collection.indexes) {
    json::Value one = to_value(index->spec);
    one.set("number", index->id);
    one.set("ready", index->ready.load());
    indexes.push_back(std::move(one));
  }
  root.set("indexes", std::move(indexes));
  json::Value vectors = json::Value::make_array();
  for (const auto& index : collection.vectors) {
    json::Value one = to_value(index->spec);
    one.set("number", index->id);
    one.set("ready", index->ready.load());
    vectors.push_back(std::move(one));
  }
  root.set("vectors", std::move(vectors));
  return json::to_string(root);
}

namespace {
Result<std::uint32_t> take_number(json::Value& from, const char* name) {
  const json::Value* value = from.find(name);
  const auto number = value != nullptr ? value->get_int64() : std::nullopt;
  if (!number || *number < 0 || *number > UINT32_MAX)
    return Error(Errc::Corrupted, std::string("the stored catalogue has no ") + name);
  const auto result = static_cast<std::uint32_t>(*number);
  (void)from.erase(name);
  return result;
}
bool take_ready(json::Value& from) {
  const json::Value* value = from.find("ready");
  const bool ready = value != nullptr && value->get_bool().value_or(false);
  (void)from.erase("ready");
  return ready;
}
}  // namespace

Result<std::shared_ptr<Collection>> decode_collection(std::string_view text) {
  AVILA_TRY(json::Value root, json::parse(text));
  auto collection = std::make_shared<Collection>();
  AVILA_TRY(collection->id, take_number(root, "number"));
  AVILA_TRY(collection->database_id, take_number(root, "database_number"));
  if (const json::Value* created = root.find("created_ms"))
    collection->created_ms = created->get_int64().value_or(0);
  (void)root.erase("created_ms");
  std::vector<std::pair<std::uint32_t, bool>> indexes, vectors;
  for (const char* list : {"indexes", "vectors"}) {
    json::Value* array = root.find(list);
    if (array == nullptr || !array->is_array())
      return Error(Errc::Corrupted, std::string("the stored catalogue has no ") + list);
    for (json::Value& one : array->array()) {
      AVILA_TRY(const std::uint32_t number, take_number(one, "number"));
      (list[0] == 'i' ? indexes : vectors).emplace_back(number, take_ready(one));
    }
  }
  AVILA_TRY(collection->spec, parse_collection_spec(json::to_string(root)));
  AVILA_TRY(collection->levels, check_levels(collection->spec.partition_key));
  for (std::size_t i = 0; i < collection->spec.indexes.size(); ++i) {
    AVILA_TRY(auto index, make_index(collection->spec.indexes[i]));
    index->id = indexes[i].first;
    index->ready = indexes[i].second;
    collection->indexes.push_back(std::move(index));
  }
  for (std::size_t i = 0; i < collection->spec.vectors.size(); ++i) {
    AVILA_TRY(auto index, make_vector_index(collection->spec.vectors[i]));
    index->id = vectors[i].first;
    index->ready = vectors[i].second;
    collection->vectors.push_back(std::move(index));
  }
  collection->spec.indexes.clear();
  collection->spec.vectors.clear();
  return collection;
}

}  // namespace avila::aviladb
