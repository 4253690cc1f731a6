// The service worker of browser notifications, served at the root of the site: it shows what the city pushes and opens its page, and it tells the
// city when the browser was given a new address. It keeps the subscription that the city knows, and answers no requests.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('push', (event) => {
  let message = {};
  try {
    message = event.data?.json() ?? {};
  } catch {
    return; // not ours: the city sends JSON
  }
  if (typeof message.title !== 'string' || message.title === '') return;
  event.waitUntil(self.registration.showNotification(message.title, {
    body: message.body, lang: message.lang, tag: message.tag, renotify: Boolean(message.tag),
    requireInteraction: message.urgent === true, data: { link: message.link },
  }));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const link = event.notification.data?.link;
  // Only pages of this site: whoever got hold of the key must not lead people elsewhere.
  if (!link || new URL(link, self.location.origin).origin !== self.location.origin) return;
  event.waitUntil((async () => {
    const open = await self.clients.matchAll({ type: 'window' });
    const there = open.find((client) => client.url === link);
    return there ? there.focus() : self.clients.openWindow(link);
  })());
});

const kept = '/push-worker/subscription'; // written by push.js
const known = async () => (await (await caches.open('push')).match(kept))?.json();
const same = (a, b) => a.endpoint === b.endpoint && a.keys?.auth === b.keys?.auth;

/** The whole old subscription proves whose place the new one takes: no cookie goes along. Without network it stays as it is and is told another time. */
async function renewed(before, after, key) {
  if (!before?.keys || !after || same(before, after)) return;
  const parts = ({ endpoint, keys }) => ({ endpoint, keys });
  const answer = await fetch('/channels/push/renewal', {
    method: 'POST', credentials: 'omit', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ old: parts(before), new: parts(after) }),
  });
  // Refused (a push service that the city does not send to) or no answer: what the city knows stays what it is.
  if (answer.ok) await (await caches.open('push')).put(kept, new Response(JSON.stringify({ ...after, key })));
}

self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil((async () => {
  const before = await known(), old = event.oldSubscription;
  const key = before?.key ?? old?.options.applicationServerKey;
  let after = event.newSubscription ?? await self.registration.pushManager.getSubscription();
  if (!after && key) after = await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  // What the city knows, where that was kept: the event's old one may be one that it never heard of.
  await renewed(before ?? old?.toJSON(), after?.toJSON(), before?.key);
})().catch(() => undefined)));

self.addEventListener('message', (event) => event.data === 'look' && event.waitUntil((async () => {
  const before = await known();
  await renewed(before, (await self.registration.pushManager.getSubscription())?.toJSON(), before?.key);
})().catch(() => undefined)));
