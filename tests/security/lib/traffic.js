// A day at the city hall in a minute, recorded: every kind of page as whoever may see it, files, exports, data, faults, and
// everybody signing out at the end. The tests of answers_test.js look at what went over the wire.
import { clientOf, realPages } from '../../browser/lib/real_pages.js';
import { makeSamples } from '../../browser/lib/samples.js';
import { startRecorder, valuesOf } from './recorder.js';

/** Not pages: data, pictures, documents, exports; with who asks for them. */
function otherAddresses(samples) {
  const [receipt] = samples.paths.receipt;
  return [
    ['anonymous', '/healthz'], ['anonymous', '/readyz'], ['anonymous', '/metrics'], ['anonymous', '/openapi.json'],
    ['anonymous', '/api/v1/initiatives'], ['anonymous', '/api/v1/procedures'], ['anonymous', '/reports/map.geojson'],
    ['anonymous', '/open311/v2/services.json'], ['anonymous', '/open311/v2/services.xml'], ['anonymous', '/open311/v2/requests.xml'],
    ['citizen', `${receipt}.svg`], ['citizen', `${receipt}.pdf`], ['citizen', `/applications/${samples.number}`],
    ['staff:health-clerk', '/staff/export.csv'], ['staff:health-clerk', '/staff/export.json'], ['staff:health-clerk', '/staff/live'],
    ['staff:construction-approver', '/staff/registers/parks/export.csv'], ['staff:construction-approver', '/staff/registers/parks/export.json'],
    ['staff:construction-approver', '/staff/registers/parks/points.json'],
  ];
}

/** What nobody should ask for: faults of every class. */
const kFaults = [
  ['GET', '/nowhere'], ['GET', '/api/v1/nowhere'], ['GET', '/staff/nowhere'], ['POST', '/healthz'], ['GET', '/drafts/00000000000000000000000000/what'],
  ['GET', '/applications/x'], ['GET', '/a%00b'], ['GET', '/%ff'], ['POST', '/logout'], ['GET', '/static/none/x.css'], ['GET', '/reports?page=-1'],
];

async function staticFiles(client) {
  await client.get('/');
  const addresses = [...client.page.html.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map((m) => m[1]);
  for (const address of new Set(addresses)) await client.get(address);
}

/** {exchanges, samples, pages, base, close}. */
export async function recordTraffic(server) {
  const recorder = await startRecorder(server);
  const samples = await makeSamples(recorder.base, 'security-test@example.jp');
  const pages = await realPages(recorder.base, samples);
  for (const page of pages) {
    const client = await clientOf(samples, page.visitor);
    await client.get(`${recorder.base}${page.path}`);
  }
  for (const [visitor, address] of otherAddresses(samples)) await (await clientOf(samples, visitor)).get(`${recorder.base}${address}`);
  const { anonymous, citizen } = samples.visitors;
  for (const [method, address] of kFaults) await anonymous.request(`${recorder.base}${address}`, { method });
  await staticFiles(anonymous);
  await anonymous.get(`${recorder.base}/?lang=en`);
  const clerk = await samples.staff('health-clerk');
  for (const client of [citizen, clerk]) {
    await client.get(`${recorder.base}${client === clerk ? '/staff/inbox' : '/my'}`);
    const out = client.page.forms().find((form) => /\/logout$/.test(form.action));
    await client.request(out.action, { method: 'POST', body: new URLSearchParams(out.pairs({})) });
  }
  return { ...recorder, samples, pages };
}

export const header = (exchange, name) => valuesOf(exchange.raw, name).join(', ');
export const typeOf = (exchange) => header(exchange, 'content-type');
export const isPage = (exchange) => typeOf(exchange).startsWith('text/html');
/** The session's or visitor's secret as sent with a request; "" without one. */
export const sessionOf = (exchange) => /(?:^|; )__Host-machiya=([^;]+)/.exec(exchange.sent.cookie ?? '')?.[1] ?? '';
export const where = (exchange) => `${exchange.method} ${exchange.url} (${exchange.status})`;
