// Nothing of a drill leaves the house: the real server with every channel and every outlet configured, a drill with a text that stands nowhere else, released
// by two people and fired by a machine; then every byte that reached the sandbox is searched for it, raw and as mails decode.
//   node tests/faults/tell_drill.mjs --binary build/release/machiya [--store sqlite|postgresql://…] [--sabotage]
// Behind the drills the same is done in earnest: its text must be found in every service that serves somebody here. --sabotage leaves the drill's mark
// out: the run must then fail. In earnest the gateways misbehave: each acts once for each message (same key at each attempt).
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { staffClient } from '../browser/lib/walk.js';
import { start_sandbox } from '../sandbox/client.mjs';
import { House, request, until } from './lib/house.js';

const { values: options } = parseArgs({ options: { binary: { type: 'string', default: 'build/release/machiya' }, store: { type: 'string', default: 'sqlite' }, people: { type: 'string', default: '300' }, sabotage: { type: 'boolean', default: false } } });
const faults = [];
const fault = (text) => { console.log(`FAULT ${text}`); faults.push(text); };
const house = new House(options.binary, options.store);
const capture = join(house.folder, 'capture');
const sandbox = await start_sandbox(['--no-rates', '--capture', capture]);
const base = () => `http://127.0.0.1:${house.port}`;

