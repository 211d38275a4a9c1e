#include "zstd_decoder.hpp"

#include <algorithm>

#include "copy.hpp"

namespace avila::compress::detail::zstd {

Result<std::unique_ptr<ZstdDecoder>> ZstdDecoder::create(const DecoderOptions& options) {
  auto decoder = std::make_unique_for_overwrite<ZstdDecoder>();  // tables are filled when needed
  decoder->max_window_ = options.max_window;
  decoder->literal_room_ = std::make_unique_for_overwrite<std::byte[]>(kMaxBlock + 2 * kCopySlack);
  if (options.dictionary.empty()) return decoder;
  AVILA_TRY(const DictionaryParts parts, parse_dictionary(options.dictionary, &decoder->first_));
  decoder->dictionary_.assign(parts.content.begin(), parts.content.end());
  decoder->dictionary_id_ = parts.id;
  decoder->formatted_ = parts.formatted;
  return decoder;
}

Result<Stop> ZstdDecoder::run(const std::byte*& in, const std::byte* end, Output& out) {
  const std::byte* const start = in;
  const std::byte* const first = out.at;
  const auto located = [&](Error&& error) {
    if (error.offset() != Error::Details::kNoOffset) return std::move(error);
    return Error(error.is(StreamError::Damaged)
                     ? Error(StreamError::Damaged, error.message(),
                             {.offset = static_cast<std::uint64_t>(in - start)})
                     : std::move(error));
  };
  while (true) {
    if (state_ == State::Magic) {
      auto header = take_header(in, end);
      if (!header.has_value()) return located(std::move(header).error());
      if (!*header) return Stop::NeedInput;
    }
    if (state_ == State::Skip) {
      const auto part = std::min<std::size_t>(skip_left_, static_cast<std::size_t>(end - in));
      in += part;
      skip_left_ -= static_cast<std::uint32_t>(part);
      if (skip_left_ != 0) return Stop::NeedInput;
      state_ = State::Magic;
      ++frames_;
      return Stop::Finished;
    }
    while (state_ == State::Block) {
      // A block is begun in less room than it may need only where the runner has no more.
      if (out.at != first && static_cast<std::size_t>(out.end - out.at) < kMaxBlock)
        return Stop::NeedOutput;
      std::byte* const before = out.at;
      auto block = take_block(in, end, out);
      if (!block.has_value()) return located(std::move(block).error());
      if (!*block) return Stop::NeedInput;
      const ByteSpan content{before, out.at};
      written_ += content.size();
      if (checksum_) hash_.update(content);
      if (has_content_size_ && written_ > content_size_)
        return located(damaged("zstd: more content than the header says", 0));
      if (last_) {
        if (has_content_size_ && written_ != content_size_)
          return located(damaged("zstd: less content than the header says", 0));
        state_ = State::Checksum;
      }
    }
    if (checksum_) {
      if (end - in < 4) return Stop::NeedInput;
      if (load_le32(in) != static_cast<std::uint32_t>(hash_.digest()))
        return Error(Errc::Corrupted, "zstd: the checksum of the content is wrong");
      in += 4;
    }
    state_ = State::Magic;
    ++frames_;
    return Stop::Finished;
  }
}

// 3.1.1.1; false when more input is needed.
Result<bool> ZstdDecoder::take_header(const std::byte*& in, const std::byte* end) {
  const auto all = static_cast<std::size_t>(end - in);
  if (all < 4) {  // told apart from what can be no frame
    for (std::size_t i = 0; i < all; ++i) {
      const auto byte = static_cast<std::uint32_t>(in[i]);
      const bool frame = byte == (kMagic >> (8 * i) & 0xFF);
      const bool skippable = (byte & (i == 0 ? 0xF0 : 0xFF)) == (kSkippableMagic >> (8 * i) & 0xFF);
      if (!frame && !skippable) return damaged("zstd: wrong magic number", i);
    }
    return false;
  }
  const std::uint32_t magic = load_le32(in);
  if ((magic & ~0xFU) == kSkippableMagic) {
    if (all < 8) return false;
    skip_left_ = load_le32(in + 4);
    in += 8;
    state_ = State::Skip;
    return true;
  }
  if (magic != kMagic) return damaged("zstd: wrong magic number", 0);
  if (all < 5) return false;
  const auto descriptor = static_cast<unsigned>(in[4]);
  if ((descriptor & 8) != 0) return damaged("zstd: a reserved bit of the header is set", 4);
  const bool single = (descriptor & 0x20) != 0;
  constexpr std::size_t kIdSizes[] = {0, 1, 2, 4};
  const std::size_t id_size = kIdSizes[descriptor & 3];
  const unsigned size_flag = descriptor >> 6;
  const std::size_t size_size = size_flag == 0 ? (single ? 1 : 0) : std::size_t{1} << size_flag;
  const std::size_t header_size = 5 + (single ? 0U : 1U) + id_size + size_size;
  if (all < header_size) return false;
  std::size_t at = 5;
  std::uint64_t window = 0;
  if (!single) {
    const auto byte = static_cast<unsigned>(in[at++]);
    const std::uint64_t base = std::uint64_t{1} << (10 + (byte >> 3));
    window = base + base / 8 * (byte & 7);
  }
  std::uint32_t id = 0;
  for (std::size_t i = 0; i < id_size; ++i) id |= static_cast<std::uint32_t>(in[at++]) << (8 * i);
  content_size_ = 0;
  for (std::size_t i = 0; i < size_size; ++i)
    content_size_ |= static_cast<std::uint64_t>(in[at++]) << (8 * i);
  if (size_size == 2) content_size_ += 256;
  has_content_size_ = size_size != 0;
  if (single) window = content_size_;
  if (window > max_window_)
    return Error(Errc::LimitExceeded,
                 "zstd: the frame needs a window of " + std::to_string(window) + " bytes",
                 {.offset = 4, .hint = "raise max_window"});
  if (id != 0 && id != dictionary_id_)
    return Error(Errc::InvalidArgument, "zstd: the frame needs dictionary " + std::to_string(id),
                 {.offset = 4});
  in += header_size;
  window_ = static_cast<std::size_t>(std::max<std::uint64_t>(window, 1024));
  max_block_ = std::min<std::size_t>(std::max<std::uint64_t>(window, single ? 0 : 1024), kMaxBlock);
  checksum_ = (descriptor & 4) != 0;
  last_ = false;
  written_ = 0;
  hash_.reset();
  with_dictionary_ = !dictionary_.empty();
  for (SequenceTable& table : entropy_.tables) table.ready = false;
  entropy_.literals.clear();
  entropy_.offsets = {1, 4, 8};
  if (with_dictionary_ && formatted_) entropy_ = first_;
  state_ = State::Block;
  return true;
}

// 3.1.1.2; false when it is not all there.
Result<bool> ZstdDecoder::take_block(const std::byte*& in, const std::byte* end, Output& out) {
  const auto all = static_cast<std::size_t>(end - in);
  if (all < 3) return false;
  const std::uint32_t header = static_cast<std::uint32_t>(in[0]) |
                               static_cast<std::uint32_t>(in[1]) << 8 |
                               static_cast<std::uint32_t>(in[2]) << 16;
  const unsigned type = header >> 1 & 3;
  const std::size_t size = header >> 3;
  if (type == 3) return damaged("zstd: block type 3 is reserved", 0);
  if (size > max_block_) return damaged("zstd: a block larger than the window", 0);
  const std::size_t stored = type == 1 ? 1 : size;
  if (all < 3 + stored) return false;
  last_ = (header & 1) != 0;
  const std::byte* const body = in + 3;
  if (type == 2) {
    AVILA_TRY_VOID(compressed_block({body, size}, out));
  } else {
    if (size > static_cast<std::size_t>(out.end - out.at))
      return Error(Errc::LimitExceeded, "zstd: the content is larger than the room for it");
    if (type == 0 && size != 0) std::memcpy(out.at, body, size);
    if (type == 1 && size != 0) std::memset(out.at, static_cast<int>(*body), size);
    out.at += size;
  }
  in += 3 + stored;
  return true;
}

// 3.1.1.3.1.
Result<std::size_t> ZstdDecoder::read_literals(ByteSpan block) {
  const auto bad = [](std::string_view what) {
    return Error(StreamError::Damaged, "zstd: " + std::string(what));
  };
  if (block.empty()) return bad("an empty block");
  const auto first = static_cast<std::uint32_t>(block[0]);
  const auto type = static_cast<LiteralsType>(first & 3);
  const unsigned format = first >> 2 & 3;
  if (type == LiteralsType::Raw || type == LiteralsType::Rle) {
    const std::size_t header = format == 1 ? 2 : format == 3 ? 3 : 1;
    if (block.size() < header) return bad("the literals' header is cut");
    std::size_t size = first >> 3;
    if (header > 1) {
      size = first >> 4 | static_cast<std::size_t>(block[1]) << 4;
      if (header == 3) size |= static_cast<std::size_t>(block[2]) << 12;
    }
    if (size > max_block_) return bad("more literals than a block holds");
    if (type == LiteralsType::Rle) {
      if (block.size() < header + 1) return bad("the literals are cut");
      std::memset(literal_room_.get(), static_cast<int>(block[header]), size);
      literals_ = {literal_room_.get(), size};
      return header + 1;
    }
    if (block.size() < header + size) return bad("the literals are cut");
    literals_ = block.subspan(header, size);  // where they are, if copies may read beyond them
    if (size != 0 && block.size() - header - size < kCopySlack) {
      std::memcpy(literal_room_.get(), literals_.data(), size);
      literals_ = {literal_room_.get(), size};
    }
    return header + size;
  }
  const std::size_t header = format < 2 ? 3 : format + 2;
  if (block.size() < header) return bad("the literals' header is cut");
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < header; ++i) word |= static_cast<std::uint64_t>(block[i]) << (8 * i);
  const unsigned bits = format < 2 ? 10 : format == 2 ? 14 : 18;
  const std::uint64_t mask = (1U << bits) - 1;
  const std::size_t size = word >> 4 & mask, packed = word >> (4 + bits) & mask;
  if (size > max_block_) return bad("more literals than a block holds");
  if (block.size() < header + packed) return bad("the literals are cut");
  ByteSpan stream = block.subspan(header, packed);
  if (type == LiteralsType::Compressed) {
    const auto used = entropy_.literals.read(stream);
    if (!used.has_value()) return bad("the literals' code is damaged");
    stream = stream.subspan(*used);
  } else if (!entropy_.literals.ready()) {
    return bad("literals repeat a code that was not there");
  }
  if (size == 0 || (format != 0 && size < 6)) return bad("compressed literals of no size");
  if (!entropy_.literals.decode(stream, format != 0, {literal_room_.get(), size}))
    return bad("the literals are damaged");
  literals_ = {literal_room_.get(), size};
  return header + packed;
}

