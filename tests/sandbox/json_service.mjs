// What receivers of plain JSON have in common: a server, refusals that count as violations, and requests under an idempotency key.
import { http_service } from './http_service.mjs';

export class JsonService {
  /** about: {name, op (as the log calls a request), limited, failed (answers beyond the rate, and when a fault is asked for)}. A service has judge() and clear(). */
  constructor(world, options, { name, op, limited, failed }) {
    Object.assign(this, { world, options, name, op });
    this.clear();
    this.server = http_service(world, { name, class_of: () => 'message', judge: (request) => this.judge(request), limited: () => limited, failed: () => failed });
  }
  refuse(status, error) {
    this.world.log.violation(this.name, `${status}`, this.op, error);
    return { status, json: { error } };
  }
  /** {key, json}, or {refused}. */
  keyed({ headers, body }) {
    const key = headers['idempotency-key'];
    if (!/^[A-Za-z0-9-]{16,64}$/.test(key ?? '')) return { refused: this.refuse(400, 'Idempotency-Key is missing or malformed') };
    try {
      return { key, json: JSON.parse(body) };
    } catch {
      return { refused: this.refuse(400, 'no JSON') };
    }
  }
}
