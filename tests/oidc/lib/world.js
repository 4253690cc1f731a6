// What a run needs: two providers as processes, a server that knows them, and a browser that follows redirects between them.
import { fork, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { keep } from '../../browser/lib/children.js';

const root = new URL('../../..', import.meta.url).pathname;

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export function signingKey(kid, alg) {
  const pair = { RS256: ['rsa', { modulusLength: 2048 }], PS256: ['rsa', { modulusLength: 2048 }], ES256: ['ec', { namedCurve: 'P-256' }], EdDSA: ['ed25519', {}] }[alg];
  return { ...generateKeyPairSync(...pair).privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
}

/** The server's own key for private_key_jwt: as the operator's file, and as the provider knows it. */
export function clientKey(folder) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(join(folder, 'client-key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return { ...publicKey.export({ format: 'jwk' }), kid: 'city-key', alg: 'ES256', use: 'sig' };
}

export class ProviderProcess {
  constructor(port, keys, clients, card) {
    this.issuer = `http://127.0.0.1:${port}`;
    this.child = keep(fork(join(root, 'tests/oidc/provider.js'), [JSON.stringify({ port, keys, clients, card })], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: { ...process.env, NODE_NO_WARNINGS: '1' } }));
    this.errors = '';
    this.child.stderr.on('data', (part) => { this.errors += part; });
  }
  async ready() {
    const [message] = await Promise.race([once(this.child, 'message'), once(this.child, 'exit').then(() => { throw new Error(`the provider ended: ${this.errors}`); })]);
    if (!message.listening) throw new Error('the provider does not listen');
  }
  /** Resolves when the provider bends as told (nothing: it is honest again): every token that it gave so far. */
  async be(fault = {}) {
    this.child.send({ fault });
    return (await once(this.child, 'message'))[0].issued;
  }
}

export class World {
  /** `card`: {key, certificate} with which the provider's app signs; `settings`: further lines of the server's configuration. */
  static async start({ binary, folder, card, settings = [] }) {
    const world = new World();
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const [server, first, second] = [await freePort(), await freePort(), await freePort()];
    world.base = `http://127.0.0.1:${server}`;
    world.folder = folder;
    const back = (id) => `${world.base}/login/with/${id}/callback`;
    const jwk = clientKey(folder);
    writeFileSync(join(folder, 'secret'), 'a shared secret of more than 32 bytes\n', { mode: 0o600 });
    const secret = 'a shared secret of more than 32 bytes';
    const common = { response_types: ['code'], grant_types: ['authorization_code', 'client_credentials'] };
    const keyed = { ...common, token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: [jwk] } };
    const keys = [signingKey('rsa-1', 'RS256'), signingKey('rsa-2', 'RS256'), signingKey('ec-1', 'ES256'), signingKey('ps-1', 'PS256'), signingKey('ed-1', 'EdDSA')];
    world.first = new ProviderProcess(first, keys, [
      // The second address is there so that a code for it can be had: redirect_uri must be checked at the exchange.
      { client_id: 'city', redirect_uris: [back('digital-agency'), `${world.base}/elsewhere`, `${world.base}/sign/with/digital-agency/callback`], scope: 'openid name address birthdate gender sign', id_token_signed_response_alg: 'RS256', ...keyed },
      { client_id: 'city-staff', redirect_uris: [back('staff')], scope: 'openid profile', id_token_signed_response_alg: 'ES256', ...keyed, require_auth_time: true },
      { client_id: 'city-line', redirect_uris: [back('line')], scope: 'openid', client_secret: secret, token_endpoint_auth_method: 'client_secret_post', id_token_signed_response_alg: 'HS256', ...common },
    ], card);
    world.settings = settings;
    world.second = new ProviderProcess(second, [signingKey('rsa-1', 'RS256')], [
      { client_id: 'city-business', redirect_uris: [back('gbiz-id')], scope: 'openid profile', client_secret: secret, token_endpoint_auth_method: 'client_secret_basic', ...common },
    ]);
    await Promise.all([world.first.ready(), world.second.ready()]);
    world.secrets = [secret, readFileSync(join(folder, 'client-key.pem'), 'utf8').split('\n')[1]];
    await world.serve(binary, server);
    return world;
  }

  async serve(binary, port) {
    const at = (id, more) => Object.entries(more).map(([key, value]) => `sign-in.${id}.${key} = ${value}`);
    const keyed = { 'key-file': join(this.folder, 'client-key.pem'), 'key-id': 'city-key', issuer: this.first.issuer };
    writeFileSync(join(this.folder, 'machiya.conf'), [
      'demonstration = yes', `listen = 127.0.0.1:${port}`, `base-url = ${this.base}`, `data = ${join(this.folder, 'var')}`, 'rate-scale = 0', 'access-log = yes',
      `outbound-internal = ${this.first.issuer}, ${this.second.issuer}`,
      ...at('digital-agency', { 'client-id': 'city', ...keyed }), ...at('staff', { 'client-id': 'city-staff', ...keyed }),
      ...at('line', { 'client-id': 'city-line', issuer: this.first.issuer, 'secret-file': join(this.folder, 'secret') }),
      ...at('gbiz-id', { 'client-id': 'city-business', issuer: this.second.issuer, 'secret-env': 'MACHIYA_TEST_SECRET' }), ...this.settings, ''].join('\n'));
    this.errors = join(this.folder, 'err');
    const log = openSync(this.errors, 'w');
    this.server = keep(spawn(binary, ['serve', '--config', join(this.folder, 'machiya.conf')], { stdio: ['ignore', 'pipe', log], env: { ...process.env, MACHIYA_TEST_SECRET: this.secrets[0] } }));
    let out = '';
    for await (const part of this.server.stdout) if ((out += part).includes('citizens')) break;
    if (!out.includes('citizens')) throw new Error(`the server did not start: ${this.log()}`);
    this.server.stdout.resume();
  }

  log() {
    return readFileSync(this.errors, 'utf8');
  }
  lines(event, from = 0) {
    return this.log().slice(from).split('\n').filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line));
  }
  /** The server forgets what providers published: it reads its definitions again (SIGHUP). */
  async reload() {
    const before = this.lines('city-loaded').length;
    this.server.kill('SIGHUP');
    while (this.lines('city-loaded').length === before) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  async stop() {
    this.server.kill('SIGTERM');
    if (this.server.exitCode === null) await once(this.server, 'exit');
    for (const provider of [this.first, this.second]) provider.child.disconnect();
  }
}
