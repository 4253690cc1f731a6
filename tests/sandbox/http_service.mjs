// One HTTP service on loopback: reads the request, lets the plan's fault befall it, and keeps "accepted" apart from "answered".
// A service's judge(request) answers at once: {status, headers, json | body} for a refusal, or the same with accept(): what happens when the
// request is taken. What accept() returns is the answer. Only here is decided whether the sender hears it.
import http from 'node:http';
import https from 'node:https';
import { setTimeout as after } from 'node:timers/promises';

const MOST_BYTES = 12 * 1024 * 1024;

/** The whole body, or undefined when it is larger than any service takes. */
function read_body(req) {
  return new Promise((done, failed) => {
    const parts = [];
    let bytes = 0;
    req.on('data', (part) => {
      bytes += part.length;
      if (bytes <= MOST_BYTES) parts.push(part);
    });
    req.on('end', () => done(bytes > MOST_BYTES ? undefined : parts.length === 1 ? parts[0] : Buffer.concat(parts)));
    req.on('error', failed);
    req.on('aborted', () => failed(new Error('cut off')));
  });
}

function send(res, answer) {
  if (res.destroyed) return;
  const body = answer.json === undefined ? (answer.body ?? '') : JSON.stringify(answer.json);
  res.writeHead(answer.status, {
    ...(answer.json === undefined ? {} : { 'Content-Type': 'application/json' }), 'Content-Length': Buffer.byteLength(body), ...answer.headers,
  });
  res.end(body);
}

/** world: {faults, rates, log}. options: {name, judge, class_of(request) → class of the rate window, limited(), failed(), tls ({cert, key}: spoken over TLS)}. */
export function http_service(world, options) {
  const { name } = options;
  const held = new Set();   // requests that will never be answered
  async function serve(req, res) {
    if (world.faults.is_down(name)) return req.socket.destroy();
    const body = await read_body(req);
    const at = req.url.indexOf('?');
    const request = {
      method: req.method, path: at < 0 ? req.url : req.url.slice(0, at), query: new URLSearchParams(at < 0 ? '' : req.url.slice(at + 1)),
      headers: req.headers, body, port: req.socket.localPort,
    };
    if (body === undefined) return send(res, { status: 413 });
    const fault = world.faults.draw(name);
    if (fault.delay_ms) await after(fault.delay_ms);
    if (fault.kind === 'drop_before') return req.socket.destroy();
    if (fault.kind === 'hang_before') return held.add(res);
    if (fault.kind === 'fail_before') {
      world.log.count(name, '');
      return send(res, options.failed());
    }
    const wait_ms = fault.kind === 'limit' ? 1000 : world.rates.take(`${name}.${options.class_of(request)}`);
    if (wait_ms) {
      world.log.count(name, 'limited');
      return send(res, { ...options.limited(), headers: { 'Retry-After': String(Math.ceil(wait_ms / 1000)) } });
    }
    const verdict = options.judge(request);   // no pause from here to accept(): a key is judged and used up in one step
    const answer = verdict.accept ? verdict.accept() : verdict;
    world.log.count(name, verdict.accept ? 'accepted' : verdict.repeated ? 'repeated' : answer.status >= 400 ? 'refused' : '');
    if (fault.kind === 'drop_after') return req.socket.destroy();
    if (fault.kind === 'hang_after') return held.add(res);
    send(res, fault.kind === 'fail_after' ? options.failed() : answer);
  }
  const { createServer } = options.tls ? https : http;
  const server = createServer({ keepAliveTimeout: 60_000, ...options.tls }, (req, res) => {
    serve(req, res).catch((error) => {
      if (!req.complete) return req.socket.destroy();   // the sender left in the middle
      console.error(`${name}: ${error.stack}`);
      world.log.violation(name, 'sandbox', req.url, String(error.message));
      send(res, { status: 500, json: { message: String(error.message) } });
    });
  });
  server.on('connection', (socket) => {
    socket.setNoDelay(true);
    if (world.faults.is_down(name)) socket.destroy();
  });
  return server;
}

/** Listens on loopback only; resolves with the port. */
export function listen(server, port = 0) {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => done(server.address().port));
  });
}
