#include <algorithm>
#include <avila/cli/command.hpp>
#include <avila/cli/terminal.hpp>
#include <cstdio>

namespace avila::cli {
namespace {

constexpr Option kCommon[] = {
    {"--data", "DIR", "data folder whose credentials.toml is used"},
    {"--endpoint", "URL", "the service's address (default: credentials, profile, AVL_ENDPOINT)"},
    {"--api-key", "KEY", "the API key (better: credentials, profile or AVL_API_KEY)"},
    {"--cacert", "F", "certificates to trust for https (default: DIR/ca/ca.crt, AVL_CACERT)"},
    {"--profile", "NAME", "a profile of `avl configure` (default: default)"},
    {"--output", "FORMAT", "json: print data as JSON, for programs"},
    {"--help", "", "say what the command does and takes"},
};

void complain(const Error& error) {
  const Paint paint = paint_for(stderr);
  std::fprintf(stderr, "%savl: error:%s %s\n", paint.red, paint.plain, error.to_string().c_str());
}

std::span<const Option> common_of(const Command& command) {
  const std::span<const Option> all(kCommon);
  return command.common ? all : all.last(1);
}

std::string usage_of(const Command& command) {
  std::string text = "avl " + std::string(command.path);
  for (const Operand& operand : command.operands) {
    const std::string name(operand.name);
    text += operand.required ? ' ' + name : " [" + name + ']';
  }
  if (!command.options.empty()) text += " [options]";
  return text;
}

std::string option_line(const Option& option) {
  std::string left = "  " + std::string(option.name);
  if (!option.value.empty()) left += ' ' + std::string(option.value);
  if (left.size() < 28) left.resize(28, ' ');
  return left + ' ' + std::string(option.help) + (option.repeated ? " (repeatable)" : "") + '\n';
}

/// Edit distance, for "did you mean".
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

/// The command whose path is the longest prefix of the words; `used` words belong to the path.
const Command* find_command(std::span<const Command> commands, std::span<const std::string> words,
                            std::size_t& used) {
  const Command* best = nullptr;
  used = 0;
  for (const Command& command : commands) {
    std::string_view rest = command.path;
    std::size_t n = 0;
    while (!rest.empty() && n < words.size()) {
      const std::string_view part = rest.substr(0, rest.find(' '));
      if (words[n] != part) break;
      rest.remove_prefix(std::min(rest.size(), part.size() + 1));
      ++n;
    }
    if (rest.empty() && n > used) best = &command, used = n;
  }
  return best;
}

}  // namespace

int wrong_usage(const Error& error) {
  complain(error);
  return kWrongUsage;
}

std::span<const Option> common_options() { return kCommon; }

std::string Arguments::get(std::string_view option, std::string_view fallback) const {
  const auto found = values_.find(option);
  return found == values_.end() || found->second.empty() ? std::string(fallback)
                                                         : found->second.back();
}

const std::vector<std::string>& Arguments::all(std::string_view option) const {
  static const std::vector<std::string> none;
  const auto found = values_.find(option);
  return found == values_.end() ? none : found->second;
}

std::string Arguments::operand(std::size_t index) const {
  return index < operands_.size() ? operands_[index] : std::string();
}

struct CommandParser {
  const Command& command;
  Arguments arguments;

  const Option* find(std::string_view name) const {
    for (const Option& option : command.options)
      if (option.name == name) return &option;
    for (const Option& option : common_of(command))
      if (option.name == name) return &option;
    return nullptr;
  }

  Error unknown(std::string_view name) const {
    std::vector<std::string> names;
    for (const Option& option : command.options) names.emplace_back(option.name);
    for (const Option& option : common_of(command)) names.emplace_back(option.name);
    const std::string near = nearest(name, names);
    return Error(Errc::InvalidArgument, "unknown option " + std::string(name))
        .with_hint(near.empty() ? "see avl " + std::string(command.path) + " --help"
                                : "did you mean " + near + '?');
  }

  /// "-n 5", "-n5", "-ic": the letters of words[i], and the value behind it.
  Result<void> take_short(std::span<const std::string> words, std::size_t& i) {
    const std::string& word = words[i];
    for (std::size_t at = 1; at < word.size(); ++at) {
      const std::string name{'-', word[at]};
      const Option* option = find(name);
      if (option == nullptr) return unknown(name);
      auto& values = arguments.values_[name];
      if (option->value.empty()) {
        values.emplace_back();  // so that -11 is known from -1
        continue;
      }
      if (!values.empty() && !option->repeated)
        return Error(Errc::InvalidArgument, name + " is given twice");
      if (at + 1 < word.size()) {
        values.push_back(word.substr(at + 1));
      } else if (i + 1 < words.size()) {
        values.push_back(words[++i]);
      } else {
        return Error(Errc::InvalidArgument, name + " needs a value: " + std::string(option->value));
      }
      return {};
    }
    return {};
  }

