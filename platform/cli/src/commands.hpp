// Every command's function; commands.cpp holds the table.
#pragma once
#include <avila/cli/command.hpp>

namespace avila::cli {

Result<int> up(const Arguments& arguments);
Result<int> configure(const Arguments& arguments);

Result<int> db_create(const Arguments& arguments);
Result<int> db_list(const Arguments& arguments);
Result<int> db_drop(const Arguments& arguments);
Result<int> db_collections(const Arguments& arguments);
Result<int> db_create_collection(const Arguments& arguments);
Result<int> db_drop_collection(const Arguments& arguments);
Result<int> db_index_create(const Arguments& arguments);
Result<int> db_index_list(const Arguments& arguments);
Result<int> db_index_drop(const Arguments& arguments);
Result<int> db_import(const Arguments& arguments);
Result<int> db_export(const Arguments& arguments);
Result<int> db_query(const Arguments& arguments);
Result<int> db_get(const Arguments& arguments);
Result<int> db_put(const Arguments& arguments);
Result<int> db_delete(const Arguments& arguments);
Result<int> db_shell(const Arguments& arguments);

/// `avl tool …`: the libraries from the shell.
std::span<const Command> tool_commands();
std::span<const Command> crypto_tool_commands();  ///< keys, signatures, secrets, tokens
std::span<const Command> ca_commands();           ///< `avl ca …`, `avl tool cert …`

Result<int> bench_db(const Arguments& arguments);

/// Runs a query to its end and prints its rows; used by `db query` and the shell.
struct QueryOutput {
  std::string database, query, format = "table";
  std::vector<std::string> parameters;
  bool explain = false;
};
class Api;
Result<std::size_t> print_query(Api& api, const QueryOutput& output);

}  // namespace avila::cli
