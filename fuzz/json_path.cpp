// A query either says what it expected, or selects values of the document within its bounds.
#include <avila/error/assert.hpp>
#include <avila/json/path.hpp>
#include <cstdint>

using namespace avila::json;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 512) return 0;
  static const Value root =
      parse(R"({"a":[1,2.5,{"b":"x","a":[true,null]}],"b":{"a":{"b":[]},"c":"é"}})").value();
  const auto path = Path::parse({reinterpret_cast<const char*>(data), size});
  if (!path.has_value()) {
    AVILA_ASSERT(path.error().to_string().find("JSONPath") != std::string::npos);
    return 0;
  }
  const auto nodes = path->select(root);
  if (nodes.has_value()) {
    AVILA_ASSERT(nodes->size() <= Path::kMaxNodes);
    for (const Value* node : *nodes) (void)node->kind();
  }
  return 0;
}
