// Trust anchors that keep themselves up to date (RFC 5011).
#pragma once
#include <avila/dns/dnssec.hpp>
#include <avila/primitives/duration.hpp>
#include <memory>
#include <vector>

namespace avila::os {
class FileSystem;
}

namespace avila::dns {

/// Of a key at a trust point (RFC 5011 section 4.2). Start is the state of all that are not kept.
enum class AnchorState : std::uint8_t {
  AddPend,  ///< seen, signed by an anchor; waits for the hold-down time
  Valid,    ///< an anchor
  Missing,  ///< an anchor that the zone no longer shows
  Revoked,  ///< says of itself that it is no longer to be trusted
  Removed,  ///< was Revoked; kept, so that it does not come back as new
};
std::string_view to_string(AnchorState state) noexcept;

struct Anchor {
  Record record;  ///< DNSKEY, without REVOKE; or DS, until its key has been seen
  AnchorState state = AnchorState::Valid;
  WallTime since;                         ///< it is in this state, in whole seconds
  Duration hold_down = Duration::zero();  ///< AddPend: how long
  bool is_trusted() const noexcept {
    return state == AnchorState::Valid || state == AnchorState::Missing;
  }
  friend bool operator==(const Anchor&, const Anchor&) = default;
};

/// A zone with anchors. One whose anchors are all revoked counts as deleted (section 5).
struct TrustPoint {
  static constexpr std::size_t kAnchorsMax = 32;  ///< further keys are not taken in
  Name zone;
  std::vector<Anchor> anchors;
  WallTime next_refresh;  ///< due from here on
  std::uint32_t ttl = 0;  ///< original, of the DNSKEY set last verified
  WallTime expires;       ///< its signature
  friend bool operator==(const TrustPoint&, const TrustPoint&) = default;
};

struct AnchorOptions {
  Duration add_hold_down = days(30);  ///< or the set's original TTL, whichever is longer
  Duration remove_hold_down = days(30);
  DnssecOptions dnssec;
};

struct AnchorRefresh {
  bool verified = false;  ///< the set is signed by an anchor
  bool changed = false;   ///< a key changed its state
};

/// One active refresh (RFC 5011 section 2.3): the DNSKEY set of the zone with its RRSIG records, as
/// a server sent them. Revocations count by the key's own signature; all else needs an anchor's.
AnchorRefresh refresh_trust_point(TrustPoint& point, std::span<const Record> dnskeys,
                                  std::span<const Record> signatures, WallTime now,
                                  const AnchorOptions& options);
/// No set could be had, or none that verified: when to ask again.
void delay_refresh(TrustPoint& point, WallTime now);

/// The form of the file: lines, the last of them a checksum.
std::string trust_points_to_text(const std::vector<TrustPoint>& points);
/// Errors: Malformed, LimitExceeded, with the line; Corrupted (checksum, or cut off).
Result<std::vector<TrustPoint>> parse_trust_points(std::string_view text);

/// Trust points in a file that is replaced atomically. Thread-safe.
class ManagedAnchors {
 public:
  static constexpr std::size_t kPointsMax = 64;
  static constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;

  /// `configured`: DS and DNSKEY records to begin with. A zone that the file knows goes on as the
  /// file says; one that is no longer configured is dropped. The file is written before this
  /// returns. Errors: those of the file system; Malformed, Corrupted (the file: remove it to begin
  /// afresh); InvalidArgument (a record that is no anchor, or too many).
  static Result<std::unique_ptr<ManagedAnchors>> open(os::FileSystem& files, std::string path,
                                                      const std::vector<Record>& configured,
                                                      AnchorOptions options = {});
  ~ManagedAnchors();
  ManagedAnchors(const ManagedAnchors&) = delete;
  ManagedAnchors& operator=(const ManagedAnchors&) = delete;

  /// What may be trusted now.
  std::vector<Record> trusted() const;
  std::vector<TrustPoint> points() const;
  /// Zones to be asked for their keys; without those whose anchors are all revoked.
  std::vector<Name> due(WallTime now) const;
  WallTime next_refresh() const;  ///< of the first of them
  AnchorRefresh refresh(const Name& zone, std::span<const Record> dnskeys,
                        std::span<const Record> signatures, WallTime now);
  void delay(const Name& zone, WallTime now);
  Result<void> save();

 private:
  ManagedAnchors();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace avila::dns
