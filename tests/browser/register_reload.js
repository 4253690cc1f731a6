// A register by definition alone: while the server runs, script/new writes one into its city folder; after SIGHUP the next request shows the list,
// both views, the form with its twelve columns and the reminder; a row added there is reminded of. No rebuild.
//   node tests/browser/register_reload.js --binary build/release/machiya [--store URL]
// Proved to fail: without the signal the register stays unknown, which the first request checks.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { until } from '../faults/lib/house.js';
import { staffClient } from './lib/walk.js';

const { values: options } = parseArgs({ options: { binary: { type: 'string' }, store: { type: 'string' } } });
const root = resolve(new URL('../..', import.meta.url).pathname);
const folder = mkdtempSync(join(tmpdir(), 'machiya-reload-'));
const id = 'reloaded-register';
const list = `/staff/registers/${id}`;

function need(what, holds) {
  if (!holds) throw new Error(`not so: ${what}`);
  console.log(`ok  ${what}`);
}

/** Status and text of a page as this member of staff sees it; a status is no error here. */
async function look(client, path) {
  await client.request(path);
  return { status: client.page.status, html: client.page.html, text: client.page.text };
}

/** A date so many days from now, by the parts of a form. */
function day(name, from_now) {
  const [year, month, date] = new Date(Date.now() + (9 + 24 * from_now) * 3600e3).toISOString().slice(0, 10).split('-');
  return { [`${name}.era`]: 'western', [`${name}.year`]: year, [`${name}.month`]: String(Number(month)), [`${name}.day`]: String(Number(date)) };
}

async function run(base, server, log) {
  const client = await staffClient(base, 'construction-approver');
  need('before the reload nobody knows the register', (await look(client, list)).status === 404);
  execFileSync(join(folder, 'script/new'), ['register', id, '11-systems/park-greenery'], { stdio: 'ignore' });
  need('written, and still unknown', (await look(client, list)).status === 404);
  server.kill('SIGHUP');
  await until('the reload', () => readFileSync(log, 'utf8').split('"event":"city-loaded"').length > 1);
  const page = await look(client, list);
  need('the next request shows the list', page.status === 200 && page.text.includes('新しい台帳'));
  need('with both views', page.html.includes(`${list}?view=all`) && page.html.includes(`${list}?view=open`));
  need('the second view answers', (await look(client, `${list}?view=open`)).status === 200);
  need('the reminder stands on the page of reminders', (await look(client, `/staff/reminders?register=${id}`)).text.includes('確認の時期が近づいています。'));
  await client.get(`${list}/new`);
  const written = ['整理番号', '件名', '種類', '場所', '受付日', '回答日', '次回の確認', '費用', 'メモ', '連絡先の方'];
  need('the form asks for every column that people enter', written.every((label) => client.page.text.includes(label)));
  await client.submit({ code: '00001', subject: '見本', kind: 'usual', ...day('received', -3), ...day('next_check', 3) }, { action: 'next' });
  need('a row is added; the deadline and the formula are worked out', client.page.address.includes('/rows/') && client.page.text.includes('回答期限') && client.page.text.includes('期限内'));
  need('and it is reminded of', (await look(client, '/staff/reminders')).html.includes(`${list}/rows/`));
}

mkdirSync(join(folder, 'script'));
for (const name of ['new', 'lib.sh']) cpSync(join(root, 'script', name), join(folder, 'script', name));
cpSync(join(root, 'city'), join(folder, 'city'), { recursive: true });
const log = join(folder, 'log'), said = join(folder, 'said');
const store = options.store ? ['--store', options.store] : [];
const server = spawn(resolve(options.binary), ['serve', '--city', join(folder, 'city/osaka'), '--data', join(folder, 'var'), '--listen', '127.0.0.1:0', '--rate-scale', '0', '--quiet', ...store],
                     { cwd: root, stdio: ['ignore', openSync(said, 'w'), openSync(log, 'w')] });
let failed = false;
try {
  const base = await until('the server', () => /^ {2}citizens *(http:\/\/\S*[0-9])\/$/m.exec(readFileSync(said, 'utf8'))?.[1]);
  await run(base, server, log);
} catch (error) {
  failed = true;
  console.error(`FAILED ${error.message}\n${readFileSync(log, 'utf8').slice(-2000)}`);
} finally {
  server.kill('SIGTERM');
  await new Promise((done) => (server.exitCode === null ? server.once('exit', done) : done()));
  rmSync(folder, { recursive: true, force: true });
}
console.log(failed ? '0 passed, 1 failed' : '1 passed, 0 failed');
process.exit(failed ? 1 : 0);
