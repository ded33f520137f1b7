// The KidsKonnect profile page, on an origin of its own: the switch that sets MFA up in a pop-up.
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import { cookieSession } from './konnect.mjs';
import { html, page } from './pages.mjs';

export function profileServer({ state, web, enrolment, issuer, origin, konnect, secret }) {
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
    if (ctx.path === '/vrij') return page(ctx, 'Vrij', html`<h1 id="free">Vrij</h1>`, { strict: false });
    const account = state.bySub(ctx.session.sub);
    if (!account) {
      // The identity server knows this browser already, so nobody has to sign in again.
      const { url, state: key, verifier } = await web.authorize();
      ctx.session.pending = { key, verifier };
      return ctx.redirect(url);
    }
    if (ctx.path === '/mfa-status') {
      ctx.body = { enrolled: account.totp !== null };
      return undefined;
    }
    const ticket = new URL(enrolment.issue(account, origin), issuer).href;
    return page(ctx, 'KidsKonnect Profielpagina', html`
      <h1>KidsKonnect Profielpagina</h1><p class="soft">${account.username}</p>
      <h2>Veilig inloggen</h2><p>Met MFA log je in met je wachtwoord en een code van je telefoon of tablet.</p>
      <div class="switch"><button id="mfa-switch" role="switch" aria-checked="${account.totp !== null}" ${account.totp ? 'disabled' : ''}>${account.totp ? 'Aan' : 'Uit'}</button><label for="mfa-switch">MFA activeren</label></div>
      <p role="alert" id="blocked"></p><p role="status" id="done"></p>
      <label for="remark">Opmerking</label><input type="text" id="remark">
      <div class="links"><a id="back" href="${konnect}/${account.tenant}/groep">Terug naar de groep</a></div>`, {
      script: `
      const $=(id)=>document.getElementById(id);let popup=null;
      $('mfa-switch').onclick=()=>{$('blocked').textContent='';popup=window.open(${JSON.stringify(ticket)},'mfa-setup','popup,width=520,height=760');
        if(!popup){$('blocked').textContent='Pop-ups zijn geblokkeerd';return}
        const timer=setInterval(()=>{if(popup.closed){clearInterval(timer);if($('mfa-switch').getAttribute('aria-checked')!=='true')$('blocked').textContent='Het instellen is gestopt.'}},300)};
      addEventListener('message',(e)=>{if(e.origin!==${JSON.stringify(new URL(issuer).origin)}||e.source!==popup||e.data.type!=='mfa')return;$('mfa-switch').setAttribute('aria-checked','true');$('mfa-switch').textContent='Aan';$('mfa-switch').disabled=true;$('done').textContent='MFA is ingesteld!'});` });
  });
  app.on('error', (error) => console.error('profile:', error.message));
  return app;
}
