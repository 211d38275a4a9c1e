#include <gtest/gtest.h>

#include <avila/primitives/secret.hpp>
#include <concepts>
#include <ostream>

namespace avila {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
static_assert(!Printable<SecretBytes> && !Printable<SecretArray<4>>);
static_assert(!std::equality_comparable<SecretBytes> && !std::copyable<SecretBytes>);
static_assert(!std::equality_comparable<SecretArray<4>> && !std::copyable<SecretArray<4>>);

TEST(Secret, IsWipedWhereItWasMovedFrom) {
  SecretArray<4> from;
  (*from)[0] = std::byte{7};
  const SecretArray<4> to = std::move(from);
  EXPECT_EQ((*to)[0], std::byte{7});
  EXPECT_EQ((*from)[0], std::byte{0});  // NOLINT: what is left is the point
}

TEST(SecretBytes, MovesItsMemoryAndStartsAsZeros) {
  SecretBytes zeros(3);
  for (const std::byte b : std::as_const(zeros).span()) EXPECT_EQ(b, std::byte{0});
  SecretBytes from = SecretBytes::copy_of(as_bytes("key"));
  const std::byte* memory = from.span().data();
  zeros = std::move(from);
  EXPECT_EQ(zeros.span().data(), memory);
  EXPECT_EQ(as_text(zeros.span()), "key");
  EXPECT_TRUE(from.empty());  // NOLINT
  EXPECT_TRUE(SecretBytes::copy_of({}).empty());
}

}  // namespace
}  // namespace avila
