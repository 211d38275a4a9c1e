// `avl db shell`: queries on one or several lines, ended by ';'.
#include <algorithm>
#include <avila/cli/line_editor.hpp>
#include <avila/cli/terminal.hpp>
#include <cstdio>

#include "api.hpp"
#include "commands.hpp"

namespace avila::cli {
namespace {

constexpr std::string_view kHelp =
    "a query, ended by ;        SELECT c.name FROM states c WHERE c.population > 10000000;\n"
    "\\databases                 list databases\n"
    "\\use DB                    query this database\n"
    "\\collections               list the collections of the database\n"
    "\\format table|json|csv     how rows are printed\n"
    "\\set NAME VALUE            set the parameter @NAME (VALUE as JSON, else text)\n"
    "\\explain QUERY;            how the query would be answered\n"
    "\\help  \\quit\n";

constexpr const char* kWords[] = {"SELECT",
                                  "FROM",
                                  "WHERE",
                                  "ORDER BY",
                                  "GROUP BY",
                                  "HAVING",
                                  "LIMIT",
                                  "OFFSET",
                                  "DISTINCT",
                                  "VALUE",
                                  "JOIN",
                                  "IN",
                                  "BETWEEN",
                                  "LIKE",
                                  "IS NULL",
                                  "IS DEFINED",
                                  "AND",
                                  "OR",
                                  "NOT",
                                  "COUNT(",
                                  "SUM(",
                                  "AVG(",
                                  "MIN(",
                                  "MAX(",
                                  "ARRAY_CONTAINS(",
                                  "ARRAY_LENGTH(",
                                  "LOWER(",
                                  "UPPER(",
                                  "CONTAINS(",
                                  "STARTSWITH(",
                                  "\\databases",
                                  "\\use",
                                  "\\collections",
                                  "\\format",
                                  "\\set",
                                  "\\explain",
                                  "\\help",
                                  "\\quit"};

bool same_start(std::string_view word, std::string_view typed) {
  if (typed.size() > word.size()) return false;
  for (std::size_t i = 0; i < typed.size(); ++i) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (lower(word[i]) != lower(typed[i])) return false;
  }
  return true;
}

class Shell {
 public:
  Shell(Api& api, std::string database) : api_(api), database_(std::move(database)) {}

  void learn_names() {
    names_.clear();
    if (database_.empty()) return;
    const auto answer = api_.call_json("GET", database_path(database_) + "/collections");
    if (!answer.has_value()) return;
    const json::Value* list = answer->find("collections");
    if (list == nullptr || !list->is_array()) return;
    for (const json::Value& item : list->array())
      if (const json::Value* name = item.find("name"))
        names_.emplace_back(name->get_string().value_or(""));
  }

  std::vector<std::string> complete(std::string_view line, std::size_t cursor) const {
    std::size_t start = cursor;
    while (start > 0 && line[start - 1] != ' ' && line[start - 1] != '(' && line[start - 1] != ',')
      --start;
    const std::string_view typed = line.substr(start, cursor - start);
    std::vector<std::string> found;
    if (typed.empty()) return found;
    for (const std::string& name : names_)
      if (same_start(name, typed)) found.push_back(name);
    for (const char* word : kWords)
      if (same_start(word, typed)) found.emplace_back(word);
    return found;
  }

  /// False to leave.
  bool take(const std::string& line) {
    if (statement_.empty() && line.starts_with("\\")) return command(line);
    statement_ += (statement_.empty() ? "" : "\n") + line;
    const auto end = statement_.find_last_not_of(" \t\n");
    if (end == std::string::npos) {
      statement_.clear();
    } else if (statement_[end] == ';') {
      run(statement_.substr(0, end), false);
      statement_.clear();
    }
    return true;
  }

  std::string prompt() const {
    if (!statement_.empty()) return "   …> ";
    return database_.empty() ? "avl> " : database_ + "> ";
  }
  void forget_statement() { statement_.clear(); }

 private:
  bool command(const std::string& line) {
    const auto space = line.find(' ');
    const std::string name = line.substr(0, space);
    std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    while (!rest.empty() && (rest.back() == ' ' || rest.back() == ';')) rest.pop_back();
    if (name == "\\quit" || name == "\\q") return false;
    if (name == "\\help" || name == "\\?") {
      std::fwrite(kHelp.data(), 1, kHelp.size(), stdout);
    } else if (name == "\\use") {
      database_ = rest;
      learn_names();
    } else if (name == "\\databases") {
      list("/v1/databases", "databases");
    } else if (name == "\\collections") {
      list(database_path(database_) + "/collections", "collections");
    } else if (name == "\\format") {
      if (rest == "table" || rest == "json" || rest == "csv")
        format_ = rest;
      else
        complain("formats are table, json and csv");
    } else if (name == "\\set") {
      const auto gap = rest.find(' ');
      if (gap == std::string::npos)
        complain("\\set NAME VALUE");
      else
        parameters_.push_back(rest.substr(0, gap) + '=' + rest.substr(gap + 1));
    } else if (name == "\\explain") {
      run(rest, true);
    } else {
      complain("no command " + name + "; \\help lists them");
    }
    return true;
  }

  void list(const std::string& path, const char* member) {
    const auto answer = api_.call_json("GET", path);
    if (!answer.has_value()) return complain(answer.error().to_string());
    const json::Value* items = answer->find(member);
    if (items == nullptr || !items->is_array()) return;
    for (const json::Value& item : items->array())
      if (const json::Value* name = item.find("name"))
        std::printf("%s\n", std::string(name->get_string().value_or("")).c_str());
  }

  void run(const std::string& query, bool explain) {
    if (database_.empty()) return complain("choose a database first: \\use DB");
    const auto rows = print_query(api_, {database_, query, format_, parameters_, explain});
    if (!rows.has_value()) return complain(rows.error().to_string());
    if (!explain && format_ == "table") std::printf("%zu row%s\n", *rows, *rows == 1 ? "" : "s");
  }

  static void complain(const std::string& what) {
    std::fflush(stdout);
    const Paint paint = paint_for(stderr);
    std::fprintf(stderr, "%serror:%s %s\n", paint.red, paint.plain, what.c_str());
  }

  Api& api_;
  std::string database_, format_ = "table", statement_;
  std::vector<std::string> names_, parameters_;
};

}  // namespace

Result<int> db_shell(const Arguments& arguments) {
  AVILA_TRY(Api api, Api::open(arguments));
  Shell shell(api, arguments.operand(0));
  shell.learn_names();
  const bool terminal = is_terminal(stdin) && is_terminal(stdout);
  if (terminal)
    std::printf("Connected to %s. \\help says what can be typed.\n", api.target().endpoint.c_str());
  std::string history_path;
  if (auto path = cache_path("history"); path.has_value()) history_path = *path;
  std::vector<std::string> history = load_history(history_path);
  const auto complete = [&](std::string_view line, std::size_t cursor) {
    return shell.complete(line, cursor);
  };
  while (true) {
    auto line = read_line(shell.prompt(), history, complete);
    if (!line.has_value()) {
      if (!line.error().is(Errc::Cancelled)) return std::move(line).error();
      shell.forget_statement();
      continue;
    }
    if (!line->has_value() || !shell.take(**line)) break;
  }
  if (terminal && !history_path.empty())
    (void)save_history(history_path, history);  // best effort: a convenience
  return kDone;
}

}  // namespace avila::cli
