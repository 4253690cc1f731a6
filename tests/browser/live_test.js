// The live list in the real browser: what a person has done in it outlives a refresh, and no change is missed.
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launch, newContext } from './lib/browser.js';

const scripts = new URL('../../web/scripts/', import.meta.url);
let rows = [];
let fetched = 0;
let held = null;      // while set, answers to fragments wait here
let stream = null;
const row = (n) => `<tr><td><input type="checkbox" name="number" value="${n}" id="c${n}" aria-label="${n}"></td><th>${n}</th></tr>`;
const page = () => `<!DOCTYPE html><html lang="en"><title>t</title><script type="module" src="/s/machiya.js"></script>
<div id="inbox" data-events="/events"><form><table>${rows.map(row).join('')}</table>
<select name="act" id="act"><option value="">-</option><option value="approve">approve</option></select>
<textarea name="reason" id="reason"></textarea></form></div>`;

const server = createServer((request, response) => {
  if (request.url.startsWith('/s/')) {
    response.setHeader('Content-Type', 'text/javascript');
    response.end(readFileSync(new URL(request.url.slice(3), scripts)));
  } else if (request.url === '/events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(': open\n\n');
    stream = response;
  } else {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    const body = page();
    if (!request.headers['x-fragment']) return response.end(body);
    fetched += 1;
    if (held) held.push(() => response.end(body));
    else response.end(body);
  }
});
const changed = () => stream.write('event: changed\ndata: x\n\n');
let browser;
let tab;

before(async () => {
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  browser = await launch();
  tab = await (await newContext(browser)).newPage();
});
after(async () => {
  await browser.close();
  server.closeAllConnections();
  server.close();
});

async function open(numbers) {
  rows = numbers;
  fetched = 0;
  stream = null;
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  await tab.waitForFunction(() => performance.getEntriesByName(`${location.origin}/s/live.js`).length > 0);
  while (!stream) await new Promise((later) => setImmediate(later));
}

test('ticks, choices, typed text and the caret stay; a row that left takes its tick along', async () => {
  await open(['A-1', 'A-2', 'A-3']);
  await tab.check('#cA-1');
  await tab.check('#cA-3');
  await tab.selectOption('#act', 'approve');
  await tab.fill('#reason', 'complete');
  await tab.evaluate(() => document.getElementById('reason').setSelectionRange(3, 5));
  rows = ['A-0', 'A-1', 'A-2'];
  changed();
  await tab.waitForSelector('#cA-0');
  const seen = await tab.evaluate(() => ({
    ticked: [...document.querySelectorAll('input:checked')].map((box) => box.value),
    act: document.getElementById('act').value,
    reason: document.getElementById('reason').value,
    focus: document.activeElement.id,
    caret: [document.activeElement.selectionStart, document.activeElement.selectionEnd],
    sent: [...new FormData(document.forms[0])].map(([key, value]) => `${key}=${value}`).join('&'),
  }));
  assert.deepStrictEqual(seen.ticked, ['A-1']);
  assert.strictEqual(seen.act, 'approve');
  assert.strictEqual(seen.reason, 'complete');
  assert.strictEqual(seen.focus, 'reason');
  assert.deepStrictEqual(seen.caret, [3, 5]);
  assert.strictEqual(seen.sent, 'number=A-1&act=approve&reason=complete');
  rows = ['A-1', 'A-9'];
  changed();
  await tab.waitForSelector('#cA-9');
  assert.ok(await tab.isChecked('#cA-1'), 'the second refresh keeps it too');
  await tab.uncheck('#cA-1');
  rows = ['A-1', 'A-10'];
  changed();
  await tab.waitForSelector('#cA-10');
  assert.ok(!(await tab.isChecked('#cA-1')), 'what was taken back stays taken back');
});

test('a change that comes while the page is on its way is fetched afterwards', async () => {
  await open(['B-1']);
  held = [];
  changed();
  while (held.length === 0) await new Promise((later) => setImmediate(later));
  rows = ['B-1', 'B-2'];
  changed();
  await tab.evaluate(() => new Promise((done) => setTimeout(done)));   // the event has reached the page
  const [release] = held;
  held = null;
  release();
  await tab.waitForSelector('#cB-2');
  assert.strictEqual(fetched, 2);
});
