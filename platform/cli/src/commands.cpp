#include "commands.hpp"

#include <avila/cli/main.hpp>

#include "tool_net.hpp"

namespace avila::cli {
namespace {

const Operand kDb{"DB"}, kCollection{"DB.COLL"}, kId{"ID"};
const Option kPk{"--pk", "JSON",
                 "partition key values: '[\"t\",\"k\"]'; not needed where the id is unique"};
const Option kYes{"--yes", "", "do not ask"};

const std::vector<Command>& table() {
  static const std::vector<Command> commands = {
      {"up",
       "start the platform in the foreground",
       {},
       {{"--listen", "ADDR", "address to listen on (default: 127.0.0.1)"},
        {"--port-base", "N", "ports: N+1 aviladb (default: 7700; 0: any free ones)"},
        {"--only", "SERVICES", "start these only, with commas: aviladb"},
        {"--no-demo", "", "no sample data at the first start"},
        {"--tls", "", "HTTPS and HTTP/2, by a certificate authority of its own in DATA/ca"},
        {"--config", "FILE", "configuration (default: DATA/avila.toml when it is there)"},
        {"--set", "SETTING=VALUE", "one setting of the configuration", true},
        {"--print-config", "", "print every setting with its value, and end"}},
       up,
       "Data lies in ./avl-data, or in --data DIR. Ctrl-C stops it cleanly."},
      {"configure",
       "keep an address and a key in a profile",
       {},
       {},
       configure,
       "Asks on a terminal; or give --endpoint and --api-key, and --profile NAME."},
      {"db create", "create a database", {kDb}, {}, db_create},
      {"db list", "list the databases", {}, {}, db_list},
      {"db drop", "drop a database and all in it", {kDb}, {kYes}, db_drop},
      {"db collections", "list the collections of a database", {kDb}, {}, db_collections},
      {"db create-collection",
       "create a collection",
       {kCollection},
       {{"--partition-key", "/a,/b", "up to three paths whose values lead the keys"},
        {"--index", "NAME:/path[,/path]", "an index", true},
        {"--vector", "/path:DIM:METRIC", "a vector index; METRIC is l2, cosine or dot", true},
        {"--durability", "sync|relaxed", "when a write is acknowledged (default: sync)"},
        {"--ttl", "SECONDS", "documents live this long after their last write"}},
       db_create_collection},
      {"db drop-collection", "drop a collection", {kCollection}, {kYes}, db_drop_collection},
      {"db index create",
       "create an index",
       {kCollection, {"NAME:/path[,/path]|/path:DIM:METRIC"}},
       {{"--unique", "", "refuse equal values within a partition key value"},
        {"--array", "", "index each element of the first field's arrays"}},
       db_index_create},
      {"db index list", "list the indexes", {kCollection}, {}, db_index_list},
      {"db index drop",
       "drop an index, a vector index by its path",
       {kCollection, {"NAME"}},
       {},
       db_index_drop},
      {"db import",
       "import documents from a file",
       {kCollection, {"FILE"}},
       {{"--format", "json|ndjson|geojson|csv", "default: by the file's name"},
        {"--path", "/POINTER", "json: where the array is, such as /statuses"},
        {"--separator", "C", "csv: between cells (default: , or a tab for .tsv)"},
        {"--text", "", "csv: every cell is text"},
        {"--rejects", "FILE", "write the rejected documents and why to FILE (NDJSON)"},
        {"--restart", "", "from the start, although an earlier import was cut off"}},
       db_import,
       "Run the same command again after an interruption: it goes on where it was."},
      {"db export",
       "export a collection",
       {kCollection, {"FILE", false}},
       {{"--format", "json|ndjson", "default: by the file's name, else ndjson"}},
       db_export},
      {"db query",
       "query a database",
       {kDb, {"QUERY"}},
       {{"--param", "K=V", "the value of @K; JSON, else text", true},
        {"--format", "table|json|csv", "default: table"},
        {"--explain", "", "how it would be answered"}},
       db_query},
      {"db get", "print a document", {kCollection, kId}, {kPk}, db_get},
      {"db put",
       "store a document from a file or standard input",
       {kCollection, {"FILE", false}},
       {},
       db_put},
      {"db delete", "delete a document", {kCollection, kId}, {kPk}, db_delete},
      {"db shell", "query interactively", {{"DB", false}}, {}, db_shell},
      {"bench db",
       "measure a running server",
       {},
       {{"--operation", "insert|get|query", "what to measure (default: insert)"},
        {"--connections", "N", "connections (default: 64)"},
        {"--seconds", "S", "how long (default: 5)"},
        {"--rate", "N", "requests a second in all; default: as many as go through"},
        {"--documents", "N", "get, query: documents to work on (default: 10000)"},
        {"--json", "", "one JSON object"}},
       bench_db,
       "Works in a database of its own, avl_bench, which it drops at the end."},
  };
  return commands;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  std::vector<Command> commands = table();
  for (const auto more :
       {tool_commands(), net_tool_commands(), crypto_tool_commands(), ca_commands()})
    commands.insert(commands.end(), more.begin(), more.end());
  return run(commands, words);
}

}  // namespace avila::cli