// 3.1.1.3.2.1: the tables that `modes` says.
Result<std::size_t> ZstdDecoder::read_tables(ByteSpan section, unsigned modes) {
  static const auto predefined = [] {
    std::array<SequenceTable, 3> tables;
    build_sequence_table(SequenceKind::LitLength, kLitLengthDefault, kLitLengthDefaultLog,
                         tables[0]);
    build_sequence_table(SequenceKind::Offset, kOffsetDefault, kOffsetDefaultLog, tables[1]);
    build_sequence_table(SequenceKind::MatchLength, kMatchLengthDefault, kMatchLengthDefaultLog,
                         tables[2]);
    return tables;
  }();
  const auto bad = [] {
    return Error(StreamError::Damaged, "zstd: the sequences' codes are damaged");
  };
  std::size_t at = 0;
  for (const SequenceKind kind :
       {SequenceKind::LitLength, SequenceKind::Offset, SequenceKind::MatchLength}) {
    const auto i = static_cast<std::size_t>(kind);
    SequenceTable& own = entropy_.tables[i];
    switch (static_cast<TableMode>(modes >> (6 - 2 * i) & 3)) {
      case TableMode::Predefined: own = predefined[i]; break;
      case TableMode::Rle: {
        if (at >= section.size()) return bad();
        const auto code = static_cast<unsigned>(section[at++]);
        if (code >= codes_of(kind)) return bad();
        build_rle_table(kind, code, own);
        break;
      }
      case TableMode::Fse: {
        FseDistribution distribution;
        const auto used = read_fse_distribution(section.subspan(at), log_limit(kind),
                                                codes_of(kind), distribution);
        if (!used.has_value()) return bad();
        at += *used;
        build_sequence_table(kind, {distribution.counts, distribution.symbols}, distribution.log,
                             own);
        break;
      }
      case TableMode::Repeat:
        if (!own.ready) return bad();
        break;
    }
  }
  return at;
}

