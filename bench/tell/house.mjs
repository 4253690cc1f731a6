// The whole house as it tells, against the sandbox: rows for everybody while people read pages, hand-off at the channels' rates, emergencies
// over a full queue, cancelling.
//   node bench/tell/house.mjs expand   [--people 2750000] [--store sqlite|postgresql://…]
//   node bench/tell/house.mjs rates    [--people 250000] …      LINE 200 multicasts a second, mail 500 a second
//   node bench/tell/house.mjs urgent   [--people 250000] [--times 100] …   1 million rows of ordinary messages wait
//   node bench/tell/house.mjs cancel   [--people 250000] …      stopped after 30 %
// Each prints one line of JSON.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { House, request, until } from '../../tests/faults/lib/house.js';
import { staffClient } from '../../tests/browser/lib/walk.js';
import { start_sandbox } from '../../tests/sandbox/client.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { binary: { type: 'string', default: 'build/release/machiya' }, filler: { type: 'string', default: 'build/release/bench/tell/ledger_bench' }, people: { type: 'string' },
    store: { type: 'string', default: 'sqlite' }, times: { type: 'string', default: '100' }, 'line-window': { type: 'string' }, city: { type: 'string', default: 'city/osaka' } },
});
const what = positionals[0];
const people = Number(options.people ?? (what === 'expand' ? 2_750_000 : 250_000));
const house = new House(options.binary, options.store);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const quantile = (list, q) => { const sorted = [...list].sort((a, b) => a - b); return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]; };
const print = (facts) => console.log(JSON.stringify({ what, store: options.store.split(':')[0], people, ...facts }));

