// What printing JSON allocates: nothing that grows with the depth at which bytes lie.
// The sanitizers' builds leave this file out: they have an operator new of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define AVILA_OWN_NEW 0
#elif defined(__has_feature)
#define AVILA_OWN_NEW !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define AVILA_OWN_NEW 1
#endif
#if AVILA_OWN_NEW
#include <gtest/gtest.h>
#include <avila/protobuf/json.hpp>
#include <avila/protobuf/pool.hpp>

#include <atomic>
#include <cstdlib>
#include <new>

#include "schemas.hpp"

namespace {
std::atomic<std::size_t> allocated_bytes{0};

void* counted(std::size_t size) {
  allocated_bytes += size;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace avila::protobuf {
namespace {

TEST(JsonCopies, MessagesAreNotCopiedForEachLevel) {
  DescriptorPool pool;
  must_add(pool, "all.proto", kEverything);
  const std::string megabyte(std::size_t{1} << 20, 'x');
  std::string nested = R"({"tags":[")" + megabyte + R"("]})", list = '"' + megabyte + '"';
  for (int i = 0; i < 40; ++i) {
    nested = R"({"child":)" + nested + '}';
    list = '[' + list + ']';
  }
  for (const std::string& text : {R"({"nested":)" + nested + '}', R"({"value":)" + list + '}'}) {
    const auto message = from_json(*pool.find_message("t.All"), text);
    ASSERT_TRUE(message.has_value()) << message.error().to_string();
    const std::size_t before = allocated_bytes;
    const auto printed = to_json(*message);
    const std::size_t taken = allocated_bytes - before;
    EXPECT_EQ(printed.value(), text);
    EXPECT_GT(taken, megabyte.size());  // it counts
    EXPECT_LT(taken, 8 * megabyte.size());
  }
}

}  // namespace
}  // namespace avila::protobuf
#endif  // AVILA_OWN_NEW
