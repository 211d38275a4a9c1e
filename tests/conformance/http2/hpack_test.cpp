// The HPACK stories of http2jp: header blocks of nine encoders, one connection a file. Our encoder
// writes each list again for our decoder.
#include <avila/http2/hpack.hpp>
#include <avila/json/value.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/conformance.hpp>

namespace {

using namespace avila;

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields fields_of(const http2::HeaderList& list) {
  Fields fields;
  for (std::size_t i = 0; i < list.size(); ++i) fields.emplace_back(list[i].name, list[i].value);
  return fields;
}

Fields fields_of(const json::Value& headers) {
  Fields fields;
  for (const json::Value& each : headers.array())
    for (const json::Member& member : each.object())
      fields.emplace_back(member.key, member.value.as_string());
  return fields;
}

TEST(HpackConformance, EveryStoryIsReadAndWrittenAgain) {
  AVILA_REQUIRE_SUITE("hpack");
  avila_test::SuiteReport report("hpack");
  constexpr std::uint64_t kListBytes = 1 << 20;
  for (const auto& file : avila_test::files_below(avila_test::suite_path("hpack"), ".json")) {
    const auto story = json::parse(avila_test::read_file(file));
    ASSERT_TRUE(story.has_value()) << file;
    const json::Value* cases = story->find("cases");
    ASSERT_NE(cases, nullptr) << file;
    http2::HpackDecoder decoder, own_decoder;
    http2::HpackEncoder own_encoder;
    std::size_t number = 0;
    for (const json::Value& block : cases->array()) {
      const std::string where = file.string() + " block " + std::to_string(number++);
      const json::Value* size = block.find("header_table_size");
      if (size != nullptr && size->is_int())
        decoder.set_table_limit(static_cast<std::uint32_t>(size->as_int64()));
      const auto wire = text::hex_decode(block.find("wire")->as_string());
      ASSERT_TRUE(wire.has_value()) << where;
      const Fields expected = fields_of(*block.find("headers"));
      http2::HeaderList list, own_list;
      const auto decoded = decoder.decode(as_bytes(*wire), kListBytes, list);
      std::string written;
      own_encoder.begin_block(written);
      for (const auto& [name, value] : expected) own_encoder.encode(written, name, value);
      const auto own = own_decoder.decode(as_bytes(written), kListBytes, own_list);
      report.check(decoded.has_value() && fields_of(list) == expected && own.has_value() &&
                       fields_of(own_list) == expected && own_encoder.table_bytes() <= 4096,
                   where);
    }
  }
  report.finish();
}

}  // namespace
