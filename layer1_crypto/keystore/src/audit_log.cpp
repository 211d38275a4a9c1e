#include "audit_log.hpp"

#include <avila/json/writer.hpp>
#include <avila/text/encoding.hpp>
#include <avila/time/format.hpp>

namespace avila::keystore {
namespace {

std::string_view cut(std::string_view text, std::size_t limit) { return text.substr(0, limit); }

}  // namespace

std::string AuditLog::path(std::uint32_t segment) const {
  return os::join(options_.folder, audit_file_name(segment));
}

Result<std::unique_ptr<AuditLog>> AuditLog::create(Options options) {
  AVILA_TRY(const auto segments, audit_segments(options.files, options.folder));
  if (!segments.empty()) return Error(Errc::AlreadyExists, "there is an audit log in the folder");
  std::unique_ptr<AuditLog> log(new AuditLog(std::move(options)));
  AVILA_TRY_VOID(log->begin_segment(1));
  return log;
}

Result<std::unique_ptr<AuditLog>> AuditLog::open(Options options) {
  AVILA_TRY(const auto segments, audit_segments(options.files, options.folder));
  if (segments.empty())
    return Error(Errc::Corrupted, "the store's audit log is gone",
                 {.hint = "put the newest audit-….log back"});
  std::unique_ptr<AuditLog> log(new AuditLog(std::move(options)));
  AVILA_TRY_VOID(log->recover(segments.back()).context("the audit log"));
  return log;
}

Result<void> AuditLog::recover(std::uint32_t segment) {
  const std::string name = path(segment);
  AVILA_TRY(const std::string text,
            options_.files.read_text(name, 2 * options_.segment_bytes + kMaxAuditLine));
  std::string_view rest = text;
  for (bool first = true; !rest.empty(); first = false) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;
    const auto entry = parse_audit_line(rest.substr(0, end));
    if (!entry.has_value()) break;
    if (first) {
      if (!entry->previous.has_value())
        return Error(Errc::Corrupted, "the file does not begin with an entry \"segment\"");
      head_ = {entry->sequence - 1, *entry->previous};
    }
    if (entry->sequence != head_.sequence + 1 || chain(head_.hash, entry->hashed) != entry->hash)
      break;
    head_ = {entry->sequence, entry->hash};
    if (entry->generation.has_value()) generation_ = *entry->generation;
    rest.remove_prefix(end + 1);
  }
  size_ = text.size() - rest.size();
  if (size_ == 0) return Error(Errc::Corrupted, "not even the first entry of the file is whole");
  segment_ = segment;
  AVILA_TRY(file_, options_.files.open(name, {.write = true}));
  if (rest.empty()) return {};
  AVILA_TRY_VOID(options_.files.write_atomically(
      name + "." + std::to_string(head_.sequence) + ".damaged", as_bytes(rest)));
  AVILA_TRY_VOID(file_->truncate(size_));
  const std::string detail = std::to_string(rest.size()) + " bytes behind entry " +
                             std::to_string(head_.sequence) + " were put away";
  return append({.operation = "audit-recovered", .detail = detail, .sync = true});
}

Result<void> AuditLog::begin_segment(std::uint32_t segment) {
  const AuditEvent event{.operation = "segment", .generation = generation_};
  std::string line = line_of(event, "previous", text::hex_encode(head_.hash));
  const ChainHash hash = chain(head_.hash, line);
  line += ",\"hash\":\"" + text::hex_encode(hash) + "\"}\n";
  const std::string name = path(segment);
  if (file_ != nullptr) AVILA_TRY_VOID(file_->sync_data());  // no gap behind the file's end
  AVILA_TRY_VOID(options_.files.write_atomically(name, as_bytes(line)));
  AVILA_TRY(file_, options_.files.open(name, {.write = true}));
  segment_ = segment;
  size_ = line.size();
  head_ = {head_.sequence + 1, hash};
  return {};
}

