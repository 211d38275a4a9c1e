// Generated messages and DynamicMessage: parse and serialise, bytes of the wire a second; JSON.
#include <avila/protobuf/dynamic.hpp>
#include <avila/protobuf/json.hpp>
#include <avila/protobuf/pool.hpp>

#include "bench.hpp"
#include "protobuf.pb.hpp"

using namespace avila;

int main(int argc, char** argv) {
  bench::init(argc, argv);
  people::Book book;
  for (int i = 0; i < 200; ++i) {
    people::Person& person = book.people.emplace_back();
    person.name = "person number " + std::to_string(i);
    person.id = static_cast<std::uint64_t>(i) * 1'000'003;
    person.email = "p" + std::to_string(i) + "@example.org";
    person.tags = {"alpha", "beta", "gamma"};
    person.scores = {{"a", i}, {"b", -i}, {"c", 7}};
    person.home.emplace() = {1.5, -2.5, -i, {}};
    person.path.resize(10, {3.25, 4.75, i, {}});
    for (int n = 0; n < 50; ++n) person.history.push_back(n * i);
    person.samples.resize(20, 0.1);
    person.active = true;
    person.contact.emplace<1>("555-0100");
  }
  const std::string bytes = book.serialize().value();
  const auto size = static_cast<double>(bytes.size());
  const auto dynamic =
      protobuf::DynamicMessage::parse(people::Book::descriptor(), as_bytes(bytes)).value();
  bench::mbs("protobuf.generated.serialize", size,
             [&] { bench::keep(book.serialize().has_value()); });
  bench::mbs("protobuf.generated.parse", size,
             [&] { bench::keep(people::Book::parse(as_bytes(bytes)).has_value()); });
  bench::mbs("protobuf.dynamic.serialize", size,
             [&] { bench::keep(dynamic.serialize().has_value()); });
  bench::mbs("protobuf.dynamic.parse", size, [&] {
    bench::keep(
        protobuf::DynamicMessage::parse(people::Book::descriptor(), as_bytes(bytes)).has_value());
  });
  // JSON: bytes of its text a second.
  const std::string json = protobuf::to_json(dynamic).value();
  const auto json_size = static_cast<double>(json.size());
  bench::mbs("protobuf.json.print", json_size,
             [&] { bench::keep(protobuf::to_json(dynamic).has_value()); });
  bench::mbs("protobuf.json.parse", json_size, [&] {
    bench::keep(protobuf::from_json(people::Book::descriptor(), json).has_value());
  });
}
