// Walks a procedure in the browser from the list to the receipt, as a person does: visible controls and buttons only.
import { answerFor, procedures } from './answers.js';
import { browserFile } from './hands.js';
import { sampleJpeg, samplePdf } from './sample_files.js';
import { answersOnPage } from './walk.js';

export const browserCases = () => procedures(browserFile('papers.pdf', 'application/pdf', samplePdf()), browserFile('photo.jpg', 'image/jpeg', sampleJpeg()));

const seen = ':not(.visually-hidden)';
const button = (value) => `main button[name=action][value=${value}]${seen}`;

/** The controls of the form on the page that a person can see, in their order. */
function controls(page) {
  return page.evaluate(() => {
    const form = [...document.querySelectorAll('main form')].find((f) => f.querySelector('button[name=action][value=next], button[name=action][value=send]'));
    const visible = (e) => e.labels?.[0]?.checkVisibility({ visibilityProperty: true }) ?? e.checkVisibility({ visibilityProperty: true });
    return [...(form?.elements ?? [])]
      .filter((e) => e.name && e.type !== 'hidden' && e.type !== 'submit' && !e.disabled && visible(e) && e.checkVisibility({ visibilityProperty: true }))
      .map((e) => ({ id: e.id, name: e.name, type: e.type, value: e.value }));
  });
}

async function fill(page, hands, source) {
  const done = new Set();
  for (const control of await controls(page)) {
    const value = answerFor(control.name, source);
    if (value === undefined || value === null) continue;
    const choice = control.type === 'radio' || control.type === 'checkbox';
    if (choice ? ![value].flat().map(String).includes(control.value) : done.has(control.name)) continue;
    // An empty answer is left out, as a person would.
    if (value === '') continue;
    done.add(control.name);
    await hands.set(control, value);
  }
}

async function logIn(page, hands, email) {
  const own = (name) => page.evaluate((n) => { const e = document.querySelector(`main input[name=${n}]`); return { id: e.id, name: e.name, type: e.type }; }, name);
  await hands.set(await own('email'), email);
  await hands.press(`main form:has(input[name=email]) button[type=submit]${seen}`);
  await hands.set(await own('code'), await page.getAttribute('data.demo-code', 'value'));
  await hands.press(`main form:has(input[name=code]) button[type=submit]${seen}`);
}

/** Gives {number, screens}. `look(page)` is called on every page of the way. */
export async function walkInBrowser(page, hands, base, id, test, email, { lang, look = async () => {} }) {
  await page.goto(`${base}/procedures?lang=${lang}`, { waitUntil: 'load' });
  await look(page);
  await hands.press(`main a[rel~=procedure][href$="/${id}"]`);
  await look(page);
  await hands.press(`main form[action*=start] button[type=submit]${seen}`);
  const items = {};
  let again = 0;
  let last = '';
  for (let screens = 1; screens < 60; screens++) {
    await look(page);
    const receipt = page.locator('data.receipt-number');
    if (await receipt.count()) return { number: await receipt.getAttribute('value'), screens };
    if (new URL(page.url()).pathname.startsWith('/login')) {
      await logIn(page, hands, email);
      continue;
    }
    again = page.url() === last ? again + 1 : 0;
    last = page.url();
    if (again > 2) throw new Error(`stays on ${page.url()}: ${(await page.locator('.error-summary').allInnerTexts()).join(' ')}`);
    const names = [...new Set((await controls(page)).map((c) => c.name))];
    const { source, more } = answersOnPage(names, test.answers, items);
    await fill(page, hands, source);
    const sends = await page.locator(button('send')).count();
    await hands.press(button(more ? 'add' : sends ? 'send' : 'next'));
  }
  throw new Error('more than 60 screens');
}
