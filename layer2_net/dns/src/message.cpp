#include <avila/dns/message.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/text/encoding.hpp>

namespace avila::dns {
namespace {

void put16(std::string& out, unsigned value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}
void put32(std::string& out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}

class Reader {
 public:
  explicit Reader(ByteSpan bytes) : bytes_(bytes) {}
  std::size_t at() const noexcept { return at_; }
  Result<std::uint16_t> u16() {
    if (bytes_.size() - at_ < 2) return cut();
    at_ += 2;
    return load_be16(bytes_.data() + at_ - 2);
  }
  Result<std::uint32_t> u32() {
    if (bytes_.size() - at_ < 4) return cut();
    at_ += 4;
    return load_be32(bytes_.data() + at_ - 4);
  }
  Result<Name> name() { return Name::decode(bytes_, at_); }

  Result<Question> question() {
    Question question;
    AVILA_TRY(question.name, name());
    AVILA_TRY(const std::uint16_t type, u16());
    AVILA_TRY(const std::uint16_t value, u16());
    question.type = static_cast<Type>(type);
    question.question_class = static_cast<Class>(value);
    return question;
  }
  Result<Record> record() {
    Record record;
    AVILA_TRY(record.owner, name());
    AVILA_TRY(const std::uint16_t type, u16());
    AVILA_TRY(const std::uint16_t value, u16());
    AVILA_TRY(record.ttl, u32());
    AVILA_TRY(const std::uint16_t length, u16());
    record.type = static_cast<Type>(type);
    record.record_class = static_cast<Class>(value);
    AVILA_TRY(record.rdata, decode_rdata(record.type, bytes_, at_, length));
    at_ += length;
    return record;
  }

 private:
  Error cut() const { return Error(Errc::Malformed, "the message is cut", {.offset = at_}); }
  ByteSpan bytes_;
  std::size_t at_ = 0;
};

Result<Edns> edns_of(const Record& opt, Rcode& rcode) {
  Edns edns;
  if (!opt.owner.is_root()) return Error(Errc::Malformed, "the owner of OPT is not the root");
  edns.udp_bytes = static_cast<std::uint16_t>(opt.record_class);
  edns.version = static_cast<std::uint8_t>(opt.ttl >> 16);
  edns.dnssec_ok = (opt.ttl & 0x8000) != 0;
  edns.flags = static_cast<std::uint16_t>(opt.ttl & 0x7fff);
  rcode = static_cast<Rcode>((opt.ttl >> 24) << 4 | static_cast<unsigned>(rcode));
  for (std::size_t at = 0; at < opt.rdata.size();) {
    if (opt.rdata.size() - at < 4) return Error(Errc::Malformed, "an EDNS option is cut");
    const std::size_t length = load_be16(opt.rdata.data() + at + 2);
    if (opt.rdata.size() - at - 4 < length) return Error(Errc::Malformed, "an EDNS option is cut");
    edns.options.push_back({static_cast<OptionCode>(load_be16(opt.rdata.data() + at)),
                            opt.rdata.substr(at + 4, length)});
    at += 4 + length;
  }
  return edns;
}

/// Writes names, compressed against those already written.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  std::size_t mark() const noexcept { return out_.size(); }
  void rewind(std::size_t mark) {
    out_.resize(mark);
    while (!seen_.empty() && seen_.back().offset >= mark) seen_.pop_back();
  }
  void name(std::string_view wire) {
    std::size_t at = 0;
    while (wire[at] != '\0') {
      const std::uint32_t hash = hash_of(wire.substr(at));
      for (const Seen& seen : seen_) {
        if (seen.hash != hash || !is_same(seen.offset, wire.substr(at))) continue;
        put16(out_, 0xc000U | seen.offset);
        return;
      }
      if (out_.size() < 0x4000 && seen_.size() < kSeenMax)
        seen_.push_back({hash, static_cast<std::uint16_t>(out_.size())});
      const std::size_t length = static_cast<unsigned char>(wire[at]) + std::size_t{1};
      out_ += wire.substr(at, length);
      at += length;
    }
    out_.push_back('\0');
  }
  void question(const Question& question) {
    name(question.name.wire());
    put16(out_, static_cast<unsigned>(question.type));
    put16(out_, static_cast<unsigned>(question.question_class));
  }
  void record(const Record& record) {
    name(record.owner.wire());
    put16(out_, static_cast<unsigned>(record.type));
    put16(out_, static_cast<unsigned>(record.record_class));
    put32(out_, record.ttl);
    put16(out_, 0);
    const std::size_t start = out_.size();
    split_for_compression(
        record.type, record.rdata,
        [](void* self, std::string_view bytes, bool is_name) {
          auto* writer = static_cast<Writer*>(self);
          if (is_name)
            writer->name(bytes);
          else
            writer->out_ += bytes;
        },
        this);
    const std::size_t length = out_.size() - start;
    out_[start - 2] = static_cast<char>(length >> 8);
    out_[start - 1] = static_cast<char>(length);
  }

