// The OpenMetrics 1.0 text parser, and the rules that samples of a family keep among themselves.
#include <algorithm>
#include <cmath>
#include <set>

#include "lines.hpp"

namespace avila::metrics {
namespace {

using detail::find_label;
using detail::Line;
using detail::read_number;

const std::vector<std::string_view>& suffixes_of(Type type) {
  static const std::vector<std::string_view> kTable[] = {{""},
                                                         {"_total", "_created"},
                                                         {""},
                                                         {"_bucket", "_count", "_sum", "_created"},
                                                         {"_bucket", "_gcount", "_gsum"},
                                                         {"", "_count", "_sum", "_created"},
                                                         {"_info"},
                                                         {""}};
  return kTable[static_cast<std::size_t>(type)];
}

bool is_whole(double value) noexcept { return std::isfinite(value) && std::floor(value) == value; }

std::size_t runes(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

Result<double> real_number(Line& line, bool special, const char* what) {
  const std::string_view word = line.until(" ");
  double value = 0;
  if (!read_number(word, value, special)) return line.wrong(what);
  return value;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::vector<Family>> run() {
    std::size_t at = 0;
    bool end = false;
    while (at < text_.size()) {
      const std::size_t stop = std::min(text_.find('\n', at), text_.size());
      line_at_ = at;
      Line line(text_.substr(at, stop - at), at);
      at = stop + 1;
      if (end) return line.wrong("text after # EOF");
      if (line.done()) return line.wrong("a blank line");
      if (line.rest() == "# EOF") {
        end = true;
      } else if (line.peek() == '#') {
        AVILA_TRY_VOID(metadata(line));
      } else {
        AVILA_TRY_VOID(sample(line));
      }
    }
    AVILA_TRY_VOID(finish_family());
    if (!end) return Error(Errc::Malformed, "no # EOF at the end", {.offset = text_.size()});
    return std::move(families_);
  }

 private:
  Error wrong(std::string_view what) const {
    return Error(Errc::Malformed, what, {.offset = line_at_});
  }

  void start_family(std::string_view name) {
    open_ = true;
    family_ = Family{};
    family_.name = name;
    has_help_ = has_type_ = has_unit_ = false;
    groups_.clear();
    series_.clear();
    has_group_ = false;
  }

  // "# HELP name text", "# TYPE name type", "# UNIT name unit": exactly one space between.
  Result<void> metadata(Line& line) {
    if (!line.take("# ")) return line.wrong("expected \"# \"");
    const std::string_view keyword = line.until(" ");
    if (!line.take(' ')) return line.wrong("expected a metric name");
    const std::string_view name = line.until(" ");
    if (!is_valid_metric_name(name)) return line.wrong("expected a metric name");
    if (!line.take(' ')) return line.wrong("expected a space after the metric name");
    if (open_ && family_.name == name) {
      if (!family_.samples.empty()) return line.wrong("metadata after samples of its family");
    } else {
      AVILA_TRY_VOID(finish_family());
      start_family(name);
    }
    if (keyword == "HELP") {
      if (std::exchange(has_help_, true)) return line.wrong("a second HELP");
      family_.help = unescape(line.rest());
    } else if (keyword == "TYPE") {
      if (std::exchange(has_type_, true)) return line.wrong("a second TYPE");
      for (int i = 0; i < 8; ++i)
        if (line.rest() == to_string(static_cast<Type>(i))) {
          family_.type = static_cast<Type>(i);
          return {};
        }
      return line.wrong("unknown metric type");
    } else if (keyword == "UNIT") {
      if (std::exchange(has_unit_, true)) return line.wrong("a second UNIT");
      family_.unit = line.rest();
    } else {
      return line.wrong("expected HELP, TYPE, UNIT or EOF");
    }
    return {};
  }

  static std::string unescape(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
      if (next == 'n' || next == '\\' || next == '"') {
        plain += next == 'n' ? '\n' : next;
        ++i;
      } else {
        plain += text[i];
      }
    }
    return plain;
  }

  Result<void> sample(Line& line) {
    Sample sample;
    sample.name = line.until("{ ");
    if (!is_valid_metric_name(sample.name)) return line.wrong("expected a metric name");
    if (line.take('{')) {
      AVILA_TRY(sample.labels, line.labels(false));
    }
    if (!line.take(' ')) return line.wrong("expected a space before the value");
    AVILA_TRY(sample.value, real_number(line, true, "expected a value"));
    if (!line.rest().starts_with(" # ") && line.take(' ')) {
      AVILA_TRY(sample.timestamp, real_number(line, false, "expected a timestamp"));
    }
    if (line.take(" # ")) {
      Exemplar& exemplar = sample.exemplar.emplace();
      if (!line.take('{')) return line.wrong("expected '{' of an exemplar");
      AVILA_TRY(exemplar.labels, line.labels(false));
      std::size_t length = 0;
      for (const auto& [name, value] : exemplar.labels) length += runes(name) + runes(value);
      if (length > kExemplarRunesMax)
        return line.wrong("the labels of the exemplar exceed 128 characters");
      if (!line.take(' ')) return line.wrong("expected a space before the exemplar's value");
      AVILA_TRY(exemplar.value, real_number(line, true, "expected the exemplar's value"));
      if (line.take(' ')) {
        AVILA_TRY(exemplar.timestamp, real_number(line, false, "expected a timestamp"));
      }
    }
    if (!line.done()) return line.wrong("expected the end of the line");
    return add(std::move(sample));
  }

  bool belongs(std::string_view name) const {
    if (!open_ || !name.starts_with(family_.name)) return false;
    const auto& suffixes = suffixes_of(family_.type);
    return std::find(suffixes.begin(), suffixes.end(), name.substr(family_.name.size())) !=
           suffixes.end();
  }

  Result<void> add(Sample sample) {
    if (!belongs(sample.name)) {
      AVILA_TRY_VOID(finish_family());
      start_family(sample.name);
    }
    AVILA_TRY_VOID(check_value(sample));
    // Samples of one set of labels stand together; their times go forward.
    Labels group = group_of(sample);
    const bool same_group = has_group_ && group == group_;
    if (has_group_ && !same_group && groups_.count(group) > 0)
      return wrong("the samples of one metric do not stand together");
    if (same_group) {
      if (sample.timestamp.has_value() != time_.has_value())
        return wrong("some samples of a metric have timestamps, others have none");
      if (time_.has_value() && *sample.timestamp < *time_ && family_.type != Type::Info)
        return wrong("timestamps go backwards");
    } else {
      series_.clear();
    }
    Labels sorted = sample.labels;
    std::sort(sorted.begin(), sorted.end());
    const bool same_time = same_group && sample.timestamp == time_;
    if (!same_time) series_.clear();
    const bool fresh = series_.emplace(sample.name, std::move(sorted)).second;
    if (!fresh && !sample.timestamp.has_value()) return wrong("the same sample twice");
    time_ = sample.timestamp;
    groups_.insert(group);
    group_ = std::move(group);
    has_group_ = true;
    // A second one of the same time is a duplicate by truncation: the first counts.
    if (fresh) family_.samples.push_back(std::move(sample));
    return {};
  }

  Labels group_of(const Sample& sample) const {
    if (family_.type == Type::Info) return {};
    std::string_view leave_out;
    if (family_.type == Type::Summary && sample.name == family_.name) leave_out = "quantile";
    if (family_.type == Type::StateSet) leave_out = family_.name;
    if (sample.name == family_.name + "_bucket") leave_out = "le";
    Labels group;
    for (const auto& label : sample.labels)
      if (label.first != leave_out) group.push_back(label);
    std::sort(group.begin(), group.end());
    return group;
  }

  Result<void> check_value(const Sample& sample) const {
    const std::string_view suffix = std::string_view(sample.name).substr(family_.name.size());
    const double value = sample.value;
    const Type type = family_.type;
    if (suffix == "_bucket") {
      const std::string* le = find_label(sample.labels, "le");
      double bound = 0;
      if (le == nullptr || !read_number(*le, bound, true) || std::isnan(bound) ||
          (std::isinf(bound) && *le != "+Inf"))
        return wrong("a bucket needs a label le with a number or +Inf");
    }
    if (type == Type::StateSet) {
      if (find_label(sample.labels, family_.name) == nullptr)
        return wrong("a stateset needs a label of its own name");
      if (value != 0 && value != 1) return wrong("a stateset's value is 0 or 1");
    }
    if (type == Type::Info && value != 1) return wrong("an info's value is 1");
    if (type == Type::Summary && suffix.empty()) {
      const std::string* quantile = find_label(sample.labels, "quantile");
      double q = -1;
      if (quantile == nullptr || !read_number(*quantile, q, false) || q < 0 || q > 1)
        return wrong("a summary needs a label quantile between 0 and 1");
      if (value < 0) return wrong("a quantile's value is not negative");
    }
    const bool counts = suffix == "_bucket" || suffix == "_count" || suffix == "_gcount";
    if (counts && !is_whole(value)) return wrong("a count is a whole number");
    const bool like_counter = counts || suffix == "_total" || suffix == "_sum" || suffix == "_gsum";
    if (like_counter && std::isnan(value)) return wrong("a counter is not NaN");
    if (like_counter && suffix != "_gsum" && value < 0) return wrong("a counter is not negative");
    if (sample.exemplar.has_value()) {
      const bool bucket =
          (type == Type::Histogram || type == Type::GaugeHistogram) && suffix == "_bucket";
      if (!bucket && !(type == Type::Counter && suffix == "_total"))
        return wrong("only buckets and counters have exemplars");
    }
    return {};
  }

  Result<void> finish_family() {
    if (!std::exchange(open_, false)) return {};
    if (!family_.unit.empty()) {
      if (!family_.name.ends_with("_" + family_.unit))
        return wrong("the name does not end with the unit");
      if (family_.type == Type::Info || family_.type == Type::StateSet)
        return wrong("an info or stateset has no unit");
    }
    if (family_.type == Type::Histogram || family_.type == Type::GaugeHistogram)
      AVILA_TRY_VOID(check_histogram());
    std::vector<std::string_view> taken = suffixes_of(family_.type);
    if (std::find(taken.begin(), taken.end(), "") == taken.end()) taken.push_back("");
    for (const std::string_view suffix : taken)
      if (!names_.insert(family_.name + std::string(suffix)).second)
        return wrong("two families share the name " + family_.name + std::string(suffix));
    families_.push_back(std::move(family_));
    return {};
  }

  /// One metric of a histogram: its buckets, count and sum agree.
  struct Tally {
    bool sum = false, negative_sum = false, negative_bucket = false, any_bucket = false;
    double last_bound = 0, last_count = 0;
    std::optional<double> count;
  };
  Result<void> check_tally(const Tally& tally) const {
    const bool gauge = family_.type == Type::GaugeHistogram;
    if (!tally.any_bucket || !std::isinf(tally.last_bound))
      return wrong("no bucket of le=\"+Inf\"");
    if (tally.count.has_value() && *tally.count != tally.last_count)
      return wrong("the count is not that of the +Inf bucket");
    if (tally.sum != tally.count.has_value()) return wrong("a sum needs a count and a count a sum");
    if (tally.negative_bucket && tally.sum && !gauge)
      return wrong("a histogram with negative buckets has no sum");
    if (!tally.negative_bucket && tally.negative_sum)
      return wrong("a negative sum needs negative buckets");
    return {};
  }
  Result<void> check_histogram() const {
    Labels group;
    std::optional<double> time;
    Tally tally;
    bool any = false;
    for (const Sample& sample : family_.samples) {
      const std::string_view suffix = std::string_view(sample.name).substr(family_.name.size());
      Labels now = group_of(sample);
      if (any && (now != group || sample.timestamp != time)) {
        AVILA_TRY_VOID(check_tally(tally));
        tally = {};
      }
      any = true;
      group = std::move(now);
      time = sample.timestamp;
      if (suffix == "_bucket") {
        double bound = 0;
        (void)read_number(*find_label(sample.labels, "le"), bound, true);  // checked before
        if (tally.any_bucket && bound <= tally.last_bound) return wrong("buckets out of order");
        if (tally.any_bucket && sample.value < tally.last_count)
          return wrong("the counts of buckets go down");
        tally.any_bucket = true;
        tally.negative_bucket = tally.negative_bucket || bound < 0;
        tally.last_bound = bound;
        tally.last_count = sample.value;
      } else if (suffix == "_count" || suffix == "_gcount") {
        tally.count = sample.value;
      } else if (suffix == "_sum" || suffix == "_gsum") {
        tally.sum = true;
        tally.negative_sum = sample.value < 0;
      }
    }
    if (any) return check_tally(tally);
    return {};
  }

  std::string_view text_;
  std::size_t line_at_ = 0;
  std::vector<Family> families_;
  std::set<std::string> names_;  // of families and of what their samples may be called
  Family family_;
  bool open_ = false, has_help_ = false, has_type_ = false, has_unit_ = false;
  bool has_group_ = false;
  Labels group_;
  std::optional<double> time_;
  std::set<Labels> groups_;
  std::set<std::pair<std::string, Labels>> series_;  // of this group at this time
};

}  // namespace

Result<std::vector<Family>> parse_openmetrics(std::string_view text) {
  if (text.size() > kExpositionBytesMax)
    return Error(Errc::LimitExceeded, "the exposition is longer than 64 MiB");
  return Parser(text).run();
}

}  // namespace avila::metrics
