// Every way to cheat a log-in, each with the cause that the server's log must name. What a case may hold:
//   id        the provider (default digital-agency);       account, press: what happens at the provider
//   fault     how the provider bends its answers;          reload: what was published before is read anew
//   leave     changes the address that the browser is sent to;  arrive: changes the address that it comes back with
//   steps     a whole story of its own: (story) => the last answer
const idToken = (change) => ({ idToken: change });
const set = (changes) => (address) => {
  const url = new URL(address);
  for (const [name, value] of Object.entries(changes)) if (value === null) url.searchParams.delete(name); else url.searchParams.set(name, value);
  return url.href;
};
const twice = (name) => (address) => `${address}&${name}=${encodeURIComponent(new URL(address).searchParams.get(name))}`;
const code = (address) => new URL(address).searchParams.get('code');

/** A whole answer of another log-in, of the same person or of somebody else. */
async function answerOf(story, id, account, change = (x) => x) {
  const other = story.visitor();
  return other.agree(change(await other.leave(id)), account);
}

const answers = [
  { name: 'state missing', arrive: set({ state: null }), cause: 'state-missing' },
  { name: 'state empty', arrive: set({ state: '' }), cause: 'state-missing' },
  { name: 'state made up', arrive: set({ state: 'A'.repeat(43) }), cause: 'state-unknown' },
  { name: 'state twice', arrive: twice('state'), cause: 'parameters-twice' },
  { name: 'code twice', arrive: twice('code'), cause: 'parameters-twice' },
  { name: 'iss twice', arrive: twice('iss'), cause: 'parameters-twice' },
  { name: 'mix-up: another issuer answers', arrive: (address, story) => set({ iss: story.world.second.issuer })(address), cause: 'iss-mismatch' },
  { name: 'issuer with a slash more', arrive: (address, story) => set({ iss: `${story.world.first.issuer}/` })(address), cause: 'iss-mismatch' },
  { name: 'issuer left out', arrive: set({ iss: null }), cause: 'iss-missing' },
  { name: 'code left out', arrive: set({ code: null }), cause: 'code-missing' },
  { name: 'code too long', arrive: set({ code: 'c'.repeat(5000) }), cause: 'code-missing' },
  { name: 'code made up', arrive: set({ code: 'made-up' }), cause: 'token-refused' },
  { name: 'the person says no', press: 'out', cause: 'provider-cancelled' },
  { name: 'an error of the provider', arrive: set({ error: 'server_error' }), cause: 'provider-error' },
  { name: 'an error that is markup', arrive: set({ error: '<script>alert(1)</script>', error_description: 'x"><img src=x>' }), cause: 'provider-error' },
  { name: 'mix-up: the answer comes to another provider\'s address', arrive: (address) => address.replace('/with/digital-agency/', '/with/gbiz-id/'), cause: 'provider-swapped' },
  { name: 'the address of a provider that is not there', arrive: (address) => address.replace('/with/digital-agency/', '/with/nobody/'), cause: 'provider-unknown' },
];