function secret(name, text) {
  const path = join(house.folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
/** Everything that can be configured. */
function channels() {
  const push = join(house.folder, 'push.pem');
  execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', push], { stdio: 'ignore' });
  const at = (service) => `http://127.0.0.1:${sandbox.ports[service]}`, token = secret('outlets.token', 'sandbox-outlets-token');
  const lines = [`tell.line.url = ${at('line')}`, `tell.line.token-file = ${secret('line.token', 'sandbox-channel-token')}`, `tell.mail.url = smtp://127.0.0.1:${sandbox.ports.smtp}`, 'tell.mail.from = no-reply@city.example',
    `tell.push.key-file = ${push}`, 'tell.push.subject = mailto:push@city.example', `outbound-internal = ${at('push')}`, `tell.sms.url = ${at('sms')}/v1/messages`, `tell.sms.token-file = ${secret('sms.token', 'sandbox-sms-token')}`];
  for (const outlet of ['area-mail', 'l-alert', 'wireless']) lines.push(`tell.${outlet}.url = ${at('outlets')}/${outlet}`, `tell.${outlet}.token-file = ${token}`);
  lines.push('tell.l-alert.from = kiki@city.example', `tell.newsroom.url = ${at('webhook')}/news`, `tell.newsroom.secret-file = ${secret('news.secret', 'sandbox-webhook-secret-of-32-bytes')}`);
  return ['--channels', secret('channels.conf', lines.join('\n'))];
}

/** Written by one, released by the other; gives the id. */
async function announce(a, b, canary, drill) {
  await a.get(`${base()}/staff/messages/new?class=emergency&template=evacuate-order`);
  const about = { 'slot.place': canary, 'slot.reason': '川の氾濫', 'slot.shelter': '区民センター', 'slot.time': '14:30', ward: ['minato'] };
  await a.submit({ ...about, ...(drill ? { drill: '1' } : {}) }, { act: 'save' });
  const address = a.page.address;
  await a.submit({}, { act: 'submit' });
  await b.get(address);
  await b.submit({}, { act: 'release' });
  return address.split('/').pop();
}
async function fire(token, canary, drill, key) {
  const answer = await request(undefined, house.port, 'POST', '/api/v1/alerts/triggers/jma-tsunami-warning', {
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Idempotency-Key': key }, body: JSON.stringify({ slots: { place: canary }, wards: ['minato'], drill }),
  });
  if (answer.status !== 202) throw new Error(`the trigger was refused: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body).message;
}
const over = (id) => until(`${id} to be over`, () => house.database.number(`SELECT count(*) FROM tell_message WHERE public_id = '${id}' AND state = 3`) === 1 && house.database.number(`SELECT count(*) FROM tell_publication WHERE message = '${id}' AND state = 0`) === 0);
const rows_of = (id) => house.database.number(`SELECT count(*) FROM delivery d JOIN tell_message m ON m.id = d.message WHERE m.public_id = '${id}'`);

/** Everything that came, as it came and as mails decode: base64 runs and quoted-printable. */
function heard() {
  const raw = readFileSync(capture);
  const text = raw.toString('latin1');
  const decoded = [...text.matchAll(/(?:[A-Za-z0-9+/]{20,76}\r?\n)*[A-Za-z0-9+/]{8,76}={0,2}/g)].map((m) => Buffer.from(m[0].replace(/\s/g, ''), 'base64').toString('utf8'));
  const printable = Buffer.from(text.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString('utf8');
  return { raw: raw.toString('utf8'), all: [raw.toString('utf8'), printable, ...decoded].join('\n') };
}
/** A word of kana that stands nowhere else: kana are said, shown and kept as they are. */
const kana = 'あいうえおかきくけこさしすせそたちつてと';
const canary_word = () => [...crypto.randomBytes(8)].map((n) => kana[n % kana.length]).join('');

try {
  await house.start([...channels(), '--recipients', options.people]);
  const a = await staffClient(base(), 'crisis'), b = await staffClient(base(), 'crisis-second'), admin = await staffClient(base(), 'admin');
  await admin.get(`${base()}/staff/clients`);
  await admin.submit({ name: 'siren', scopes: 'alerts' }, { action: 'create' });
  const token = /<code class="token">([^<]+)</.exec(admin.page.html)?.[1];
  if (!token) throw new Error(`no token: ${admin.page.text.slice(0, 400)}`);

  const drilled = canary_word(), earnest = canary_word();
  const drills = [await announce(a, b, drilled, !options.sabotage), await fire(token, drilled, !options.sabotage, 'drill-1'), await fire(token, drilled, !options.sabotage, 'drill-1')];
  if (drills[1] !== drills[2]) fault('the same key fired twice');
  for (const id of drills) await over(id);
  for (const id of drills) {
    if (rows_of(id) === 0) fault(`the drill ${id} reached nobody in the ledger: nothing was tried`);
    if (house.database.number(`SELECT count(*) FROM tell_publication WHERE message = '${id}'`) < 8) fault(`the drill ${id} was put into too few forms`);
  }
  const silent = statSync(capture).size;
  if (silent !== 0) fault(`${silent} bytes reached the sandbox during the drills`);
  if ((await sandbox.log()).length !== 0) fault('the sandbox accepted something during the drills');
  for (const path of ['/messages', `/messages/${drills[0]}`, '/messages.atom', '/']) {
    const page = await request(undefined, house.port, 'GET', path, { headers: { Accept: 'text/html' } });
    if (page.body.includes(drilled)) fault(`the drill stands on ${path}, which everybody reads`);
  }

  // In earnest, over gateways that misbehave: each of them must still act once for each message.
  const bad = { delay: 0.2, delay_ms: [5, 40], limit: 0.1, fail_before: 0.1, drop_before: 0.1, fail_after: 0.15, drop_after: 0.15 };
  await sandbox.post('/faults', { plan: { outlets: bad, webhook: bad }, seed: 7 });
  const real = [await announce(a, b, earnest, false), await fire(token, earnest, false, 'real-1')];
  for (const id of real) await over(id);
  for (const id of real) {
    const rows = house.database.rows(`SELECT outlet, part, state FROM tell_publication WHERE message = '${id}'`);
    for (const [outlet, part, state] of rows) if (state !== '1') fault(`${outlet} ${part} of ${id} ended in state ${state}`);
  }
  const twice = (await sandbox.get('/duplicates?service=outlets')).duplicates + (await sandbox.get('/duplicates?service=webhook')).duplicates;
  if (twice) fault(`${twice} gateways acted twice`);
  const attempts = house.database.number('SELECT sum(attempts) FROM tell_publication');
  const { all } = heard();
  if (all.includes(drilled)) fault('the text of the drill reached the sandbox');
  const count = (text, word) => text.split(word).length - 1;
  if (count(all, earnest) === 0) fault('the text in earnest was not found: this search finds nothing');
  const log = await sandbox.log();
  const services = Object.fromEntries([...new Set(log.map((e) => e.service))].sort().map((name) => [name, log.filter((e) => e.service === name).reduce((n, e) => n + e.to.length, 0)]));
  const outlets = new Set(log.filter((e) => e.service === 'outlets' || e.service === 'webhook').flatMap((e) => e.to));
  for (const where of ['/area-mail/docomo', '/area-mail/kddi', '/area-mail/softbank', '/area-mail/rakuten', '/l-alert', '/wireless', '/news']) if (!outlets.has(where)) fault(`nothing reached ${where} in earnest`);
  for (const name of ['line', 'smtp']) if (!services[name]) fault(`nothing reached ${name} in earnest`);
  const kept = await sandbox.get('/outlets/kept');
  for (const one of kept) if (!one.body.includes(earnest)) fault(`${one.path} got something else`);
  const { violations, total } = await sandbox.get('/violations');
  if (total) fault(`${total} requests broke a rule: ${JSON.stringify(violations.slice(0, 3))}`);
  console.log(JSON.stringify({ store: options.store.split(':')[0], drill_rows: drills.slice(0, 2).map(rows_of), drill_bytes: silent, drill_found: count(all, drilled), earnest_found: count(all, earnest), bytes: statSync(capture).size, effects: services, attempts, twice, violations: total, faults: faults.length }));
} catch (error) {
  fault(error.stack);
} finally {
  await sandbox.stop();
  await house.remove();
}
process.exitCode = faults.length ? 1 : 0;
