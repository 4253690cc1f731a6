// The server as a process of its own, for the fault tests: started, killed, stopped by its own id, and looked into through the database's own client.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const kFirstPort = Number(process.env.MACHIYA_FAULT_PORT ?? 8500);
const kPorts = 100;
const kStartMs = 120_000;   // a bound for a broken start, never a measure

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks again until `test` gives a true value; an error after `boundMs`. */
export async function until(what, test, boundMs = kStartMs) {
  const end = Date.now() + boundMs;
  for (;;) {
    const value = await test();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${boundMs / 1000} s in vain for ${what}`);
    await pause(15);
  }
}

/** A loopback port that nobody listens on now. */
export async function freePort() {
  const from = Math.floor(Math.random() * kPorts);
  for (let i = 0; i < kPorts; i++) {
    const port = kFirstPort + (from + i) % kPorts;
    const free = await new Promise((done) => {
      const probe = net.createServer().once('error', () => done(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
    });
    if (free) return port;
  }
  throw new Error('no free port');
}

/** One request; {status, headers, body}. Rejects when the connection ends before the answer does. */
export function request(agent, port, method, path, { headers = {}, body } = {}) {
  return new Promise((done, failed) => {
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const out = http.request({ agent, host: '127.0.0.1', port, method, path, headers: bytes ? { ...headers, 'Content-Length': bytes.length } : headers }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('error', failed);
      answer.on('aborted', () => failed(new Error('the connection ended within the answer')));
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts).toString() }));
    });
    out.on('error', (error) => failed(Object.assign(error, { reused: out.reusedSocket })));
    out.end(bytes);
  });
}

/** A database of this run alone: a file in the data folder, or a database made in the given PostgreSQL cluster. */
export class Database {
  constructor(store, folder) {
    this.url = store;
    this.postgres = store.startsWith('postgresql://') || store.startsWith('postgres://');
    this.file = join(folder, 'var', 'machiya.db');
    if (!this.postgres) return;
    const name = `machiya_fault_${process.pid}`;
    this.cluster = store;
    this.name = name;
    this.#psql(store, `CREATE DATABASE ${name}`);
    this.url = store.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${name}`);
  }
  #psql(url, sql) {
    return execFileSync('psql', [url, '-X', '-q', '-A', '-t', '-F', '|', '-v', 'ON_ERROR_STOP=1', '-c', sql], { encoding: 'utf8', maxBuffer: 1 << 28 });
  }
  /** Rows as lists of text. */
  rows(sql) {
    const text = this.postgres ? this.#psql(this.url, sql) : execFileSync('sqlite3', ['-cmd', '.timeout 20000', '-separator', '|', this.file, sql], { encoding: 'utf8', maxBuffer: 1 << 28 });
    return text.split('\n').filter((line) => line !== '').map((line) => line.split('|'));
  }
  number(sql) {
    return Number(this.rows(sql)[0][0]);
  }
  get arguments() {
    return this.postgres ? ['--store', this.url] : [];
  }
  remove() {
    if (this.postgres) this.#psql(this.cluster, `DROP DATABASE ${this.name} WITH (FORCE)`);
  }
}

/** A fresh folder with the server's data inside; removed by remove(). */
export class House {
  constructor(binary, store = 'sqlite') {
    this.binary = binary;
    this.folder = mkdtempSync(join(tmpdir(), 'machiya-fault-'));
    this.data = join(this.folder, 'var');
    this.database = new Database(store, this.folder);
    this.processes = new Set();
  }
  /** Starts a process on the data and waits until it serves: {process, ended, log}. */
  async start(more = []) {
    this.port ??= await freePort();
    const child = spawn(this.binary, ['serve', '--data', this.data, '--listen', `127.0.0.1:${this.port}`, '--rate-scale', '0', '--quiet', ...this.database.arguments, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
    const one = { child, log: '', listening: false, end: null };
    one.ended = new Promise((done) => child.once('exit', (code, signal) => { one.end = { code, signal }; this.processes.delete(one); done(one.end); }));
    child.stdout.on('data', (text) => { one.listening ||= String(text).includes('citizens'); });
    child.stderr.on('data', (text) => { one.log = (one.log + text).slice(-20_000); });
    this.processes.add(one);
    await until('the server', () => { if (one.end) throw new Error(`the server ended (${JSON.stringify(one.end)}):\n${one.log}`); return one.listening; });
    return one;
  }
  async ready() {
    await until('/readyz', async () => (await request(undefined, this.port, 'GET', '/readyz').catch(() => ({}))).status === 200);
  }
  /** `machiya audit verify` on the same data: what it prints, and whether it says "intact". */
  verify() {
    try {
      const text = execFileSync(this.binary, ['audit', 'verify', '--data', this.data, ...this.database.arguments], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
      return { intact: /: intact$/m.test(text), text };
    } catch (error) {
      return { intact: false, text: `${error.stdout ?? ''}${error.stderr ?? error.message}`.trim() };
    }
  }
  async remove() {
    for (const one of [...this.processes]) {
      one.child.kill('SIGKILL');
      await one.ended;
    }
    this.database.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Numbers in [0, 1) that come again with the same seed (mulberry32). */
export function seeded(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