const stories = [
  { name: 'an answer in a browser without a log-in', cause: 'browser-foreign', steps: async (story) => story.visitor().ask(await answerOf(story, 'digital-agency')) },
  { name: 'an answer in the browser of another log-in (log-in CSRF)', cause: 'browser-foreign', steps: async (story) => {
    const victim = story.visitor();
    await victim.leave('digital-agency');
    return victim.ask(await answerOf(story, 'digital-agency', 'taro'));
  } },
  { name: 'the same answer again', cause: 'state-used', steps: async (story) => {
    const visitor = story.visitor();
    const back = await visitor.agree(await visitor.leave('digital-agency'));
    const kept = new Map(visitor.jar(back));
    await visitor.ask(back);
    await visitor.ask(`${story.world.base}/`);
    for (const [name, value] of kept) visitor.jar(back).set(name, value);
    return visitor.ask(back);
  } },
  { name: 'the right answer after a wrong one', cause: 'state-used', steps: async (story) => {
    const visitor = story.visitor();
    const back = await visitor.agree(await visitor.leave('digital-agency'));
    await visitor.ask(set({ iss: null })(back));
    story.forget();
    return visitor.ask(back);
  } },
  { name: 'a code that was used before', cause: 'token-refused', steps: async (story) => {
    const visitor = story.visitor();
    const first = await visitor.agree(await visitor.leave('digital-agency'));
    await visitor.ask(first);
    const other = story.visitor();
    return other.ask(set({ code: code(first) })(await other.agree(await other.leave('digital-agency'))));
  } },
  { name: 'the code of somebody else\'s log-in (PKCE)', cause: 'token-refused', steps: async (story) => {
    const visitor = story.visitor();
    const stolen = code(await answerOf(story, 'digital-agency', 'taro'));
    return visitor.ask(set({ code: stolen })(await visitor.agree(await visitor.leave('digital-agency'))));
  } },
  { name: 'the code of another client', cause: 'token-refused', steps: async (story) => {
    const visitor = story.visitor();
    const other = code(await answerOf(story, 'line'));
    return visitor.ask(set({ code: other })(await visitor.agree(await visitor.leave('digital-agency'))));
  } },
  { name: 'the code of another provider', cause: 'token-refused', steps: async (story) => {
    const visitor = story.visitor();
    const other = code(await answerOf(story, 'gbiz-id'));
    return visitor.ask(set({ code: other })(await visitor.agree(await visitor.leave('digital-agency'))));
  } },
  { name: 'a code that was made for another address of ours', cause: 'token-refused', steps: async (story) => {
    const visitor = story.visitor();
    const left = await visitor.leave('digital-agency');
    const back = new URL(await visitor.agree(set({ redirect_uri: `${story.world.base}/elsewhere` })(left)));
    back.pathname = '/login/with/digital-agency/callback';
    return visitor.ask(back.href);
  } },
  { name: 'an answer that comes too late', cause: 'state-expired', steps: async (story) => {
    const visitor = story.visitor();
    const back = await visitor.agree(await visitor.leave('digital-agency'));
    await story.sql('UPDATE oidc_pending SET expires = created WHERE used IS NULL');
    return visitor.ask(back);
  } },
  { name: 'the nonce of an earlier log-in', cause: 'nonce-wrong', steps: async (story) => {
    const visitor = story.visitor();
    const earlier = new URL(await story.visitor().leave('digital-agency')).searchParams.get('nonce');
    await story.world.first.be(idToken({ claims: { nonce: earlier } }));
    return visitor.ask(await visitor.agree(await visitor.leave('digital-agency')));
  } },
  { name: 'one way more, but somebody else is logged in by then', cause: 'link-foreign', steps: async (story) => {
    const visitor = await story.citizen('first@example.jp');
    const left = await story.add(visitor, 'gbiz-id');
    const other = await story.citizen('second@example.jp');
    other.jar(story.world.base).set('machiya-oidc', visitor.jar(story.world.base).get('machiya-oidc'));
    return story.keeps(other, await other.ask(await other.agree(left)));
  } },
  { name: 'one way more that another person has', cause: 'subject-taken', steps: async (story) => {
    const owner = story.visitor();
    await owner.ask(await owner.agree(await owner.leave('gbiz-id')));
    const visitor = await story.citizen('third@example.jp');
    return story.keeps(visitor, await visitor.ask(await visitor.agree(await story.add(visitor, 'gbiz-id'))));
  } },
];

const requests = [
  { name: 'the challenge was exchanged on the way', leave: set({ code_challenge: 'B'.repeat(43) }), cause: 'token-refused' },
  { name: 'the nonce was exchanged on the way', leave: set({ nonce: 'another-nonce' }), cause: 'nonce-wrong' },
  { name: 'the state was exchanged on the way', leave: set({ state: 'another-state' }), cause: 'state-unknown' },
  { name: 'the level was taken out on the way', leave: set({ acr_values: null }), fault: { acr: 'aal1' }, cause: 'acr-too-low' },
  { name: 'the level is lower than asked for', fault: { acr: 'aal1' }, cause: 'acr-too-low' },
  { name: 'openid was taken out on the way', leave: set({ scope: 'name' }), cause: 'provider-error' },
  { name: 'the answer hides in the fragment', leave: set({ response_mode: 'fragment' }), cause: 'state-missing' },
];

