// The pages between the authorization request and the code: password, the organisation's own provider, one-time code,
// recovery code, MFA enrolment, and a new password by e-mail.
import crypto from 'node:crypto';
import { SIGN_IN_MESSAGES } from './messages.mjs';
import { codeFits, enrolPage, newRecovery, newSecret, recoveryPage } from './mfa.mjs';
import { html, page } from './pages.mjs';

export function interactions({ provider, state, enrolment, upstream, transfers, issuer }) {
  /** Each sign-in in progress, by the id of its interaction: who signs in, and by which methods so far (`amr`). */
  const steps = new Map();
  /** Password resets by the ticket in their e-mail. */
  const resets = new Map();
  /** Sign-ins at the organisation's own provider, by `state`. */
  const upstreams = new Map();

  const finish = (ctx, step) =>
    provider
      .interactionFinished(
        ctx.req,
        ctx.res,
        { login: { accountId: step.sub, amr: step.amr } },
        { mergeWithLastSubmission: false },
      )
      .then(() => {
        ctx.respond = false;
      });

  function loginPage(ctx, uid, t, lang, error = '') {
    page(
      ctx,
      t.title,
      html`
      <h1>KidsKonnect</h1><p class="soft">${t.title}</p><p role="alert">${error}</p>
      <form method="post" action="/u/${uid}"><label for="username">${t.user}</label>
        <input type="text" id="username" name="username" autocomplete="username" autocapitalize="none" required>
      <label for="password">${t.password}</label>
        <input type="password" id="password" name="password" autocomplete="current-password" required>
        <button class="wide" id="login">${t.go}</button></form>
      <div class="links"><a id="forgot" href="/u/${uid}/forgot">${t.forgot}</a></div>
        <a class="button plain wide" id="microsoft" href="/u/${uid}/microsoft">${t.microsoft}</a>`,
      { lang },
    );
  }

  function codePage(ctx, uid, t, lang, error = '') {
    page(
      ctx,
      t.code,
      html`<h1>${t.code}</h1><p role="alert">${error}</p><form method="post" action="/u/${uid}/code">
        <input type="text" id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required autofocus>
        <button class="wide" id="continue">${t.next}</button></form><div class="links">
        <a id="use-recovery" href="/u/${uid}/recovery">${t.recovery}</a></div>`,
      { lang },
    );
  }

  /** After the password: asks for the one-time code, or for MFA enrolment, or ends the sign-in. */
  async function secondFactor(ctx, uid, step, account, t, lang) {
    if (account.totp) return ctx.redirect(`/u/${uid}/code`);
    if (state.data.tenants[account.tenant].mfaMandatory && !account.upstream) return ctx.redirect(`/u/${uid}/enrol`);
    return finish(ctx, step);
  }

  async function atLogin(ctx, uid, details, t, lang) {
    const transfer = transfers.presented(ctx, details.params);
    if (transfer) {
      transfers.spend(transfer.token);
      return finish(ctx, { sub: transfer.sub, amr: ['stt'] });
    }
    if (ctx.method !== 'POST') return loginPage(ctx, uid, t, lang);
    const { username, password } = ctx.request.body;
    const account = state.account(String(username ?? '').trim());
    if (!account || account.password === null || account.password !== password)
      return loginPage(ctx, uid, t, lang, t.wrong);
    const step = { sub: account.sub, amr: ['pwd'] };
    steps.set(uid, step);
    return secondFactor(ctx, uid, step, account, t, lang);
  }

  async function enrol(ctx, uid, step, account, lang) {
    const here = `/u/${uid}/enrol`;
    if (state.data.switches.enrolInPopup) {
      if (account.totp) {
        step.amr.push('otp');
        return finish(ctx, step);
      }
      const address = enrolment.issue(account, new URL(issuer).origin, lang);
      return page(
        ctx,
        'MFA instellen',
        html`<h1>Stel MFA in</h1><p>Voor dit account is een tweede stap nodig.</p><p role="status" id="result"></p>
          <button class="wide" id="open">MFA instellen</button>`,
        {
          lang,
          script: `
            document.getElementById('open').onclick = () => {
              const popup = window.open(${JSON.stringify(address)}, 'mfa', 'popup,width=520,height=760');
              if (!popup) document.getElementById('result').textContent = 'Pop-ups zijn geblokkeerd';
            };
            addEventListener('message', ({ origin, data }) => {
              if (origin === location.origin && data.type === 'mfa') location.reload();
            });`,
        },
      );
    }
    step.secret ??= newSecret();
    if (ctx.method !== 'POST') return enrolPage(ctx, account, step.secret, here, { lang });
    if (step.recovery && ctx.request.body.saved) {
      step.amr.push('otp');
      return finish(ctx, step);
    }
    if (step.recovery || !codeFits(account, step.secret, ctx.request.body.code))
      return enrolPage(ctx, account, step.secret, here, { error: SIGN_IN_MESSAGES[lang].badCode, lang });
    step.recovery = newRecovery();
    Object.assign(account, { totp: step.secret, recovery: step.recovery });
    state.save();
    return recoveryPage(ctx, step.recovery, here, { lang });
  }

  async function recovery(ctx, uid, step, account, t, lang) {
    const here = `/u/${uid}/recovery`;
    const form = ctx.request.body ?? {};
    if (ctx.method === 'POST' && step.renewed && form.saved) {
      step.amr.push('rcv');
      return finish(ctx, step);
    }
    const right =
      ctx.method === 'POST' &&
      account.recovery &&
      String(form.recovery ?? '')
        .trim()
        .toUpperCase() === account.recovery;
    if (right) {
      // A recovery code works once. The page shows the one that replaces it.
      step.renewed = account.recovery = newRecovery();
      state.save();
      return recoveryPage(ctx, step.renewed, here, { lang, used: true });
    }
    page(
      ctx,
      t.recovery,
      html`<h1>${t.recovery}</h1><p role="alert">${ctx.method === 'POST' ? t.badCode : ''}</p>
        <form method="post" action="${here}"><label for="recovery-code">Herstelcode</label>
        <input type="text" id="recovery-code" name="recovery" autocomplete="off" required>
        <button class="wide" id="continue">${t.next}</button></form>`,
      { lang },
    );
  }

  function forgot(ctx, uid, lang) {
    if (ctx.method === 'POST') {
      const account = state.account(String(ctx.request.body.email ?? '').trim());
      // The answer is the same without an account, so the page does not reveal who has one.
      if (account && !account.upstream) {
        const ticket = crypto.randomUUID();
        resets.set(ticket, { sub: account.sub, uid });
        state.data.outbox.push({
          to: account.email,
          subject: 'Nieuw wachtwoord instellen',
          link: `${issuer}reset?ticket=${ticket}`,
        });
        state.save();
      }
      return page(
        ctx,
        'E-mail verstuurd',
        html`<h1>Kijk in je e-mail</h1>
          <p>We hebben een mail gestuurd. Daarmee kun je een nieuw wachtwoord instellen.</p>
          <a class="button wide" href="/u/${uid}">Terug naar inloggen</a>`,
        { lang },
      );
    }
    return page(
      ctx,
      'Wachtwoord vergeten',
      html`<h1>Wachtwoord vergeten</h1><form method="post" action="/u/${uid}/forgot">
        <label for="email">E-mailadres</label><input type="email" id="email" name="email" required>
        <button class="wide" id="send">Verstuur</button></form>`,
      { lang },
    );
  }

  function reset(ctx) {
    const ticket = resets.get(ctx.query.ticket);
    if (!ticket)
      return page(ctx, 'Verlopen', html`<h1>Deze link is verlopen</h1><p>Ga terug naar de app en begin opnieuw.</p>`, {
        status: 410,
      });
    if (ctx.method === 'POST' && String(ctx.request.body.password ?? '').length >= 8) {
      state.bySub(ticket.sub).password = ctx.request.body.password;
      resets.delete(ctx.query.ticket);
      state.save();
      return page(
        ctx,
        'Gelukt',
        html`<h1>Je wachtwoord is gewijzigd</h1>
          <a class="button wide" id="back" href="/u/${ticket.uid}">Terug naar inloggen</a>`,
      );
    }
    return page(
      ctx,
      'Nieuw wachtwoord',
      html`<h1>Kies een nieuw wachtwoord</h1><form method="post">
        <label for="password">Nieuw wachtwoord (minstens 8 tekens)</label>
        <input type="password" id="password" name="password" minlength="8" required>
        <button class="wide" id="save">Opslaan</button></form>`,
    );
  }

  return async function serve(ctx) {
    if (ctx.path === '/reset') return reset(ctx);
    if (ctx.path === '/upstream/callback') {
      const started = upstreams.get(ctx.query.state);
      if (!started)
        return page(
          ctx,
          'Verlopen',
          html`<h1>Deze aanmelding is verlopen</h1><p>Ga terug naar de app en begin opnieuw.</p>`,
          { status: 400 },
        );
      upstreams.delete(ctx.query.state);
      const email = await upstream.email(ctx.href, started.verifier, ctx.query.state);
      steps.set(started.uid, { email, amr: ['fed'] });
      // The cookie of the interaction has the path /u/{uid}, so only a page there can end the interaction.
      return ctx.redirect(`/u/${started.uid}/microsoft-done`);
    }
    const [, , uid, what] = ctx.path.split('/');
    let details;
    try {
      details = await provider.interactionDetails(ctx.req, ctx.res);
    } catch {
      return page(
        ctx,
        'Verlopen',
        html`<h1>Deze aanmelding is verlopen</h1><p>Ga terug naar de app en begin opnieuw.</p>`,
        { status: 410 },
      );
    }
    const lang = /\ben\b/.test(details.params.ui_locales ?? '') ? 'en' : 'nl';
    const t = SIGN_IN_MESSAGES[lang];
    if (!what) return atLogin(ctx, uid, details, t, lang);
    if (what === 'forgot') return forgot(ctx, uid, lang);
    if (what === 'microsoft') {
      const { url, state: key, verifier } = await upstream.authorize();
      upstreams.set(key, { uid, verifier });
      return ctx.redirect(url);
    }
    const step = steps.get(uid);
    if (!step) return ctx.redirect(`/u/${uid}`);
    if (what === 'microsoft-done') {
      const account = state.data.accounts.find((a) => a.email === step.email && a.upstream);
      if (!account)
        return loginPage(
          ctx,
          uid,
          t,
          lang,
          'Dit account hoort niet bij een medewerker. Een groepsaccount logt in met gebruikersnaam en wachtwoord.',
        );
      return finish(ctx, { sub: account.sub, amr: step.amr });
    }
    const account = state.bySub(step.sub);
    if (!account) return ctx.redirect(`/u/${uid}`);
    if (what === 'code' && account.totp) {
      if (ctx.method !== 'POST') return codePage(ctx, uid, t, lang);
      if (!codeFits(account, account.totp, ctx.request.body.code)) return codePage(ctx, uid, t, lang, t.badCode);
      step.amr.push('otp');
      return finish(ctx, step);
    }
    if (what === 'recovery' && (account.totp || step.renewed)) return recovery(ctx, uid, step, account, t, lang);
    if (what === 'enrol' && (!account.totp || step.recovery || state.data.switches.enrolInPopup))
      return enrol(ctx, uid, step, account, lang);
    return ctx.redirect(`/u/${uid}`);
  };
}
