// Messages as staff write them, in the real browser, against the real server and the sandbox of the channels: written, judged, handed in, released by a second
// person, followed while it goes (events of the server, no reload), another one cancelled, found on the calendar and reported; with and without
// script, in ja and en, every page by axe and keyboard, at 320 and 360 px. What the report counts is what the sandbox took. At the end mails come back.
//   node tests/browser/staff_messages.js [--binary build/release/machiya] [--store sqlite|postgresql://…] [--pictures DIR]
import assert from 'node:assert';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { House, request, until } from '../faults/lib/house.js';
import { start_sandbox } from '../sandbox/client.mjs';
import { launch, staffLanguages } from './lib/browser.js';
import { axe, Checks, press } from './lib/checks.js';
import { staffClient } from './lib/walk.js';

const { values: options } = parseArgs({ options: { binary: { type: 'string', default: 'build/release/machiya' }, store: { type: 'string', default: 'sqlite' }, pictures: { type: 'string' } } });
const checks = new Checks(options.pictures);
const check = checks.check.bind(checks), picture = checks.picture.bind(checks);

const house = new House(options.binary, options.store);
const sandbox = await start_sandbox(['--no-rates', '--judge', 'none']);
const secret = (name, text) => {
  writeFileSync(join(house.folder, name), text, { mode: 0o600 });
  return join(house.folder, name);
};
const at = (service) => `http://127.0.0.1:${sandbox.ports[service]}`;
await house.start(['--recipients', '600', '--channels', secret('channels.conf', [
  `tell.line.url = ${at('line')}`, `tell.line.token-file = ${secret('line.token', 'sandbox-channel-token')}`,
  `tell.mail.url = smtp://127.0.0.1:${sandbox.ports.smtp}`, 'tell.mail.from = no-reply@city.example', 'tell.mail.return-domain = reports.city.example',
].join('\n'))]);
const base = `http://127.0.0.1:${house.port}`;
const browser = await launch();

const clients = { author: await staffClient(base, 'crisis'), second: await staffClient(base, 'crisis-second') };
async function page_of(who, context = {}) {
  const page = await checks.person(browser, { viewport: { width: 360, height: 780 }, ...context }, clients[who], base);
  page.without_script = context.javaScriptEnabled === false;
  return page;
}
const act = (page, what) => press(page, `button[name=act][value=${what}]`);
const main = (page) => page.locator('main').innerText();
/** What a look at any page finds: axe (which needs script itself), and nothing wider than 360 px. */
async function sound(page) {
  if (!page.without_script) await axe(page);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), true, `${page.url()} scrolls sideways at ${page.viewportSize().width} px`);
}
/** One page by every rule of the house, in both languages. */
async function look(page, kind, path) {
  await checks.look(page, kind, base + path, staffLanguages);
  await page.setViewportSize({ width: 360, height: 780 });
}
/** By its place in the database: what the ledger says of a message. */
const rows_of = (id, state) => house.database.number(`SELECT count(*) FROM delivery d JOIN tell_message m ON m.id = d.message WHERE m.public_id = '${id}'${state === undefined ? '' : ` AND d.state = ${state}`}`);
const over = (id) => until(`${id} to be over`, () => house.database.number(`SELECT count(*) FROM tell_message WHERE public_id = '${id}' AND state = 3`) === 1);

const kTopic = 'fire';   // without quiet hours: a test runs at any hour
const words = {
  ja: { cancelled: '中止', scheduled: '予約', waiting: '承認待ち', needs: '直すこと', sent: '配信済み', plain: 'わかりやすさ' },
  en: { cancelled: 'Cancelled', scheduled: 'Scheduled', waiting: 'Waiting for release', needs: 'To put right', sent: 'Sent', plain: 'Plain words' },
};
/** The first minute of the 15th of next month, as a field of a form holds it. */
function next_month() {
  const now = new Date(Date.now() + 9 * 3600e3);
  const then = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 15, 9, 30));
  return then.toISOString().slice(0, 16).replace('T', ' ');
}

async function fill(page, title) {
  await page.fill('#title-ja', title);
  await page.fill('#body-ja', '8月1日に{place}で開きます。\n\n参加は無料です。');
  await page.selectOption('#topic', kTopic);
}

