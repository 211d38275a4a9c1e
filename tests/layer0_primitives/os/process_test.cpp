// POSIX; process_windows_test.cpp has the same for Windows.
#ifndef _WIN32
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>
#include <avila/os/process.hpp>
#include <avila/os/signals.hpp>

#include "avila_test/tools.hpp"

namespace avila::os {
namespace {

SpawnOptions shell(const std::string& command) {
  SpawnOptions options;
  options.arguments = {"-c", command};
  options.in = options.out = Stream::Pipe;
  options.error = Stream::Null;
  return options;
}

TEST(Process, TalksThroughPipes) {
  auto child = Process::spawn("cat", {.in = Stream::Pipe, .out = Stream::Pipe});
  ASSERT_TRUE(child.has_value()) << child.error().to_string();
  ASSERT_TRUE(child->write(as_bytes("hello")).has_value());
  child->close_in();
  EXPECT_EQ(*child->read_out(), "hello");
  EXPECT_TRUE(child->wait()->success());
  EXPECT_TRUE(child->wait()->success()) << "a second time too";
}

TEST(Process, TellsHowItEnded) {
  EXPECT_EQ(Process::spawn("sh", shell("exit 7"))->wait()->code, 7);
  EXPECT_EQ(Process::spawn("sh", shell("kill -9 $$"))->wait()->signal, SIGKILL);
  EXPECT_TRUE(Process::spawn("/no/such/program").error().is(Errc::NotFound));
}

TEST(Process, HasItsOwnFolderAndEnvironment) {
  avila_test::TempDir folder;
  ASSERT_TRUE(set_environment("AVILA_A", "from here").has_value());
  SpawnOptions options = shell("echo \"$AVILA_A,$AVILA_B,$(pwd)\"");
  options.folder = folder.path();
  options.environment = {{"AVILA_B", "b"}};
  EXPECT_EQ(*Process::spawn("sh", options)->read_out(), "from here,b," + folder.path() + "\n");
  options.environment = {{"AVILA_A", "a"}};
  options.folder.clear();
  EXPECT_EQ(Process::spawn("sh", options)->read_out()->substr(0, 3), "a,,");
  ASSERT_TRUE(unset_environment("AVILA_A").has_value());
  EXPECT_EQ(environment("AVILA_A"), std::nullopt);
  options.clear_environment = true;
  options.arguments = {"-c", "echo \"$HOME\""};
  EXPECT_EQ(*Process::spawn("/bin/sh", options)->read_out(), "\n");
}

TEST(Process, IsWaitedForWithADeadlineAndKilled) {
  auto child = Process::spawn("sleep", {.arguments = {"100"}});
  EXPECT_EQ(*child->wait_for(milliseconds(5)), std::nullopt);
  const auto id = static_cast<pid_t>(child->id());
  {
    const Process gone = std::move(*child);
  }  // killed and reaped
  EXPECT_EQ(::kill(id, 0), -1);
  auto quick = Process::spawn("true");
  EXPECT_TRUE((*quick->wait_for(seconds(20)))->success());
  auto stopped = Process::spawn("sleep", {.arguments = {"100"}});
  ASSERT_TRUE(stopped->signal(SIGTERM).has_value());
  EXPECT_EQ(stopped->wait()->signal, SIGTERM);
  EXPECT_TRUE(stopped->kill().has_value());
  EXPECT_TRUE(Process::spawn("sh", shell("yes"))->read_out(1000).error().is(Errc::LimitExceeded));
}

TEST(Machine, HasFacts) {
  EXPECT_EQ(process_id(), ::getpid());
  EXPECT_GE(page_size(), 4096U);
  EXPECT_GE(core_count(), 1U);
  EXPECT_FALSE(host_name()->empty());
  EXPECT_NE(program_path()->find("os_test"), std::string::npos);
  EXPECT_EQ(current_folder()->front(), '/');
}

TEST(Folders, FollowXdg) {
  ASSERT_TRUE(set_environment("XDG_CONFIG_HOME", "/x/config").has_value());
  EXPECT_EQ(*config_folder(), "/x/config");
  ASSERT_TRUE(set_environment("XDG_CONFIG_HOME", "relative").has_value());
  EXPECT_EQ(*config_folder(), *home_folder() + "/.config");
  ASSERT_TRUE(unset_environment("XDG_CONFIG_HOME").has_value());
  EXPECT_EQ(*data_folder(), *home_folder() + "/.local/share");
  EXPECT_FALSE(cache_folder()->empty());
  EXPECT_EQ(temporary_folder().front(), '/');
}

TEST(SignalSet, QueuesWhatItCaught) {
  auto set = SignalSet::create({SIGUSR1, SIGUSR2});
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(set->take(), std::nullopt);
  EXPECT_EQ(*set->wait(milliseconds(1)), std::nullopt);
  ::raise(SIGUSR2);
  ::raise(SIGUSR1);
  EXPECT_EQ(*set->wait(seconds(10)), SIGUSR2);
  EXPECT_EQ(set->take(), SIGUSR1);
  EXPECT_TRUE(SignalSet::create({SIGUSR1}).error().is(Errc::Busy));
  EXPECT_TRUE(SignalSet::create({0}).error().is(Errc::InvalidArgument));
  EXPECT_FALSE(SignalSet::create({SIGKILL}).has_value());
  {
    const SignalSet gone = std::move(*set);
  }
  EXPECT_TRUE(SignalSet::create({SIGUSR1}).has_value());
}

}  // namespace
}  // namespace avila::os
#endif
