// Signs a browser context in through the pages themselves, by the contract for outside clients.
export async function signInCitizen(page, base, email) {
  await page.goto(`${base}/login`);
  await page.fill('input[name=email]', email);
  await page.click('form:has(input[name=email]) button[type=submit]:visible');
  const code = await page.getAttribute('data.demo-code', 'value');
  await page.fill('input[name=code]', code);
  await page.click('form:has(input[name=code]) button[type=submit]:visible');
  if (await page.locator('input[name=code]').count()) throw new Error('the log-in code was not accepted');
}

/** Demonstration staff: name, password and the code of the second factor, which the demonstration shows as data.demo-totp. */
export async function signInStaff(page, base, { user, password }) {
  await page.goto(`${base}/staff/login`);
  await page.fill('input[name=name]', user);
  await page.fill('input[name=password]', password);
  const code = page.locator('input[name=code]');
  if (await code.count()) await code.first().fill(await page.getAttribute('data.demo-totp', 'value'));
  await page.click('form:has(input[name=password]) button[type=submit]:visible');
  if (page.url().includes('/login')) throw new Error('the staff log-in was not accepted');
}
