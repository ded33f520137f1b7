// The organisation's own identity provider ("Microsoft"): a second oidc-provider, and the OpenID Connect client that
// the other servers use.
import bodyParser from 'koa-bodyparser';
import Provider from 'oidc-provider';
import * as client from 'openid-client';
import { adapterFor } from './adapter.mjs';
import { html, page } from './pages.mjs';

const USERS = { 'anna@regenboog.example': 'Anna-2026' };

export function upstreamServer({ issuer, redirect, secret, state, keys }) {
  const provider = new Provider(issuer, {
    adapter: adapterFor(state, 'upstream'),
    jwks: { keys },
    clients: [
      {
        client_id: 'kidskonnect',
        client_secret: secret,
        redirect_uris: [redirect],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    claims: { openid: ['sub'], email: ['email'] },
    conformIdTokenClaims: false,
    findAccount: (ctx, sub) => USERS[sub] && { accountId: sub, claims: () => ({ sub, email: sub }) },
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid email');
      await grant.save();
      return grant;
    },
    interactions: { url: (ctx, interaction) => `/u/${interaction.uid}` },
    features: { devInteractions: { enabled: false } },
    renderError: async (ctx, out) =>
      page(ctx, 'Er ging iets mis', html`<h1>Er ging iets mis</h1><p>${out.error}</p>`, { status: ctx.status }),
    cookies: { keys: [secret] },
  });
  const parse = bodyParser();
  provider.use((ctx, next) =>
    ctx.path.startsWith('/u/')
      ? parse(ctx, async () => {
          const details = await provider.interactionDetails(ctx.req, ctx.res);
          const { email, password } = ctx.request.body ?? {};
          if (ctx.method === 'POST' && USERS[email] && USERS[email] === password) {
            await provider.interactionFinished(
              ctx.req,
              ctx.res,
              { login: { accountId: email } },
              { mergeWithLastSubmission: false },
            );
            ctx.respond = false;
            return;
          }
          page(
            ctx,
            'Aanmelden bij je werkaccount',
            html`<h1>Aanmelden bij je werkaccount</h1>
              <p role="alert">${ctx.method === 'POST' ? 'Dat klopt niet.' : ''}</p>
              <form method="post" action="/u/${details.uid}">
                <label for="email">E-mailadres</label><input type="email" id="email" name="email" required>
                <label for="password">Wachtwoord</label><input type="password" id="password" name="password" required>
                <button class="wide" id="login">Aanmelden</button>
              </form>`,
          );
        })
      : next(),
  );
  return provider;
}

/** A confidential client of the provider at `issuer`. It fetches the metadata when it first needs it. */
export function webClient({ issuer, id, secret, redirect, scope }) {
  let configuration;
  const ready = async () =>
    (configuration ??= await client.discovery(new URL(issuer), id, secret, client.ClientSecretBasic(secret), {
      execute: [client.allowInsecureRequests],
    }));
  return {
    /** Returns the URL of an authorization request, with the `state` and the PKCE verifier that `claims` needs. */
    async authorize(extra = {}) {
      const verifier = client.randomPKCECodeVerifier();
      const state = client.randomState();
      const url = client.buildAuthorizationUrl(await ready(), {
        redirect_uri: redirect,
        scope,
        state,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...extra,
      });
      return { url: url.href, state, verifier };
    },
    /** Exchanges the code in a callback and returns the claims of the ID token. Throws if anything does not match. */
    async claims(callback, verifier, state) {
      const tokens = await client.authorizationCodeGrant(await ready(), new URL(callback), {
        pkceCodeVerifier: verifier,
        expectedState: state,
        idTokenExpected: true,
      });
      return tokens.claims();
    },
    async email(callback, verifier, state) {
      return (await this.claims(callback, verifier, state)).email;
    },
    async endSession(extra) {
      return client.buildEndSessionUrl(await ready(), extra).href;
    },
  };
}
