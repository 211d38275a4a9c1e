#include <algorithm>
#include <avila/hash/sha256.hpp>
#include <avila/json/value.hpp>
#include <avila/keystore/audit.hpp>
#include <avila/os/file_system.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/text/encoding.hpp>
#include <cstring>

#include "audit_chain.hpp"

namespace avila::keystore {
namespace {

constexpr std::string_view kHashField = ",\"hash\":\"";
constexpr std::size_t kHashTail = kHashField.size() + 64 + 2;  // …"}

Result<ChainHash> hash_of_hex(std::string_view hex) {
  AVILA_TRY(const std::string bytes, text::hex_decode(hex));
  ChainHash hash;
  if (bytes.size() != hash.size()) return Error(Errc::Malformed, "a hash has 64 digits");
  std::memcpy(hash.data(), bytes.data(), hash.size());
  return hash;
}

Error malformed(std::string_view what) { return Error(Errc::Malformed, what); }

}  // namespace

Result<AuditLine> parse_audit_line(std::string_view line) {
  if (line.size() > kMaxAuditLine) return malformed("an entry is shorter");
  if (line.size() < kHashTail || !line.ends_with("\"}") ||
      !line.substr(line.size() - kHashTail).starts_with(kHashField))
    return malformed("an entry ends with its hash");
  AuditLine out;
  out.hashed = line.substr(0, line.size() - kHashTail);
  AVILA_TRY(out.hash, hash_of_hex(line.substr(line.size() - 66, 64)));
  AVILA_TRY(const json::Value value, json::parse(line, {.duplicates = json::Duplicates::Refuse}));
  const auto* sequence = value.find("seq");
  const auto* operation = value.find("op");
  if (sequence == nullptr || !sequence->get_uint64().has_value() || operation == nullptr ||
      !operation->is_string())
    return malformed("an entry has \"seq\" and \"op\"");
  out.sequence = *sequence->get_uint64();
  out.operation = operation->as_string();
  if (const auto* generation = value.find("generation")) out.generation = generation->get_uint64();
  if (const auto* previous = value.find("previous"); previous != nullptr && previous->is_string()) {
    AVILA_TRY(out.previous, hash_of_hex(previous->as_string()));
  }
  if (const auto* signature = value.find("signature");
      signature != nullptr && signature->is_string()) {
    AVILA_TRY(const std::string bytes, text::base64_decode(signature->as_string()));
    const ByteSpan span = as_bytes(bytes);
    out.signature.assign(span.begin(), span.end());
  }
  return out;
}

ChainHash chain(const ChainHash& before, std::string_view hashed) noexcept {
  hash::Sha256 hash;
  hash.update(before);
  hash.update(as_bytes(hashed));
  return hash.finish();
}

std::vector<std::byte> checkpoint_message(std::uint64_t sequence, const ChainHash& before) {
  const ByteSpan label = as_bytes("avila keystore audit checkpoint");
  std::vector<std::byte> message(label.begin(), label.end());
  std::byte number[8];
  store_be64(number, sequence);
  message.insert(message.end(), number, number + 8);
  message.insert(message.end(), before.begin(), before.end());
  return message;
}

std::string audit_file_name(std::uint32_t segment) {
  std::string digits = std::to_string(segment);
  if (digits.size() < 6) digits.insert(0, 6 - digits.size(), '0');
  return "audit-" + digits + ".log";
}

Result<std::vector<std::uint32_t>> audit_segments(os::FileSystem& files,
                                                  const std::string& folder) {
  AVILA_TRY(const auto entries, files.list(folder));
  std::vector<std::uint32_t> segments;
  for (const auto& entry : entries) {
    std::string_view digits = entry.name;
    if (!digits.starts_with("audit-") || !digits.ends_with(".log")) continue;
    digits = digits.substr(6, digits.size() - 10);
    if (digits.size() < 6 || digits.size() > 9) continue;
    std::uint32_t number = 0;
    bool good = true;
    for (const char c : digits) {
      good = good && c >= '0' && c <= '9';
      number = number * 10 + static_cast<std::uint32_t>(c - '0');
    }
    if (good && audit_file_name(number) == entry.name) segments.push_back(number);
  }
  std::sort(segments.begin(), segments.end());
  return segments;
}

Result<void> AuditVerifier::line(std::string_view text) {
  AVILA_TRY(const AuditLine entry, parse_audit_line(text));
  if (report_.entries == 0) {
    if (!entry.previous.has_value()) return malformed("a log begins with an entry \"segment\"");
    report_.head = *entry.previous;
    report_.first_sequence = entry.sequence;
  } else {
    if (entry.sequence != report_.last_sequence + 1)
      return Error(Errc::Corrupted, "entry " + std::to_string(report_.last_sequence + 1) +
                                        " is missing: " + std::to_string(entry.sequence) +
                                        " follows");
    if (entry.previous.has_value() && *entry.previous != report_.head)
      return Error(Errc::Corrupted, "the file does not continue the one before it");
  }
  if (chain(report_.head, entry.hashed) != entry.hash)
    return Error(Errc::Corrupted,
                 "the hash of entry " + std::to_string(entry.sequence) + " does not fit");
  if (entry.operation == "checkpoint") {
    AVILA_TRY_VOID(key_.verify(checkpoint_message(entry.sequence, report_.head), entry.signature)
                       .context("the checkpoint " + std::to_string(entry.sequence)));
    ++report_.checkpoints;
    report_.attested_sequence = entry.sequence;
  }
  if (entry.generation.has_value()) report_.generation = *entry.generation;
  report_.head = entry.hash;
  report_.last_sequence = entry.sequence;
  ++report_.entries;
  return {};
}

Result<AuditReport> verify_audit(os::FileSystem& files, const std::string& folder,
                                 const crypto::Ed25519PublicKey& key) {
  AVILA_TRY(const auto segments, audit_segments(files, folder));
  if (segments.empty()) return Error(Errc::NotFound, "there is no audit log in " + folder);
  AuditVerifier verifier(key);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string name = audit_file_name(segments[i]);
    if (i > 0 && segments[i] != segments[i - 1] + 1)
      return Error(Errc::Corrupted, audit_file_name(segments[i - 1] + 1) + " is missing");
    AVILA_TRY(const std::string text,
              files.read_text(os::join(folder, name), 2 * kAuditSegmentBytes));
    std::string_view rest = text;
    for (std::size_t line = 1; !rest.empty(); ++line) {
      const std::size_t end = rest.find('\n');
      const std::string place = name + " line " + std::to_string(line);
      if (end == std::string_view::npos)
        return Error(Errc::Corrupted, place + ": the entry was cut");
      AVILA_TRY_VOID(verifier.line(rest.substr(0, end)).context(place));
      rest.remove_prefix(end + 1);
    }
  }
  return verifier.report();
}

}  // namespace avila::keystore
