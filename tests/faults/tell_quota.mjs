// What LINE still delivers this month stands on the page of a message before its release, where somebody decides; LINE is asked once a minute at most, and
// not at all for a drill. When it does not answer, the page says so and is there.
//   node tests/faults/tell_quota.mjs [--binary build/release/machiya]
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { staffClient } from '../browser/lib/walk.js';
import { start_sandbox } from '../sandbox/client.mjs';
import { House } from './lib/house.js';

const { values: options } = parseArgs({ options: { binary: { type: 'string', default: 'build/release/machiya' } } });
const sandbox = await start_sandbox(['--no-rates', '--judge', 'none']);
await sandbox.post('/line/quota', { value: 30_000 });
const asked = async () => (await sandbox.get('/counters')).totals.line?.requests ?? 0;

/** A fresh house with a member of staff who writes; `use` gets the client. */
async function house(use) {
  const house = new House(options.binary, 'sqlite');
  try {
    const file = (name, text) => { const path = join(house.folder, name); writeFileSync(path, text, { mode: 0o600 }); return path; };
    await house.start(['--channels', file('channels.conf', `tell.line.url = http://127.0.0.1:${sandbox.ports.line}\ntell.line.token-file = ${file('line.token', 'sandbox-channel-token')}\n`)]);
    const base = `http://127.0.0.1:${house.port}`;
    await use(await staffClient(base, 'crisis'), base);
  } finally {
    await house.remove();
  }
}
/** What the page of a message that was just written says of LINE's quota; undefined: nothing. */
async function written(client, base, drill) {
  await client.get(`${base}/staff/messages/new?class=emergency&template=evacuate-order`);
  await client.submit({ 'slot.place': '試験の町', 'slot.reason': '川の氾濫', 'slot.shelter': '区民センター', 'slot.time': '14:30', ward: ['minato'], ...(drill ? { drill: '1' } : {}) }, { act: 'save' });
  assert.match(client.page.address, /\/staff\/messages\/[^/?]+$/, client.page.text.slice(0, 300));
  return /LINEの今月の通数\s*(.*?)\s*書いた人/s.exec(client.page.text)?.[1];
}

let failed;
try {
  await house(async (client, base) => {
    assert.equal(await written(client, base, true), undefined);
    assert.equal(await asked(), 0, 'nothing is asked for a drill');
    assert.equal(await written(client, base, false), '残り30,000通(30,000通のうち0通を送信済み)');
    assert.equal(await asked(), 2, 'quota and consumption');
    await client.get(client.page.address);
    assert.equal(await asked(), 2, 'not again within the minute');
  });
  await sandbox.post('/down', { service: 'line', ms: 600_000 });
  await house(async (client, base) => {
    assert.equal(await written(client, base, false), '分かりません。LINEが答えませんでした。');
  });
  console.log('quota before a release: shown, asked once a minute, not asked for a drill, said when LINE is silent');
} catch (error) {
  failed = error;
} finally {
  await sandbox.stop();
}
if (failed) throw failed;
