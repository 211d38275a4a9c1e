#include "keys.hpp"

#include <algorithm>
#include <avila/hash/xxh3.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/sql/geo.hpp>
#include <avila/sql/key.hpp>

namespace avila::aviladb {

namespace {
constexpr std::size_t kHashBytes = 8;

void append_be32(std::string& to, std::uint32_t value) {
  char raw[4];
  store_be32(raw, value);
  to.append(raw, 4);
}
}  // namespace

void append_be64(std::string& to, std::uint64_t value) {
  char raw[8];
  store_be64(raw, value);
  to.append(raw, 8);
}

std::string key32(char kind, std::uint32_t collection) {
  std::string key(1, kind);
  append_be32(key, collection);
  return key;
}
std::string key32(char kind, std::uint32_t collection, std::uint32_t index) {
  std::string key = key32(kind, collection);
  append_be32(key, index);
  return key;
}

Result<std::vector<std::string>> path_steps(std::string_view path, const char* what) {
  const auto bad = [&](const char* why) {
    return Error(
        Errc::InvalidArgument,
        std::string(what) + ": the path \"" + std::string(path.substr(0, 100)) + "\" " + why,
        {.hint = "paths are JSON Pointers, as in /address/city"});
  };
  if (path.empty() || path[0] != '/') return bad("does not begin with /");
  if (path.size() > 1'024) return bad("is longer than 1,024 bytes");
  std::vector<std::string> steps;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto slash = path.find('/');
    std::string step;
    const std::string_view raw = path.substr(0, slash);
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '~') {
        step += raw[i];
      } else if (i + 1 < raw.size() && (raw[i + 1] == '0' || raw[i + 1] == '1')) {
        step += raw[++i] == '0' ? '~' : '/';
      } else {
        return bad("has a ~ that is neither ~0 nor ~1");
      }
    }
    if (step.empty()) return bad("has an empty step");
    steps.push_back(std::move(step));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
  }
  if (steps.size() > kMaxNesting) return bad("nests deeper than 128");
  return steps;
}

sql::Datum value_at(const sql::Datum& document, const std::vector<std::string>& steps) {
  sql::Datum value = document;
  for (const std::string& step : steps) {
    value = value.find(step);
    if (value.is_undefined()) break;
  }
  return value;
}

Result<void> append_level(std::string& to, const Level& level, const sql::Datum& value) {
  if (level.spec.strategy == PartitionStrategy::Geo) {
    if (value.is_string()) {  // a geohash itself
      sql::append_key_string(to, value.as_string().substr(0, level.spec.geohash_length));
      return {};
    }
    const auto point = sql::geo_point(value);
    if (!point)
      return Error(Errc::InvalidArgument,
                   "the partition key " + level.spec.path +
                       " is geographic and needs a GeoJSON point, {\"lat\",\"lon\"} or a geohash");
    sql::append_key_string(to, sql::geohash(*point, level.spec.geohash_length));
    return {};
  }
  if (value.is_array() || value.is_object())
    return Error(Errc::InvalidArgument, "the partition key " + level.spec.path + " is an " +
                                            sql::type_name(value.type()) +
                                            "; it must be a text, number, boolean or null");
  const std::size_t start = to.size();
  sql::append_key(to, value);
  if (level.spec.strategy == PartitionStrategy::Hash) {
    char raw[kHashBytes];
    store_be64(raw, hash::xxh3_64(as_bytes(std::string_view(to).substr(start))));
    to.insert(start, raw, kHashBytes);
  }
  return {};
}

namespace {
Result<void> check_partition(const std::string& key) {
  if (key.size() <= kMaxPartitionKeyBytes) return {};
  return Error(Errc::LimitExceeded, "the partition key takes " + std::to_string(key.size()) +
                                        " bytes; the limit (kMaxPartitionKeyBytes) is " +
                                        std::to_string(kMaxPartitionKeyBytes));
}
}  // namespace

Result<std::string> partition_of(const std::vector<Level>& levels, const sql::Datum& document) {
  std::string key;
  for (const Level& level : levels)
    AVILA_TRY_VOID(append_level(key, level, value_at(document, level.steps)));
  AVILA_TRY_VOID(check_partition(key));
  return key;
}

