// Webhook events as LINE sends them, and their delivery: signed over the bytes that leave, sent again with the same id when asked.
import { createHmac, randomBytes } from 'node:crypto';
import http from 'node:http';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** A ULID: 48 bits of milliseconds, 80 of chance. */
export function ulid(ms, chance = randomBytes(16)) {
  let out = '';
  for (let i = 9; i >= 0; i--) out += CROCKFORD[Math.floor(ms / 32 ** i) % 32];
  for (let i = 0; i < 16; i++) out += CROCKFORD[chance[i] % 32];
  return out;
}

const KINDS = {
  follow: ({}, token) => ({ replyToken: token(), follow: { isUnblocked: false } }),
  unfollow: ({}, token) => ({}),
  message: ({ text }, token) => ({ replyToken: token(), message: { type: 'text', id: `${parseInt(token().slice(0, 12), 16)}`, quoteToken: token(), text: text ?? 'こんにちは' } }),
  postback: ({ data }, token) => ({ replyToken: token(), postback: { data: data ?? 'page=1' } }),
  accountLink: ({ nonce, result }, token) => ({ replyToken: token(), link: { result: result ?? 'ok', nonce: nonce ?? token() } }),
  unsend: () => ({ unsend: { messageId: '325708' } }),
  beacon: ({}, token) => ({ replyToken: token(), beacon: { hwid: 'd41d8cd98f', type: 'enter' } }),
};

/** One event of `type` by `user`; `more` has what it says, and `members` that replace or add whole ones. `bytes(n)`: chance, seeded or not. */
export function event(type, user, more = {}, now = Date.now(), bytes = randomBytes) {
  const made = KINDS[type]?.(more, () => bytes(16).toString('hex')) ?? {};
  return {
    type, mode: 'active', timestamp: now, source: { type: 'user', userId: user }, webhookEventId: ulid(now, bytes(16)), deliveryContext: { isRedelivery: false }, ...made, ...more.members,
  };
}

export const signature = (secret, body) => createHmac('sha256', secret).update(body).digest('base64');

/** Posts bytes; resolves with the status, or 0 when nobody answered. */
function post(url, body, headers, timeout_ms) {
  return new Promise((done) => {
    const req = http.request(url, { method: 'POST', headers: { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': body.length, 'User-Agent': 'LineBotWebhook/2.0', ...headers }, timeout: timeout_ms }, (res) => {
      res.resume();
      res.on('end', () => done(res.statusCode));
    });
    req.on('timeout', () => req.destroy());
    req.on('error', () => done(0));
    req.end(body);
  });
}

export class Webhooks {
  constructor({ secret, bot }) {
    this.secret = secret;
    this.bot = bot;
    this.sent = [];
  }

  /** order: {url, events: [{type, user, …}], times: 1, redeliver: 0, forge: false, timeout_ms}. `times`: the same delivery so often without a
   *  word (LINE says that this may happen); `redeliver`: so often again, said to be redeliveries. Resolves with the statuses in order. */
  async send({ url, events = [], times = 1, redeliver = 0, forge = false, timeout_ms = 5000 }) {
    const made = events.map(({ type, user, ...more }) => event(type, user, more));
    const statuses = [];
    for (let i = 0; i < times + redeliver; i++) {
      const list = i < times ? made : made.map((one) => ({ ...one, deliveryContext: { isRedelivery: true } }));
      const body = Buffer.from(JSON.stringify({ destination: this.bot, events: list }));
      const signed = signature(forge ? `${this.secret}?` : this.secret, body);
      statuses.push(await post(url, body, { 'x-line-signature': signed }, timeout_ms));
    }
    this.sent.push({ events: made, statuses });
    return { ids: made.map((one) => one.webhookEventId), statuses };
  }
}
