// Starts a sandbox for a test and talks to its control port.
import { spawn } from 'node:child_process';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('channels.mjs', import.meta.url));

/** One exchange over a kept connection: {status, headers, text}. Throws when the connection is cut. */
export function exchange(agent, { port, method = 'GET', path, headers = {}, body, timeout_ms = 10_000 }) {
  return new Promise((done, failed) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const req = http.request({ host: '127.0.0.1', port, method, path, headers: { ...headers, ...length }, agent, timeout: timeout_ms }, (res) => {
      const parts = [];
      res.on('data', (part) => parts.push(part));
      res.on('end', () => done({ status: res.statusCode, headers: res.headers, text: Buffer.concat(parts).toString('utf8') }));
      res.on('error', failed);
    });
    req.on('timeout', () => req.destroy(new Error('no answer in time')));
    req.on('error', failed);
    req.end(body);
  });
}

/** args: options of channels.mjs. The result: {ports, about, get(path), post(path, json), log(service), stop()}. */
export async function start_sandbox(args = []) {
  const child = spawn(process.execPath, [PROGRAM, '--while-stdin', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const first = await new Promise((done, failed) => {
    createInterface({ input: child.stdout }).once('line', done);
    child.once('exit', (code) => failed(new Error(`the sandbox ended with ${code}`)));
  });
  const about = JSON.parse(first);
  const agent = new http.Agent({ keepAlive: true });
  async function ask(method, path, json) {
    const answer = await exchange(agent, { port: about.ports.control, method, path, body: json === undefined ? undefined : JSON.stringify(json), timeout_ms: 120_000 });
    const out = JSON.parse(answer.text);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${out.error}`);
    return out;
  }
  return {
    about, ports: about.ports, child,
    get: (path) => ask('GET', path),
    post: (path, json = {}) => ask('POST', path, json),
    /** Every accepted request so far, page by page. */
    async log(service = '') {
      const out = [];
      for (let after = 0, more = true; more;) {
        const page = await ask('GET', `/log?after=${after}&limit=5000&service=${service}`);
        out.push(...page.entries);
        ({ next: after, more } = page);
      }
      return out;
    },
    stop() {
      agent.destroy();
      return new Promise((done) => { child.once('exit', done); child.stdin.end(); });
    },
  };
}
