// The state machine of one HTTP/2 connection, without I/O: bytes in, events and bytes out. Server
// and client drive it; so can anybody with a transport of their own.
#pragma once
#include <avila/error/result.hpp>
#include <avila/http2/frame.hpp>
#include <avila/http2/hpack.hpp>
#include <deque>
#include <memory>
#include <unordered_map>

namespace avila::http2 {

AVILA_ERROR_ENUM(Http2Error, Malformed,
                 Protocol,         // a frame that may not be there, or says what it may not
                 FlowControl,      // more than the window, or a window above 2^31 - 1
                 FrameSize,        //
                 Compression,      // HPACK
                 StreamClosed,     //
                 EnhanceYourCalm)  // a limit against floods was passed

/// Of what a peer may do without bringing anything forward: a bucket that refills with time.
struct FloodLimit {
  std::uint32_t burst;
  std::uint32_t per_second;
};

struct EngineOptions {
  std::uint32_t concurrent_streams = 128;               ///< that the peer may have open
  std::uint32_t stream_window_bytes = 256 * 1024;       ///< unread bytes of one stream
  std::uint32_t connection_window_bytes = 1024 * 1024;  ///< unread bytes of all streams
  std::uint32_t frame_bytes = kDefaultFrameBytes;       ///< of a frame's payload, received
  std::uint32_t header_list_bytes = 64 * 1024;     ///< decoded; past it HeaderList::truncated()
  std::uint32_t header_block_bytes = 64 * 1024;    ///< compressed, with its CONTINUATION frames
  std::uint32_t continuation_frames = 32;          ///< of one block
  std::uint32_t table_bytes = kDefaultTableBytes;  ///< of HPACK, in each direction
  bool extended_connect = true;                    ///< RFC 8441, told by a server
  /// Streams that end early: RST_STREAM of the peer, and ours for the peer's mistakes (the "rapid
  /// reset" of CVE-2023-44487 and its kin).
  FloodLimit stream_faults = {200, 50};
  /// PING, SETTINGS, PRIORITY, WINDOW_UPDATE, unknown and empty frames. Every KiB of DATA in either
  /// direction gives one back.
  FloodLimit control_frames = {1'000, 500};
};

class Engine {
 public:
  enum class Role : std::uint8_t { Client, Server };
  static constexpr std::uint64_t kUnknownLength = ~std::uint64_t{0};

  /// One stream; the engine owns it until Events::closed().
  struct Stream {
    std::uint32_t id = 0;
    Priority priority;
    bool head_received = false;  ///< the final one
    bool remote_done = false;    ///< END_STREAM came
    bool local_done = false;     ///< END_STREAM was sent
    bool malformed = false;      ///< set by headers() and trailers() to refuse them (section 8.1.1)
    bool end_after_pending = false;
    bool queued = false;
    std::int64_t send_window = 0;
    std::int64_t receive_window = 0;
    std::uint32_t uncredited = 0;  ///< read, and not yet given back to the peer's window
    ByteSpan pending;              ///< submitted, and not yet in the output
    std::uint64_t announced = kUnknownLength;  ///< content-length of what is received
    std::uint64_t received = 0;                ///< bytes of DATA
    void* owner = nullptr;                     ///< the user's
  };

  /// What happened, told from within receive(), fill() and reset(). A handler may call the engine,
  /// but not receive() or fill().
  class Events {
   public:
    virtual ~Events() = default;
    /// A request (server: a new stream) or a response, informational ones included.
    virtual void headers(Stream& stream, HeaderList& list, bool end_stream) = 0;
    virtual void trailers(Stream& stream, HeaderList& list) = 0;
    /// A piece of the body, valid during the call. What was read goes back by credit().
    virtual void data(Stream& stream, ByteSpan bytes) = 0;
    /// The peer has sent all.
    virtual void end(Stream& stream) = 0;
    /// All that was submitted is in the output.
    virtual void sent(Stream& stream) = 0;
    /// The stream goes: NoError where both sides had ended. `by_peer`: it was the peer's
    /// RST_STREAM.
    virtual void closed(Stream& stream, ErrorCode code, bool by_peer) = 0;
    /// The peer takes no more streams than up to `last_stream`. `debug` is valid during the call.
    virtual void goaway(std::uint32_t last_stream, ErrorCode code, std::string_view debug) {
      (void)last_stream, (void)code, (void)debug;
    }
    virtual void settings_changed() {}
    virtual void ping_acknowledged(std::uint64_t data) { (void)data; }
  };