 private:
  static constexpr std::size_t kSeenMax = 256;  // searched in order
  struct Seen {
    std::uint32_t hash;
    std::uint16_t offset;
  };
  static char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  static std::uint32_t hash_of(std::string_view wire) noexcept {
    std::uint32_t state = 0x811c9dc5U;
    for (const char c : wire) state = (state ^ static_cast<unsigned char>(lower(c))) * 0x01000193U;
    return state;
  }
  bool is_same(std::size_t offset, std::string_view wire) const noexcept {
    std::size_t at = 0;
    for (;;) {
      const auto length = static_cast<unsigned char>(out_[offset]);
      if (length >= 0xc0) {
        offset = (length & 0x3fU) << 8 | static_cast<unsigned char>(out_[offset + 1]);
        continue;
      }
      for (std::size_t i = 0; i <= length; ++i)
        if (lower(out_[offset + i]) != lower(wire[at + i])) return false;
      if (length == 0) return true;
      offset += length + std::size_t{1};
      at += length + std::size_t{1};
    }
  }
  std::string& out_;
  std::vector<Seen> seen_;
};

std::string opt_of(const Edns& edns, Rcode rcode) {
  std::string out(1, '\0');
  put16(out, static_cast<unsigned>(Type::OPT));
  put16(out, edns.udp_bytes);
  put32(out, static_cast<std::uint32_t>(rcode) >> 4 << 24 |
                 static_cast<std::uint32_t>(edns.version) << 16 | (edns.dnssec_ok ? 0x8000U : 0U) |
                 (edns.flags & 0x7fffU));
  std::string options;
  for (const EdnsOption& option : edns.options) {
    put16(options, static_cast<unsigned>(option.code));
    put16(options, static_cast<unsigned>(option.data.size()));
    options += option.data;
  }
  put16(out, static_cast<unsigned>(options.size()));
  return out + options;
}

/// Writes whole sets while they fit; the number of records written.
std::size_t write_sets(Writer& writer, const std::vector<Record>& records, std::size_t room) {
  std::size_t done = 0;
  while (done < records.size()) {
    const std::size_t mark = writer.mark();
    std::size_t end = done;
    do {
      writer.record(records[end++]);
    } while (writer.mark() <= room && end < records.size() &&
             records[end].type == records[done].type && records[end].owner == records[done].owner);
    if (writer.mark() > room) {
      writer.rewind(mark);
      break;
    }
    done = end;
  }
  return done;
}

}  // namespace

const EdnsOption* Edns::find(OptionCode code) const noexcept {
  for (const EdnsOption& option : options)
    if (option.code == code) return &option;
  return nullptr;
}

std::optional<Ede> Edns::extended_error() const noexcept {
  const EdnsOption* option = find(OptionCode::ExtendedError);
  if (option == nullptr || option->data.size() < 2) return std::nullopt;
  return static_cast<Ede>(load_be16(option->data.data()));
}

void Edns::add_extended_error(Ede code, std::string_view text) {
  EdnsOption option{OptionCode::ExtendedError, {}};
  put16(option.data, static_cast<unsigned>(code));
  option.data += text.substr(0, 200);
  options.push_back(std::move(option));
}

