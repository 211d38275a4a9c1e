// What `avl tool proxy --example` prints: every key there is. A test has it checked.
#pragma once

namespace avila::cli {

inline constexpr const char* kProxyExample = R"toml(# avl tool proxy --config FILE
# Times: "250ms", "30s", "5m", "1h". Sizes: 4096, "64KiB", "16MB". What is left out has its default,
# which is what stands here unless a comment says otherwise.

threads = 0                # 0: one for each core
drain = "10s"              # on SIGTERM: so long may requests run to their end
access_log = ""            # "-": standard error; else a file of JSON lines, opened again on SIGHUP
trusted = []               # proxies whose X-Forwarded-* and Forwarded are believed: ["10.0.0.0/8"]
via = "avila"              # in Via; "": no Via
x_forwarded = true         # send X-Forwarded-For, -Proto and -Host
forwarded = false          # send Forwarded (RFC 7239)

# ---- Where clients come in: as many [[listen]] as you like. HTTP/1.1 and HTTP/2 on all of them.
[[listen]]
address = "127.0.0.1:8080" # ADDRESS:PORT, :PORT (all of IPv4), unix:PATH; port 0: any free one
mode = "reverse"           # forward: an HTTP proxy for clients (CONNECT); socks5
proxy_protocol_from = []   # load balancers that send PROXY headers (v1, v2): ["10.0.0.0/8"]

[[listen]]
address = "127.0.0.1:8443"
tls = true                 # default: false; without cert and key a certificate is made
hosts = ["localhost"]      # that it is made for
# cert = "server.crt"      # PEM, the server's first; read again when it changes
# key = "server.key"
# save_cert = "made.crt"   # writes the certificate there, for clients to trust

[[listen]]
address = "127.0.0.1:3128"
mode = "forward"

[[listen]]
address = "127.0.0.1:1080"
mode = "socks5"

# ---- Where requests go: the first [[route]] that matches. None: 404.
[[route]]
name = "api"               # default: its line; in the access log
host = ["api.test", "*.api.test"]  # default: any
prefix = "/v1"             # "/v1" and what is below; or: path = "/exactly"
methods = ["GET", "POST"]  # default: any
headers = { X-Beta = "" }  # that must be there; "": with any value
upstream = "app"           # or: to = ["127.0.0.1:9000"], endpoints without rules of their own
strip_prefix = "/v1"       # default: ""
add_prefix = "/api"        # default: ""
send_host = "$upstream"    # default: "", as it came; "$upstream": the endpoint's; else this
request_headers = { set = { X-From = "proxy" }, add = { X-Also = "1" }, remove = ["Cookie"] }
response_headers = { set = { Strict-Transport-Security = "max-age=3600" }, remove = ["Server"] }
mirror = { upstream = "copy", percent = 10, in_flight = 64 }  # or: mirror = "copy"
cache = true               # default: false
upgrades = true            # WebSocket and the like
body_max = "64GiB"         # of requests; more: 413

[[route]]
path = "/health"
status = 200               # an answer without an upstream
body = "well\n"

[[route]]
host = "old.test"
redirect = "https://new.test$path"  # $path: path and query
status = 308               # default: 302

[[route]]
upstream = "app"

# ---- Groups of endpoints.
[upstream.app]
endpoints = ["127.0.0.1:9001", { address = "127.0.0.1:9002", weight = 2 },
             { address = "unix:/run/app.sock", backup = true }]  # backups: priority = 1
balance = "round-robin"    # least-requests, ring, maglev
hash = "client"            # of ring and maglev: path, header:NAME, cookie:NAME
sticky_cookie = "srv"      # default: "", none
protocol = "http1"         # http2: for gRPC; without TLS by prior knowledge
tls = false                # true, or { ca = "F", insecure = false, server_name = "" }
send_proxy = "none"        # v1, v2: PROXY headers to the endpoints
pool = 256                 # idle connections kept of an endpoint
pool_idle = "55s"
health = "/health"         # default: none; "tcp": only connect; or a table as for copy

[upstream.app.outlier]     # an endpoint that fails is left alone for a while
gateway_errors = 5         # in a row: no connection, no response, 502, 503, 504; 0: off
server_errors = 0          # any 5xx in a row; 0: off
ejection = "1s"            # doubled each time
ejection_max = "60s"
percent_max = 50           # of the endpoints

[upstream.app.retry]       # of what was not sent, or is idempotent
attempts = 3               # in all
budget = 0.2               # retries for each request,
per_second = 10            # and these in any case,
burst = 100                # saved up
backoff = "20ms"
backoff_max = "250ms"
statuses = [502, 503, 504]
body = "64KiB"             # larger ones are not kept: then no retry once they flow

[upstream.app.limits]      # past them: 503
connections = 1024
pending = 1024
requests = 16384
retries = 128

[upstream.app.timeouts]
connect = "5s"
first_byte = "60s"
idle = "60s"
total = "0s"               # 0: none
tunnel_idle = "10m"

[upstream.copy]
endpoints = "127.0.0.1:9009"

[upstream.copy.health]
kind = "http"              # or tcp
path = "/"
host = ""                  # default: the endpoint's
status_min = 200
status_max = 399
interval = "5s"
timeout = "2s"
rise = 2
fall = 3

# ---- One cache for all routes that want it (RFC 9111, in memory).
[cache]
size = "64MiB"
object = "1MiB"            # larger bodies are not kept
variants = 32              # of one URI, by Vary
wait = "5s"                # for another's answer to the same request
status_field = true        # send Cache-Status
default_fresh = "0s"       # where a response does not say

# ---- Of the listeners whose mode is forward or socks5.
[forward]
ports = [443]              # of tunnels; []: any
plain_ports = [80]         # of plain HTTP; []: any
hosts = []                 # allowed ones, "*.example.com" too; []: any
denied_hosts = []
internal = false           # whether private and loopback addresses may be reached
allowed = []               # addresses in spite of that: ["10.1.0.0/16"]
denied = []
users = { alice = "a password" }  # default: none, then anybody may
open = false               # without users: listen beyond loopback all the same
connect = "10s"
idle = "10m"
tunnels = 10000
udp_associations = 1000    # of a socks5 listener, like the next ones; 0: no UDP ASSOCIATE
udp_idle = "5m"
binds = 1000               # that wait; 0: no BIND
bind_wait = "1m"

[clients]
connections = 10000        # of each listener
header_timeout = "10s"
idle_timeout = "60s"
write_timeout = "30s"
)toml";

}  // namespace avila::cli
