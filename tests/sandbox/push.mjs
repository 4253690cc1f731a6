// A Web Push service (RFC 8030) on loopback: takes messages for subscriptions that it gave out, asks for VAPID (RFC 8292) by the key that
// the subscription was made for, opens the payload (RFC 8291) as a browser would, and can say that a subscription is gone.
import { createECDH, createPublicKey, randomBytes, verify } from 'node:crypto';
import ece from 'http_ece';
import { http_service } from './http_service.mjs';
import { name_of } from './log.mjs';

const MOST_BYTES = 4096;   // RFC 8030 §7.2: a service must take so much; this one takes no more
const DAY_S = 24 * 3600;
const URGENCIES = ['very-low', 'low', 'normal', 'high'];

function key_of(raw) {
  return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: raw.subarray(1, 33).toString('base64url'), y: raw.subarray(33, 65).toString('base64url') } });
}

/** {fault} or {expires}: the token of "Authorization: vapid t=…, k=…" (RFC 8292 §2 and §3). */
function judge_vapid(header, origin, now_s) {
  const found = /^vapid\s+(.*)$/i.exec(header ?? '');
  const parts = Object.fromEntries((found?.[1] ?? '').split(',').map((part) => /^\s*([tk])=([A-Za-z0-9_.-]+)\s*$/.exec(part)?.slice(1) ?? ['?', '']));
  if (!parts.t || !parts.k) return { fault: 'no vapid t and k', status: 401 };
  const pieces = parts.t.split('.');
  const key = Buffer.from(parts.k, 'base64url');
  if (pieces.length !== 3 || key.length !== 65 || key[0] !== 4) return { fault: 'no JWT, or no P-256 point', status: 403 };
  let head, claims;
  try {
    [head, claims] = pieces.slice(0, 2).map((piece) => JSON.parse(Buffer.from(piece, 'base64url')));
    if (!verify('sha256', Buffer.from(`${pieces[0]}.${pieces[1]}`), { key: key_of(key), dsaEncoding: 'ieee-p1363' }, Buffer.from(pieces[2], 'base64url'))) return { fault: 'the signature is not by k', status: 403 };
  } catch (error) {
    return { fault: `no JWT: ${error.message}`, status: 403 };
  }
  if (head.alg !== 'ES256' || (head.typ !== undefined && head.typ.toUpperCase() !== 'JWT')) return { fault: 'alg is not ES256', status: 403 };
  if (claims.aud !== origin) return { fault: `aud is not ${origin}`, status: 403 };
  if (typeof claims.exp !== 'number' || claims.exp <= now_s || claims.exp > now_s + DAY_S) return { fault: 'exp is not within the next 24 hours', status: 403 };
  if (!/^(mailto:.+@|https:\/\/)/.test(claims.sub ?? '')) return { fault: 'sub is neither mailto: nor https:', status: 403 };
  return { key: parts.k, expires: claims.exp };
}

export class Push {
  /** options: {open (open the payload of each Nth message; 0: none), tls ({cert, key}: browsers' endpoints are https)}. */
  constructor(world, options) {
    this.world = world;
    this.options = options;
    this.scheme = options.tls ? 'https' : 'http';
    this.clear();
    this.server = http_service(world, {
      tls: options.tls, name: 'push', class_of: () => 'message', limited: () => ({ status: 429 }), failed: () => ({ status: 500 }), judge: (request) => this.judge(request),
    });
  }
  clear() {
    this.subscriptions = new Map();
    this.tokens = new Map();
    this.keys = [];
    this.opened = 0;
    this.messages = 0;
    this.texts = [];
  }

