// The service worker of browser notifications, served at the root of the site: it shows what the city pushes and opens its page. It keeps nothing
// and answers no requests.
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
