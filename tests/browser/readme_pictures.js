// The two pictures of the README from the running demonstration.   node tests/browser/readme_pictures.js --base URL --out docs/pictures
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { handOver, launch, newContext } from './lib/browser.js';
import { makeSamples } from './lib/samples.js';

const { values: options } = parseArgs({ options: { base: { type: 'string' }, out: { type: 'string', default: 'docs/pictures' } } });
const base = options.base.replace(/\/$/, '');
const samples = await makeSamples(base, 'pictures@example.jp');
const browser = await launch();

async function picture(client, path, name, size, prepare = async () => {}) {
  const context = await newContext(browser, { viewport: size, deviceScaleFactor: 1.5 });
  await handOver(client, context, base);
  const page = await context.newPage();
  await page.goto(`${base}${path}?lang=ja`);
  await prepare(page);
  await page.screenshot({ path: join(options.out, name) });
  await context.close();
}

await picture(samples.visitors.citizen, samples.paths.interview[0], 'interview.png', { width: 390, height: 1080 }, async (page) => {
  await page.fill('input[name=dog_name]', 'ポチ');
  await page.fill('input[name=breed]', '柴犬');
  await page.fill('input[name="born.year"]', '令和7');
  await page.fill('input[name="born.month"]', '4');
  await page.fill('input[name="born.day"]', '12');
  await page.fill('input[name=colour]', '茶');
  await page.click('label:has-text("オス")');
  await page.evaluate(() => { document.activeElement.blur(); scrollTo(0, 0); });
});
await picture(await samples.staff('health-clerk'), samples.paths['staff-case'][0], 'console.png', { width: 1200, height: 900 });
await browser.close();
