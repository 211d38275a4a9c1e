#include <gtest/gtest.h>
#include <stdio.h>
#include <avila/os/memory.hpp>
#include <avila/os/process.hpp>
#include <avila/os/terminal.hpp>

#include <cstdio>

namespace avila::os {
namespace {

TEST(AnonymousMemory, IsZeroedAndProtected) {
  auto memory = AnonymousMemory::map(5000);
  ASSERT_TRUE(memory.has_value());
  EXPECT_EQ(memory->span().size() % page_size(), 0U);
  EXPECT_EQ(memory->span()[4999], std::byte{0});
  memory->span()[0] = std::byte{1};
  ASSERT_TRUE(memory->discard(0, page_size()).has_value());
#ifdef __linux__
  EXPECT_EQ(memory->span()[0], std::byte{0});
#endif
  ASSERT_TRUE(memory->protect(0, page_size(), Protection::Read).has_value());
  EXPECT_DEATH(memory->span()[0] = std::byte{1}, "");
  EXPECT_TRUE(memory->protect(0, 1 << 20, Protection::Read).error().is(Errc::OutOfRange));
  EXPECT_TRUE(memory->discard(1 << 20, 1).error().is(Errc::OutOfRange));
  EXPECT_FALSE(AnonymousMemory::map(0).has_value());
}

TEST(Terminal, FilesAreNone) {
  FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  const int descriptor = fileno(file);
  EXPECT_FALSE(is_terminal(descriptor));
  EXPECT_FALSE(wants_colour(descriptor));
  EXPECT_FALSE(window_size(descriptor).has_value());
  std::fclose(file);
}

}  // namespace
}  // namespace avila::os
