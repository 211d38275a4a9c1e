#include <avila/serde/toml.hpp>
#include <avila/text/number.hpp>
#include <cmath>
#include <cstdio>

namespace avila::serde::toml {
namespace {

bool is_bare_key(std::string_view key) {
  for (const char c : key) {
    const bool bare = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-';
    if (!bare) return false;
  }
  return !key.empty();
}

void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          char escape[8];
          std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(c));
          out += escape;
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void write_key(std::string& out, std::string_view key) {
  if (is_bare_key(key)) {
    out += key;
  } else {
    write_string(out, key);
  }
}

void write_float(std::string& out, double number) {
  if (std::isnan(number)) {
    out += "nan";
  } else if (std::isinf(number)) {
    out += number < 0 ? "-inf" : "inf";
  } else {
    char buffer[40];
    const std::string_view text(
        buffer, static_cast<std::size_t>(text::format_double(buffer, number) - buffer));
    out += text;
    if (text.find_first_of(".eE") == std::string_view::npos) out += ".0";
  }
}

void write_value(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Kind::String: write_string(out, value.as_text()); break;
    case Kind::Integer: out += std::to_string(value.as_integer()); break;
    case Kind::Float: write_float(out, value.as_float()); break;
    case Kind::Boolean: out += value.as_boolean() ? "true" : "false"; break;
    case Kind::Array: {
      out += '[';
      const char* comma = "";
      for (const Value& item : value.items()) {
        out += comma;
        write_value(out, item);
        comma = ", ";
      }
      out += ']';
      break;
    }
    case Kind::Table: {
      out += '{';
      const char* comma = "";
      for (const auto& [key, member] : value.members()) {
        out += comma;
        write_key(out, key);
        out += " = ";
        write_value(out, member);
        comma = ", ";
      }
      out += '}';
      break;
    }
    default: out += value.as_text(); break;
  }
}

bool is_array_of_tables(const Value& value) {
  if (!value.is(Kind::Array) || value.items().empty()) return false;
  for (const Value& item : value.items())
    if (!item.is(Kind::Table)) return false;
  return true;
}

void write_table(std::string& out, const Value& table, const std::string& path) {
  for (const auto& [key, value] : table.members()) {
    if (value.is(Kind::Table) || is_array_of_tables(value)) continue;
    write_key(out, key);
    out += " = ";
    write_value(out, value);
    out += '\n';
  }
  for (const auto& [key, value] : table.members()) {
    std::string inner = path.empty() ? "" : path + '.';
    write_key(inner, key);
    if (value.is(Kind::Table)) {
      out += (out.empty() ? "[" : "\n[") + inner + "]\n";
      write_table(out, value, inner);
    } else if (is_array_of_tables(value)) {
      for (const Value& item : value.items()) {
        out += (out.empty() ? "[[" : "\n[[") + inner + "]]\n";
        write_table(out, item, inner);
      }
    }
  }
}

}  // namespace

std::string to_toml(const Value& table) {
  std::string out;
  write_table(out, table, "");
  return out;
}

}  // namespace avila::serde::toml
