// Browser notifications: a form marked data-push="<the server's public key>" subscribes this browser. Without script, or where the browser cannot,
// the page says so and everything else on it works.
const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));

/** What the city knows this browser by, kept where the worker finds it when the push service gives the browser a new address (push_worker.js). */
const kept = '/push-worker/subscription';
const keep = async (subscription, key) => (await caches.open('push')).put(kept, new Response(JSON.stringify({ ...subscription.toJSON(), key })));

/** A subscription was made for one key: with another key the old one is of no use. */
const sameKey = (subscription, key) => {
  const bytes = subscription.options.applicationServerKey && new Uint8Array(subscription.options.applicationServerKey);
  return !bytes || (bytes.length === key.length && bytes.every((byte, i) => byte === key[i]));
};

/** Stopping the channel ends this browser's subscription too; the form is sent whatever becomes of that. */
function endWith(form) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      const worker = await navigator.serviceWorker.getRegistration('/');
      await (await worker?.pushManager.getSubscription())?.unsubscribe();
      await caches.delete('push');
    } catch {
      // the city stops sending all the same
    }
    form.submit();
  });
}

async function offer(form) {
  const part = (name) => form.parentElement.querySelector(`[data-push-${name}]`);
  part('missing').hidden = true;
  if (!('serviceWorker' in navigator) || !window.PushManager || !window.Notification) return void (part('unsupported').hidden = false);
  if (Notification.permission === 'denied') return void (part('denied').hidden = false);
  const key = toBytes(form.dataset.push);
  const known = await navigator.serviceWorker.getRegistration('/');
  const subscription = await known?.pushManager.getSubscription();
  // On another account's page, or after the channel was stopped elsewhere, pressing sends the same subscription once more.
  if (subscription && sameKey(subscription, key)) part('here').hidden = false;
  known?.active?.postMessage('look'); // was the address changed without an event, or while there was no network?
  form.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    part('failed').hidden = true;
    try {
      if ((await Notification.requestPermission()) !== 'granted') throw new Error('not allowed');
      await navigator.serviceWorker.register(form.dataset.pushWorker, { scope: '/' });
      const worker = await navigator.serviceWorker.ready;
      const old = await worker.pushManager.getSubscription();
      if (old && !sameKey(old, key)) await old.unsubscribe();
      const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
      form.elements.subscription.value = JSON.stringify(made);
      await keep(made, form.dataset.push);
      form.submit();
    } catch {
      part('failed').hidden = false; // the browser has said why
      part('failed').setAttribute('role', 'alert');
    }
  });
}

export function enhance(form) {
  if (form.dataset.push === undefined) endWith(form);
  else offer(form);
}
