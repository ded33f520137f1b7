// A Konnect look-alike: the portal of an organisation, the group view, and the page of the application manager.
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import session from 'koa-session';
import { hostile } from './hostile.mjs';
import { MESSAGES } from './messages.mjs';
import { html, page } from './pages.mjs';

const MONTH = 30 * 24 * 3600 * 1000;
const CHILDREN = ['Noor', 'Sem', 'Lotte', 'Daan', 'Yara', 'Finn'];

/** Web sessions in the state file, so they survive a restart. */
export function cookieSession(app, state, key) {
  const store = {
    get: (id) => state.data.web[id],
    set: (id, value) => {
      state.data.web[id] = value;
      state.save();
    },
    destroy: (id) => {
      delete state.data.web[id];
      state.save();
    },
  };
  return session({ key, maxAge: MONTH, rolling: true, store, sameSite: 'lax' }, app);
}

export function konnectServer({ state, web, profileLink, secret, attack }) {
  const app = new Koa();
  app.keys = [secret];
  app.use(cookieSession(app, state, 'konnect'));
  app.use(bodyParser());

  const bar = (tenant, account, t = MESSAGES.nl) =>
    html`<header class="bar">
      <strong>${state.data.tenants[tenant].name}</strong>
      <details id="menu">
        <summary>${t.mine}</summary>
        <a id="my-profile" href="/${tenant}/profiel">${t.profile}</a>
        <a id="list" href="/${tenant}/lijst">${t.keep}</a>
      </details>
      ${account.manager ? html`<a href="/${tenant}/beheer">${t.manage}</a>` : ''}
      <a id="logout" href="/${tenant}/uitloggen">${t.signOut}</a>
    </header>`;

  async function signIn(ctx, tenant) {
    const { url, state: key, verifier } = await web.authorize({ ui_locales: state.data.switches.language ?? 'nl' });
    ctx.session.pending = { key, verifier, tenant, to: ctx.url };
    ctx.redirect(url);
  }

  function group(ctx, tenant, account) {
    const lang = state.data.switches.language ?? 'nl';
    const t = MESSAGES[lang];
    page(
      ctx,
      `${t.group} ${account.group ?? ''}`.trim(),
      html`
      <h1 id="group">${t.group} ${account.group ?? t.overview}</h1>
      <p class="soft">${state.data.tenants[tenant].name} · ${t.signedIn} ${account.username}</p>
      <h2>${t.children}</h2>
      <ul class="list">${CHILDREN.map(
        (name) =>
          html`<li><span>${name}</span><button class="plain child" aria-pressed="false">${t.absent}</button></li>`,
      )}</ul>
      <h2>${t.note}</h2><label for="note">${t.noteFor}</label><textarea id="note"></textarea>
      <h2>${t.more}</h2>
      <div class="links">
        <a id="outside" href="https://example.org/">${t.outside}</a>
        <a id="blank" target="_blank" href="https://example.org/">${t.outsideNew}</a>
        <a id="inside-blank" target="_blank" href="/${tenant}/info">${t.insideNew}</a>
      </div>
      <label for="photo">${t.photo}</label><input type="file" id="photo" accept="image/*">`,
      {
        lang,
        card: false,
        bar: bar(tenant, account, t),
        script: `
          document.querySelectorAll('.child').forEach((button) => {
            button.onclick = () => {
              const present = button.getAttribute('aria-pressed') !== 'true';
              button.setAttribute('aria-pressed', present);
              button.textContent = present ? ${JSON.stringify(t.present)} : ${JSON.stringify(t.absent)};
              button.classList.toggle('plain', !present);
            };
          });`,
      },
    );
  }

  function manage(ctx, tenant, account) {
    if (!account.manager)
      return page(ctx, 'Geen toegang', html`<h1>Geen toegang</h1><p>Alleen de applicatiebeheerder kan dit.</p>`, {
        status: 403,
      });
    const form = ctx.request.body ?? {};
    const other = state.data.accounts.find(
      (a) => a.username === (ctx.query.account ?? form.account) && a.tenant === tenant,
    );
    if (ctx.method === 'POST') {
      if (form.do === 'reset' && other) Object.assign(other, { totp: null, recovery: null });
      if (form.do === 'mandatory') state.data.tenants[tenant].mfaMandatory = form.on === 'yes';
      state.save();
    }
    if (other) {
      return page(
        ctx,
        'Inloggegevens',
        html`<h1>${other.username}</h1><h2>Inloggegevens</h2>
          <p>MFA: <strong id="mfa">${other.totp ? 'ingesteld' : 'niet ingesteld'}</strong></p>
          <details id="actions">
            <summary class="button">Acties</summary>
            <form method="post" action="/${tenant}/beheer">
              <input type="hidden" name="account" value="${other.username}">
              <button name="do" value="reset" id="reset-mfa">Reset MFA</button>
            </form>
          </details>
          <div class="links"><a href="/${tenant}/beheer">Terug naar overzicht</a></div>`,
        { bar: bar(tenant, account) },
      );
    }
    const mandatory = state.data.tenants[tenant].mfaMandatory;
    return page(
      ctx,
      'Beheer medewerkers',
      html`<h1>Beheer medewerkers</h1>
        <ul class="list">${state.data.accounts
          .filter((a) => a.tenant === tenant)
          .map(
            ({ username }) => html`<li>
              <span>${username}</span>
              <a class="button plain" href="/${tenant}/beheer?account=${username}">Openen</a>
            </li>`,
          )}</ul>
        <form method="post">
          <input type="hidden" name="on" value="${mandatory ? 'no' : 'yes'}">
          <button class="wide plain" name="do" value="mandatory" id="mandatory">
            MFA verplicht: ${mandatory ? 'aan' : 'uit'}
          </button>
        </form>`,
      { card: false, bar: bar(tenant, account) },
    );
  }

  app.use(async (ctx) => {
    const [, tenant, what = '', part = ''] = ctx.path.split('/');
    if (ctx.path === '/callback') {
      const pending = ctx.session.pending;
      const claims = pending && (await web.claims(ctx.href, pending.verifier, pending.key).catch(() => null));
      if (!claims)
        return page(
          ctx,
          'Opnieuw',
          html`<h1>Inloggen is niet gelukt</h1>
            <a class="button wide" href="${pending?.to ?? '/'}">Probeer het opnieuw</a>`,
          { status: 400 },
        );
      ctx.session.pending = undefined;
      ctx.session.sub = claims.sub;
      return ctx.redirect(pending.to);
    }
    if (!Object.hasOwn(state.data.tenants, tenant ?? ''))
      return page(
        ctx,
        'Niet gevonden',
        html`<h1>Deze organisatie bestaat niet</h1><p>Controleer de naam van je opvang.</p>`,
        { status: 404 },
      );
    if (what === '')
      return page(
        ctx,
        'Inloggen',
        html`<h1>${state.data.tenants[tenant].name}</h1>
          <a class="button wide" href="/${tenant}/groep">Inlog medewerker</a>
          <a class="button plain wide" href="/${tenant}/ouder">Inlog ouder</a>`,
      );
    if (what === 'ouder')
      return page(ctx, 'Ouders', html`<h1>Inlog ouder</h1><p>Deze inlog is er alleen voor ouders.</p>`);
    if (what === 'info')
      return page(ctx, 'Informatie', html`<h1>Informatie</h1><p>Dit is een pagina in een nieuw venster.</p>`);
    if (what === 'no-policy') {
      const child = `${profileLink}no-policy`;
      return page(
        ctx,
        'Vrij',
        html`<h1>Vrij</h1><iframe id="frame" src="${child}"></iframe><button id="open">Open</button>`,
        {
          strict: false,
          script: `
            document.getElementById('open').onclick = () => window.open(${JSON.stringify(child)}, 'free', 'popup');`,
        },
      );
    }
    if (what === 'hostile') return hostile(ctx, part, attack);
    const account = state.bySub(ctx.session.sub);
    if (!account) return signIn(ctx, tenant);
    if (what === 'uitloggen') {
      ctx.session = null;
      return ctx.redirect(await web.endSession({}));
    }
    if (account.tenant !== tenant)
      return page(
        ctx,
        'Geen toegang',
        html`<h1>Dit account hoort bij een andere organisatie</h1><p>Je bent ingelogd als ${account.username}.</p>`,
        { status: 403 },
      );
    if (what === 'groep') return group(ctx, tenant, account);
    if (what === 'lijst') {
      ctx.attachment('lijst.csv');
      ctx.body = 'naam;aanwezig\nNoor;ja\n';
      return;
    }
    if (what === 'profiel') return ctx.redirect(profileLink);
    if (what === 'beheer') return manage(ctx, tenant, account);
    return page(ctx, 'Niet gevonden', html`<h1>Deze pagina bestaat niet</h1>`, { status: 404 });
  });
  app.on('error', (error) => console.error('konnect:', error.message));
  return app;
}
