// Secrets and personal data that must never be written down in the clear: a real server, not the demonstration, with distinctive values for each, driven
// through everything from a log-in to broken tables; then every line of its log, its metrics and every file that it left is searched for them.
//   node tests/faults/server_canary.js --binary build/release/machiya [--store sqlite|postgresql://…] [--sabotage]
// Ends with "N canaries, N places searched, N hits". --sabotage sends one canary where it is logged by design (a request id that our own proxy gave):
// the run must then fail, which shows that the search can find.
import { spawn, execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import tls from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PlainClient } from '../browser/plain_client.js';
import { plainCases, startProcedure, walkProcedure } from '../browser/lib/walk.js';
import { Database, freePort, until } from './lib/house.js';

const { values: options } = parseArgs({ options: { binary: { type: 'string', default: 'build/release/machiya' }, store: { type: 'string', default: 'sqlite' }, sabotage: { type: 'boolean', default: false } } });
const folder = mkdtempSync(join(tmpdir(), 'machiya-canary-'));
const data = join(folder, 'var');
const database = new Database(options.store, folder);
const faults = [];
const fault = (text) => { console.log(`FAULT ${text}`); faults.push(text); };

/** What must not be found, by what it is. Values are unlike anything that a log holds by itself. */
const canaries = new Map();
const canary = (what, value) => { if (value && value.length >= 6) canaries.set(`${what} ${canaries.size}`, value); return value; };
const tag = crypto.randomBytes(4).toString('hex');
const person = {
  family: canary('family name', `桐壺${tag}`), given: canary('given name', `若紫${tag}`), family_kana: 'キリツボ', given_kana: 'ワカムラサキ',
};
const street = canary('address', `９丁目８７－${parseInt(tag.slice(0, 4), 16)}`);
const phone = canary('phone', '06-6208-' + String(1000 + (parseInt(tag.slice(0, 3), 16) % 9000)));
const email = canary('e-mail', `canary-${tag}@example.jp`);
const myNumber = canary('twelve digits', String(700000000000 + parseInt(tag, 16)));
const smtpPassword = canary('smtp password', `smtp-${tag}-password`);
const storePassword = canary('store password', `store-${tag}-password`);
const wrongPassword = canary('a wrong password', `wrong-${tag}-password`);

/** A mail server that takes log-ins and keeps what comes. */
const mails = [];
// Behind TLS: without it the server gives nobody a password.
const [mailKey, mailCertificate] = ['mail.key', 'mail.pem'].map((name) => join(folder, name));
execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
  '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', mailKey, '-out', mailCertificate], { stdio: 'ignore' });
const mailServer = tls.createServer({ key: readFileSync(mailKey), cert: readFileSync(mailCertificate) }, (socket) => {
  let text = '', inData = false, credentials = false;
  socket.write('220 mail.example.jp ESMTP\r\n');
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    text += bytes;
    for (;;) {
      const end = text.indexOf(inData ? '\r\n.\r\n' : '\r\n');
      if (end < 0) return;
      const line = text.slice(0, end);
      text = text.slice(end + (inData ? 5 : 2));
      if (credentials) { credentials = false; socket.write('235 welcome\r\n'); continue; }
      if (inData) { mails.push(line); inData = false; socket.write('250 kept\r\n'); continue; }
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'EHLO') socket.write('250-mail.example.jp\r\n250 AUTH PLAIN LOGIN\r\n');
      else if (/^AUTH PLAIN$/i.test(line)) { credentials = true; socket.write('334 \r\n'); }
      else if (verb === 'AUTH') socket.write('235 welcome\r\n');
      else if (verb === 'DATA') { inData = true; socket.write('354 go on\r\n'); }
      else if (verb === 'QUIT') { socket.end('221 bye\r\n'); return; }
      else socket.write('250 ok\r\n');
    }
  });
});
const mailPort = await new Promise((done) => mailServer.listen(0, '127.0.0.1', () => done(mailServer.address().port)));
/** The code of the newest mail, whatever way it is coded. */
async function mailedCode(before) {
  const mail = await until('a mail', () => mails.length > before && mails[mails.length - 1], 30_000);
  const body = mail.slice(mail.indexOf('\r\n\r\n'));
  const plain = /base64/i.test(mail) ? Buffer.from(body.replace(/--.*|content-.*/gi, ''), 'base64').toString() : body;
  return canary('log-in code', /(?<!\d)\d{6}(?!\d)/.exec(plain)?.[0]);
}

