// The npm client `mqtt`, unmodified, in versions 3.1.1 and 5 against the listener: node tests/faults/mqtt_clients.mjs CHILD
// Everything it asks for must happen, over TCP and TLS. Ends with "N checks".
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import assert from 'node:assert/strict';
import mqtt from 'mqtt';

const child = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), 'machiya-mqtt-'));
let checks = 0;
const is = (a, b, what) => { assert.deepEqual(a, b, what); checks += 1; };

execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem'),
  '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], { stdio: 'ignore' });

let server, ports;
async function start() {
  server = spawn(child, ['--folder', join(folder, 'data'), '--port', '0', '--tls', join(folder, 'cert.pem'), join(folder, 'key.pem'), '--threads', '2'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(server.stdout), 'line');
  ports = line.split(' ').slice(1).map(Number);
}
const url = () => `mqtt://127.0.0.1:${ports[0]}`;
const connect = (protocolVersion, options = {}) =>
  mqtt.connectAsync(options.url ?? url(), { protocolVersion, reconnectPeriod: 0, connectTimeout: 20_000, ...options });

/// The next n messages of a client.
function messages(client, n) {
  return new Promise((resolve) => {
    const got = [];
    const take = (topic, payload, packet) => {
      got.push({ topic, payload: payload.toString(), packet });
      if (got.length === n) { client.off('message', take); resolve(got); }
    };
    client.on('message', take);
  });
}

async function everyQos(v, options = {}) {
  const sub = await connect(v, { clientId: `sub${v}`, ...options });
  const pub = await connect(v, { clientId: `pub${v}`, ...options });
  const granted = await sub.subscribeAsync(['q/+/x', 'all/#'], { qos: 2 });
  is(granted.map((g) => g.qos), [2, 2], 'granted');
  for (const qos of [0, 1, 2]) {
    const got = messages(sub, 3);
    for (let i = 0; i < 3; ++i) await pub.publishAsync(`q/${i}/x`, `温度 ${qos}.${i}`, { qos });
    const seen = await got;
    is(seen.map((m) => m.payload), [0, 1, 2].map((i) => `温度 ${qos}.${i}`), 'in order');
    is(seen.every((m) => m.packet.qos === qos), true, 'with their QoS');
  }
  const big = messages(sub, 1);
  await pub.publishAsync('all/big', 'x'.repeat(900_000), { qos: 1 });
  is((await big)[0].payload.length, 900_000, 'large');
  await pub.publishAsync('all/kept', 'kept', { qos: 1, retain: true });
  const late = await connect(v, { clientId: `late${v}`, ...options });
  const kept = messages(late, 1);
  await late.subscribeAsync('all/+', { qos: 1 });
  const [first] = await kept;
  is([first.payload, first.packet.retain], ['kept', true], 'retained');
  await pub.publishAsync('all/kept', '', { qos: 1, retain: true });
  await sub.unsubscribeAsync('all/#');
  await Promise.all([sub.endAsync(), pub.endAsync(), late.endAsync()]);
}

async function sessions(v) {
  const keep = v === 5 ? { clean: false, properties: { sessionExpiryInterval: 600 } } : { clean: false };
  const sub = await connect(v, { clientId: `stays${v}`, ...keep });
  await sub.subscribeAsync('stay/#', { qos: 2 });
  await sub.endAsync();
  const pub = await connect(v, { clientId: `p${v}` });
  for (let i = 0; i < 20; ++i) await pub.publishAsync(`stay/${i}`, String(i), { qos: 1 + (i % 2) });
  await pub.endAsync();
  server.kill('SIGKILL');
  await once(server, 'exit');
  await start();
  const again = mqtt.connect(url(), { protocolVersion: v, reconnectPeriod: 0, clientId: `stays${v}`, ...keep });
  const got = messages(again, 20);
  const [connack] = await once(again, 'connect');
  is(connack.sessionPresent, true, 'the session is there after SIGKILL');
  const seen = (await got).map((m) => Number(m.payload));   // order holds within a QoS: one of QoS 2 is handed on when PUBREL comes
  is(seen.filter((n) => n % 2 === 0), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18], 'and what waited for it, QoS 1');
  is(seen.filter((n) => n % 2 === 1), [1, 3, 5, 7, 9, 11, 13, 15, 17, 19], 'and QoS 2');
  await again.endAsync();
}

