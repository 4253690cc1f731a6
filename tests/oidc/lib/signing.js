// The signing interface of the sandbox provider, shaped like the Digital Agency's sign-transactions: a client's own token (scope "sign")
// registers a digest; the person agrees at the authorization endpoint; the same client fetches signature and certificate, once.
import { createPrivateKey, privateEncrypt, randomUUID, X509Certificate } from 'node:crypto';
import { constants } from 'node:crypto';

/** DigestInfo of SHA-256 before the digest (RFC 8017 §9.2). */
export const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');

export class Signing {
  #transactions = new Map();
  /** `fault()`: "digest" signs something else, "certificate" shows somebody else's. */
  constructor({ key, certificate, other }, fault = () => undefined) {
    this.fault = fault;
    this.other = other && new X509Certificate(other).raw.toString('base64');
    this.key = createPrivateKey(key);
    this.certificate = new X509Certificate(certificate).raw.toString('base64');
  }
  /** The person pressed "Log in" for this transaction of this client. */
  agree(id, client) {
    const found = this.#transactions.get(id);
    if (found?.owner === client) found.agreed = true;
  }
  async answer(ctx, provider) {
    const token = (ctx.get('authorization').match(/^Bearer (.+)$/) ?? [])[1];
    const found = token && (await provider.ClientCredentials.find(token));
    if (!found?.scope?.split(' ').includes('sign')) ctx.status = 401;
    else if (ctx.method === 'POST' && ctx.path === '/api/sign-transactions') await this.#register(ctx, found.clientId);
    else this.#deliver(ctx, found.clientId);
  }
  async #register(ctx, owner) {
    let text = '';
    for await (const part of ctx.req) text += part;
    const { digest } = JSON.parse(text);
    if (Buffer.from(digest ?? '', 'base64').length !== 32) {
      ctx.status = 400;
      return;
    }
    const id = randomUUID();
    this.#transactions.set(id, { owner, digest, agreed: false });
    ctx.status = 201;
    ctx.body = { id };
  }
  #deliver(ctx, owner) {
    const id = ctx.path.split('/').at(-1);
    const found = this.#transactions.get(id);
    if (found?.owner !== owner) ctx.status = 404;
    else if (!found.agreed) ctx.status = 409;
    else {
      this.#transactions.delete(id);
      const digest = this.fault() === 'digest' ? Buffer.alloc(32, 7) : Buffer.from(found.digest, 'base64');
      const signature = privateEncrypt({ key: this.key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([digestInfo, digest]));
      ctx.body = { signature: signature.toString('base64'), certificate: this.fault() === 'certificate' ? this.other : this.certificate };
    }
  }
}
