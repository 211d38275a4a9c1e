// avila-protoc as a command.
#include <gtest/gtest.h>
#include <avila/protobuf/pool.hpp>
#include <avila_test/tools.hpp>
#include <fstream>
#include <iterator>

namespace avila::protobuf {
namespace {

using avila_test::run_command;

class Command : public testing::Test {
 protected:
  void put(const std::string& name, std::string_view text) {
    std::filesystem::create_directories((std::filesystem::path(dir_.path()) / name).parent_path());
    std::ofstream(dir_ / name, std::ios::binary) << text;
  }
  std::string contents(const std::string& name) const {
    std::ifstream in(dir_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  auto run(const std::string& arguments) const {
    return run_command("cd " + dir_.path() + " && " AVILA_BIN_DIR "/avila-protoc " + arguments +
                       " 2>&1");
  }
  std::vector<std::string> names_of(const std::string& name) const {
    const std::string bytes = contents(name);
    const auto set = FileDescriptorSet::parse(as_bytes(bytes));
    EXPECT_TRUE(set.has_value());
    std::vector<std::string> names;
    for (const FileDescriptorProto& file : set->file) names.push_back(file.name);
    return names;
  }
  void SetUp() override {
    put("a/base.proto", "syntax = 'proto3'; message Base {}");
    put("b/base.proto", "syntax = 'proto3'; message Other {}");
    put("a/sub/main.proto",
        "syntax = 'proto3'; import 'base.proto'; import 'google/protobuf/any.proto';\n"
        "message Main { Base base = 1; google.protobuf.Any any = 2; }");
  }
  avila_test::TempDir dir_;
};

TEST_F(Command, WritesDescriptorSets) {
  EXPECT_EQ(run("-I a --descriptor_set_out=one.bin sub/main.proto").status, 0);
  EXPECT_EQ(names_of("one.bin"), std::vector<std::string>{"sub/main.proto"});
  EXPECT_EQ(run("-Ia --descriptor_set_out all.bin --include_imports a/sub/main.proto").status, 0);
  EXPECT_EQ(names_of("all.bin"),
            (std::vector<std::string>{"base.proto", "google/protobuf/any.proto", "sub/main.proto"}))
      << "imports first";
}

TEST_F(Command, WritesCodeAndLeavesAloneWhatIsTheSame) {
  ASSERT_EQ(run("--proto_path=a --cpp_out=out sub/main.proto base.proto").status, 0);
  EXPECT_NE(contents("out/sub/main.pb.hpp").find("struct Main"), std::string::npos);
  EXPECT_NE(contents("out/sub/main.pb.cpp").find("#include \"base.pb.hpp\""), std::string::npos);
  EXPECT_NE(contents("out/base.pb.hpp").find("struct Base"), std::string::npos);
  const std::filesystem::path made = dir_ / "out/base.pb.hpp";
  const auto old = std::filesystem::last_write_time(made) - std::chrono::hours(1);
  std::filesystem::last_write_time(made, old);
  ASSERT_EQ(run("-I a --cpp_out out base.proto").status, 0);
  EXPECT_EQ(std::filesystem::last_write_time(made), old);
}

TEST_F(Command, LooksInFoldersInTheirOrder) {
  ASSERT_EQ(run("-I b -I a --cpp_out out base.proto").status, 0);
  EXPECT_NE(contents("out/base.pb.hpp").find("struct Other"), std::string::npos);
  const auto clash = run("-I b -I a --cpp_out out sub/main.proto");
  EXPECT_EQ(clash.status, 1);
  EXPECT_NE(clash.out.find("sub/main.proto:2:16: \"Base\" is not defined"), std::string::npos)
      << clash.out;
}

TEST_F(Command, SaysWhatIsWrong) {
  put("bad.proto", "syntax = 'proto3';\nmessage {");
  put("up.proto", "syntax = 'proto3'; import '../secret.proto';");
  const struct {
    const char *arguments, *says;
    int status;
  } cases[] = {
      {"--cpp_out out bad.proto", "bad.proto:2:9: expected the name of the message", 1},
      {"--cpp_out out lost.proto", "lost.proto: no such file", 1},
      {"--cpp_out out up.proto", "below a folder", 1},
      {"--cpp_out out", "usage: avila-protoc", 2},
      {"bad.proto", "usage: avila-protoc", 2},
      {"--java_out out bad.proto", "unknown option --java_out", 2},
  };
  for (const auto& one : cases) {
    const auto said = run(one.arguments);
    EXPECT_EQ(said.status, one.status) << one.arguments;
    EXPECT_NE(said.out.find(one.says), std::string::npos) << one.arguments << "\n" << said.out;
  }
  EXPECT_FALSE(std::filesystem::exists(dir_ / "out"));
}

}  // namespace
}  // namespace avila::protobuf
