// A real OpenID provider (npm oidc-provider) as a process of its own, stricter than the ones in use: PKCE S256, nonce and state are
// demanded, unknown scopes and stale client assertions refused. On demand it is faulty: every answer can be bent on its way out, ID tokens
// are then signed anew with the provider's own keys, so that only the bent thing is wrong.
//   forked by lib/world.js with {port, keys, clients}; messages {fault} set or clear what is bent, each is acknowledged.
import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { CompactSign, importJWK } from 'jose';
import Provider from 'oidc-provider';
import { Signing } from './lib/signing.js';

const { port, keys, clients, card } = JSON.parse(process.argv[2]);
const signing = card && new Signing(card, () => fault.signing);
const issuer = `http://127.0.0.1:${port}`;
const accounts = {
  hanako: { name: '大阪 花子', birthdate: '1990-04-01', gender: 'female', address: { formatted: '大阪府大阪市北区中之島1-3-20', postal_code: '530-8201', region: '大阪府', locality: '大阪市北区', street_address: '中之島1-3-20' } },
  taro: { name: '難波 太郎', birthdate: '1985-12-31', gender: 'male', address: {} },
  clerk: { preferred_username: 'health-clerk' },
  stranger: { preferred_username: 'nobody-here' },
};
let fault = {};
let acr = 'aal3';
const issued = [];   // every token that left, for the question where they are afterwards

const provider = new Provider(issuer, {
  clients,
  jwks: { keys },
  cookies: { keys: ['tests only'] },
  findAccount: (_, id) => (accounts[id] ? { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) } : undefined),
  acrValues: ['aal1', 'aal3', 'mfa'],
  scopes: ['openid', 'name', 'address', 'birthdate', 'gender', 'profile', 'sign'],
  claims: { openid: ['sub', 'acr', 'auth_time'], name: ['name'], address: ['address'], birthdate: ['birthdate'], gender: ['gender'], profile: ['preferred_username'] },
  conformIdTokenClaims: false,
  clientAuthMethods: ['private_key_jwt', 'client_secret_post', 'client_secret_basic'],
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'] },
  features: { devInteractions: { enabled: false }, clientCredentials: { enabled: true }, resourceIndicators: { enabled: false } },
  pkce: { required: () => true },
  extraParams: ['sign_transaction_id'],
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  async loadExistingGrant(ctx) {
    const grant = new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope(ctx.oidc.params.scope);
    await grant.save();
    return grant;
  },
  ttl: { AccessToken: 600, AuthorizationCode: 60, ClientCredentials: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
});

/** What the real one lets pass and this one does not. */
function refusal(ctx) {
  if (ctx.path !== '/auth' || ctx.query.client_id === undefined) return undefined;
  for (const name of ['nonce', 'state', 'code_challenge']) if (!ctx.query[name]) return `${name} is missing`;
  if (ctx.query.code_challenge_method !== 'S256') return 'S256 only';
  const known = clients.find((c) => c.client_id === ctx.query.client_id)?.scope.split(' ') ?? [];
  const unknown = (ctx.query.scope ?? '').split(' ').find((scope) => !known.includes(scope));
  return unknown === undefined ? undefined : `scope ${unknown}`;
}

async function body(req) {
  let text = '';
  for await (const part of req) text += part;
  return new URLSearchParams(text);
}

async function interact(ctx) {
  if (ctx.method === 'GET') {
    ctx.type = 'html';
    ctx.body = `<!doctype html><html lang="en"><title>Sandbox provider</title><main><h1>Sandbox provider</h1><form method="post">
      <label for="account">Account</label> <input id="account" name="account" value="hanako"> <button name="do" value="in">Log in</button> <button name="do" value="out">Cancel</button></form></main></html>`;
    return;
  }
  const sent = await body(ctx.req);
  const { params } = await provider.interactionDetails(ctx.req, ctx.res);
  if (sent.get('do') === 'in' && params.scope.split(' ').includes('sign')) signing?.agree(params.sign_transaction_id, params.client_id);
  const result = sent.get('do') === 'out' ? { error: 'access_denied' } : { login: { accountId: sent.get('account'), acr, remember: false } };
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
}

