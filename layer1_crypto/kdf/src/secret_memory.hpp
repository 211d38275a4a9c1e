// The large scratch memory of scrypt and Argon2.
#pragma once
#include <avila/os/memory.hpp>

namespace avila::kdf::detail {

/// Zeroed pages, on a boundary of 4 KiB at least, in huge pages where the system has them; not in
/// core dumps, locked where the system's limit of locked memory allows; wiped on destruction.
class SecretMemory {
 public:
  /// Errors: OutOfMemory.
  static Result<SecretMemory> map(std::size_t bytes);
  SecretMemory(SecretMemory&&) noexcept = default;
  SecretMemory& operator=(SecretMemory&&) = delete;
  ~SecretMemory();

  template <class T>
  T* as() const noexcept {
    return reinterpret_cast<T*>(memory_.span().data());
  }

 private:
  explicit SecretMemory(os::AnonymousMemory memory) noexcept : memory_(std::move(memory)) {}
  os::AnonymousMemory memory_;
};

}  // namespace avila::kdf::detail
