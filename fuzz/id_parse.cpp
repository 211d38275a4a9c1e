// Whatever parses as an identifier formats back to a text that parses to the same.
#include <avila/error/assert.hpp>
#include <avila/id/analysis.hpp>
#include <avila/id/ksuid.hpp>
#include <avila/id/nano_id.hpp>
#include <avila/id/snowflake.hpp>
#include <avila/id/ulid.hpp>
#include <avila/id/uuid.hpp>
#include <cstdint>

namespace {

template <class Id>
void round_trip(std::string_view text) {
  const auto parsed = Id::parse(text);
  if (!parsed.has_value()) return;
  const auto again = Id::parse(parsed->to_string());
  AVILA_ASSERT(again.has_value());
  AVILA_ASSERT(*again == *parsed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  round_trip<avila::id::Uuid>(text);
  round_trip<avila::id::Ulid>(text);
  round_trip<avila::id::Ksuid>(text);
  round_trip<avila::id::Snowflake>(text);
  const auto lenient = avila::id::Uuid::parse_lenient(text);
  if (lenient.has_value())
    AVILA_ASSERT(avila::id::Uuid::parse(lenient->to_string()).value() == *lenient);
  const auto analysis = avila::id::analyze(text);
  AVILA_ASSERT(analysis.length == size);
  AVILA_ASSERT(analysis.distinct <= 256);
  AVILA_ASSERT(analysis.shannon_bits >= 0 && analysis.shannon_bits <= 8.0001);
  return 0;
}
