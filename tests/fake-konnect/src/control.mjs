// What a test says to the stack, and what it may see of it.
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import { clock } from './clock.mjs';
import { faults } from './faults.mjs';
import { html, page } from './pages.mjs';

export function controlServer({ state, servers, rotateKeys }) {
  const app = new Koa();
  const { data } = state;
  const calls = {
    '/clock': ({ advance, offset }) => {
      clock.offset = offset ?? clock.offset + (advance ?? 0);
    },
    '/faults': async (wanted) => {
      Object.assign(faults, wanted);
      for (const [name, server] of Object.entries(servers))
        await (faults.down.includes(name) ? server.stop() : server.start());
    },
    '/keys/rotate': () => rotateKeys(),
    '/leeway': ({ seconds }) => {
      data.switches.leeway = seconds;
    },
    '/transfer': ({ mode }) => {
      data.switches.transfer = mode;
    },
    '/iss': ({ on }) => {
      data.switches.iss = on;
    },
    '/web/end': () => {
      data.web = {};
    },
    '/language': ({ language }) => {
      data.switches.language = language;
    },
    '/enrol-in-popup': ({ on }) => {
      data.switches.enrolInPopup = on;
    },
    '/mfa': ({ tenant, mandatory }) => {
      data.tenants[tenant].mfaMandatory = mandatory;
    },
    '/mfa/reset': ({ username }) => Object.assign(state.account(username), { totp: null, recovery: null }),
    '/revoke': ({ username }) => {
      const { sub } = state.account(username);
      for (const [key, entry] of Object.entries(data.oidc))
        if (key.startsWith('RefreshToken:') && entry.payload.accountId === sub) delete data.oidc[key];
    },
    '/reset': async () => {
      state.reset();
      clock.offset = 0;
      Object.assign(faults, {
        latency_ms: 0,
        token: null,
        cut: null,
        down: [],
        broken: [],
        html200: [],
        portal: false,
      });
      for (const server of Object.values(servers)) await server.start();
    },
  };
  app.use(bodyParser());
  app.use(async (ctx) => {
    const call = ctx.method === 'POST' && calls[ctx.path];
    if (call) {
      await call(ctx.request.body ?? {});
      state.save();
      ctx.body = { ok: true };
      return;
    }
    const live = (sub) =>
      Object.entries(data.oidc).filter(
        ([key, e]) =>
          key.startsWith('RefreshToken:') &&
          e.payload.accountId === sub &&
          !e.payload.consumed &&
          e.expires > clock.now(),
      ).length;
    switch (ctx.path) {
      case '/state': {
        const accounts = data.accounts.map(({ password, ...a }) => ({ ...a, live_refresh_tokens: live(a.sub) }));
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
          html`<h1>Postvak</h1><ul class="list">${data.outbox.map((mail) => html`<li><span>${mail.subject}<br><span class="soft">${mail.to}</span></span><a class="button plain" href="${mail.link}">Open</a></li>`)}</ul>`,
        );
        return;
      default:
        ctx.status = 404;
    }
  });
  app.on('error', (error) => console.error('control:', error.message));
  return app;
}
