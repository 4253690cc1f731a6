// What the tests of one subject in the browser share: checks that are counted, people with a page, pictures on request.
import assert from 'node:assert';
import { mkdirSync } from 'node:fs';
import { handOver, newContext } from './browser.js';
import { checkPage, runAxe } from './page_checks.js';

export const press = (page, selector) => Promise.all([page.waitForNavigation(), page.locator(selector).first().click()]);
export const axe = async (page) => assert.deepEqual(await runAxe(page), [], page.url());

/** A citizen logs in with the code that the demonstration shows; `next`: where to then. */
export async function logIn(page, base, email, next) {
  await page.goto(`${base}/login?lang=ja&next=${encodeURIComponent(next)}`);
  await page.fill('#email', email);
  await press(page, 'form[action="/login"] .button--primary');
  await page.fill('#code', await page.getAttribute('data.demo-code', 'value'));
  await press(page, 'form[action="/login/code"] .button--primary');
}

export class Checks {
  /** `pictures`: a folder; without one no picture is taken. */
  constructor(pictures) {
    this.pictures = pictures;
    this.passed = 0;
    this.faults = [];
    if (pictures) mkdirSync(pictures, { recursive: true });
  }
  /** One check; what it throws is a fault, and the test goes on. */
  async check(name, work) {
    try {
      await work();
      this.passed++;
    } catch (error) {
      this.faults.push(`${name}: ${error.message.split('\n').slice(0, 12).join(' / ')}`);
    }
  }
  /** A page whose script errors are faults. */
  async page(context) {
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => this.faults.push(`script: ${error.message}`));
    return page;
  }
  /** Somebody with a browser of their own; `client`: who has logged in without one. */
  async person(browser, context = {}, client = null, base = null) {
    const page = await this.page(await newContext(browser, context));
    if (client) await handOver(client, page.context(), base);
    return page;
  }
  /** One page by every rule of the house, in each of the languages; `press`: as checkPage's. */
  async look(page, kind, address, languages, press = null) {
    for (const lang of languages)
      await this.check(`${kind} in ${lang}`, async () =>
        assert.deepEqual(await checkPage(page, `${address}${address.includes('?') ? '&' : '?'}lang=${lang}`, lang, this.pictures ? `${this.pictures}/${kind}.${lang}` : null, press), []));
  }
  async picture(page, name, fullPage = true) {
    if (this.pictures) await page.screenshot({ path: `${this.pictures}/${name}.png`, fullPage });
  }
  /** Says what came of it, and ends the program. */
  end() {
    for (const fault of this.faults) console.log(`FAILED ${fault}`);
    console.log(`${this.passed} passed, ${this.faults.length} failed`);
    process.exit(this.faults.length > 0 ? 1 : 0);
  }
}