Result<Message> Message::decode(ByteSpan bytes) {
  if (bytes.size() < kHeaderBytes)
    return Error(Errc::Malformed, "the message is shorter than its header",
                 {.offset = bytes.size()});
  if (bytes.size() > kMessageBytesMax)
    return Error(Errc::LimitExceeded, "the message is longer than 65535 bytes");
  Message message;
  Reader reader(bytes);
  AVILA_TRY(message.id, reader.u16());
  AVILA_TRY(const std::uint16_t flags, reader.u16());
  message.response = (flags & 0x8000) != 0;
  message.opcode = static_cast<Opcode>(flags >> 11 & 15);
  message.authoritative = (flags & 0x0400) != 0;
  message.truncated = (flags & 0x0200) != 0;
  message.recursion_desired = (flags & 0x0100) != 0;
  message.recursion_available = (flags & 0x0080) != 0;
  message.reserved = (flags & 0x0040) != 0;
  message.authentic_data = (flags & 0x0020) != 0;
  message.checking_disabled = (flags & 0x0010) != 0;
  message.rcode = static_cast<Rcode>(flags & 15);
  std::uint16_t counts[4];
  for (std::uint16_t& count : counts) {
    AVILA_TRY(count, reader.u16());
  }
  for (std::size_t i = 0; i < counts[0]; ++i) {
    AVILA_TRY(Question question, reader.question().context("question"));
    message.questions.push_back(std::move(question));
  }
  std::vector<Record>* sections[] = {&message.answers, &message.authorities, &message.additionals};
  for (std::size_t section = 0; section < 3; ++section)
    for (std::size_t i = 0; i < counts[section + 1]; ++i) {
      // Some servers count an OPT that they do not send.
      if (section == 2 && i + 1 == counts[3] && reader.at() == bytes.size()) break;
      AVILA_TRY(Record record, reader.record());
      if (record.type != Type::OPT) {
        sections[section]->push_back(std::move(record));
        continue;
      }
      // RFC 6891 section 6.1.1: one, in the additional section.
      if (section != 2 || message.edns.has_value())
        return Error(Errc::Malformed, "OPT where none may be", {.offset = reader.at()});
      AVILA_TRY(message.edns, edns_of(record, message.rcode));
    }
  return message;
}

Result<std::string> Message::encode(std::size_t bytes_max) const {
  bytes_max = std::min(bytes_max, kMessageBytesMax);
  std::string out(kHeaderBytes, '\0');
  const std::string opt = edns.has_value() ? opt_of(*edns, rcode) : std::string();
  Writer writer(out);
  for (const Question& each : questions) writer.question(each);
  if (out.size() + opt.size() > bytes_max)
    return Error(Errc::LimitExceeded, "the question does not fit into the message");
  const std::size_t room = bytes_max - opt.size();
  std::size_t counts[4] = {questions.size(), 0, 0, 0};
  bool cut = truncated;
  counts[1] = write_sets(writer, answers, room);
  cut = cut || counts[1] < answers.size();
  if (!cut) counts[2] = write_sets(writer, authorities, room);
  cut = cut || (counts[2] < authorities.size());
  if (!cut) counts[3] = write_sets(writer, additionals, room);
  // RFC 9471 section 3: glue of a referral is not left out in silence.
  const bool referral =
      answers.empty() && !authoritative && !authorities.empty() && authorities[0].type == Type::NS;
  cut = cut || (referral && counts[3] < additionals.size());
  out += opt;
  if (!opt.empty()) ++counts[3];
  store_be16(out.data(), id);
  unsigned flags = static_cast<unsigned>(rcode) & 15;
  flags |= response ? 0x8000U : 0U;
  flags |= (static_cast<unsigned>(opcode) & 15) << 11;
  flags |= authoritative ? 0x0400U : 0U;
  flags |= cut ? 0x0200U : 0U;
  flags |= recursion_desired ? 0x0100U : 0U;
  flags |= recursion_available ? 0x0080U : 0U;
  flags |= reserved ? 0x0040U : 0U;
  flags |= authentic_data ? 0x0020U : 0U;
  flags |= checking_disabled ? 0x0010U : 0U;
  store_be16(out.data() + 2, static_cast<std::uint16_t>(flags));
  for (std::size_t i = 0; i < 4; ++i)
    store_be16(out.data() + 4 + 2 * i, static_cast<std::uint16_t>(counts[i]));
  return out;
}

