// Logs in with a provider in the real browser, with script and without, and looks at the pages that have something to do with it.
//   node tests/oidc/sign_in_browser.js --binary build/release/machiya [--pictures FOLDER] [--languages all|rotate]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launch, newContext, languages } from '../browser/lib/browser.js';
import { checkPage } from '../browser/lib/page_checks.js';
import { World } from './lib/world.js';

const { values: options } = parseArgs({ options: { binary: { type: 'string', default: 'build/release/machiya' }, pictures: { type: 'string' }, languages: { type: 'string', default: 'rotate' } } });
const world = await World.start({ binary: options.binary, folder: 'build/servers/oidc-browser' });
if (options.pictures) mkdirSync(options.pictures, { recursive: true });
const browser = await launch();
let passed = 0;
const failed = [];
const expect = (what, holds) => { if (holds) ++passed; else failed.push(what); };

/** From the log-in page through the provider and back. */
async function logIn(page, button, account, press = 'Log in') {
  await page.goto(`${world.base}/login?lang=en&next=/drafts`);
  await page.getByRole('link', { name: button }).click();
  await page.getByLabel('account').fill(account);
  await page.getByRole('button', { name: press }).click();
}

for (const javaScriptEnabled of [true, false]) {
  const words = javaScriptEnabled ? 'with script' : 'without script';
  const context = await newContext(browser, { javaScriptEnabled });
  const page = await context.newPage();
  await logIn(page, /My Number Card/, javaScriptEnabled ? 'hanako' : 'taro', 'Cancel');
  expect(`${words}: a cancelled log-in is told`, page.url().includes('/login/refused?why=cancelled') && (await page.getByRole('heading', { level: 1 }).count()) === 1);
  await page.getByRole('link', { name: /log-in page/ }).click();
  expect(`${words}: back at the log-in page`, new URL(page.url()).pathname === '/login');
  await logIn(page, /My Number Card/, javaScriptEnabled ? 'hanako' : 'taro');
  expect(`${words}: logged in, where one wanted to go`, page.url() === `${world.base}/drafts`);
  expect(`${words}: no code or state in the address`, !page.url().includes('?'));
  // One way more: from the security page, by a form, then a link to the provider.
  await page.goto(`${world.base}/my/security?lang=en`);
  await page.getByRole('button', { name: /gBizID/ }).click();
  await page.getByRole('link', { name: /gBizID/ }).click();
  await page.getByLabel('account').fill(javaScriptEnabled ? 'hanako' : 'taro');
  await page.getByRole('button', { name: 'Log in' }).click();
  expect(`${words}: a way was added`, page.url() === `${world.base}/my/security`);
  await page.goto(`${world.base}/my/security?lang=en`);
  const more = page.locator('section[aria-labelledby="more-ways"]');
  expect(`${words}: it is not offered again, others are`, (await more.getByRole('button', { name: /gBizID/ }).count()) === 0 && (await more.getByRole('button', { name: /LINE/ }).count()) === 1);
  expect(`${words}: it stands among one's own ways, to be taken back`, (await page.locator('section[aria-labelledby="own-ways"]').getByRole('button', { name: /gBizID/ }).count()) === 1);
  await context.close();
  const again = await newContext(browser, { javaScriptEnabled });
  const other = await again.newPage();
  await logIn(other, /gBizID/, javaScriptEnabled ? 'hanako' : 'taro');
  await other.goto(`${world.base}/my/security?lang=en`);
  expect(`${words}: the added way leads to the same person`, (await other.locator('.card:has(form[action$="/end"]), .card:has(.tag--running)').count()) === 2);
  await again.close();
}

const context = await newContext(browser);
const page = await context.newPage();
const paths = ['/login', '/login/refused', '/login/refused?why=cancelled', '/login/refused?why=taken', '/login/refused?why=unavailable', '/login/refused?why=account&for=staff'];
for (const [index, path] of paths.entries())
  for (const lang of options.languages === 'all' ? languages : [languages[index % languages.length]]) {
    const picture = options.pictures ? join(options.pictures, `${path.replace(/[^a-z]+/g, '-')}.${lang}`) : null;
    const faults = await checkPage(page, `${world.base}${path}${path.includes('?') ? '&' : '?'}lang=${lang}`, lang, picture);
    expect(`${path} in ${lang}: ${faults.join('; ')}`, faults.length === 0);
  }
await page.goto(`${world.base}/staff/login?lang=ja`);
await world.first.be({ acr: 'mfa' });
await page.getByRole('link', { name: /庁内の認証基盤/ }).click();
await page.getByLabel('account').fill('clerk');
await page.getByRole('button', { name: 'Log in' }).click();
expect(`a clerk is in the console: ${page.url()}`, /^\/staff(?!\/login)/.test(new URL(page.url()).pathname));
await browser.close();
await world.stop();
for (const line of failed) console.log(`FAILED ${line}`);
console.log(`${passed} passed, ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);
