// おしえ太郎: a fault on a road is reported from the front page in at most four screens and twelve taps, without an account.
//   node tests/browser/report_taps.js --base URL
// A tap is counted for every link, button, choice and box a finger must touch; a photo counts two (open, choose). Nothing is typed:
// the place comes from the phone's position. A screen is every page before the receipt. Ends with "N passed, N failed".
import { parseArgs } from 'node:util';
import { launch, newContext } from './lib/browser.js';
import { sampleJpeg } from './lib/sample_files.js';

const { values: options } = parseArgs({ options: { base: { type: 'string' } } });
const base = options.base.replace(/\/$/, '');
const kMaxScreens = 4;
const kMaxTaps = 12;
const browser = await launch();
const context = await newContext(browser, { hasTouch: true, isMobile: true, permissions: ['geolocation'], geolocation: { latitude: 34.6937, longitude: 135.5023 } });
const page = await context.newPage();
page.setDefaultTimeout(20000);
let taps = 0;
let screens = 1;
const tap = async (selector, count = 1) => {
  taps += count;
  await page.locator(selector).first().tap();
};
const tapAndGo = async (selector) => {
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), tap(selector)]);
  if (!(await page.locator('data.receipt-number').count())) screens++;
};
const faults = [];
try {
  await page.goto(`${base}/?lang=ja`);
  await tapAndGo('main a[href*="road-park-report"]');
  await tapAndGo('main form[action*=start] button[type=submit]:not(.visually-hidden)');
  await tap('label:has-text("路面の穴")');
  await tap('label[for$="danger-no"], fieldset:has(input[name=danger]) label:has-text("いいえ")');
  await tapAndGo('button[name=action][value=next]:not(.visually-hidden)');
  await page.setInputFiles('input[type=file]', { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(sampleJpeg()) });
  taps += 2;
  await tap('[data-locate]');
  await page.waitForFunction(() => document.querySelector('[data-lat]').value !== '');
  await tapAndGo('button[name=action][value=send]:not(.visually-hidden)');
  const number = await page.getAttribute('data.receipt-number', 'value');
  console.log(`${number}: ${screens} screens, ${taps} taps`);
  if (screens > kMaxScreens) faults.push(`${screens} screens, at most ${kMaxScreens}`);
  if (taps > kMaxTaps) faults.push(`${taps} taps, at most ${kMaxTaps}`);
  const cookies = await context.cookies();
  await page.goto(`${base}/my`);
  if (!page.url().includes('/login')) faults.push(`somebody is signed in: ${page.url()} (${cookies.map((c) => c.name)})`);
} catch (error) {
  faults.push(`${error.message.split('\n')[0]} on ${page.url()} (screen ${screens}, tap ${taps})`);
}
await browser.close();
for (const fault of faults) console.log(`FAILED ${fault}`);
console.log(`${faults.length ? 0 : 1} passed, ${faults.length ? 1 : 0} failed`);
process.exit(faults.length ? 1 : 0);
