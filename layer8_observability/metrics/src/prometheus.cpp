// The Prometheus text format 0.0.4.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "lines.hpp"

namespace avila::metrics {
namespace {

using detail::Line;
using detail::read_number;

class Parser {
 public:
  Result<std::vector<Family>> run(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t stop = std::min(text.find('\n', at), text.size());
      Line line(text.substr(at, stop - at), at);
      at = stop + 1;
      line.skip_blanks();
      if (line.done() || line.rest() == "\r") continue;
      if (line.peek() == '#')
        AVILA_TRY_VOID(comment(line));
      else
        AVILA_TRY_VOID(sample(line));
    }
    return std::move(families_);
  }

 private:
  Family& family(std::string_view name) {
    const auto [found, fresh] = index_.try_emplace(std::string(name), families_.size());
    if (fresh) families_.emplace_back().name = name;
    return families_[found->second];
  }

  Result<void> comment(Line& line) {
    line.skip();
    line.skip_blanks();
    const std::string_view keyword = line.until(" \t");
    if (keyword != "HELP" && keyword != "TYPE") return {};  // a comment
    line.skip_blanks();
    const std::string_view name = line.until(" \t");
    if (!is_valid_metric_name(name)) return line.wrong("expected a metric name");
    line.skip_blanks();
    if (keyword == "HELP") {
      std::string& help = family(name).help;
      help.clear();
      const std::string_view text = line.rest();
      for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape =
            text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == '\\');
        if (escape) ++i;
        help += escape && text[i] == 'n' ? '\n' : text[i];
      }
      return {};
    }
    const std::string_view type = line.until(" \t\r");
    Type read = Type::Unknown;
    if (type == "counter")
      read = Type::Counter;
    else if (type == "gauge")
      read = Type::Gauge;
    else if (type == "histogram")
      read = Type::Histogram;
    else if (type == "summary")
      read = Type::Summary;
    else if (type != "untyped" && type != "unknown")
      return line.wrong("unknown metric type");
    if (index_.count(std::string(name)) > 0 && !family(name).samples.empty())
      return line.wrong("TYPE after samples of its family");
    family(name).type = read;
    return {};
  }

  /// The family of a sample: of its own name, or without a suffix of histograms and summaries.
  Family& family_of(const std::string& sample) {
    if (index_.count(sample) > 0) return family(sample);
    for (const std::string_view suffix : {"_bucket", "_count", "_sum"}) {
      if (!sample.ends_with(suffix)) continue;
      const auto found = index_.find(sample.substr(0, sample.size() - suffix.size()));
      if (found == index_.end()) continue;
      const Type type = families_[found->second].type;
      if (type == Type::Histogram || (type == Type::Summary && suffix != "_bucket"))
        return families_[found->second];
    }
    return family(sample);
  }

  Result<void> sample(Line& line) {
    Sample sample;
    sample.name = line.until("{ \t");
    if (!is_valid_metric_name(sample.name)) return line.wrong("expected a metric name");
    line.skip_blanks();
    if (line.take('{')) {
      AVILA_TRY(sample.labels, line.labels(true));
    }
    line.skip_blanks();
    if (!read_number(line.until(" \t\r"), sample.value, true))
      return line.wrong("expected a value");
    line.skip_blanks();
    if (!line.done() && line.peek() != '\r') {
      double ms = 0;
      if (!read_number(line.until(" \t\r"), ms, false) || std::floor(ms) != ms)
        return line.wrong("expected a timestamp in milliseconds");
      sample.timestamp = ms / 1000;
      line.skip_blanks();
    }
    if (!line.done() && line.rest() != "\r") return line.wrong("expected the end of the line");
    family_of(sample.name).samples.push_back(std::move(sample));
    return {};
  }

  std::vector<Family> families_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace

Result<std::vector<Family>> parse_prometheus(std::string_view text) {
  if (text.size() > kExpositionBytesMax)
    return Error(Errc::LimitExceeded, "the exposition is longer than 64 MiB");
  return Parser().run(text);
}

}  // namespace avila::metrics
