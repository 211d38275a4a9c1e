// The ENTRY blocks of unbound's test files.
#pragma once
#include <gtest/gtest.h>
#include <avila/dns/message.hpp>
#include <avila/dns/zone_file.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace dns_conformance {

using namespace avila;

struct Entry {
  std::vector<std::string> match, adjust, reply;
  dns::Message message;
};

inline std::vector<std::string> words(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> all;
  for (std::string word; in >> word;) {
    if (word[0] == ';') break;
    all.push_back(word);
  }
  return all;
}

/// Reads lines after ENTRY_BEGIN up to ENTRY_END.
inline Entry read_entry(std::istream& in, const dns::Name& origin = dns::Name()) {
  Entry entry;
  std::vector<dns::Record>* section = nullptr;
  bool question = false;
  dns::ZoneFileOptions options;
  options.origin = origin;
  dns::Name owner;  // of the record before: a line may begin with a space
  for (std::string line; std::getline(in, line);) {
    const auto all = words(line);
    if (all.empty()) continue;
    if (all[0] == "ENTRY_END") break;
    const std::vector<std::string> rest(all.begin() + 1, all.end());
    if (all[0] == "MATCH") {
      entry.match.insert(entry.match.end(), rest.begin(), rest.end());
    } else if (all[0] == "ADJUST") {
      entry.adjust.insert(entry.adjust.end(), rest.begin(), rest.end());
    } else if (all[0] == "REPLY") {
      entry.reply.insert(entry.reply.end(), rest.begin(), rest.end());
    } else if (all[0] == "SECTION") {
      question = rest.at(0) == "QUESTION";
      section = rest[0] == "ANSWER"      ? &entry.message.answers
                : rest[0] == "AUTHORITY" ? &entry.message.authorities
                                         : &entry.message.additionals;
    } else if (question) {
      dns::Question asked;
      asked.name = dns::Name::parse(all[0]).value();
      asked.type = dns::parse_type(all.back()).value_or(dns::Type{});
      entry.message.questions = {asked};
    } else if (section != nullptr) {
      while (line.find('(') != std::string::npos && line.find(')') == std::string::npos) {
        std::string more;
        if (!std::getline(in, more)) break;
        line += '\n' + more;
      }
      std::string text = line;
      if (text[0] == ' ' || text[0] == '\t') {
        // Indented records still begin with their owner where the first word is no type.
        const bool bare = dns::parse_type(all[0]).has_value() || all[0] == "IN" ||
                          std::isdigit(static_cast<unsigned char>(all[0][0])) != 0;
        if (bare)
          text = owner.to_string() + text;
        else
          text.erase(0, text.find_first_not_of(" \t"));
      }
      auto record = dns::parse_record(text, options);
      // Data that its type does not allow, as a server might send it.
      for (const dns::Type type : {dns::Type::A, dns::Type::AAAA}) {
        const std::string word = ' ' + dns::to_string(type) + " \\#";
        const std::size_t at = text.find(word);
        if (record.has_value() || at == text.npos) continue;
        text.replace(at, word.size(), " TYPE65280 \\#");
        record = dns::parse_record(text, options);
        if (record.has_value()) record->type = type;
      }
      if (!record.has_value()) {
        ADD_FAILURE() << text << ": " << record.error().to_string();
        continue;
      }
      owner = record->owner;
      section->push_back(std::move(*record));
    }
  }
  return entry;
}

inline std::vector<Entry> read_entries(const std::string& text) {
  std::istringstream in(text);
  std::vector<Entry> entries;
  for (std::string line; std::getline(in, line);)
    if (const auto all = words(line); !all.empty() && all[0] == "ENTRY_BEGIN")
      entries.push_back(read_entry(in));
  return entries;
}

}  // namespace dns_conformance
