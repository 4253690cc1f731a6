// Opens every kind of page in the real browser and checks it (lib/page_checks.js).
//   node tests/browser/check_pages.js --base http://127.0.0.1:8080 [--languages all|rotate] [--pictures build/pictures]
//                                     [--kinds a,b] [--staff USER:PASSWORD]
//   node tests/browser/check_pages.js --preview build/preview …      pages rendered by pages_preview, no server needed
// The list of kinds comes from GET /api/v1/_pages (demonstration only): [{"kind", "path", "permission"}]. Ends with "N passed, N failed" and an honest exit code.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launch, newContext, languages, staffLanguages } from './lib/browser.js';
import { checkPage } from './lib/page_checks.js';
import { signInCitizen, signInStaff } from './lib/sign_in.js';
import { contentPolicy, serveFolder } from './lib/static_server.js';

const root = new URL('../..', import.meta.url).pathname;
const { values: options } = parseArgs({
  options: {
    base: { type: 'string' }, preview: { type: 'string' }, languages: { type: 'string', default: 'rotate' }, pictures: { type: 'string' },
    kinds: { type: 'string' }, staff: { type: 'string' }, email: { type: 'string', default: 'browser-test@example.jp' },
  },
});
if (!options.base === !options.preview) {
  console.error('usage: check_pages.js --base URL | --preview FOLDER [--languages all|rotate] [--pictures FOLDER] [--kinds a,b] [--staff USER:PASSWORD]');
  process.exit(2);
}

/** Who may see a page, from the permission of its route. */
function audienceOf(permission) {
  if (permission.startsWith('staff')) return 'staff';
  return permission === 'public' ? 'public' : 'citizen';  // "person|staff" too
}

async function site() {
  if (options.preview) {
    const served = await serveFolder(options.preview, await contentPolicy(root));
    const kinds = JSON.parse(readFileSync(join(options.preview, 'pages.json'), 'utf8'));
    return { ...served, kinds, address: (kind, lang) => `${served.base}/${lang}${kind.path}`, preview: true };
  }
  const base = options.base.replace(/\/$/, '');
  const answer = await fetch(`${base}/api/v1/_pages`);
  if (!answer.ok) throw new Error(`/api/v1/_pages answers ${answer.status}: is this the demonstration?`);
  const kinds = (await answer.json()).map((kind) => ({ ...kind, audience: kind.audience ?? audienceOf(kind.permission) }));
  return { base, kinds, address: (kind, lang) => `${base}${kind.path}${kind.path.includes('?') ? '&' : '?'}lang=${lang}`, close: () => {} };
}

/** Which languages a kind is seen in: all it has, or one that turns with the kind. */
function languagesOf(kind, index) {
  const own = kind.audience === 'staff' || kind.kind.startsWith('staff') ? staffLanguages : languages;
  return options.languages === 'all' ? own : [own[index % own.length]];
}

const { base, kinds, address, close, preview } = await site();
const wanted = options.kinds?.split(',');
const chosen = wanted ? kinds.filter((kind) => wanted.includes(kind.kind)) : kinds;
if (chosen.length === 0) throw new Error('no page kinds to check');
if (options.pictures) mkdirSync(options.pictures, { recursive: true });

const browser = await launch();
let passed = 0;
let failed = 0;
const pages = new Map();
/** One signed-in context for each audience and language. */
async function pageFor(audience, lang) {
  const key = `${audience} ${lang}`;
  if (pages.has(key)) return pages.get(key);
  const context = await newContext(browser);
  const page = await context.newPage();
  if (!preview) {
    await page.goto(`${base}/?lang=${lang}`);
    if (audience === 'citizen') await signInCitizen(page, base, options.email);
    if (audience === 'staff') {
      if (!options.staff) throw new Error('--staff USER:PASSWORD is needed for staff pages');
      const [user, password] = options.staff.split(':');
      await signInStaff(page, base, { user, password });
      await page.goto(`${base}/staff?lang=${lang}`);
    }
  }
  pages.set(key, page);
  return page;
}

for (const [index, kind] of chosen.entries()) {
  for (const lang of languagesOf(kind, index)) {
    const prefix = options.pictures ? join(options.pictures, `${kind.kind}.${lang}`) : null;
    let faults;
    try {
      faults = await checkPage(await pageFor(kind.audience, lang), address(kind, lang), lang, prefix);
    } catch (error) {
      faults = [error.message.split('\n')[0]];
    }
    if (faults.length === 0) passed++;
    else {
      failed++;
      console.log(`FAILED ${kind.kind} in ${lang} (${address(kind, lang)})`);
      for (const fault of faults) console.log(`  ${fault}`);
    }
  }
}
await browser.close();
close();
console.log(`${passed} passed, ${failed} failed (${chosen.length} page kinds, languages: ${options.languages})`);
process.exit(failed === 0 ? 0 : 1);
