#include <algorithm>

#include "core.hpp"

namespace avila::compress {

Result<void> Decoder::end() const {
  if (!at_boundary())
    return Error(StreamError::Truncated, "the compressed data end too early",
                 {.hint = "the input was cut; fetch it again"});
  return {};
}

namespace detail {
namespace {

constexpr std::size_t kChunk = 64U << 10;       // decoded at a time, to stay in the caches
constexpr std::size_t kFirstCarry = 64;         // bytes of new input joined to old at first
constexpr std::size_t kFirstRoom = 128U << 10;  // of a result whose size nobody announced

Error over_limit(std::uint64_t limit) {
  return Error(Errc::LimitExceeded,
               "the content is larger than max_output, " + std::to_string(limit) + " bytes");
}

class StreamDecoder final : public Decoder {
 public:
  StreamDecoder(std::unique_ptr<DecoderCore> core, const DecoderOptions& options)
      : core_(std::move(core)), max_output_(options.max_output) {}

  Result<Progress> decode(ByteSpan in, MutableByteSpan out) override {
    if (failed_) return Error(Errc::InvalidArgument, "the decoder has failed before");
    auto progress = step(in, out);
    failed_ = !progress.has_value();
    return progress;
  }
  bool at_boundary() const noexcept override {
    return !failed_ && carry_.empty() && given_ == at_ && core_->at_boundary();
  }

 private:
  Result<Progress> step(ByteSpan in, MutableByteSpan out) {
    Progress progress;
    if (finished_ && given_ == at_) {
      if (!core_->takes_more() || in.empty()) {
        progress.finished = in.empty() || !core_->takes_more();
        return progress;
      }
      finished_ = false;
    }
    while (true) {
      const std::size_t part = std::min(at_ - given_, out.size() - progress.produced);
      if (part != 0) std::memcpy(out.data() + progress.produced, buffer_.data() + given_, part);
      given_ += part;
      progress.produced += part;
      if (given_ != at_) return progress;  // `out` is full
      if (finished_) {
        progress.finished = true;
        return progress;
      }
      if (stalled_ && progress.consumed == in.size()) return progress;
      if (progress.produced == out.size() && !out.empty()) return progress;
      AVILA_TRY_VOID(advance(in, progress.consumed));
      if (at_ == given_ && !finished_ && progress.consumed == in.size()) {
        stalled_ = true;
        return progress;
      }
    }
  }

  // Runs the core once over new input, joined to what was carried.
  Result<void> advance(ByteSpan in, std::size_t& consumed) {
    make_room();
    stalled_ = false;
    if (carry_.empty()) {
      const std::byte* at = in.data() + consumed;
      AVILA_TRY(const Stop stop, run(at, in.data() + in.size()));
      consumed = static_cast<std::size_t>(at - in.data());
      if (stop == Stop::NeedInput) {  // the rest is less than a step
        carry_.assign(at, in.data() + in.size());
        consumed = in.size();
      }
      return {};
    }
    const std::size_t old = carry_.size();
    const std::size_t added = std::min(in.size() - consumed, std::max(kFirstCarry, old));
    append(carry_, in.subspan(consumed, added));
    const std::byte* at = carry_.data();
    AVILA_TRY(const Stop stop, run(at, carry_.data() + carry_.size()));
    const auto used = static_cast<std::size_t>(at - carry_.data());
    if (used >= old) {  // on with the caller's memory
      consumed += used - old;
      carry_.clear();
    } else if (stop == Stop::NeedInput) {
      consumed += added;
      carry_.erase(carry_.begin(), carry_.begin() + static_cast<std::ptrdiff_t>(used));
    } else {
      carry_.resize(old);
      carry_.erase(carry_.begin(), carry_.begin() + static_cast<std::ptrdiff_t>(used));
    }
    return {};
  }

  Result<Stop> run(const std::byte*& at, const std::byte* end) {
    const std::byte* const start = at;
    const std::uint64_t allowed = max_output_ - total_;
    const std::size_t room = std::min<std::uint64_t>(buffer_.size() - at_, allowed);
    Output output{buffer_.data(), buffer_.data() + at_, buffer_.data() + at_ + room};
    auto stop = core_->run(at, end, output);
    if (!stop.has_value()) {
      Error error = std::move(stop).error();
      if (error.offset() != Error::Details::kNoOffset)  // in the whole input
        error.context("after " + std::to_string(offset_) + " bytes of input");
      return error;
    }
    const auto now = static_cast<std::size_t>(output.at - buffer_.data());
    total_ += now - at_;
    const bool moved = now != at_;
    at_ = now;
    offset_ += static_cast<std::uint64_t>(at - start);
    finished_ = *stop == Stop::Finished;
    if (*stop == Stop::NeedOutput && !moved && room == allowed) return over_limit(max_output_);
    return stop;
  }

