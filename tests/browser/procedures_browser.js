// The twelve procedures in the browser with script, from the list to the receipt.
//   node tests/browser/procedures_browser.js --base URL [--keyboard] [--only id,id] [--languages all|rotate|en,ja] [--axe]
// --keyboard: nothing but Tab, arrows, Space, Enter and typing, and every stop must show its focus. --axe: every page of the way is
// looked at by axe-core too. Ends with "N passed, N failed" and an honest exit code.
import { parseArgs } from 'node:util';
import { launch, languages, newContext } from './lib/browser.js';
import { browserCases, walkInBrowser } from './lib/browser_walk.js';
import { Keyboard, Pointer } from './lib/hands.js';
import { runAxe } from './lib/page_checks.js';

const { values: options } = parseArgs({
  options: {
    base: { type: 'string' }, only: { type: 'string' }, languages: { type: 'string', default: 'rotate' },
    keyboard: { type: 'boolean', default: false }, axe: { type: 'boolean', default: false },
  },
});
const base = options.base.replace(/\/$/, '');
const cases = browserCases();
const wanted = options.only?.split(',') ?? Object.keys(cases);
const browser = await launch();
let passed = 0;
let failed = 0;
let presses = 0;
let stops = 0;
let pages = 0;

async function one(id, lang) {
  const context = await newContext(browser, options.keyboard ? { viewport: { width: 1200, height: 800 } } : {});
  const faults = new Set();
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(20000);
    page.on('pageerror', (error) => faults.add(`script: ${error.message}`));
    page.on('console', (message) => { if (message.type() === 'error') faults.add(`console: ${message.text()}`); });
    const hands = options.keyboard ? new Keyboard(page) : new Pointer(page);
    const look = async () => {
      pages++;
      if (options.axe) for (const fault of await runAxe(page)) faults.add(`${new URL(page.url()).pathname}: ${fault}`);
    };
    const { number, screens } = await walkInBrowser(page, hands, base, id, cases[id], `${options.keyboard ? 'keys' : 'browser'}-${id}@example.jp`, { lang, look });
    for (const fault of hands.unseen ?? []) faults.add(fault);
    presses += hands.presses ?? 0;
    stops += hands.stops ?? 0;
    if (faults.size) throw new Error([...faults].join('\n  '));
    console.log(`ok ${id} ${lang} ${number} (${screens} screens${hands.presses ? `, ${hands.presses} keys` : `, ${hands.taps} taps and entries`})`);
    passed++;
  } catch (error) {
    console.log(`FAILED ${id} in ${lang}: ${error.message.split('\n').slice(0, 6).join('\n  ')}`);
    failed++;
  } finally {
    await context.close();
  }
}

for (const [index, id] of wanted.entries()) {
  const chosen = options.languages === 'all' ? languages : options.languages === 'rotate' ? [languages[index % languages.length]] : options.languages.split(',');
  for (const lang of chosen) await one(id, lang);
}
await browser.close();
if (options.keyboard) console.log(`${presses} keys, ${stops} focus stops`);
console.log(`${passed} passed, ${failed} failed (${wanted.length} procedures, ${pages} pages${options.axe ? ' through axe' : ''})`);
process.exit(failed ? 1 : 0);
