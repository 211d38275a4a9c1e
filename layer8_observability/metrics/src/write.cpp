// The text expositions.
#include "write.hpp"

#include <avila/metrics/model.hpp>
#include <charconv>
#include <cmath>

namespace avila::metrics {
namespace {

using detail::number;

void append_escaped(std::string& to, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\')
      to += "\\\\";
    else if (c == '\n')
      to += "\\n";
    else if (c == '"' && quotes)
      to += "\\\"";
    else
      to += c;
  }
}

void append_labels(std::string& to, const Labels& labels) {
  to += '{';
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (i > 0) to += ',';
    (to += labels[i].first) += "=\"";
    append_escaped(to, labels[i].second, true);
    to += '"';
  }
  to += '}';
}

void append_sample(std::string& to, const Sample& sample) {
  to += sample.name;
  if (!sample.labels.empty()) append_labels(to, sample.labels);
  (to += ' ') += number(sample.value);
}

void append_metadata(std::string& to, const char* what, std::string_view name,
                     std::string_view text, bool quotes) {
  (((to += "# ") += what) += ' ').append(name) += ' ';
  append_escaped(to, text, quotes);
  to += '\n';
}

/// Prometheus has no such types; what comes nearest.
std::string_view prometheus_type(Type type) noexcept {
  switch (type) {
    case Type::Info:
    case Type::StateSet: return "gauge";
    case Type::Unknown:
    case Type::GaugeHistogram: return "untyped";
    default: return to_string(type);
  }
}

}  // namespace

std::string write_openmetrics(const std::vector<Family>& families) {
  std::string to;
  for (const Family& family : families) {
    append_metadata(to, "TYPE", family.name, to_string(family.type), false);
    if (!family.unit.empty()) append_metadata(to, "UNIT", family.name, family.unit, false);
    if (!family.help.empty()) append_metadata(to, "HELP", family.name, family.help, true);
    for (const Sample& sample : family.samples) {
      append_sample(to, sample);
      if (sample.timestamp.has_value()) (to += ' ') += number(*sample.timestamp);
      if (sample.exemplar.has_value()) {
        to += " # ";
        append_labels(to, sample.exemplar->labels);
        (to += ' ') += number(sample.exemplar->value);
        if (sample.exemplar->timestamp.has_value())
          (to += ' ') += number(*sample.exemplar->timestamp);
      }
      to += '\n';
    }
  }
  return to += "# EOF\n";
}

std::string write_prometheus(const std::vector<Family>& families) {
  std::string to;
  for (const Family& family : families) {
    // Here the family is named as its samples are.
    std::string name = family.name;
    if (family.type == Type::Counter) name += "_total";
    if (family.type == Type::Info) name += "_info";
    if (!family.help.empty()) append_metadata(to, "HELP", name, family.help, false);
    append_metadata(to, "TYPE", name, prometheus_type(family.type), false);
    for (const Sample& sample : family.samples) {
      if (sample.name.ends_with("_created") && family.type != Type::Gauge) continue;
      append_sample(to, sample);
      if (sample.timestamp.has_value()) {
        char text[32];
        const auto ms = static_cast<std::int64_t>(std::llround(*sample.timestamp * 1000));
        to += ' ';
        to.append(text, std::to_chars(text, text + sizeof text, ms).ptr);
      }
      to += '\n';
    }
  }
  return to;
}

}  // namespace avila::metrics