  /** New subscriptions in the shape of PushSubscription.toJSON(). Key pairs are shared by a few hundred of them, secrets are not. */
  subscribe(count, application_key, origin) {
    while (this.keys.length < Math.min(256, this.keys.length + count)) {
      const pair = createECDH('prime256v1');
      pair.generateKeys();
      this.keys.push(pair);
    }
    return Array.from({ length: count }, () => {
      const id = randomBytes(18).toString('base64url'), auth = randomBytes(16), pair = this.keys[this.subscriptions.size % this.keys.length];
      this.subscriptions.set(id, { pair, auth, application_key, status: 201 });
      return { endpoint: `${origin}/push/${id}`, expirationTime: null, keys: { p256dh: pair.getPublicKey('base64url'), auth: auth.toString('base64url') } };
    });
  }
  /** What a subscription answers from now on: 201, 404, 410, 413, 429 or 500. False for one that is not known. */
  answer(endpoint, status) {
    const one = this.subscriptions.get(endpoint.slice(endpoint.lastIndexOf('/') + 1));
    if (one) one.status = status;
    return Boolean(one);
  }

  #refuse(request, status, detail) {
    this.world.log.violation('push', `${status}`, `${request.method} ${request.path.slice(0, 12)}`, detail);
    return { status, body: detail, headers: { 'Content-Type': 'text/plain' } };
  }

  judge(request) {
    const { headers, body } = request;
    const id = /^\/push\/([A-Za-z0-9_-]{24})$/.exec(request.path)?.[1];
    if (request.method !== 'POST' || !id) return this.#refuse(request, 404, 'no subscription resource');
    const one = this.subscriptions.get(id);
    if (!one) return { status: 404 };
    const vapid = this.#vapid(headers.authorization, `${this.scheme}://${headers.host}`);
    if (vapid.fault) return this.#refuse(request, vapid.status, vapid.fault);
    if (one.application_key && vapid.key !== one.application_key) return this.#refuse(request, 403, 'k is not the key of the subscription');
    if (!/^\d{1,10}$/.test(headers.ttl ?? '')) return this.#refuse(request, 400, 'TTL is missing');
    if (headers.urgency !== undefined && !URGENCIES.includes(headers.urgency)) return this.#refuse(request, 400, 'no such urgency');
    if (headers.topic !== undefined && !/^[A-Za-z0-9_-]{1,32}$/.test(headers.topic)) return this.#refuse(request, 400, 'topic: at most 32 characters of base64url');
    if (body.length > MOST_BYTES) return this.#refuse(request, 413, 'payload too large');
    if (body.length && headers['content-encoding'] !== 'aes128gcm') return this.#refuse(request, 400, 'Content-Encoding is not aes128gcm');
    if (one.status !== 201) return one.status === 429 ? { status: 429, headers: { 'Retry-After': '1' } } : { status: one.status };
    const text = this.#open(one, body);
    if (text === undefined) return this.#refuse(request, 400, 'the payload does not open');
    return { accept: () => this.#accept(request, id, text) };
  }

  /** A token is judged once and then known until it expires. */
  #vapid(header, origin) {
    const now_s = this.world.log.now() / 1000, known = this.tokens.get(`${origin} ${header}`);
    if (known && known.expires > now_s) return known;
    const judged = judge_vapid(header, origin, now_s);
    if (!judged.fault) this.tokens.set(`${origin} ${header}`, judged);
    return judged;
  }

  /** The plain text; null when this one is not opened; undefined when it cannot be. */
  #open({ pair, auth }, body) {
    if (body.length === 0) return Buffer.alloc(0);
    const { open } = this.options;
    if (!open || this.messages++ % open !== 0) return null;
    try {
      const text = ece.decrypt(body, { version: 'aes128gcm', privateKey: pair, dh: undefined, authSecret: auth.toString('base64url') });
      this.opened++;
      return text;
    } catch {
      return undefined;
    }
  }

  #accept({ headers, body }, id, text) {
    const message = randomBytes(12).toString('base64url');
    this.world.log.accept({ service: 'push', op: 'message', what: name_of(text ?? body), key: headers.topic ?? '', opened: text !== null, urgency: headers.urgency ?? 'normal', ttl: Number(headers.ttl), to: [id] });
    if (text !== null && this.texts.length < 100) this.texts.push(text.toString('utf8'));
    return { status: 201, headers: { Location: `${this.scheme}://${headers.host}/message/${message}` } };
  }
}
