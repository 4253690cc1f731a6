// A whole procedure by a plain client: from the list to the receipt.
import { answerFor } from './answers.js';

/** Fills the interview form of the current page; gives the button to press. */
function fill(page, answers, items) {
  const form = page.forms().find((f) => f.buttons.some((b) => b.name === 'action' && b.value === 'next'));
  if (!form) throw new Error(`no interview form on ${page.address} ("${page.heading}", ${page.status}): ${page.text.slice(0, 300)}`);
  const group = Object.keys(answers).find((key) => Array.isArray(answers[key]) && typeof answers[key][0] === 'object' && !(answers[key][0] instanceof File) &&
    form.names.some((n) => n.split('.')[0] in answers[key][0]) && !form.names.some((n) => answers[n] !== undefined));
  let source = answers;
  let more = false;
  if (group) {
    items[group] = (items[group] ?? -1) + 1;
    source = answers[group][items[group]];
    more = items[group] + 1 < answers[group].length;
  }
  const values = {};
  for (const field of form.names) {
    const value = answerFor(field, source);
    if (value !== undefined) values[field] = value;
  }
  return { values, action: more ? 'add' : 'next' };
}

/** From the list to the receipt: {client, number}. `id` of the procedure, `test` from answers.js, `email` for the log-in it may ask. */
export async function apply(client, id, test, email) {
  await client.get('/procedures');
  const link = client.page.links().find((l) => l.rel.split(/\s+/).includes('procedure') && l.href.endsWith(`/${id}`));
  if (!link) throw new Error(`/procedures does not list ${id}`);
  await client.get(link.href);
  const start = client.page.forms().find((f) => f.method === 'post' && /start/.test(f.action));
  if (!start) throw new Error('no start form');
  await client.submit({}, start.buttons.length ? { [start.buttons[0].name]: start.buttons[0].value } : null);
  const items = {};
  let last = '';
  let again = 0;
  for (let step = 0; step < 60; step++) {
    const page = client.page;
    const receipt = page.data('receipt-number');
    if (receipt) return { client, number: receipt };
    if (page.status >= 400) throw new Error(`${page.status} on ${page.address}: ${page.text.slice(0, 300)}`);
    if (page.forms().some((f) => f.names.includes('email') && !f.names.includes('phone'))) {
      await client.logIn(email);
      continue;
    }
    const errors = page.errors();
    // An answer may bring further questions onto the same page; twice is enough for that.
    again = page.address === last ? again + 1 : 0;
    if (Object.keys(errors).length && again > 2) throw new Error(`errors on ${page.address}: ${JSON.stringify(errors)}`);
    last = page.address;
    const form = page.forms().find((f) => f.buttons.some((b) => b.name === 'action' && (b.value === 'send' || b.value === 'next')));
    if (form && form.names.every((n) => ['csrf', 'base', 'revision'].includes(n))) {
      const send = form.buttons.find((b) => b.value === 'send') ?? form.buttons.find((b) => b.value === 'next');
      await client.submit({}, { action: send.value });
      continue;
    }
    const { values, action } = fill(page, test.answers, items);
    await client.submit(values, { action });
  }
  throw new Error('more than 60 steps');
}
