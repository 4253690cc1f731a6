// The work of somebody who lives in spreadsheets, in the real browser: rows pasted into the table of a register, a fault at its cell,
// fill down and undo, two people at the same cell, and a file that is imported with faults, corrected and imported again.
//   node tests/browser/registers_browser.js --base URL
// Every new page and state is looked at by axe. Ends with "N passed, N failed".
import assert from 'node:assert';
import { parseArgs } from 'node:util';
import { handOver, launch, newContext } from './lib/browser.js';
import { runAxe } from './lib/page_checks.js';
import { addRow } from './lib/samples.js';
import { staffClient } from './lib/walk.js';

const { values: options } = parseArgs({ options: { base: { type: 'string' }, pictures: { type: 'string' } } });
const base = options.base.replace(/\/$/, '');
const list = `${base}/staff/registers/park-trees?lang=ja`;
const browser = await launch();
let passed = 0;
const faults = [];

async function person(account) {
  const client = await staffClient(base, account);
  const context = await newContext(browser, { viewport: { width: 1280, height: 900 } });
  await handOver(client, context, base);
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  return { client, page };
}
async function check(name, work) {
  try {
    await work();
    passed++;
  } catch (error) {
    await picture(approver.page, `fault-${faults.length}`);
    faults.push(`${name}: ${error.message.split('\n').slice(0, 4).join(' / ')}`);
  }
}
const axe = async (page, where) => assert.deepEqual(await runAxe(page), [], where);
const picture = async (page, name) => options.pictures && page.screenshot({ path: `${options.pictures}/${name}.png`, fullPage: true });

const cell = (page, tag, column) => page.locator(`tr[data-row]:has([data-column="tag"]:has-text("${tag}")) [data-column="${column}"]`);
const status = (page, text) => page.locator('.grid-tools [role=status]', { hasText: text }).waitFor();
const press = async (page, ...keys) => { for (const key of keys) await page.keyboard.press(key); };
/** What Ctrl+V does, with this text on the clipboard. */
const paste = (page, text) => page.evaluate((data) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData('text/plain', data);
  document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
}, text);
const openGrid = async (page) => {
  await page.goto(list);
  await page.click('.grid-tools button[aria-pressed="false"]');
  await page.locator('table[role=grid]').waitFor();
};

const approver = await person('construction-approver');
const clerk = await person('construction-clerk');
const park = (await addRow(approver.client, 'parks', {
  code: '90002', park_name: '表計算公園', ward: 'kita', kind: 'block', 'opened.era': 'western', 'opened.year': '2019', 'opened.month': '5', 'opened.day': '1', office: '北部',
  'place.lat': '34.7040', 'place.lon': '135.5110',
})).split('/').at(-1);
const page = approver.page;

await check('rows of a spreadsheet are pasted below the others', async () => {
  await openGrid(page);
  await page.click('.grid-tools button:has-text("新しく登録する")');
  await paste(page, ['800001', '800002', '800003'].map((tag, i) => [tag, '表計算公園', 'サクラ', `${i + 4}.5`, '60', 'いいえ', 'R8.4.1', 'A 健全'].join('\t')).join('\r\n'));
  for (const tag of ['800001', '800002', '800003']) await page.locator(`tr[data-row]:not([data-row=""]):has([data-column="tag"]:has-text("${tag}"))`).waitFor();
  assert.equal(await cell(page, '800002', 'next_inspection').innerText(), '2031年4月1日');   // worked out by the server
  await axe(page, 'grid');
  await picture(page, 'grid');
});

await check('what is refused stays in its cell with the reason, the rest of the row waits and goes with the correction', async () => {
  await cell(page, '800003', 'height_m').click();
  await paste(page, '99\t70');
  const wrong = cell(page, '800003', 'height_m').and(page.locator('[aria-invalid=true]'));
  await wrong.waitFor();
  assert.equal(await wrong.innerText(), '99');
  const reason = page.locator(`#${await wrong.getAttribute('aria-describedby')}`);
  assert.match(await reason.innerText(), /60/);
  await axe(page, 'grid with a fault');
  await reason.locator('button').click();
  await press(page, '7', 'Enter');
  await status(page, '保存しました');
  await page.reload();
  assert.equal(await cell(page, '800003', 'height_m').innerText(), '7 m');
  assert.equal(await cell(page, '800003', 'girth_cm').innerText(), '70 cm');
});