/** A code serves in its own 30 seconds: at their end the next ones are waited for. */
async function codeIsFresh() {
  while (Date.now() % 30000 > 27000) await new Promise((done) => setTimeout(done, 200));
}
function totp(secret) {
  let bits = '';
  for (const c of secret.replace(/=+$/, '')) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const mac = crypto.createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

// ── the server, with its secrets in files and nothing on its command line ──
mkdirSync(data, { recursive: true });
const port = await freePort();
const base = `http://127.0.0.1:${port}`;
const file = (name, text, mode = 0o600) => { const path = join(folder, name); writeFileSync(path, text); chmodSync(path, mode); return path; };
const masterKey = canary('master key', crypto.randomBytes(32).toString('hex'));
const store = database.postgres ? database.url.replace('://postgres@', `://postgres:${storePassword}@`) : '';
const config = file('machiya.conf', [`base-url = https://127.0.0.1:${port}`, `listen = 127.0.0.1:${port}`, 'trusted-proxy-hops = 1', 'rate-scale = 0', `data = ${data}`, `key-file = ${file('master.key', masterKey)}`,
  `smtp-url = smtps://localhost:${mailPort}`, `outbound-ca-file = ${mailCertificate}`, 'smtp-from = no-reply@machiya.example.jp', 'smtp-user = machiya', `smtp-password-file = ${file('smtp', smtpPassword)}`, 'smtp-starttls = no',
  ...(store ? [`store-file = ${file('store', store)}`] : [])].join('\n'));
const made = execFileSync(options.binary, ['staff', 'add', '--config', config, '--name', 'canary-admin', '--role', 'admin'], { encoding: 'utf8' });
const password = canary('staff password', /password\s+(\S+)/.exec(made)[1]);
const ownPassword = canary('own password', `salmon-birds-${tag}-${crypto.randomBytes(6).toString('hex')}`);
const seed = canary('TOTP seed', /TOTP secret\s+(\S+)/.exec(made)[1]);
const output = [];
const serve = spawn(options.binary, ['serve', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] });
for (const stream of [serve.stdout, serve.stderr]) stream.on('data', (text) => output.push(String(text)));
const ended = new Promise((done) => serve.once('exit', (code) => done(code)));

const proxy = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.77' };
/** A citizen whose codes come by mail; everything secret that the pages give her is a canary. */
class Citizen extends PlainClient {
  async request(...what) {
    const page = await super.request(...what);
    for (const [, value] of this.jar.entries()) if (![...canaries.values()].includes(value)) canary('cookie', value);
    for (const token of page.html.matchAll(/name="csrf" value="([^"]+)"/g)) if (![...canaries.values()].includes(token[1])) canary('form token', token[1]);
    return page;
  }
  async logIn(address) {
    if (!this.page?.forms().some((form) => form.names.includes('email') && !form.names.includes('code'))) await this.get('/login');
    const before = mails.length;
    await this.submit({ email: address });
    const code = await mailedCode(before);
    await this.submit({ code: code === '000000' ? '111111' : '000000' });
    return this.submit({ code });
  }
}
const raw = (path, init = {}) => fetch(base + path, { redirect: 'manual', ...init, headers: { ...proxy, ...init.headers } }).then(async (r) => { await r.arrayBuffer(); return r.status; });

