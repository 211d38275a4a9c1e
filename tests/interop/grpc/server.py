import sys, os, time, grpc
from concurrent import futures
ident = lambda b: b
def echo(req, ctx):
    md = dict(ctx.invocation_metadata())
    if 'x-ask' in md or 'x-ask-bin' in md:
        pairs = tuple((k, md[k]) for k in ('x-ask', 'x-ask-bin') if k in md)
        ctx.send_initial_metadata(pairs)
        ctx.set_trailing_metadata(pairs)
    if req.startswith(b'fail:'):
        ctx.set_trailing_metadata((('grpc-status-details-bin', b'details\xff'),))
        ctx.abort(getattr(grpc.StatusCode, req[5:].decode()), '\u00e9 failed as told: 100%')
    if req == b'wait':
        time.sleep(30 if ctx.is_active() else 0)
    if req == b'time':
        left = ctx.time_remaining()
        return b'none' if left is None else str(int(left * 1000)).encode()
    if req.startswith(b'big:'):
        return b'b' * int(req[4:])
    return req
def count(req, ctx):
    for i in range(int(req)): yield str(i).encode()
def join(it, ctx):
    return b''.join(m + b';' for m in it)
def chat(it, ctx):
    for m in it:
        if m == b'stop': ctx.abort(grpc.StatusCode.ABORTED, 'stopped')
        yield b're:' + m
class H(grpc.GenericRpcHandler):
    def service(self, d):
        return {
         '/test.Echo/Echo': grpc.unary_unary_rpc_method_handler(echo, ident, ident),
         '/test.Echo/Count': grpc.unary_stream_rpc_method_handler(count, ident, ident),
         '/test.Echo/Join': grpc.stream_unary_rpc_method_handler(join, ident, ident),
         '/test.Echo/Chat': grpc.stream_stream_rpc_method_handler(chat, ident, ident)}.get(d.method)
s = grpc.server(futures.ThreadPoolExecutor(8), compression=getattr(grpc.Compression, sys.argv[2]))
s.add_generic_rpc_handlers((H(),))
port = s.add_insecure_port('127.0.0.1:0'); s.start()
open(sys.argv[1] + '.new', 'w').write(str(port)); os.rename(sys.argv[1] + '.new', sys.argv[1])
time.sleep(40)
