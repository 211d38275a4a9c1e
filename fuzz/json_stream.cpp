// However a text is cut, the events are those of the whole text; lines are those of a split.
#include <avila/error/assert.hpp>
#include <avila/json/stream.hpp>
#include <cstdint>

using namespace avila::json;

namespace {

struct Recorder : Handler {
  std::string log;
  bool note(char kind, std::string_view text = {}) {
    log += kind;
    log += text;
    log += '\0';
    return true;
  }
  bool null() override { return note('n'); }
  bool boolean(bool b) override { return note(b ? 't' : 'f'); }
  bool int64(std::int64_t i) override { return note('i', std::to_string(i)); }
  bool uint64(std::uint64_t u) override { return note('u', std::to_string(u)); }
  bool double_(double d) override { return note('d', std::to_string(d)); }
  bool string(std::string_view s) override { return note('s', s); }
  bool key(std::string_view s) override { return note('k', s); }
  bool begin_array() override { return note('['); }
  bool end_array() override { return note(']'); }
  bool begin_object() override { return note('{'); }
  bool end_object() override { return note('}'); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 1 << 14) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  Recorder whole;
  const auto expected = parse_events(text, whole);

  Recorder cut;
  EventReader reader(cut);
  bool good = true;
  std::uint64_t state = data[0];
  for (std::size_t at = 0; at < text.size() && good;) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const std::size_t n = data[0] == 0 ? 1 : state >> 33 & 15;
    const auto fed = reader.feed(text.substr(at, n));
    good = fed.has_value();
    if (!good) {
      AVILA_ASSERT(!expected.has_value());
      AVILA_ASSERT(fed.error().offset() == expected.error().offset());
    }
    at += n;
  }
  if (good) good = reader.finish().has_value();
  AVILA_ASSERT(good == expected.has_value());
  AVILA_ASSERT(cut.log == whole.log);

  LineReader lines({.max_size = 64});
  lines.feed(text.substr(0, text.size() / 2));
  const auto drain = [&lines] {
    for (;;) {
      const auto row = lines.next();
      if (row.has_value() && !row->has_value()) return;
    }
  };
  drain();
  lines.feed(text.substr(text.size() / 2));
  lines.finish();
  drain();
  return 0;
}
