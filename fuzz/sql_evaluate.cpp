// Any expression over one document: evaluates within its memory, and its value survives the key
// encoding.
#include <avila/error/assert.hpp>
#include <avila/json/document.hpp>
#include <avila/sql/evaluate.hpp>
#include <avila/sql/key.hpp>
#include <avila/sql/statement.hpp>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto statement = avila::sql::Statement::prepare_filter(text, "c");
  if (!statement) return 0;
  avila::json::Parser parser;
  const auto document = parser.parse(
      R"({"id":"a","n":1.5,"i":-3,"s":"São","t":[1,"x",null,{"a":2}],"o":{"p":{"q":true}},)"
      R"("d":"2024-02-29T12:00:00Z","g":{"type":"Point","coordinates":[-46.6,-23.5]}})");
  avila::sql::Arena arena;
  avila::sql::Context context;
  context.arena = &arena;
  context.slots.resize(statement->slots());
  context.slots[0] = avila::sql::Datum::of(*document);
  context.parameters = statement->parameters();
  context.memory_limit = 1U << 20;
  int ticks = 0;
  context.owner = &ticks;
  context.keep_going = [](avila::sql::Context& c) {
    if (++*static_cast<int*>(c.owner) < 100) return true;
    c.fail(avila::Error(avila::Errc::TimedOut, "long enough"));
    return false;
  };
  const auto value = avila::sql::evaluate(*statement->select().where, context);
  if (context.failure) return 0;
  std::string key;
  avila::sql::append_key(key, value);
  std::string_view rest = key;
  const auto back = avila::sql::take_key(rest, arena);
  AVILA_ASSERT(back.has_value());
  AVILA_ASSERT(rest.empty());
  AVILA_ASSERT(avila::sql::compare(*back, value) == 0);
  return 0;
}
