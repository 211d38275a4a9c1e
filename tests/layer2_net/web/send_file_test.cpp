// Static files that the kernel sends: ranges, files that are cut or replaced meanwhile, readers
// that stop, and the ways around it.
#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/http/client.hpp>
#include <avila/http/server.hpp>
#include <avila/os/file_system.hpp>
#include <avila/web/router.hpp>
#include <avila/web/static_files.hpp>
#include <filesystem>
#include <fstream>
#include <random>

#include "../http/raw_client.hpp"

namespace {

using namespace avila;
using avila_test::RawClient;

/// Counts the bytes that are read from its files: what the kernel sends is not among them.
class CountingFile final : public os::File {
 public:
  CountingFile(std::unique_ptr<os::File> file, std::atomic<std::uint64_t>& read)
      : file_(std::move(file)), read_(read) {}
  Result<MutableByteSpan> read_at(std::uint64_t offset, MutableByteSpan into) override {
    auto got = file_->read_at(offset, into);
    if (got.has_value()) read_ += got->size();
    return got;
  }
  Result<void> write_at(std::uint64_t, ByteSpan) override { return none(); }
  Result<std::uint64_t> append(ByteSpan) override { return none(); }
  Result<std::uint64_t> append_vectored(std::span<const ByteSpan>) override { return none(); }
  Result<void> sync_data() override { return none(); }
  Result<void> sync() override { return none(); }
  Result<std::uint64_t> size() override { return file_->size(); }
  Result<void> truncate(std::uint64_t) override { return none(); }
  Result<void> reserve(std::uint64_t) override { return none(); }
  Result<ByteSpan> map() override { return none(); }
  int native_handle() const noexcept override { return file_->native_handle(); }

 private:
  static Error none() { return Error(Errc::Unsupported, "read only"); }
  std::unique_ptr<os::File> file_;
  std::atomic<std::uint64_t>& read_;
};

class CountingFiles final : public os::FileSystem {
 public:
  Result<std::unique_ptr<os::File>> open(const std::string& path, os::OpenOptions how) override {
    AVILA_TRY(auto file, real_.open(path, how));
    ++opened;
    return std::unique_ptr<os::File>(std::make_unique<CountingFile>(std::move(file), read));
  }
  Result<os::FileInfo> info(const std::string& path) override { return real_.info(path); }
  Result<std::vector<os::DirectoryEntry>> list(const std::string& path) override {
    return real_.list(path);
  }
  Result<void> rename(const std::string&, const std::string&) override { return none(); }
  Result<void> remove(const std::string&) override { return none(); }
  Result<void> hard_link(const std::string&, const std::string&) override { return none(); }
  Result<void> create_directory(const std::string&, std::uint32_t) override { return none(); }
  Result<void> create_directories(const std::string&, std::uint32_t) override { return none(); }
  Result<void> remove_directory(const std::string&) override { return none(); }
  Result<void> remove_all(const std::string&) override { return none(); }
  Result<void> set_mode(const std::string&, std::uint32_t) override { return none(); }
  Result<void> sync_directory(const std::string&) override { return none(); }
  Result<std::unique_ptr<os::FileLock>> lock(const std::string&) override { return none(); }
  Result<std::uint64_t> free_space(const std::string&) override { return none(); }

  std::atomic<std::uint64_t> read{0};
  std::atomic<int> opened{0};

