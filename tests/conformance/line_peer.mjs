// LINE webhooks, sound and mutated in a thousand ways, to this house (channel_check) and to npm @line/bot-sdk: both must accept, or both refuse;
// what both accept must be read alike. Where the peer takes another spelling of the right bytes the class is listed with its clause and
// counted; anything else is a failure. --plant turns one verdict: the harness must see it.
//   node tests/conformance/line_peer.mjs --check build/release/src/tell/check/channel_check [--count 1000] [--seed 1]
import { spawnSync } from 'node:child_process';
import { LINE_SIGNATURE_HTTP_HEADER_NAME, middleware, validateSignature } from '@line/bot-sdk';
import { event, signature } from '../sandbox/line_events.mjs';
import { Judge, official } from '../sandbox/openapi.mjs';
import { chance } from './webauthn/bytes.mjs';

const option = (name, fallback) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback);
const check = option('--check', 'build/release/src/tell/check/channel_check');
const count = Number(option('--count', '1000'));
const { below, pick, bytes: random } = chance(Number(option('--seed', '1')));

const SECRET = '8c570fa6dd201bb328f1c1eac23a96d8';
const user = () => `U${random(16).toString('hex')}`;
const TYPES = ['follow', 'unfollow', 'message', 'postback', 'accountLink', 'unsend', 'beacon'];
const WORDS = ['ごみはいつですか', '避難所 🏫', 'a "quoted" \\ text', '𠮷野家', '<b>&amp;</b>', 'か\u3099', 'line\nbreak'];

function delivery(n) {
  const types = n < TYPES.length ? [TYPES[n]] : Array.from({ length: below(4) }, () => pick(TYPES));
  const events = types.map((type) => event(type, user(), { text: pick(WORDS), data: `tab=${below(100)}`, nonce: random(9).toString('base64'), result: pick(['ok', 'failed']) }, 1767225600000 + n, random));
  if (n % 5 === 0) for (const one of events) one.deliveryContext.isRedelivery = true;
  if (n % 7 === 0) for (const one of events) one.somethingNew = { deep: [1, { er: null }] };   // LINE may add members at any time
  return Buffer.from(n % 3 === 0 ? JSON.stringify({ destination: user(), events }, null, 1) : JSON.stringify({ destination: user(), events }));
}

