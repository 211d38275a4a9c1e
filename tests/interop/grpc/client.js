// grpc-js as a client of the test service: node client.js HOST:PORT
const grpc = require('@grpc/grpc-js');
const assert = require('assert');
const same = (b) => b;
const enc = Buffer.from;
const call = (client, name, request, metadata, options) => new Promise((resolve, reject) => {
  const seen = {};
  const c = client.makeUnaryRequest('/test.Echo/' + name, same, same, enc(request), metadata || new grpc.Metadata(), options || {},
    (error, response) => { seen.error = error; seen.response = response; });
  c.on('metadata', (m) => { seen.initial = m; });
  c.on('status', (s) => { seen.status = s; resolve(seen); });
});
const all = (stream) => new Promise((resolve) => {
  const got = [];
  let status;
  stream.on('data', (m) => got.push(m.toString()));
  stream.on('error', () => {});
  stream.on('status', (s) => { status = s; resolve({ got, status }); });
});
async function run(compression) {
  const client = new grpc.Client(process.argv[2], grpc.credentials.createInsecure(), {
    'grpc.default_compression_algorithm': compression, 'grpc.max_receive_message_length': 5000000 });
  for (const n of [0, 1, 16384, 70000, 4000000]) {
    const r = await call(client, 'Echo', 'q'.repeat(n));
    assert.strictEqual(r.response.length, n);
  }
  const metadata = new grpc.Metadata();
  metadata.set('x-ask', 'one');
  metadata.set('x-ask-bin', Buffer.from([0, 255, 44, 61]));
  const m = await call(client, 'Echo', 'm', metadata);
  assert.deepStrictEqual(m.initial.get('x-ask'), ['one']);
  assert.deepStrictEqual(m.status.metadata.get('x-ask-bin')[0], Buffer.from([0, 255, 44, 61]));
  for (const name of Object.keys(grpc.status).filter((k) => isNaN(k) && k !== 'OK')) {
    const r = await call(client, 'Echo', 'fail:' + name);
    assert.strictEqual(r.status.code, grpc.status[name]);
    assert.strictEqual(r.status.details, '\u00e9 failed as told: 100%');
    assert.deepStrictEqual(r.status.metadata.get('grpc-status-details-bin')[0], Buffer.from('details\xff', 'latin1'));
  }
  const counted = await all(client.makeServerStreamRequest('/test.Echo/Count', same, same, enc('5'), new grpc.Metadata(), {}));
  assert.deepStrictEqual(counted.got, ['0', '1', '2', '3', '4']);
  const joined = await new Promise((resolve) => {
    const s = client.makeClientStreamRequest('/test.Echo/Join', same, same, new grpc.Metadata(), {}, (e, r) => resolve(r.toString()));
    s.write(enc('a')); s.write(enc('b')); s.end();
  });
  assert.strictEqual(joined, 'a;b;');
  const chat = client.makeBidiStreamRequest('/test.Echo/Chat', same, same, new grpc.Metadata(), {});
  const talked = all(chat);
  chat.write(enc('x'));
  chat.once('data', () => { chat.write(enc('y')); chat.write(enc('stop')); });
  const t = await talked;
  assert.deepStrictEqual(t.got, ['re:x', 're:y']);
  assert.strictEqual(t.status.code, grpc.status.ABORTED);
  const late = await call(client, 'Echo', 'wait', new grpc.Metadata(), { deadline: Date.now() + 200 });
  assert.strictEqual(late.status.code, grpc.status.DEADLINE_EXCEEDED);
  const none = await call(client, 'None', '');
  assert.strictEqual(none.status.code, grpc.status.UNIMPLEMENTED);
  const many = await Promise.all([...Array(300).keys()].map((i) => call(client, 'Echo', String(i))));
  many.forEach((r, i) => assert.strictEqual(r.response.toString(), String(i)));
  client.close();
}
(async () => {
  await run(grpc.compressionAlgorithms.identity);
  await run(grpc.compressionAlgorithms.gzip);
  await run(grpc.compressionAlgorithms.deflate);
  console.log('done');
})().catch((e) => { console.log(e); process.exit(1); });
