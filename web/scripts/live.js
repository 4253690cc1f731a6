// Keeps a list fresh: data-events is the address of an event stream. On "changed" (and "resync") the page is fetched
// again as a fragment and takes the place of the element's content. What a person has done there meanwhile stays:
// ticked boxes, typed text, the focus and how far a table is scrolled. A row that is gone takes its tick with it.

const isBox = (control) => control.type === 'checkbox' || control.type === 'radio';
const name = (control) => `${control.name}\n${isBox(control) ? control.value : ''}`;
const controls = (root) => [...root.querySelectorAll('input[name]:not([type=hidden]), select[name], textarea[name]')];
const state = (control) => (isBox(control) ? control.checked : control.value);

/** As the server sent it. */
function original(control) {
  if (isBox(control)) return control.defaultChecked;
  if (control instanceof HTMLSelectElement) return ([...control.options].find((option) => option.defaultSelected) ?? control.options[0])?.value;
  return control.defaultValue;
}

/** What a person has changed in `root`, by name (and value of boxes). */
const touched = (root) => new Map(controls(root).filter((c) => state(c) !== original(c)).map((c) => [name(c), state(c)]));

function put(root, changes) {
  for (const control of controls(root)) {
    if (!changes.has(name(control))) continue;
    if (typeof changes.get(name(control)) === 'boolean') control.checked = changes.get(name(control));
    else control.value = changes.get(name(control));
  }
}

/** The place of the caret in a text that is being typed; boxes have none. */
const caretOf = (element) => (element instanceof HTMLTextAreaElement ? [element.selectionStart, element.selectionEnd] : null);

export function enhance(region) {
  const stream = new EventSource(region.dataset.events);
  let busy = false;
  let again = false;
  const replace = (content) => {
    const changes = touched(region);
    const focused = region.contains(document.activeElement) ? document.activeElement : null;
    const caret = focused && caretOf(focused);
    const scrolled = [...region.querySelectorAll('.table-scroll')].map((box) => box.scrollLeft);
    region.replaceChildren(...content.childNodes);
    put(region, changes);
    region.querySelectorAll('.table-scroll').forEach((box, i) => (box.scrollLeft = scrolled[i] ?? 0));
    const target = focused?.id && document.getElementById(focused.id);
    if (!target) return;
    target.focus({ preventScroll: true });
    if (caret) target.setSelectionRange(...caret);
  };
  const refresh = async () => {
    again = busy;   // something changed while the page was on its way: it may be old already
    if (busy) return;
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { 'X-Fragment': '1', Accept: 'text/html' } });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      replace(region.id ? fresh.getElementById(region.id) ?? fresh.body : fresh.body);
    } finally {
      busy = false;
      if (again) refresh();
    }
  };
  stream.addEventListener('changed', refresh);
  stream.addEventListener('resync', refresh);
  addEventListener('pagehide', () => stream.close());
}
