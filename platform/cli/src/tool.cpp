#include "tool.hpp"

#include <avila/text/number.hpp>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "commands.hpp"

namespace avila::cli {
namespace {

constexpr std::size_t kPieceBytes = 128U << 10;

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) (void)std::fclose(file);
  }
};

}  // namespace

Result<void> read_pieces(const std::string& path, FunctionRef<Result<void>(ByteSpan)> take) {
  const bool standard = path.empty() || path == "-";
  const std::string name = standard ? "standard input" : path;
  const std::unique_ptr<std::FILE, CloseFile> file(standard ? stdin
                                                            : std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return Error::from_errno(errno, path);
  const auto room = std::make_unique<std::byte[]>(kPieceBytes);
  for (;;) {
    const std::size_t got = std::fread(room.get(), 1, kPieceBytes, file.get());
    if (std::ferror(file.get()) != 0) return Error::from_errno(errno, name);
    if (got == 0) return {};
    AVILA_TRY_VOID(take({room.get(), got}));
  }
}

Result<std::string> read_input(const std::string& path) {
  std::string text;
  const auto add = [&](ByteSpan piece) -> Result<void> {
    if (text.size() + piece.size() > kToolInputMax)
      return Error(Errc::LimitExceeded, "the input is longer than 1 GiB");
    text.append(as_text(piece));
    return {};
  };
  AVILA_TRY_VOID(read_pieces(path, add));
  return text;
}

Result<void> print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    return Error::from_errno(errno, "write to standard output");
  return {};
}

Result<std::uint64_t> number_option(const Arguments& arguments, std::string_view option,
                                    std::uint64_t fallback, std::uint64_t least,
                                    std::uint64_t most) {
  if (!arguments.has(option)) return fallback;
  const std::string given = arguments.get(option);
  const auto value = text::parse_uint(given);
  if (!value.has_value() || *value < least || *value > most)
    return Error(Errc::InvalidArgument, std::string(option) + " takes a number from " +
                                            std::to_string(least) + " to " + std::to_string(most) +
                                            ", not '" + given + '\'');
  return *value;
}

namespace {

std::vector<Option> compress_options() {
  std::vector<Option> options = {
      {"--format", "FORMAT", "see below"},
      {"--dictionary", "F", "for deflate, zlib, zstd and lz4"},
      {"-1", "", "the fastest level; -2 and so on, up to"},
      {"-9", "", "a small result; -10 to -19 where the format has them"}};
  for (const char* digit : {"-0", "-2", "-3", "-4", "-5", "-6", "-7", "-8"})
    options.push_back({digit, "", ""});
  return options;
}

}  // namespace

