// The writer of the audit log.
#pragma once
#include <avila/keystore/audit.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/file_system.hpp>
#include <mutex>

#include "audit_chain.hpp"

namespace avila::keystore {

struct AuditEvent {
  std::string_view operation;
  std::string_view actor = {}, request_id = {}, key_name = {};
  std::uint32_t version = 0;
  const Error* error = nullptr;  // null: it went well
  std::string_view detail = {};
  std::string context = {};  // a MAC in hexadecimal
  std::optional<std::uint64_t> generation = {};
  bool sync = false;  // durable before append() returns
};

/// Threads may share one.
class AuditLog {
 public:
  struct Options {
    os::FileSystem& files;
    os::Clock& clock;
    std::string folder;
    std::uint32_t checkpoint_every;
    std::uint64_t segment_bytes;
  };

  /// Begins the first file. Errors: AlreadyExists, those of the file system.
  static Result<std::unique_ptr<AuditLog>> create(Options options);
  /// Goes on where the log ends. What a crash left behind the last whole entry goes to a file
  /// audit-….damaged, and the log tells so. Errors: Corrupted, those of the file system.
  static Result<std::unique_ptr<AuditLog>> open(Options options);

  /// Errors: those of the file system: then nobody may act on what was to be told.
  Result<void> append(const AuditEvent& event);
  /// Signs all that is there.
  Result<void> checkpoint();
  /// From now on there are checkpoints by this Ed25519 seed; null: none.
  void set_signer(std::shared_ptr<const LockedBytes> seed);

  AuditAnchor head() const;
  std::uint64_t generation() const;  ///< of the last entry that told one
  /// Whether that entry is in the log. Errors: those of the file system.
  Result<bool> contains(const AuditAnchor& anchor) const;

 private:
  explicit AuditLog(Options options) : options_(std::move(options)) {}
  std::string path(std::uint32_t segment) const;
  std::string line_of(const AuditEvent& event, std::string_view extra_name,
                      std::string_view extra) const;
  Result<void> write_line(std::string line, const AuditEvent& event);
  Result<void> begin_segment(std::uint32_t segment);
  Result<void> recover(std::uint32_t segment);
  Result<void> checkpoint_locked();

  Options options_;
  mutable std::mutex mutex_;
  std::unique_ptr<os::File> file_;
  std::uint32_t segment_ = 0;
  std::uint64_t size_ = 0;  // bytes of whole entries in the file
  AuditAnchor head_;
  std::uint64_t generation_ = 0;
  std::uint64_t checkpointed_ = 0;             // the sequence of the last checkpoint
  std::shared_ptr<const LockedBytes> signer_;  // shared with the store's state
};

}  // namespace avila::keystore