const sandbox = await start_sandbox(['--judge', '50', '--open', 'none']);
function channels() {
  const file = join(house.folder, 'channels.conf'), token = join(house.folder, 'line.token');
  const sms = join(house.folder, 'sms.token'), push = join(house.folder, 'push.pem');
  writeFileSync(token, 'sandbox-channel-token', { mode: 0o600 });
  writeFileSync(sms, 'sandbox-sms-token', { mode: 0o600 });
  execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', push], { stdio: 'ignore' });
  writeFileSync(file, [`tell.line.url = http://127.0.0.1:${sandbox.ports.line}`, `tell.line.token-file = ${token}`, `tell.mail.url = smtp://127.0.0.1:${sandbox.ports.smtp}`, 'tell.mail.from = no-reply@city.example',
    `tell.push.key-file = ${push}`, 'tell.push.subject = mailto:push@city.example', `outbound-internal = http://127.0.0.1:${sandbox.ports.push}`, `tell.sms.url = http://127.0.0.1:${sandbox.ports.sms}/v1/messages`, `tell.sms.token-file = ${sms}`].join('\n'));
  return ['--channels', file, ...(what === 'urgent' ? [] : ['--city', options.city])];
}
/** The city with another window of LINE, in requests of one addressee a second (a multicast counts ten). */
function city(window) {
  const folder = join(house.folder, 'city');
  cpSync(options.city, folder, { recursive: true });
  const file = join(folder, '01-life/line-messages/channels/line.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/requests: \d+/, `requests: ${window}`));
  return ['--city', folder];
}

async function write(client, base, form, query = '') {
  await client.get(`${base}/staff/messages/new${query}`);
  await client.submit({ 'title.ja': form.title, 'body.ja': form.body ?? '本文です。', ...(form.topic ? { topic: form.topic } : {}), ...(form.start ? { start: form.start } : {}), ...(form.channel ? { channel: form.channel } : {}) }, { act: 'save' });
  const address = client.page.address;
  if (!/messages\/[0-9a-z]{26}$/.test(address)) throw new Error(`the message was not saved: ${client.page.text.slice(0, 300)}`);
  await client.submit({}, { act: 'submit' });
  return address;
}
const release = async (client, address) => { await client.get(address); await client.submit({}, { act: 'release' }); };
const metric = async (name) => Number((await request(agent, house.port, 'GET', '/metrics')).body.match(new RegExp(`^${name} (\\S+)$`, 'm'))?.[1]);
const states = (id) => Object.fromEntries(house.database.rows(`SELECT d.state, count(*) FROM delivery d JOIN tell_message m ON m.id = d.message WHERE m.public_id = '${id}' GROUP BY d.state`).map(([s, n]) => [s, Number(n)]));
const message_state = (id) => house.database.number(`SELECT state FROM tell_message WHERE public_id = '${id}'`);
const last = (address) => address.split('/').pop();

/** Pages at a steady rate until told to stop; times in ms. */
async function readers(rate, stop) {
  const paths = ['/', '/procedures', '/initiatives', '/messages', '/about', '/healthz'].slice(0, 5);
  const times = [], errors = [];
  const begun = performance.now();
  const open = new Set();
  for (let n = 0; !stop.now; n++) {
    const due = begun + n * 1000 / rate;
    const wait = due - performance.now();
    if (wait > 1) await after(wait);
    const one = request(agent, house.port, 'GET', paths[n % paths.length], { headers: { Accept: 'text/html' } })
      .then((answer) => { times.push(performance.now() - due); if (answer.status >= 500) errors.push(answer.status); })
      .catch((error) => errors.push(error.message)).finally(() => open.delete(one));
    open.add(one);
  }
  await Promise.all(open);
  return { requests: times.length, rate: Math.round(times.length / (performance.now() - begun) * 1000), p50: quantile(times, 0.5), p99: quantile(times, 0.99), longest: Math.max(...times), errors: errors.length };
}

const base = () => `http://127.0.0.1:${house.port}`;
try {
  if (what === 'expand') {
    const first = await house.start(channels());   // makes the tables
    first.child.kill('SIGTERM');
    await first.ended;
    execFileSync(options.filler, [house.database.postgres ? house.database.url : `sqlite:${house.database.file}`, String(people), 'fill'], { stdio: 'ignore' });
    const server = await house.start(channels());
    const a = await staffClient(base(), 'crisis'), b = await staffClient(base(), 'crisis-second');
    const address = await write(a, base(), { title: '全市へのお知らせ', start: '2030-01-01T09:00' }, '?class=emergency');
    const stop = { now: false };
    const calm = readers(200, stop);
    await after(5000);
    stop.now = true;
    const before = await calm;
    const busy = { now: false };
    const reading = readers(200, busy);
    const begun = Date.now();
    await release(b, address);
    await until('all rows', async () => message_state(last(address)) >= 2, 300_000);
    const seconds = (Date.now() - begun) / 1000;
    busy.now = true;
    const during = await reading;
    const memory = Number(readFileSync(`/proc/${server.child.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)[1]) / 1024;
    const rows = await metric('machiya_tell_rows_made_total');
    print({ rows, seconds, rows_per_second: Math.round(rows / seconds), transactions: await metric('machiya_tell_transactions_total'), longest_ms: await metric('machiya_tell_longest_transaction_seconds') * 1000,
      over_20_ms: await metric('machiya_tell_long_transactions_total'), memory_mb: Math.round(memory), pages_alone: before, pages_during: during });
  } else if (what === 'rates') {
    await house.start([...channels(), '--recipients', String(people)]);
    const a = await staffClient(base(), 'crisis'), b = await staffClient(base(), 'crisis-second');
    const address = await write(a, base(), { title: '全市へのお知らせ' }, '?class=emergency');
    const begun = Date.now();
    await release(b, address);
    await until('the end', async () => message_state(last(address)) >= 3, 1_200_000);
    const log = { line: [], smtp: [] };
    for (const service of ['line', 'smtp'])
      for (let next = 0, more = true; more;) {
        const page = await sandbox.get(`/log?service=${service}&after=${next}&limit=5000`);
        log[service].push(...page.entries.map((e) => ({ at: e.at, n: e.to.length })));
        next = page.next, more = page.more;
      }
    const rate = (entries) => { const first = entries[0].at, end = entries.at(-1).at; return { requests: entries.length, people: entries.reduce((s, e) => s + e.n, 0), seconds: (end - first) / 1000, per_second: (entries.length - 1) / (end - first) * 1000, first_ms: first - begun }; };
    const counters = await sandbox.get('/counters');
    print({ line: rate(log.line), mail: rate(log.smtp), states: states(last(address)), limited: { line: counters.totals.line.limited, smtp: counters.totals.smtp.limited }, violations: counters.violations });
  } else if (what === 'urgent') {
    await house.start([...city(options['line-window'] ?? 40), ...channels(), '--recipients', String(people)]);
    const a = await staffClient(base(), 'crisis'), b = await staffClient(base(), 'crisis-second');
    const ordinary = [];
    for (let i = 0, rows = 0; rows < 1_000_000 && i < 40; i++) {
      const address = await write(a, base(), { title: `普通のお知らせ ${i}`, channel: 'line' }, '?class=emergency');   // to everybody, and then made ordinary below
      house.database.rows(`UPDATE campaign SET class = 0 WHERE public_id = '${last(address)}'`);
      await release(b, address);
      await until('rows', async () => message_state(last(address)) >= 2, 120_000);
      rows = house.database.number('SELECT sum(total - handed) FROM lane');
      ordinary.push(rows);
    }
    const times = [];
    for (let i = 0; i < Number(options.times); i++) {
      const title = `緊急 ${i}`;
      const address = await write(a, base(), { title, channel: 'line' }, '?class=emergency');
      await b.get(address);
      const begun = Date.now();
      await b.submit({}, { act: 'release' });
      const id = last(address);
      const at = await until('the first hand-off', async () => house.database.rows(`SELECT coalesce(min(h.settled_us), 0) FROM hand_off h JOIN tell_message m ON m.id = h.message WHERE m.public_id = '${id}' AND h.accepted > 0`)[0][0] > 0 && house.database.rows(`SELECT min(h.settled_us) FROM hand_off h JOIN tell_message m ON m.id = h.message WHERE m.public_id = '${id}' AND h.accepted > 0`)[0][0], 60_000);
      times.push(Number(at) / 1000 - begun);
      await a.get(address);
      await a.submit({}, { act: 'cancel' });
    }
    print({ queued: ordinary.at(-1), times: times.length, p50: quantile(times, 0.5), p99: quantile(times, 0.99), longest: Math.max(...times) });
  } else if (what === 'cancel') {
    await house.start([...channels(), '--recipients', String(people)]);
    const a = await staffClient(base(), 'crisis'), b = await staffClient(base(), 'crisis-second');
    const address = await write(a, base(), { title: '止めるお知らせ' }, '?class=emergency');
    await release(b, address);
    const id = last(address);
    const sum = () => house.database.rows(`SELECT coalesce(sum(h.accepted), 0), (SELECT coalesce(sum(l.total), 0) FROM lane l JOIN tell_message n ON n.id = l.message WHERE n.public_id = '${id}') FROM hand_off h JOIN tell_message m ON m.id = h.message WHERE m.public_id = '${id}'`)[0].map(Number);
    await until('30 %', async () => { const [taken, total] = sum(); return message_state(id) >= 2 && taken >= total * 0.3; }, 600_000);
    await a.get(address);
    await a.submit({}, { act: 'cancel' });
    const cancelled = house.database.number(`SELECT cancelled_us FROM tell_message WHERE public_id = '${id}'`) / 1000;
    await until('the split', async () => message_state(id) === 5, 300_000);
    await after(3000);
    let latest = 0, effects = 0;
    for (const service of ['line', 'smtp'])
      for (let next = 0, more = true; more;) {
        const page = await sandbox.get(`/log?service=${service}&after=${next}&limit=5000`);
        for (const e of page.entries) latest = Math.max(latest, e.at), effects += e.to.length;
        next = page.next, more = page.more;
      }
    const split = states(id);
    const total = Object.values(split).reduce((s, n) => s + n, 0);
    const meant = house.database.number('SELECT count(*) FROM reach');
    print({ total, meant, sent: split[1] ?? 0, unsent: split[5] ?? 0, others: total - (split[1] ?? 0) - (split[5] ?? 0), effects, exact: total === meant && effects === (split[1] ?? 0) && (split[1] ?? 0) + (split[5] ?? 0) === total, last_after_cancel_ms: Math.round(latest - cancelled) });
  } else throw new Error('expand, rates, urgent or cancel');
} finally {
  await house.remove();
  await sandbox.stop();
  agent.destroy();
}
