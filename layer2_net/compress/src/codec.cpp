#include <avila/compress/codec.hpp>

#include <algorithm>
#include <array>

#include <avila/compress/lz4.hpp>

#include "brotli_decoder.hpp"
#include "brotli_encoder.hpp"
#include "deflate_encoder.hpp"
#include "deflate_wrappers.hpp"
#include "lz4_codec.hpp"
#include "snappy_stream.hpp"
#include "zstd_decoder.hpp"
#include "zstd_encoder.hpp"

namespace avila::compress {

using namespace detail;

namespace {

constexpr std::array<std::string_view, 7> kNames = {"deflate", "zlib", "gzip",  "zstd",
                                                    "brotli",  "lz4",  "snappy"};

Error no_dictionary(Format format) {
  return Error(Errc::InvalidArgument, std::string(to_string(format)) + " takes no dictionary");
}

Result<std::unique_ptr<EncoderCore>> encoder_core(Format format, const EncoderOptions& options) {
  const LevelRange range = levels(format);
  const int level =
      options.level == 0 ? range.standard : std::clamp(options.level, range.min, range.max);
  const auto deflate = [&](DeflateCore::Wrapper wrapper) -> std::unique_ptr<EncoderCore> {
    return std::make_unique<DeflateCore>(wrapper, level, options.dictionary);
  };
  switch (format) {
    case Format::Deflate: return deflate(DeflateCore::Wrapper::None);
    case Format::Zlib: return deflate(DeflateCore::Wrapper::Zlib);
    case Format::Gzip:
      if (!options.dictionary.empty()) return no_dictionary(format);
      return deflate(DeflateCore::Wrapper::Gzip);
    case Format::Brotli:
      if (!options.dictionary.empty()) return no_dictionary(format);
      return std::unique_ptr<EncoderCore>(std::make_unique<brotli::BrotliEncoder>(
          level, options.content_size.value_or(~std::uint64_t{0})));
    case Format::Snappy:
      if (!options.dictionary.empty()) return no_dictionary(format);
      return std::unique_ptr<EncoderCore>(std::make_unique<SnappyEncoder>());
    case Format::Zstd: {
      EncoderOptions exact = options;
      exact.level = level;
      AVILA_TRY(auto core, zstd::ZstdEncoder::create(exact));
      return std::unique_ptr<EncoderCore>(std::move(core));
    }
    case Format::Lz4: break;  // has its own
  }
  return Error(Errc::InvalidArgument, "no such format");
}

Result<std::unique_ptr<DecoderCore>> decoder_core(Format format, const DecoderOptions& options) {
  using Core = std::unique_ptr<DecoderCore>;
  switch (format) {
    case Format::Deflate: return Core(std::make_unique<InflateCore>(options.dictionary));
    case Format::Zlib: return Core(std::make_unique<ZlibDecoder>(options.dictionary));
    case Format::Gzip:
      if (!options.dictionary.empty()) return no_dictionary(format);
      return Core(std::make_unique<GzipDecoder>());
    case Format::Snappy:
      if (!options.dictionary.empty()) return no_dictionary(format);
      return Core(std::make_unique<SnappyDecoder>());
    case Format::Brotli:
      if (!options.dictionary.empty()) return no_dictionary(format);
      return Core(std::make_unique<brotli::BrotliDecoder>());
    case Format::Zstd: {
      AVILA_TRY(auto core, zstd::ZstdDecoder::create(options));
      return Core(std::move(core));
    }
    case Format::Lz4: break;  // has its own
  }
  return Error(Errc::InvalidArgument, "no such format");
}

lz4::FrameOptions lz4_options(const EncoderOptions& options) {
  return {.content_checksum = options.checksum,
          .content_size = options.content_size,
          .level = options.level == 0 ? 1 : std::clamp(options.level, 1, lz4::kMaxHcLevel),
          .dictionary = options.dictionary};
}

}  // namespace

std::string_view to_string(Format format) noexcept {
  return kNames[static_cast<std::size_t>(format)];
}

std::optional<Format> parse_format(std::string_view name) noexcept {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Format>(found - kNames.begin());
}

LevelRange levels(Format format) noexcept {
  switch (format) {
    case Format::Deflate:
    case Format::Zlib:
    case Format::Gzip: return {1, 6, 9};
    case Format::Zstd: return {1, 3, 19};
    case Format::Brotli: return {1, 5, 11};
    case Format::Lz4: return {1, 1, 12};
    case Format::Snappy: break;
  }
  return {1, 1, 1};
}

Result<std::unique_ptr<Encoder>> make_encoder(Format format, const EncoderOptions& options) {
  if (format == Format::Lz4)
    return std::unique_ptr<Encoder>(std::make_unique<Lz4Encoder>(lz4_options(options)));
  AVILA_TRY(auto core, encoder_core(format, options));
  return stream_encoder(std::move(core), options.dictionary,
                        format == Format::Zstd ? options.content_size : std::nullopt);
}

Result<std::unique_ptr<Decoder>> make_decoder(Format format, const DecoderOptions& options) {
  if (format == Format::Lz4)
    return std::unique_ptr<Decoder>(std::make_unique<Lz4Decoder>(
        lz4::FrameLimits{.max_output = options.max_output}, options.dictionary));
  AVILA_TRY(auto core, decoder_core(format, options));
  return stream_decoder(std::move(core), options);
}

Result<std::vector<std::byte>> compress(Format format, ByteSpan in, EncoderOptions options) {
  if (!options.content_size.has_value()) options.content_size = in.size();
  if (format == Format::Lz4) return lz4::compress_frame(in, lz4_options(options));
  if (format == Format::Zstd && *options.content_size != in.size())
    return Error(Errc::InvalidArgument, "content of another size than announced");
  AVILA_TRY(const auto core, encoder_core(format, options));
  return encode_all(*core, in, options.dictionary);
}

Result<std::vector<std::byte>> decompress(Format format, ByteSpan in,
                                          const DecoderOptions& options) {
  if (format == Format::Lz4)
    return lz4::decompress_frames(in, {.max_output = options.max_output}, options.dictionary);
  AVILA_TRY(const auto core, decoder_core(format, options));
  return decode_all(*core, in, options);
}

Result<std::size_t> decompress(Format format, ByteSpan in, MutableByteSpan out,
                               const DecoderOptions& options) {
  if (format == Format::Lz4) {
    DecoderOptions limited = options;
    limited.max_output = std::min<std::uint64_t>(options.max_output, out.size());
    AVILA_TRY(const auto content, decompress(format, in, limited));
    std::copy(content.begin(), content.end(), out.begin());
    return content.size();
  }
  AVILA_TRY(const auto core, decoder_core(format, options));
  return decode_into(*core, in, out, options.max_output);
}

}  // namespace avila::compress
