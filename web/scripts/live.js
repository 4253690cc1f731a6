// Keeps a list fresh: data-events is the address of an event stream. On "changed" (and "resync") the page is fetched
// again as a fragment and takes the place of the element's content. The focused element keeps its focus by id.
export function enhance(region) {
  const stream = new EventSource(region.dataset.events);
  let waiting = false;
  const refresh = async () => {
    if (waiting) return;
    waiting = true;
    try {
      const answer = await fetch(location.href, { headers: { 'X-Fragment': '1', Accept: 'text/html' } });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const content = region.id ? fresh.getElementById(region.id) ?? fresh.body : fresh.body;
      const focused = document.activeElement?.id;
      region.replaceChildren(...content.childNodes);
      if (focused) document.getElementById(focused)?.focus();
    } finally {
      waiting = false;
    }
  };
  stream.addEventListener('changed', refresh);
  stream.addEventListener('resync', refresh);
  addEventListener('pagehide', () => stream.close());
}
