// The normal form of a path has no dot segments and nothing encoded that need not be; it stays as
// it is when it is made once more.
#include <avila/error/assert.hpp>
#include <avila/proxy/reverse.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../layer2_net/proxy/src/fields.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using avila::proxy::detail::normalize_path;
  const std::string_view given(reinterpret_cast<const char*>(data), size);
  std::string storage, second;
  std::string_view path = given;
  if (!normalize_path(path, storage) || !given.starts_with('/')) return 0;
  AVILA_ASSERT(path.starts_with('/') && path.size() <= 3 * given.size());
  const std::string ended = std::string(path) + '/';
  AVILA_ASSERT(ended.find("/./") == std::string::npos && ended.find("/../") == std::string::npos);
  for (const char* unreserved : {"%2E", "%2D", "%5F", "%7E", "%41", "%7A", "%30", "%00", "%2f"})
    AVILA_ASSERT(path.find(unreserved) == std::string_view::npos);
  std::string_view again = path;
  AVILA_ASSERT(normalize_path(again, second) && again == path);
  return 0;
}
