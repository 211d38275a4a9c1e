// Messages cut from a stream: the same in one piece and in two, none beyond the limit, and what was
// taken in whole is written again to the same bytes.
#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/grpc/wire.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace avila;
using namespace avila::grpc;

constexpr std::uint64_t kLimitBytes = 4096;

struct Outcome {
  std::vector<Message> messages;
  bool failed = false;
  bool ended = false;
};

void feed(MessageReader& reader, ByteSpan input, Outcome& outcome) {
  while (!outcome.failed) {
    auto whole = reader.read(input);
    outcome.failed = !whole.has_value();
    if (outcome.failed || !*whole) return;
    outcome.messages.push_back(reader.take_message());
    AVILA_ASSERT(outcome.messages.back().bytes.size() <= kLimitBytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const bool web = (data[0] & 1) != 0;
  const auto encoding = static_cast<Encoding>(data[0] >> 1 & 3);
  const ByteSpan bytes = std::as_bytes(std::span(data, size)).subspan(2);
  const std::size_t cut = bytes.size() * data[1] / 256;
  Outcome once, twice;
  MessageReader one(kLimitBytes, web), two(kLimitBytes, web);
  feed(one, bytes, once);
  once.ended = one.end().has_value();
  feed(two, bytes.first(cut), twice);
  feed(two, bytes.subspan(cut), twice);
  twice.ended = two.end().has_value();
  AVILA_ASSERT(once.failed == twice.failed && once.ended == twice.ended);
  AVILA_ASSERT(once.messages.size() == twice.messages.size());
  std::string again;
  for (std::size_t i = 0; i < once.messages.size(); ++i) {
    const Message& message = once.messages[i];
    AVILA_ASSERT(message.bytes == twice.messages[i].bytes);
    std::string frame;
    AVILA_ASSERT(append_message(frame, as_bytes(message.bytes)).has_value());
    const int flags = (message.compressed ? 1 : 0) | (message.trailers ? 0x80 : 0);
    frame[0] = static_cast<char>(flags);
    again += frame;
    auto decoded = decode(message, encoding, kLimitBytes);
    if (!decoded.has_value()) continue;
    AVILA_ASSERT(decoded->size() <= kLimitBytes);
    std::string packed;
    AVILA_ASSERT(append_message(packed, as_bytes(*decoded), encoding).has_value());
    MessageReader reader(kLimitBytes + 64);
    ByteSpan rest = as_bytes(packed);
    auto whole = reader.read(rest);
    AVILA_ASSERT(whole.has_value() && *whole);
    auto back = decode(reader.take_message(), encoding, kLimitBytes);
    AVILA_ASSERT(back.has_value() && *back == *decoded);
  }
  AVILA_ASSERT(std::equal(again.begin(), again.end(), as_text(bytes).begin()));
  if (!once.failed && once.ended) AVILA_ASSERT(again == as_text(bytes));
  return 0;
}
