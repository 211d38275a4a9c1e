// Messages (RFC 1035 section 4) and EDNS (RFC 6891).
#pragma once
#include <avila/dns/record.hpp>
#include <optional>

namespace avila::dns {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kMessageBytesMax = 65535;
constexpr std::size_t kUdpBytesPlain = 512;  ///< RFC 1035 section 2.3.4, without EDNS
constexpr std::size_t kUdpBytesEdns = 1232;  ///< fits any path (DNS flag day 2020)

struct Question {
  Name name;
  Type type{};
  Class question_class = Class::IN;
  friend bool operator==(const Question&, const Question&) = default;
  std::string to_string() const;  ///< "www.example.com. IN A"
};

/// IANA, "DNS EDNS0 Option Codes (OPT)".
enum class OptionCode : std::uint16_t {
  Nsid = 3,
  ClientSubnet = 8,  ///< RFC 7871
  Expire = 9,
  Cookie = 10,  ///< RFC 7873
  TcpKeepalive = 11,
  Padding = 12,        ///< RFC 7830
  ExtendedError = 15,  ///< RFC 8914
};

struct EdnsOption {
  OptionCode code{};
  std::string data;
  friend bool operator==(const EdnsOption&, const EdnsOption&) = default;
};

struct Edns {
  std::uint16_t udp_bytes = kUdpBytesEdns;  ///< what the sender takes
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  std::uint16_t flags = 0;  ///< the others
  std::vector<EdnsOption> options;

  const EdnsOption* find(OptionCode code) const noexcept;
  /// Of the first extended error; nothing where there is none.
  std::optional<Ede> extended_error() const noexcept;
  void add_extended_error(Ede code, std::string_view text = "");
  friend bool operator==(const Edns&, const Edns&) = default;
};

struct Message {
  std::uint16_t id = 0;
  bool response = false;  ///< QR
  Opcode opcode = Opcode::Query;
  bool authoritative = false;        ///< AA
  bool truncated = false;            ///< TC
  bool recursion_desired = false;    ///< RD
  bool recursion_available = false;  ///< RA
  bool authentic_data = false;       ///< AD
  bool checking_disabled = false;    ///< CD
  bool reserved = false;             ///< Z
  Rcode rcode = Rcode::NoError;      ///< above 15 only with EDNS
  std::vector<Question> questions;
  std::vector<Record> answers;
  std::vector<Record> authorities;
  std::vector<Record> additionals;  ///< without OPT
  std::optional<Edns> edns;

  /// Bytes after the last record are passed over. Errors: Malformed, with the offset.
  static Result<Message> decode(ByteSpan bytes);
  /// Names compressed. What does not fit into `bytes_max` is left out: records of the additional
  /// section silently, others (and glue) with TC. Errors: LimitExceeded (the question alone does
  /// not fit).
  Result<std::string> encode(std::size_t bytes_max = kMessageBytesMax) const;

  /// A query with a random-free id of 0: the sender sets it.
  static Message query(Name name, Type type, bool recursion_desired = true);
  /// The head of an answer: id, opcode, RD, CD and question of the query; EDNS where it had EDNS.
  static Message answer_to(const Message& query);

  const Question* question() const noexcept { return questions.empty() ? nullptr : &questions[0]; }
  friend bool operator==(const Message&, const Message&) = default;
  /// In the form of dig.
  std::string to_string() const;
};

}  // namespace avila::dns
