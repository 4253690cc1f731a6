// Serves a folder of rendered pages on loopback with the content policy of the real server.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.mjs': 'text/javascript', '.svg': 'image/svg+xml', '.json': 'application/json' };
/** The same text as kContentSecurityPolicy in src/platform/pages/assets.h. */
export async function contentPolicy(root) {
  const source = await readFile(join(root, 'src/platform/pages/assets.h'), 'utf8');
  const declaration = source.slice(source.indexOf('kContentSecurityPolicy ='), source.indexOf(';\n', source.indexOf('frame-ancestors')));
  return [...declaration.matchAll(/"([^"]*)"/g)].map((match) => match[1]).join('');
}

export async function serveFolder(folder, policy) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname)).replace(/^(\.\.[/\\])+/, '');
    try {
      const body = await readFile(join(folder, path));
      response.writeHead(200, { 'Content-Type': types[extname(path)] ?? 'application/octet-stream', 'Content-Security-Policy': policy });
      response.end(body);
    } catch {
      response.writeHead(404, { 'Content-Type': 'text/plain' });
      response.end('not found');
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { base: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
