// Data of every type keeps through text, the canonical form and the typed views.
#include <avila/dns/rdata.hpp>
#include <avila/error/assert.hpp>
#include <cstddef>
#include <cstdint>

namespace {
template <class T>
void expect_same(std::string_view rdata) {
  const auto value = T::decode(rdata);
  if (value.has_value()) AVILA_ASSERT(value->encode() == rdata);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  if (size < 2 || size > 8192) return 0;
  const auto type = static_cast<dns::Type>((data[0] & 1) << 8 | data[1]);
  const ByteSpan bytes = std::as_bytes(std::span(data, size));
  const auto rdata = dns::decode_rdata(type, bytes, 2, size - 2);
  if (!rdata.has_value()) return 0;
  const std::string text = dns::rdata_to_text(type, *rdata);
  if (!dns::is_valid_rdata(type, *rdata)) return 0;
  const auto again = dns::parse_rdata(type, text);
  AVILA_ASSERT(again.has_value() && *again == *rdata);
  const std::string canonical = dns::canonical_rdata(type, *rdata);
  AVILA_ASSERT(canonical.size() == rdata->size());
  AVILA_ASSERT(dns::canonical_rdata(type, canonical) == canonical);
  expect_same<dns::Soa>(*rdata);
  expect_same<dns::Srv>(*rdata);
  expect_same<dns::Txt>(*rdata);
  expect_same<dns::Caa>(*rdata);
  expect_same<dns::Naptr>(*rdata);
  expect_same<dns::Svcb>(*rdata);
  expect_same<dns::Rrsig>(*rdata);
  expect_same<dns::Nsec>(*rdata);
  expect_same<dns::Nsec3>(*rdata);
  return 0;
}
