// What every page must hold: no axe violation, every control reached by keyboard with its focus seen, no scrolling sideways at 320 CSS pixels or with 200 % text, one h1, the
// right language, no error in the console, nothing refused by the content policy.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const axeRules = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };

export async function runAxe(page) {
  // Evaluated by the debugger, so that the page's content policy need not be loosened for the test.
  await page.evaluate(axeSource);
  const result = await page.evaluate((options) => globalThis.axe.run(document, options), axeRules);
  return result.violations.map((v) => `axe ${v.id} (${v.impact}): ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(' | ')}`);
}

/** Elements that reach out of the window; a scrolling region of its own is fine. */
async function overflow(page, what) {
  const wide = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return null;
    const guilty = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > width + 1 && !e.closest('.table-scroll'));
    return guilty.slice(-3).map((e) => `${e.tagName.toLowerCase()}.${e.className}`).join(', ');
  });
  return wide === null ? [] : [`scrolls sideways ${what}: ${wide}`];
}

async function targets(page) {
  const small = await page.evaluate(() => {
    const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().width > 1;
    const inText = (e) => e.tagName === 'A' && getComputedStyle(e).display === 'inline';
    return [...document.querySelectorAll('a[href], button, select, summary, input:not([type=hidden]):not([type=radio]):not([type=checkbox])')]
      .filter((e) => seen(e) && !inText(e) && !e.closest('svg') && !e.closest('.visually-hidden'))
      .filter((e) => { const r = e.getBoundingClientRect(); return r.height < 24 || r.width < 24; })
      .map((e) => `${e.tagName.toLowerCase()}.${e.className} "${e.textContent.trim().slice(0, 20)}"`);
  });
  return small.slice(0, 3).map((s) => `target below 24 px (WCAG 2.5.8): ${s}`);
}

async function structure(page, lang) {
  const faults = await page.evaluate((wanted) => {
    const out = [];
    const h1 = document.querySelectorAll('h1').length;
    if (h1 !== 1) out.push(`${h1} h1 elements`);
    if (document.title.split('|')[0].trim().length < 2 || document.title.includes('<')) out.push(`window title is "${document.title}"`);
    if (document.documentElement.lang !== wanted) out.push(`lang is "${document.documentElement.lang}", not "${wanted}"`);
    if (document.body.textContent.includes('⟦')) out.push('a text or part is missing (⟦…⟧)');
    const raw = /\{[^{}|]+\|[^{}]+\}/;
    const attributes = [...document.querySelectorAll('*')].flatMap((e) => [...e.attributes].map((a) => a.value));
    for (const text of [document.title, document.body.innerText, ...attributes]) if (raw.test(text)) out.push(`a reading is shown raw: ${raw.exec(text)[0]}`);
    if (document.querySelector('[style]:not(.maplibregl-map *):not(.maplibregl-map)')) out.push('an inline style');
    const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
    const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
    if (twice.length > 0) out.push(`ids used twice: ${twice.join(', ')}`);
    for (const e of document.querySelectorAll('[aria-describedby]'))
      for (const id of e.getAttribute('aria-describedby').split(/\s+/)) if (!document.getElementById(id)) out.push(`aria-describedby names no element: ${id}`);
    for (const a of document.querySelectorAll('.error-summary a')) if (!document.querySelector(a.getAttribute('href'))) out.push(`error link leads nowhere: ${a.getAttribute('href')}`);
    return out;
  }, lang === 'ja-easy' ? 'ja' : lang);
  return faults;
}

/**
 * Walks the page with the Tab key: every stop must show its focus and be in the window, every control must be reached,
 * and the walk must leave the page again (no trap).
 */
