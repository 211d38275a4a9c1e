#include <gtest/gtest.h>
#include <avila/cli/command.hpp>

namespace avila::cli {
namespace {

std::string ran;

Result<int> remember(const Arguments& arguments) {
  ran = arguments.operand(0) + '|' + arguments.get("--format", "table");
  for (const std::string& param : arguments.all("--param")) ran += '|' + param;
  return kDone;
}
Result<int> refuse(const Arguments&) { return Error(Errc::NotFound, "no database 'x'"); }

const Command kCommands[] = {
    {"db query",
     "query a database",
     {{"DB"}, {"QUERY", false}},
     {{"--param", "K=V", "a parameter", true}, {"--format", "F", "table, json or csv"}},
     remember},
    {"db drop", "drop a database", {{"DB"}}, {{"--yes", "", "do not ask"}}, refuse},
    {"up", "start the platform", {}, {}, remember},
};

int run_words(std::vector<std::string> words) {
  ran.clear();
  return run(kCommands, words);
}

TEST(Command, FindsTheLongestPathAndItsArguments) {
  EXPECT_EQ(run_words({"db", "query", "shop", "--param", "a=1", "--param=b=2", "--format", "csv"}),
            kDone);
  EXPECT_EQ(ran, "shop|csv|a=1|b=2");
  EXPECT_EQ(run_words({"up"}), kDone);
}

TEST(Command, FailureIsOneAndWrongUsageIsTwo) {
  EXPECT_EQ(run_words({"db", "drop", "x"}), kFailed);
  EXPECT_EQ(run_words({}), kWrongUsage);
  EXPECT_EQ(run_words({"db"}), kWrongUsage);
  EXPECT_EQ(run_words({"bd", "query"}), kWrongUsage);
  EXPECT_EQ(run_words({"db", "query"}), kWrongUsage);
  EXPECT_EQ(run_words({"db", "query", "a", "b", "c"}), kWrongUsage);
  EXPECT_EQ(run_words({"db", "query", "a", "--nope"}), kWrongUsage);
  EXPECT_EQ(run_words({"db", "query", "a", "--param"}), kWrongUsage);
  EXPECT_EQ(run_words({"db", "query", "a", "--format", "csv", "--format", "json"}), kWrongUsage);
  EXPECT_EQ(run_words({"db", "drop", "x", "--yes=1"}), kWrongUsage);
}

TEST(Command, HelpIsEverywhere) {
  EXPECT_EQ(run_words({"--help"}), kDone);
  EXPECT_EQ(run_words({"db", "--help"}), kDone);
  EXPECT_EQ(run_words({"db", "query", "--help"}), kDone);
  EXPECT_EQ(run_words({"db", "drop", "x", "-h"}), kDone);
  EXPECT_EQ(ran, "");
  const std::string help = help_of(kCommands[0]);
  EXPECT_NE(help.find("usage: avl db query DB [QUERY] [options]"), std::string::npos) << help;
  EXPECT_NE(help.find("--param K=V"), std::string::npos);
  EXPECT_NE(help.find("--api-key"), std::string::npos);
}

TEST(Command, HintsAtWhatWasMeant) {
  const auto wrong = parse(kCommands[0], std::vector<std::string>{"a", "--fromat", "csv"});
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().hint(), "did you mean --format?");
}

TEST(Command, TakesShortOptions) {
  const Command grep{"grep",
                     "",
                     {{"PATTERN"}, {"FILE…", false}},
                     {{"-i", "", ""}, {"-c", "", ""}, {"-n", "N", ""}},
                     remember,
                     "",
                     false};
  const auto one = [&](std::vector<std::string> words) { return parse(grep, words); };
  EXPECT_EQ(one({"-n", "5", "x"})->get("-n"), "5");
  EXPECT_EQ(one({"x", "-n5"})->get("-n"), "5");
  const auto both = one({"-icn5", "x"});
  EXPECT_TRUE(both->has("-i") && both->has("-c"));
  EXPECT_EQ(both->get("-n"), "5");
  EXPECT_EQ(one({"-7", "-x"})->operand(1), "-x") << "no option of this command";
  EXPECT_FALSE(one({"x", "-n"}).has_value());
  EXPECT_FALSE(one({"x", "-n1", "-n2"}).has_value());
  EXPECT_FALSE(one({"x", "-iz"}).has_value());
  EXPECT_EQ(one({"--", "-i"})->operand(0), "-i");
  EXPECT_EQ(help_of(grep).find("--api-key"), std::string::npos);
}

TEST(Command, WordsBehindDashesAreOperands) {
  const auto arguments = parse(kCommands[0], std::vector<std::string>{"a", "--", "--param"});
  ASSERT_TRUE(arguments.has_value());
  EXPECT_EQ(arguments->operand(1), "--param");
}

}  // namespace
}  // namespace avila::cli
