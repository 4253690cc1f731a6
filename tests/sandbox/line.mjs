// The LINE Messaging API on loopback, stricter than the real one: every request is judged by the official OpenAPI and by the rules that
// the reference says in words, a sending request without a retry key is refused, and a key that comes back with another content is a violation.
// Two ports, as LINE has two hosts: `line` (api) and `line_data` (api-data: pictures).
import { createHash, randomUUID } from 'node:crypto';
import { http_service } from './http_service.mjs';
import { Webhooks } from './line_events.mjs';
import { Menus } from './line_menus.mjs';
import { RETRY_KEY, USER_ID, messages_fault, users_fault } from './line_rules.mjs';
import { name_of } from './log.mjs';

/** LINE's published windows (reference, "Rate limits"; 要確認 with the plan that the city has). */
export const LINE_RATES = {
  'line.push': '2000/s', 'line.multicast': '200/s', 'line.narrowcast': '60/h', 'line.broadcast': '60/h', 'line.richmenu': '100/h', 'line.batch': '3/h', 'line.other': '2000/s',
};
const KEY_LIFE_MS = 24 * 3600 * 1000;
const LEAST_NARROWED = 50;   // people whom a narrowcast with a filter or a recipient must reach (要確認: LINE names no number for every case)
const SENDING = { '/v2/bot/message/push': 'push', '/v2/bot/message/multicast': 'multicast', '/v2/bot/message/narrowcast': 'narrowcast', '/v2/bot/message/broadcast': 'broadcast' };

export function class_of({ method, path }) {
  if (SENDING[path]) return SENDING[path];
  if (path === '/v2/bot/richmenu/batch') return 'batch';
  if ((method === 'POST' && path === '/v2/bot/richmenu') || (method === 'DELETE' && /^\/v2\/bot\/richmenu\/richmenu-/.test(path))) return 'richmenu';
  return 'other';
}