std::span<const Command> tool_commands() {
  static const std::vector<Command> commands = {
      {"tool hash",
       "hash files, as sha256sum does",
       {{"ALG"}, {"FILE…", false}},
       {{"--check", "LIST", "verify the hashes that LIST names"},
        {"--key", "HEX", "the key: siphash (16 bytes), blake2b, blake3 (32 bytes)"},
        {"--length", "BYTES", "of the hash: shake128, shake256, blake2b, blake3"}},
       tool_hash,
       "ALG: sha1 md5 sha224 sha256 sha384 sha512 sha3-224 sha3-256 sha3-384 sha3-512 shake128\n"
       "shake256 blake2b blake3 xxh3 xxh128 siphash crc32 crc32c crc64nvme.",
       false},
      {"tool json",
       "check and print JSON",
       {{"FILE", false}},
       {{"--pretty", "", "two spaces a level (the default)"},
        {"--compact", "", "no white space"},
        {"--pointer", "P", "only the value at a JSON Pointer, such as /a/0"},
        {"--check", "", "print nothing: the exit status tells"}},
       tool_json,
       "",
       false},
      {"tool id",
       "make identifiers",
       {{"KIND"}},
       {{"-n", "N", "how many (default: 1)"}},
       tool_id,
       "KIND: uuid4 (or uuid), uuid7, ulid, ksuid, snowflake, nanoid.",
       false},
      {"tool regex",
       "print the lines that match, as grep does",
       {{"PATTERN"}, {"FILE…", false}},
       {{"-o", "", "only what matches, a line each"},
        {"-c", "", "only how many lines"},
        {"-v", "", "the lines that do not match"},
        {"-i", "", "ignore case"},
        {"-n", "", "with line numbers"}},
       tool_regex,
       "The exit status is 1 when no line is selected.",
       false},
      {"tool calc",
       "compute, with as many digits as it takes",
       {{"EXPR"}},
       {{"--digits", "N", "significant digits of what does not end (default: 34)"}},
       tool_calc,
       "Exact, fractions too. + - * / % ^ ! and parentheses; gcd lcm sqrt root modpow modinv fact "
       "binomial\n"
       "fib isprime nextprime abs min max floor ceil round trunc; 0xff, 0b101, 1_000, 1e-3.",
       false},
      {"tool encode",
       "bytes to text",
       {{"FORMAT"}, {"FILE", false}},
       {},
       tool_encode,
       "FORMAT: base64 base64url base32 hex percent.",
       false},
      {"tool decode",
       "text to bytes; line ends in the text are passed over",
       {{"FORMAT"}, {"FILE", false}},
       {},
       tool_decode,
       "FORMAT: base64 base64url base32 hex percent.",
       false},
      {"tool compress",
       "compress a stream",
       {{"FILE", false}},
       compress_options(),
       tool_compress,
       "FORMAT: deflate zlib gzip zstd brotli lz4 snappy. A level above the format's is its last.",
       false},
      {"tool decompress",
       "decompress a stream",
       {{"FILE", false}},
       {{"--format", "FORMAT", "deflate, zlib, gzip, zstd, brotli, lz4 or snappy"},
        {"--dictionary", "F", "what the stream was made with"},
        {"--max-output", "BYTES", "give up beyond (default: no limit)"}},
       tool_decompress,
       "",
       false},
      {"tool dns",
       "ask a DNS server, as dig does",
       {{"NAME"}, {"TYPE", false}, {"@SERVER[:PORT]", false}},
       {{"--dnssec", "", "records of DNSSEC too"},
        {"--tls", "", "over TLS (port 853)"},
        {"--https", "", "over HTTPS (port 443)"},
        {"--tcp", "", "over TCP"},
        {"--cacert", "F", "trust these certificates, not the system's"},
        {"-k", "", "any certificate will do"},
        {"--path", "P", "of --https (default: /dns-query)"},
        {"-x", "", "NAME is an address; ask for its name"},
        {"--cd", "", "ask the server not to validate"},
        {"--no-recurse", "", "ask the server for what it has"},
        {"--timeout", "SECONDS", "give up after (default: 5)"},
        {"--short", "", "only the data of the answers"},
        {"--output", "FORMAT", "text (the default) or json"}},
       tool_dns,
       "Without @SERVER: those of /etc/resolv.conf, in turn until one answers.\n"
       "Exit status 0: an answer came, whatever it says (NXDOMAIN and SERVFAIL too, as with dig).",
       false},
      {"tool resolver",
       "a recursive, validating resolver in the foreground",
       {},
       {{"--port", "N", "UDP and TCP (default: 5353; 0: a free one)"},
        {"--listen", "ADDR", "address to listen on (default: 127.0.0.1)"},
        {"--root-hints", "F", "NS records of the root and their addresses"},
        {"--trust-anchor", "F", "DS or DNSKEY records; without, nothing is validated"},
        {"--anchor-state", "F", "follow the anchors' changes (RFC 5011), kept in this file"},
        {"--rate-limit", "N", "answers a second for a network of clients, of a kind and name"},
        {"--upstream-port", "N", "of the servers that are asked (default: 53)"},
        {"--no-minimise", "", "send whole names to every server"},
        {"--serve-stale", "SECONDS", "expired answers, where no server answers (default: 0)"},
        {"--tls-port", "N", "DNS over TLS; needs --cert and --key"},
        {"--https-port", "N", "DNS over HTTPS; needs --cert and --key"},
        {"--cert", "F", "PEM, the server's first"},
        {"--key", "F", "PEM"}},
       tool_resolver,
       "Prints a line that begins with ready. Ctrl-C stops it.",
       false},
  };
  return commands;
}

}  // namespace avila::cli
