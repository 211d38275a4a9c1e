// What decodes is written, decodes again, and is written the same. Proofs are tried on the way.
#include <avila/dns/dnssec.hpp>
#include <avila/dns/message.hpp>
#include <avila/error/assert.hpp>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  const auto message = dns::Message::decode(std::as_bytes(std::span(data, size)));
  if (!message.has_value()) return 0;
  if (size < 4096) (void)message->to_string();
  if (const dns::Question* question = message->question(); question != nullptr) {
    dns::DnssecBudget budget{.signatures = 4, .nsec3_hashes = 64};
    dns::DnssecOptions options;
    options.nsec3_iterations_max = 4;
    dns::Denial denial(question->name.parent(), message->authorities, options, budget);
    (void)denial.name_error(question->name);
    (void)denial.no_data(question->name, question->type);
    (void)denial.insecure_delegation(question->name);
    (void)dns::verify_set(message->answers, message->answers, question->name, message->authorities,
                          WallTime{1'700'000'000'000'000'000}, options, budget);
  }
  const auto bytes = message->encode();
  if (!bytes.has_value()) return 0;
  AVILA_ASSERT(bytes->size() <= dns::kMessageBytesMax);
  const auto again = dns::Message::decode(as_bytes(*bytes));
  AVILA_ASSERT(again.has_value());
  AVILA_ASSERT(again->questions == message->questions);
  if (again->truncated != message->truncated) return 0;  // it grew too long without compression
  AVILA_ASSERT(again->answers.size() == message->answers.size());
  const auto same = again->encode();
  AVILA_ASSERT(same.has_value() && *same == *bytes);
  const auto cut = message->encode(512);
  AVILA_ASSERT(!cut.has_value() || cut->size() <= 512);
  return 0;
}
