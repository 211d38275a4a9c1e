// One record a thread in each domain (of hazard pointers or epochs), given back at thread exit.
#pragma once
#include <cstdint>

namespace avila::atom {

class ThreadRecords {
 public:
  /// Called when a thread ends that has a record in a domain that still lives.
  using Release = void (*)(void* domain, void* record) noexcept;

  /// An id that no other domain of this process ever has.
  static std::uint64_t add_domain(void* domain, Release release);
  /// After this no thread's end reaches the domain any more.
  static void remove_domain(std::uint64_t id) noexcept;

  /// The calling thread's record, or null when it has none yet.
  static void* find(std::uint64_t id) noexcept {
    return last_.id == id ? last_.record : find_slowly(id);
  }
  static void set(std::uint64_t id, void* record);

 private:
  struct Entry {
    std::uint64_t id;
    void* record;
  };
  struct Table;
  static void* find_slowly(std::uint64_t id) noexcept;

  // The domain used last: a load and a comparison instead of a search. Ids start at 1.
  static inline thread_local constinit Entry last_{0, nullptr};
};

}  // namespace avila::atom
