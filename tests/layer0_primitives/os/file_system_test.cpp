// Both file systems keep the same contract; the real one works in a temporary folder.
#include <gtest/gtest.h>
#include <avila/os/file_system.hpp>
#include <avila/os/memory_file_system.hpp>

#include <filesystem>

#include "avila_test/tools.hpp"

namespace avila::os {
namespace {

OpenOptions creating() {
  OpenOptions options;
  options.write = options.create = true;
  return options;
}

class AnyFileSystem : public ::testing::TestWithParam<bool> {
 protected:
  FileSystem& fs() { return GetParam() ? real_file_system() : memory_; }
  std::string at(const std::string& name) { return GetParam() ? folder_ / name : "/" + name; }
  std::string read(const std::string& name) {
    auto text = fs().read_text(at(name));
    return text.has_value() ? *text : "<" + text.error().to_string() + ">";
  }
  void write(const std::string& name, std::string_view text) {
    auto file = fs().open(at(name), creating());
    ASSERT_TRUE(file.has_value()) << file.error().to_string();
    ASSERT_TRUE((*file)->write_at(0, as_bytes(text)).has_value());
  }

  avila_test::TempDir folder_;
  MemoryFileSystem memory_;
};

TEST_P(AnyFileSystem, ReadsBackWhatWasWritten) {
  auto file = fs().open(at("a"), creating());
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE((*file)->write_at(3, as_bytes("defg")).has_value());
  ASSERT_TRUE((*file)->write_at(0, as_bytes("abc")).has_value());
  std::byte room[16];
  EXPECT_EQ(as_text(*(*file)->read_at(0, room)), "abcdefg");
  EXPECT_EQ(as_text(*(*file)->read_at(5, MutableByteSpan(room).first(2))), "fg");
  EXPECT_TRUE((*file)->read_at(7, room)->empty());
  EXPECT_TRUE((*file)->read_at(1000, room)->empty());
  EXPECT_EQ(*(*file)->size(), 7U);
}

TEST_P(AnyFileSystem, AppendsAtTheEndAndSaysWhere) {
  write("log", "head");
  auto file = fs().open(at("log"), creating());
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(*(*file)->append(as_bytes("12")), 4U);
  const ByteSpan pieces[] = {as_bytes("a"), as_bytes(""), as_bytes("bcd"), as_bytes("e")};
  EXPECT_EQ(*(*file)->append_vectored(pieces), 6U);
  EXPECT_EQ(*(*file)->append(as_bytes("!")), 11U);
  ASSERT_TRUE((*file)->truncate(5).has_value());
  EXPECT_EQ(*(*file)->append(as_bytes("?")), 5U);
  ASSERT_TRUE((*file)->write_at(6, as_bytes("xyz")).has_value());
  EXPECT_EQ(*(*file)->append(as_bytes(".")), 9U);
  EXPECT_EQ(read("log"), "head1?xyz.");
}

TEST_P(AnyFileSystem, AppendsMorePiecesThanOneSystemCallTakes) {
  auto file = fs().open(at("log"), creating());
  ASSERT_TRUE(file.has_value());
  std::vector<ByteSpan> pieces;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    pieces.push_back(as_bytes(i % 3 == 0 ? "ab" : "c"));
    expected += i % 3 == 0 ? "ab" : "c";
  }
  EXPECT_EQ(*(*file)->append_vectored(pieces), 0U);
  EXPECT_EQ(read("log"), expected);
}

TEST_P(AnyFileSystem, OpenOptionsAreObeyed) {
  EXPECT_TRUE(fs().open(at("none")).error().is(Errc::NotFound));
  EXPECT_TRUE(fs().open(at("none/deeper"), creating()).error().is(Errc::NotFound));
  write("a", "text");
  OpenOptions exclusive = creating();
  exclusive.exclusive = true;
  EXPECT_TRUE(fs().open(at("a"), exclusive).error().is(Errc::AlreadyExists));
  EXPECT_TRUE(fs().open(at("b"), exclusive).has_value());
  EXPECT_FALSE((*fs().open(at("a")))->write_at(0, as_bytes("x")).has_value());
  OpenOptions truncating = creating();
  truncating.truncate = true;
  EXPECT_TRUE(fs().open(at("a"), truncating).has_value());
  EXPECT_EQ(read("a"), "");
  ASSERT_TRUE(fs().create_directory(at("folder")).has_value());
  EXPECT_FALSE(fs().open(at("folder")).has_value());
}

TEST_P(AnyFileSystem, TruncatesReservesAndMaps) {
  write("a", "0123456789");
  auto file = fs().open(at("a"), creating());
  ASSERT_TRUE((*file)->reserve(1 << 16).has_value());
  EXPECT_EQ(*(*file)->size(), 10U);
  ASSERT_TRUE((*file)->truncate(4).has_value());
  EXPECT_EQ(read("a"), "0123");
  ASSERT_TRUE((*file)->truncate(6).has_value());
  EXPECT_EQ(read("a"), std::string("0123\0\0", 6));
  auto view = (*file)->map();
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(as_text(*view), std::string_view("0123\0\0", 6));
  ASSERT_TRUE((*file)->append(as_bytes("more")).has_value());
  EXPECT_EQ((*file)->map()->size(), 10U);
  EXPECT_EQ(as_text(*view).substr(0, 4), "0123");  // the first view is still valid
  (*file)->prefetch(0, 10);
  write("empty", "");
  EXPECT_EQ((*fs().open(at("empty")))->map()->size(), 0U);
}

TEST_P(AnyFileSystem, RenamesLinksAndRemoves) {
  write("a", "A");
  write("b", "B");
  ASSERT_TRUE(fs().rename(at("a"), at("b")).has_value());
  EXPECT_FALSE(fs().exists(at("a")));
  EXPECT_EQ(read("b"), "A");
  ASSERT_TRUE(fs().hard_link(at("b"), at("c")).has_value());
  EXPECT_TRUE(fs().hard_link(at("b"), at("c")).error().is(Errc::AlreadyExists));
  auto kept = fs().open(at("b"));
  ASSERT_TRUE(fs().remove(at("b")).has_value());
  EXPECT_TRUE(fs().remove(at("b")).error().is(Errc::NotFound));
  EXPECT_EQ(read("c"), "A");
  ASSERT_TRUE(fs().remove(at("c")).has_value());
  std::byte room[4];
  EXPECT_EQ(as_text(*(*kept)->read_at(0, room)), "A");  // open files outlive their names
  EXPECT_TRUE(fs().rename(at("none"), at("x")).error().is(Errc::NotFound));
}

TEST_P(AnyFileSystem, KeepsFolders) {
  ASSERT_TRUE(fs().create_directories(at("x/y/z")).has_value());
  ASSERT_TRUE(fs().create_directories(at("x/y/z")).has_value());
  EXPECT_TRUE(fs().create_directory(at("x")).error().is(Errc::AlreadyExists));
  EXPECT_TRUE(fs().create_directory(at("q/r")).error().is(Errc::NotFound));
  write("x/y/two", "2");
  write("x/y/one", "1");
  auto entries = fs().list(at("x/y"));
  ASSERT_TRUE(entries.has_value());
  ASSERT_EQ(entries->size(), 3U);
  EXPECT_EQ((*entries)[0].name, "one");
  EXPECT_EQ((*entries)[1].name, "two");
  EXPECT_EQ((*entries)[2].name, "z");
  EXPECT_EQ((*entries)[2].kind, FileKind::Directory);
  EXPECT_EQ((*entries)[0].kind, FileKind::Regular);
  EXPECT_FALSE(fs().create_directories(at("x/y/one/sub")).has_value());
  EXPECT_TRUE(fs().remove_directory(at("x")).error().is(Errc::AlreadyExists));
  EXPECT_TRUE(fs().sync_directory(at("x")).has_value());
  ASSERT_TRUE(fs().rename(at("x/y"), at("moved")).has_value());
  EXPECT_EQ(read("moved/one"), "1");
  EXPECT_FALSE(fs().rename(at("moved"), at("moved/z/inside")).has_value());
  ASSERT_TRUE(fs().remove_all(at("moved")).has_value());
  ASSERT_TRUE(fs().remove_all(at("moved")).has_value());
  EXPECT_TRUE(fs().list(at("moved")).error().is(Errc::NotFound));
  EXPECT_TRUE(fs().remove_directory(at("x")).has_value());
}

TEST_P(AnyFileSystem, TellsSizeModeAndTime) {
  write("a", "12345");
  auto info = fs().info(at("a"));
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->kind, FileKind::Regular);
  EXPECT_EQ(info->size, 5U);
  EXPECT_EQ(info->mode, 0600U);
  EXPECT_GT(info->modified_ns, 0);
  ASSERT_TRUE(fs().set_mode(at("a"), 0640).has_value());
#ifdef _WIN32
  if (GetParam()) return;  // it knows "read only", no more
#endif
  EXPECT_EQ(fs().info(at("a"))->mode, 0640U);
  EXPECT_TRUE(fs().info(at("none")).error().is(Errc::NotFound));
  EXPECT_TRUE(fs().set_mode(at("none"), 0600).error().is(Errc::NotFound));
  EXPECT_GT(*fs().free_space(at("")), 0U);
}

