// Lets a sign start without a network: its page and static files come from what the player kept (signage.js). Everything else passes.
const KEPT = 'signage';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith('/static/')) event.respondWith(fromKept(request));
  else if (request.mode === 'navigate') event.respondWith(fromNetwork(request));
});

/** Files whose address holds a hash of them. */
async function fromKept(request) {
  return (await caches.match(request, { cacheName: KEPT })) ?? fetch(request);
}

/** The page as it is now; as it was when there is no network or no answer worth showing. */
async function fromNetwork(request) {
  const kept = () => caches.match(request, { cacheName: KEPT, ignoreSearch: true });
  try {
    const answer = await fetch(request);
    return answer.status >= 500 ? (await kept()) ?? answer : answer;
  } catch (error) {
    const page = await kept();
    if (page) return page;
    throw error;
  }
}
