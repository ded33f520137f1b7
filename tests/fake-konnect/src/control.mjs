// The control server, for tests only: POST changes what the other servers do, GET shows what they did. The tests of
// crates/session, crates/provision, tests/e2e and ui call these paths.
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import { clock } from './clock.mjs';
import { clearFaults, faults } from './faults.mjs';
import { html, page } from './pages.mjs';
import { countLive, revokeAccount } from './refresh-tokens.mjs';

export function controlServer({ state, servers, rotateKeys }) {
  const app = new Koa();
  const { data } = state;
  const commands = {
    /** Moves the clock: by `advance` seconds, or to `offset` seconds ahead of the real one. */
    '/clock': ({ advance, offset }) => {
      clock.offset = offset ?? clock.offset + (advance ?? 0);
    },
    /** Switches faults on and off; see faults.mjs. A server in `down` refuses connections. */
    '/faults': async (wanted) => {
      Object.assign(faults, wanted);
      for (const [name, server] of Object.entries(servers))
        await (faults.down.includes(name) ? server.stop() : server.start());
    },
    /** A new signing key comes first in the key set; the one before it stays published. */
    '/keys/rotate': () => rotateKeys(),
    /** For how many seconds a consumed refresh token may be reused. Zero at the start. */
    '/leeway': ({ seconds }) => {
      data.switches.leeway = seconds;
    },
    /** Session transfer: `on`, `refuse` (403), or `ignore` (answered as an ordinary refresh). */
    '/transfer': ({ mode }) => {
      data.switches.transfer = mode;
    },
    /** Whether the authorization response carries `iss` (RFC 9207). */
    '/iss': ({ on }) => {
      data.switches.iss = on;
    },
    /** Ends the web sessions at Konnect and at the profile page. */
    '/web/end': () => {
      data.web = {};
    },
    '/language': ({ language }) => {
      data.switches.language = language;
    },
    /** Whether MFA is set up in a pop-up of the sign-in page. */
    '/enrol-in-popup': ({ on }) => {
      data.switches.enrolInPopup = on;
    },
    /** Whether an organisation requires MFA. */
    '/mfa': ({ tenant, mandatory }) => {
      data.tenants[tenant].mfaMandatory = mandatory;
    },
    '/mfa/reset': ({ username }) => Object.assign(state.account(username), { totp: null, recovery: null }),
    /** Revokes every refresh token of an account. */
    '/revoke': ({ username }) => revokeAccount(data.oidc, state.account(username).sub),
    /** Forgets everything: accounts, sessions and tokens are as at the start, and no fault is on. */
    '/reset': async () => {
      state.reset();
      clock.offset = 0;
      clearFaults();
      for (const server of Object.values(servers)) await server.start();
    },
  };
  app.use(bodyParser());
  app.use(async (ctx) => {
    const command = ctx.method === 'POST' && commands[ctx.path];
    if (command) {
      await command(ctx.request.body ?? {});
      state.save();
      ctx.body = { ok: true };
      return;
    }
    switch (ctx.path) {
      case '/state': {
        const accounts = data.accounts.map(({ password, ...account }) => ({
          ...account,
          live_refresh_tokens: countLive(data.oidc, account.sub),
        }));
        ctx.body = {
          clock_offset: clock.offset,
          faults,
          switches: data.switches,
          counts: data.counts,
          accounts,
          issued: data.issued,
        };
        return;
      }
      case '/accounts':
        ctx.body = data.accounts;
        return;
      case '/outbox.json':
        ctx.body = data.outbox;
        return;
      case '/outbox':
        page(
          ctx,
          'Postvak',
          html`<h1>Postvak</h1><ul class="list">${data.outbox.map(
            (mail) => html`<li>
              <span>${mail.subject}<br><span class="soft">${mail.to}</span></span>
              <a class="button plain" href="${mail.link}">Open</a>
            </li>`,
          )}</ul>`,
        );
        return;
      default:
        ctx.status = 404;
    }
  });
  app.on('error', (error) => console.error('control:', error.message));
  return app;
}