TEST_P(AnyFileSystem, LocksExcludeEachOther) {
  auto lock = fs().lock(at("LOCK"));
  ASSERT_TRUE(lock.has_value());
  EXPECT_TRUE(fs().lock(at("LOCK")).error().is(Errc::Busy));
  EXPECT_TRUE(fs().lock(at("OTHER")).has_value());
  lock->reset();
  EXPECT_TRUE(fs().lock(at("LOCK")).has_value());
}

TEST_P(AnyFileSystem, WritesAtomicallyAndReadsWithALimit) {
  ASSERT_TRUE(fs().write_atomically(at("config"), as_bytes("one"), 0640).has_value());
  ASSERT_TRUE(fs().write_atomically(at("config"), as_bytes("second"), 0600).has_value());
  EXPECT_EQ(read("config"), "second");
  EXPECT_EQ(fs().info(at("config"))->mode, 0600U);
  EXPECT_EQ(fs().list(at(""))->size(), 1U);
  EXPECT_TRUE(fs().read_text(at("config"), 5).error().is(Errc::LimitExceeded));
  EXPECT_EQ(*fs().read_text(at("config"), 6), "second");
  EXPECT_FALSE(fs().write_atomically(at("no/folder"), as_bytes("x")).has_value());
}

INSTANTIATE_TEST_SUITE_P(RealAndMemory, AnyFileSystem, ::testing::Values(true, false),
                         [](const auto& which) { return which.param ? "Real" : "Memory"; });

