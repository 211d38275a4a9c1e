#include "tool_net.hpp"

namespace avila::cli {

std::span<const Command> net_tool_commands() {
  static const Option kHeader{"-H", "H", "'Name: value'", true};
  static const Option kInsecure{"-k", "", "trust any certificate"};
  static const Option kCa{"--cacert", "F", "trust these certificates (PEM), not the machine's"};
  static const Option kMetadata{"-H", "H", "metadata, 'name: value'; of -bin names: base64", true};
  static const Option kProto{"--proto", "FILE", "the schema, in place of reflection", true};
  static const Option kImport{"-I", "DIR", "where --proto and its imports are (default: .)", true};
  static const Option kDeadline{"--deadline", "SECONDS", "give up then (default: 300)"};
  static const Option kTls{"--tls", "", "TLS; --cacert and -k say so, too"};
  static const std::vector<Command> commands = {
      {"tool http",
       "make one HTTP request, as curl does",
       {{"URL"}},
       {{"-X", "M", "the method (default: GET; POST with -d, PUT with -T)"},
        kHeader,
        {"-d", "DATA", "the body; @FILE: of a file; several are joined with &", true},
        {"-T", "FILE", "the body, read as it is sent; -: standard input"},
        {"-i", "", "the response's head, too"},
        {"-I", "", "the head only (HEAD)"},
        {"-o", "FILE", "write the body there"},
        {"-L", "", "follow redirects"},
        {"-f", "", "fail, with nothing printed, on a status of 400 or more"},
        {"-u", "USER:PASSWORD", "Basic authorization"},
        {"-x", "PROXY", "http://host:port (default: http_proxy, https_proxy)"},
        {"-m", "SECONDS", "give up then (default: 300)"},
        {"--compressed", "", "ask for a compressed body, and decode it"},
        {"--http1.1", "", "not HTTP/2"},
        {"--http2", "", "HTTP/2 for http, too, without asking the server"},
        kInsecure,
        kCa},
       tool_http,
       "HTTPS speaks HTTP/2 where the server does. Any answer is exit status 0 unless -f is "
       "given.\n"
       "With -T, -m is the time of each step; -H 'Expect: 100-continue' asks before the body goes.",
       false},
      {"tool serve",
       "serve a folder over HTTP",
       {{"DIR"}},
       {{"--port", "N", "default: 8000; 0: any free one"},
        {"--listen", "ADDR", "default: 127.0.0.1"},
        {"--tls", "", "HTTPS (TLS 1.2 and 1.3, HTTP/1.1 and HTTP/2)"},
        {"--tls-port", "N", "HTTPS there, beside HTTP on --port"},
        {"--cert", "F", "certificates, the server's first (PEM); read again when they change"},
        {"--key", "F", "its private key"},
        {"--save-cert", "F", "write the certificate there, for clients to trust"},
        {"--compress", "", "compress text on the way"},
        {"--no-listing", "", "folders without index.html are not found"},
        {"--threads", "N", "default: one for each core"}},
       tool_serve,
       "Without --cert it makes a certificate of its own. Prints the URLs, and a line that begins\n"
       "with ready.",
       false},
      {"tool proxy",
       "a reverse and forward proxy: HTTP/1.1, HTTP/2, gRPC, WebSocket, CONNECT, SOCKS5",
       {},
       {{"--config", "F", "what to listen on and where to go (TOML)"},
        {"--check", "", "read the file, say what is wrong with it, and end"},
        {"--example", "", "print a file with every key there is, and its default"}},
       tool_proxy,
       "  [[listen]]\n"
       "  address = \":8080\"\n"
       "  [[route]]\n"
       "  to = [\"127.0.0.1:9001\", \"127.0.0.1:9002\"]\n"
       "is a whole file: requests to port 8080 go to two servers in turn. Prints the URLs, and a "
       "line\n"
       "that begins with ready. SIGHUP reads the file again: routes, upstreams, trusted; the rest\n"
       "needs a restart. SIGTERM lets requests end. The exit status is 2 when the file is wrong.",
       false},
      {"tool ws",
       "talk to a WebSocket",
       {{"URL"}},
       {kHeader,
        {"--subprotocol", "NAME", "to offer", true},
        {"--keep-open", "", "after the end of the input, too, until the server closes"},
        kInsecure,
        kCa},
       tool_ws,
       "Each line of standard input is a text message; messages are printed, a line each. The "
       "exit\n"
       "status is 1 when the connection does not end well.",
       false},
      {"tool grpc list",
       "list the services of a gRPC server, or the methods of one",
       {{"ADDR"}, {"SERVICE", false}},
       {kMetadata, kProto, kImport, kDeadline, kTls, kInsecure, kCa},
       tool_grpc_list,
       "ADDR: host:port, unix:PATH, ipv4:a:p,b:p. The server's reflection tells, or --proto.",
       false},
      {"tool grpc call",
       "call a method of a gRPC server",
       {{"ADDR"}, {"SERVICE/METHOD"}},
       {{"-d", "JSON", "the message; @FILE: of a file; -: standard input"},
        kMetadata,
        {"-v", "", "metadata and status, to standard error"},
        kProto,
        kImport,
        kDeadline,
        {"--gzip", "", "compress messages"},
        {"--original-names", "", "fields as the schema names them: foo_bar, not fooBar"},
        {"--zeroes", "", "print fields that are zero or empty, too"},
        kTls,
        kInsecure,
        kCa},
       tool_grpc_call,
       "Responses are printed as JSON, a line each. Where the client streams, each line of the\n"
       "input is a message. Without -d: {}, or standard input where the client streams.",
       false},
  };
  return commands;
}

}  // namespace avila::cli
