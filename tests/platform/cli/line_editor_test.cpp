#include <gtest/gtest.h>
#include <avila/cli/line_editor.hpp>

#include "avila_test/tools.hpp"

namespace avila::cli {
namespace {

struct Session {
  std::vector<std::string> history{"select 1", "drop x", "select 2"};
  LineEditor editor{&history, [](std::string_view line, std::size_t cursor) {
                      std::vector<std::string> found;
                      const auto start = line.substr(0, cursor).find_last_of(' ') + 1;
                      const auto word = line.substr(start, cursor - start);
                      for (const char* name : {"items", "item_log", "users"})
                        if (std::string_view(name).starts_with(word)) found.emplace_back(name);
                      return found;
                    }};
  EditResult type(std::string_view bytes) {
    KeyDecoder decoder;
    decoder.feed(bytes);
    EditResult result = EditResult::Continue;
    while (const auto press = decoder.next(true)) result = editor.press(*press);
    return result;
  }
  Session() { editor.start(); }
};

TEST(LineEditor, InsertsMovesAndDeletesByCodePoint) {
  Session s;
  s.type("açaí");
  s.type("\x1b[D\x1b[D\x7f");  // left, left, backspace
  EXPECT_EQ(s.editor.line(), "aaí");
  EXPECT_EQ(s.editor.cursor(), 1U);
  s.type("\x1b[3~");
  EXPECT_EQ(s.editor.line(), "aí");
  s.type("\x01X\x05Y");
  EXPECT_EQ(s.editor.line(), "XaíY");
}

TEST(LineEditor, KillsAndYanks) {
  Session s;
  s.type("one two three\x17");
  EXPECT_EQ(s.editor.line(), "one two ");
  s.type("\x01\x19 ");
  EXPECT_EQ(s.editor.line(), "three one two ");
  s.type("\x1b[1;5C\x0b");
  EXPECT_EQ(s.editor.line(), "three one");
  s.type("\x15");
  EXPECT_EQ(s.editor.line(), "");
}

TEST(LineEditor, HistoryKeepsTheDraft) {
  Session s;
  s.type("draft\x1b[A");
  EXPECT_EQ(s.editor.line(), "select 2");
  s.type("\x1b[A\x1b[A\x1b[A\x1b[A");
  EXPECT_EQ(s.editor.line(), "select 1");
  s.type("\x1b[B\x1b[B\x1b[B");
  EXPECT_EQ(s.editor.line(), "draft");
}

TEST(LineEditor, SearchesBackwards) {
  Session s;
  s.type("\x12sel");
  EXPECT_EQ(s.editor.line(), "select 2");
  EXPECT_EQ(s.editor.search_prompt(), "(search)`sel': ");
  s.type("\x12");
  EXPECT_EQ(s.editor.line(), "select 1");
  EXPECT_EQ(s.type("\r"), EditResult::Done);
}

TEST(LineEditor, CompletesTheCommonPartThenShowsChoices) {
  Session s;
  s.type("from it\t");
  EXPECT_EQ(s.editor.line(), "from item");
  EXPECT_TRUE(s.editor.candidates().empty());
  s.type("\t");
  EXPECT_EQ(s.editor.candidates(), (std::vector<std::string>{"items", "item_log"}));
  s.type("s x");
  EXPECT_TRUE(s.editor.candidates().empty());
  s.type(" u\t");
  EXPECT_EQ(s.editor.line(), "from items x users");
}

TEST(LineEditor, EndsOnEnterCancelAndEmptyControlD) {
  Session s;
  EXPECT_EQ(s.type("\x04"), EditResult::EndOfInput);
  EXPECT_EQ(s.type("x\x03"), EditResult::Cancelled);
  EXPECT_EQ(s.type("\r"), EditResult::Done);
}

TEST(KeyDecoder, WaitsForTheRestOfASequence) {
  KeyDecoder decoder;
  decoder.feed("\x1b");
  EXPECT_FALSE(decoder.next().has_value());
  decoder.feed("[");
  EXPECT_FALSE(decoder.next().has_value());
  decoder.feed("A\xC3");
  EXPECT_EQ(decoder.next()->key, Key::Up);
  EXPECT_FALSE(decoder.next().has_value());
  decoder.feed("\xA9");
  EXPECT_EQ(decoder.next()->text, "é");
  decoder.feed("\x1b[200~x");
  EXPECT_EQ(decoder.next()->key, Key::Unknown);
  EXPECT_EQ(decoder.next()->text, "x");
}

TEST(ReadLine, HistoryFileIsBoundedAndPrivate) {
  const avila_test::TempDir folder;
  std::vector<std::string> history;
  for (std::size_t i = 0; i < kHistoryMax + 5; ++i) history.push_back("line " + std::to_string(i));
  ASSERT_TRUE(save_history(folder / "history", history).has_value());
  const auto loaded = load_history(folder / "history");
  ASSERT_EQ(loaded.size(), kHistoryMax);
  EXPECT_EQ(loaded.front(), "line 5");
  EXPECT_EQ(loaded.back(), history.back());
  EXPECT_TRUE(load_history(folder / "absent").empty());
}

}  // namespace
}  // namespace avila::cli
