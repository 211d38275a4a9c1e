#include <algorithm>

#include "core.hpp"

namespace avila::compress::detail {
namespace {

class StreamEncoder final : public Encoder {
 public:
  StreamEncoder(std::unique_ptr<EncoderCore> core, ByteSpan dictionary,
                std::optional<std::uint64_t> size)
      : core_(std::move(core)), shape_(core_->shape()), size_(size) {
    dictionary = core_->history_of(dictionary);
    if (dictionary.size() > shape_.history)
      dictionary = dictionary.subspan(dictionary.size() - shape_.history);
    buffer_.reserve(1);  // piece() counts from its memory, empty or not
    buffer_.assign(dictionary.begin(), dictionary.end());
    start_ = buffer_.size();
    core_->begin(pending_);
    if (start_ != 0) core_->prime(piece());
  }

  Result<Progress> encode(ByteSpan in, MutableByteSpan out, Flush flush) override {
    Progress progress;
    if (ended_ && !in.empty()) return Error(Errc::InvalidArgument, "the stream has ended");
    if (size_.has_value()) {
      if (in.size() > *size_ - taken_)
        return Error(Errc::InvalidArgument, "more content than announced");
      if (flush == Flush::Finish && in.size() < *size_ - taken_)
        return Error(Errc::InvalidArgument, "less content than announced");
    }
    while (true) {
      const std::size_t part = std::min(pending_.size() - given_, out.size() - progress.produced);
      if (part != 0) std::memcpy(out.data() + progress.produced, pending_.data() + given_, part);
      given_ += part;
      progress.produced += part;
      if (given_ != pending_.size()) return progress;
      pending_.clear();
      given_ = 0;
      if (ended_) {
        progress.finished = true;
        return progress;
      }
      gather(in, progress.consumed);
      const bool full = buffer_.size() - start_ == shape_.piece;
      const bool all = progress.consumed == in.size();
      if (all && flush == Flush::Finish) {
        core_->encode(piece(), true, pending_);
        ended_ = true;
      } else if (full) {
        encode_piece();
      } else if (all && flush == Flush::Block && dirty_) {
        if (buffer_.size() != start_) encode_piece();
        core_->flush(pending_);
        dirty_ = false;
      } else if (all) {
        return progress;
      }
    }
  }

 private:
  void gather(ByteSpan in, std::size_t& consumed) {
    if (in.size() == consumed) return;
    if (buffer_.size() == start_ &&
        start_ >= shape_.history + std::max(shape_.piece, shape_.history))
      slide();
    const std::size_t part =
        std::min(in.size() - consumed, shape_.piece - (buffer_.size() - start_));
    append(buffer_, in.subspan(consumed, part));
    consumed += part;
    taken_ += part;
    dirty_ = dirty_ || part != 0;
  }

  // Keeps the history; positions stay those of the same bytes.
  void slide() {
    const std::size_t drop = start_ - shape_.history;
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(drop));
    start_ -= drop;
    offset_ += static_cast<std::uint32_t>(drop);
    if (offset_ > kLastPosition - kFirstPosition - 4 * (shape_.history + shape_.piece)) {
      core_->forget();
      offset_ = 0;
      core_->prime(piece());
    }
  }

  Piece piece() const {
    const std::uint32_t first = kFirstPosition + offset_;
    const auto start = static_cast<std::uint32_t>(start_);
    return {
        buffer_.data() - first,
        first + start - std::min<std::uint32_t>(start, static_cast<std::uint32_t>(shape_.history)),
        first + start, first + static_cast<std::uint32_t>(buffer_.size())};
  }
  void encode_piece() {
    core_->encode(piece(), false, pending_);
    start_ = buffer_.size();
  }

  std::unique_ptr<EncoderCore> core_;
  EncoderCore::Shape shape_;
  std::optional<std::uint64_t> size_;  // that the content must have
  std::uint64_t taken_ = 0;            // of it
  std::vector<std::byte> buffer_;      // history, then the piece that is gathered from start_ on
  std::size_t start_ = 0;
  std::uint32_t offset_ = 0;        // of buffer_[0] from kFirstPosition
  std::vector<std::byte> pending_;  // output, handed out to given_
  std::size_t given_ = 0;
  bool dirty_ = false;  // input was taken since the last flush
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Encoder> stream_encoder(std::unique_ptr<EncoderCore> core, ByteSpan dictionary,
                                        std::optional<std::uint64_t> size) {
  return std::make_unique<StreamEncoder>(std::move(core), dictionary, size);
}

std::vector<std::byte> encode_all(EncoderCore& core, ByteSpan in, ByteSpan dictionary,
                                  std::uint32_t positions) {
  const EncoderCore::Shape shape = core.shape();
  std::vector<std::byte> out, both;
  // Memory that is not written costs nothing where it is whole pages, and growing is copying.
  constexpr std::size_t kManyPages = 256U << 10;
  out.reserve(in.size() < kManyPages ? in.size() / 2 + 64 : in.size());
  dictionary = core.history_of(dictionary);
  if (dictionary.size() > shape.history)
    dictionary = dictionary.subspan(dictionary.size() - shape.history);
  if (!dictionary.empty()) {
    both.assign(dictionary.begin(), dictionary.end());
    append(both, in);
    in = ByteSpan(both);
  }
  static constexpr std::byte kNothing{};
  const std::byte* const data = in.empty() ? &kNothing : in.data();
  core.begin(out);
  std::uint64_t first = 0;  // offset of kFirstPosition in `in`
  std::uint64_t at = dictionary.size();
  const auto piece_at = [&](std::uint64_t from, std::uint64_t to) {
    const std::uint64_t low =
        std::max<std::uint64_t>(first, from - std::min<std::uint64_t>(from, shape.history));
    const auto position = [&](std::uint64_t offset) {
      return kFirstPosition + static_cast<std::uint32_t>(offset - first);
    };
    return Piece{data + first - kFirstPosition, position(low), position(from), position(to)};
  };
  if (!dictionary.empty()) core.prime(piece_at(at, at));
  do {
    const std::uint64_t end = std::min<std::uint64_t>(in.size(), at + shape.piece);
    if (end - first > positions) {
      core.forget();
      first = at - std::min<std::uint64_t>(at, shape.history);
      if (first != at) core.prime(piece_at(at, at));
    }
    core.encode(piece_at(at, end), end == in.size(), out);
    at = end;
  } while (at < in.size());
  return out;
}

}  // namespace avila::compress::detail