/** The whole walk of one message; gives its path. */
async function walk(author, second, lang, title, script) {
  const t = words[lang];
  await author.goto(`${base}/staff/messages?lang=${lang}`);
  await sound(author);
  await press(author, 'a[href="/staff/messages/new"]');
  await fill(author, title);
  await sound(author);
  await act(author, 'save');
  const path = new URL(author.url()).pathname;
  assert.match(path, /^\/staff\/messages\/[0-9a-z]{26}$/);

  // A slot without a value is told, and stops it.
  assert.match(await author.locator('section[role=alert]').innerText(), /place/);
  await sound(author);
  await act(author, 'submit');
  assert.equal(await author.locator('button[name=act][value=submit]').count(), 1, 'it was handed in with a slot that has no value');

  // Put right, with easy Japanese that is none: hints, which stop nothing.
  await press(author, `a[href="${path}/edit"]`);
  await author.fill('#body-ja', '8月1日に御堂筋で開きます。\n\n参加は無料です。');
  if (!(await author.locator('#title-ja-easy').isVisible())) await author.locator('details:has(#title-ja-easy) > summary').click();
  await author.fill('#title-ja-easy', 'イベントの ご案内');
  await author.fill('#body-ja-easy', '参加を希望される方は、8/1の18:30までに避難場所を確認してください。');
  await act(author, 'save');
  assert.equal(await author.locator('section[role=alert]').count(), 0);
  const plain = author.locator('section[aria-labelledby=preview-ja-easy] details').last();
  assert.match(await plain.locator('summary').innerText(), new RegExp(t.plain));
  await plain.locator('summary').click();
  assert.ok((await plain.locator('li').count()) >= 4, await plain.innerText());
  assert.match(await author.locator('section[aria-labelledby=preview-ja]').innerText(), new RegExp(`${t.plain}: \\S+`));
  await sound(author);
  await picture(author, `draft-${lang}`);
  await act(author, 'submit');
  assert.match(await main(author), new RegExp(t.waiting));
  assert.equal(await author.locator('button[name=act][value=release]').count(), 0, 'the author is offered to release');

  // The channel answers after a while: what the page shows then came by an event.
  await sandbox.post('/faults', { plan: { line: { delay: 1, delay_ms: [1500, 1500] }, smtp: { delay: 1, delay_ms: [200, 200] } } });
  await second.goto(`${base}${path}?lang=${lang}`);
  await act(second, 'release');
  const id = path.split('/').at(-1);
  if (script) {
    await second.evaluate(() => { globalThis.same_page = true; });
    const early = await second.locator('#progress-live').innerText();
    await second.waitForFunction((sum) => {
      const cells = [...document.querySelectorAll('#progress-table tbody tr:last-child td')].map((cell) => Number(cell.textContent.replaceAll(',', '')));
      return cells.length === 4 && cells[0] > 0 && cells[0] === cells[1] && cells[0] !== sum;
    }, -1, { timeout: 60_000 });
    assert.equal(await second.evaluate(() => globalThis.same_page), true, 'the page was loaded anew');
    assert.notEqual(await second.locator('#progress-live').innerText(), early, 'nothing changed on the page: it was over before it was shown');
  } else {
    await over(id);
    await second.goto(base + path);
  }
  await over(id);
  await sandbox.post('/faults', { plan: {} });
  await second.goto(base + path);
  assert.match(await main(second), new RegExp(t.sent));
  await sound(second);
  await picture(second, `sent-${lang}`);
  return path;
}

