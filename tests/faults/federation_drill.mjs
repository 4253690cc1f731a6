// Three brokers answer together, and go on answering while sources hang, die or talk nonsense.
//   node tests/faults/federation_drill.mjs [--binary build/release/src/sense/component/check/broker_server]
// A federates B and C; B federates A (a loop). Further sources of A take requests and say nothing, are not there, or answer what is no entity. Every answer of
// A must come, say what the living know, and warn of the others (ETSI GS CIM 009 V1.8.1 §6.3.17, §6.3.18). What it would find: without the time-outs of the
// sender the run would end at its deadline, without Via by the loop.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as http_server } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({ options: { binary: { type: 'string', default: 'build/release/src/sense/component/check/broker_server' } } });
const kDeadline = 120_000;   // ms: far beyond every time-out of a source
const folder = mkdtempSync(join(tmpdir(), 'federation-'));
const end = [];
const deadline = setTimeout(() => { console.log('FAULT an answer did not come'); for (const f of end) f(); process.exit(1); }, kDeadline);

async function free_port() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

class Broker {
  constructor(name, port, origins) { Object.assign(this, { name, port, origins, origin: `http://127.0.0.1:${port}` }); }
  async start() {
    this.process = spawn(options.binary, [`127.0.0.1:${this.port}`, join(folder, this.name), '', '', ...this.origins], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(createInterface({ input: this.process.stdout }), 'line');
  }
  async kill() {
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
  async ask(method, path, body) {
    const answer = await fetch(`${this.origin}/ngsi-ld/v1${path}`, { method, headers: body ? { 'content-type': 'application/json' } : {}, body: body && JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, warning: answer.headers.get('ngsild-warning'), body: text && text[0] !== '<' ? JSON.parse(text) : text };
  }
  async expect(status, method, path, body) {
    const answer = await this.ask(method, path, body);
    assert.equal(answer.status, status, `${this.name}: ${method} ${path} ${JSON.stringify(answer.body)}`);
    return answer;
  }
  register(name, origin, more = {}) {
    return this.expect(201, 'POST', '/csourceRegistrations', {
      id: `urn:ngsi-ld:ContextSourceRegistration:${name}`, type: 'ContextSourceRegistration', information: [{ entities: [{ type: 'Vehicle' }] }],
      operations: ['federationOps', 'redirectionOps'], endpoint: origin, ...more });
  }
  forget(name) { return this.expect(204, 'DELETE', `/csourceRegistrations/urn:ngsi-ld:ContextSourceRegistration:${name}`); }
}
const vehicle = (n, members) => ({ id: `urn:ngsi-ld:Vehicle:${n}`, type: 'Vehicle', ...members });
const property = (value) => ({ type: 'Property', value });
const ids = (answer) => answer.body.map((e) => e.id.split(':').at(-1)).sort().join(' ');

const [a_port, b_port, c_port, nobody] = [await free_port(), await free_port(), await free_port(), await free_port()];
const silent = createServer(() => {}).listen(0, '127.0.0.1');   // takes everything, says nothing
const nonsense = http_server((request, response) => { request.resume(); response.writeHead(200, { 'content-type': 'text/html' }).end('<html>welcome</html>'); }).listen(0, '127.0.0.1');
const broken = createServer((socket) => { socket.on('error', () => {}); socket.end('this is no HTTP\r\n\r\n'); }).listen(0, '127.0.0.1');
await Promise.all([silent, nonsense, broken].map((server) => once(server, 'listening')));
const at = (port) => `http://127.0.0.1:${port}`;
const places = { silent: at(silent.address().port), nonsense: at(nonsense.address().port), broken: at(broken.address().port), nobody: at(nobody) };
const everybody = [at(a_port), at(b_port), at(c_port), ...Object.values(places)];
const [a, b, c] = [new Broker('a', a_port, everybody), new Broker('b', b_port, everybody), new Broker('c', c_port, everybody)];
end.push(() => { for (const x of [a, b, c]) x.process?.kill('SIGKILL'); });
let failed = false;

try {
  for (const x of [a, b, c]) await x.start();
  await b.expect(201, 'POST', '/entities', vehicle(1, { speed: { ...property(5), observedAt: '2026-01-01T00:00:00Z' } }));
  await c.expect(201, 'POST', '/entities', vehicle(2, { speed: property(7) }));
  await a.expect(201, 'POST', '/entities', vehicle(1, { speed: { ...property(6), observedAt: '2026-01-02T00:00:00Z' }, brand: property('A') }));
  await a.register('b', b.origin), await a.register('c', c.origin), await b.register('a', a.origin);

  console.log('three brokers and a loop');
  const all = await a.expect(200, 'GET', '/entities?type=Vehicle');
  assert.equal(ids(all), '1 2');
  assert.equal((await a.expect(200, 'GET', '/entities/urn:ngsi-ld:Vehicle:1')).body.speed.value, 6);
  assert.equal((await b.expect(200, 'GET', '/entities/urn:ngsi-ld:Vehicle:1')).body.brand.value, 'A');
  assert.equal(ids(await b.expect(200, 'GET', '/entities?type=Vehicle')), '1 2');   // A asks C for B

  console.log('a write in parts, and a loop that is refused');
  await a.register('exclusive', c.origin, { mode: 'exclusive', information: [{ entities: [{ id: 'urn:ngsi-ld:Vehicle:3', type: 'Vehicle' }], propertyNames: ['speed'] }] });
  await a.forget('b'), await a.forget('c');
  await a.expect(201, 'POST', '/entities', vehicle(3, { speed: property(9), brand: property('C') }));
  assert.equal((await c.expect(200, 'GET', '/entities/urn:ngsi-ld:Vehicle:3')).body.brand, undefined);
  assert.equal((await a.expect(200, 'GET', '/entities/urn:ngsi-ld:Vehicle:3?local=true')).body.speed, undefined);
  const whole = (await a.expect(200, 'GET', '/entities/urn:ngsi-ld:Vehicle:3')).body;
  assert.deepEqual([whole.speed.value, whole.brand.value], [9, 'C']);
  await a.register('self', a.origin, { mode: 'redirect', information: [{ entities: [{ type: 'Ring' }] }] });
  await a.expect(508, 'DELETE', '/entities/urn:ngsi-ld:Ring:1?type=Ring');
  await a.forget('self'), await a.forget('exclusive');

  console.log('sources that hang, are away, or talk nonsense');
  await a.register('c', c.origin);
  for (const [name, code] of [['silent', '199'], ['nobody', '199'], ['broken', '199'], ['nonsense', '299']]) {
    await a.register(name, places[name], { management: { timeout: 500 } });
    for (const path of ['/entities?type=Vehicle', '/entities/urn:ngsi-ld:Vehicle:2']) {
      const answer = await a.expect(200, 'GET', path);
      assert.ok(answer.warning?.startsWith(code), `${name} ${path}: ${answer.warning}`);
    }
    if (name !== 'nonsense') {   // 200 is 200
      const partly = await a.expect(207, 'PATCH', '/entities/urn:ngsi-ld:Vehicle:1/attrs', { brand: property(name) });
      assert.ok(partly.body.notUpdated.some((n) => n.registrationId?.endsWith(name)), JSON.stringify(partly.body));
    }
    await a.forget(name);
  }

  console.log('many askers while a source hangs');
  await a.register('silent', places.silent, { management: { timeout: 300, cooldown: 60000 } });
  const answers = await Promise.all(Array.from({ length: 64 }, () => a.ask('GET', '/entities/urn:ngsi-ld:Vehicle:2')));
  assert.ok(answers.every((x) => x.status === 200 && x.warning?.startsWith('199')));
  assert.ok((await a.ask('GET', '/entities?type=Vehicle&local=true')).status === 200);
  await a.forget('silent');

  console.log('a broker that is killed, and comes back');
  await c.kill();
  const without = await a.expect(200, 'GET', '/entities?type=Vehicle');
  assert.equal(ids(without), '1 3');
  assert.ok(without.warning?.startsWith('199'));
  await c.start();
  const again = await a.expect(200, 'GET', '/entities?type=Vehicle');
  assert.equal(ids(again), '1 2 3');
  assert.equal(again.warning, null);
  await a.kill();
  await a.start();
  assert.equal(ids(await a.expect(200, 'GET', '/entities?type=Vehicle')), '1 2 3');   // registrations are durable
  console.log('federation: ok');
} catch (error) {
  failed = true;
  console.log(`FAULT ${error.stack}`);
} finally {
  clearTimeout(deadline);
  for (const x of [a, b, c]) if (x.process && x.process.exitCode === null) x.process.kill('SIGKILL');
  for (const server of [silent, nonsense, broken]) server.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
