// The identity provider: oidc-provider made to look like Auth0. Refresh tokens: refresh-tokens.mjs.
import crypto from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import bodyParser from 'koa-bodyparser';
import Provider, { interactionPolicy } from 'oidc-provider';
import { adapterFor } from './adapter.mjs';
import { interactions } from './interactions.mjs';
import { html, page } from './pages.mjs';
import { IDLE_LIFETIME, rotateRefreshToken } from './refresh-tokens.mjs';
import { asksForTransfer, sessionTransfers } from './session-transfer.mjs';

const DAY = 24 * 3600;
/** The client id of the app. */
export const NATIVE_CLIENT_ID = 'konnect-groep-development';

/** Returns a new signing key as a private JWK. */
export async function newKey() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: crypto.randomUUID() };
}

/**
 * @param {{
 *   issuer: string, webRedirect: string, profileRedirect: string, webSecret: string,
 *   state: any, enrolment: any, upstream: any,
 * }} options
 */
export function identityProvider({ issuer, webRedirect, profileRedirect, webSecret, state, enrolment, upstream }) {
  const transfers = sessionTransfers();
  const policy = interactionPolicy.base();
  // oidc-provider asks for consent for every native client. Auth0 does not for an application of the tenant's own.
  policy.get('consent').checks.remove('native_client_prompt');
  // If the browser has a session of another account than the transfer token's, then neither counts and the user signs
  // in, as at Auth0.
  policy.get('login').checks.add(
    new interactionPolicy.Check('transfer_of_another', 'another person is signed in', (ctx) => {
      const transfer = transfers.presented(ctx, ctx.oidc.params);
      const { accountId } = ctx.oidc.session;
      if (!transfer || !accountId || transfer.sub === accountId || ctx.oidc.result?.login)
        return interactionPolicy.Check.NO_NEED_TO_PROMPT;
      transfers.spend(transfer.token);
      return interactionPolicy.Check.REQUEST_PROMPT;
    }),
  );

  const grants = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'];
  const plain =
    (title, body) =>
    async (ctx, ...rest) =>
      page(ctx, title, body(ctx, ...rest));
  const provider = new Provider(issuer, {
    adapter: adapterFor(state, 'oidc'),
    jwks: { keys: state.data.keys },
    clients: [
      {
        client_id: NATIVE_CLIENT_ID,
        client_name: 'Konnect Groep',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: grants,
        response_types: ['code'],
        redirect_uris: ['nl.kidskonnect.groep:/callback', 'http://127.0.0.1/callback'],
        post_logout_redirect_uris: ['nl.kidskonnect.groep:/signed-out'],
      },
      {
        client_id: 'konnect-web',
        client_name: 'Konnect',
        client_secret: webSecret,
        redirect_uris: [webRedirect],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
      {
        client_id: 'konnect-profile',
        client_name: 'KidsKonnect Profielpagina',
        client_secret: webSecret,
        redirect_uris: [profileRedirect],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    pkce: { required: () => true },
    scopes: ['openid', 'profile', 'offline_access'],
    claims: { openid: ['sub'], profile: ['name', 'nickname'] },
    conformIdTokenClaims: false,
    findAccount: (ctx, sub) => {
      const account = state.bySub(sub);
      return (
        account && {
          accountId: sub,
          claims: () => ({
            sub,
            name: account.group ? `Groep ${account.group}` : account.username,
            nickname: account.username,
          }),
        }
      );
    },
    extraParams: ['audience', 'organization', 'connection', 'session_transfer_token'],
    rotateRefreshToken,
    issueRefreshToken: (ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => false,
    ttl: {
      AccessToken: 3600,
      AuthorizationCode: 60,
      DeviceCode: 600,
      Grant: 4000 * DAY,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: IDLE_LIFETIME,
      Session: 3 * DAY,
    },
    // There is no consent page: who may sign in may use the app. If the grant of the browser's session was revoked
    // after a reuse, the next sign-in creates a new one.
    async loadExistingGrant(ctx) {
      const id = ctx.oidc.result?.consent?.grantId ?? ctx.oidc.session.grantIdFor(ctx.oidc.client.clientId);
      const known = id && (await ctx.oidc.provider.Grant.find(id));
      if (known) return known;
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid profile offline_access');
      await grant.save();
      return grant;
    },
    interactions: { policy, url: (ctx, interaction) => `/u/${interaction.uid}` },
    routes: {
      authorization: '/authorize',
      token: '/oauth/token',
      revocation: '/oauth/revoke',
      device_authorization: '/oauth/device/code',
      code_verification: '/activate',
      end_session: '/oidc/logout',
      jwks: '/.well-known/jwks.json',
      userinfo: '/userinfo',
    },
    features: {
      devInteractions: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      revocation: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx, form) =>
          page(
            ctx,
            'Uitloggen',
            html`<h1>Uitloggen</h1><p>Wil je uitloggen?</p>${{ markup: form }}
              <button class="wide" form="op.logoutForm" name="logout" value="yes" id="yes">Ja, uitloggen</button>
              <button class="wide plain" form="op.logoutForm">Nee</button>`,
          ),
        postLogoutSuccessSource: plain(
          'Uitgelogd',
          () => html`<h1>Je bent uitgelogd</h1><p>Je kunt dit venster sluiten.</p>`,
        ),
      },
      deviceFlow: {
        enabled: true,
        charset: 'base-20',
        mask: '****-****',
        userCodeInputSource: async (ctx, form, out, error) =>
          page(
            ctx,
            'Code invullen',
            html`<h1>Vul de code van je tablet in</h1>
              <p role="alert">${error ? 'Deze code klopt niet of is verlopen.' : ''}</p>${{ markup: form }}
              <button class="wide" type="submit" form="op.deviceInputForm" id="go">Ga verder</button>`,
          ),
        userCodeConfirmSource: async (ctx, form, client, device, code) =>
          page(
            ctx,
            'Code controleren',
            html`<h1>Staat deze code op je tablet?</h1><code class="big">${code}</code>${{ markup: form }}
              <button class="wide" type="submit" form="op.deviceConfirmForm" id="confirm">Ja, inloggen op de tablet</button>
              <button class="wide plain" type="submit" form="op.deviceConfirmForm" name="abort" value="yes" id="abort">
                Nee
              </button>`,
          ),
        successSource: plain(
          'Gelukt',
          () => html`<h1>Gelukt</h1><p>Je tablet logt nu vanzelf in. Je kunt dit venster sluiten.</p>`,
        ),
      },
    },
    renderError: async (ctx, out) =>
      page(
        ctx,
        'Er ging iets mis',
        html`<h1>Er ging iets mis</h1><p class="soft">${out.error}: ${out.error_description}</p>`,
        { status: ctx.status },
      ),
    cookies: { keys: [webSecret] },
  });
  // oidc-provider revokes a grant when it detects the reuse of a refresh token.
  provider.on('grant.revoked', () => {
    state.data.counts.reuse += 1;
  });
  provider.on('server_error', (ctx, error) => console.error('identity provider:', error.message));

  provider.use(async (ctx, next) => {
    // Auth0 leaves `iss` out of the authorization response unless the tenant asks for it (RFC 9207).
    await next();
    if (!state.data.switches.iss) {
      if (ctx.path === '/.well-known/openid-configuration' && ctx.body)
        delete ctx.body.authorization_response_iss_parameter_supported;
      const location = ctx.response.get('location');
      if (location && /[?&]iss=/.test(location))
        ctx.set('location', location.replace(/([?&])iss=[^&]*&?/, '$1').replace(/[?&]$/, ''));
    }
    const code = /[?&]code=([^&]+)/.exec(ctx.response.get('location') ?? '');
    if (code) {
      state.data.issued.code.push(code[1]);
      state.save();
    }
  });

  // The token endpoint, once oidc-provider has answered: session transfer, Auth0's form of `invalid_grant`, and the
  // list of everything that was issued.
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path !== '/oauth/token') return;
    const request = ctx.oidc?.body ?? {};
    if (ctx.status === 200 && request.grant_type === 'refresh_token') {
      state.data.counts.refreshes += 1;
      const asked = asksForTransfer(request.audience, new URL(issuer).hostname);
      if (asked && state.data.switches.transfer === 'on') {
        const transfer = transfers.issue(ctx.oidc.entities.Account.accountId);
        state.data.issued.transfer_token.push(transfer.access_token);
        ctx.body = { ...transfer, refresh_token: ctx.body.refresh_token, id_token: ctx.body.id_token };
      }
    }
    if (ctx.body?.error === 'invalid_grant' && request.grant_type === 'refresh_token') {
      ctx.status = 403;
      ctx.body = { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' };
    }
    for (const kind of ['access_token', 'refresh_token', 'id_token'])
      if (ctx.body?.[kind]) state.data.issued[kind].push(ctx.body[kind]);
    state.save();
  });

  // With the switch `transfer: refuse`, a session transfer is refused before oidc-provider sees the request, so that
  // the refusal rotates no refresh token.
  provider.use(async (ctx, next) => {
    if (ctx.path === '/oauth/token' && ctx.method === 'POST' && state.data.switches.transfer === 'refuse') {
      let text = '';
      for await (const part of ctx.req) text += part;
      // oidc-provider uses a body that was parsed before it.
      ctx.req.body = Object.fromEntries(new URLSearchParams(text));
      if (/session_transfer$/.test(ctx.req.body.audience ?? '')) {
        ctx.status = 403;
        ctx.body = { error: 'access_denied', error_description: 'Session transfer is not enabled for this client.' };
        return;
      }
    }
    await next();
  });

  const parse = bodyParser();
  const serve = interactions({ provider, state, enrolment, upstream, transfers, issuer });
  provider.use(async (ctx, next) => {
    if (ctx.path === '/mfa/enrol') return parse(ctx, () => enrolment.serve(ctx));
    if (ctx.path === '/reset' || ctx.path.startsWith('/u/') || ctx.path === '/upstream/callback')
      return parse(ctx, () => serve(ctx));
    return next();
  });
  return provider;
}