 private:
  static Error none() { return Error(Errc::Unsupported, "read only"); }
  os::FileSystem& real_ = os::real_file_system();
};

class SendFile : public ::testing::Test {
 protected:
  static constexpr std::size_t kBytes = 1'000'000;
  SendFile()
      : folder_(std::filesystem::temp_directory_path() /
                ("avila-web-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
    std::mt19937 random(3);
    content_.resize(kBytes);
    for (char& c : content_) c = static_cast<char>(random());
    std::ofstream(folder_ / "file", std::ios::binary) << content_;
  }
  ~SendFile() override { std::filesystem::remove_all(folder_); }
  void start(web::StaticFilesOptions options, Duration write_timeout = seconds(30)) {
    router_.add("GET", "/*path",
                std::make_unique<web::StaticFiles>(runtime_, files_, folder_.string(), options));
    http::ServerOptions of;
    of.write_timeout = write_timeout;
    server_ = std::make_unique<http::Server>(runtime_, router_, of);
    ASSERT_TRUE(server_->listen("127.0.0.1:0").has_value());
  }
  void TearDown() override { runtime_.block_on(server_->shutdown(milliseconds(100))); }
  http::ClientResponse get(const std::string& path, const std::string& range = "") {
    http::ClientRequest request;
    request.url = "http://" + server_->local_address() + path;
    if (!range.empty()) request.headers.add("Range", range);
    auto got = runtime_.block_on(client_.send(std::move(request)));
    EXPECT_TRUE(got.has_value()) << (got ? "" : got.error().to_string());
    return got ? std::move(*got) : http::ClientResponse();
  }
  /// A file of zeroes, larger than all buffers between us and the client.
  void make_large(const std::string& name) {
    std::ofstream(folder_ / name) << 'x';
    std::filesystem::resize_file(folder_ / name, kLargeBytes);
  }
  static constexpr std::uint64_t kLargeBytes = 256 << 20;

  std::filesystem::path folder_;
  std::string content_;
  async::Runtime runtime_{{.threads = 2}};
  CountingFiles files_;
  web::Router router_;
  std::unique_ptr<http::Server> server_;
  http::Client client_{runtime_};
};

TEST_F(SendFile, TheKernelSendsWholeFilesAndRanges) {
  start({.cached_file_bytes = 0});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(get("/file").body == content_);
  const auto range = get("/file", "bytes=100000-699999");
  EXPECT_EQ(range.status, 206);
  EXPECT_TRUE(range.body == content_.substr(100'000, 600'000));
  const auto two = get("/file", "bytes=0-9,500000-799999");
  EXPECT_EQ(two.status, 206);
  EXPECT_NE(two.body.find(content_.substr(500'000, 300'000)), std::string::npos);
  EXPECT_EQ(server_->metrics().connections_accepted, 1U);
#if defined(__linux__)
  EXPECT_EQ(files_.read.load(), 0U);
#endif
}

TEST_F(SendFile, SmallFilesAndThoseThatAreNotKeptOpenAreRead) {
  std::ofstream(folder_ / "small") << "little";
  start({.cached_file_bytes = 0, .open_files = 0});
  EXPECT_TRUE(get("/file").body == content_);
  EXPECT_EQ(get("/small").body, "little");
  EXPECT_EQ(files_.read.load(), kBytes + 6);
}

TEST_F(SendFile, NoMoreFilesAreKeptOpenThanAllowed) {
  for (int i = 0; i < 10; ++i)
    std::filesystem::copy_file(folder_ / "file", folder_ / std::to_string(i));
  start({.cached_file_bytes = 0, .open_files = 3, .cache_fresh = seconds(600)});
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(get("/" + std::to_string(i)).body == content_);
  EXPECT_EQ(files_.opened.load(), 10);
  for (int i = 9; i >= 7; --i) EXPECT_TRUE(get("/" + std::to_string(i)).body == content_);
  EXPECT_EQ(files_.opened.load(), 10);  // the last three still were
  EXPECT_TRUE(get("/0").body == content_);
  EXPECT_EQ(files_.opened.load(), 11);
}

TEST_F(SendFile, AFileThatIsCutEndsTheConnection) {
  make_large("large");
  start({});
  RawClient client(server_->port());
  client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  std::string got = client.read_until("\r\n\r\n", 20'000);
  EXPECT_NE(got.find("Content-Length: " + std::to_string(kLargeBytes)), std::string::npos) << got;
  std::filesystem::resize_file(folder_ / "large", 1000);
  got += client.read_all(20'000);
  EXPECT_TRUE(client.closed());
  EXPECT_LT(got.size(), kLargeBytes);
}

TEST_F(SendFile, AReaderThatStopsIsLetGo) {
  make_large("large");
  start({}, milliseconds(200));
  RawClient client(server_->port());
  client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  while (server_->metrics().timeouts == 0) ::usleep(1000);  // ctest ends it if that never comes
  EXPECT_LT(client.read_all(20'000).size(), kLargeBytes);
}

}  // namespace