  /// The output begins with our preface. `events` outlives the engine.
  Engine(Role role, EngineOptions options, Events& events);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// All bytes of the peer, in pieces of any size. `now_ns` is of a monotonic clock. After an error
  /// the output ends with GOAWAY: send it and close.
  Result<void> receive(ByteSpan bytes, std::int64_t now_ns);
  /// Bytes to send; take them away (swap) before long.
  std::string& output() noexcept { return out_; }
  /// Adds DATA of submitted bodies until the output has `limit` bytes, as windows and priorities
  /// allow: by urgency, incremental ones in turn.
  void fill(std::size_t limit_bytes);

  /// A new stream of ours (client); null while the peer's limit is reached, or for good after
  /// GOAWAY or 2^30 streams.
  Stream* open(Priority priority = {});
  bool can_open() const noexcept;
  bool exhausted() const noexcept { return refusing_ || next_id_ > kStreamIdMax; }

  /// A header block: begin_block(), field()s, end_block().
  void begin_block();
  void field(std::string_view name, std::string_view value) {
    encoder_.encode(block_, name, value);
  }
  void field(std::string_view name, std::string_view value, Indexing indexing) {
    encoder_.encode(block_, name, value, indexing);
  }
  void end_block(Stream& stream, bool end_stream);

  /// Bytes to send as DATA, which stay until sent(); one submission at a time. `end`: END_STREAM
  /// follows them; with no bytes, an empty frame carries it.
  void submit(Stream& stream, ByteSpan bytes, bool end);
  /// DATA at once and before what waits: where the windows take all of it and it is a frame's worth
  /// at most. False: nothing was done.
  bool submit_whole(Stream& stream, ByteSpan bytes);
  /// RST_STREAM; closed() is called.
  void reset(Stream& stream, ErrorCode code);
  /// `bytes` of data() were read, or dropped. Null: of a stream that is gone.
  void credit(Stream* stream, std::size_t bytes);
  /// To the stream's window alone: credit(nullptr, …) has given the connection's back before.
  void credit_stream(Stream& stream, std::size_t bytes);
  void goaway(ErrorCode code, std::string_view debug = {});
  void ping(std::uint64_t data);
  /// New streams of the peer are refused from here on.
  bool goaway_sent() const noexcept { return goaway_sent_; }

  Stream* find(std::uint32_t id) noexcept;
  std::size_t stream_count() const noexcept { return streams_.size(); }
  template <class F>
  void for_each_stream(F&& f) {
    for (auto& [id, stream] : streams_) f(*stream);
  }
  /// A frame or a header block has begun and is not complete.
  bool in_frame() const noexcept { return !in_.empty() || continuation_of_ != 0; }
  /// How many frames and header blocks were complete, and the bytes of the frame that is not.
  std::uint64_t units_done() const noexcept { return units_done_; }
  std::size_t partial_bytes() const noexcept { return in_.size(); }
  bool preface_done() const noexcept { return settings_seen_; }
  std::uint32_t last_peer_stream() const noexcept { return last_peer_id_; }
  std::uint32_t peer_header_list_bytes() const noexcept { return peer_header_list_; }
  bool peer_extended_connect() const noexcept { return peer_extended_connect_; }

 private:
  class Bucket {
   public:
    explicit Bucket(FloodLimit limit) noexcept : limit_(limit), left_(limit.burst) {}
    bool take(std::int64_t now_ns) noexcept;
    void give(double count) noexcept;