async function wills(v) {
  const sub = await connect(v, { clientId: `w${v}` });
  await sub.subscribeAsync('will/#', { qos: 1 });
  const dies = await connect(v, { clientId: `dies${v}`, will: { topic: `will/${v}`, payload: 'gone', qos: 1 } });
  const got = messages(sub, 1);
  dies.stream.destroy();
  is((await got)[0].payload, 'gone', 'will');
  await sub.endAsync();
}

async function refusals(v) {
  await assert.rejects(connect(v, { clientId: `r${v}`, username: 'nobody', password: 'x' }), (e) => e.code === (v === 5 ? 0x86 : 4));
  checks += 1;
  const c = await connect(v, { clientId: `r2${v}` });
  const granted = await c.subscribeAsync('forbidden/x').catch((e) => e);
  is(granted instanceof Error || granted[0].qos >= 128, true, 'subscription refused');
  await c.endAsync();
}

async function version5() {
  const sub = await connect(5, { clientId: 'five', properties: { topicAliasMaximum: 5, receiveMaximum: 3 } });
  const pub = await connect(5, { clientId: '', properties: { requestProblemInformation: true }, autoUseTopicAlias: true });
  is(typeof pub.options.clientId === 'string', true, 'assigned identifier');
  await sub.subscribeAsync('five/#', { qos: 1, properties: { subscriptionIdentifier: 77 }, rap: true });
  const got = messages(sub, 8);
  const properties = { payloadFormatIndicator: true, messageExpiryInterval: 100, contentType: 'application/senml+json', responseTopic: 'answer/here',
    correlationData: Buffer.from([1, 2, 3]), userProperties: { unit: '℃', place: '北区' } };
  for (let i = 0; i < 8; ++i) await pub.publishAsync('five/x', String(i), { qos: 1, properties });
  const seen = await got;
  is(seen.map((m) => m.payload), ['0', '1', '2', '3', '4', '5', '6', '7'], 'aliases and receive maximum');
  const p = seen[0].packet.properties;
  is([p.contentType, p.responseTopic, [...p.correlationData], p.userProperties.unit, p.userProperties.place, p.subscriptionIdentifier], ['application/senml+json', 'answer/here', [1, 2, 3], '℃', '北区', 77], 'properties pass through');
  const refused = await pub.publishAsync('forbidden/x', 'x', { qos: 1 }).catch((e) => e);
  is(refused.code, 0x87, 'reason code of PUBACK');
  const one = await connect(5, { clientId: 'one' }), two = await connect(5, { clientId: 'two' });
  let ones = 0, twos = 0;
  const both = new Promise((resolve) => {
    one.on('message', () => { if (++ones + twos === 10) resolve(); });
    two.on('message', () => { if (ones + ++twos === 10) resolve(); });
  });
  await one.subscribeAsync('$share/g/work', { qos: 1 });
  await two.subscribeAsync('$share/g/work', { qos: 1 });
  for (let i = 0; i < 10; ++i) await pub.publishAsync('work', String(i), { qos: 1 });
  await both;
  is([ones, twos], [5, 5], 'shared subscription');
  const taken = once(one, 'disconnect');
  const taker = await connect(5, { clientId: 'one' });
  is((await taken)[0].reasonCode, 0x8e, 'taken over');
  await Promise.all([sub, pub, two, taker].map((c) => c.endAsync()));
}

let failed = false;
try {
  await start();
  for (const v of [4, 5]) {
    await everyQos(v);
    await sessions(v);
    await wills(v);
    await refusals(v);
    await everyQos(v, { url: `mqtts://localhost:${ports[1]}`, ca: readFileSync(join(folder, 'cert.pem')) });
  }
  await version5();
  console.log(`${checks} checks`);
} catch (e) {
  failed = true;
  console.error(e);
} finally {
  server?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