TEST(Paths, AreJoinedAndTakenApart) {
  EXPECT_EQ(join("a/b", "c"), "a/b/c");
  EXPECT_EQ(join("/", "c"), "/c");
  EXPECT_EQ(join("", "c"), "c");
  EXPECT_EQ(parent("a/b/c"), "a/b");
  EXPECT_EQ(parent("/a"), "/");
  EXPECT_EQ(parent("/"), "/");
  EXPECT_EQ(parent("a"), ".");
  EXPECT_EQ(parent("a//b/"), "a");
  EXPECT_EQ(file_name("a/b/c"), "c");
  EXPECT_EQ(file_name("/"), "/");
  EXPECT_EQ(file_name("a/"), "a");
}

TEST(RealFileSystem, ReadsFilesOfUnknownSize) {
  auto text = real_file_system().read_text("/proc/self/status");
  if (!real_file_system().exists("/proc/self/status")) GTEST_SKIP() << "no /proc";
  ASSERT_TRUE(text.has_value());
  EXPECT_NE(text->find("Name:"), std::string::npos);
}

TEST(RealFileSystem, NeverFollowsLinksWhenRemoving) {
  avila_test::TempDir folder;
  FileSystem& fs = real_file_system();
  ASSERT_TRUE(fs.create_directories(folder / "keep").has_value());
  ASSERT_TRUE(fs.write_atomically(folder / "keep/file", as_bytes("x")).has_value());
  ASSERT_TRUE(fs.create_directories(folder / "gone/deep").has_value());
  std::error_code failed;
  std::filesystem::create_directory_symlink(folder / "keep", folder / "gone/deep/link", failed);
  if (failed) GTEST_SKIP() << "no links here: " << failed.message();
  EXPECT_EQ((*fs.list(folder / "gone/deep"))[0].kind, FileKind::Symlink);
  ASSERT_TRUE(fs.remove_all(folder / "gone").has_value());
  EXPECT_TRUE(fs.exists(folder / "keep/file"));
  std::filesystem::create_symlink("nowhere", folder / "dangling");
  EXPECT_EQ(fs.info(folder / "dangling")->kind, FileKind::Symlink);
}

TEST(RealFileSystem, FullDiskIsNoSpaceAndLeavesNoHalfAppend) {
  FileSystem& fs = real_file_system();
  if (!fs.exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  OpenOptions writing;
  writing.write = true;
  auto file = fs.open("/dev/full", writing);
  ASSERT_TRUE(file.has_value());
  EXPECT_TRUE((*file)->write_at(0, as_bytes("x")).error().is(Errc::NoSpace));
}

TEST(RealFileSystem, DirectIsAHint) {
  avila_test::TempDir folder;
  OpenOptions options = creating();
  options.direct = true;
  auto file = real_file_system().open(folder / "direct", options);
  ASSERT_TRUE(file.has_value());
  alignas(4096) static std::byte page[4096];
  page[7] = std::byte{42};
  ASSERT_TRUE((*file)->write_at(0, page).has_value());
  ASSERT_TRUE((*file)->sync_data().has_value());
  alignas(4096) static std::byte back[4096];
  ASSERT_TRUE((*file)->read_at(0, back).has_value());
  EXPECT_EQ(back[7], std::byte{42});
}

}  // namespace
}  // namespace avila::os
