// How long until an emergency stands on a sign: from the moment at which the second person's release is sent to the moment at which the picture
// in the browser has changed. Beside the sign that is measured, others are connected that fetch at the same moment.
//   node bench/tell/signage.mjs --base URL [--count 50] [--others 200] [--polling]
import { parseArgs } from 'node:util';
import { launch, newContext } from '../../tests/browser/lib/browser.js';
import { SignHouse } from '../../tests/browser/lib/sign_house.js';

const { values: options } = parseArgs({ options: { base: { type: 'string' }, count: { type: 'string', default: '50' }, others: { type: 'string', default: '200' }, polling: { type: 'boolean', default: false } } });
const base = `http://localhost:${new URL(options.base).port}`;
const house = await SignHouse.open(base);
const screen = await house.screen({ name: '計測用', languages: ['ja', 'en'], playlists: ['welcome'] });
const browser = await launch();
const context = await newContext(browser, { serviceWorkers: 'block' });
if (options.polling) await context.route('**/events', (route) => route.abort());
const page = await context.newPage();
await page.goto(base + screen.player);
const stage = (kind) => page.locator(`.sign__stage--${kind}[data-shown]`).waitFor();
await stage('plain');

/** A sign without a browser: listens, and fetches the feed at each change. */
const others = [];
let fetched = 0;
async function other() {
  const stopped = new AbortController();
  others.push(stopped);
  const answer = await fetch(`${base}${screen.player}/events`, { signal: stopped.signal });
  (async () => {
    for await (const chunk of answer.body) {
      if (!Buffer.from(chunk).includes('event: changed')) continue;
      await (await fetch(`${base}${screen.player}/feed`)).arrayBuffer();
      fetched += 1;
    }
  })().catch(() => {});
}
for (let i = 0; i < Number(options.others); i += 1) await other();

const took = [];
for (let i = 0; i < Number(options.count); i += 1) {
  const made = await house.ready({ ja: [`避難指示 ${i}`, '川から離れてください。'], en: [`Evacuation order ${i}`, 'Keep away from the river.'] });
  const before = Date.now();
  await made.release();
  await stage('alert');
  took.push(Number(await page.locator('[data-stage]').getAttribute('data-shown')) - before);
  await house.takeOff(made.id);
  await stage('plain');
}
for (const one of others) one.abort();
took.sort((a, b) => a - b);
const at = (share) => took[Math.min(took.length - 1, Math.ceil(took.length * share) - 1)];
console.log(`${took.length} take-overs${options.polling ? ' by polling' : ''}, ${options.others} other signs (${fetched} fetches): p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${took.at(-1)} ms (bar 2000 ms)`);
await browser.close();
process.exit(0);
