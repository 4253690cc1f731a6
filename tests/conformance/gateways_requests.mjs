// SmsChannel and WebhookChannel (channel_check) against the sandbox, in calm and under faults: every request keeps to the documented
// interfaces (0 violations), everybody has each message once, and the log is the ledger. --plant key: a sender that forgets its keys, which must be found.
//   node tests/conformance/gateways_requests.mjs --check build/release/src/tell/check/channel_check [--count 100] [--seed 1]
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { start_sandbox } from '../sandbox/client.mjs';
import { chance } from './webauthn/bytes.mjs';

const option = (name, fallback) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback);
const check = option('--check', 'build/release/src/tell/check/channel_check');
const count = Number(option('--count', '100'));
const seed = Number(option('--seed', '1'));
const { below, pick, bytes } = chance(seed);
const faults = [];
const must = (right, what) => { if (!right) faults.push(what); };
const uuid = () => { const b = bytes(16); b[6] = (b[6] & 15) | 0x40; b[8] = (b[8] & 63) | 0x80; return b.toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5'); };

const box = await start_sandbox(['--seed', String(seed)]);
const child = spawn(check, [JSON.stringify(box.ports)], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
async function order(json) {
  child.stdin.write(`${JSON.stringify(json)}\n`);
  const { value, done } = await lines.next();
  if (done) throw new Error('channel_check ended');
  const out = JSON.parse(value);
  if (out.error) throw new Error(`${json.kind}: ${out.error}`);
  return out;
}

const words = (most) => Array.from({ length: 1 + below(most) }, () => pick(['避', 'a', '€', '𠮷', '\n', '"', '<', 'か\u3099'])).join('');
const content = () => ({ lang: pick(['ja', 'en', 'vi']), title: `題${words(50)}`, body: `本${words(500)}`, short_text: pick(['', words(60), words(900)]), link: pick(['', 'https://city.example/m/1', 'ftp://x']), sender: pick(['', '大阪市']), emergency: below(3) === 0 });
let n = 0;
/** Addresses of one service, each used once: [what is given to the channel, what the receiver must see]. */
const ADDRESSES = {
  sms: () => { const digits = String(10_000_000 + n++); return pick([[`090${digits}`, `+8190${digits}`], [`+8180${digits}`, `+8180${digits}`], [`070-${digits.slice(0, 4)}-${digits.slice(4)}`, `+8170${digits}`]]); },
  'webhook-out': () => { const path = `/receivers/${n++}`; return [`http://127.0.0.1:${box.ports.webhook}${path}`, path]; },
};
const SERVICE = { sms: 'sms', 'webhook-out': 'webhook' };

async function run(kind, plan) {
  await box.post('/reset');
  await box.post('/faults', { seed, plan });
  const ledger = new Map();
  let retries = 0;
  for (let i = 0; i < count; i++) {
    const addresses = Array.from({ length: pick([1, 2, 20]) }, ADDRESSES[kind]);
    const sent = { kind, key: uuid(), message: `m${i}`, content: content(), to: addresses.map(([address]) => ({ address, leave: '' })) };
    let answer;
    for (let left = 100; left > 0; left--, retries++) {
      answer = await order(sent);
      if (process.argv.includes('--plant')) sent.key = uuid();
      if (answer.each.every((one) => one.fate === 'accepted')) break;
      // The ledger tries again what is left of a parcel, under the same key.
      if (!process.argv.includes('--plant')) { const open = answer.each.map((one) => one.fate !== 'accepted'); for (let k = addresses.length - 1; k >= 0; k--) if (!open[k]) { ledger.set(addresses[k][1], i); addresses.splice(k, 1); sent.to.splice(k, 1); } }
    }
    must(answer.each.every((one) => one.fate === 'accepted'), `${kind}: given up: ${answer.each.find((one) => one.fate !== 'accepted')?.reason}`);
    for (const [, seen] of addresses) ledger.set(seen, i);
  }
  const log = (await box.log(SERVICE[kind])).flatMap((entry) => entry.to);
  must(log.length === new Set(log).size, `${kind}: ${log.length - new Set(log).size} duplicates`);
  must(log.length === ledger.size && log.every((to) => ledger.has(to)), `${kind}: ${ledger.size} in the ledger, ${log.length} taken`);
  const { total, violations } = await box.get('/violations?limit=3');
  must(total === 0, `${kind}: ${total} violations: ${JSON.stringify(violations)}`);
  console.log(`${kind}: ${log.length} taken, ${retries} retries, met ${JSON.stringify((await box.get('/counters')).faults[SERVICE[kind]] ?? {})}, ${total} violations`);
}

const storm = { limit: 0.02, fail_before: 0.05, drop_before: 0.05, fail_after: 0.1, drop_after: 0.1, hang_after: 0.002 };
for (const kind of ['sms', 'webhook-out']) {
  await run(kind, {});
  await run(kind, { [SERVICE[kind]]: storm });
}
await box.post('/reset');
await box.post('/sms/dead', { numbers: ['+819010000000'] });
await box.post('/webhook/gone', { path: '/gone' });
must((await order({ kind: 'sms', key: uuid(), message: 'm', content: content(), to: [{ address: '09010000000' }] })).each[0].fate === 'dead', 'a number that is no more');
must((await order({ kind: 'webhook-out', key: uuid(), message: 'm', content: content(), to: [{ address: `http://127.0.0.1:${box.ports.webhook}/gone` }] })).each[0].fate === 'dead', 'a receiver that is no more');
child.stdin.end();
await box.stop();
for (const one of [...new Set(faults)].slice(0, 10)) console.log(`FAULT: ${one}`);
process.exitCode = faults.length ? 1 : 0;