await check('marked cells are filled down and taken back', async () => {
  await openGrid(page);
  await cell(page, '800001', 'species').click();
  await press(page, 'Enter');
  await page.selectOption('.grid-editor', { label: 'ケヤキ' });
  await press(page, 'Enter');
  await status(page, '保存しました');
  await cell(page, '800001', 'species').click();
  await press(page, 'Shift+ArrowDown', 'Shift+ArrowDown');
  assert.equal(await page.locator('[aria-selected=true]').count(), 3);
  await press(page, 'Control+d');
  await page.waitForFunction(() => document.querySelectorAll('.is-changed').length === 0);
  await page.reload();
  assert.equal(await cell(page, '800003', 'species').innerText(), 'ケヤキ');
  await openGrid(page);
  await cell(page, '800003', 'girth_cm').click();
  await press(page, 'Delete');
  await status(page, '保存しました');
  await press(page, 'Control+z');
  await page.waitForFunction(() => document.querySelectorAll('.is-changed').length === 0);
  await page.reload();
  assert.equal(await cell(page, '800003', 'girth_cm').innerText(), '70 cm');
});

await check('two people at the same cell: both see it, nothing is overwritten, the history tells it', async () => {
  await openGrid(page);
  await openGrid(clerk.page);
  const edit = async (who, text) => {
    await cell(who, '800001', 'girth_cm').click();
    await press(who, ...text, 'Enter');
  };
  await edit(clerk.page, '81');
  await status(clerk.page, '保存しました');
  await edit(page, '82');
  const ask = page.locator('.notice[role=alert]');
  await ask.waitFor();
  assert.match(await ask.innerText(), /81/);
  await axe(page, 'grid with a conflict');
  await picture(page, 'conflict');
  await ask.locator('button', { hasText: '82' }).click();
  await status(page, '保存しました');
  await page.goto(await page.locator('tr:has([data-column="tag"]:has-text("800001")) a').first().getAttribute('href').then((href) => base + href));
  const history = await page.locator('#history').innerText();
  assert.match(history, /81 cm[\s\S]*82 cm/);
  assert.match(history, /60 cm[\s\S]*81 cm/);
});

await check('a file with faults: each at its cell, corrected, all rows in', async () => {
  const head = '樹木番号,公園,樹種,樹高,幹周,保存樹,直近の点検,判定';
  const file = (rows) => ({ name: 'trees.csv', mimeType: 'text/csv', buffer: Buffer.from([head, ...rows].join('\r\n')) });
  const good = (tag) => `${tag},${park},サクラ,5,60,×,令和8年4月1日,A`;
  /** The page refreshes itself while the file is checked or imported. */
  const until = (selector) => page.locator(selector).first().waitFor({ timeout: 60000 });
  const go = () => Promise.all([page.waitForNavigation(), page.click('main form .button--primary')]);
  const upload = async (rows) => {
    await page.setInputFiles('input[type=file]', file(rows));
    await Promise.all([page.waitForNavigation(), page.click('form[enctype] .button--primary')]);
  };
  await page.goto(`${base}/staff/registers/park-trees/import?lang=ja`);
  await axe(page, 'import: file');
  await upload([good('810001'), '810002,どこにもない公園,サクラ,5,60,×,令和8年4月1日,A', `810003,${park},サクラ,500,60,×,いつか,A`]);
  await axe(page, 'import: columns');
  await picture(page, 'import-columns');
  await go();
  await until('a[href*="errors"]');
  await axe(page, 'import: faults');
  await picture(page, 'import-faults');
  const told = await page.locator('main').innerText();
  for (const place of ['B3', 'D4', 'G4']) assert.ok(told.includes(place), `no fault at ${place}: ${told.slice(0, 800)}`);
  assert.equal((await (await page.request.get(`${base}/staff/registers/park-trees?f.tag=810001`)).text()).includes('810001</a>'), false, 'half imported');
  await upload([good('810001'), good('810002'), good('810003')]);
  await go();
  await until('main form .button--primary');
  await axe(page, 'import: ready');
  await picture(page, 'import-ready');
  await go();
  await until('.notice--success');
  await axe(page, 'import: done');
  await picture(page, 'import-done');
  for (const tag of ['810001', '810002', '810003']) {
    await page.goto(`${base}/staff/registers/park-trees?f.tag=${tag}&lang=ja`);
    assert.equal(await page.locator('tbody tr[data-row]').count(), 1, tag);
  }
});

await browser.close();
for (const fault of faults) console.log(`FAILED ${fault}`);
console.log(`${passed} passed, ${faults.length} failed`);
process.exit(faults.length ? 1 : 0);
