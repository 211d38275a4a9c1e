import sys, time, threading, grpc
addr = sys.argv[1]
ident = None
def run(comp):
    ch = grpc.insecure_channel(addr, compression=comp)
    U = ch.unary_unary('/test.Echo/Echo'); C = ch.unary_stream('/test.Echo/Count'); J = ch.stream_unary('/test.Echo/Join'); T = ch.stream_stream('/test.Echo/Chat')
    for n in (0, 1, 16384, 70000, 4000000):
        assert U(b'q' * n) == b'q' * n, n
    r, call = U.with_call(b'm', metadata=(('x-ask', 'one'), ('x-ask-bin', b'\0\xff,=')))
    assert dict(call.initial_metadata())['x-ask'] == 'one' and dict(call.initial_metadata())['x-ask-bin'] == b'\0\xff,='
    assert dict(call.trailing_metadata())['x-ask-bin'] == b'\0\xff,=', call.trailing_metadata()
    for code in grpc.StatusCode:
        if code == grpc.StatusCode.OK: continue
        try: U(b'fail:' + code.name.encode()); assert False
        except grpc.RpcError as e:
            assert e.code() == code and e.details() == '\u00e9 failed as told: 100%', (code, e)
            assert dict(e.trailing_metadata())['grpc-status-details-bin'] == b'details\xff'
    assert list(C(b'5')) == [b'0', b'1', b'2', b'3', b'4']
    assert J(iter([b'a', b'b'])) == b'a;b;'
    assert J(iter([])) == b''
    assert list(T(iter([b'x', b'y']))) == [b're:x', b're:y']
    try: list(T(iter([b'x', b'stop']))); assert False
    except grpc.RpcError as e: assert e.code() == grpc.StatusCode.ABORTED and e.details() == 'stopped'
    try: U(b'wait', timeout=0.2); assert False
    except grpc.RpcError as e: assert e.code() == grpc.StatusCode.DEADLINE_EXCEEDED, e
    left = int(U(b'time', timeout=50)); assert 40000 < left <= 51000, left
    try: ch.unary_unary('/test.Echo/None')(b''); assert False
    except grpc.RpcError as e: assert e.code() == grpc.StatusCode.UNIMPLEMENTED, e
    f = U.future(b'wait'); time.sleep(0.1); f.cancel(); assert f.cancelled()
    # full duplex by turns
    import queue
    q = queue.Queue(); it = T(iter(q.get, None))
    for i in range(10):
        q.put(str(i).encode()); assert next(it) == b're:' + str(i).encode()
    q.put(None); assert list(it) == []
    try: U(b'q' * 5000000); assert False
    except grpc.RpcError as e: assert e.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, e
    fs = [U.future(str(i).encode()) for i in range(300)]
    assert [f.result() for f in fs] == [str(i).encode() for i in range(300)]
    # health by bytes
    assert ch.unary_unary('/grpc.health.v1.Health/Check')(b'') == b'\x08\x01'
    w = ch.unary_stream('/grpc.health.v1.Health/Watch')(b'\x0a\x04none'); assert next(w) == b'\x08\x03'; w.cancel()
    R = ch.stream_stream('/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo')
    out = next(R(iter([b'\x3a\x01*']))); assert b'test.Echo' in out, out
    ch.close()
for comp in (grpc.Compression.NoCompression, grpc.Compression.Gzip, grpc.Compression.Deflate): run(comp)
print('done')
