#include <gtest/gtest.h>
#include <avila/error/result.hpp>
#include <cerrno>
#include <memory>

namespace avila {
namespace parse {
AVILA_ERROR_ENUM(ChunkError, Malformed, BadSize, BadExtension, MissingCrlf)
AVILA_ERROR_ENUM(OtherError, Io, First)
}  // namespace parse

namespace {

constexpr int kHalfErrorLine = __LINE__ + 3;
Result<int> half(int n) {
  if (n % 2 != 0)
    return Error(Errc::InvalidArgument, "odd number", {.offset = 7, .hint = "give an even one"});
  return n / 2;
}

Result<int> quarter(int n) {
  AVILA_TRY(const int once, half(n).context("first half"));
  AVILA_TRY(const int twice, half(once).context("second half"));
  return twice;
}

Result<> check_quarter(int n) {
  AVILA_TRY_VOID(quarter(n));
  return {};
}

TEST(Error, SaysWhatWhereAndWhatToDo) {
  const auto result = quarter(6);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().to_string(), "second half: odd number (at byte 7); give an even one");
  EXPECT_EQ(result.error().code(), Errc::InvalidArgument);
  EXPECT_EQ(result.error().offset(), 7U);
  EXPECT_EQ(result.error().hint(), "give an even one");
  EXPECT_TRUE(std::string_view(result.error().file()).ends_with("error_test.cpp"));
  EXPECT_EQ(result.error().line(), kHalfErrorLine);
}

TEST(Error, ContextsAreOutermostFirst) {
  Error error(Errc::Io, "read failed");
  error.context("block 3").context("table 12");
  EXPECT_EQ(error.to_string(), "table 12: block 3: read failed");
  EXPECT_EQ(error.message(), "read failed");
}

TEST(Error, DomainCodesAreTypedAndNamed) {
  const Error error(parse::ChunkError::BadExtension, "quote not closed");
  EXPECT_TRUE(error.is(parse::ChunkError::BadExtension));
  EXPECT_FALSE(error.is(parse::ChunkError::BadSize));
  EXPECT_FALSE(error.is(parse::OtherError::First));
  EXPECT_TRUE(error.is(Errc::Malformed));
  EXPECT_NE(error.to_string_verbose().find("ChunkError::BadExtension, malformed"),
            std::string::npos);
  const Error last(parse::ChunkError::MissingCrlf, "");
  EXPECT_NE(last.to_string_verbose().find("ChunkError::MissingCrlf"), std::string::npos);
}

TEST(Error, CloneIsIndependent) {
  Error first(Errc::NotFound, "no such key");
  Error second = first.clone();
  second.context("get");
  EXPECT_EQ(first.to_string(), "no such key");
  EXPECT_EQ(second.to_string(), "get: no such key");
}

TEST(Error, ErrnoKeepsItsNumberAndGetsAKind) {
  const struct {
    int number;
    Errc kind;
  } cases[] = {{ENOENT, Errc::NotFound},
               {ENOSPC, Errc::NoSpace},
               {EIO, Errc::Io},
               {EACCES, Errc::PermissionDenied},
               {EAGAIN, Errc::WouldBlock},
               {ECONNREFUSED, Errc::ConnectionRefused},
               {EEXIST, Errc::AlreadyExists}};
  for (const auto& c : cases) {
    const Error error = Error::from_errno(c.number, "open x");
    EXPECT_EQ(error.code(), c.kind) << c.number;
    EXPECT_EQ(error.system_code(), c.number);
    EXPECT_TRUE(error.to_string().starts_with("open x: ")) << error.to_string();
  }
}

TEST(Error, WindowsCodesMapToTheSameKinds) {
  EXPECT_EQ(Error::from_windows(2, "").code(), Errc::NotFound);
  EXPECT_EQ(Error::from_windows(112, "").code(), Errc::NoSpace);
  EXPECT_EQ(Error::from_windows(10061, "").code(), Errc::ConnectionRefused);
}

TEST(Error, EveryErrcHasAName) {
  for (int i = 1; i <= static_cast<int>(Errc::AddressInUse); ++i)
    EXPECT_NE(to_string(static_cast<Errc>(i)), "unknown") << i;
}

TEST(Error, BacktraceIsCapturedWhenAsked) {
  EXPECT_EQ(Error(Errc::Io, "x").to_string_verbose().find("#0"), std::string::npos);
  set_backtrace_capture(true);
  const Error error(Errc::Io, "x");
  set_backtrace_capture(false);
#ifdef __linux__
  EXPECT_NE(error.to_string_verbose().find("#0"), std::string::npos) << error.to_string_verbose();
#endif
}

TEST(Result, HoldsMoveOnlyValues) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  ASSERT_TRUE(result.has_value());
  std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 5);
}

TEST(Result, MovesBetweenValueAndError) {
  Result<std::string> result = std::string("a long enough text to live on the heap");
  result = Error(Errc::Closed, "gone");
  EXPECT_FALSE(result.has_value());
  result = Result<std::string>(std::string("back"));
  EXPECT_EQ(*result, "back");
}

TEST(Result, MapAndAndThenHandErrorsOn) {
  const auto doubled = half(8).map([](int n) { return n * 10; });
  EXPECT_EQ(*doubled, 40);
  const auto failed = half(3).map([](int n) { return n * 10; });
  EXPECT_TRUE(failed.error().is(Errc::InvalidArgument));
  const auto chained = half(8).and_then([](int n) { return half(n); });
  EXPECT_EQ(*chained, 2);
  const auto broken = half(6).and_then([](int n) { return half(n); });
  EXPECT_FALSE(broken.has_value());
  EXPECT_EQ(half(3).value_or(-1), -1);
}

TEST(Result, VoidTries) {
  EXPECT_TRUE(check_quarter(8).has_value());
  EXPECT_EQ(check_quarter(5).error().to_string(),
            "first half: odd number (at byte 7); give an even one");
}

struct ForeignResult {
  bool ok;
  bool has_value() const { return ok; }
  int operator*() const { return 9; }
  int error() const { return -4; }
};

TEST(Result, ForeignResultsConvert) {
  const auto describe = [](int code) { return Error(Errc::Io, "foreign " + std::to_string(code)); };
  EXPECT_EQ(*from_foreign(ForeignResult{true}, describe), 9);
  EXPECT_EQ(from_foreign(ForeignResult{false}, describe).error().message(), "foreign -4");
}

TEST(ResultDeathTest, TakingTheAbsentSideIsABrokenInvariant) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH((void)half(3).value(), "broken invariant: ok_");
}

}  // namespace
}  // namespace avila
