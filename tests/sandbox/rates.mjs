// How much a service takes: one window per class of requests, as a bucket that refills steadily and holds at most `burst`.

const UNITS = { s: 1, m: 60, h: 3600 };

/** "200/s", "60/h", "1700/s+100" (burst of 100; without it one second's worth, at least 1) → {per_second, burst}; throws for anything else. */
export function parse_rate(text) {
  const found = /^(\d+(?:\.\d+)?)\/([smh])(?:\+(\d+))?$/.exec(text);
  if (!found || Number(found[1]) === 0) throw new Error(`${text} is no rate such as 200/s or 60/h`);
  const per_second = Number(found[1]) / UNITS[found[2]];
  // An hourly limit is a count within the hour: all of it may come at once.
  const burst = found[3] ? Number(found[3]) : found[2] === 's' ? Math.max(1, per_second) : Number(found[1]);
  return { text, per_second, burst };
}

export class Rates {
  /** limits: {"line.multicast": "200/s", …}; a class without a limit takes everything. */
  constructor(limits = {}, now = () => performance.now()) {
    this.now = now;
    this.set(limits);
  }

  set(limits) {
    this.buckets = new Map(Object.entries(limits).map(([name, text]) => [name, { ...parse_rate(text), left: parse_rate(text).burst, at: this.now(), taken: 0, refused: 0 }]));
  }

  /** 0: taken. Otherwise the milliseconds after which there is room again. */
  take(name, amount = 1) {
    const bucket = this.buckets.get(name);
    if (!bucket) return 0;
    const now = this.now();
    bucket.left = Math.min(bucket.burst, bucket.left + ((now - bucket.at) / 1000) * bucket.per_second);
    bucket.at = now;
    if (bucket.left >= amount) {
      bucket.left -= amount;
      bucket.taken += amount;
      return 0;
    }
    bucket.refused += amount;
    return Math.max(1, ((amount - bucket.left) / bucket.per_second) * 1000);
  }

  report() {
    return Object.fromEntries([...this.buckets].map(([name, { text, taken, refused }]) => [name, { limit: text, taken, refused }]));
  }
}
