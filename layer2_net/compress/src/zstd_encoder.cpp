#include "zstd_encoder.hpp"

namespace avila::compress::detail::zstd {

Result<std::unique_ptr<ZstdEncoder>> ZstdEncoder::create(const EncoderOptions& options) {
  DictionaryParts parts;
  if (!options.dictionary.empty()) {
    AVILA_TRY(parts, parse_dictionary(options.dictionary, nullptr));
  }
  const std::uint64_t size = options.content_size.has_value()
                                 ? *options.content_size + parts.content.size()
                                 : ~std::uint64_t{0};
  auto encoder = std::make_unique<ZstdEncoder>(effort_of(options.level, size));
  encoder->checksum_ = options.checksum;
  encoder->content_size_ = options.content_size;
  encoder->dictionary_id_ = parts.id;
  encoder->recent_.of = parts.offsets;
  encoder->writer_.start_frame(parts);
  return encoder;
}

ByteSpan ZstdEncoder::history_of(ByteSpan dictionary) const {
  const auto parts = parse_dictionary(dictionary, nullptr);
  return parts.has_value() ? parts->content : ByteSpan();
}

// 3.1.1.1.
void ZstdEncoder::begin(Sink& out) {
  const auto put = [&](std::uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i)
      out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
  };
  put(kMagic, 4);
  // Matches reach the window's bytes from the start of a block: the window is a block larger.
  const std::uint64_t window = (std::uint64_t{1} << effort_.window_log) + kMaxBlock;
  const bool single = content_size_.has_value() && *content_size_ <= window;
  const std::uint64_t size = content_size_.value_or(0);
  const unsigned size_flag = !content_size_.has_value() ? 0
                             : size < 256               ? 0
                             : size < 65536 + 256       ? 1
                             : size <= 0xFFFFFFFFU      ? 2
                                                        : 3;
  const bool sized = content_size_.has_value() && (single || size_flag != 0);
  const std::uint32_t id = dictionary_id_;
  const unsigned id_flag = id == 0 ? 0 : id < 256 ? 1 : id < 65536 ? 2 : 3;
  put((sized ? size_flag << 6 : 0) | (single ? 0x20U : 0U) | (checksum_ ? 4U : 0U) | id_flag, 1);
  if (!single) {
    unsigned log = effort_.window_log, eighths = 0;
    while (eighths < 8 &&
           (std::uint64_t{1} << log) + (std::uint64_t{1} << log) / 8 * eighths < window)
      ++eighths;
    if (eighths == 8) ++log, eighths = 0;
    put((log - 10) << 3 | eighths, 1);
  }
  constexpr unsigned kIdSizes[] = {0, 1, 2, 4};
  put(id, kIdSizes[id_flag]);
  if (!sized) return;
  if (size_flag == 0)
    put(size, 1);
  else if (size_flag == 1)
    put(size - 256, 2);
  else
    put(size, size_flag == 2 ? 4 : 8);
}

void ZstdEncoder::encode(const Piece& piece, bool last, Sink& out) {
  const ByteSpan content = piece.content();
  if (checksum_) hash_.update(content);
  if (!content.empty() || last) {
    const RecentOffsets before = recent_;
    const std::span<const Sequence> sequences = search_.run(piece, recent_);
    if (!writer_.write(content, sequences, last, out)) recent_ = before;
  }
  if (!last || !checksum_) return;
  std::byte sum[4];
  store_le32(sum, static_cast<std::uint32_t>(hash_.digest()));
  append(out, sum);
}

}  // namespace avila::compress::detail::zstd
