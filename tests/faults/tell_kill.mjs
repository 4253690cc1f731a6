// The sender of messages is killed again and again while the channels misbehave; afterwards the ledger and what the sandbox accepted say the same.
//   node tests/faults/tell_kill.mjs --binary build/release/tests/faults/tell_child [--kills 5] [--people 3000] [--store sqlite|postgresql://…]
//        [--seed N] [--forget-keys] [--mail] [--push]
// LINE has keys: 0 duplicates and 0 losses. Mail has none: nothing is lost, and what came twice is counted and held against the stated bound
// (mails under way in one conversation at the moment of a kill: 20 a parcel, 4 conversations). Web Push has none either (RFC 8030): what a thread of the
// sender had under way goes again, at most 20 browsers a parcel (src/tell/webpush/README.md), 4 threads.
// --forget-keys takes the keys away: the run must then fail.
import { execFileSync, spawn } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { start_sandbox } from '../sandbox/client.mjs';

const { values: options } = parseArgs({
  options: { binary: { type: 'string', default: 'build/release/tests/faults/tell_child' }, kills: { type: 'string', default: '5' }, people: { type: 'string', default: '3000' },
    store: { type: 'string', default: 'sqlite' }, seed: { type: 'string', default: '1' }, 'forget-keys': { type: 'boolean', default: false }, mail: { type: 'boolean', default: false }, push: { type: 'boolean', default: false } },
});
const kParcel = 20, kConversations = 4, kThreads = 4;
const faults = [];
const fault = (text) => { console.log(`FAULT ${text}`); faults.push(text); };
const folder = mkdtempSync(join(tmpdir(), 'tell-kill-'));
const database = `tell_kill_${process.pid}`;
if (options.store !== 'sqlite') execFileSync('psql', ['-q', options.store, '-c', `CREATE DATABASE ${database}`]);
const store = options.store === 'sqlite' ? `sqlite:${folder}/tell.db` : options.store.replace(/\/[a-z]+\?/, `/${database}?`);
const key = join(folder, 'master.key');
const child = (...words) => execFileSync(options.binary, [store, key, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
let state = Number(options.seed) * 2654435761 % 4294967296;
const random = () => (state = (state * 1664525 + 1013904223) % 4294967296) / 4294967296;

const misbehaving = { line: { delay: 0.3, delay_ms: [5, 60], limit: 0.05, fail_before: 0.05, drop_before: 0.05, fail_after: 0.1, drop_after: 0.1, hang_after: 0.01 }, smtp: { delay: 0.05, delay_ms: [5, 40] }, push: { delay: 0.05, delay_ms: [5, 40] } };
/** A key of the sender and a certificate of the push service: endpoints of browsers are https. */
function push_files() {
  const file = (name) => join(folder, name);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', file('tls.key'), '-out', file('tls.pem')], { stdio: 'ignore' });
  execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', file('push.pem')]);
  const { x, y } = createPublicKey(readFileSync(file('push.pem'))).export({ format: 'jwk' });
  const sender = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString('base64url');
  return { cert: file('tls.pem'), key: file('tls.key'), pem: file('push.pem'), browsers: file('browsers'), sender };
}
const push = options.push && push_files();
const sandbox = await start_sandbox([...(push ? ['--push-cert', push.cert, '--push-key', push.key] : []), '--seed', options.seed, '--no-rates', '--faults', JSON.stringify(misbehaving)]);
child('seed', options.people);
if (push) {
  const { subscriptions } = await sandbox.post('/push/subscribe', { count: Number(options.people), key: push.sender });
  writeFileSync(push.browsers, subscriptions.map((one) => `${JSON.stringify(one)}\n`).join(''));
  child('browsers', push.browsers);
}
const run = ['run', '--line', `http://127.0.0.1:${sandbox.ports.line}`, '--most', '5', ...(options.mail ? ['--smtp', `smtp://127.0.0.1:${sandbox.ports.smtp}`] : []), ...(push ? ['--push', `https://127.0.0.1:${sandbox.ports.push}`, '--push-key', push.pem, '--ca', push.cert] : []), ...(options['forget-keys'] ? ['--forget-keys'] : [])];

let kills = 0, lives = 0;
const wanted = Number(options.kills);
const begun = Date.now();
while (kills < wanted) {
  const over = JSON.parse(child('report')).every((m) => m.state === 3);
  if (over) child('place', ...(options.mail ? ['mail'] : []), ...(push ? ['push'] : []));
  const sender = spawn(options.binary, [store, key, ...run], { stdio: ['ignore', 'ignore', 'ignore'] });
  lives++;
  const ended = new Promise((done) => sender.once('exit', (code, signal) => done({ code, signal })));
  const kill = after(120 + Math.floor(random() * 400)).then(() => sender.kill('SIGKILL'));
  const { code, signal } = await ended;
  if (signal === 'SIGKILL') kills++;
  else if (code !== 0) fault(`the sender ended with ${code}`);
  await kill;
}
await sandbox.post('/faults', { plan: {} });
child(...run);   // what is left, in calm
const report = JSON.parse(child('report'));
const effects = { line: new Map(), smtp: new Map(), push: new Map() };
for (const service of ['line', ...(options.mail ? ['smtp'] : []), ...(push ? ['push'] : [])])
  for (let next = 0, more = true; more;) {
    const page = await sandbox.get(`/log?service=${service}&after=${next}&limit=2000`);
    for (const entry of page.entries)
      for (const to of entry.to) {
        const id = `${entry.what} ${to}`;
        effects[service].set(id, (effects[service].get(id) ?? 0) + 1);
      }
    next = page.next, more = page.more;
  }
const sum = (name) => report.reduce((all, m) => all + m[name], 0);
const twice = (service) => [...effects[service].values()].filter((n) => n > 1).length;
const reached = effects.line.size + effects.smtp.size + effects.push.size;
for (const m of report) {
  if (m.state !== 3) fault(`message ${m.id} is not over`);
  if (m.differing !== 0) fault(`${m.differing} rows of ${m.id} differ from what hand-offs and events say`);
  if (m.taken !== m.rows) fault(`${m.rows - m.taken} of ${m.rows} rows of ${m.id} were not taken`);
}
if (reached !== sum('taken')) fault(`the ledger says ${sum('taken')} were taken, the sandbox took ${reached}`);
if (twice('line') > 0) fault(`${twice('line')} got a message twice on LINE`);
const bound = kills * kParcel * kConversations;
if (twice('smtp') > bound) fault(`${twice('smtp')} mails came twice, more than the stated bound of ${bound}`);
const push_bound = kills * kParcel * kThreads;
if (twice('push') > push_bound) fault(`${twice('push')} pushes came twice, more than the stated bound of ${push_bound}`);
const about = await sandbox.get('/counters');
if (about.violations > 0) fault(`${about.violations} requests broke the description of their service`);
console.log(JSON.stringify({ kills, lives, messages: report.length, rows: sum('rows'), taken: sum('taken'), accepted: reached, line_twice: twice('line'), mail_twice: twice('smtp'), mail_bound: options.mail ? bound : undefined,
  ...(push ? { pushes: effects.push.size, push_twice: twice('push'), push_bound } : {}),
  repeated_by_key: about.totals.line?.repeated, violations: about.violations, seconds: Math.round((Date.now() - begun) / 1000), faults: faults.length }));
await sandbox.stop();
if (options.store !== 'sqlite') execFileSync('psql', ['-q', options.store, '-c', `DROP DATABASE ${database}`]);
rmSync(folder, { recursive: true, force: true });
process.exitCode = faults.length ? 1 : 0;
