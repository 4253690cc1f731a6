// A receiver of this house's plain outgoing webhook (src/tell/webhook/README.md): signature over the raw body, idempotency key, JSON.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { JsonService } from './json_service.mjs';
import { name_of } from './log.mjs';

const KEY_LIFE_MS = 24 * 3600 * 1000;
const MOST_SKEW_S = 300;

export class Webhook extends JsonService {
  /** options: {secret (the house's)}. */
  constructor(world, options) {
    super(world, options, { name: 'webhook', op: 'POST', limited: { status: 429 }, failed: { status: 500 } });
  }
  clear() {
    this.keys = new Map();
    this.gone = new Set();
  }

  judge({ method, path, headers, body }) {
    if (method !== 'POST') return this.refuse(405, 'POST only');
    if (this.gone.has(path)) return { status: 410 };
    const found = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(headers['x-machiya-signature'] ?? '');
    if (!found) return this.refuse(401, 'X-Machiya-Signature is missing or malformed');
    // A receiver was told its own secret, which is made of the house's and of its address.
    const own = createHmac('sha256', this.options.secret).update(`http://${headers.host}${path}`).digest('hex');
    const expected = createHmac('sha256', own).update(`${found[1]}.`).update(body).digest();
    if (!timingSafeEqual(expected, Buffer.from(found[2], 'hex'))) return this.refuse(401, 'the signature is not ours');
    if (Math.abs(this.world.log.now() / 1000 - Number(found[1])) > MOST_SKEW_S) return this.refuse(401, 'the signature is old');
    const { key, json, refused } = this.keyed({ headers, body });
    if (refused) return refused;
    for (const name of ['message', 'lang', 'title', 'body']) if (typeof json[name] !== 'string' || json[name] === '') return this.refuse(400, `${name} is missing`);
    const known = this.keys.get(key);
    if (known && this.world.log.now() - known < KEY_LIFE_MS) return { repeated: true, status: 200, json: { status: 'known' } };
    return {
      accept: () => {
        this.keys.set(key, this.world.log.now());
        this.world.log.accept({ service: 'webhook', op: 'message', what: name_of(body), key, to: [path] });
        return { status: 202, json: { status: 'accepted' } };
      },
    };
  }
}
