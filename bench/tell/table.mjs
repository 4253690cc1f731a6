// A table with values of each recipient: attached, judged (dry run) and listed as CSV, over the real server; then released and sent to a sandbox.
//   node bench/tell/table.mjs [--lines 100000] [--people 170000] [--store sqlite|postgresql://…] [--binary build/release/machiya]
// People are named by their mailbox. Every 50th line names nobody, every 70th has an empty value. Prints one line of JSON; times in seconds.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { House, until } from '../../tests/faults/lib/house.js';
import { PlainClient } from '../../tests/browser/plain_client.js';
import { staffClient } from '../../tests/browser/lib/walk.js';
import { start_sandbox } from '../../tests/sandbox/client.mjs';

const { values: options } = parseArgs({ options: { binary: { type: 'string', default: 'build/release/machiya' }, store: { type: 'string', default: 'sqlite' }, lines: { type: 'string', default: '100000' }, people: { type: 'string', default: '170000' } } });
const lines = Number(options.lines);
const house = new House(options.binary, options.store), sandbox = await start_sandbox(['--judge', 'none', '--no-rates']);
const file = (name, text) => { writeFileSync(join(house.folder, name), text, { mode: 0o600 }); return join(house.folder, name); };
const server = await house.start(['--recipients', options.people, '--channels', file('channels.conf', [
  `tell.line.url = http://127.0.0.1:${sandbox.ports.line}`, `tell.line.token-file = ${file('line.token', 'sandbox-channel-token')}`,
  `tell.mail.url = smtp://127.0.0.1:${sandbox.ports.smtp}`, 'tell.mail.from = no-reply@city.example'].join('\n'))]);
const base = `http://127.0.0.1:${house.port}`;
/** Megabytes: now, and the most so far. */
const memory = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]) / 1024);
const timed = async (work) => { const begun = performance.now(); await work(); return Math.round(performance.now() - begun) / 1000; };

// Of the demonstration's people about six in ten have a mailbox: the others' lines name nobody, so only those who have one are in the table.
const known = [];
{
  const probe = await staffClient(base, 'crisis');
  await probe.get(`${base}/staff/messages/new`);
  await probe.submit({ 'title.ja': '調べ', 'body.ja': '本文', topic: 'fire' }, { act: 'save' });
  const page = probe.page.address;
  const all = Number(options.people);
  for (let from = 0; from < all; from += 100_000) {
    const some = Array.from({ length: Math.min(100_000, all - from) }, (_, i) => from + i);
    await probe.get(`${page}/table`);
    await probe.submit({ file: PlainClient.file('t.csv', 'text/csv', Buffer.from('mail,due\n' + some.map((n) => `resident-${n}@example.jp,x\n`).join(''))) }, { act: 'attach' });
    await probe.get(`${page}/table.csv`);
    const nobody = new Set([...(probe.page.html ?? '').matchAll(/^(\d+),unknown/gm)].map((m) => Number(m[1])));
    some.forEach((n, i) => { if (!nobody.has(i + 2)) known.push(n); });
  }
}
const chosen = known.slice(0, lines);
const rows = chosen.map((n, i) => `${i % 50 === 49 ? 'nobody' : 'resident'}-${n}@example.jp,宛名 ${n},2026-12-${String(1 + (n % 28)).padStart(2, '0')},${i % 70 === 69 ? '' : `${(n % 900) * 100}円`}\n`);
const csv = Buffer.from('mail,name,due,amount\n' + rows.join(''));

const client = await staffClient(base, 'crisis'), second = await staffClient(base, 'crisis-second');
await client.get(`${base}/staff/messages/new`);
await client.submit({ 'title.ja': '納期限のお知らせ', 'body.ja': '{name}様\n\n{due}までに{amount}をお納めください。', 'title.en': 'Your deadline', 'body.en': '{name}: {amount} until {due}.', topic: 'fire' }, { act: 'save' });
const page = client.page.address;
await client.get(`${page}/table`);
const before = memory('VmRSS');
const attach = await timed(() => client.submit({ file: PlainClient.file('t.csv', 'text/csv', csv) }, { act: 'attach' }));   // with the page of the first dry run behind it
const runs = [];
for (let i = 0; i < 5; i++) runs.push(await timed(() => client.get(`${page}/table`)));
const text = client.page.text;
const listed = await timed(() => client.get(`${page}/table.csv`));
await client.get(`${page}/table`);
const left_out = await timed(() => client.submit({}, { act: 'leave_out' }));
await client.get(page);
const submit = await timed(() => client.submit({}, { act: 'submit' }));
await second.get(page);
const release = await timed(() => second.submit({}, { act: 'release' }));
const id = page.split('/').pop();
const sent = await timed(() => until('the message to be over', () => house.database.number(`SELECT count(*) FROM tell_message WHERE public_id = '${id}' AND state = 3`) === 1, 600_000));
const taken = house.database.number(`SELECT count(*) FROM delivery d JOIN tell_message m ON m.id = d.message WHERE m.public_id = '${id}' AND d.state = 1`);
console.log(JSON.stringify({ store: options.store.split(':')[0], lines: chosen.length, bytes: csv.length, attach, dry_run: runs, csv: listed, left_out, submit, release, sent, taken, memory_before_mb: before, memory_most_mb: memory('VmHWM'), said: text.match(/送れる人[^]*?除いた行/)?.[0].replace(/\s+/g, ' ').slice(0, 80) }));
await sandbox.stop();
await house.remove();