Message Message::query(Name name, Type type, bool recursion_desired) {
  Message message;
  message.recursion_desired = recursion_desired;
  message.questions.push_back({std::move(name), type, Class::IN});
  return message;
}

Message Message::answer_to(const Message& query) {
  Message message;
  message.id = query.id;
  message.response = true;
  message.opcode = query.opcode;
  message.recursion_desired = query.recursion_desired;
  message.checking_disabled = query.checking_disabled;
  message.questions = query.questions;
  if (query.edns.has_value()) {
    message.edns.emplace();
    message.edns->dnssec_ok = query.edns->dnssec_ok;  // RFC 3225 section 3
  }
  return message;
}

std::string Question::to_string() const {
  return name.to_string() + ' ' + dns::to_string(question_class) + ' ' + dns::to_string(type);
}

std::string Message::to_string() const {
  std::string out = ";; ->>HEADER<<- opcode: " + dns::to_string(opcode) +
                    ", status: " + dns::to_string(rcode) + ", id: " + std::to_string(id) +
                    "\n;; flags:";
  const std::pair<bool, const char*> flags[] = {
      {response, " qr"},          {authoritative, " aa"},       {truncated, " tc"},
      {recursion_desired, " rd"}, {recursion_available, " ra"}, {authentic_data, " ad"},
      {checking_disabled, " cd"},
  };
  for (const auto& [on, name] : flags)
    if (on) out += name;
  out += "; QUERY: " + std::to_string(questions.size()) +
         ", ANSWER: " + std::to_string(answers.size()) +
         ", AUTHORITY: " + std::to_string(authorities.size()) +
         ", ADDITIONAL: " + std::to_string(additionals.size() + (edns.has_value() ? 1 : 0)) + '\n';
  if (edns.has_value()) {
    out += "\n;; OPT PSEUDOSECTION:\n; EDNS: version: " + std::to_string(edns->version) +
           ", flags:" + (edns->dnssec_ok ? " do" : "") +
           "; udp: " + std::to_string(edns->udp_bytes) + '\n';
    for (const EdnsOption& option : edns->options) {
      if (option.code == OptionCode::ExtendedError && option.data.size() >= 2) {
        const auto code = static_cast<Ede>(load_be16(option.data.data()));
        out += "; EDE: " + std::to_string(static_cast<unsigned>(code)) + " (" +
               std::string(dns::to_string(code)) + ')';
        if (option.data.size() > 2) {
          out += ": (";
          for (const char c : option.data.substr(2)) out.push_back(c < ' ' || c > '~' ? '?' : c);
          out += ')';
        }
        out.push_back('\n');
        continue;
      }
      out += option.code == OptionCode::Cookie
                 ? std::string("; COOKIE")
                 : "; OPT=" + std::to_string(static_cast<unsigned>(option.code));
      out += ": " + text::hex_encode(option.data) + '\n';
    }
  }
  if (!questions.empty()) out += "\n;; QUESTION SECTION:\n";
  for (const Question& each : questions)
    out += ';' + each.name.to_string() + "\t\t" + dns::to_string(each.question_class) + '\t' +
           dns::to_string(each.type) + '\n';
  const std::pair<const std::vector<Record>*, const char*> sections[] = {
      {&answers, "ANSWER"}, {&authorities, "AUTHORITY"}, {&additionals, "ADDITIONAL"}};
  for (const auto& [records, name] : sections) {
    if (records->empty()) continue;
    out += std::string("\n;; ") + name + " SECTION:\n";
    for (const Record& record : *records) out += record.to_string() + '\n';
  }
  return out;
}

}  // namespace avila::dns
