// Records of a zone file keep through their own text; a zone of them answers whatever is asked.
#include <avila/dns/zone.hpp>
#include <avila/dns/zone_file.hpp>
#include <avila/error/assert.hpp>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  if (size > 16 * 1024) return 0;
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  dns::ZoneFileOptions options;
  options.records_max = 200;
  const auto records = dns::parse_zone_file(text, options);
  if (!records.has_value()) return 0;
  for (const dns::Record& record : *records) {
    const auto again = dns::parse_record(record.to_string());
    AVILA_ASSERT(again.has_value() && *again == record);
  }
  const auto zone = dns::Zone::parse(text);
  if (!zone.has_value()) return 0;
  for (std::size_t i = 0; i < records->size() && i < 20; ++i) {
    const dns::Record& record = (*records)[i];
    const auto below = record.owner.child("x");
    for (const dns::Name& name : {record.owner, below.has_value() ? *below : record.owner}) {
      if (!name.is_at_or_below(zone->apex())) continue;
      dns::Message message;
      zone->answer({name, record.type}, true, message);
      AVILA_ASSERT(message.answers.size() <= records->size() * (dns::Zone::kChainMax + 2) + 16);
    }
  }
  AVILA_ASSERT(zone->transfer().size() == zone->record_count() + 1);
  return 0;
}