const tokens = [
  ['algorithm none', { alg: 'none', sign: 'none' }, 'alg-not-allowed'],
  ['HS256 with the public key as secret', { alg: 'HS256', header: { kid: 'rsa-1' }, sign: 'public-as-secret' }, 'alg-not-allowed'],
  ['an algorithm that this provider does not use', { alg: 'EdDSA' }, 'alg-not-allowed'],
  ['a stranger\'s key under a known name', { sign: 'evil' }, 'signature-wrong'],
  ['signed by one key, named after another', { header: { kid: 'rsa-1' }, sign: 'rsa-2' }, 'signature-wrong'],
  ['a key name that nobody knows', { header: { kid: 'rsa-9' }, sign: 'rsa-1' }, 'kid-unknown'],
  ['no key name among several keys', { header: { kid: null }, sign: 'rsa-1' }, 'key-ambiguous'],
  ['the name of a key of another kind', { header: { kid: 'ec-1' }, sign: 'rsa-1' }, 'key-misfit'],
  ['a key address in the header (jku)', { header: { jku: 'http://127.0.0.1:9/jwks' } }, 'jws-own-key'],
  ['a certificate address in the header (x5u)', { header: { x5u: 'http://127.0.0.1:9/cert' } }, 'jws-own-key'],
  ['a key in the header (jwk)', { header: { jwk: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } } }, 'jws-own-key'],
  ['a certificate in the header (x5c)', { header: { x5c: ['MIIB'] } }, 'jws-own-key'],
  ['extensions demanded (crit)', { header: { crit: ['exp'] } }, 'jws-crit'],
  ['a token of another kind', { header: { typ: 'at+jwt' } }, 'typ-wrong'],
  ['two parts only', { raw: 'cut' }, 'jws-malformed'],
  ['no token at all', { raw: 'x' }, 'jws-malformed'],
  ['a claim twice', { twice: 'sub' }, 'claims-unreadable'],
  ['another issuer', { claims: { iss: 'http://127.0.0.1:9' } }, 'iss-wrong'],
  ['no issuer', { claims: { iss: null } }, 'iss-wrong'],
  ['another audience', { claims: { aud: 'somebody' } }, 'aud-wrong'],
  ['no audience', { claims: { aud: null } }, 'aud-wrong'],
  ['an audience list without us', { claims: { aud: ['somebody', 'else'] } }, 'aud-wrong'],
  ['an audience list, no authorized party', { claims: { aud: ['city', 'somebody'] } }, 'azp-missing'],
  ['an audience list, another authorized party', { claims: { aud: ['city', 'somebody'], azp: 'somebody' } }, 'azp-wrong'],
  ['an audience list with strangers in it', { claims: { aud: ['city', 'somebody'], azp: 'city' } }, 'aud-untrusted'],
  ['another authorized party', { claims: { azp: 'somebody' } }, 'azp-wrong'],
  ['over for a minute and more', { claims: { exp: 'now-62' } }, 'exp-past'],
  ['no end', { claims: { exp: null } }, 'time-unreadable'],
  ['an end that is a text', { claims: { exp: '4000000000' } }, 'time-unreadable'],
  ['issued in more than a minute', { claims: { iat: 'now+70' } }, 'iat-future'],
  ['issued eleven minutes ago', { claims: { iat: 'now-662' } }, 'iat-old'],
  ['valid in more than a minute', { claims: { nbf: 'now+70' } }, 'nbf-future'],
  ['no nonce', { claims: { nonce: null } }, 'nonce-wrong'],
  ['a nonce that is a list', { claims: { nonce: ['x'] } }, 'nonce-wrong'],
  ['another access token', { claims: { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' } }, 'at-hash-wrong'],
  ['no subject', { claims: { sub: null } }, 'sub-unreadable'],
  ['a subject of 300 characters', { claims: { sub: 's'.repeat(300) } }, 'sub-unreadable'],
  ['a subject that is a number', { claims: { sub: 7 } }, 'sub-unreadable'],
].map(([name, change, cause]) => ({ name: `ID token: ${name}`, fault: idToken(change), cause }));

const staff = [
  ['logged in at the provider too long ago', { claims: { auth_time: 'now-3680' } }, 'auth-too-old'],
  ['logged in at the provider in the future', { claims: { auth_time: 'now+70' } }, 'auth-time-future'],
  ['nothing about when', { claims: { auth_time: null } }, 'auth-time-missing'],
].map(([name, change, cause]) => ({ name: `staff: ${name}`, id: 'staff', account: 'clerk', fault: { acr: 'mfa', ...idToken(change) }, cause }));
staff.push({ name: 'staff: no account of this name', id: 'staff', account: 'stranger', fault: { acr: 'mfa' }, cause: 'account-unknown' });
staff.push({ name: 'staff: one factor only', id: 'staff', account: 'clerk', fault: { acr: 'aal1' }, cause: 'acr-too-low' });
staff.push({ name: 'shared secret: a token signed by key', id: 'line', fault: idToken({ alg: 'RS256' }), cause: 'alg-not-allowed' });
staff.push({ name: 'shared secret: another secret', id: 'line', fault: idToken({ alg: 'HS256', header: { kid: null }, sign: 'public-as-secret' }), cause: 'signature-wrong' });

const endpoints = [
  { name: 'the token endpoint sends elsewhere', fault: { token: { redirect: 'http://127.0.0.1:9/' } }, cause: 'call-refused' },
  { name: 'the token answer is huge', fault: { token: { oversize: 400_000 } }, cause: 'answer-too-large' },
  { name: 'the token answer is no JSON', fault: { token: { text: '<html>', type: 'text/html' } }, cause: 'token-unreadable' },
  { name: 'the token answer says a thing twice', fault: { token: { text: '{"access_token":"a","access_token":"b","token_type":"Bearer"}', type: 'application/json' } }, cause: 'token-unreadable' },
  { name: 'no ID token', fault: { token: { set: { id_token: null } } }, cause: 'token-unreadable' },
  { name: 'no bearer token', fault: { token: { set: { token_type: 'mac' } } }, cause: 'token-unreadable' },
  { name: 'the token endpoint is broken', fault: { token: { status: 502 } }, cause: 'provider-unreachable' },
  { name: 'userinfo of somebody else', fault: { userinfo: { set: { sub: 'taro' } } }, cause: 'userinfo-sub' },
  { name: 'userinfo of nobody', fault: { userinfo: { set: { sub: null } } }, cause: 'userinfo-sub' },
  { name: 'userinfo sends elsewhere', fault: { userinfo: { redirect: 'http://127.0.0.1:9/' } }, cause: 'call-refused' },
  { name: 'userinfo is no JSON', fault: { userinfo: { text: 'hanako', type: 'text/plain' } }, cause: 'userinfo-unreadable' },
];

const published = [
  ['speaks of another issuer', { discovery: { set: { issuer: 'http://127.0.0.1:9' } } }, 'metadata-issuer'],
  ['is no JSON', { discovery: { text: '<html>', type: 'text/html' } }, 'metadata-unreadable'],
  ['sends elsewhere', { discovery: { redirect: 'http://127.0.0.1:9/' } }, 'call-refused'],
  ['has no PKCE', { discovery: { set: { code_challenge_methods_supported: ['plain'] } } }, 'pkce-unsupported'],
  ['has no keys', { discovery: { set: { jwks_uri: null } } }, 'metadata-incomplete'],
  ['names a token endpoint of a stranger', { discovery: { set: { token_endpoint: 'http://127.0.0.1:9/token' } } }, 'endpoint-not-allowed'],
  ['names keys inside (cloud metadata)', { discovery: { set: { jwks_uri: 'http://169.254.169.254/latest/meta-data' } } }, 'endpoint-not-allowed'],
  ['names keys in a file', { discovery: { set: { jwks_uri: 'file:///etc/passwd' } } }, 'endpoint-not-allowed'],
  ['sends the browser to a stranger', { discovery: { set: { authorization_endpoint: 'https://evil.example/auth' } } }, 'endpoint-not-allowed'],
].map(([name, fault, cause]) => ({ name: `what is published ${name}`, fault, cause, reload: true, stays: true }));
for (const [name, fault, cause] of [
  ['are huge', { jwks: { oversize: 400_000 } }, 'answer-too-large'],
  ['are elsewhere', { jwks: { redirect: 'http://127.0.0.1:9/' } }, 'call-refused'],
  ['are no set', { jwks: { set: { keys: {} } } }, 'keys-unreadable'],
  ['are none', { jwks: { set: { keys: [] } } }, 'kid-unknown'],
])
  published.push({ name: `the provider's keys ${name}`, fault, cause, reload: true });

export const refused = [...answers, ...stories, ...requests, ...tokens, ...staff, ...endpoints, ...published];

/** What must be let in, so that a server which refuses everything is found. */
export const admitted = [
  { name: 'the national app', id: 'digital-agency', who: 'citizen' },
  { name: 'the national app, again', id: 'digital-agency', who: 'citizen' },
  { name: 'a business (secret in the header)', id: 'gbiz-id', who: 'citizen' },
  { name: 'LINE (shared secret, HS256)', id: 'line', who: 'citizen' },
  { name: 'staff', id: 'staff', account: 'clerk', fault: { acr: 'mfa' }, who: 'staff' },
  { name: 'PS256', id: 'digital-agency', fault: idToken({ alg: 'PS256' }), who: 'citizen' },
  { name: 'ES256', id: 'digital-agency', fault: idToken({ alg: 'ES256', claims: { at_hash: null } }), who: 'citizen' },
  { name: 'one audience in a list, with the right party', id: 'digital-agency', fault: idToken({ claims: { aud: ['city'], azp: 'city' } }), who: 'citizen' },
  { name: 'over for half a minute (clocks differ)', id: 'digital-agency', fault: idToken({ claims: { exp: 'now-30' } }), who: 'citizen' },
  { name: 'issued in half a minute (clocks differ)', id: 'digital-agency', fault: idToken({ claims: { iat: 'now+30', nbf: 'now+30' } }), who: 'citizen' },
];
