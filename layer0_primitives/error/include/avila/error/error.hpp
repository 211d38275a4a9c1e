// Errors are values. An Error says what failed (code, message), where (source location, offset in
// the input), why (chain of contexts, outermost first when printed) and what to do (hint).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace avila {

/// What kind of failure a program can react to. Every error has one, whatever its own code.
enum class Errc : std::uint8_t {
  Unknown,
  InvalidArgument,  ///< the caller's value is wrong
  Malformed,        ///< bytes from outside do not follow their format
  Corrupted,        ///< stored data fails its checksum or invariants
  NotFound,
  AlreadyExists,
  PermissionDenied,
  Unauthenticated,
  LimitExceeded,  ///< a named limit of ours
  OutOfRange,
  OutOfMemory,
  NoSpace,  ///< the disk is full
  Io,
  Closed,  ///< the peer or the owner closed it
  Cancelled,
  TimedOut,
  WouldBlock,
  Conflict,  ///< optimistic concurrency: somebody else was first
  PreconditionFailed,
  Busy,
  Unavailable,
  Unsupported,
  Interrupted,
  ConnectionRefused,
  ConnectionReset,
  AddressInUse,
};
std::string_view to_string(Errc code) noexcept;

/// A set of codes of one library (AVILA_ERROR_ENUM); compared by address.
struct ErrorDomain {
  const char* name;
  std::string_view (*code_name)(int value) noexcept;
  Errc (*kind)(int value) noexcept;
};

/// Optional facts of an error, given at construction.
struct ErrorDetails {
  static constexpr std::uint64_t kNoOffset = ~std::uint64_t{0};
  std::uint64_t offset = kNoOffset;  ///< byte offset in the input
  const char* hint = nullptr;        ///< a literal: what to do about it
};

/// One pointer wide, move-only; clone() copies. Making one allocates; the success path never does.
class [[nodiscard]] Error {
 public:
  using Details = ErrorDetails;

  /// `message` is copied, so it may be composed. `file` and `line` are the caller's.
  explicit Error(Errc code, std::string_view message, Details details = {},
                 const char* file = __builtin_FILE(), int line = __builtin_LINE());
  Error(const ErrorDomain& domain, int value, std::string_view message, Details details = {},
        const char* file = __builtin_FILE(), int line = __builtin_LINE());
  /// For enums made with AVILA_ERROR_ENUM: `Error(HttpError::BadChunk, "chunk size …")`.
  template <class E>
    requires requires(E e) { avila_error_domain(e); }
  explicit Error(E value, std::string_view message, Details details = {},
                 const char* file = __builtin_FILE(), int line = __builtin_LINE())
      : Error(avila_error_domain(value), static_cast<int>(value), message, details, file, line) {}

  /// From the C library's errno; ENOSPC becomes Errc::NoSpace and so on.
  static Error from_errno(int number, std::string_view what, const char* file = __builtin_FILE(),
                          int line = __builtin_LINE());
  /// From Windows' GetLastError().
  static Error from_windows(unsigned long code, std::string_view what,
                            const char* file = __builtin_FILE(), int line = __builtin_LINE());

  Error(Error&& other) noexcept : body_(other.body_) { other.body_ = nullptr; }
  Error& operator=(Error&& other) noexcept;
  Error(const Error&) = delete;
  Error& operator=(const Error&) = delete;
  ~Error();

  Error clone() const;

  Errc code() const noexcept;
  const ErrorDomain* domain() const noexcept;  ///< null for a plain Errc
  int domain_value() const noexcept;           ///< value within the domain; errno for from_errno
  int system_code() const noexcept;            ///< errno or GetLastError(), 0 where there is none
  std::string_view message() const noexcept;   ///< without contexts
  std::string_view hint() const noexcept;      ///< empty where there is none
  std::uint64_t offset() const noexcept;       ///< Details::kNoOffset where there is none
  const char* file() const noexcept;
  int line() const noexcept;

  bool is(Errc code_value) const noexcept { return code() == code_value; }
  template <class E>
    requires requires(E e) { avila_error_domain(e); }
  bool is(E value) const noexcept {
    return domain() == &avila_error_domain(value) && domain_value() == static_cast<int>(value);
  }

  /// Wraps the error: "open config: " + what it said. Returns itself, to be chained.
  Error&& context(std::string_view what) &&;
  Error& context(std::string_view what) &;
  Error&& with_hint(std::string_view hint) &&;

  /// "outer: inner: message (at byte 17); hint". For people and logs; one line.
  std::string to_string() const;
  /// to_string() with code, source location, and backtrace when one was captured.
  std::string to_string_verbose() const;

 private:
  struct Body;
  explicit Error(Body* body) noexcept : body_(body) {}
  Body* body_;
};

/// Errors made from now on carry a backtrace (off at first; costs microseconds an error).
void set_backtrace_capture(bool on) noexcept;
/// The calling thread's stack, one frame a line, innermost first, symbolised where symbols exist.
std::string capture_backtrace(int skip_frames = 0);

}  // namespace avila

/// Defines `enum class Name` with the codes of one library, to use with Error and Error::is:
///   AVILA_ERROR_ENUM(ChunkError, Malformed, BadSize, BadExtension, MissingCrlf)
/// `kind` is the Errc of all of them. At namespace scope.
#define AVILA_ERROR_ENUM(Name, kind_value, ...)                                                    \
  enum class Name : int { __VA_ARGS__ };                                                           \
  inline const ::avila::ErrorDomain& avila_error_domain(Name) noexcept {                           \
    static constexpr ::avila::ErrorDomain domain{                                                  \
        #Name, [](int value) noexcept { return ::avila::detail::enum_name(#__VA_ARGS__, value); }, \
        [](int) noexcept { return ::avila::Errc::kind_value; }};                                   \
    return domain;                                                                                 \
  }

namespace avila::detail {
/// The value-th name of "A, B, C".
std::string_view enum_name(std::string_view names, int value) noexcept;
}  // namespace avila::detail
