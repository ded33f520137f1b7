// Session transfer tokens, as Auth0 issues them for native-to-web single sign-on: the app exchanges its refresh token
// for a session transfer token, and the web view presents that token at /authorize, by cookie or by query parameter.
// A token is good for one sign-in within a minute, and is kept in memory only.
import crypto from 'node:crypto';
import { clock } from './clock.mjs';

const LIFETIME = 60;
const TOKEN_TYPE = 'urn:auth0:params:oauth:token-type:session_transfer_token';
const NAME = 'session_transfer_token';

export function sessionTransfers() {
  const transfers = new Map();
  return {
    /** Issues a token for this account and returns the answer of the token endpoint, without a refresh token. */
    issue(sub) {
      const token = crypto.randomBytes(24).toString('base64url');
      transfers.set(token, { sub, expires: clock.now() + LIFETIME });
      return { access_token: token, issued_token_type: TOKEN_TYPE, token_type: 'N_A', expires_in: LIFETIME };
    },

    /**
     * Returns `{ token, sub }` of the valid token that a request presents, or null. The query parameter goes before the
     * cookie. `params` are those of the authorization request.
     */
    presented(ctx, params) {
      const token = params?.[NAME] ?? ctx.cookies.get(`auth0_${NAME}`, { signed: false });
      const transfer = token && transfers.get(token);
      return transfer && transfer.expires > clock.now() ? { token, sub: transfer.sub } : null;
    },

    /** Spends a token: nobody signs in with it any more. */
    spend(token) {
      transfers.delete(token);
    },
  };
}

/** Reports whether a token request asks for a session transfer token of the provider at this host. */
export const asksForTransfer = (audience, host) =>
  /^urn:([^:]+)(:\d+)?:session_transfer$/.exec(audience ?? '')?.[1] === host;
