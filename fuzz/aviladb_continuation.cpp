// Any text as a continuation: refused, or the answer of a query over an empty store; and any bytes
// as the state behind the signature.
#include <avila/aviladb/service.hpp>
#include <avila/error/assert.hpp>
#include <avila/os/memory_file_system.hpp>
#include <avila/sql/execute.hpp>
#include <cstddef>
#include <cstdint>

namespace {
avila::aviladb::Service& service() {
  static avila::os::MemoryFileSystem files;
  static const auto one = [] {
    avila::aviladb::ServiceOptions options;
    options.path = "data";
    options.files = &files;
    options.threads = false;
    auto opened = avila::aviladb::Service::open(options);
    AVILA_ASSERT(opened.has_value());
    AVILA_ASSERT((*opened)->create_database("db").has_value());
    AVILA_ASSERT((*opened)->create_collection("db", {.name = "c"}).has_value());
    return std::move(*opened);
  }();
  return *one;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!text.empty()) {
    avila::aviladb::QueryRequest request;
    request.query = "SELECT * FROM c";
    request.continuation = text;
    AVILA_ASSERT(!service().query("db", request).has_value());
  }
  static const auto statement = avila::sql::Statement::prepare("SELECT VALUE 1");
  const auto plan = avila::sql::plan(*statement, nullptr);
  avila::sql::ExecuteOptions options;
  options.resume = text;
  if (options.resume.size() >= 9) {  // past the fingerprint
    std::uint64_t print = statement->fingerprint();
    options.resume[0] = '\x01';
    for (std::size_t i = 0; i < 8; ++i, print >>= 8)
      options.resume[1 + i] = static_cast<char>(print & 0xFF);
  }
  (void)avila::sql::execute(*statement, *plan, nullptr, options,
                            [](std::string_view) { return true; });
  return 0;
}
