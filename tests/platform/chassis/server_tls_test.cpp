// Certificates of `avl up --tls` across crashes: whatever was half done, the next start succeeds.
#include <gtest/gtest.h>
#include <avila/chassis/server_tls.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/memory_file_system.hpp>
#include <avila/pki/certificate.hpp>

#include <functional>

namespace avila::chassis {
namespace {

/// What a crash leaves of what was not synced.
constexpr os::FaultOptions kKilled{.keep_unsynced = 1, .tear_unsynced = 0};
constexpr os::FaultOptions kPowerLost{};

class ServerTlsCrash : public ::testing::TestWithParam<bool> {
 protected:
  Result<std::unique_ptr<ServerTls>> open(os::MemoryFileSystem& files) {
    ServerTlsOptions options;
    options.data_folder = "data";
    options.hosts = {"localhost", "127.0.0.1"};
    options.validity = validity_;
    return ServerTls::open({files, os::real_clock(), entropy_}, std::move(options));
  }

  static void expect_keys_are_private(os::MemoryFileSystem& files) {
    for (const char* folder : {"data/ca", "data/tls"}) {
      const auto entries = files.list(folder);
      if (!entries.has_value()) continue;
      for (const os::DirectoryEntry& entry : *entries) {
        if (entry.name.find(".key") == std::string::npos) continue;
        const auto info = files.info(os::join(folder, entry.name));
        ASSERT_TRUE(info.has_value());
        EXPECT_EQ(info->mode & 0777, 0600U) << entry.name;
      }
    }
  }

  /// Crashes before the first change that `act` makes to a disk as `prepare` leaves it, then before
  /// the second one, and so on; `check` looks at each disk after the restart.
  void crash_at_each_step(const std::function<void(os::MemoryFileSystem&)>& prepare,
                          const std::function<void(os::MemoryFileSystem&)>& act,
                          const std::function<void(os::MemoryFileSystem&)>& check) {
    constexpr std::uint64_t kSteps = 1000;
    for (std::uint64_t step = 1; step < kSteps; ++step) {
      SCOPED_TRACE(step);
      os::MemoryFileSystem files(step, GetParam() ? kKilled : kPowerLost);
      ASSERT_TRUE(files.create_directories("data").has_value());
      files.sync_everything();
      prepare(files);
      files.lose_power_after(step);
      act(files);
      const bool crashed = files.power_lost();
      expect_keys_are_private(files);
      files.crash();
      check(files);
      expect_keys_are_private(files);
      if (HasFatalFailure()) return;
      if (!crashed) {
        EXPECT_GT(step, 5U);
        return;
      }
    }
    FAIL() << "it does not end";
  }

  Duration validity_ = days(90);
  os::SeededEntropy entropy_{11};
};

TEST_P(ServerTlsCrash, TheFirstStartMayEndAnywhere) {
  crash_at_each_step([](os::MemoryFileSystem&) {},
                     [this](os::MemoryFileSystem& files) { (void)open(files); },
                     [this](os::MemoryFileSystem& files) {
                       const auto made = open(files);
                       ASSERT_TRUE(made.has_value()) << made.error().to_string();
                     });
}

TEST_P(ServerTlsCrash, RenewalMayEndAnywhereAndKeepsTheAuthority) {
  std::string root;
  crash_at_each_step(
      [&](os::MemoryFileSystem& files) {
        validity_ = seconds(1);  // which is due at once: certificates begin in the past
        ASSERT_TRUE(open(files).has_value());
        root = *files.read_text("data/ca/ca.crt");
        validity_ = days(90);
      },
      [this](os::MemoryFileSystem& files) { (void)open(files); },
      [&](os::MemoryFileSystem& files) {
        const auto made = open(files);
        ASSERT_TRUE(made.has_value()) << made.error().to_string();
        EXPECT_EQ(*files.read_text("data/ca/ca.crt"), root);
        const auto now = os::real_clock().wall();
        EXPECT_GT((*made)->certificate().not_after() - now, days(80));
      });
}

INSTANTIATE_TEST_SUITE_P(Ends, ServerTlsCrash, ::testing::Bool(), [](const auto& end) {
  return std::string(end.param ? "Killed" : "PowerLost");
});

}  // namespace
}  // namespace avila::chassis
