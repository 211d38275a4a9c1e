// The commands of `avl` as data: what they take, what they say of themselves, what runs them.
#pragma once
#include <avila/error/result.hpp>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace avila::cli {

/// Exit statuses.
constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

struct Option {
  std::string_view
      name;  ///< "--data", or "-n": then "-n 5" and "-n5", and switches together: "-ic"
  std::string_view value;  ///< "DIR"; empty: a switch
  std::string_view help;
  bool repeated = false;
};

struct Operand {
  std::string_view name;  ///< "DB.COLL"
  bool required = true;
};

class Arguments {
 public:
  bool has(std::string_view option) const { return values_.contains(option); }
  /// The last value given, else `fallback`.
  std::string get(std::string_view option, std::string_view fallback = "") const;
  const std::vector<std::string>& all(std::string_view option) const;
  std::size_t operand_count() const noexcept { return operands_.size(); }
  /// Empty when it was left out.
  std::string operand(std::size_t index) const;

 private:
  friend struct CommandParser;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> operands_;
};

struct Command {
  std::string_view path;  ///< "db create"
  std::string_view summary;
  std::vector<Operand> operands;
  std::vector<Option> options;
  Result<int> (*run)(const Arguments& arguments);  ///< the exit status
  std::string_view details = "";                   ///< more for --help
  bool common = true;                              ///< takes common_options(), not only --help
};

/// Options of the commands that talk to a server: where it and the key are, output, help.
std::span<const Option> common_options();

/// Runs the command that `words` (without the program's name) names; the exit status. Errors go to
/// stderr, one line, with a hint.
int run(std::span<const Command> commands, std::span<const std::string> words);

/// The name that was perhaps meant: "did you mean"; empty: none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& names);

/// Says the error as run() does; kWrongUsage. For what a command finds wrong with its words itself.
int wrong_usage(const Error& error);

/// The words as the command takes them; errors are meant for the user (wrong usage).
Result<Arguments> parse(const Command& command, std::span<const std::string> words);
std::string help_of(const Command& command);
/// The list of commands below `prefix` ("" for all).
std::string overview(std::span<const Command> commands, std::string_view prefix);

}  // namespace avila::cli