/** What the report says, as numbers by the names of its columns. */
async function report_of(page, path) {
  await page.goto(`${base}${path}`);
  await press(page, `a[href="${path}/report"]`);
  await sound(page);
  return page.locator('#report-rows tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent.trim())));
}

/** Another one, which goes next month: scheduled, on the calendar, cancelled. */
async function scheduled(author, second, lang, title) {
  const t = words[lang];
  const start = next_month();
  await author.goto(`${base}/staff/messages/new?lang=${lang}`);
  await author.fill('#title-ja', title);
  await author.fill('#body-ja', '本文です。');
  await author.selectOption('#topic', kTopic);
  await author.fill('#start', start);
  await act(author, 'save');
  const path = new URL(author.url()).pathname;
  await act(author, 'submit');
  await second.goto(`${base}${path}?lang=${lang}`);
  await act(second, 'release');
  assert.match(await second.locator('.tag').first().innerText(), new RegExp(t.scheduled));
  await second.goto(`${base}/staff/messages/calendar`);
  await press(second, 'a[rel=next]');
  assert.equal(new URL(second.url()).searchParams.get('month'), start.slice(0, 7));
  const day = second.locator(`td:has(time[datetime="${start.slice(0, 10)}"])`);
  assert.match(await day.innerText(), new RegExp(`09:30 ${title}\\s+${t.scheduled}`));
  await sound(second);
  await Promise.all([second.waitForNavigation(), day.locator(`a[href="${path}"]`).click()]);
  await act(second, 'cancel');
  assert.match(await main(second), new RegExp(t.cancelled));
  await second.goto(`${base}/staff/messages/calendar?month=${start.slice(0, 7)}`);
  assert.match(await day.innerText(), new RegExp(t.cancelled));
  await second.goto(`${base}/staff/messages`);
  await press(second, 'a[href="/staff/messages?state=cancelled"]');
  assert.equal(await second.locator(`a[href="${path}"]`).count(), 1);
  await press(second, 'a[href="/staff/messages?state=draft"]');
  assert.equal(await second.locator(`a[href="${path}"]`).count(), 0);
  assert.equal(rows_of(path.split('/').at(-1), 1), 0, 'something of a cancelled message was sent');
}

/** Base64 parts of a mail, read. */
const words_of = (mail) => [...mail.text.matchAll(/(?:^[A-Za-z0-9+/=]{4,}\r?$\n?)+/gm)].map(([part]) => Buffer.from(part, 'base64').toString('utf8')).join('\n');

/** One with values of each recipient's own: a table refused at its line and column, one judged, lines left out, and everybody's own words in their mail. */
async function with_table(author, second, lang) {
  const t = { ja: { needs: '直すことがある行があります', refused: /3行目「due」/, clean: '直すことはありません' }, en: { needs: 'The table has lines', refused: /Line 3, “due”/, clean: 'Nothing to put right' } }[lang];
  await author.goto(`${base}/staff/messages/new?lang=${lang}`);
  await author.fill('#title-ja', `納期限 ${lang}`);
  await author.fill('#body-ja', '{name}様\n\n{due}までです。');
  await author.selectOption('#topic', kTopic);
  await author.locator('input[name=channel][value=mail]').check();
  await act(author, 'save');
  const path = new URL(author.url()).pathname, id = path.split('/').at(-1);
  assert.match(await author.locator('section[role=alert]').innerText(), /due/);   // nothing to put in yet
  await press(author, `a[href="${path}/table"]`);
  await sound(author);
  const attach = async (lines) => {
    await author.setInputFiles('#file', { name: 'table.csv', mimeType: 'text/csv', buffer: Buffer.from(`mail,name,due\n${lines.join('\n')}\n`) });
    await act(author, 'attach');
    await sound(author);
  };
  await attach(['resident-1@example.jp,A,8/1', `resident-2@example.jp,B,${'x'.repeat(501)}`]);
  assert.match(await author.locator('.error-summary').innerText(), t.refused);
  assert.equal(await author.locator('#dry-run-counts').count(), 0, 'a table with a fault was taken');
  const residents = Array.from({ length: 300 }, (_, i) => `resident-${i}@example.jp,N${i}-${lang},${i === 7 ? '' : `D${i}-${lang}`}`);
  await attach(residents);
  const counts = async () => Object.fromEntries((await author.locator('#dry-run-counts tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent.trim())))).map(([, n], i) => [['rows', 'people', 'faulty', 'left_out'][i] ?? i, Number(n.replaceAll(',', ''))]));
  const first = await counts();
  assert.equal(first.rows, 300);
  assert.equal(first.people + first.faulty, 300);
  assert.ok(first.people > 100 && first.faulty > 50, JSON.stringify(first));   // four in ten of the demonstration's people have no mailbox
  assert.equal(await author.locator('#dry-run-findings tbody tr').count(), Math.min(100, first.faulty));
  await picture(author, `table-${lang}`);
  const list = await author.context().request.get(`${base}${path}/table.csv`);
  assert.equal((await list.text()).trim().split('\r\n').length, 1 + first.faulty);
  assert.doesNotMatch(await list.text(), /resident-|N\d/);   // lines and columns, nobody's data
  await author.goto(base + path);
  await act(author, 'submit');
  assert.match(await main(author), new RegExp(t.needs));
  await press(author, `a[href="${path}/table"]`);
  await act(author, 'leave_out');
  assert.deepEqual(await counts(), { rows: 300, people: first.people, faulty: 0, left_out: first.faulty });
  assert.match(await main(author), new RegExp(t.clean));
  await sound(author);
  await author.goto(base + path);
  assert.match(await author.locator('.history').innerText(), new RegExp(`: ${first.faulty}$`, 'm'));
  await act(author, 'submit');
  await sandbox.post('/reset');
  await sandbox.post('/smtp/keep', { count: 1000 });
  await second.goto(`${base}${path}?lang=${lang}`);
  await act(second, 'release');
  await over(id);
  const mails = await sandbox.get('/smtp/kept');
  assert.ok(mails.length > 20 && mails.length === rows_of(id, 1), `${mails.length} mails, ${rows_of(id, 1)} rows`);
  for (const mail of mails) {
    const n = /resident-(\d+)@/.exec(mail.to.join(' '))[1], text = words_of(mail);
    assert.ok(text.includes(`N${n}-${lang}様`) && text.includes(`D${n}-${lang}まで`), `resident ${n} got ${text.slice(0, 200)}`);
  }
  assert.equal((await request(undefined, house.port, 'GET', `/messages/${id}`)).status, 404, 'what is one person\'s own has a public page');
  return path;
}

let sent = '', tabled = '';
for (const [lang, script] of [['ja', true], ['en', false]]) {
  const how = `${lang}, ${script ? 'with' : 'without'} script`;
  const author = await page_of('author', { javaScriptEnabled: script }), second = await page_of('second', { javaScriptEnabled: script });
  await check(`everyone gets their own words (${how})`, async () => { tabled = await with_table(author, second, lang); });
  await check(`a message from the first word to the last delivery (${how})`, async () => {
    await sandbox.post('/reset');
    await sandbox.post('/smtp/keep', { count: 1000 });
    const path = await walk(author, second, lang, `市民ウォーク ${lang}`, script);
    const id = path.split('/').at(-1), total = rows_of(id);
    assert.ok(total > 100, `${total} rows`);
    const taken = (await sandbox.log()).filter((one) => one.service === 'line' || one.service === 'smtp').reduce((n, one) => n + one.to.length, 0);
    assert.equal(taken, total, 'the sandbox took something else than the ledger says');
    const rows = await report_of(second, path);
    assert.equal(Number(rows.at(-1)[2].replaceAll(',', '')), total);
    assert.equal(rows.slice(0, -1).reduce((n, row) => n + Number(row[2].replaceAll(',', '')), 0), total);
    const people = await second.locator('#reach-table tbody td').allInnerTexts();
    assert.equal(people.length, 25, 'a row for each ward, and one for those who never said');
    assert.ok(people.some((text) => /10人未満|fewer than 10/.test(text)), 'no ward has too few people to be told: this run proves nothing');
    for (const text of people) assert.match(text.trim(), /^(0|[1-9][\d,]*0|10人未満|fewer than 10)$/);   // nobody can be counted out
    sent = path;
  });
  await check(`another one is scheduled, found on the calendar and cancelled (${how})`, () => scheduled(author, second, lang, `来月の催し ${lang}`));
}

const reader = await page_of('second');
await check('the CSV of the report says what the page says', async () => {
  await reader.goto(`${base}${sent}/report`);
  const text = await reader.evaluate(async (address) => (await fetch(address)).text(), `${sent}/report.csv`);
  const [head, ...lines] = text.trim().split('\r\n').map((line) => line.split(','));
  assert.deepEqual(head, ['part', 'channel', 'language', 'state', 'reason', 'rows', 'first_hand_off', 'last_hand_off']);
  const rows = lines.filter((line) => line[0] === 'rows');
  assert.equal(rows.reduce((n, line) => n + Number(line[5]), 0), rows_of(sent.split('/').at(-1)));
  for (const line of rows) assert.match(line[6], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00$/);
});
await look(reader, 'messages', '/staff/messages');
await look(reader, 'messages-filtered', '/staff/messages?state=released');
await look(reader, 'message-form', '/staff/messages/new');
await look(reader, 'message-sent', sent);
await look(reader, 'message-report', `${sent}/report`);
await look(reader, 'message-table', `${tabled}/table`);
await look(reader, 'messages-calendar', `/staff/messages/calendar?month=${next_month().slice(0, 7)}`);
await check('no month, no calendar', async () => {
  for (const month of ['2026-13', '2026-1', 'x', '99999-01']) assert.equal((await reader.goto(`${base}/staff/messages/calendar?month=${month}`)).status(), 404, month);
});
await check('the calendar and its messages by keyboard alone', async () => {
  await reader.goto(`${base}/staff/messages/calendar?month=${next_month().slice(0, 7)}&lang=ja`);
  for (let i = 0; i < 80; i++) {
    await reader.keyboard.press('Tab');
    if (await reader.evaluate(() => document.activeElement.matches('td a'))) break;
  }
  await Promise.all([reader.waitForNavigation(), reader.keyboard.press('Enter')]);
  assert.match(new URL(reader.url()).pathname, /^\/staff\/messages\/[0-9a-z]{26}$/);
});

await check('a mail that comes back is on the report, and its address is not written to again', async () => {
  const admin = await staffClient(base, 'admin');
  await admin.get('/staff/clients');
  await admin.submit({ name: 'postman', scopes: 'mail-reports' }, { action: 'create' });
  const token = /<code class="token">([^<]+)</.exec(admin.page.html)[1];
  const kept = await sandbox.get('/smtp/kept');
  const mail = kept.at(-1), text = mail.text;
  const from = mail.from, head = text.slice(0, text.indexOf('\r\n\r\n'));
  assert.match(from, /^<?bounce\+[0-9a-z]{26}@reports\.city\.example>?$/, `the envelope sender is ${from}`);
  const report = ['Return-Path: <>', `X-Original-To: ${from.replace(/[<>]/g, '')}`, 'From: MAILER-DAEMON@relay.example', 'Subject: Undelivered', 'MIME-Version: 1.0', 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', '',
    '--b', 'Content-Type: text/plain', '', 'Sorry.', '--b', 'Content-Type: message/delivery-status', '', 'Reporting-MTA: dns; relay.example', '', 'Final-Recipient: rfc822; x@x.example', 'Action: failed', 'Status: 5.1.1', '',
    '--b', 'Content-Type: text/rfc822-headers', '', head, '', '--b--', ''].join('\r\n');
  const hand_in = (authorization) => request(undefined, house.port, 'POST', '/api/v1/mail/reports', { headers: { 'Content-Type': 'message/rfc822', ...(authorization ? { Authorization: authorization } : {}) }, body: report });
  assert.equal((await hand_in('')).status, 401);
  const addresses = () => house.database.number("SELECT count(*) FROM recipient_address WHERE state = 3");
  assert.equal(addresses(), 0);
  const first = await hand_in(`Bearer ${token}`);
  assert.equal(first.status, 200, first.body);
  assert.deepEqual(JSON.parse(first.body), { report: 'dead', known: false, messages: 1 });
  assert.deepEqual(JSON.parse((await hand_in(`Bearer ${token}`)).body), { report: 'dead', known: true, messages: 0 });
  assert.equal(addresses(), 1);
  await reader.goto(`${base}${sent}/report?lang=en`);
  assert.match(await reader.locator('#report-reasons').innerText(), /came back\s+mail-5\.1\.1\s+1/);
  await sound(reader);
  await picture(reader, 'report-with-a-bounce');
});

await browser.close();
await sandbox.stop();
await house.remove();
checks.end();
