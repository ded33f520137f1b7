// Storage for oidc-provider in the state file, with expiry by the clock that tests move.
import { clock } from './clock.mjs';
import { revokeFamily, withinLeeway } from './refresh-tokens.mjs';

/** Returns an adapter class over one part of the state (`oidc` or `upstream`). */
export function adapterFor(state, part) {
  const entries = () => state.data[part];
  return class Adapter {
    constructor(model) {
      this.model = model;
    }

    key(id) {
      return `${this.model}:${id}`;
    }

    async upsert(id, payload, expiresIn) {
      const seq = entries()[this.key(id)]?.seq ?? (state.data.counts.stored += 1);
      entries()[this.key(id)] = { payload, expires: expiresIn ? clock.now() + expiresIn : null, seq };
      state.save();
    }

    async find(id) {
      const entry = entries()[this.key(id)];
      if (!entry || (entry.expires !== null && entry.expires <= clock.now())) return undefined;
      const payload = { ...entry.payload };
      // Within the leeway, a consumed refresh token looks unused to oidc-provider, so the reuse revokes nothing.
      if (
        this.model === 'RefreshToken' &&
        payload.consumed &&
        withinLeeway(entries(), entry, state.data.switches.leeway)
      )
        delete payload.consumed;
      return payload;
    }

    async findByUserCode(userCode) {
      return this.findBy((payload) => payload.userCode === userCode);
    }

    async findByUid(uid) {
      return this.findBy((payload) => payload.uid === uid);
    }

    async findBy(matches) {
      const hit = Object.entries(entries()).find(
        ([key, entry]) => key.startsWith(`${this.model}:`) && matches(entry.payload),
      );
      return hit && this.find(hit[0].slice(this.model.length + 1));
    }

    async consume(id) {
      const entry = entries()[this.key(id)];
      // A reuse within the leeway consumes the token a second time. The leeway runs from the first time.
      if (entry) entry.payload.consumed ??= clock.now();
      state.save();
    }

    async destroy(id) {
      delete entries()[this.key(id)];
      state.save();
    }

    async revokeByGrantId(grantId) {
      revokeFamily(entries(), grantId);
      state.save();
    }
  };
}
