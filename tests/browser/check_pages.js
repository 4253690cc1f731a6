// Opens every kind of page in the real browser and checks it (lib/page_checks.js).
//   node tests/browser/check_pages.js --base http://127.0.0.1:8080 [--languages all|rotate] [--pictures build/pictures] [--kinds a,b]
//   node tests/browser/check_pages.js --preview build/preview …      pages rendered by pages_preview, no server needed
// The list of kinds comes from GET /api/v1/_pages (demonstration only): [{"kind", "path", "audience", "permission"}]; what an address
// needs (a draft, a case, a report) is made by lib/samples.js. Ends with "N passed, N failed" and an honest exit code.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { handOver, launch, newContext, languages, staffLanguages } from './lib/browser.js';
import { checkPage } from './lib/page_checks.js';
import { clientOf, realPages } from './lib/real_pages.js';
import { makeSamples } from './lib/samples.js';
import { contentPolicy, serveFolder } from './lib/static_server.js';

const root = new URL('../..', import.meta.url).pathname;
const { values: options } = parseArgs({
  options: {
    base: { type: 'string' }, preview: { type: 'string' }, languages: { type: 'string', default: 'rotate' }, pictures: { type: 'string' },
    kinds: { type: 'string' }, email: { type: 'string', default: 'browser-test@example.jp' },
  },
});
if (!options.base === !options.preview) {
  console.error('usage: check_pages.js --base URL | --preview FOLDER [--languages all|rotate] [--pictures FOLDER] [--kinds a,b]');
  process.exit(2);
}

/** Pages that the server's list does not have: an error, and forms that were sent empty. */
function errorPages(samples) {
  const next = 'main button[name=action][value=next]:not(.visually-hidden)';
  return [
    { kind: 'error', path: '/error-404', audience: 'public', visitor: 'anonymous' },
    { kind: 'interview-errors', path: samples.paths.interview[1], audience: 'citizen', visitor: 'citizen', press: next },
    { kind: 'login-errors', path: '/login', audience: 'public', visitor: 'anonymous', press: 'main form button[type=submit]:not(.visually-hidden)' },
  ];
}

async function site() {
  if (options.preview) {
    const served = await serveFolder(options.preview, await contentPolicy(root));
    const pages = JSON.parse(readFileSync(join(options.preview, 'pages.json'), 'utf8')).map((page) => ({ ...page, visitor: 'anonymous' }));
    return { ...served, pages, address: (page, lang) => `${served.base}/${lang}${page.path}` };
  }
  const base = options.base.replace(/\/$/, '');
  const samples = await makeSamples(base, options.email);
  const address = (page, lang) => `${base}${page.path}${page.path.includes('?') ? '&' : '?'}lang=${lang}`;
  return { base, samples, pages: await realPages(base, samples, errorPages(samples)), address, close: () => {} };
}

/** Which languages a page is seen in: all it has, or one that turns with the page. */
function languagesOf(page, index) {
  const own = page.audience === 'staff' || page.kind.startsWith('staff') ? staffLanguages : languages;
  return options.languages === 'all' ? own : [own[index % own.length]];
}

const { base, samples, pages, address, close } = await site();
const wanted = options.kinds?.split(',');
const chosen = wanted ? pages.filter((page) => wanted.includes(page.kind)) : pages;
if (chosen.length === 0) throw new Error('no page kinds to check');
if (options.pictures) mkdirSync(options.pictures, { recursive: true });

const browser = await launch();
const tabs = new Map();
/** One tab for each visitor, with the session that the plain client has opened. */
async function tabOf(visitor) {
  if (tabs.has(visitor)) return tabs.get(visitor);
  const context = await newContext(browser);
  if (samples) await handOver(await clientOf(samples, visitor), context, base);
  const tab = await context.newPage();
  tabs.set(visitor, tab);
  return tab;
}

let passed = 0;
let failed = 0;
for (const [index, page] of chosen.entries()) {
  const same = chosen.slice(0, index).filter((p) => p.kind === page.kind).length;
  for (const lang of languagesOf(page, index)) {
    const prefix = options.pictures ? join(options.pictures, `${page.kind}${same ? `-${same + 1}` : ''}.${lang}`) : null;
    let faults;
    try {
      faults = await checkPage(await tabOf(page.visitor), address(page, lang), lang, prefix, page.press);
    } catch (error) {
      faults = [error.message.split('\n')[0]];
    }
    if (faults.length === 0) passed++;
    else {
      failed++;
      console.log(`FAILED ${page.kind} in ${lang} (${address(page, lang)})`);
      for (const fault of faults) console.log(`  ${fault}`);
    }
  }
}
await browser.close();
close();
console.log(`${passed} passed, ${failed} failed (${new Set(chosen.map((p) => p.kind)).size} page kinds, languages: ${options.languages})`);
process.exit(failed === 0 ? 0 : 1);
