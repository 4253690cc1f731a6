// Devices against a running server, by clients as they are (npm mqtt 3.1.1 and 5, fetch): registered by a person's pages, sending, misfits that are corrected by
// nobody but discarded, keys that end. Works again and again on one server: ids are its own.
//   node tests/conformance/devices.mjs --base URL --mqtt mqtt://HOST:PORT
import assert from 'node:assert';
import { parseArgs } from 'node:util';
import mqtt from 'mqtt';
import { staffClient } from '../browser/lib/walk.js';

const { values: options } = parseArgs({ options: { base: { type: 'string' }, mqtt: { type: 'string' }, user: { type: 'string', default: 'construction-clerk' } } });
const id = `counter-${Date.now()}`, entity = `urn:ngsi-ld:BicycleParking:${id}`;
let passed = 0, failed = 0;
async function check(what, test) {
  try {
    await test();
    passed++;
    console.log(`ok ${what}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${what}: ${error.message}`);
  }
}
const desk = await staffClient(options.base, options.user);
const keyOn = (page) => /[0-9a-hjkmnp-tv-z]{26}\.[0-9a-hjkmnp-tv-z]{26}/.exec(page.text)?.[0];
const post = (key, body, path = 'json', headers = { Authorization: `Bearer ${key}` }) => fetch(`${options.base}/api/ingest/v1/${path}`, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
const connect = (key, more = {}) => mqtt.connectAsync(options.mqtt, { username: id, password: key, reconnectPeriod: 0, ...more });
const start = Date.now() - 60_000;
let second = 0;
const now = () => new Date(start + 1000 * second++).toISOString();
const free = async () => (await (await fetch(`${options.base}/ngsi-ld/v1/entities/${entity}`)).json()).availableSpaces?.value;
let key;

await check('a person registers a device and sees its key once', async () => {
  await desk.get('/staff/devices/new?profile=parking-counter');
  await desk.submit({ id, name: '検査の計数器', 'detail-parking': id });
  assert.match(desk.page.text, /必要な項目が空/, 'what is missing is said');
  await desk.submit({ id, name: '検査の計数器', 'detail-parking': id, 'detail-spaces': '100', lat: '34.7', lon: '135.5' });
  assert.ok(desk.page.address.endsWith(`/staff/devices/${id}`), desk.page.address);
  await desk.submit({ label: 'test', days: '30' }, { act: 'key' });
  key = keyOn(desk.page);
  assert.ok(key, desk.page.text.slice(0, 300));
  await desk.get(`/staff/devices/${id}`);
  assert.equal(keyOn(desk.page), undefined);
});
await check('what it sends by HTTP is an attribute when it was answered', async () => {
  assert.equal((await post(key, { free: 40, time: now() })).status, 204);
  assert.equal(await free(), 40);
  assert.equal((await post(key, { free: 41, time: now() }, 'json/parking-counter')).status, 204);
  assert.equal((await post(key, { free: 42, time: now() }, 'json', { 'X-Device-Key': key })).status, 204);
});
await check('without a good key, on another path, in another form, too large: refused', async () => {
  assert.equal((await post('nonsense', {})).status, 401);
  assert.equal((await post(key, {}, 'json', {})).status, 401);
  assert.equal((await post(key, {}, 'json/else')).status, 403);
  assert.equal((await post(key, 'a b=1', 'write')).status, 415);
  assert.equal((await post(key, `"${'x'.repeat(2 << 20)}"`)).status, 413);
});
await check('by MQTT 3.1.1 with QoS 1 and 5 with QoS 2 it is there when it was acknowledged', async () => {
  for (const [protocolVersion, qos, value] of [[4, 1, 50], [5, 2, 51]]) {
    const client = await connect(key, { protocolVersion });
    await client.publishAsync(`parking/${id}/count`, JSON.stringify({ free: value, time: now() }), { qos });
    assert.equal(await free(), value);
    await client.endAsync();
  }
});
await check('a wrong key, a foreign topic and a subscription are refused', async () => {
  // The last character of a secret carries three bits: one key in eight ends in 0 by itself.
  await assert.rejects(connect(`${key.slice(0, -1)}${key.endsWith('0') ? '4' : '0'}`));
  await assert.rejects(mqtt.connectAsync(options.mqtt, { username: 'another', password: key, reconnectPeriod: 0 }));
  const client = await connect(key, { protocolVersion: 5 });
  client.on('error', () => {});
  await assert.rejects(client.publishAsync('parking/another/count', '{}', { qos: 1 }));
  await assert.rejects(client.subscribeAsync('#'));
  await client.endAsync(true);
});
await check('what does not fit is told, kept once, and waits for a person', async () => {
  const payload = { time: now() };
  const first = await post(key, payload), again = await post(key, payload);
  assert.equal(first.status, 422);
  const told = await first.json();
  assert.equal(told.causes[0].place, 'availableSpaces');
  assert.equal((await again.json()).kept, told.kept);
  await desk.get(`/staff/devices/misfits/${told.kept}`);
  assert.match(desk.page.text, /値が得られません/);
  await desk.submit({}, { act: 'replay' });
  assert.match(desk.page.text, /まだ合いません/);
  await desk.submit({ reason: '' }, { act: 'discard' });
  assert.match(desk.page.text, /理由を書いてください/);
  await desk.submit({ reason: '検査' }, { act: 'discard' });
  assert.ok(desk.page.address.endsWith('/staff/devices/misfits'), desk.page.address);
});
await check('a revoked key opens nothing more, also for a connection that stands', async () => {
  const client = await connect(key, { protocolVersion: 5 });
  client.on('error', () => {});
  await desk.get(`/staff/devices/${id}`);
  await desk.submit({}, { act: 'revoke' });
  assert.equal((await post(key, { free: 1, time: now() })).status, 401);
  await assert.rejects(client.publishAsync(`parking/${id}/count`, JSON.stringify({ free: 2, time: now() }), { qos: 1 }));
  await client.endAsync(true);
  assert.equal(await free(), 51);
});
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
