// A run of LineChannel (channel_check) against the sandbox: hundreds of contents in six languages, short, hostile and huge, as multicasts and
// pushes; narrowcast, broadcast, validation, quota, friends, a menu of two tabs. Every request must keep to LINE's official OpenAPI (judged
// by npm ajv) and to its written rules: 0 violations. Then once more under faults: everybody has each message once, and the log is the ledger.
// --plant alt | stray | key: a bug of ours, which must be found.
//   node tests/conformance/line_requests.mjs --check build/release/src/tell/check/channel_check [--count 300] [--seed 1]
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { start_sandbox } from '../sandbox/client.mjs';
import { chance } from './webauthn/bytes.mjs';

const option = (name, fallback) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback);
const check = option('--check', 'build/release/src/tell/check/channel_check');
const count = Number(option('--count', '300'));
const seed = Number(option('--seed', '1'));
const plant = option('--plant', '');
const { below, pick, bytes } = chance(seed);
const faults = [];
const must = (right, what) => { if (!right) faults.push(what); };

const uuid = () => { const b = bytes(16); b[6] = (b[6] & 15) | 0x40; b[8] = (b[8] & 63) | 0x80; return b.toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5'); };
const user = () => `U${bytes(16).toString('hex')}`;
const LANGS = ['ja', 'ja-easy', 'en', 'zh-Hans', 'ko', 'vi'];
const UNITS = ['避', 'a', ' ', '\n', '\n\n', '𠮷', '👨‍👩‍👧', '<', '"', '\\', 'か\u3099', '辻󠄀', '🇯🇵', '\u2028', '{', 'é'];
const words = (most) => Array.from({ length: 1 + below(most) }, () => pick(UNITS)).join('');
const LENGTHS = [3, 30, 300, 3000, 7000];
function content() {
  return {
    lang: pick(LANGS), title: `題${words(pick(LENGTHS))}`, body: pick(['', words(pick(LENGTHS)), '本文です。\n\n二つ目の段落です。']), emergency: below(4) === 0, sender: pick(['', '大阪市', words(200)]),
    link: pick(['', 'https://city.example/m/1', 'https://city.example/避難?q=水&r=1', 'javascript:alert(1)', `https://city.example/${'a'.repeat(1200)}`, 'tel:0662088181']),
    link_text: pick(['', '詳しく見る', words(60)]), leave_text: pick(['', 'このお知らせが届く理由', words(600)]),
  };
}
function parcel() {
  const to = Array.from({ length: pick([1, 1, 2, 3, 40, 500]) }, () => ({ address: user(), leave: pick(['', 'https://city.example/leave/a']) }));
  if (below(3) === 0) for (const one of to.slice(0, 5)) one.own = content();
  if (below(10) === 0) to.push({ address: pick(['', 'U123', `C${user().slice(1)}`, user().toUpperCase()]), leave: '' });
  return { kind: 'hand-off', key: uuid(), content: content(), to };
}

const box = await start_sandbox(['--no-rates', '--seed', String(seed)]);
if (box.about.schema.startsWith('skipped')) console.log('skipped: shared data absent (requests are judged by the hand-written rules only)');
const child = spawn(check, [JSON.stringify(box.ports)], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
async function order(json) {
  child.stdin.write(`${JSON.stringify(json)}\n`);
  const { value, done } = await lines.next();
  if (done) throw new Error('channel_check ended');
  const out = JSON.parse(value);
  if (out.error && !json.fails) faults.push(`${json.kind}: ${out.error}`);
  return out;
}
async function judged(what) {
  const counters = await box.get('/counters');
  const { total, violations } = await box.get('/violations?limit=5');
  console.log(`${what}: ${counters.totals.line.requests} requests, ${counters.line.judged} judged by ${box.about.schema}, ${counters.totals.line.effects} effects, ${total} violations`);
  for (const one of violations) console.log(`  ${one.rule}: ${one.where}: ${one.detail}`);
  must(total === 0, `${what}: ${total} violations`);
}

/** Who should have got something, by fate: the ledger of this run. */
function ledger_of(parcels) {
  const out = new Map();
  for (const { order: sent, answer } of parcels) sent.to.forEach((to, i) => { if (answer.each[i].fate === 'accepted') out.set(to.address, (out.get(to.address) ?? 0) + 1); });
  return out;
}
function same_as_log(ledger, log, what) {
  const seen = new Map();
  for (const entry of log) for (const to of entry.to) seen.set(to, (seen.get(to) ?? 0) + 1);
  must(seen.size === ledger.size, `${what}: ${ledger.size} in the ledger, ${seen.size} at LINE`);
  for (const [to, n] of ledger) must(seen.get(to) === n, `${what}: somebody got ${seen.get(to)} instead of ${n}`);
}

// Everything in order.
const calm = [];
for (let i = 0; i < count; i++) {
  const sent = parcel();
  const answer = await order(sent);
  calm.push({ order: sent, answer });
  answer.each.forEach((one, k) => must(one.fate === (/^U[0-9a-f]{32}$/.test(sent.to[k].address) ? 'accepted' : 'refused'), `a calm sea: ${one.reason}`));
}
same_as_log(ledger_of(calm), await box.log('line'), 'a calm sea');
const friends = Array.from({ length: 2503 }, user);
await box.post('/line/friends', { ids: friends });
must(JSON.stringify((await order({ kind: 'followers', limit: 700 })).users) === JSON.stringify(friends), 'friends, page by page');
for (const how of ['broadcast', 'narrowcast']) must((await order({ kind: 'all', how, key: uuid(), content: content() })).fate === 'accepted', how);
const narrow = { kind: 'all', how: 'narrowcast', key: uuid(), content: content() };
const { request } = await order(narrow);
must((await order(narrow)).request === request, 'a narrowcast asked for twice is the one that was accepted');
const phases = [];
for (let i = 0; i < 3; i++) phases.push((await order({ kind: 'progress', request })).phase);
must(phases.join() === 'waiting,sending,succeeded', `a narrowcast's way: ${phases}`);
must((await order({ kind: 'progress', request })).succeeded === friends.length, 'a narrowcast reaches every friend');
must((await order({ kind: 'progress', request: uuid(), fails: true })).error?.includes('line-404'), 'a narrowcast that LINE does not know');
for (const how of ['push', 'multicast', 'narrowcast', 'broadcast']) must((await order({ kind: 'validate', how, content: content() })).valid, `validate ${how}`);
must((await order({ kind: 'quota' })).most === null, 'no limit');
must((await order(parcel_to(user()))).each[0].reason === 'line-400', 'nobody\'s friend');
const png = (width, height) => { const out = Buffer.alloc(33); out.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'); out.writeUInt32BE(width, 16); out.writeUInt32BE(height, 20); return out.toString('base64url'); };
function parcel_to(address) { return { kind: 'hand-off', key: uuid(), content: content(), to: [{ address, leave: '' }] }; }
const definition = {
  bar: 'メニュー', width: 2500, height: 1686, tabs: [
    { id: 'main', name: 'メインメニュー', image: 'main.png', areas: [{ at: [1250, 0, 1250, 200], label: '便利・オススメ', tab: 'useful' }, { at: [0, 200, 1250, 1486], label: '手続き', link: 'https://city.example/procedures' }, { at: [1250, 200, 1250, 1486], label: '受け取る設定', post: 'page=preferences' }] },
    { id: 'useful', name: '便利・オススメ', image: 'useful.png', areas: [{ at: [0, 0, 1250, 200], label: 'メインメニュー', tab: 'main' }, { at: [0, 200, 2500, 1486], label: 'ごみの日', say: 'ごみの日' }] }],
};
const pictures = { 'main.png': png(2500, 1686), 'useful.png': png(2500, 1686) };
for (let i = 0; i < 2; i++) must((await order({ kind: 'menu', definition, pictures })).placed, 'the menu');
const kept = await box.get('/line/menus');
must(Object.keys(kept.menus).length === 2 && kept.aliases.main === kept.default && Object.keys(kept.aliases).length === 2, 'the menu of two tabs, and nothing else');
await judged('a calm sea');

// Under faults: each parcel until it is settled.
await box.post('/reset');
await box.post('/faults', { seed, plan: { line: { limit: 0.08, fail_before: 0.08, drop_before: 0.05, fail_after: 0.1, drop_after: 0.1, hang_after: 0.002, delay: 0.1, delay_ms: [1, 10] } } });
const stormy = [];
let attempts = 0;
for (let i = 0; i < count; i++) {
  const sent = parcel();
  let answer;
  for (let left = 50; left > 0; left--, attempts++) {
    answer = await order(sent);
    if (plant === 'key') sent.key = uuid();   // what a sender does that forgets its keys
    if (answer.each.every((one) => ['accepted', 'refused'].includes(one.fate))) break;
  }
  stormy.push({ order: sent, answer });
}
const log = await box.log('line');
same_as_log(ledger_of(stormy), log, 'a storm');
const { duplicates } = await box.get('/duplicates?service=line');
must(duplicates === 0, `a storm: ${duplicates} duplicates`);
console.log(`a storm: ${attempts} attempts more than ${count} parcels, met ${JSON.stringify((await box.get('/counters')).faults.line)}`);
await judged('a storm');

if (plant === 'alt' || plant === 'stray') {
  await box.post('/reset');
  const answer = await order({ ...parcel_to(user()), ...(plant === 'alt' ? { alt: 401 } : { stray: 'blink' }), content: { ...content(), lang: 'ja' } });
  must(answer.each[0].reason === 'line-400', 'planted: taken');
  await judged(`planted ${plant}`);
}
child.stdin.end();
await box.stop();
for (const one of [...new Set(faults)].slice(0, 10)) console.log(`FAULT: ${one}`);
if (faults.length) console.log(`${faults.length} faults`);
process.exitCode = faults.length ? 1 : 0;
