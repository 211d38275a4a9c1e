// `avl tool compress` and `avl tool decompress`: every format of avila::compress, as streams.
#include <avila/compress/codec.hpp>

#include <vector>

#include "tool.hpp"

namespace avila::cli {
namespace {

constexpr std::size_t kRoomBytes = 128U << 10;
constexpr std::uint64_t kDictionaryMax = std::uint64_t{64} << 20;
constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

Result<compress::Format> format_of(const Arguments& arguments) {
  const std::string name = arguments.get("--format");
  const auto format = compress::parse_format(name);
  if (format.has_value()) return *format;
  return Error(Errc::InvalidArgument,
               name.empty() ? std::string("--format is missing") : "no format '" + name + '\'')
      .with_hint("deflate, zlib, gzip, zstd, brotli, lz4 or snappy");
}

Result<std::string> dictionary_of(const Arguments& arguments) {
  if (!arguments.has("--dictionary")) return std::string();
  AVILA_TRY(std::string dictionary, read_input(arguments.get("--dictionary")));
  if (dictionary.empty()) return Error(Errc::InvalidArgument, "the dictionary is empty");
  if (dictionary.size() > kDictionaryMax)
    return Error(Errc::LimitExceeded, "the dictionary is larger than 64 MiB");
  return dictionary;
}

/// -1 … -19, or 0: the format's own. The digits are switches: of two, one is the 1 of 10 to 19.
Result<int> level_of(const Arguments& arguments) {
  int sum = 0;
  std::size_t count = 0;
  for (int digit = 0; digit <= 9; ++digit) {
    const std::size_t times = arguments.all('-' + std::to_string(digit)).size();
    count += times;
    sum += digit * static_cast<int>(times);
  }
  if (count == 0) return 0;
  if (count == 1 && sum >= 1) return sum;
  if (count == 2 && arguments.has("-1") && sum >= 1) return 9 + sum;
  return Error(Errc::InvalidArgument, "a level is one of -1 to -19");
}

Result<void> encode(compress::Encoder& encoder, ByteSpan in, compress::Flush flush,
                    MutableByteSpan room) {
  while (true) {
    AVILA_TRY(const auto step, encoder.encode(in, room, flush));
    in = in.subspan(step.consumed);
    AVILA_TRY_VOID(print(as_text(room.first(step.produced))));
    if (step.finished || (in.empty() && step.produced < room.size())) return {};
  }
}

Result<void> decode(compress::Decoder& decoder, ByteSpan in, MutableByteSpan room) {
  while (true) {
    AVILA_TRY(const auto step, decoder.decode(in, room));
    if (step.finished && step.consumed == 0 && step.produced == 0 && !in.empty())
      return Error(Errc::Malformed, "bytes follow the end of the compressed data");
    in = in.subspan(step.consumed);
    AVILA_TRY_VOID(print(as_text(room.first(step.produced))));
    if (in.empty() && step.produced < room.size()) return {};
  }
}

}  // namespace

Result<int> tool_compress(const Arguments& arguments) {
  const auto format = format_of(arguments);
  if (!format.has_value()) return wrong_usage(format.error());
  const auto level = level_of(arguments);
  if (!level.has_value()) return wrong_usage(level.error());
  AVILA_TRY(const std::string dictionary, dictionary_of(arguments));
  AVILA_TRY(const auto encoder,
            compress::make_encoder(*format, {.level = *level, .dictionary = as_bytes(dictionary)}));
  std::vector<std::byte> room(kRoomBytes);
  AVILA_TRY_VOID(read_pieces(arguments.operand(0), [&](ByteSpan piece) {
    return encode(*encoder, piece, compress::Flush::No, room);
  }));
  AVILA_TRY_VOID(encode(*encoder, {}, compress::Flush::Finish, room));
  return kDone;
}

Result<int> tool_decompress(const Arguments& arguments) {
  const auto format = format_of(arguments);
  if (!format.has_value()) return wrong_usage(format.error());
  AVILA_TRY(const std::string dictionary, dictionary_of(arguments));
  AVILA_TRY(const std::uint64_t limit,
            number_option(arguments, "--max-output", kNoLimit, 0, kNoLimit));
  AVILA_TRY(
      const auto decoder,
      compress::make_decoder(*format, {.max_output = limit, .dictionary = as_bytes(dictionary)}));
  std::vector<std::byte> room(kRoomBytes);
  AVILA_TRY_VOID(read_pieces(arguments.operand(0),
                             [&](ByteSpan piece) { return decode(*decoder, piece, room); }));
  AVILA_TRY_VOID(decoder->end());
  return kDone;
}

}  // namespace avila::cli
