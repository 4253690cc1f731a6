// What goes wrong, and when: drawn from a seed, so that the same seed and the same order of requests meet the same faults.
// A plan: { line: { delay: 0.05, delay_ms: [20, 200], limit: 0.01, fail_before: 0.02, fail_after: 0.02, drop_before: 0, drop_after: 0.01,
//           hang_before: 0, hang_after: 0.005 }, "*": { … } }   probabilities per request; "*" holds for services that are not named.

/** What may befall one request. "before": nothing was accepted. "after": it was accepted, and the sender does not hear of it. */
export const KINDS = ['limit', 'fail_before', 'drop_before', 'hang_before', 'fail_after', 'drop_after', 'hang_after'];

/** 32 bits of well mixed randomness from three numbers (xmur-like mixing; no secret depends on it). */
function mixed(seed, service, n) {
  let h = 2166136261 ^ seed;
  for (let i = 0; i < service.length; i++) h = Math.imul(h ^ service.charCodeAt(i), 16777619);
  h = Math.imul(h ^ n, 0x9e3779b1);
  h ^= h >>> 15;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
const share = (...parts) => mixed(...parts) / 4294967296;

export class Faults {
  constructor(plan = {}, seed = 1, now = Date.now) {
    this.now = now;
    this.down_until = new Map();
    this.set(plan, seed);
  }

  /** A new plan begins to count anew. Throws for what no plan may hold. */
  set(plan, seed = 1) {
    for (const [service, odds] of Object.entries(plan)) {
      for (const [name, value] of Object.entries(odds)) {
        if (name === 'delay_ms') continue;
        if (name !== 'delay' && !KINDS.includes(name)) throw new Error(`fault plan: ${service}.${name} is unknown`);
        if (!(value >= 0 && value <= 1)) throw new Error(`fault plan: ${service}.${name} is no probability`);
      }
      if (KINDS.reduce((sum, kind) => sum + (odds[kind] ?? 0), 0) > 1) throw new Error(`fault plan: ${service} adds up to more than 1`);
    }
    this.plan = plan;
    this.seed = seed >>> 0;
    this.count = new Map();
    this.forced = new Map();
    this.met = {};
  }

  /** The next requests of a service meet exactly these ("ok" or a kind), before any lot is drawn again. */
  next(service, kinds) {
    for (const kind of kinds) if (kind !== 'ok' && !KINDS.includes(kind)) throw new Error(`fault ${kind} is unknown`);
    this.forced.set(service, [...(this.forced.get(service) ?? []), ...kinds]);
  }

  /** The whole service is gone for so long: connections are cut without an answer. */
  down(service, ms) {
    this.down_until.set(service, this.now() + ms);
  }
  is_down(service) {
    return (this.down_until.get(service) ?? 0) > this.now();
  }

  /** What befalls the next request of this service: {kind: 'ok' or one of KINDS, delay_ms}. */
  draw(service) {
    const n = this.count.get(service) ?? 0;
    this.count.set(service, n + 1);
    const forced = this.forced.get(service)?.shift();
    const odds = this.plan[service] ?? this.plan['*'];
    const out = { kind: forced ?? 'ok', delay_ms: 0 };
    if (odds && !forced) {
      let left = share(this.seed, service, 3 * n);
      for (const kind of KINDS) {
        left -= odds[kind] ?? 0;
        if (left < 0) { out.kind = kind; break; }
      }
      if (odds.delay && share(this.seed, service, 3 * n + 1) < odds.delay) {
        const [least, most] = odds.delay_ms ?? [10, 100];
        out.delay_ms = Math.round(least + (most - least) * share(this.seed, service, 3 * n + 2));
      }
    }
    if (out.kind !== 'ok' || out.delay_ms) {
      const met = (this.met[service] ??= {});
      if (out.kind !== 'ok') met[out.kind] = (met[out.kind] ?? 0) + 1;
      if (out.delay_ms) met.delay = (met.delay ?? 0) + 1;
    }
    return out;
  }
}
