// `avl tool hash`: prints and checks what sha256sum and b3sum print and check.
#include <avila/hash/algorithm.hpp>
#include <avila/text/encoding.hpp>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "tool.hpp"

namespace avila::cli {
namespace {

constexpr std::uint64_t kSizeMax = 1U << 20;  // of --length, bytes

Result<std::string> hash_of(const hash::Hasher& fresh, const std::string& path) {
  hash::Hasher hasher = fresh;
  AVILA_TRY_VOID(read_pieces(path, [&](ByteSpan piece) -> Result<void> {
    hasher.update(piece);
    return {};
  }));
  std::vector<std::byte> out(hasher.size());
  hasher.finish(out);
  return text::hex_encode(out);
}

/// `before` and the name; one with a line end or a backslash is escaped, and a backslash at the
/// start of the line says so.
std::string with_name(const std::string& before, const std::string& name) {
  std::string escaped;
  for (const char c : name) {
    if (c == '\\') {
      escaped += "\\\\";
    } else if (c == '\n') {
      escaped += "\\n";
    } else if (c == '\r') {
      escaped += "\\r";
    } else {
      escaped += c;
    }
  }
  return (escaped == name ? "" : "\\") + before + escaped;
}

struct Listed {
  std::string hex, name;
};

/// "hex  name" or "hex *name"; absent for anything else.
std::optional<Listed> parse_list_line(std::string_view line, std::size_t hex_size) {
  const bool escaped = line.starts_with('\\');
  if (escaped) line.remove_prefix(1);
  if (line.size() < hex_size + 3 || line[hex_size] != ' ' ||
      (line[hex_size + 1] != ' ' && line[hex_size + 1] != '*'))
    return std::nullopt;
  Listed listed{std::string(line.substr(0, hex_size)), ""};
  if (!text::hex_decode(listed.hex).has_value()) return std::nullopt;
  for (char& c : listed.hex)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  line.remove_prefix(hex_size + 2);
  for (std::size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (escaped && c == '\\' && i + 1 < line.size()) {
      c = line[++i];
      c = c == 'n' ? '\n' : c == 'r' ? '\r' : c;
    }
    listed.name += c;
  }
  return listed;
}

Result<int> check(const hash::Hasher& fresh, const std::string& list) {
  AVILA_TRY(const std::string text, read_input(list));
  std::size_t good = 0, bad = 0, unreadable = 0, malformed = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    const auto listed = parse_list_line(line, 2 * fresh.size());
    if (!listed.has_value()) {
      ++malformed;
      continue;
    }
    const auto hex = hash_of(fresh, listed->name);
    const char* verdict = "OK";
    if (!hex.has_value()) {
      std::fprintf(stderr, "avl: %s\n", hex.error().to_string().c_str());
      verdict = "FAILED open or read";
      ++unreadable;
    } else if (*hex != listed->hex) {
      verdict = "FAILED";
      ++bad;
    } else {
      ++good;
    }
    AVILA_TRY_VOID(print(with_name("", listed->name) + ": " + verdict + '\n'));
  }
  const auto warn = [](std::size_t count, const char* what) {
    if (count != 0) std::fprintf(stderr, "avl: %zu %s\n", count, what);
  };
  warn(malformed, "lines are no \"hex  name\" of this algorithm");
  warn(unreadable, "listed files could not be read");
  warn(bad, "hashes did NOT match");
  if (good + bad + unreadable == 0)
    return Error(Errc::Malformed, list + " lists no hash of this algorithm");
  return bad + unreadable + malformed == 0 ? kDone : kFailed;
}

}  // namespace

Result<int> tool_hash(const Arguments& arguments) {
  const std::string name = arguments.operand(0);
  AVILA_TRY(const std::string key, text::hex_decode(arguments.get("--key")).context("--key"));
  AVILA_TRY(const std::uint64_t size, number_option(arguments, "--length", 0, 1, kSizeMax));
  auto made = hash::Hasher::create(name, {.key = as_bytes(key), .size = size});
  if (!made.has_value()) {
    Error error = std::move(made).error();
    if (!error.is(Errc::NotFound)) return wrong_usage(error);
    return wrong_usage(Error(Errc::InvalidArgument, "no hash '" + name + '\'')
                           .with_hint("avl tool hash --help lists them"));
  }
  if (arguments.has("--check")) {
    if (arguments.operand_count() > 1)
      return wrong_usage(
          Error(Errc::InvalidArgument, "--check takes the files' names from its list"));
    return check(*made, arguments.get("--check"));
  }
  int status = kDone;
  for (std::size_t i = 1; i < std::max<std::size_t>(2, arguments.operand_count()); ++i) {
    const std::string path = arguments.operand(i).empty() ? "-" : arguments.operand(i);
    const auto hex = hash_of(*made, path);
    if (hex.has_value()) {
      AVILA_TRY_VOID(print(with_name(*hex + "  ", path) + '\n'));
    } else {  // the others are worth printing
      std::fprintf(stderr, "avl: %s\n", hex.error().to_string().c_str());
      status = kFailed;
    }
  }
  return status;
}

}  // namespace avila::cli
