// Passkeys: a form marked data-passkey="get" logs in, "create" adds one. The form shows only where the browser can do it; what the browser answers
// goes into its hidden field and the form is sent like any other.
const REFRESH = 4 * 60 * 1000; // a challenge lives five minutes

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

async function optionsFor(form) {
  const answer = await fetch(`${form.getAttribute('action')}/options`, { method: 'POST', headers: { 'X-CSRF-Token': form.elements.csrf.value, Accept: 'application/json' } });
  if (answer.status === 401 && form.dataset.confirm) location.assign(form.dataset.confirm); // the log-in is too old for this
  if (!answer.ok) throw new Error(`options: ${answer.status}`);
  const options = await answer.json();
  options.challenge = toBytes(options.challenge);
  if (options.user) options.user.id = toBytes(options.user.id);
  for (const one of options.excludeCredentials ?? []) one.id = toBytes(one.id);
  return options;
}

function send(form, credential) {
  const { response } = credential;
  const parts = { clientDataJSON: toText(response.clientDataJSON) };
  if (response.attestationObject) parts.attestationObject = toText(response.attestationObject);
  if (response.authenticatorData) {
    parts.authenticatorData = toText(response.authenticatorData);
    parts.signature = toText(response.signature);
    parts.userHandle = response.userHandle ? toText(response.userHandle) : '';
  }
  form.elements.response.value = JSON.stringify({ id: credential.id, type: credential.type, response: parts });
  form.submit();
}

/** The browser offers passkeys in the box for the address or the name, until something else is asked of it. */
async function offerInBox(form, state) {
  if (!document.querySelector('input[autocomplete~="webauthn"]') || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  while (!state.pressed) {
    state.waiting = new AbortController();
    const renew = setTimeout(() => state.waiting.abort(), REFRESH);
    try {
      const publicKey = await optionsFor(form);
      const credential = await navigator.credentials.get({ publicKey, mediation: 'conditional', signal: state.waiting.signal });
      if (credential) return void send(form, credential);
    } catch (fault) {
      if (fault.name !== 'AbortError') return; // the button is there still
    } finally {
      clearTimeout(renew);
    }
  }
}

export function enhance(form) {
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  const failed = form.querySelector('[data-passkey-failed]');
  const creates = form.dataset.passkey === 'create';
  const state = { pressed: false, waiting: null };
  form.hidden = false;
  const missing = document.querySelector('[data-passkey-missing]');
  if (missing) missing.hidden = true;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    state.pressed = true;
    state.waiting?.abort();
    failed.hidden = true;
    try {
      const publicKey = await optionsFor(form);
      send(form, creates ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey }));
    } catch {
      failed.hidden = false; // cancelled, timed out, or known already: the browser has said which
      failed.setAttribute('role', 'alert');
    }
  });
  if (!creates) offerInBox(form, state);
}