   private:
    FloodLimit limit_;
    double left_;
    std::int64_t at_ns_ = 0;
  };
  using Streams = std::unordered_map<std::uint32_t, std::unique_ptr<Stream>>;

  Error fail(Http2Error error, ErrorCode code, std::string_view what);
  Error protocol(std::string_view what);
  Result<std::size_t> take(ByteSpan bytes);
  Result<void> on_frame(const FrameHeader& header, ByteSpan payload);
  Result<void> on_data(const FrameHeader& header, ByteSpan payload);
  Result<void> on_headers(const FrameHeader& header, ByteSpan payload);
  Result<void> on_continuation(const FrameHeader& header, ByteSpan payload);
  Result<void> on_block(std::uint32_t id, bool end_stream);
  Result<void> on_new_stream(std::uint32_t id, bool end_stream);
  Result<void> on_settings(const FrameHeader& header, ByteSpan payload);
  Result<void> on_setting(SettingId id, std::uint32_t value);
  Result<void> on_window_update(const FrameHeader& header, ByteSpan payload);
  Result<void> on_rst_stream(const FrameHeader& header, ByteSpan payload);
  Result<void> on_goaway(const FrameHeader& header, ByteSpan payload);
  Result<void> on_priority_update(const FrameHeader& header, ByteSpan payload);
  Result<ByteSpan> without_padding(const FrameHeader& header, ByteSpan payload);
  Result<void> control_frame();
  Result<void> stream_fault();
  Result<void> stream_error(std::uint32_t id, ErrorCode code);

  bool is_idle(std::uint32_t id) const noexcept;
  bool was_reset_lately(std::uint32_t id) const noexcept;
  void remote_end(Stream& stream);
  void local_end(Stream& stream);
  void close(Stream& stream, ErrorCode code, bool by_peer);
  void queue(Stream& stream);
  void append_data(Stream& stream, std::size_t bytes, bool end);
  void append_rst(std::uint32_t id, ErrorCode code);
  void append_window_update(std::uint32_t id, std::uint32_t bytes);
  Stream& add_stream(std::uint32_t id);

  const Role role_;
  const EngineOptions options_;
  Events& events_;
  std::string out_;
  std::uint64_t units_done_ = 0;
  std::string in_;  // a frame that is not complete
  std::int64_t now_ns_ = 0;
  bool preface_seen_ = false, settings_seen_ = false;
  bool goaway_sent_ = false, refusing_ = false, failed_ = false;

  HpackDecoder decoder_;
  HpackEncoder encoder_;
  HeaderList list_;
  std::string block_;     // being written
  std::string received_;  // a block that comes in CONTINUATION frames
  std::uint32_t continuation_of_ = 0;
  std::uint32_t continuations_ = 0;
  bool block_ends_stream_ = false;

  Streams streams_;
  std::size_t peer_streams_ = 0, own_streams_ = 0;
  std::uint32_t last_peer_id_ = 0;
  std::uint32_t goaway_last_id_ = 0;  // that the first GOAWAY named
  std::uint64_t next_id_;
  std::uint32_t reset_ids_[64] =
      {};  // of streams that we reset: what is still under way is ignored
  std::size_t reset_at_ = 0;
  std::deque<std::uint32_t> ready_[8];  // by urgency

  std::int64_t send_window_ = kDefaultWindowBytes;
  std::int64_t receive_window_ = kDefaultWindowBytes;
  std::uint32_t uncredited_ = 0;
  // The peer's settings.
  std::uint32_t peer_window_ = kDefaultWindowBytes;
  std::uint32_t peer_frame_bytes_ = kDefaultFrameBytes;
  std::uint32_t peer_streams_max_ =
      1;  // until its SETTINGS are there: then what they say, or no limit
  std::uint32_t peer_header_list_ = ~std::uint32_t{0};
  bool peer_extended_connect_ = false;

  Bucket faults_, controls_;
};

}  // namespace avila::http2
