// Databases, collections, indexes and single documents.
#include <avila/cli/rows.hpp>
#include <avila/cli/terminal.hpp>
#include <avila/os/file_system.hpp>
#include <avila/text/encoding.hpp>
#include <avila/text/number.hpp>
#include <cstdio>

#include "api.hpp"
#include "commands.hpp"

namespace avila::cli {
namespace {

bool wants_json(const Arguments& arguments) { return arguments.get("--output") == "json"; }

void say(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

/// Asks on a terminal; elsewhere --yes is needed.
Result<bool> confirmed(const Arguments& arguments, const std::string& what) {
  if (arguments.has("--yes")) return true;
  if (!is_terminal(stdin))
    return Error(Errc::PermissionDenied, what + " needs --yes when there is nobody to ask");
  std::fprintf(stderr, "%s? [y/N] ", what.c_str());
  const int answer = std::fgetc(stdin);
  return answer == 'y' || answer == 'Y' || answer == 's' || answer == 'S';
}

/// One list of the answer, as rows; `columns` are members to show.
Result<int> print_list(const Arguments& arguments, const json::Value& answer,
                       std::string_view member, std::initializer_list<const char*> columns) {
  const json::Value* list = answer.find(member);
  if (list == nullptr || !list->is_array())
    return Error(Errc::Malformed, "unexpected answer of the server");
  std::vector<std::string> rows;
  for (const json::Value& item : list->array()) {
    if (wants_json(arguments)) {
      rows.push_back(json::to_string(item));
      continue;
    }
    json::Value row = json::Value::make_object();
    for (const char* column : columns)
      if (const json::Value* value = item.find(column)) row.set(column, *value);
    rows.push_back(json::to_string(row));
  }
  AVILA_TRY(const std::string text,
            format_rows(rows, wants_json(arguments) ? Format::Json : Format::Table,
                        is_terminal(stdout) ? terminal_width() : 0));
  say(text);
  return kDone;
}

/// "/a,/b" → ["/a","/b"].
json::Value split_paths(std::string_view text) {
  json::Value paths = json::Value::make_array();
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    paths.push_back(json::Value(part));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
  }
  return paths;
}

/// "NAME:/path[,/path]" → {"name","fields"}.
Result<json::Value> parse_index(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size())
    return Error(Errc::InvalidArgument, "expected NAME:/path[,/path], not '" + text + '\'');
  json::Value index = json::Value::make_object();
  index.set("name", text.substr(0, colon));
  index.set("fields", split_paths(std::string_view(text).substr(colon + 1)));
  return index;
}

/// "/path:DIM:METRIC" → {"path","dimensions","metric"}.
Result<json::Value> parse_vector(const std::string& text) {
  const auto metric = text.rfind(':');
  const auto dimensions =
      metric == std::string::npos || metric == 0 ? metric : text.rfind(':', metric - 1);
  if (dimensions == std::string::npos || metric == std::string::npos || dimensions == 0)
    return Error(Errc::InvalidArgument, "expected /path:DIM:METRIC, not '" + text + '\'');
  AVILA_TRY(const std::int64_t count,
            text::parse_int(std::string_view(text).substr(dimensions + 1, metric - dimensions - 1))
                .context("DIM"));
  json::Value vector = json::Value::make_object();
  vector.set("path", text.substr(0, dimensions));
  vector.set("dimensions", count);
  vector.set("metric", text.substr(metric + 1));
  return vector;
}

std::string document_path(const CollectionName& name, const std::string& id,
                          const Arguments& arguments) {
  std::string path = name.path() + "/documents/" + text::percent_encode(id);
  if (arguments.has("--pk")) path += "?pk=" + text::percent_encode(arguments.get("--pk"));
  return path;
}

Result<std::string> read_input(const std::string& file) {
  if (!file.empty() && file != "-") return os::real_file_system().read_text(file);
  std::string text;
  char buffer[65536];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;)
    text.append(buffer, n);
  return text;
}

Result<int> print_answer(const Arguments& arguments, const json::Value& answer,
                         const std::string& message) {
  say(wants_json(arguments) ? json::to_string(answer) + '\n' : message + '\n');
  return kDone;
}

}  // namespace

Result<int> db_create(const Arguments& arguments) {
  AVILA_TRY(Api api, Api::open(arguments));
  json::Value body = json::Value::make_object();
  body.set("name", arguments.operand(0));
  AVILA_TRY(const json::Value answer,
            api.call_json("POST", "/v1/databases", json::to_string(body)));
  return print_answer(arguments, answer, "created database " + arguments.operand(0));
}

Result<int> db_list(const Arguments& arguments) {
  AVILA_TRY(Api api, Api::open(arguments));
  AVILA_TRY(const json::Value answer, api.call_json("GET", "/v1/databases"));
  return print_list(arguments, answer, "databases", {"name", "collections"});
}

Result<int> db_drop(const Arguments& arguments) {
  AVILA_TRY(Api api, Api::open(arguments));
  AVILA_TRY(const bool yes,
            confirmed(arguments, "drop database " + arguments.operand(0) + " and all in it"));
  if (!yes) return kFailed;
  AVILA_TRY_VOID(api.call("DELETE", database_path(arguments.operand(0))));
  return print_answer(arguments, json::Value::make_object(),
                      "dropped database " + arguments.operand(0));
}

Result<int> db_collections(const Arguments& arguments) {
  AVILA_TRY(Api api, Api::open(arguments));
  AVILA_TRY(const json::Value answer,
            api.call_json("GET", database_path(arguments.operand(0)) + "/collections"));
  return print_list(arguments, answer, "collections",
                    {"name", "documents", "partition_key", "durability"});
}