  Result<Arguments> parse(std::span<const std::string> words) && {
    bool options_end = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (!options_end && word.size() > 1 && word[0] == '-' && find(word.substr(0, 2)) != nullptr) {
        AVILA_TRY_VOID(take_short(words, i));
        continue;
      }
      if (options_end || !word.starts_with("--") || word.size() < 3) {
        if (word == "--" && !options_end) {
          options_end = true;
        } else if (word == "-h" && !options_end) {
          arguments.values_["--help"];
        } else {
          arguments.operands_.push_back(word);
        }
        continue;
      }
      const auto equals = word.find('=');
      const std::string name = word.substr(0, equals);
      const Option* option = find(name);
      if (option == nullptr) return unknown(name);
      auto& values = arguments.values_[name];
      if (option->value.empty()) {
        if (equals != std::string::npos)
          return Error(Errc::InvalidArgument, name + " takes no value");
        continue;
      }
      if (equals != std::string::npos) {
        values.push_back(word.substr(equals + 1));
      } else if (i + 1 < words.size()) {
        values.push_back(words[++i]);
      } else {
        return Error(Errc::InvalidArgument, name + " needs a value: " + std::string(option->value));
      }
      if (values.size() > 1 && !option->repeated)
        return Error(Errc::InvalidArgument, name + " is given twice");
    }
    if (arguments.has("--help")) return std::move(arguments);
    std::size_t required = 0;
    bool endless = false;
    for (const Operand& operand : command.operands) {
      required += operand.required ? 1 : 0;
      endless |= operand.name.ends_with("…");
    }
    if (arguments.operands_.size() < required) {
      return Error(Errc::InvalidArgument,
                   "missing " + std::string(command.operands[arguments.operands_.size()].name))
          .with_hint("usage: " + usage_of(command));
    }
    if (!endless && arguments.operands_.size() > command.operands.size()) {
      return Error(Errc::InvalidArgument,
                   "unexpected '" + arguments.operands_[command.operands.size()] + '\'')
          .with_hint("usage: " + usage_of(command));
    }
    return std::move(arguments);
  }
};

std::string nearest(std::string_view word, const std::vector<std::string>& names) {
  std::string best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& name : names) {
    const std::size_t d = distance(word, name);
    if (d < least) least = d, best = name;
  }
  return best;
}

Result<Arguments> parse(const Command& command, std::span<const std::string> words) {
  return CommandParser{command, {}}.parse(words);
}

std::string help_of(const Command& command) {
  std::string text = std::string(command.summary) + "\n\nusage: " + usage_of(command) + '\n';
  if (!command.details.empty()) text += '\n' + std::string(command.details) + '\n';
  if (!command.options.empty()) {
    text += "\noptions:\n";
    for (const Option& option : command.options)
      if (!option.help.empty()) text += option_line(option);
  }
  text += command.common ? "\ncommon options:\n" : "\n";
  for (const Option& option : common_of(command)) text += option_line(option);
  text += "\nexit status: 0 done, 1 failed, 2 wrong usage\n";
  return text;
}

std::string overview(std::span<const Command> commands, std::string_view prefix) {
  std::string text;
  for (const Command& command : commands) {
    if (!prefix.empty() && !command.path.starts_with(std::string(prefix) + ' ')) continue;
    std::string left = "  avl " + std::string(command.path);
    if (left.size() < 30) left.resize(30, ' ');
    text += left + ' ' + std::string(command.summary) + '\n';
  }
  return text;
}

int run(std::span<const Command> commands, std::span<const std::string> words) {
  const auto say_all = [&](std::string_view prefix, FILE* to) {
    std::fprintf(to, "avl: the command line of Avila\n\n%s\n`avl COMMAND --help` says more.\n",
                 overview(commands, prefix).c_str());
  };
  if (words.empty()) return say_all("", stderr), kWrongUsage;
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help")
    return say_all("", stdout), kDone;
  if (words[0] == "--version") return std::printf("avl %s\n", AVILA_VERSION), kDone;

  std::size_t used = 0;
  const Command* command = find_command(commands, words, used);
  if (command == nullptr) {
    // A group ("avl db --help"), or a wrong word.
    std::string prefix;
    for (const std::string& word : words) {
      const std::string longer = prefix.empty() ? word : prefix + ' ' + word;
      if (overview(commands, longer).empty()) break;
      prefix = longer;
    }
    const bool asks = words.back() == "--help" || words.back() == "-h";
    if (!prefix.empty() && asks) return say_all(prefix, stdout), kDone;
    std::vector<std::string> paths;
    for (const Command& candidate : commands) paths.emplace_back(candidate.path);
    std::string said;
    for (const std::string& word : words) said += (said.empty() ? "" : " ") + word;
    const std::string near = nearest(said, paths);
    complain(Error(Errc::InvalidArgument, "no command '" + said + '\'')
                 .with_hint(near.empty() ? "see avl --help" : "did you mean avl " + near + '?'));
    if (!prefix.empty()) say_all(prefix, stderr);
    return kWrongUsage;
  }
  auto arguments = parse(*command, words.subspan(used));
  if (!arguments.has_value()) return complain(arguments.error()), kWrongUsage;
  if (arguments->has("--help")) return std::fputs(help_of(*command).c_str(), stdout), kDone;
  auto status = command->run(*arguments);
  if (status.has_value()) return *status;
  complain(status.error());
  return kFailed;
}

}  // namespace avila::cli