const base64url = (text) => Buffer.from(text).toString('base64url');
const decoded = (part) => JSON.parse(Buffer.from(part, 'base64url'));
const evil = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
const seconds = (value) => (typeof value === 'string' && /^now[+-]\d+$/.test(value) ? Math.floor(Date.now() / 1000) + Number(value.slice(3)) : value);
/** Members set, or taken away where the value is null; "now-61" becomes a time. */
function bent(object, changes = {}) {
  const out = { ...object };
  for (const [name, value] of Object.entries(changes)) if (value === null) delete out[name]; else out[name] = seconds(value);
  return out;
}

/** An ID token with other claims, header or key. `sign`: "own" (default), "evil", "none", "public-as-secret", or the kid of a key. */
async function bentToken(token, change) {
  if (change.raw !== undefined) return change.raw === 'cut' ? token.split('.').slice(0, 2).join('.') : change.raw;
  const [head, payload] = token.split('.').slice(0, 2).map(decoded);
  const header = bent({ ...head, ...(change.alg ? { alg: change.alg, kid: keys.find((k) => k.alg === change.alg)?.kid } : {}) }, change.header);
  const claims = JSON.stringify(bent(payload, change.claims));
  const text = change.twice ? claims.replace(/}$/, `,"${change.twice}":"twice"}`) : claims;
  const signed = `${base64url(JSON.stringify(header))}.${base64url(text)}`;
  if (change.sign === 'none') return `${signed}.`;
  if (change.sign === 'public-as-secret') {
    const pem = createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    return `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`;
  }
  const jwk = change.sign === 'evil' ? evil : keys.find((k) => k.kid === (change.sign ?? header.kid)) ?? keys.find((k) => k.alg === header.alg);
  const signer = new CompactSign(Buffer.from(text)).setProtectedHeader({ ...header, ...(header.crit ? { crit: header.crit } : {}) });
  if (header.crit) return `${signed}.${base64url('not looked at')}`;
  return signer.sign(await importJWK(jwk, header.alg));
}

async function bend(ctx, change) {
  if (change.redirect) {
    ctx.status = 307;
    ctx.redirect(change.redirect);
    ctx.status = 307;
    return;
  }
  if (change.status) {
    ctx.status = change.status;
    ctx.body = {};
    return;
  }
  if (change.oversize) {
    ctx.body = { ...ctx.body, padding: 'x'.repeat(change.oversize) };
    return;
  }
  ctx.body = change.text ?? bent(ctx.body, change.set);
  if (change.type) ctx.type = change.type;
}

provider.use(async (ctx, next) => {
  if (ctx.path.startsWith('/interaction/')) return interact(ctx);
  if (ctx.path.startsWith('/api/') && signing) return signing.answer(ctx, provider);
  const why = refusal(ctx);
  if (why) {
    ctx.status = 400;
    ctx.body = `refused: ${why}`;
    return;
  }
  await next();
  const place = { '/token': 'token', '/me': 'userinfo', '/jwks': 'jwks', '/.well-known/openid-configuration': 'discovery' }[ctx.path];
  if (place === 'token' && fault.idToken && ctx.body?.id_token) ctx.body = { ...ctx.body, id_token: await bentToken(ctx.body.id_token, fault.idToken) };
  if (place === 'token') issued.push(ctx.body?.access_token, ctx.body?.id_token);
  if (place && fault[place]) await bend(ctx, fault[place]);
});

process.on('message', (message) => {
  fault = message.fault ?? {};
  acr = fault.acr ?? 'aal3';
  process.send({ issued: issued.filter((token) => token?.length > 20) });
});
process.on('disconnect', () => process.exit(0));
provider.listen(port, '127.0.0.1', () => process.send({ listening: issuer }));
