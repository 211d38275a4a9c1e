// Import in batches, resumable: a record of progress lies in the user's cache folder, and a
// document without an id gets one that its place in the file decides, so that a batch sent twice is
// stored once.
#include <avila/cli/import.hpp>
#include <avila/cli/terminal.hpp>
#include <avila/hash/xxh3.hpp>
#include <avila/json/value.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/file_system.hpp>
#include <cerrno>
#include <cstdio>

#include "api.hpp"
#include "commands.hpp"

namespace avila::cli {
namespace {

constexpr std::size_t kBatchDocuments = 500;
constexpr std::size_t kBatchBytes = 4U << 20;
constexpr std::size_t kShownRejects = 10;

std::string hex(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

/// UUIDv8 (RFC 9562 §5.8) of the file and the place in it.
std::string id_of(std::uint64_t file_key, std::uint64_t position) {
  const std::string text = hex(file_key) + hex(position);
  const std::string a = hex(hash::xxh3_64(as_bytes(text), 1));
  const std::string b = hex(hash::xxh3_64(as_bytes(text), 2));
  return a.substr(0, 8) + '-' + a.substr(8, 4) + "-8" + a.substr(13, 3) + "-a" + b.substr(1, 3) +
         '-' + b.substr(4);
}

class Import {
 public:
  Import(Api& api, CollectionName name, std::uint64_t file_key, std::string state_path)
      : api_(api),
        name_(std::move(name)),
        file_key_(file_key),
        state_path_(std::move(state_path)) {}

  Result<void> resume() {
    auto text = os::real_file_system().read_text(state_path_);
    if (!text.has_value()) return {};
    auto state = json::parse(*text);
    if (!state.has_value())
      return {};  // a record that cannot be read: from the start, nothing is stored twice
    const json::Value* position = state->find("position");
    const json::Value* imported = state->find("imported");
    if (position != nullptr) next_ = position->get_uint64().value_or(0);
    if (imported != nullptr) imported_ = imported->get_uint64().value_or(0);
    if (next_ > 0)
      std::fprintf(stderr, "resuming behind %llu documents (--restart begins anew)\n",
                   static_cast<unsigned long long>(next_));
    return {};
  }

  Result<void> run(ImportReader& reader, Progress& progress) {
    while (true) {
      AVILA_TRY(auto item, reader.next());
      if (!item) break;
      if (item->position < next_) continue;
      if (item->problem.empty()) {
        AVILA_TRY_VOID(add(*item));
      } else {
        reject(item->position, item->problem);
      }
      if (positions_.size() >= kBatchDocuments || batch_.size() >= kBatchBytes)
        AVILA_TRY_VOID(send(item->position + 1));
      progress.update(item->offset_end, imported_ + positions_.size());
      last_ = item->position + 1;
    }
    AVILA_TRY_VOID(send(last_));
    (void)os::real_file_system().remove(state_path_);  // done: nothing to resume
    return {};
  }

  void reject(std::uint64_t position, const std::string& why) {
    json::Value row = json::Value::make_object();
    row.set("document", position);
    row.set("problem", why);
    rejects_.push_back(json::to_string(row));
  }

  std::uint64_t imported() const noexcept { return imported_; }
  const std::vector<std::string>& rejects() const noexcept { return rejects_; }

 private:
  Result<void> add(const ImportItem& item) {
    AVILA_TRY(json::Value document, json::parse(item.json));
    if (document.find("id") == nullptr) {
      document.set("id", id_of(file_key_, item.position));
    } else if (const json::Value* id = document.find("id"); id->is_number()) {
      document.set("id", json::to_string(*id));  // ids are text
    }
    batch_ += batch_.empty() ? "" : ",";
    batch_ += "{\"op\":\"upsert\",\"document\":" + json::to_string(document) + '}';
    positions_.push_back(item.position);
    return {};
  }

  Result<void> send(std::uint64_t next) {
    if (!positions_.empty()) {
      AVILA_TRY(const json::Value answer,
                api_.call_json("POST", name_.path() + "/documents/batch",
                               "{\"operations\":[" + batch_ + "],\"atomic\":false}"));
      const json::Value* results = answer.find("results");
      if (results == nullptr || !results->is_array() || results->size() != positions_.size())
        return Error(Errc::Malformed, "unexpected answer of the server");
      for (std::size_t i = 0; i < positions_.size(); ++i) {
        const json::Value& result = (*results)[i];
        const json::Value* status = result.find("status");
        if (status != nullptr && status->get_int64().value_or(500) < 300) {
          ++imported_;
          continue;
        }
        const json::Value* why = result.find("error");
        reject(positions_[i], why != nullptr && why->is_string() ? std::string(why->as_string())
                                                                 : json::to_string(result));
      }
      batch_.clear();
      positions_.clear();
    }
    json::Value state = json::Value::make_object();
    state.set("position", next);
    state.set("imported", imported_);
    return os::real_file_system().write_atomically(state_path_, as_bytes(json::to_string(state)));
  }

  Api& api_;
  CollectionName name_;
  std::uint64_t file_key_;
  std::string state_path_;
  std::string batch_;
  std::vector<std::uint64_t> positions_;
  std::vector<std::string> rejects_;
  std::uint64_t next_ = 0, last_ = 0, imported_ = 0;
};

}  // namespace

Result<int> db_import(const Arguments& arguments) {
  AVILA_TRY(const CollectionName name, parse_collection(arguments.operand(0)));
  const std::string path = arguments.operand(1);
  ImportOptions options;
  AVILA_TRY(options.format, import_format(arguments.get("--format"), path));
  options.path = arguments.get("--path");
  options.text_only = arguments.has("--text");
  const std::string separator = arguments.get("--separator", path.ends_with(".tsv") ? "\t" : ",");
  if (separator.size() != 1) return Error(Errc::InvalidArgument, "--separator takes one character");
  options.csv_separator = separator[0];

  os::FileSystem& files = os::real_file_system();
  AVILA_TRY(const os::FileInfo info, files.info(path).context(path));
  AVILA_TRY(auto file, files.open(path).context(path));
  AVILA_TRY(Api api, Api::open(arguments));
  // The same file into the same collection, unchanged: the same import.
  const std::string identity = api.target().endpoint + '\n' + arguments.operand(0) + '\n' + path +
                               '\n' + std::to_string(info.size) + '\n' +
                               std::to_string(info.modified_ns);
  const std::uint64_t file_key = hash::xxh3_64(as_bytes(identity));
  AVILA_TRY(const std::string state_path, cache_path("import-" + hex(file_key) + ".json"));

  Import import(api, name, file_key, state_path);
  if (!arguments.has("--restart")) AVILA_TRY_VOID(import.resume());
  const Instant started = os::real_clock().now();
  const auto reader = open_import(std::move(file), options);
  Progress progress(path, info.size);
  AVILA_TRY_VOID(
      import.run(*reader, progress).context(path).context("run the same command again to go on"));
  progress.finish();

  const double took = (os::real_clock().now() - started).seconds();
  if (arguments.get("--output") == "json") {
    std::printf("{\"imported\":%llu,\"rejected\":%zu,\"seconds\":%.3f}\n",
                static_cast<unsigned long long>(import.imported()), import.rejects().size(), took);
  } else {
    std::printf("imported %llu documents into %s in %.1f s",
                static_cast<unsigned long long>(import.imported()), arguments.operand(0).c_str(),
                took);
    std::printf(import.rejects().empty() ? "\n" : ", rejected %zu\n", import.rejects().size());
  }
  if (import.rejects().empty()) return kDone;
  std::string report;
  for (const std::string& row : import.rejects()) report += row + '\n';
  if (arguments.has("--rejects")) {
    AVILA_TRY_VOID(files.write_atomically(arguments.get("--rejects"), as_bytes(report)));
    std::fprintf(stderr, "rejected documents are listed in %s\n",
                 arguments.get("--rejects").c_str());
  } else {
    for (std::size_t i = 0; i < import.rejects().size() && i < kShownRejects; ++i)
      std::fprintf(stderr, "rejected: %s\n", import.rejects()[i].c_str());
    if (import.rejects().size() > kShownRejects)
      std::fprintf(stderr, "… and %zu more (--rejects FILE lists all)\n",
                   import.rejects().size() - kShownRejects);
  }
  return kFailed;
}

Result<int> db_export(const Arguments& arguments) {
  AVILA_TRY(const CollectionName name, parse_collection(arguments.operand(0)));
  const std::string path = arguments.operand(1);
  const std::string format = arguments.get("--format", path.ends_with(".json") ? "json" : "ndjson");
  if (format != "json" && format != "ndjson")
    return Error(Errc::InvalidArgument, "--format takes json or ndjson",
                 {.hint = "for CSV: avl db query … --format csv"});
  AVILA_TRY(Api api, Api::open(arguments));
  FILE* out = path.empty() || path == "-" ? stdout : std::fopen(path.c_str(), "wb");
  if (out == nullptr) return Error::from_errno(errno, path);

  json::Value body = json::Value::make_object();
  body.set("query", "SELECT * FROM " + name.collection + " c");
  std::uint64_t count = 0;
  bool written = true;
  const auto put = [&](std::string_view text) {
    written = written && std::fwrite(text.data(), 1, text.size(), out) == text.size();
  };
  if (format == "json") put("[\n");
  while (written) {
    AVILA_TRY(const json::Value page, api.call_json("POST", database_path(name.database) + "/query",
                                                    json::to_string(body)));
    const json::Value* documents = page.find("documents");
    if (documents == nullptr || !documents->is_array())
      return Error(Errc::Malformed, "unexpected answer of the server");
    for (const json::Value& document : documents->array()) {
      if (format == "json" && count > 0) put(",\n");
      put(json::to_string(document));
      if (format == "ndjson") put("\n");
      ++count;
    }
    const json::Value* continuation = page.find("continuation");
    if (continuation == nullptr || !continuation->is_string()) break;
    body.set("continuation", *continuation);
  }
  if (format == "json") put("\n]\n");
  written = std::fflush(out) == 0 && written;
  if (out != stdout) written = std::fclose(out) == 0 && written;
  if (!written) return Error::from_errno(errno, path.empty() ? "standard output" : path);
  std::fprintf(stderr, "exported %llu documents\n", static_cast<unsigned long long>(count));
  return kDone;
}

}  // namespace avila::cli
