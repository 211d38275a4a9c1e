#include "secret_memory.hpp"

#include <avila/hash/secret.hpp>
#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

namespace avila::kdf::detail {

Result<SecretMemory> SecretMemory::map(std::size_t bytes) {
  auto memory = os::AnonymousMemory::map(bytes);
  if (!memory.has_value()) return Error(Errc::OutOfMemory, "no memory for the derivation");
  // All three are wishes: the result is the same without them.
#ifdef MADV_HUGEPAGE
  (void)::madvise(memory->span().data(), memory->span().size(), MADV_HUGEPAGE);
#endif
#ifdef MADV_DONTDUMP
  (void)::madvise(memory->span().data(), memory->span().size(), MADV_DONTDUMP);
#endif
  (void)memory->lock();
  return SecretMemory(*std::move(memory));
}

SecretMemory::~SecretMemory() {
  if (!memory_.span().empty()) hash::wipe(memory_.span().data(), memory_.span().size());
}

}  // namespace avila::kdf::detail