async function drive() {
  const citizen = new Citizen(base, { headers: proxy });
  const answers = plainCases()['dog-registration'].answers;
  Object.assign(answers, { applicant: person, applicant_address: { ...answers.applicant_address, street }, phone, dog_name: 'ポチ' });
  await startProcedure(citizen, 'dog-registration');
  const number = await walkProcedure(citizen, answers, email);
  if (!number) fault('the application of the canary was not taken');
  const staff = new Citizen(base, { headers: proxy });
  await staff.get('/staff/login');
  await staff.submit({ name: 'canary-admin', password: wrongPassword, code: '123123' });
  await staff.get('/staff/login');
  await codeIsFresh();
  await staff.submit({ name: 'canary-admin', password, code: totp(seed) });
  if (!staff.page.address.endsWith('/staff/password')) fault(`the first log-in does not lead to a password of one's own: ${staff.page.address} ${staff.page.text.slice(0, 200)}`);
  await staff.submit({ password, new_password: ownPassword });
  if (staff.page.address.includes('/password')) fault(`the first password was not replaced: ${staff.page.text.slice(0, 200)}`);
  for (const path of ['/staff', `/staff/cases/${number}`, `/staff/search?q=${encodeURIComponent(person.family)}`, '/staff/clients', '/staff/definitions', `/applications/${number}`]) await staff.get(path);
  return { citizen, staff, number };
}

/** What goes wrong on purpose: nothing of it may repeat what came in. */
async function misuse({ citizen }) {
  const cookie = citizen.jar.header();
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const json = { 'Content-Type': 'application/json', 'Idempotency-Key': canary('idempotency key', `once-${tag}-key`) };
  const token = canary('bearer token', `mt_${tag}${crypto.randomBytes(16).toString('hex')}`);
  const everything = [person.family, street, phone, email, myNumber].join(' ');
  const statuses = [
    await raw(`/no/such/${encodeURIComponent(myNumber)}?name=${encodeURIComponent(person.family)}`),
    await raw('/procedures?q=%ff%fe' + encodeURIComponent(email)),
    await raw('/login', { method: 'POST', headers: form, body: `email=${encodeURIComponent(email)}&csrf=wrong` }),
    await raw('/login', { method: 'POST', headers: { ...form, Cookie: cookie }, body: `email=${encodeURIComponent(email)}%ff` }),
    await raw('/staff/login', { method: 'POST', headers: form, body: `name=${encodeURIComponent(email)}&password=${wrongPassword}&code=1` }),
    await raw('/api/v1/procedures/dog-registration/applications', { method: 'POST', headers: json, body: `{"answers": {"phone": "${phone}", "x": "${everything}"` }),
    await raw('/api/v1/procedures/dog-registration/applications', { method: 'POST', headers: json, body: JSON.stringify({ answers: { applicant: person, phone, note: myNumber } }) }),
    await raw('/api/v1/procedures/sme-digital-check/applications', { method: 'POST', headers: json, body: JSON.stringify({ answers: { industry: everything } }) }),
    await raw('/api/v1/registers/park-trees/rows', { headers: { Authorization: `Bearer ${token}` } }),
    await raw('/procedures', { headers: { Cookie: `__Host-machiya=${token}` } }),
    await raw('/api/v1/files', { method: 'POST', headers: { 'Content-Type': `multipart/form-data; boundary=${tag}` }, body: `--${tag}\r\nContent-Disposition: form-data; name="file"; filename="${email}.pdf"\r\n\r\n${everything}` }),
    await raw('/login', { method: 'POST', headers: form, body: 'email=' + everything.repeat(2000) }),
    await raw(`/applications/${tag}`, { headers: { Cookie: cookie, 'User-Agent': everything.replace(/[^\x20-\x7e]/g, ''), Referer: `https://x.example/${email}` } }),
  ];
  if (options.sabotage) await raw('/procedures', { headers: { 'X-Request-Id': smtpPassword } });
  return statuses;
}

/** Tables away under the running server: every write and read of them is a failure of the database, with its own message. */
async function breakDatabase({ citizen, number }) {
  const broken = ['record', 'identity_code', 'identity_session', 'apply_draft', 'identity_staff'].filter((table) => { try { database.rows(`ALTER TABLE ${table} RENAME TO ${table}_gone`); return true; } catch { return false; } });
  const cookie = citizen.jar.header();
  const statuses = [];
  for (const path of ['/mypage', `/applications/${number}`, '/procedures/dog-registration', '/staff', '/readyz']) statuses.push(await raw(path, { headers: { Cookie: cookie } }));
  const late = new Citizen(base, { headers: proxy });
  await late.get('/login').catch(() => {});
  await late.submit({ email }).catch(() => {});
  await late.get('/staff/login').catch(() => {});
  await late.submit({ name: email, password: wrongPassword, code: '123456' }).catch(() => {});
  statuses.push(await raw('/api/v1/procedures/sme-digital-check/applications', { method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `late-${tag}` },
    body: JSON.stringify({ answers: { industry: 'manufacturing', size: 's50', ward: 'yodogawa', key_vision: 3, key_urgency: 3, key_commitment: 3, key_culture: 2, key_structure: 2, key_people: 2, key_business: 3, key_systems: 2, key_governance: 2, needs: ['advice'] } }) }));
  for (const table of broken) database.rows(`ALTER TABLE ${table}_gone RENAME TO ${table}`);
  if (!statuses.some((status) => status >= 500)) fault(`broken tables gave no failure: ${statuses}`);
  return statuses;
}

