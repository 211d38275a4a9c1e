// The chain of the audit log: one line's form.
#pragma once
#include <avila/error/result.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "state.hpp"

namespace avila::keystore {

/// A line that was read. The views are into the line.
struct AuditLine {
  std::uint64_t sequence = 0;
  std::string operation;
  std::optional<std::uint64_t> generation;
  std::optional<ChainHash> previous;  // of a segment's first entry
  std::vector<std::byte> signature;   // of a checkpoint
  ChainHash hash{};
  std::string_view hashed;  // what `hash` is over, with the hash before
};

/// Errors: Malformed. Whether `hash` is right is not looked at.
Result<AuditLine> parse_audit_line(std::string_view line);
ChainHash chain(const ChainHash& before, std::string_view hashed) noexcept;
/// What a checkpoint signs: all before it.
std::vector<std::byte> checkpoint_message(std::uint64_t sequence, const ChainHash& before);

std::string audit_file_name(std::uint32_t segment);
/// The numbers of the segments of a folder, in order. Errors: those of the file system.
Result<std::vector<std::uint32_t>> audit_segments(os::FileSystem& files, const std::string& folder);

}  // namespace avila::keystore
