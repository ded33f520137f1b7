// The KidsKonnect profile page, on its own origin, with the switch that opens MFA enrolment in a pop-up.
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import { hostile } from './hostile.mjs';
import { cookieSession } from './konnect.mjs';
import { MESSAGES } from './messages.mjs';
import { html, page } from './pages.mjs';

export function profileServer({ state, web, enrolment, issuer, origin, konnect, secret, attack }) {
  const app = new Koa();
  app.keys = [secret];
  app.use(cookieSession(app, state, 'profile'));
  app.use(bodyParser());
  app.use(async (ctx) => {
    if (ctx.path === '/callback') {
      const pending = ctx.session.pending;
      if (!pending) return page(ctx, 'Opnieuw', html`<h1>Probeer het opnieuw</h1>`, { status: 400 });
      ctx.session.sub = (await web.claims(ctx.href, pending.verifier, pending.key)).sub;
      ctx.session.pending = undefined;
      return ctx.redirect('/');
    }
    if (ctx.path === '/no-policy') return page(ctx, 'Vrij', html`<h1 id="free">Vrij</h1>`, { strict: false });
    if (ctx.path.startsWith('/hostile/')) return hostile(ctx, ctx.path.split('/')[2], attack);
    const account = state.bySub(ctx.session.sub);
    if (!account) {
      // The browser already has a session at the identity provider, so the user does not sign in again.
      const { url, state: key, verifier } = await web.authorize({ ui_locales: state.data.switches.language ?? 'nl' });
      ctx.session.pending = { key, verifier };
      return ctx.redirect(url);
    }
    if (ctx.path === '/mfa-status') {
      ctx.body = { enrolled: account.totp !== null };
      return undefined;
    }
    const lang = state.data.switches.language ?? 'nl';
    const t = MESSAGES[lang];
    const ticket = new URL(enrolment.issue(account, origin, lang), issuer).href;
    return page(
      ctx,
      t.profilePage,
      html`
      <h1>${t.profilePage}</h1><p class="soft">${account.username}</p>
      <h2>${t.safe}</h2><p>${t.safeText}</p>
      <div class="switch">
        <button id="mfa-switch" role="switch" aria-checked="${account.totp !== null}" ${account.totp ? 'disabled' : ''}>
          ${account.totp ? t.on : t.off}
        </button>
        <label for="mfa-switch">${t.activate}</label>
      </div>
      <p role="alert" id="blocked"></p><p role="status" id="done"></p>
      <label for="remark">${t.remark}</label><input type="text" id="remark">
      <div class="links"><a id="back" href="${konnect}/${account.tenant}/groep">${t.back}</a></div>`,
      {
        lang,
        script: `
          const $ = (id) => document.getElementById(id);
          const enrolled = () => $('mfa-switch').getAttribute('aria-checked') === 'true';
          let popup = null;
          $('mfa-switch').onclick = () => {
            $('blocked').textContent = '';
            popup = window.open(${JSON.stringify(ticket)}, 'mfa-setup', 'popup,width=520,height=760');
            if (!popup) {
              $('blocked').textContent = ${JSON.stringify(t.blocked)};
              return;
            }
            const timer = setInterval(() => {
              if (!popup.closed) return;
              clearInterval(timer);
              if (!enrolled()) $('blocked').textContent = ${JSON.stringify(t.stopped)};
            }, 300);
          };
          addEventListener('message', ({ origin, source, data }) => {
            if (origin !== ${JSON.stringify(new URL(issuer).origin)} || source !== popup || data.type !== 'mfa') return;
            $('blocked').textContent = '';
            $('mfa-switch').setAttribute('aria-checked', 'true');
            $('mfa-switch').textContent = ${JSON.stringify(t.on)};
            $('mfa-switch').disabled = true;
            $('done').textContent = ${JSON.stringify(t.done)};
          });`,
      },
    );
  });
  app.on('error', (error) => console.error('profile:', error.message));
  return app;
}
