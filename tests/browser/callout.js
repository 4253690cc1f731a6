// Call-outs in the real browser: the staff list comes in, one prepares and another starts, people answer on an old telephone without script, the next
// stage goes to those who did not, and the board follows by itself.
//   node tests/browser/callout.js --binary build/release/machiya [--store postgresql://…] [--pictures DIR]
// The test is the SMS gateway itself: what it is handed is what people get. Ends with "N passed, N failed".
import assert from 'node:assert';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { House, until } from '../faults/lib/house.js';
import { languages, launch, staffLanguages } from './lib/browser.js';
import { axe, Checks, press } from './lib/checks.js';
import { PlainClient } from './plain_client.js';
import { staffClient } from './lib/walk.js';

const { values: options } = parseArgs({ options: { binary: { type: 'string' }, store: { type: 'string', default: 'sqlite' }, pictures: { type: 'string' } } });
const house = new House(options.binary, options.store);
const taken = new Map();   // number → text
const gateway = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const { to, text } = JSON.parse(Buffer.concat(parts).toString());
    taken.set(to, text);
    response.writeHead(201, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ id: String(taken.size) }));
  });
});
await new Promise((done) => gateway.listen(0, '127.0.0.1', done));

const checks = new Checks(options.pictures);
const check = checks.check.bind(checks), picture = checks.picture.bind(checks);
mkdirSync(house.folder, { recursive: true });
writeFileSync(join(house.folder, 'token'), 'sms-token', { mode: 0o600 });
writeFileSync(join(house.folder, 'channels'), `tell.sms.url = http://127.0.0.1:${gateway.address().port}/v1/messages\ntell.sms.token-file = ${join(house.folder, 'token')}\n`);
const list = { name: 'staff.csv', mimeType: 'text/csv', buffer: Buffer.from('職員番号,氏名,所属,役職,sms,代理\r\n1001,東山 一,市民局,係長,09010000001,1003\r\n1002,西川 二,水道局,係員,09010000002,\r\n1003,南 三,水道局,課長,09010000003,\r\n') };

let browser;
try {
  await house.start(['--channels', join(house.folder, 'channels')]);
  const base = `http://127.0.0.1:${house.port}`;
  const author = await staffClient(base, 'crisis'), second = await staffClient(base, 'crisis-second');
  browser = await launch();
  const desk = { viewport: { width: 1280, height: 900 } };
  const a = await checks.person(browser, desk, author, base), b = await checks.person(browser, desk, second, base);

  await check('a table with a fault brings nobody', async () => {
    await a.goto(`${base}/staff/callouts/members?lang=ja`);
    await a.setInputFiles('#file', { name: 'wrong.csv', mimeType: 'text/csv', buffer: Buffer.from('職員番号,氏名,所属,sms\r\n1,東,ない局,09010000001\r\n2,,市民局,x\r\n') });
    await press(a, 'main form .button--primary');
    assert.equal(await a.locator('.error-summary li').count(), 2);
    await axe(a);
  });
  await check('a good one is taken whole', async () => {
    await a.setInputFiles('#file', list);
    await press(a, 'main form .button--primary');
    assert.match(await a.locator('main').innerText(), /3人を加え/);
    await picture(a, 'callout-members');
  });
  let board = '';
  await check('one prepares it and cannot start it', async () => {
    await a.goto(`${base}/staff/callouts/new?lang=ja`);
    await axe(a);
    await a.check('#template-earthquake');
    await press(a, 'main form .button--primary');
    board = new URL(a.url()).pathname;
    assert.equal(await a.locator('button[value=start]').count(), 0);
    assert.match(await a.locator('main').innerText(), /ほかの人が開始/);
  });
  await check('another starts it; the app is not configured and said to be skipped; the SMS arrive', async () => {
    await b.goto(`${base}${board}?lang=ja`);
    await press(b, 'button[value=start]');
    await until('three SMS', () => taken.size === 3);
    await b.locator('#board', { hasText: 'とばしました' }).waitFor();
  });
  const link = (number) => new URL(/https?:\/\/\S+\/callout\/[0-9a-z]{26}/.exec(taken.get(number))[0]).pathname;
  await check('each has a link of their own', () => assert.equal(new Set(['+819010000001', '+819010000002', '+819010000003'].map(link)).size, 3));
  await check('an old telephone without script or cookies answers', async () => {
    const phone = new PlainClient(base);
    await phone.get(link('+819010000002'));
    await phone.submit({});
    assert.match(phone.page.text, /参集できるかどうかを選んで/);
    await phone.submit({ duty: 'comes', minutes: '15', self: 'good', family: 'unknown' });
    assert.match(phone.page.text, /回答を受け付けました/);
    const bare = await fetch(base + link('+819010000003'), { method: 'POST', body: new URLSearchParams({ duty: 'cannot', self: 'hurt' }), redirect: 'manual' });
    assert.equal(bare.status, 303);
  });
  await check('the board follows by itself', async () => {
    await b.waitForFunction(() => /回答/.test(document.querySelector('#strength-table')?.innerText ?? '') && [...document.querySelectorAll('#strength-table tr')].at(-1).cells[4].innerText === '2');
    const sums = await b.evaluate(() => [...[...document.querySelectorAll('#strength-table tr')].at(-1).cells].slice(1).map((cell) => Number(cell.innerText)));
    assert.deepEqual(sums, [3, 3, 3, 2, 1, 1, 0, 0, 0, 1, 1, 1]);
    await axe(b);
    await picture(b, 'callout-board');
  });
  await check('names are shown to whom may, and the look is recorded', async () => {
    await b.goto(`${base}${board}/people?lang=ja`);
    assert.match(await b.locator('main').innerText(), /東山 一/);
    await axe(b);
    await until('the audit row', () => house.database.number("SELECT count(*) FROM audit_row WHERE action = 'callout.people' AND purpose = 'call-out'") > 0);
    const auditor = await staffClient(base, 'auditor');
    await auditor.get(`${board}/people`);
    assert.equal(auditor.page.status, 403);
  });
  for (const [name, path] of [['list', '/staff/callouts'], ['new', '/staff/callouts/new'], ['members', '/staff/callouts/members'], ['names', '/staff/callouts/members/water'], ['board', board], ['people', `${board}/people`]])
    await checks.look(b, `callout-${name}`, base + path, staffLanguages);
  const called = await checks.person(browser);
  await checks.look(called, 'callout-answer', base + link('+819010000001'), languages);
  await check('it is ended, and answers are still taken', async () => {
    await b.goto(`${base}${board}?lang=ja`);
    await press(b, 'button[value=end]');
    assert.match(await b.locator('main').innerText(), /終了/);
    const late = await fetch(base + link('+819010000001'), { method: 'POST', body: new URLSearchParams({ duty: 'comes', minutes: '60' }), redirect: 'manual' });
    assert.equal(late.status, 303);
    assert.equal(house.database.number('SELECT count(*) FROM callout_answer'), 3);
  });
} catch (error) {
  checks.faults.push(error.stack);
} finally {
  await browser?.close();
  await house.remove();
  gateway.closeAllConnections();
  gateway.close();
}
checks.end();
