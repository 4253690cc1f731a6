// Runs scenarios of checks.mjs against a base URL. Each scenario has a tenant of its own, so that none sees what another one wrote.
import { isDeepStrictEqual } from 'node:util';
import http from 'node:http';

const ERRORS = 'https://uri.etsi.org/ngsi-ld/errors/';

function ask(agent, base, { line, body, headers }, tenant, change) {
  const [method, path] = line.split(' ');
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const all = { ...(tenant ? { 'NGSILD-Tenant': tenant } : {}), ...(text === undefined ? {} : { 'Content-Type': text.includes('"@context"') ? 'application/ld+json' : 'application/json', 'Content-Length': Buffer.byteLength(text) }), ...headers };
  return new Promise((done, fail) => {
    const request = http.request(`${base}/ngsi-ld/v1${change(path)}`, { agent, method, headers: all }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => {
        const got = { status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString() };
        try {
          got.json = JSON.parse(got.text);
        } catch {
          got.json = undefined;
        }
        done(got);
      });
    });
    request.on('error', fail);
    request.end(text);
  });
}

/** Without "@context": where it stands depends on what the client accepts. */
const plain = (v) => (Array.isArray(v) ? v.map(plain) : v !== null && typeof v === 'object' ? Object.fromEntries(Object.entries(v).filter(([k]) => k !== '@context').map(([k, x]) => [k, plain(x)])) : v);
const last = (id) => String(id).split(':').at(-1);

/** What is wrong with an answer; '' for nothing. */
function wrong(got, expect) {
  if (got.status !== expect.status) return `status ${got.status}, expected ${expect.status}: ${got.text.slice(0, 300)}`;
  if (expect.problem) {
    if (got.json?.type !== ERRORS + expect.problem || typeof got.json.title !== 'string') return `no problem of type ${expect.problem}: ${got.text.slice(0, 300)}`;
  }
  if (expect.same !== undefined && !isDeepStrictEqual(plain(got.json), expect.same)) return `got ${got.text.slice(0, 600)}\n    expected ${JSON.stringify(expect.same)}`;
  if (expect.ids !== undefined) {
    const ids = Array.isArray(got.json) ? got.json.map((e) => last(e.id)).join(' ') : got.text.slice(0, 300);
    if (ids !== expect.ids) return `got ${ids}, expected ${expect.ids}`;
  }
  for (const [name, value] of Object.entries(expect.headers ?? {})) {
    const have = got.headers[name.toLowerCase()] ?? '';
    if (!(value instanceof RegExp ? value.test(have) : value === have)) return `${name} is "${have}", expected ${value}`;
  }
  if (expect.that && !expect.that(got)) return `${expect.that}: ${got.text.slice(0, 600)}`;
  return '';
}

/** [{scenario, clauses, line, why}] of all checks; `why` is '' where the answer is right. `options.change` may change the paths that are asked. */
export async function runChecks(base, scenarios, { change = (path) => path } = {}) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const results = [], run = Math.random().toString(36).slice(2, 8);
  for (const [n, { name, steps, tenant }] of scenarios.entries()) {
    const remembered = {};
    for (const step of steps) {
      // "{x}" in a line stands for what an earlier step remembered.
      const line = step.line.replace(/\{(\w+)\}/g, (whole, key) => remembered[key] ?? whole);
      let got;
      try {
        got = await ask(agent, base, { ...step, line }, tenant === '' ? '' : `t${run}${n}`, change);
      } catch (error) {
        got = { status: 0, headers: {}, text: error.message };
      }
      if (step.remember) Object.assign(remembered, step.remember(got));
      if (step.clauses) results.push({ scenario: name, clauses: step.clauses, line, why: wrong(got, step.expect) });
    }
  }
  agent.destroy();
  return results;
}
