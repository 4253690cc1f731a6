// A proxy in front of the server under test, as an operator's TLS proxy would be: it says that the request came over TLS
// and who sent it, and keeps every request with its answer.
import { createServer, request as ask } from 'node:http';

const read = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** Values of a header in raw [name, value, name, value…] pairs. */
export function valuesOf(raw, name) {
  const out = [];
  for (let i = 0; i < raw.length; i += 2) if (raw[i].toLowerCase() === name) out.push(raw[i + 1]);
  return out;
}

function forward(target, incoming, body) {
  return new Promise((done, fail) => {
    const headers = { ...incoming.headers, 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.7', 'accept-encoding': 'identity' };
    const out = ask({ host: target.hostname, port: target.port, method: incoming.method, path: incoming.url, headers }, async (answer) => {
      // A stream of events never ends: its head is enough.
      if ((answer.headers['content-type'] ?? '').startsWith('text/event-stream')) {
        answer.destroy();
        return done({ answer, body: Buffer.alloc(0) });
      }
      done({ answer, body: await read(answer) });
    });
    out.on('error', fail);
    out.end(body);
  });
}

/**
 * {base, exchanges, close}; an exchange is {method, url, sent (headers), form, status, raw (headers), body}.
 * `keep` false: nothing is kept. refuse(pattern): from now on such paths are answered 403 here and never reach the server.
 */
export async function startRecorder(base, { keep = true } = {}) {
  let refused = /^$/;
  const target = new URL(base);
  const exchanges = [];
  const server = createServer(async (incoming, outgoing) => {
    const form = await read(incoming);
    if (refused.test(incoming.url)) return outgoing.writeHead(403).end();
    const { answer, body } = await forward(target, incoming, form);
    if (keep) exchanges.push({ method: incoming.method, url: incoming.url, sent: incoming.headers, form, status: answer.statusCode, raw: answer.rawHeaders, body });
    const own = answer.rawHeaders.flatMap((v, i, all) => (i % 2 === 0 && !/^(transfer-encoding|connection|content-length)$/i.test(v) ? [v, all[i + 1]] : []));
    outgoing.writeHead(answer.statusCode, own);
    outgoing.end(incoming.method === 'HEAD' ? undefined : body);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { base: `http://127.0.0.1:${server.address().port}`, exchanges, refuse: (pattern) => { refused = pattern; }, close: () => server.close() };
}
