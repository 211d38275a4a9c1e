// NanoID: short random texts over an alphabet; 21 characters of 64 hold 126 bits.
#pragma once
#include <avila/error/result.hpp>
#include <string>
#include <string_view>

namespace avila::random {
class SecureRandom;
}

namespace avila::id {

/// The alphabet of the nanoid package: what may stand in a URL, 64 characters.
constexpr std::string_view kNanoIdAlphabet =
    "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict";
/// Without characters that look alike: no 0 O o 1 I l.
constexpr std::string_view kReadableAlphabet =
    "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz";
constexpr std::size_t kNanoIdSize = 21;
constexpr std::size_t kMaxNanoIdSize = 1024;

class NanoId {
 public:
  /// 21 characters of kNanoIdAlphabet. Thread-safe.
  static std::string generate();
  /// Each character is equally likely, whatever the alphabet's size. Errc::InvalidArgument unless
  /// there are 2 to 256 different bytes in the alphabet and 1 to kMaxNanoIdSize characters.
  static Result<std::string> generate(std::size_t size,
                                      std::string_view alphabet = kNanoIdAlphabet);
  static Result<std::string> generate(std::size_t size, std::string_view alphabet,
                                      random::SecureRandom& random);
  /// An error that says which character does not belong, or what size was expected.
  static Result<void> check(std::string_view text, std::size_t size = kNanoIdSize,
                            std::string_view alphabet = kNanoIdAlphabet);
};

}  // namespace avila::id