  // All was handed out. Keeps the history, and room for any step.
  void make_room() {
    const DecoderCore::Needs needs = core_->needs();
    const std::size_t room = std::max(needs.room, kChunk);
    if (buffer_.size() - at_ >= room) return;
    const std::size_t most = needs.history + std::max({room, kChunk * 2, needs.history / 4});
    if (buffer_.size() < most) {  // small contents need small memory
      const std::size_t grown =
          std::min(most, std::max(at_ + room, buffer_.size() + buffer_.size() / 2));
      if (grown > buffer_.size()) buffer_.resize(grown);
      if (buffer_.size() - at_ >= room) return;
    }
    const std::size_t drop = at_ - std::min(at_, needs.history);
    std::memmove(buffer_.data(), buffer_.data() + drop, at_ - drop);
    given_ = at_ = at_ - drop;
    if (buffer_.size() - at_ < room) buffer_.resize(at_ + room);
  }

  std::unique_ptr<DecoderCore> core_;
  std::uint64_t max_output_;
  std::uint64_t total_ = 0, offset_ = 0;
  std::vector<std::byte> buffer_;   // history, decoded bytes, room
  std::size_t given_ = 0, at_ = 0;  // handed out to here, decoded to here
  std::vector<std::byte> carry_;    // input short of a step
  bool finished_ = false, stalled_ = false, failed_ = false;
};

// Runs the core until the input is used up; `more` makes room, or says that there is none: an
// error where the core has not got on since.
template <class More>
Result<void> decode_whole(DecoderCore& core, ByteSpan in, Output& output, More more) {
  const std::byte* at = in.data();
  const std::byte* const end = at + in.size();
  while (true) {
    const std::byte* const start = at;
    const std::byte* const first = output.at;
    auto result = core.run(at, end, output);
    if (!result.has_value()) return std::move(result).error();
    switch (*result) {
      case Stop::NeedInput: return truncated(in.size());
      case Stop::NeedOutput: AVILA_TRY_VOID(more(output, at != start || output.at != first)); break;
      case Stop::Finished:
        if (at == end) return {};
        if (!core.takes_more())
          return damaged("bytes follow the end of the stream",
                         static_cast<std::uint64_t>(at - in.data()));
        if (at == start) return truncated(in.size());
    }
  }
}

}  // namespace

std::unique_ptr<Decoder> stream_decoder(std::unique_ptr<DecoderCore> core,
                                        const DecoderOptions& options) {
  return std::make_unique<StreamDecoder>(std::move(core), options);
}

Result<std::vector<std::byte>> decode_all(DecoderCore& core, ByteSpan in,
                                          const DecoderOptions& options) {
  std::vector<std::byte> content(std::min<std::uint64_t>(
      options.max_output, std::max(kFirstRoom, std::min(in.size() * 3, kFirstRoom * 512))));
  content.reserve(1);  // cores count from its memory, empty or not
  Output output{content.data(), content.data(), content.data() + content.size()};
  const auto more = [&](Output& out, bool moved) -> Result<void> {
    const auto size = static_cast<std::size_t>(out.at - content.data());
    if (content.size() >= options.max_output) {
      if (moved) return {};
      return over_limit(options.max_output);
    }
    const std::uint64_t wanted = std::max(content.size() * 2, content.size() + core.needs().room);
    content.resize(std::min<std::uint64_t>(options.max_output, wanted));
    out = {content.data(), content.data() + size, content.data() + content.size()};
    return {};
  };
  AVILA_TRY_VOID(decode_whole(core, in, output, more));
  content.resize(static_cast<std::size_t>(output.at - content.data()));
  return content;
}

Result<std::size_t> decode_into(DecoderCore& core, ByteSpan in, MutableByteSpan out,
                                std::uint64_t max_output) {
  const std::size_t room = std::min<std::uint64_t>(out.size(), max_output);
  std::byte nothing{};
  std::byte* const start = out.empty() ? &nothing : out.data();
  Output output{start, start, start + room};
  AVILA_TRY_VOID(decode_whole(core, in, output, [&](Output&, bool moved) -> Result<void> {
    if (moved) return {};
    return over_limit(room);
  }));
  return static_cast<std::size_t>(output.at - start);
}

}  // namespace detail
}  // namespace avila::compress