/** The memory of the server must not be left anywhere, nor be looked into by others of its user. */
function memoryIsClosed() {
  const limits = readFileSync(`/proc/${serve.pid}/limits`, 'utf8');
  if (!/Max core file size\s+0\s+0\s/.test(limits)) fault(`core dumps are possible: ${/Max core.*/.exec(limits)?.[0]}`);
  // Of a process that is not dumpable the files in /proc belong to root; of one that runs as root the kernel's word is its own list of mappings.
  if (process.getuid() !== 0 && statSync(`/proc/${serve.pid}/environ`).uid !== 0) fault('the memory is open to others of the same user');
  const locked = Number(/VmLck:\s+(\d+)/.exec(readFileSync(`/proc/${serve.pid}/status`, 'utf8'))[1]);
  if (locked === 0) fault('no page of the keys is locked in memory');
  const line = readFileSync(`/proc/${serve.pid}/cmdline`, 'utf8') + readFileSync(`/proc/${serve.pid}/environ`, 'utf8');
  for (const [what, value] of canaries) if (line.includes(value)) fault(`${what} stands in the command line or the environment`);
}

function* files(path) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* files(join(path, entry.name));
    else if (entry.isFile()) yield join(path, entry.name);
  }
}
/** Every way in which a value may have been written. */
const forms = (value) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), Buffer.from(value).toString('base64').replace(/=+$/, ''), Buffer.from(value).toString('hex')];

/** A code of six digits is looked for where people read; in a database of a megabyte it would be found by chance. */
function search(places) {
  let hits = 0;
  for (const [place, bytes] of places)
    for (const [what, value] of canaries)
      for (const form of new Set(forms(value)))
        if ((value.length > 7 || place === 'log' || place === 'metrics') && bytes.includes(form)) { hits++; console.log(`HIT ${what} in ${place}`); }
  return hits;
}

let hits = -1, places = [];
try {
  await until('the server', () => { if (serve.exitCode !== null) throw new Error(`the server ended: ${output.join('')}`); return output.join('').includes('citizens'); });
  memoryIsClosed();
  const people = await drive();
  const wrong = await misuse(people);
  const late = await breakDatabase(people);
  memoryIsClosed();
  console.log(`misuse was answered ${wrong.join(' ')}; broken tables ${late.join(' ')}`);
  const metrics = await fetch(`${base}/metrics`).then((r) => r.text());
  serve.kill('SIGTERM');
  await ended;
  if (options.store === 'sqlite') database.rows('PRAGMA wal_checkpoint(TRUNCATE)');
  places = [['log', Buffer.from(output.join(''))], ['metrics', Buffer.from(metrics)]];
  for (const path of files(data)) places.push([path.slice(folder.length), readFileSync(path)]);
  const spooled = [...files(join(data, 'spool'))];
  if (spooled.length !== 0) fault(`files are left in the spool: ${spooled}`);
  if (database.postgres) for (const table of database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")) places.push([`table ${table}`, Buffer.from(database.rows(`SELECT t::text FROM ${table} t`).join('\n'))]);
  if (!/"http-access"|http-access/.test(output.join(''))) fault('there was no access log to search');
  hits = search(places);
} catch (error) {
  fault(error.stack);
} finally {
  serve.kill('SIGKILL');
  mailServer.close();
  database.remove();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${canaries.size} canaries, ${places.length} places searched (${database.postgres ? 'postgresql' : 'sqlite'}), ${hits} hits, ${faults.length} faults`);
process.exit(hits === 0 && faults.length === 0 ? 0 : 1);
