// Queries: page by page to the end, printed as a table, JSON or CSV.
#include <avila/cli/rows.hpp>
#include <avila/cli/terminal.hpp>
#include <cstdio>

#include "api.hpp"
#include "commands.hpp"

namespace avila::cli {

Result<std::size_t> print_query(Api& api, const QueryOutput& output) {
  AVILA_TRY(const Format format, parse_format(output.format));
  AVILA_TRY(json::Value parameters, parse_parameters(output.parameters));
  json::Value body = json::Value::make_object();
  body.set("query", output.query);
  body.set("parameters", std::move(parameters));
  if (output.explain) body.set("explain", true);
  const std::string path = database_path(output.database) + "/query";

  std::vector<std::string> rows;
  while (true) {
    AVILA_TRY(const json::Value page, api.call_json("POST", path, json::to_string(body)));
    if (output.explain) {
      const json::Value* plan = page.find("plan");
      std::printf("%s\n", plan != nullptr ? json::to_pretty_string(*plan).c_str() : "no plan");
      return std::size_t{0};
    }
    const json::Value* documents = page.find("documents");
    if (documents == nullptr || !documents->is_array())
      return Error(Errc::Malformed, "unexpected answer of the server");
    for (const json::Value& document : documents->array())
      rows.push_back(json::to_string(document));
    const json::Value* continuation = page.find("continuation");
    if (continuation == nullptr || !continuation->is_string()) break;
    body.set("continuation", *continuation);
  }
  AVILA_TRY(const std::string text,
            format_rows(rows, format, is_terminal(stdout) ? terminal_width() : 0));
  std::fwrite(text.data(), 1, text.size(), stdout);
  return rows.size();
}

Result<int> db_query(const Arguments& arguments) {
  QueryOutput output;
  output.database = arguments.operand(0);
  output.query = arguments.operand(1);
  output.format = arguments.get("--format", arguments.get("--output") == "json" ? "json" : "table");
  output.parameters = arguments.all("--param");
  output.explain = arguments.has("--explain");
  AVILA_TRY(Api api, Api::open(arguments));
  AVILA_TRY(const std::size_t rows, print_query(api, output));
  const bool for_people = output.format == "table" && !output.explain && is_terminal(stderr);
  if (for_people) std::fprintf(stderr, "%zu row%s\n", rows, rows == 1 ? "" : "s");
  return kDone;
}

}  // namespace avila::cli
