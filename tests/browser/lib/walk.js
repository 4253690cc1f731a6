// Walks a procedure from the list to its receipt through the HTML alone, with the answers of lib/answers.js.
import { answerFor, procedures } from './answers.js';
import { PlainClient } from '../plain_client.js';
import { samplePdf, sampleJpeg } from './sample_files.js';

/** The answers of the twelve procedures, with files as PlainClient sends them. */
export const plainCases = () =>
  procedures(PlainClient.file('papers.pdf', 'application/pdf', samplePdf()), PlainClient.file('photo.jpg', 'image/jpeg', sampleJpeg()));

const isGroup = (value) => Array.isArray(value) && typeof value[0] === 'object' && !(value[0] instanceof File);

/** Which answers belong on a page with these field names: {source, more}. `items` counts the members of groups already given. */
export function answersOnPage(names, answers, items) {
  const group = Object.keys(answers).find((key) => isGroup(answers[key]) &&
    names.some((n) => n.split('.')[0] in answers[key][0]) && !names.some((n) => answers[n] !== undefined));
  if (!group) return { source: answers, more: false };
  items[group] = (items[group] ?? -1) + 1;
  return { source: answers[group][items[group]], more: items[group] + 1 < answers[group].length };
}

function fill(page, answers, items) {
  const form = page.forms().find((f) => f.buttons.some((b) => b.name === 'action' && b.value === 'next'));
  if (!form) throw new Error(`no interview form on ${page.address} ("${page.heading}", ${page.status}): ${page.text.slice(0, 300)}`);
  const { source, more } = answersOnPage(form.names, answers, items);
  const values = {};
  for (const field of form.names) {
    const value = answerFor(field, source);
    if (value !== undefined) values[field] = value;
  }
  return { values, action: more ? 'add' : 'next' };
}

/** Opens the procedure from the list and presses its start button. */
export async function startProcedure(client, id) {
  await client.get('/procedures');
  const link = client.page.links().find((l) => l.rel.split(/\s+/).includes('procedure') && l.href.endsWith(`/${id}`));
  if (!link) throw new Error(`/procedures does not list ${id}`);
  await client.get(link.href);
  const start = client.page.forms().find((f) => f.method === 'post' && /start/.test(f.action));
  if (!start) throw new Error('no start form');
  await client.submit({}, start.buttons.length ? { [start.buttons[0].name]: start.buttons[0].value } : null);
}

/** Goes on until the receipt, or until `until(page)` says so; gives the receipt's number or null. */
export async function walkProcedure(client, answers, email, until = () => false) {
  const items = {};
  let last = '';
  let again = 0;
  for (let step = 0; step < 60; step++) {
    const page = client.page;
    if (until(page)) return null;
    const receipt = page.data('receipt-number');
    if (receipt) return receipt;
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
    const { values, action } = fill(page, answers, items);
    await client.submit(values, { action });
  }
  throw new Error('more than 60 steps');
}

/** A demonstration member of staff, signed in with both factors. */
export async function staffClient(base, user, password = process.env.MACHIYA_STAFF_PASSWORD ?? 'machiya-demo-only') {
  const client = new PlainClient(base);
  await client.get('/staff/login');
  const code = client.page.data('demo-totp');
  await client.submit({ name: user, password, code });
  if (client.page.address.includes('/login')) throw new Error(`staff log-in of ${user} failed: ${client.page.text.slice(0, 200)}`);
  return client;
}

/** From the list to the receipt: {client, number}. `id` of the procedure, `test` from answers.js, `email` for the log-in it may ask. */
export async function apply(client, id, test, email) {
  await startProcedure(client, id);
  return { client, number: await walkProcedure(client, test.answers, email) };
}