Result<std::string> parse_partition(const std::vector<Level>& levels, std::string_view json,
                                    bool prefix) {
  AVILA_TRY(json::Value value, json::parse(json).context("partition key"));
  if (!value.is_array()) {
    json::Value array = json::Value::make_array();
    array.push_back(std::move(value));
    value = std::move(array);
  }
  if (value.size() > levels.size() || (!prefix && value.size() < levels.size()))
    return Error(Errc::InvalidArgument, "the partition key has " + std::to_string(value.size()) +
                                            " values; the collection has " +
                                            std::to_string(levels.size()) + " levels");
  sql::Arena arena;
  std::string key;
  for (std::size_t i = 0; i < value.size(); ++i)
    AVILA_TRY_VOID(append_level(key, levels[i], sql::Datum::of(value[i], arena)));
  AVILA_TRY_VOID(check_partition(key));
  return key;
}

Result<std::size_t> partition_length(const std::vector<Level>& levels, std::string_view key) {
  std::size_t at = 0;
  for (const Level& level : levels) {
    if (level.spec.strategy == PartitionStrategy::Hash) at += kHashBytes;
    if (at > key.size()) return Error(Errc::Corrupted, "a stored key is cut off");
    AVILA_TRY(const std::size_t length, sql::key_length(key.substr(at)));
    at += length;
  }
  return at;
}

Result<std::string> id_of(const std::vector<Level>& levels, std::string_view primary) {
  AVILA_TRY(const std::size_t at, partition_length(levels, primary));
  primary.remove_prefix(at);
  sql::Arena arena;
  AVILA_TRY(const sql::Datum id, sql::take_key(primary, arena));
  if (!id.is_string() || !primary.empty())
    return Error(Errc::Corrupted, "a stored key does not end with an id");
  return std::string(id.as_string());
}

namespace {
/// Values of one field: itself, or for "[]" the distinct elements.
void field_values(const sql::Datum& from, const std::vector<std::string>& steps, std::size_t at,
                  bool descending, std::vector<std::string>& to) {
  sql::Datum value = from;
  for (; at < steps.size(); ++at) {
    if (steps[at] == "[]") {
      value.each([&](const sql::Datum& item) {
        field_values(item, steps, at + 1, descending, to);
        return to.size() <= kMaxIndexEntriesPerDocument;
      });
      return;
    }
    value = value.find(steps[at]);
    if (value.is_undefined()) break;
  }
  std::string key;
  sql::append_key(key, value, descending);
  to.push_back(std::move(key));
}
}  // namespace

Result<std::vector<std::string>> index_entries(const IndexKeys& index, const sql::Datum& document,
                                               std::string_view name) {
  std::vector<std::string> entries;
  for (std::size_t i = 0; i < index.steps.size(); ++i) {
    std::vector<std::string> values;
    field_values(document, index.steps[i], 0, index.descending[i], values);
    if (values.empty()) {  // no array, or an empty one
      values.emplace_back();
      sql::append_key(values.back(), sql::Datum(), index.descending[i]);
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (values.size() > kMaxIndexEntriesPerDocument)
      return Error(Errc::LimitExceeded,
                   "the index " + std::string(name) + " would have more than " +
                       std::to_string(kMaxIndexEntriesPerDocument) +
                       " entries of this document (limit kMaxIndexEntriesPerDocument)");
    if (i == 0) {
      entries = std::move(values);
    } else {
      for (std::string& entry : entries) entry += values[0];
    }
  }
  for (const std::string& entry : entries)
    if (entry.size() > kMaxIndexKeyBytes)
      return Error(Errc::LimitExceeded, "the values of the index " + std::string(name) + " take " +
                                            std::to_string(entry.size()) +
                                            " bytes; the limit (kMaxIndexKeyBytes) is " +
                                            std::to_string(kMaxIndexKeyBytes));
  return entries;
}

Result<std::size_t> values_length(const IndexKeys& index, std::string_view entry) {
  std::size_t at = 0;
  for (const bool descending : index.descending) {
    AVILA_TRY(const std::size_t length, sql::key_length(entry.substr(at), descending));
    at += length;
  }
  return at;
}

}  // namespace avila::aviladb