export class Line {
  /** options: {token, secret, bot, judge (openapi.Judge or undefined), every (judge each Nth request; 0: none)}. */
  constructor(world, options) {
    this.world = world;
    this.options = options;
    this.judged = 0;
    this.seen = 0;
    this.webhooks = new Webhooks(options);
    const bad = (message, fault) => ({ status: 400, json: { message, ...(fault ? { details: [{ message: fault.detail, property: fault.where }] } : {}) }, fault });
    const gone = () => ({ status: 404, json: { message: 'Not found' } });
    Object.assign(this, { bad, gone });
    this.menus = new Menus({ bad, gone });
    this.menu_routes = this.menus.routes();
    this.clear();
    const shared = { name: 'line', class_of, limited: () => this.#stamped({ status: 429, json: { message: 'The API rate limit has been exceeded. Try again later.' } }), failed: () => this.#stamped({ status: 500, json: { message: 'Internal Server Error' } }) };
    this.server = http_service(world, { ...shared, judge: (request) => this.judge(request, false) });
    this.data_server = http_service(world, { ...shared, judge: (request) => this.judge(request, true) });
  }

  clear() {
    this.keys = new Map();
    this.narrowcasts = new Map();
    this.used = 0;
    this.friends = undefined;   // undefined: everybody is a friend
    this.friend_list = [];
    this.quota = undefined;
    this.menus.clear();
  }
  /** Friends by id; whoever is not in the list gets nothing. */
  befriend(ids) {
    this.friend_list = ids;
    this.friends = new Set(ids);
  }

  #stamped(answer, id = randomUUID()) {
    return { ...answer, headers: { 'x-line-request-id': id, ...answer.headers } };
  }
  /** A refusal that counts: no correct sender makes such a request. */
  #violation(request, rule, fault, answer) {
    this.world.log.violation('line', rule, `${request.method} ${request.path} ${fault.where}`, fault.detail);
    return this.#stamped(answer ?? this.bad('The request body has 1 error(s)', fault));
  }

  judge(request, data_host) {
    const { method, path, headers } = request;
    if (headers.authorization !== `Bearer ${this.options.token}`)
      return this.#violation(request, 'token', { where: 'Authorization', detail: 'not the channel access token' }, { status: 401, json: { message: 'Authentication failed. Confirm that the access token in the authorization header is valid.' } });
    const is_content = /^\/v2\/bot\/richmenu\/([^/]+)\/content$/.exec(path);
    if (data_host !== Boolean(is_content)) return this.#violation(request, 'host', { where: path, detail: 'asked at the wrong host' }, this.gone());
    if (is_content) return this.#content(request, is_content[1]);
    let json;
    if (request.body.length > 0) {
      if (!/^application\/json\b/.test(headers['content-type'] ?? '')) return this.#violation(request, 'type', { where: 'Content-Type', detail: 'application/json expected' }, { status: 415, json: { message: 'Unsupported media type' } });
      try {
        json = JSON.parse(request.body);
      } catch (error) {
        return this.#violation(request, 'json', { where: '/', detail: error.message }, this.bad('The request body could not be parsed as JSON'));
      }
    }
    const fault = this.#by_document(request, json);
    if (fault) return this.#violation(request, fault.rule, fault);
    const verdict = this.#route(request, json);
    if (verdict.status === 400 && !verdict.innocent) this.world.log.violation('line', 'rule', `${method} ${path} ${verdict.fault?.where ?? ''}`, verdict.fault?.detail ?? verdict.json.message);
    return this.#finish(request, verdict);
  }

  /** Every Nth request by the official document. */
  #by_document({ method, path, query }, json) {
    const { judge, every } = this.options;
    if (!judge || !every || this.seen++ % every !== 0) return undefined;
    this.judged++;
    return judge.request(method, path, query, json);
  }

  #finish(request, verdict) {
    const id = randomUUID();
    if (!verdict.accept) return this.#stamped(verdict, id);
    return {
      accept: () => {
        const answer = verdict.accept(id);
        if (verdict.effect) this.world.log.accept({ service: 'line', op: verdict.effect, what: name_of(request.body.length ? request.body : request.path), to: [] });
        return this.#stamped(answer, id);
      },
    };
  }

  #content(request, id) {
    if (request.method === 'GET') return this.menus.images.has(id) ? { status: 200, body: this.menus.images.get(id) } : this.gone();
    if (request.method !== 'POST') return this.#violation(request, 'no such operation', { where: request.path, detail: request.method }, this.gone());
    const verdict = this.menus.upload(id, request);
    if (!verdict.accept) this.world.log.violation('line', 'rule', request.path, verdict.json.message);
    return this.#finish(request, verdict);
  }

  #route(request, json) {
    const { method, path } = request;
    const sending = method === 'POST' && SENDING[path];
    if (sending) return this.#send(request, sending, json);
    if (request.headers['x-line-retry-key'] !== undefined) return this.bad('The retry key is not accepted here', { where: 'X-Line-Retry-Key', detail: 'only push, multicast, narrowcast and broadcast take one' });
    const validate = method === 'POST' && /^\/v2\/bot\/message\/validate\/(push|multicast|narrowcast|broadcast|reply)$/.test(path);
    if (validate) {
      const fault = messages_fault(json?.messages);
      return fault ? this.bad('The request body has 1 error(s)', fault) : { status: 200, json: {} };
    }
    const asked = this.#question(request);
    if (asked) return asked;
    for (const [verb, pattern, handler] of this.menu_routes) {
      const match = verb === method && pattern.exec(path);
      if (match) return handler(match, json, request);
    }
    return this.gone();
  }

  #question({ method, path, query }) {
    if (method !== 'GET') return undefined;
    if (path === '/v2/bot/message/quota') return { status: 200, json: this.quota === undefined ? { type: 'none' } : { type: 'limited', value: this.quota } };
    if (path === '/v2/bot/message/quota/consumption') return { status: 200, json: { totalUsage: this.used } };
    if (path === '/v2/bot/message/progress/narrowcast') return this.#progress(query.get('requestId'));
    if (path === '/v2/bot/info') return { status: 200, json: { userId: this.options.bot, basicId: '@machiya', displayName: 'machiya', chatMode: 'bot', markAsReadMode: 'auto' } };
    if (path === '/v2/bot/followers/ids') return this.#followers(Number(query.get('limit') ?? 300), query.get('start'));
    const profile = /^\/v2\/bot\/profile\/([^/]+)$/.exec(path);
    if (!profile) return undefined;
    const known = USER_ID.test(profile[1]) && (this.friends === undefined || this.friends.has(profile[1]));
    return known ? { status: 200, json: { displayName: '市民', userId: profile[1], language: 'ja' } } : this.gone();
  }

  #followers(limit, start) {
    const at = start === null ? 0 : Number(/^n(\d+)$/.exec(start)?.[1] ?? NaN);
    if (!(limit >= 1 && limit <= 1000) || !(at >= 0 && at <= this.friend_list.length)) return this.bad('Invalid paging', { where: start === null ? 'limit' : 'start', detail: 'not a page of ours' });
    const next = at + limit;
    return { status: 200, json: { userIds: this.friend_list.slice(at, next), ...(next < this.friend_list.length ? { next: `n${next}` } : {}) } };
  }

  /** A narrowcast goes on after its answer: each question finds it one phase further. */
  #progress(id) {
    const known = this.narrowcasts.get(id);
    if (!known) return this.gone();
    const { n, few, acceptedTime } = known, asked = known.asked++;
    if (asked === 0) return { status: 200, json: { phase: 'waiting', acceptedTime } };
    if (few) return { status: 200, json: { phase: 'failed', failedDescription: 'not enough recipients', errorCode: 2, acceptedTime, completedTime: new Date(this.world.log.now()).toISOString() } };
    if (asked === 1) return { status: 200, json: { phase: 'sending', successCount: Math.floor(n / 2), failureCount: 0, targetCount: n, acceptedTime } };
    return { status: 200, json: { phase: 'succeeded', successCount: n, failureCount: 0, targetCount: n, acceptedTime, completedTime: new Date(this.world.log.now()).toISOString() } };
  }

  /** push, multicast, narrowcast, broadcast. */
  #send(request, op, json) {
    const fault = messages_fault(json?.messages) ?? (op === 'multicast' ? users_fault(json.to, 'to') : op === 'push' && !USER_ID.test(json.to) ? { where: 'to', detail: 'no user id' } : undefined);
    if (fault) return this.bad('The request body has 1 error(s)', fault);
    const key = request.headers['x-line-retry-key'];
    if (key === undefined || !RETRY_KEY.test(key)) return this.bad('Invalid retry key', { where: 'X-Line-Retry-Key', detail: key === undefined ? 'this house always sends one' : 'no UUID' });
    const known = this.#key(key.toLowerCase(), op, request);
    if (known.accepted) return this.#repeated(known, request);
    if (op === 'push' && this.friends && !this.friends.has(json.to)) return { status: 400, json: { message: 'Failed to send messages' }, innocent: true };
    const to = op === 'push' ? [json.to] : op === 'multicast' ? json.to : ['*'];
    const n = to[0] === '*' ? this.friend_list.length : to.length;
    if (this.quota !== undefined && this.used + n > this.quota) return { status: 429, json: { message: 'You have reached your monthly limit.' } };
    return { accept: (id) => this.#accept({ op, known, key, json, to, n, id }) };
  }

  #accept({ op, known, key, json, to, n, id }) {
    const sentMessages = op === 'push' ? json.messages.map((_, i) => ({ id: `${Date.now()}${this.used}${i}`, quoteToken: randomUUID() })) : undefined;
    Object.assign(known, { accepted: id, sentMessages });
    // A narrowed one to too few people is accepted and then fails (reference, "Restrictions on sending narrowcast messages").
    const few = op === 'narrowcast' && (json.filter !== undefined || json.recipient !== undefined) && n < LEAST_NARROWED;
    if (op === 'narrowcast') this.narrowcasts.set(id, { n, few, asked: 0, acceptedTime: new Date(this.world.log.now()).toISOString() });
    if (few) return { status: 202, json: {} };
    this.used += n;
    this.world.log.accept({ service: 'line', op, what: name_of(json.messages), key, to, ...(to[0] === '*' ? { n } : {}) });
    return { status: op === 'narrowcast' ? 202 : 200, json: sentMessages ? { sentMessages } : {} };
  }

  /** What is known of a key: valid for 24 hours after its first attempt; afterwards it protects from nothing. */
  #key(key, op, { body }) {
    const now = this.world.log.now();
    let known = this.keys.get(key);
    if (known && now - known.first > KEY_LIFE_MS) {
      this.world.log.violation('line', 'retry key', `${op} X-Line-Retry-Key`, 'used after its 24 hours');
      known = undefined;
    }
    const digest = createHash('sha1').update(op).update(body).digest('base64');
    if (!known) this.keys.set(key, (known = { first: now, digest }));
    if (known.digest !== digest) {
      this.world.log.violation('line', 'retry key', `${op} X-Line-Retry-Key`, 'the same key with another content');
      if (!known.accepted) known.digest = digest;
    }
    return known;
  }
  #repeated(known, request) {
    return {
      repeated: true, status: 409, headers: { 'x-line-accepted-request-id': known.accepted },
      json: { message: 'The retry key is already accepted', ...(known.sentMessages ? { sentMessages: known.sentMessages } : {}) }, request,
    };
  }
}
