// A pointer that parses prints back as it was, and finds the same in both trees.
#include <avila/error/assert.hpp>
#include <avila/json/pointer.hpp>
#include <cstdint>

using namespace avila::json;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static constexpr std::string_view kDocument =
      R"({"a":{"b":[1,[2,{"c":3}]],"":4},"~/":5,"0":[6],"":{"":7}})";
  (void)Pointer::parse_fragment(text);
  const auto pointer = Pointer::parse(text);
  if (!pointer.has_value()) return 0;
  AVILA_ASSERT(pointer->to_string() == text);
  Value root = parse(kDocument).value();
  Parser parser;
  const Element element = parser.parse(kDocument).value();
  const Value* found = pointer->find(root);
  const auto twin = pointer->find(element);
  AVILA_ASSERT((found != nullptr) == twin.has_value());
  if (found != nullptr) {
    AVILA_ASSERT(to_string(*found) == to_string(*twin));
    const Value copy = *found;
    const auto taken = pointer->remove(root);
    AVILA_ASSERT(taken.has_value() && *taken == copy);
  }
  if (pointer->insert(root, Value("x")).has_value() && !text.ends_with("/-")) {
    AVILA_ASSERT(pointer->find(root) != nullptr && *pointer->find(root) == Value("x"));
  }
  return 0;
}
