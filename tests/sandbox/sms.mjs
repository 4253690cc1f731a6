// An SMS gateway of this house's own small interface (src/tell/sms/README.md), strict: what it does not know it refuses.
import { createHash, randomUUID } from 'node:crypto';
import { JsonService } from './json_service.mjs';
import { name_of } from './log.mjs';

const KEY_LIFE_MS = 24 * 3600 * 1000;
const NUMBER = /^\+[1-9]\d{6,14}$/;   // E.164
const MOST_UNITS = 660;               // long SMS of the Japanese carriers (要確認)
const MEMBERS = { to: 'string', text: 'string', sender: 'string', urgent: 'boolean', reference: 'string' };

export class Sms extends JsonService {
  /** options: {token}. */
  constructor(world, options) {
    super(world, options, { name: 'sms', op: 'POST /v1/messages', limited: { status: 429, json: { error: 'busy' } }, failed: { status: 500, json: { error: 'internal' } } });
  }
  clear() {
    this.keys = new Map();
    this.dead = new Set();
    this.texts = [];
  }

  judge({ method, path, headers, body }) {
    if (method !== 'POST' || path !== '/v1/messages') return this.refuse(404, 'no such resource');
    if (headers.authorization !== `Bearer ${this.options.token}`) return this.refuse(401, 'token');
    if (!/^application\/json\b/.test(headers['content-type'] ?? '')) return this.refuse(415, 'application/json expected');
    const { key, json, refused } = this.keyed({ headers, body });
    if (refused) return refused;
    for (const [name, value] of Object.entries(json)) if (typeof value !== MEMBERS[name]) return this.refuse(400, `${name} is unknown or of another type`);
    if (!NUMBER.test(json.to ?? '')) return this.refuse(400, 'to is no E.164 number');
    if (!json.text || json.text.length > MOST_UNITS) return this.refuse(400, `text: 1 to ${MOST_UNITS} characters`);
    return this.#keyed(key, createHash('sha1').update(body).digest('base64'), json);
  }

  /** The same key and content again: the first answer again. The same key with another content: 422. */
  #keyed(key, digest, json) {
    const now = this.world.log.now();
    const known = this.keys.get(key);
    if (known && now - known.at <= KEY_LIFE_MS) {
      if (known.digest !== digest) return this.refuse(422, 'the key was used with another content');
      return { repeated: true, status: 200, json: known.answer, headers: { 'Idempotency-Replayed': 'true' } };
    }
    if (this.dead.has(json.to)) return { status: 404, json: { error: 'unknown-number' } };
    return {
      accept: () => {
        const answer = { id: randomUUID(), status: 'accepted' };
        this.keys.set(key, { at: now, digest, answer });
        if (this.texts.length < 100) this.texts.push({ to: json.to, text: json.text });
        this.world.log.accept({ service: 'sms', op: 'message', what: name_of(json.text), key, to: [json.to] });
        return { status: 201, json: answer };
      },
    };
  }
}
