// Tables of a TOML file, read key by key: what is unknown, of the wrong kind or out of bounds is an
// error that says file and line.
#pragma once
#include <avila/error/result.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/serde/toml.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::cli {

/// What is wrong with a file: all of it, a line each.
class ConfigErrors {
 public:
  explicit ConfigErrors(std::string path) : path_(std::move(path)) {}
  void add(std::uint32_t line, const std::string& what);
  /// InvalidArgument, where there was anything.
  Result<void> result();

 private:
  static constexpr std::size_t kTold = 20;
  const std::string path_;
  std::vector<std::pair<std::uint32_t, std::string>> told_;
  std::size_t count_ = 0;
};

/// One table. What is not there leaves its variable as it is; what is wrong, too, and is told.
class TableReader {
 public:
  using Value = serde::toml::Value;
  /// Both outlive it.
  TableReader(ConfigErrors& errors, const Value& table) : errors_(errors), table_(table) {}

  bool has(std::string_view key) const noexcept { return table_.find(key) != nullptr; }
  std::uint32_t line() const noexcept { return table_.line(); }
  /// Of a key's value, else the table's.
  std::uint32_t line(std::string_view key) const noexcept;

  void read(std::string_view key, std::string& to);
  void read(std::string_view key, bool& to);
  void read(std::string_view key, double& to, double least, double most);
  void read(std::string_view key, Duration& to, Duration least = Duration::zero());
  void read_bytes(std::string_view key, std::uint64_t& to);
  template <class Integer>
  void read(std::string_view key, Integer& to, std::int64_t least, std::int64_t most) {
    if (const auto value = number(key, least, most)) to = static_cast<Integer>(*value);
  }
  /// An array of texts; one text is an array of it.
  void read(std::string_view key, std::vector<std::string>& to);
  /// A table of texts.
  void read(std::string_view key, std::vector<std::pair<std::string, std::string>>& to);
  /// Of words, the one that it is: its place among them.
  std::optional<std::size_t> choice(std::string_view key,
                                    std::initializer_list<std::string_view> words);
  std::optional<TableReader> table(std::string_view key);
  /// An array of tables; one table is an array of it.
  std::vector<TableReader> tables(std::string_view key);
  /// For what the above do not read; null where it is not there.
  const Value* take(std::string_view key);

  void fail(std::string_view key, const std::string& what);
  /// Every key that nobody asked for is wrong. Call it last.
  void finish();

  ConfigErrors& errors() const noexcept { return errors_; }
  const Value& value() const noexcept { return table_; }

 private:
  std::optional<std::int64_t> number(std::string_view key, std::int64_t least, std::int64_t most);
  const Value* take(std::string_view key, serde::toml::Kind kind, std::string_view wanted);

  ConfigErrors& errors_;
  const Value& table_;
  std::vector<std::string> known_;
};

}  // namespace avila::cli
