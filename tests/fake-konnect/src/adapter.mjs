// Storage for oidc-provider, by clock and to disk. The leeway for reused refresh tokens lives here: inside it, the
// token before the newest of its grant does not look consumed.
import { clock } from './clock.mjs';

const GRANTED = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode']);

/** An adapter class over one part of the state (`oidc` or `upstream`). */
export function adapterFor(state, part) {
  const all = () => state.data[part];
  return class Adapter {
    constructor(model) {
      this.model = model;
    }

    key(id) {
      return `${this.model}:${id}`;
    }

    async upsert(id, payload, expiresIn) {
      const seq = all()[this.key(id)]?.seq ?? (state.data.counts.stored += 1);
      all()[this.key(id)] = { payload, expires: expiresIn ? clock.now() + expiresIn : null, seq };
      state.save();
    }

    async find(id) {
      const entry = all()[this.key(id)];
      if (!entry || (entry.expires !== null && entry.expires <= clock.now())) return undefined;
      const payload = { ...entry.payload };
      if (this.model === 'RefreshToken' && payload.consumed && this.inLeeway(entry)) delete payload.consumed;
      return payload;
    }

    inLeeway({ payload, seq }) {
      if (clock.now() - payload.consumed >= state.data.switches.leeway) return false;
      const newer = Object.values(all()).filter(
        (e) => e.payload.kind === 'RefreshToken' && e.payload.grantId === payload.grantId && e.seq > seq,
      );
      return newer.every((e) => !e.payload.consumed);
    }

    async findByUserCode(userCode) {
      return this.findBy((p) => p.userCode === userCode);
    }

    async findByUid(uid) {
      return this.findBy((p) => p.uid === uid);
    }

    async findBy(test) {
      const hit = Object.entries(all()).find(([key, e]) => key.startsWith(`${this.model}:`) && test(e.payload));
      return hit && this.find(hit[0].slice(this.model.length + 1));
    }

    async consume(id) {
      const entry = all()[this.key(id)];
      if (entry) entry.payload.consumed ??= clock.now();
      state.save();
    }

    async destroy(id) {
      delete all()[this.key(id)];
      state.save();
    }

    async revokeByGrantId(grantId) {
      for (const [key, entry] of Object.entries(all())) {
        if (GRANTED.has(key.split(':')[0]) && entry.payload.grantId === grantId) delete all()[key];
      }
      state.save();
    }
  };
}
