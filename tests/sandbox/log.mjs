// What was accepted, in the order in which it was: append-only, in memory and (if asked) in a file, one JSON object a line.
//   {"seq": 1, "at": 1767225600000, "service": "line", "op": "multicast", "what": "sha-256 of the message", "key": "retry key or empty", "n": 2, "to": [...]}
// One line is one accepted request; each of its `to` is one effect: somebody's telephone rings. `what` names the message whatever the
// request around it looked like, so that (to, what) twice is a duplicate.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';

/** Names a message: the first 32 hex digits of SHA-256. */
export function name_of(content) {
  return createHash('sha256').update(typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content)).digest('hex').slice(0, 32);
}

const KEPT_SECONDS = 7200;

export class EffectLog {
  constructor(file = '', now = Date.now) {
    this.now = now;
    this.file = file ? createWriteStream(file, { flags: 'w' }) : undefined;
    this.clear();
  }

  /** Forgets what is in memory; the file keeps it. */
  clear() {
    this.lines = [];   // outside of the heap, where the collector need not walk through millions of addresses
    this.services = [];
    this.totals = {};
    this.seconds = new Map();
    this.violations = [];
    this.violation_count = 0;
  }

  #second(service) {
    const second = Math.floor(this.now() / 1000);
    let row = this.seconds.get(second);
    if (!row) {
      this.seconds.set(second, (row = {}));
      if (this.seconds.size > KEPT_SECONDS) this.seconds.delete(this.seconds.keys().next().value);
    }
    return (row[service] ??= { requests: 0, accepted: 0, effects: 0, limited: 0, refused: 0 });
  }
  #total(service) {
    return (this.totals[service] ??= { requests: 0, accepted: 0, effects: 0, limited: 0, refused: 0, repeated: 0 });
  }

  /** Any request: outcome is "accepted", "limited", "refused", "repeated" (its key was known) or "" (nothing to count). */
  count(service, outcome) {
    const total = this.#total(service), second = this.#second(service);
    total.requests++;
    second.requests++;
    if (outcome && outcome !== 'accepted') {
      total[outcome]++;
      if (outcome in second) second[outcome]++;
    }
  }

  /** One accepted request. `to`: everybody who gets it. Returns its number. */
  accept({ service, op, what, key = '', to, ...more }) {
    const seq = this.lines.length + 1;
    const line = Buffer.from(`${JSON.stringify({ seq, at: this.now(), service, op, what, key, ...more, n: more.n ?? to.length, to })}\n`);
    this.lines.push(line);
    this.services.push(service);
    this.file?.write(line);
    for (const row of [this.#total(service), this.#second(service)]) {
      row.accepted++;
      row.effects += more.n ?? to.length;
    }
    return seq;
  }

  /** A request that no correct sender makes. The first thousands are kept whole enough to find the cause. */
  violation(service, rule, where, detail) {
    this.violation_count++;
    if (this.violations.length < 5000) this.violations.push({ n: this.violation_count, at: this.now(), service, rule, where, detail });
  }

  /** The lines after `after` (0: from the beginning), at most `limit`, of one service or all: {entries: JSON text of an array, next, more}. */
  page(after, limit, service = '') {
    const out = [];
    let at = after;
    while (at < this.lines.length && out.length < limit) {
      if (!service || this.services[at] === service) out.push(this.lines[at].subarray(0, -1));
      at++;
    }
    return { entries: out, next: at, more: at < this.lines.length };
  }

  /** Who got the same message twice: {pairs, duplicates, examples}. Walks the whole log. */
  duplicates(service = '') {
    const seen = new Map();
    let duplicates = 0;
    const examples = [];
    for (const [i, line] of this.lines.entries()) {
      if (service && this.services[i] !== service) continue;
      const entry = JSON.parse(line);
      for (const to of entry.to) {
        const pair = `${entry.service} ${to} ${entry.what}`;
        const first = seen.get(pair);
        if (first === undefined) seen.set(pair, entry.seq);
        else {
          duplicates++;
          if (examples.length < 20) examples.push({ service: entry.service, to, what: entry.what, first, again: entry.seq });
        }
      }
    }
    return { pairs: seen.size, duplicates, examples };
  }

  close() {
    return new Promise((done) => (this.file ? this.file.end(done) : done()));
  }
}
