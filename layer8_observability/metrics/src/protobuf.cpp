// io.prometheus.client.MetricFamily (metrics.proto of prometheus/client_model), length-delimited.
#include <avila/primitives/endian.hpp>
#include <avila/primitives/varint.hpp>
#include <cmath>
#include <map>

#include "lines.hpp"

namespace avila::metrics {
namespace {

using detail::find_label;
using detail::read_number;

enum Wire : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2 };

class Message {
 public:
  void uint(std::uint32_t field, std::uint64_t value) {
    append_varint(bytes_, field << 3 | kVarint);
    append_varint(bytes_, value);
  }
  void sint(std::uint32_t field, std::int64_t value) { uint(field, zigzag_encode(value)); }
  void real(std::uint32_t field, double value) {
    append_varint(bytes_, field << 3 | kFixed64);
    char raw[8];
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    store_le64(raw, bits);
    bytes_.append(raw, sizeof raw);
  }
  void text(std::uint32_t field, std::string_view value) {
    append_varint(bytes_, field << 3 | kBytes);
    append_varint(bytes_, value.size());
    bytes_.append(value);
  }
  void message(std::uint32_t field, const Message& value) { text(field, value.bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

Message timestamp(double seconds) {  // google.protobuf.Timestamp
  Message message;
  const double whole = std::floor(seconds);
  message.uint(1, static_cast<std::uint64_t>(static_cast<std::int64_t>(whole)));
  message.uint(2, static_cast<std::uint64_t>((seconds - whole) * 1e9));
  return message;
}

void put_labels(Message& to, std::uint32_t field, const Labels& labels) {
  for (const auto& [name, value] : labels) {
    Message pair;
    pair.text(1, name);
    pair.text(2, value);
    to.message(field, pair);
  }
}

Message exemplar_message(const Exemplar& exemplar) {
  Message message;
  put_labels(message, 1, exemplar.labels);
  message.real(2, exemplar.value);
  if (exemplar.timestamp.has_value()) message.message(3, timestamp(*exemplar.timestamp));
  return message;
}

/// Buckets as spans of neighbours and differences of counts.
void put_native_side(Message& to, std::uint32_t span_field, std::uint32_t delta_field,
                     const std::vector<std::pair<std::int32_t, std::uint64_t>>& buckets) {
  std::int32_t next = 0;
  for (std::size_t i = 0; i < buckets.size();) {
    std::size_t end = i + 1;
    while (end < buckets.size() && buckets[end].first == buckets[end - 1].first + 1) ++end;
    Message span;
    span.sint(1, buckets[i].first - next);
    span.uint(2, end - i);
    to.message(span_field, span);
    next = buckets[end - 1].first + 1;
    i = end;
  }
  std::int64_t before = 0;
  for (const auto& [index, count] : buckets) {
    to.sint(delta_field, static_cast<std::int64_t>(count) - before);
    before = static_cast<std::int64_t>(count);
  }
}

/// The samples of one metric: those whose labels without `le` and `quantile` are equal.
struct Metric {
  Labels labels;
  std::vector<const Sample*> samples;
  const NativeHistogram* native = nullptr;
};

std::vector<Metric> metrics_of(const Family& family) {
  std::vector<Metric> metrics;
  std::map<Labels, std::size_t> index;
  const auto metric = [&](const Labels& labels) -> Metric& {
    const auto [found, fresh] = index.try_emplace(labels, metrics.size());
    if (fresh) metrics.emplace_back().labels = labels;
    return metrics[found->second];
  };
  const bool histogram = family.type == Type::Histogram || family.type == Type::GaugeHistogram;
  for (const Sample& sample : family.samples) {
    Labels labels;
    for (const auto& label : sample.labels)
      if (!(histogram && label.first == "le") &&
          !(family.type == Type::Summary && label.first == "quantile"))
        labels.push_back(label);
    metric(labels).samples.push_back(&sample);
  }
  for (const NativeHistogram& native : family.native) metric(native.labels).native = &native;
  return metrics;
}

Message histogram_message(const Family& family, const Metric& metric) {
  Message message;
  for (const Sample* sample : metric.samples) {
    const std::string_view suffix = std::string_view(sample->name).substr(family.name.size());
    const auto whole = static_cast<std::uint64_t>(std::max(0.0, sample->value));
    if (suffix == "_count" || suffix == "_gcount") message.uint(1, whole);
    if (suffix == "_sum" || suffix == "_gsum") message.real(2, sample->value);
    if (suffix != "_bucket") continue;
    Message bucket;
    bucket.uint(1, whole);
    double bound = 0;
    if (const std::string* le = find_label(sample->labels, "le"); le != nullptr)
      (void)read_number(*le, bound, true);  // 0 for what is no number
    bucket.real(2, bound);
    if (sample->exemplar.has_value()) bucket.message(3, exemplar_message(*sample->exemplar));
    message.message(3, bucket);
  }
  if (metric.native != nullptr) {
    const NativeHistogram& native = *metric.native;
    message.sint(5, native.schema);
    message.real(6, native.zero_threshold);
    message.uint(7, native.zero_count);
    put_native_side(message, 9, 10, native.negative);
    put_native_side(message, 12, 13, native.positive);
  }
  return message;
}

Message summary_message(const Family& family, const Metric& metric) {
  Message message;
  for (const Sample* sample : metric.samples) {
    const std::string_view suffix = std::string_view(sample->name).substr(family.name.size());
    if (suffix == "_count")
      message.uint(1, static_cast<std::uint64_t>(std::max(0.0, sample->value)));
    if (suffix == "_sum") message.real(2, sample->value);
    if (!suffix.empty()) continue;
    Message quantile;
    double q = 0;
    if (const std::string* text = find_label(sample->labels, "quantile"); text != nullptr)
      (void)read_number(*text, q, false);  // 0 for what is no number
    quantile.real(1, q);
    quantile.real(2, sample->value);
    message.message(3, quantile);
  }
  return message;
}

Message metric_message(const Family& family, const Metric& metric) {
  Message message;
  put_labels(message, 1, metric.labels);
  if (!metric.samples.empty() && metric.samples[0]->timestamp.has_value())
    message.uint(6, static_cast<std::uint64_t>(static_cast<std::int64_t>(
                        std::llround(*metric.samples[0]->timestamp * 1000))));
  if (family.type == Type::Histogram || family.type == Type::GaugeHistogram) {
    message.message(7, histogram_message(family, metric));
  } else if (family.type == Type::Summary) {
    message.message(4, summary_message(family, metric));
  } else {
    for (const Sample* sample : metric.samples) {
      if (sample->name.ends_with("_created") && family.type == Type::Counter) continue;
      Message value;
      value.real(1, sample->value);
      if (family.type == Type::Counter && sample->exemplar.has_value())
        value.message(2, exemplar_message(*sample->exemplar));
      message.message(family.type == Type::Counter   ? 3
                      : family.type == Type::Unknown ? 5
                                                     : 2,
                      value);
    }
  }
  return message;
}

}  // namespace

std::string write_protobuf(const std::vector<Family>& families) {
  constexpr std::uint32_t kTypes[] = {3, 0, 1, 4, 5, 2, 1, 1};  // by Type; info and stateset: gauge
  std::string to;
  for (const Family& family : families) {
    Message message;
    const bool total = family.type == Type::Counter, info = family.type == Type::Info;
    message.text(1, family.name + (total ? "_total" : info ? "_info" : ""));
    if (!family.help.empty()) message.text(2, family.help);
    message.uint(3, kTypes[static_cast<std::size_t>(family.type)]);
    for (const Metric& metric : metrics_of(family))
      message.message(4, metric_message(family, metric));
    if (!family.unit.empty()) message.text(5, family.unit);
    append_varint(to, message.bytes().size());
    to += message.bytes();
  }
  return to;
}

}  // namespace avila::metrics