Result<int> db_create_collection(const Arguments& arguments) {
  AVILA_TRY(const CollectionName name, parse_collection(arguments.operand(0)));
  json::Value body = json::Value::make_object();
  body.set("name", name.collection);
  if (arguments.has("--partition-key"))
    body.set("partition_key", split_paths(arguments.get("--partition-key")));
  json::Value indexes = json::Value::make_array();
  for (const std::string& text : arguments.all("--index")) {
    AVILA_TRY(json::Value index, parse_index(text));
    indexes.push_back(std::move(index));
  }
  if (!indexes.empty()) body.set("indexes", std::move(indexes));
  json::Value vectors = json::Value::make_array();
  for (const std::string& text : arguments.all("--vector")) {
    AVILA_TRY(json::Value vector, parse_vector(text));
    vectors.push_back(std::move(vector));
  }
  if (!vectors.empty()) body.set("vectors", std::move(vectors));
  if (arguments.has("--durability")) body.set("durability", arguments.get("--durability"));
  if (arguments.has("--ttl")) {
    AVILA_TRY(const std::int64_t ttl, text::parse_int(arguments.get("--ttl")).context("--ttl"));
    body.set("ttl", ttl);
  }
  AVILA_TRY(Api api, Api::open(arguments));
  AVILA_TRY(
      const json::Value answer,
      api.call_json("POST", database_path(name.database) + "/collections", json::to_string(body)));
  return print_answer(arguments, answer, "created collection " + arguments.operand(0));
}

Result<int> db_drop_collection(const Arguments& arguments) {
  AVILA_TRY(const CollectionName name, parse_collection(arguments.operand(0)));
  AVILA_TRY(Api api, Api::open(arguments));
  AVILA_TRY(const bool yes, confirmed(arguments, "drop collection " + arguments.operand(0)));
  if (!yes) return kFailed;
  AVILA_TRY_VOID(api.call("DELETE", name.path()));
  return print_answer(arguments, json::Value::make_object(),
                      "dropped collection " + arguments.operand(0));
}

Result<int> db_index_create(const Arguments& arguments) {
  AVILA_TRY(const CollectionName name, parse_collection(arguments.operand(0)));
  const std::string text = arguments.operand(1);
  json::Value body;
  if (text.starts_with("/")) {
    AVILA_TRY(body, parse_vector(text));
  } else {
    AVILA_TRY(body, parse_index(text));
    if (arguments.has("--unique")) body.set("unique", true);
    if (arguments.has("--array")) body.set("array", true);
  }
  AVILA_TRY(Api api, Api::open(arguments));
  AVILA_TRY(const json::Value answer,
            api.call_json("POST", name.path() + "/indexes", json::to_string(body)));
  return print_answer(arguments, answer, "created index " + text);
}

Result<int> db_index_list(const Arguments& arguments) {
  AVILA_TRY(const CollectionName name, parse_collection(arguments.operand(0)));
  AVILA_TRY(Api api, Api::open(arguments));
  AVILA_TRY(const json::Value answer, api.call_json("GET", name.path() + "/indexes"));
  if (wants_json(arguments)) return say(json::to_string(answer) + '\n'), kDone;
  AVILA_TRY_VOID(print_list(arguments, answer, "indexes",
                            {"name", "fields", "unique", "array", "state", "entries"}));
  const json::Value* vectors = answer.find("vectors");
  if (vectors == nullptr || vectors->empty()) return kDone;
  say("\n");
  return print_list(arguments, answer, "vectors", {"path", "dimensions", "metric", "vectors"});
}

Result<int> db_index_drop(const Arguments& arguments) {
  AVILA_TRY(const CollectionName name, parse_collection(arguments.operand(0)));
  AVILA_TRY(Api api, Api::open(arguments));
  AVILA_TRY_VOID(
      api.call("DELETE", name.path() + "/indexes/" + text::percent_encode(arguments.operand(1))));
  return print_answer(arguments, json::Value::make_object(),
                      "dropped index " + arguments.operand(1));
}

Result<int> db_get(const Arguments& arguments) {
  AVILA_TRY(const CollectionName name, parse_collection(arguments.operand(0)));
  AVILA_TRY(Api api, Api::open(arguments));
  AVILA_TRY(const json::Value document,
            api.call_json("GET", document_path(name, arguments.operand(1), arguments)));
  say((wants_json(arguments) ? json::to_string(document) : json::to_pretty_string(document)) +
      '\n');
  return kDone;
}

Result<int> db_put(const Arguments& arguments) {
  AVILA_TRY(const CollectionName name, parse_collection(arguments.operand(0)));
  AVILA_TRY(const std::string text, read_input(arguments.operand(1)));
  AVILA_TRY(Api api, Api::open(arguments));
  AVILA_TRY(const json::Value document,
            api.call_json("POST", name.path() + "/documents?upsert=true", text));
  const json::Value* id = document.find("id");
  return print_answer(arguments, document,
                      "stored " + std::string(id != nullptr ? id->as_string() : ""));
}

Result<int> db_delete(const Arguments& arguments) {
  AVILA_TRY(const CollectionName name, parse_collection(arguments.operand(0)));
  AVILA_TRY(Api api, Api::open(arguments));
  AVILA_TRY_VOID(api.call("DELETE", document_path(name, arguments.operand(1), arguments)));
  return print_answer(arguments, json::Value::make_object(), "deleted " + arguments.operand(1));
}

}  // namespace avila::cli