std::string AuditLog::line_of(const AuditEvent& event, std::string_view extra_name,
                              std::string_view extra) const {
  std::string line;
  json::Writer out(line);
  out.begin_object();
  out.key("seq").uint64(head_.sequence + 1);
  out.key("time").string(time::format_rfc3339(options_.clock.wall()));
  out.key("op").string(event.operation);
  const auto text = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out.key(name).string(value);
  };
  text("actor", cut(event.actor, kMaxActor));
  text("request", cut(event.request_id, kMaxRequestId));
  text("key", cut(event.key_name, kMaxKeyName));
  if (event.version != 0) out.key("version").uint64(event.version);
  if (event.generation.has_value()) out.key("generation").uint64(*event.generation);
  out.key("outcome").string(event.error == nullptr ? "ok" : to_string(event.error->code()));
  if (event.error != nullptr) text("error", cut(event.error->message(), 256));
  text("detail", cut(event.detail, 256));
  text("context", event.context);
  text(extra_name, extra);
  out.end_object();
  line.pop_back();  // the hash comes before the brace
  return line;
}

Result<void> AuditLog::write_line(std::string line, const AuditEvent& event) {
  const ChainHash hash = chain(head_.hash, line);
  line += ",\"hash\":\"" + text::hex_encode(hash) + "\"}\n";
  AVILA_ASSERT(line.size() <= kMaxAuditLine);
  // At a place of our own keeping: what a failed write left there is written over.
  AVILA_TRY_VOID(file_->write_at(size_, as_bytes(line)));
  size_ += line.size();
  head_ = {head_.sequence + 1, hash};
  if (event.generation.has_value()) generation_ = *event.generation;
  if (event.sync) return file_->sync_data();
  return {};
}

Result<void> AuditLog::append(const AuditEvent& event) {
  const std::lock_guard lock(mutex_);
  const auto write = [&]() -> Result<void> {
    if (size_ >= options_.segment_bytes) AVILA_TRY_VOID(begin_segment(segment_ + 1));
    AVILA_TRY_VOID(write_line(line_of(event, {}, {}), event));
    if (signer_ != nullptr && head_.sequence - checkpointed_ >= options_.checkpoint_every)
      return checkpoint_locked();
    return {};
  };
  return write().context("write the audit log");
}

Result<void> AuditLog::checkpoint_locked() {
  AVILA_ASSERT(signer_ != nullptr);
  const auto key =
      crypto::Ed25519PrivateKey::from_seed(std::span<const std::byte, kAuditSeed>(signer_->span()));
  const auto signature = key.sign(checkpoint_message(head_.sequence + 1, head_.hash));
  const AuditEvent event{.operation = "checkpoint", .generation = generation_, .sync = true};
  AVILA_TRY_VOID(write_line(line_of(event, "signature", text::base64_encode(signature)), event));
  checkpointed_ = head_.sequence;
  return {};
}

Result<void> AuditLog::checkpoint() {
  const std::lock_guard lock(mutex_);
  return checkpoint_locked().context("write the audit log");
}

void AuditLog::set_signer(std::shared_ptr<const LockedBytes> seed) {
  const std::lock_guard lock(mutex_);
  signer_ = std::move(seed);
  checkpointed_ = head_.sequence;
}

AuditAnchor AuditLog::head() const {
  const std::lock_guard lock(mutex_);
  return head_;
}
std::uint64_t AuditLog::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

Result<bool> AuditLog::contains(const AuditAnchor& anchor) const {
  const std::lock_guard lock(mutex_);
  for (std::uint32_t segment = segment_; segment > 0; --segment) {
    if (!options_.files.exists(path(segment))) return false;
    AVILA_TRY(const std::string text,
              options_.files.read_text(path(segment), 2 * options_.segment_bytes + kMaxAuditLine));
    const std::string start = "{\"seq\":" + std::to_string(anchor.sequence) + ",";
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
      const std::string_view line = rest.substr(0, end);
      if (line.starts_with(start)) {
        const auto entry = parse_audit_line(line);
        return entry.has_value() && entry->hash == anchor.hash;
      }
      rest.remove_prefix(end + 1);
    }
  }
  return false;
}

}  // namespace avila::keystore
