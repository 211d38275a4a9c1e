#include <avila/hash/crc32c.hpp>
#include <avila/primitives/varint.hpp>

#include <cstdio>
#include <memory>

#include "log_file.hpp"
#include "version.hpp"

namespace avila::lsm::detail {
namespace {
enum Op : unsigned char {
  kNextFile = 1,
  kLastSequence = 2,
  kCreateFamily = 3,
  kDropFamily = 4,
  kLogNumber = 5,
  kAddFile = 6,
  kRemoveFile = 7,
  kNextFamily = 8,
};

void append_text(std::string& to, std::string_view text) {
  append_varint(to, text.size());
  to.append(text);
}

struct Fields {
  const char* at;
  const char* end;
  bool ok = true;
  std::uint64_t number() noexcept {
    std::uint64_t value = 0;
    if (ok) {
      at = decode_varint(at, end, value);
      ok = at != nullptr;
    }
    return value;
  }
  std::uint32_t id() noexcept {
    const std::uint64_t value = number();
    if (value > UINT32_MAX) ok = false;
    return static_cast<std::uint32_t>(value);
  }
  int level() noexcept {
    const std::uint64_t value = number();
    if (value >= static_cast<std::uint64_t>(kLevels)) ok = false;
    return static_cast<int>(value);
  }
  std::string text() {
    const std::uint64_t size = number();
    if (!ok || size > static_cast<std::size_t>(end - at)) {
      ok = false;
      return {};
    }
    std::string value(at, static_cast<std::size_t>(size));
    at += size;
    return value;
  }
};

Error corrupted(const std::string& what) {
  return Error(Errc::Corrupted, "manifest: " + what,
               {.hint = "restore a checkpoint, or run lsm::repair"});
}
}  // namespace

std::string VersionEdit::encode() const {
  std::string out;
  const auto op = [&out](Op kind) { out.push_back(static_cast<char>(kind)); };
  for (const auto& family : created) {
    op(kCreateFamily);
    append_varint(out, family.id);
    append_text(out, family.name);
    append_text(out, family.merge_operator);
  }
  for (const std::uint32_t id : dropped) {
    op(kDropFamily);
    append_varint(out, id);
  }
  for (const auto& [family, number] : log_numbers) {
    op(kLogNumber);
    append_varint(out, family);
    append_varint(out, number);
  }
  for (const FileEdit& edit : removed) {
    op(kRemoveFile);
    append_varint(out, edit.family);
    append_varint(out, static_cast<std::uint64_t>(edit.level));
    append_varint(out, edit.number);
  }
  for (const FileEdit& edit : added) {
    const FileMeta& f = *edit.file;
    op(kAddFile);
    append_varint(out, edit.family);
    append_varint(out, static_cast<std::uint64_t>(edit.level));
    append_varint(out, f.number);
    append_varint(out, f.size);
    append_text(out, f.smallest);
    append_text(out, f.largest);
    append_varint(out, f.smallest_sequence);
    append_varint(out, f.largest_sequence);
    append_varint(out, f.entries);
    append_varint(out, f.range_tombstones);
  }
  if (next_file) {
    op(kNextFile);
    append_varint(out, *next_file);
  }
  if (next_family) {
    op(kNextFamily);
    append_varint(out, *next_family);
  }
  if (last_sequence) {
    op(kLastSequence);
    append_varint(out, *last_sequence);
  }
  return out;
}

Result<VersionEdit> VersionEdit::decode(std::string_view bytes) {
  VersionEdit edit;
  Fields f{bytes.data(), bytes.data() + bytes.size()};
  while (f.ok && f.at < f.end) {
    switch (static_cast<unsigned char>(*f.at++)) {
      case kNextFile: edit.next_file = f.number(); break;
      case kLastSequence: edit.last_sequence = f.number(); break;
      case kNextFamily: edit.next_family = f.id(); break;
      case kCreateFamily: {
        const std::uint32_t id = f.id();
        std::string name = f.text();
        edit.created.push_back({id, std::move(name), f.text()});
        break;
      }
      case kDropFamily: edit.dropped.push_back(f.id()); break;
      case kLogNumber: {
        const std::uint32_t id = f.id();
        edit.log_numbers.emplace_back(id, f.number());
        break;
      }
      case kRemoveFile: {
        FileEdit file;
        file.family = f.id();
        file.level = f.level();
        file.number = f.number();
        edit.removed.push_back(std::move(file));
        break;
      }
      case kAddFile: {
        FileEdit file;
        file.family = f.id();
        file.level = f.level();
        file.file = std::make_shared<FileMeta>();
        FileMeta& meta = *file.file;
        file.number = meta.number = f.number();
        meta.size = f.number();
        meta.smallest = f.text();
        meta.largest = f.text();
        meta.smallest_sequence = f.number();
        meta.largest_sequence = f.number();
        meta.entries = f.number();
        meta.range_tombstones = f.number();
        edit.added.push_back(std::move(file));
        break;
      }
      default: return corrupted("an edit has an unknown part; written by a newer version?");
    }
  }
  if (!f.ok) return corrupted("an edit is malformed");
  return edit;
}

Result<void> ManifestState::apply(const VersionEdit& edit) {
  if (edit.next_file) next_file = *edit.next_file;
  if (edit.last_sequence) last_sequence = *edit.last_sequence;
  if (edit.next_family) next_family = *edit.next_family;
  for (const auto& family : edit.created) {
    auto [at, fresh] = families.try_emplace(family.id);
    if (!fresh) return corrupted("family " + family.name + " is created twice");
    at->second.name = family.name;
    at->second.merge_operator = family.merge_operator;
  }
  const auto find = [this](std::uint32_t id) {
    const auto at = families.find(id);
    return at == families.end() ? nullptr : &at->second;
  };
  for (const auto& [id, number] : edit.log_numbers) {
    FamilyState* family = find(id);
    if (family == nullptr) return corrupted("log number of an unknown family");
    family->log_number = number;
  }
  for (const FileEdit& file : edit.removed) {
    FamilyState* family = find(file.family);
    if (family == nullptr || family->files.erase(file.number) == 0)
      return corrupted("an unknown table is removed");
  }
  for (const FileEdit& file : edit.added) {
    FamilyState* family = find(file.family);
    if (family == nullptr) return corrupted("table of an unknown family");
    if (!family->files.try_emplace(file.file->number, file.level, file.file).second)
      return corrupted("a table is added twice");
  }
  for (const std::uint32_t id : edit.dropped)
    if (families.erase(id) == 0) return corrupted("an unknown family is dropped");
  return {};
}

Result<ManifestState> read_manifest(std::string_view bytes) {
  ManifestState state;
  LogReader reader(bytes);
  LogRecord record;
  bool any = false;
  for (;;) {
    AVILA_TRY(const bool more, reader.next(record));
    if (!more) break;
    any = true;
    AVILA_TRY(const VersionEdit edit, VersionEdit::decode(record.payload));
    AVILA_TRY_VOID(state.apply(edit));
  }
  if (!any) return corrupted("no whole record in the file");
  return state;
}

std::string encode_current(std::uint64_t manifest_number) {
  char text[80];
  std::snprintf(text, sizeof text, "avila-lsm 1 %llu",
                static_cast<unsigned long long>(manifest_number));
  const std::uint32_t crc = hash::crc32c(as_bytes(text));
  std::string out = text;
  std::snprintf(text, sizeof text, " %08x\n", crc);
  return out + text;
}

Result<std::uint64_t> decode_current(std::string_view text) {
  std::uint64_t number = 0;
  constexpr std::string_view kHead = "avila-lsm 1 ";
  if (text.starts_with(kHead))
    for (char c : text.substr(kHead.size(), 19)) {
      if (c < '0' || c > '9') break;
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
  if (number == 0 || encode_current(number) != text)
    return Error(Errc::Corrupted, "CURRENT is damaged",
                 {.hint = "restore a checkpoint, or run lsm::repair"});
  return number;
}

}  // namespace avila::lsm::detail
