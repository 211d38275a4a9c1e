#include <avila/hash/secret.hpp>
#include <avila/primitives/constant_time.hpp>
#include <avila/primitives/wipe.hpp>

namespace avila::hash {

void wipe(void* memory, std::size_t size) noexcept { wipe_memory(memory, size); }

bool equal_tags(ByteSpan a, ByteSpan b) noexcept { return equal_secrets(a, b); }

}  // namespace avila::hash
