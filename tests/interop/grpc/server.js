// The test service as grpc-js serves it: node server.js PORT_FILE
const grpc = require('@grpc/grpc-js');
const fs = require('fs');
const same = (b) => b;
const method = (name, requestStream, responseStream) => ({
  path: '/test.Echo/' + name, requestStream, responseStream,
  requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same });
const failure = (name) => {
  const metadata = new grpc.Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from('details\xff', 'latin1'));
  return { code: grpc.status[name], details: '\u00e9 failed as told: 100%', metadata };
};
const server = new grpc.Server({ 'grpc.max_receive_message_length': 5000000 });
server.addService({
  Echo: method('Echo', false, false), Count: method('Count', false, true),
  Join: method('Join', true, false), Chat: method('Chat', true, true),
}, {
  Echo(call, done) {
    const text = call.request.toString('latin1', 0, 64);
    const back = new grpc.Metadata();
    for (const key of ['x-ask', 'x-ask-bin']) for (const v of call.metadata.get(key)) back.add(key, v);
    if (call.metadata.get('x-ask').length > 0) call.sendMetadata(back);
    if (text.startsWith('fail:')) return done(failure(text.slice(5)));
    if (text.startsWith('big:')) return done(null, Buffer.alloc(+text.slice(4), 'b'));
    if (text === 'time') return done(null, Buffer.from(String(call.getDeadline() - Date.now())));
    if (text === 'wait') return;
    done(null, call.request, back);
  },
  Count(call) {
    for (let i = 0; i < +call.request.toString(); ++i) call.write(Buffer.from(String(i)));
    call.end();
  },
  Join(call, done) {
    let all = '';
    call.on('data', (m) => { all += m.toString() + ';'; });
    call.on('end', () => done(null, Buffer.from(all)));
  },
  Chat(call) {
    call.on('data', (m) => {
      if (m.toString() === 'stop') return call.emit('error', { code: grpc.status.ABORTED, details: 'stopped' });
      call.write(Buffer.from('re:' + m.toString()));
    });
    call.on('end', () => call.end());
  },
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  fs.writeFileSync(process.argv[2] + '.new', String(port));
  fs.renameSync(process.argv[2] + '.new', process.argv[2]);
});
setTimeout(() => process.exit(0), 40000);