Result<void> ZstdDecoder::compressed_block(ByteSpan block, Output& out) {
  const auto bad = [](std::string_view what) {
    return Error(StreamError::Damaged, "zstd: " + std::string(what));
  };
  AVILA_TRY(std::size_t at, read_literals(block));
  if (at >= block.size()) return bad("a block without sequences");
  std::size_t count = static_cast<std::size_t>(block[at]);
  const std::size_t count_size = count < 128 ? 1 : count < 255 ? 2 : 3;
  if (block.size() - at < count_size) return bad("the number of sequences is cut");
  if (count_size == 2) count = (count - 128) << 8 | static_cast<std::size_t>(block[at + 1]);
  if (count_size == 3) count = load_le16(block.data() + at + 1) + std::size_t{0x7F00};
  at += count_size;
  if (count == 0) {
    if (at != block.size()) return bad("bytes after no sequences");
    if (literals_.size() > static_cast<std::size_t>(out.end - out.at))
      return Error(Errc::LimitExceeded, "zstd: the content is larger than the room for it");
    if (!literals_.empty()) std::memcpy(out.at, literals_.data(), literals_.size());
    out.at += literals_.size();
    return {};
  }
  if (at >= block.size()) return bad("the sequences are cut");
  const auto modes = static_cast<unsigned>(block[at++]);
  if ((modes & 3) != 0) return bad("reserved bits of the sequences are set");
  AVILA_TRY(const std::size_t used, read_tables(block.subspan(at), modes));
  return run_sequences(block.subspan(at + used), count, out);
}

}  // namespace avila::compress::detail::zstd
