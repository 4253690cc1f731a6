// kill -9 while devices send: by MQTT (3.1.1 with QoS 1, 5 with QoS 2, the npm client as it is) and by HTTP; readings, and payloads that go to the steward.
//   node tests/faults/device_kill.js --child build/release/tests/faults/device_child --rounds 20 [--store postgresql://…/DATABASE] [--seed N] [--sabotage]
// After every kill: each acknowledged reading is in the entity's history, no reading is there twice, none that was not sent, each acknowledged misfit waits
// in the inbox, and the entity says the newest acknowledged reading or a later one. What was not acknowledged is sent again, as devices do.
// --sabotage claims one reading that was never sent: the run must then fail.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import mqtt from 'mqtt';
import { freePort, request, seeded } from './lib/house.js';

const { values: options } = parseArgs({
  options: { child: { type: 'string', default: 'build/release/tests/faults/device_child' }, rounds: { type: 'string', default: '20' }, store: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) }, sabotage: { type: 'boolean', default: false } },
});
const kDevices = ['k1', 'k2', 'k3'];   // MQTT 3.1.1 QoS 1, MQTT 5 QoS 2, HTTP
const kMostAcknowledged = 300;         // a round ends after 1 to this many
const kMisfitEvery = 5;
const kNeverSent = 999_999_999;
const random = seeded(Number(options.seed));

const folder = mkdtempSync(join(tmpdir(), 'machiya-devices-'));
const city = join(folder, 'city');
mkdirSync(join(city, 'devices'), { recursive: true });
writeFileSync(join(city, 'city.yaml'), 'city: x\nname: X\n');
writeFileSync(join(city, 'devices/kill-test.yaml'), `device-profile: kill-test
version: 1
name: { ja: 障害試験, en: Fault test }
payload: json
topics: ["kill/{device}"]
clock: { ahead: P1D, behind: P30D, otherwise: misfit }
map:
  - entity: '"urn:ngsi-ld:KillTest:" + device.id'
    type: KillTest
    observed-at: payload.t
    attributes: [{ attribute: reading, value: payload.v }]
`);
const ports = { http: await freePort(), mqtt: await freePort() };

const faults = [];
const fault = (text) => { if (faults.length < 40) console.log(`FAULT ${text}`); faults.push(text); };
const sent = Object.fromEntries(kDevices.map((d) => [d, { next: 1, again: [], readings: new Set(), misfits: new Set() }]));
const begin = Math.floor(Date.now() / 1000) - 20 * 86_400;   // readings are one second apart, so that each has a time of its own
const payload = (n) => JSON.stringify(n % kMisfitEvery === 0 ? { t: begin + n } : { t: begin + n, v: n });
const take = (device) => sent[device].again.shift() ?? sent[device].next++;
function acknowledge(device, n, state) {
  (n % kMisfitEvery === 0 ? sent[device].misfits : sent[device].readings).add(n);
  if (++state.count === state.wanted) state.reached();
}

class Child {
  static async start() {
    const child = spawn(options.child, [join(folder, 'data'), options.store ?? `sqlite:${folder}/devices.db`, city, `127.0.0.1:${ports.http}`, `127.0.0.1:${ports.mqtt}`], { stdio: ['pipe', 'pipe', 'inherit'] });
    const out = new Child();
    out.process = child, out.ended = new Promise((done) => child.once('exit', done));
    out.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await out.lines.next();
    if (first.value !== 'ready') throw new Error(`the child says ${first.value}`);
    return out;
  }
  async key(device) {
    this.process.stdin.write(`${device} kill-test\n`);
    return (await this.lines.next()).value.split(' ')[1];
  }
  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}

/** Publishes one after the other, each when the one before is acknowledged. */
async function byMqtt(device, key, qos, state) {
  const client = mqtt.connect(`mqtt://127.0.0.1:${ports.mqtt}`, { username: device, password: key, clientId: `c-${device}`, protocolVersion: qos === 1 ? 4 : 5, reconnectPeriod: 0, clean: true });
  client.on('error', () => {});
  const gone = new Promise((done) => client.once('close', () => done(false)));
  const connected = await Promise.race([new Promise((done) => client.once('connect', () => done(true))), gone]);
  while (connected && !state.killed) {
    const n = take(device);
    if (!await Promise.race([client.publishAsync(`kill/${device}`, payload(n), { qos }).then(() => true, () => false), gone])) {
      sent[device].again.push(n);
      break;
    }
    acknowledge(device, n, state);
  }
  if (!state.killed) fault(`${device}: a connection ended before the kill`);
  client.end(true);
}

async function byHttp(device, key, state) {
  const agent = new http.Agent({ keepAlive: true });
  while (!state.killed) {
    const n = take(device);
    let answer;
    try {
      answer = await request(agent, ports.http, 'POST', '/api/ingest/v1/json', { headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' }, body: payload(n) });
    } catch {
      sent[device].again.push(n);
      if (!state.killed) fault(`${device}: a connection ended before the kill`);
      break;
    }
    if (answer.status !== (n % kMisfitEvery === 0 ? 422 : 204)) {
      fault(`${device}: ${answer.status} for ${payload(n)}: ${answer.body.slice(0, 200)}`);
      break;
    }
    acknowledge(device, n, state);
  }
  agent.destroy();
}

async function loadAndKill(child, keys) {
  const state = { killed: false, count: 0, wanted: 1 + Math.floor(random() * kMostAcknowledged) };
  const enough = new Promise((done) => { state.reached = done; });
  const senders = Promise.all([byMqtt('k1', keys.k1, 1, state), byMqtt('k2', keys.k2, 2, state), byHttp('k3', keys.k3, state)]);
  await Promise.race([enough, senders]);
  await after(random() * 25);   // it only chooses where in the work the kill falls
  state.killed = true;
  await child.kill();
  await senders;
}

async function check(round) {
  for (const device of kDevices) {
    const { status, body } = await request(undefined, ports.http, 'GET', `/check/${device}`);
    if (status !== 200) throw new Error(`check: ${status}`);
    const there = JSON.parse(body), once = new Set(there.readings), mine = sent[device];
    if (once.size !== there.readings.length) fault(`round ${round}: ${device} has ${there.readings.length - once.size} readings twice`);
    for (const n of mine.readings) if (!once.has(n)) fault(`round ${round}: ${device} reading ${n} was acknowledged and is not there`);
    for (const n of once) if (n >= mine.next || n % kMisfitEvery === 0) fault(`round ${round}: ${device} reading ${n} was never sent`);
    const unsure = mine.again.filter((n) => n % kMisfitEvery === 0).length;
    if (there.misfits < mine.misfits.size || there.misfits > mine.misfits.size + unsure) fault(`round ${round}: ${device} has ${there.misfits} misfits, ${mine.misfits.size} were acknowledged`);
    if (mine.readings.size && !(there.now >= Math.max(...mine.readings))) fault(`round ${round}: ${device} says ${there.now}, ${Math.max(...mine.readings)} was acknowledged`);
  }
}

let child = await Child.start();
const keys = {};
for (const device of kDevices) keys[device] = await child.key(device);
for (let round = 1; round <= Number(options.rounds); round++) {
  await loadAndKill(child, keys);
  child = await Child.start();
  if (options.sabotage && round === 1) sent.k1.readings.add(kNeverSent);
  await check(round);
}
await child.kill();
rmSync(folder, { recursive: true, force: true });
const count = (what) => kDevices.reduce((sum, d) => sum + sent[d][what].size, 0);
console.log(`seed ${options.seed}: ${options.rounds} kills, ${count('readings')} acknowledged readings, ${count('misfits')} acknowledged misfits, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
