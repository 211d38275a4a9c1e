// json.*: text to DOM, DOM to compact text, UTF-8 validation; the inputs of bench.hpp.
#include "bench.hpp"

#include <avila/json/document.hpp>
#include <avila/text/utf8.hpp>
#include <cstring>

int main(int argc, char** argv) {
  bench::init(argc, argv);
  struct Document {
    const char* name;
    std::string text;
  };
  const Document documents[] = {{"twitter", bench::json_twitter(4000)},
                                {"numbers", bench::json_numbers(50000)}};
  for (const auto& [name, text] : documents) {
    const auto size = static_cast<double>(text.size());
    avila::json::Parser parser;
    bench::need(parser.parse(text).has_value(), "the document is refused");
    bench::mbs(std::string("json.parse.") + name, size,
               [&] { bench::keep(parser.parse(text).has_value()); });
    const avila::json::Element root = parser.parse(text).value();
    std::string out = avila::json::to_string(root);
    bench::mbs(std::string("json.serialize.") + name, static_cast<double>(out.size()), [&] {
      out.clear();
      avila::json::append_json(out, root);
      bench::keep(out.size());
    });
    bench::mbs(std::string("json.validate-utf8.") + name, size,
               [&] { bench::keep(avila::text::validate_utf8(text)); });
  }
  return 0;
}
