// `avl tool regex`: grep with the library's patterns.
#include <avila/regex/regex.hpp>

#include <algorithm>
#include <cstdio>

#include "tool.hpp"

namespace avila::cli {
namespace {

constexpr std::size_t kFlushBytes = 64U << 10;

struct Selection {
  regex::Regex regex;
  bool only_matching, count, invert, numbers;
  std::string prefix;  ///< "file:" where there are several
  std::string out;
  std::uint64_t lines = 0, selected = 0;

  void print_line(std::string_view text) {
    out += prefix;
    if (numbers) out += std::to_string(lines) + ':';
    out += text;
    out += '\n';
  }

  Result<void> line(std::string_view text) {
    ++lines;
    if (regex.is_match(text) == invert) return {};
    ++selected;
    if (count) return {};
    if (!only_matching) {
      print_line(text);
    } else if (!invert) {
      regex::Matches matches = regex.find_all(text);
      for (const regex::Match& match : matches)
        if (!match.empty()) print_line(match.text);
    }
    return out.size() < kFlushBytes ? Result<void>() : flush();
  }
  Result<void> flush() {
    AVILA_TRY_VOID(print(out));
    out.clear();
    return {};
  }
};

/// The lines of a file without their ends, whatever pieces they come in.
Result<void> select_lines(const std::string& path, Selection& selection) {
  std::string carried;
  const auto take = [&](ByteSpan piece) -> Result<void> {
    std::string_view rest = as_text(piece);
    for (;;) {
      const std::size_t end = rest.find('\n');
      if (end == std::string_view::npos) break;
      std::string_view line = rest.substr(0, end);
      if (!carried.empty()) line = carried.append(line);
      AVILA_TRY_VOID(selection.line(line));
      carried.clear();
      rest.remove_prefix(end + 1);
    }
    if (carried.size() + rest.size() > kToolInputMax)
      return Error(Errc::LimitExceeded, "a line is longer than 1 GiB");
    carried += rest;
    return {};
  };
  AVILA_TRY_VOID(read_pieces(path, take));
  if (!carried.empty()) AVILA_TRY_VOID(selection.line(carried));
  if (selection.count)
    selection.out += selection.prefix + std::to_string(selection.selected) + '\n';
  return selection.flush();
}

}  // namespace

Result<int> tool_regex(const Arguments& arguments) {
  const std::string pattern = arguments.operand(0);
  regex::Options options;
  options.case_insensitive = arguments.has("-i");
  options.utf8 = false;  // files hold any bytes
  auto compiled = regex::Regex::compile(pattern, options);
  if (!compiled.has_value())
    return wrong_usage(Error(Errc::InvalidArgument, regex::explain(compiled.error(), pattern)));
  bool any = false, failed = false;
  for (std::size_t i = 1; i < std::max<std::size_t>(2, arguments.operand_count()); ++i) {
    const std::string path = arguments.operand(i).empty() ? "-" : arguments.operand(i);
    Selection selection{
        *compiled,           arguments.has("-o"),
        arguments.has("-c"), arguments.has("-v"),
        arguments.has("-n"), arguments.operand_count() > 2 ? path + ':' : std::string()};
    const auto done = select_lines(path, selection);
    any |= selection.selected != 0;
    if (!done.has_value()) {
      std::fprintf(stderr, "avl: %s\n", done.error().to_string().c_str());
      failed = true;
    }
  }
  return any && !failed ? kDone : kFailed;
}

}  // namespace avila::cli
