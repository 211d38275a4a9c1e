// Windows; process_test.cpp has the same for POSIX. cmd.exe is there under Wine too.
#ifdef _WIN32
#include <gtest/gtest.h>
#include <avila/os/process.hpp>
#include <avila/os/signals.hpp>

#include <csignal>

#include "avila_test/tools.hpp"

namespace avila::os {
namespace {

SpawnOptions cmd(std::vector<std::string> arguments) {
  SpawnOptions options;
  options.arguments = {"/d", "/c"};
  for (std::string& argument : arguments) options.arguments.push_back(std::move(argument));
  options.in = options.out = Stream::Pipe;
  options.error = Stream::Null;
  return options;
}

/// This program again, as a child that runs one disabled test.
SpawnOptions again(const std::string& test) {
  SpawnOptions options;
  options.arguments = {"--gtest_also_run_disabled_tests", "--gtest_filter=Child.DISABLED_" + test};
  options.in = options.out = Stream::Pipe;
  return options;
}

TEST(Child, DISABLED_Echo) {
  char line[100] = {};
  ASSERT_NE(std::fgets(line, sizeof line, stdin), nullptr);
  std::printf("<%s>", line);
}
TEST(Child, DISABLED_Sleep) {
  char line[100];
  (void)std::fgets(line, sizeof line, stdin);  // nobody writes
}

TEST(Process, TalksThroughPipes) {
  auto child = Process::spawn(*program_path(), again("Echo"));
  ASSERT_TRUE(child.has_value()) << child.error().to_string();
  ASSERT_TRUE(child->write(as_bytes("hello")).has_value());
  child->close_in();
  EXPECT_NE(child->read_out()->find("<hello>"), std::string::npos);
  EXPECT_TRUE(child->wait()->success());
  EXPECT_TRUE(child->wait()->success()) << "a second time too";
}

TEST(Process, TellsHowItEnded) {
  EXPECT_EQ(Process::spawn("cmd.exe", cmd({"exit", "7"}))->wait()->code, 7);
  EXPECT_TRUE(Process::spawn("no_such_program.exe").error().is(Errc::NotFound));
}

TEST(Process, HasItsOwnEnvironment) {
  ASSERT_TRUE(set_environment("AVILA_A", "from here").has_value());
  SpawnOptions options = cmd({"echo", "%AVILA_A%,%AVILA_B%"});
  options.environment = {{"AVILA_B", "\u00e3"}};
  EXPECT_EQ(Process::spawn("cmd.exe", options)->read_out()->substr(0, 10), "from here,");
  options.environment = {{"avila_a", "a"}};
  EXPECT_EQ(Process::spawn("cmd.exe", options)->read_out()->substr(0, 2), "a,");
  ASSERT_TRUE(unset_environment("AVILA_A").has_value());
  EXPECT_EQ(environment("AVILA_A"), std::nullopt);
}

TEST(Process, IsWaitedForWithADeadlineAndKilled) {
  auto child = Process::spawn(*program_path(), again("Sleep"));
  ASSERT_TRUE(child.has_value());
  EXPECT_EQ(*child->wait_for(milliseconds(5)), std::nullopt);
  ASSERT_TRUE(child->signal(SIGTERM).has_value());
  EXPECT_EQ(child->wait()->signal, SIGTERM);
  EXPECT_TRUE(child->kill().has_value());
  EXPECT_TRUE(child->signal(30).error().is(Errc::Unsupported));
  {
    auto killed = Process::spawn(*program_path(), again("Sleep"));
  }
}

TEST(Machine, HasFacts) {
  EXPECT_GT(process_id(), 0);
  EXPECT_GE(page_size(), 4096U);
  EXPECT_GE(core_count(), 1U);
  EXPECT_FALSE(host_name()->empty());
  EXPECT_NE(program_path()->find("os_test.exe"), std::string::npos);
  EXPECT_EQ(current_folder()->substr(1, 2), ":/");
  EXPECT_EQ(home_folder()->substr(1, 2), ":/");
  EXPECT_EQ(temporary_folder().substr(1, 2), ":/");
  EXPECT_FALSE(cache_folder()->empty());
}

TEST(SignalSet, QueuesWhatItCaught) {
  auto set = SignalSet::create({SIGINT, SIGTERM});
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(set->take(), std::nullopt);
  EXPECT_EQ(*set->wait(milliseconds(1)), std::nullopt);
  std::raise(SIGTERM);
  std::raise(SIGINT);
  std::raise(SIGINT);
  EXPECT_EQ(*set->wait(seconds(10)), SIGTERM);
  EXPECT_EQ(set->take(), SIGINT);
  EXPECT_EQ(set->take(), SIGINT);
  EXPECT_TRUE(SignalSet::create({SIGINT}).error().is(Errc::Busy));
  EXPECT_TRUE(SignalSet::create({1}).error().is(Errc::InvalidArgument));
}

}  // namespace
}  // namespace avila::os
#endif
