// The life of a refresh token at this identity provider: idle lifetime, rotation, reuse, leeway and revocation.
//
// A refresh token family is the set of refresh tokens of one grant: the first one and each one that rotation issued
// after it. oidc-provider marks a token as consumed when it rotates it. If a client sends a consumed token, then
// oidc-provider revokes the grant (reuse detection, RFC 9700 §4.14.2), unless `withinLeeway` lets that reuse pass.
//
// `entries` is the storage of the adapter: `{ payload, expires, seq }` by `Model:id`.
import { clock } from './clock.mjs';

/** An unused refresh token expires after 60 days, in seconds. Each token that rotation issues starts this anew. */
export const IDLE_LIFETIME = 60 * 24 * 3600;

/** Rotation is on: each refresh answers with a new refresh token and consumes the token that was sent. */
export const rotateRefreshToken = () => true;

/** The models that a grant covers. Revoking the grant deletes their entries. */
const MODELS_OF_A_GRANT = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode']);

const isRefreshToken = (key) => key.startsWith('RefreshToken:');

/**
 * Reports whether the reuse of this consumed refresh token passes as its first use. It passes if the token was consumed
 * less than `leeway` seconds ago and no newer token of its family has been consumed: then the client never used the
 * answer that rotated the token, so that answer was probably lost.
 */
export function withinLeeway(entries, { payload, seq }, leeway) {
  if (clock.now() - payload.consumed >= leeway) return false;
  const newer = Object.values(entries).filter(
    (other) => other.payload.kind === 'RefreshToken' && other.payload.grantId === payload.grantId && other.seq > seq,
  );
  return newer.every((other) => !other.payload.consumed);
}

/** Revokes a refresh token family, with every other token and code of its grant. */
export function revokeFamily(entries, grantId) {
  for (const [key, entry] of Object.entries(entries)) {
    if (MODELS_OF_A_GRANT.has(key.split(':')[0]) && entry.payload.grantId === grantId) delete entries[key];
  }
}

/** Revokes every refresh token of an account, as an administrator of the identity provider can. */
export function revokeAccount(entries, sub) {
  for (const [key, entry] of Object.entries(entries)) {
    if (isRefreshToken(key) && entry.payload.accountId === sub) delete entries[key];
  }
}

/** Counts the refresh tokens of an account that are neither consumed nor expired. */
export function countLive(entries, sub) {
  return Object.entries(entries).filter(
    ([key, { payload, expires }]) =>
      isRefreshToken(key) && payload.accountId === sub && !payload.consumed && expires > clock.now(),
  ).length;
}
