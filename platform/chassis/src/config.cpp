#include <algorithm>
#include <avila/chassis/config.hpp>
#include <avila/os/file_system.hpp>
#include <avila/serde/toml.hpp>
#include <avila/text/number.hpp>

namespace avila::chassis {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

Result<std::int64_t> parse_with_unit(std::string_view text, std::span<const Unit> units,
                                     std::string_view expected) {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const std::string_view unit = text.substr(digits);
  for (const Unit& candidate : units) {
    if (candidate.name != unit || digits == 0) continue;
    AVILA_TRY(const std::int64_t number, text::parse_int(text.substr(0, digits)));
    std::int64_t scaled = 0;
    if (__builtin_mul_overflow(number, candidate.factor, &scaled)) break;
    return scaled;
  }
  return Error(Errc::InvalidArgument,
               "expected " + std::string(expected) + ", not '" + std::string(text) + '\'');
}

std::string environment_name(std::string_view setting) {
  std::string name = "AVILA_";
  for (const char c : setting)
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

std::string toml_text(const serde::toml::Value& value) {
  using serde::toml::Kind;
  switch (value.kind()) {
    case Kind::Integer: return std::to_string(value.as_integer());
    case Kind::Boolean: return value.as_boolean() ? "true" : "false";
    case Kind::String: return value.as_text();
    default: return "";
  }
}

}  // namespace

Result<std::int64_t> parse_bytes(std::string_view text) {
  static constexpr Unit kUnits[] = {
      {"", 1},          {"B", 1},         {"KB", 1'000},   {"MB", 1'000'000}, {"GB", 1'000'000'000},
      {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
  return parse_with_unit(text, kUnits, "a size such as 4096, 64KiB or 16MB");
}

Result<Duration> parse_duration(std::string_view text) {
  static constexpr Unit kUnits[] = {{"ns", 1},
                                    {"us", 1'000},
                                    {"ms", 1'000'000},
                                    {"", 1'000'000'000},
                                    {"s", 1'000'000'000},
                                    {"m", 60'000'000'000},
                                    {"h", 3'600'000'000'000}};
  AVILA_TRY(const std::int64_t ns,
            parse_with_unit(text, kUnits, "a time such as 250ms, 30s or 5m"));
  return Duration{ns};
}

Result<void> Config::assign(std::string_view name, std::string_view text, std::string_view origin) {
  for (Entry& entry : entries_) {
    const Setting& setting = entry.setting;
    if (setting.name != name) continue;
    const std::string place = std::string(origin) + ": " + std::string(name);
    std::int64_t number = 0;
    switch (setting.kind) {
      case SettingKind::Text: break;
      case SettingKind::Boolean:
        if (text != "true" && text != "false")
          return Error(Errc::InvalidArgument,
                       place + ": expected true or false, not '" + std::string(text) + '\'');
        number = text == "true" ? 1 : 0;
        break;
      case SettingKind::Integer: {
        AVILA_TRY(number, text::parse_int(text).context(place));
        break;
      }
      case SettingKind::Bytes: {
        AVILA_TRY(number, parse_bytes(text).context(place));
        break;
      }
      case SettingKind::Duration: {
        AVILA_TRY(const Duration duration, parse_duration(text).context(place));
        number = duration.ns;
        break;
      }
    }
    if (setting.kind != SettingKind::Text && (number < setting.min || number > setting.max)) {
      return Error(Errc::OutOfRange, place + ": " + std::string(text) + " is out of bounds (" +
                                         std::to_string(setting.min) + " to " +
                                         std::to_string(setting.max) + ')');
    }
    entry.text = text;
    entry.number = number;
    return {};
  }
  std::string known;
  for (const Entry& entry : entries_)
    known += (known.empty() ? "" : ", ") + std::string(entry.setting.name);
  return Error(Errc::InvalidArgument, std::string(origin) + ": no setting '" + std::string(name) +
                                          "'; there are: " + known);
}

Result<Config> Config::load(std::span<const Setting> settings, os::FileSystem& files,
                            const std::string& path, const Environment& environment,
                            const Overrides& overrides) {
  Config config;
  for (const Setting& setting : settings) config.entries_.push_back({setting, {}, 0});
  for (const Setting& setting : settings)
    AVILA_TRY_VOID(config.assign(setting.name, setting.fallback, "default"));

  if (!path.empty()) {
    AVILA_TRY(const std::string text, files.read_text(path).context("configuration"));
    AVILA_TRY(const serde::toml::Value document, serde::toml::parse(text).context(path));
    // Depth first over the tables; a leaf's dotted path is its setting.
    std::vector<std::pair<std::string, const serde::toml::Value*>> todo{{"", &document}};
    while (!todo.empty()) {
      const auto [prefix, table] = todo.back();
      todo.pop_back();
      for (const auto& [key, value] : table->members()) {
        const std::string name = prefix.empty() ? key : prefix + '.' + key;
        if (value.is(serde::toml::Kind::Table)) {
          todo.emplace_back(name, &value);
        } else {
          AVILA_TRY_VOID(config.assign(name, toml_text(value), path));
        }
      }
    }
  }
  for (const Setting& setting : settings) {
    if (const auto text = environment(environment_name(setting.name)))
      AVILA_TRY_VOID(config.assign(setting.name, *text, "environment"));
  }
  for (const auto& [name, text] : overrides)
    AVILA_TRY_VOID(config.assign(name, text, "command line"));
  return config;
}

const Config::Entry& Config::entry(std::string_view name, SettingKind kind) const {
  const Entry* found = nullptr;
  for (const Entry& entry : entries_)
    if (entry.setting.name == name && entry.setting.kind == kind) found = &entry;
  AVILA_ASSERT(found != nullptr);
  return *found;
}

const std::string& Config::text(std::string_view name) const {
  return entry(name, SettingKind::Text).text;
}
bool Config::boolean(std::string_view name) const {
  return entry(name, SettingKind::Boolean).number != 0;
}
std::int64_t Config::integer(std::string_view name) const {
  return entry(name, SettingKind::Integer).number;
}
std::size_t Config::bytes(std::string_view name) const {
  return static_cast<std::size_t>(entry(name, SettingKind::Bytes).number);
}
Duration Config::duration(std::string_view name) const {
  return {entry(name, SettingKind::Duration).number};
}

std::string Config::to_toml() const {
  const auto table_of = [](const Entry& entry) {
    const auto dot = entry.setting.name.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : entry.setting.name.substr(0, dot);
  };
  std::vector<const Entry*> order;
  for (const Entry& entry : entries_) order.push_back(&entry);
  // Members of the document itself come before the first [table].
  std::stable_partition(order.begin(), order.end(),
                        [&](const Entry* entry) { return table_of(*entry).empty(); });
  std::string out;
  std::string_view section;
  for (const Entry* entry : order) {
    const std::string_view table = table_of(*entry);
    if (table != section) out += "\n[" + std::string(table) + "]\n";
    section = table;
    out += "# " + std::string(entry->setting.help) + '\n';
    serde::toml::Value line = serde::toml::Value::table();
    const std::string_view key =
        table.empty() ? entry->setting.name : entry->setting.name.substr(table.size() + 1);
    switch (entry->setting.kind) {
      case SettingKind::Boolean: line.set(key, entry->number != 0); break;
      case SettingKind::Integer: line.set(key, entry->number); break;
      default: line.set(key, entry->text); break;
    }
    out += serde::toml::to_toml(line);
  }
  return out;
}

}  // namespace avila::chassis
