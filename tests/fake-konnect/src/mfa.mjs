// The second factor: one-time codes (RFC 6238), recovery codes, and the pages for enrolment.
import crypto from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import QRCode from 'qrcode';
import { MESSAGES } from './messages.mjs';
import { html, page } from './pages.mjs';

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

export const newSecret = () => new Secret({ size: 20 }).base32;

export function newRecovery() {
  const letters = Array.from(crypto.randomBytes(16), (b) => LETTERS[b % LETTERS.length]).join('');
  return letters.match(/.{4}/g).join('-');
}

function totp(account, secret) {
  return new TOTP({ issuer: 'KidsKonnect', label: account.username, secret: Secret.fromBase32(secret) });
}

/** Checks a one-time code. The codes of the time steps before and after this one pass too. */
export const codeFits = (account, secret, code) =>
  totp(account, secret).validate({ token: String(code ?? '').replace(/\s/g, ''), window: 1, timestamp: Date.now() }) !==
  null;

/** The enrolment page: a QR code or the secret to copy, and a field for the first one-time code. */
export async function enrolPage(ctx, account, secret, action, { error = '', lang = 'nl' } = {}) {
  const t = MESSAGES[lang];
  const qr = await QRCode.toDataURL(totp(account, secret).toString(), { margin: 2, scale: 6 });
  page(
    ctx,
    'Secure Your Account',
    html`
    <h1>${t.secure}</h1>
    <p>${t.scan}</p>
    <div id="qr-part">
      <img class="qr" id="qr" src="${qr}" alt="${t.qr}">
      <div class="links"><a href="#" id="trouble">Trouble Scanning?</a></div>
    </div>
    <div id="code-part" hidden>
      <p>${t.copyThis}</p><code class="big" id="secret">${secret}</code>
      <button type="button" class="plain wide" id="copy">${t.copy}</button><p role="status" id="copied"></p>
    </div>
    <p role="alert">${error}</p>
    <form method="post" action="${action}">
      <label for="code">${t.oneTime}</label>
        <input type="text" id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required>
      <button class="wide" id="continue">${t.next}</button>
    </form>`,
    {
      lang,
      script: `
        const $ = (id) => document.getElementById(id);
        $('trouble').onclick = (event) => {
          event.preventDefault();
          $('qr-part').hidden = true;
          $('code-part').hidden = false;
        };
        $('copy').onclick = () => {
          const range = document.createRange();
          range.selectNodeContents($('secret'));
          getSelection().removeAllRanges();
          getSelection().addRange(range);
          let copied = false;
          try {
            copied = document.execCommand('copy');
          } catch {
            // The page says that it was not copied.
          }
          $('copied').textContent = copied ? ${JSON.stringify(t.copied)} : ${JSON.stringify(t.notCopied)};
        };`,
    },
  );
}

/** The page that shows a new recovery code, after enrolment or after the previous code was used. */
export function recoveryPage(ctx, code, action, { used = false, lang = 'nl' } = {}) {
  const t = MESSAGES[lang];
  page(
    ctx,
    t.recovery,
    html`
    <h1>${t.recoveryTitle}</h1><p>${used ? t.recoveryUsed : t.recoveryText}</p>
    <code class="big" id="recovery">${code}</code>
    <form method="post" action="${action}">
      <label><input type="checkbox" id="saved" name="saved" value="yes" required> ${t.saved}</label>
      <button class="wide" id="continue">${t.next}</button>
    </form>`,
    { lang },
  );
}

/** MFA enrolment in a pop-up of another page: `/mfa/enrol?ticket=…` at the identity provider. */
export function enrolmentTickets(state) {
  const tickets = new Map();
  return {
    /** Returns the path of an enrolment page, which reports its result to its opener at `origin`. */
    issue(account, origin, lang) {
      const ticket = crypto.randomUUID();
      tickets.set(ticket, { sub: account.sub, origin, lang, secret: newSecret(), recovery: null });
      return `/mfa/enrol?ticket=${ticket}`;
    },
    async serve(ctx) {
      const ticket = tickets.get(ctx.query.ticket);
      const account = ticket && state.bySub(ticket.sub);
      if (!account)
        return page(ctx, 'Verlopen', html`<h1>Deze pagina is verlopen</h1><p>Sluit dit venster en begin opnieuw.</p>`, {
          status: 410,
        });
      const { lang } = ticket;
      const t = MESSAGES[lang];
      if (ctx.method === 'GET') return enrolPage(ctx, account, ticket.secret, ctx.url, { lang });
      const form = ctx.request.body;
      if (ticket.recovery && form.saved) {
        tickets.delete(ctx.query.ticket);
        const message = JSON.stringify({ type: 'mfa', result: 'enrolled' });
        return page(ctx, t.done, html`<h1>${t.done}</h1><p>${t.closes}</p>`, {
          lang,
          script: `window.opener?.postMessage(${message}, ${JSON.stringify(ticket.origin)}); window.close();`,
        });
      }
      if (ticket.recovery || !codeFits(account, ticket.secret, form.code))
        return enrolPage(ctx, account, ticket.secret, ctx.url, { error: t.wrong, lang });
      ticket.recovery = newRecovery();
      Object.assign(account, { totp: ticket.secret, recovery: ticket.recovery });
      state.save();
      return recoveryPage(ctx, ticket.recovery, ctx.url, { lang });
    },
  };
}
