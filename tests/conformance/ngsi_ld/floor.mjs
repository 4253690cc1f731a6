// The floor: a store that knows nothing of NGSI-LD. It keeps the JSON that is posted to a collection by its id and gives it back. What our checks find right in
// it is what a check proves of nothing.
//   node tests/conformance/ngsi_ld/floor.mjs [PORT]: listens until it is ended, prints its address.
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';

const BASE = '/ngsi-ld/v1/';
const isCollection = (path) => /^(temporal\/)?(entities|subscriptions|csourceRegistrations|jsonldContexts)$/.test(path);

/** Starts it; gives {url, close}. */
export async function startFloor(port = 0) {
  const tenants = new Map();
  const server = createServer(async (request, answer) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const path = decodeURIComponent(new URL(request.url, 'http://floor').pathname).replace(BASE, '').replace(/\/$/, '');
    const tenant = request.headers['ngsild-tenant'] ?? '';
    const kept = tenants.get(tenant) ?? tenants.set(tenant, new Map()).get(tenant);
    const say = (status, body, headers = {}) => answer.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body === undefined ? '' : JSON.stringify(body));
    const refuse = (status) => say(status, { title: 'refused', status });
    if (request.method === 'POST' && isCollection(path)) {
      let body;
      try {
        body = JSON.parse(text);
      } catch {
        return refuse(400);
      }
      const key = `${path}/${body.id ?? randomUUID()}`;
      if (kept.has(key)) return refuse(409);
      kept.set(key, body);
      return say(201, undefined, { Location: BASE + key });
    }
    if (request.method === 'GET' && isCollection(path)) return say(200, [...kept].filter(([key]) => key.startsWith(`${path}/`)).map(([, body]) => body));
    if (!kept.has(path)) return refuse(404);
    if (request.method === 'GET') return say(200, kept.get(path));
    if (request.method === 'DELETE') return kept.delete(path), say(204);
    return refuse(405);
  });
  await new Promise((done) => server.listen(port, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => new Promise((done) => (server.close(done), server.closeAllConnections())) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log((await startFloor(Number(process.argv[2] ?? 0))).url);
