// Every kind of page of a running demonstration, with who looks at it: the list of GET /api/v1/_pages and the samples of samples.js.
import { accountFor } from './samples.js';

/** Who looks at a page: nobody in particular, the citizen of the samples, one in the middle of a log-in, or a staff account. */
function visitorOf(kind) {
  if (kind.audience === 'staff') return `staff:${accountFor(kind.permission.replace(/^staff:/, ''))}`;
  if (kind.kind === 'login-code') return 'pending';
  if (kind.kind === 'login-continue') return 'kept';
  return kind.audience === 'citizen' || kind.path.includes('{') || kind.kind === 'drafts' ? 'citizen' : 'anonymous';
}

/** [{kind, path, audience, visitor}], one for every kind and sample; `first` are pages that the list does not have. */
export async function realPages(base, samples, first = []) {
  const answer = await fetch(`${base}/api/v1/_pages`);
  if (!answer.ok) throw new Error(`/api/v1/_pages answers ${answer.status}: is this the demonstration?`);
  const pages = [...first];
  for (const kind of await answer.json()) {
    if (pages.some((p) => p.kind === kind.kind)) continue;
    const paths = kind.path.includes('{') ? samples.paths[kind.kind] : [kind.path];
    if (!paths) throw new Error(`lib/samples.js makes nothing for ${kind.kind}: ${kind.path}`);
    for (const path of paths) pages.push({ ...kind, path, visitor: visitorOf(kind) });
  }
  return pages;
}

/** The plain client of one of them. */
export const clientOf = (samples, visitor) => (visitor.startsWith('staff:') ? samples.staff(visitor.slice(6)) : samples.visitors[visitor]);
