// .proto texts and descriptors from outside: what links gives bytes that link to the same.
#include <avila/error/assert.hpp>
#include <avila/protobuf/generator.hpp>
#include <avila/protobuf/pool.hpp>
#include <cstdint>

using namespace avila;
using namespace avila::protobuf;

namespace {

void check(const DescriptorPool&, const FileDescriptor& file) {
  const std::string bytes = file.serialize();
  DescriptorPool pool;
  const auto again = pool.add_serialized(as_bytes(bytes));
  AVILA_ASSERT(again.has_value());
  AVILA_ASSERT((*again)->serialize() == bytes);
  AVILA_ASSERT(generate_cpp(file).size() == 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 1 << 14) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  DescriptorPool pool;
  if ((data[0] & 1) == 0) {
    const auto file = pool.add_text("f.proto", text);
    if (file.has_value()) check(pool, **file);
  } else {
    const auto file = pool.add_serialized(as_bytes(text));
    if (file.has_value()) check(pool, **file);
  }
  return 0;
}