const flip = (bytes, at, bit) => { const out = Buffer.from(bytes); out[at] ^= 1 << bit; return out; };
const raw = (header) => Buffer.from(header, 'base64');
/** [what, ({body, header}) → {body, header, secret?}]: none of them leaves both as they were. */
const MUTATIONS = [
  ['a bit of the signature', ({ body, header }) => ({ body, header: flip(raw(header), below(32), below(8)).toString('base64') })],
  ['a bit of the body', ({ body, header }) => ({ body: flip(body, below(body.length), below(8)), header })],
  ['a byte less of the body', ({ body, header }) => ({ body: body.subarray(0, -1), header })],
  ['a byte more of the body', ({ body, header }) => ({ body: Buffer.concat([body, Buffer.from([pick([0, 10, 32])])]), header })],
  ['the body serialised anew', ({ body, header }) => ({ body: Buffer.from(JSON.stringify(JSON.parse(body), null, 2)), header })],
  ['a signature cut short', ({ body, header }) => ({ body, header: raw(header).subarray(0, below(32)).toString('base64') })],
  ['a signature too long', ({ body, header }) => ({ body, header: Buffer.concat([raw(header), random(1 + below(8))]).toString('base64') })],
  ['another secret', ({ body }) => ({ body, header: signature(`${SECRET.slice(0, -1)}${pick('0123456789abcdef'.replace(SECRET.at(-1), ''))}`, body) })],
  ['hexadecimal', ({ body, header }) => ({ body, header: raw(header).toString('hex') })],
  ['nothing', ({ body }) => ({ body, header: '' })],
  ['the signature of another body', ({ body }) => ({ body, header: signature(SECRET, Buffer.concat([body, Buffer.from(' ')])) })],
  ['halves exchanged', ({ body, header }) => ({ body, header: Buffer.concat([raw(header).subarray(16), raw(header).subarray(0, 16)]).toString('base64') })],
  ['all zeros', ({ body }) => ({ body, header: Buffer.alloc(32).toString('base64') })],
  ['text around it', ({ body, header }) => ({ body, header: `sha256=${header}` })],
];
/** The right bytes, spelt otherwise: the peer's decoder passes over it, RFC 4648 does not have it. */
const SPELLINGS = [
  ['no padding', (header) => header.replace(/=+$/, ''), 'RFC 4648 §3.2'],
  ['the URL alphabet', (header) => header.replace(/\+/g, '-').replace(/\//g, '_'), 'RFC 4648 §4: another alphabet'],
  ['white space within', (header) => `${header.slice(0, 20)} ${header.slice(20)}`, 'RFC 4648 §3.3'],
  ['bits behind the end', (header) => header.slice(0, 42) + 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.indexOf(header[42]) ^ 1] + '=', 'RFC 4648 §3.5'],
  ['two signs of padding', (header) => `${header}=`, 'RFC 4648 §3.2'],
];

const cases = [];
for (let n = 0; n < count; n++) {
  const body = delivery(n), header = signature(SECRET, body);
  cases.push({ name: 'sound', body, header, secret: SECRET });
  const [name, mutate] = MUTATIONS[n % MUTATIONS.length];
  cases.push({ name, secret: SECRET, ...mutate({ body, header }) });
}
for (let n = 0; n < 50; n++) {
  const body = delivery(count + n), header = signature(SECRET, body);
  const [name, spell, clause] = SPELLINGS[n % SPELLINGS.length];
  if (spell(header) !== header) cases.push({ name, clause, body, header: spell(header), secret: SECRET });
}

const b64 = (bytes) => bytes.toString('base64url');
const orders = cases.flatMap(({ body, header, secret }) => [JSON.stringify({ kind: 'signature', secret, body: b64(body), header }), JSON.stringify({ kind: 'webhook', body: b64(body) })]);
const ran = spawnSync(check, { input: `${orders.join('\n')}\n`, encoding: 'utf8', maxBuffer: 1 << 28 });
if (ran.status !== 0) throw new Error(`${check}: ${ran.stderr} ${ran.error ?? ''}`);
const ours = ran.stdout.trim().split('\n').map((line) => JSON.parse(line));
if (ours.length !== orders.length) throw new Error(`${ours.length} answers to ${orders.length} orders`);

/** The peer's whole way: header, signature over the raw body, JSON. */
function peer_reads({ body, header, secret }) {
  return new Promise((done) => {
    const req = { headers: { [LINE_SIGNATURE_HTTP_HEADER_NAME.toLowerCase()]: header }, rawBody: body };
    middleware({ channelSecret: secret })(req, {}, (error) => done(error ? { accepted: false } : { accepted: true, body: req.body }));
  });
}

/** What of an event both must have read the same. */
const KINDS = { follow: 'follow', unfollow: 'unfollow', postback: 'postback', accountLink: 'account-link' };
function seen_by_peer(one) {
  return {
    kind: one.type === 'message' && one.message.type === 'text' ? 'text' : (KINDS[one.type] ?? 'unknown'), type: one.type, id: one.webhookEventId, redelivery: one.deliveryContext.isRedelivery, at: one.timestamp,
    standby: one.mode === 'standby', user: one.source.userId ?? '', replyToken: one.replyToken ?? '', unblocked: one.follow?.isUnblocked ?? false, text: one.type === 'message' ? one.message.text : '',
    message: one.type === 'message' ? one.message.id : '', data: one.postback?.data ?? '', nonce: one.link?.nonce ?? '', linked: one.link?.result === 'ok',
  };
}

const document = official('webhook.yml');
const judge = document && new Judge(document);
if (!judge) console.log('skipped: shared data absent (the fixtures are not judged by the official document of webhooks)');
const faults = [], argued = new Map();
let accepted = 0, refused = 0, fixtures = 0;
for (const [i, one] of cases.entries()) {
  const verdict = ours[2 * i].accepted !== (process.argv.includes('--plant') && i === 1);
  const peer = await peer_reads(one);
  if (peer.accepted !== (one.header !== '' && validateSignature(one.body, one.secret, one.header))) throw new Error('the peer is not of one mind');
  if (verdict !== peer.accepted) {
    if (peer.accepted && one.clause) argued.set(one.name, { n: (argued.get(one.name)?.n ?? 0) + 1, clause: one.clause });
    else faults.push({ name: one.name, ours: verdict, peer: peer.accepted, header: one.header });
    continue;
  }
  if (!verdict) { refused++; continue; }
  accepted++;
  const read = ours[2 * i + 1], want = peer.body.events.map(seen_by_peer);
  if (read.destination !== peer.body.destination || JSON.stringify(read.events) !== JSON.stringify(want)) faults.push({ name: 'read otherwise', ours: read, peer: want });
  // What the fixtures add on purpose the document does not have.
  if (judge && !one.body.includes('somethingNew')) {
    fixtures++;
    const wrong = judge.request('POST', '/callback', new URLSearchParams(), peer.body);
    if (wrong) faults.push({ name: 'a fixture that LINE would not send', ...wrong });
  }
}
const mutated = cases.filter((one) => one.name !== 'sound' && !one.clause).length;
console.log(`${cases.length} deliveries, ${mutated} of them mutated: ${accepted} accepted and read alike by both, ${refused} refused by both; ${fixtures} fixtures judged by the official document`);
for (const [name, { n, clause }] of argued) console.log(`  ${n} argued: ${name} (${clause}); the peer takes it`);
for (const one of faults.slice(0, 10)) console.log(`DIFFERENT: ${JSON.stringify(one)}`);
if (faults.length) console.log(`${faults.length} differences that nothing explains`);
process.exitCode = faults.length ? 1 : 0;