async function keyboard(page) {
  await page.evaluate(() => {
    document.body.tabIndex = -1;  // the walk starts at the top, not at an error summary that took the focus
    document.body.focus();
    document.body.removeAttribute('tabindex');
    globalThis.scrollTo(0, 0);
    globalThis.seen = new Set();
  });
  const faults = [];
  for (let i = 0; i < 400; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body) return { left: true };
      // Boxes for dates have stops of their own: year, month, day …
      if (e === globalThis.last && ['date', 'time', 'datetime-local'].includes(e.type)) return { within: true };
      globalThis.last = e;
      if (globalThis.seen.has(e)) return { again: true };
      globalThis.seen.add(e);
      const ring = (x) => x && getComputedStyle(x).outlineStyle !== 'none' && parseFloat(getComputedStyle(x).outlineWidth) >= 2;
      const shown = ring(e) || ring(e.nextElementSibling) || (e.closest('svg') && [...e.querySelectorAll('path, circle, polygon')].some((x) => parseFloat(getComputedStyle(x).strokeWidth) >= 4)) || e.closest('.maplibregl-map');
      const box = e.getBoundingClientRect();
      const inView = box.bottom > 0 && box.top < innerHeight;
      const name = `${e.tagName.toLowerCase()} ${e.getAttribute('name') ?? e.textContent.trim().slice(0, 20)}`;
      return { shown, inView, name };
    });
    if (stop.left || stop.again) break;
    if (stop.within) continue;
    if (!stop.shown) faults.push(`focus is not seen on ${stop.name}`);
    if (!stop.inView) faults.push(`focus is out of the window on ${stop.name}`);
    if (i === 399) faults.push('the Tab key does not leave the page (trap?)');
  }
  const missed = await page.evaluate(() => {
    const radios = new Set([...globalThis.seen].filter((e) => e.type === 'radio').map((e) => e.name));
    return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
      .filter((e) => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({ visibilityProperty: true }) && !(e.closest('details:not([open])') && e.tagName !== 'SUMMARY'))
      .filter((e) => !globalThis.seen.has(e) && !(e.type === 'radio' && radios.has(e.name)) && !e.closest('.maplibregl-map'))
      .map((e) => `${e.tagName.toLowerCase()} ${e.getAttribute('name') ?? e.textContent.trim().slice(0, 20)}`);
  });
  return [...faults.slice(0, 5), ...missed.slice(0, 5).map((m) => `the keyboard does not reach ${m}`)];
}

/**
 * Visits one page and returns its faults; `pictures` (a path prefix or null) receives screenshots; `press` is a button to press first,
 * to see the page as it comes back with errors.
 */
export async function checkPage(page, address, lang, pictures, press = null) {
  const faults = [];
  const listen = (message) => { if (message.type() === 'error') faults.push(`console: ${message.text()}`); };
  const crash = (error) => faults.push(`script: ${error.message}`);
  page.on('console', listen);
  page.on('pageerror', crash);
  try {
    await page.setViewportSize({ width: 390, height: 844 });
    const response = await page.goto(address, { waitUntil: 'load' });
    const wanted = Number(/error-(\d{3})/.exec(address)?.[1] ?? 200);
    const status = response.status();
    if (new URL(page.url()).pathname !== new URL(address).pathname) return [`leads to ${new URL(page.url()).pathname}`];
    if (status >= 400 && status !== wanted) return [`answers ${status}`];
    if (press) {
      await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.locator(press).first().click()]);
      if ((await page.locator('.error-summary').count()) === 0) faults.push('shows no errors');
    }
    faults.push(...(await structure(page, lang)), ...(await runAxe(page)), ...(await targets(page)), ...(await keyboard(page)));
    await page.evaluate(() => document.activeElement.blur());
    if (pictures) await page.screenshot({ path: `${pictures}-phone.png`, fullPage: true });
    await page.setViewportSize({ width: 320, height: 640 });
    faults.push(...(await overflow(page, 'at 320 px')));
    await page.evaluate(() => document.querySelectorAll('details').forEach((e) => { e.open = true; }));
    faults.push(...(await overflow(page, 'at 320 px with everything unfolded')));
    await page.evaluate(() => document.querySelectorAll('.languages__menu').forEach((e) => { e.open = false; }));
    await page.setViewportSize({ width: 640, height: 800 });
    await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
    faults.push(...(await overflow(page, 'with 200 % text')));
    if (pictures) await page.screenshot({ path: `${pictures}-text200.png`, fullPage: true });
    await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
    if (pictures) {
      await page.setViewportSize({ width: 1200, height: 800 });
      await page.screenshot({ path: `${pictures}-desk.png`, fullPage: true });
      await page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' });
      await page.screenshot({ path: `${pictures}-forced.png`, fullPage: true });
      await page.emulateMedia({ forcedColors: 'none', colorScheme: 'light' });
    }
  } finally {
    page.off('console', listen);
    page.off('pageerror', crash);
  }
  // The browser says of every error page, and of a form that comes back with errors (422), that its status is not 200.
  return faults.filter((f) => !(/error-\d/.test(address) && /status of [45]\d\d/.test(f)) && !(press && /status of 422/.test(f)));
}
