// Every page of the stack: self-contained, calm, large enough for a finger. `html` escapes what is put into it.
import crypto from 'node:crypto';

const STYLE = `
:root{color-scheme:light;--ink:#243043;--soft:#5a6578;--line:#d8dee8;--brand:#0f6b6b;--warm:#fff6e9;--ok:#1d6b3c;--bad:#a32020}
*{box-sizing:border-box}
body{margin:0;font:18px/1.5 system-ui,"DejaVu Sans",sans-serif;color:var(--ink);background:#f3f6f8;min-height:100vh}
header.bar{display:flex;flex-wrap:wrap;gap:8px 20px;align-items:center;background:var(--brand);color:#fff;padding:12px 24px}
header.bar a,header.bar summary{color:#fff;text-decoration:none;padding:10px 12px;border-radius:10px;min-height:48px;display:inline-flex;align-items:center;cursor:pointer}
header.bar a:hover,header.bar summary:hover{background:#ffffff22}header.bar strong{font-size:1.15em;flex:1}
main{max-width:960px;margin:0 auto;padding:28px 24px}
main.card{max-width:520px;margin:32px auto;background:#fff;border-radius:20px;padding:32px;box-shadow:0 6px 30px #24304318}
h1{font-size:1.5em;line-height:1.25;margin:0 0 12px}h2{font-size:1.15em;margin:24px 0 8px}p{margin:0 0 14px}.soft{color:var(--soft)}
label{display:block;font-weight:600;margin:14px 0 6px}
input[type=text],input[type=password],input[type=email],textarea{width:100%;font:inherit;padding:12px 14px;border:2px solid var(--line);border-radius:12px;background:#fff;color:inherit}
textarea{min-height:110px}
button,a.button{display:inline-flex;justify-content:center;align-items:center;min-height:52px;padding:10px 22px;font:inherit;font-weight:600;border-radius:14px;border:2px solid var(--brand);background:var(--brand);color:#fff;text-decoration:none;cursor:pointer}
button.wide,a.wide{width:100%;margin-top:16px}button.plain,a.plain{background:#fff;color:var(--brand)}
:focus-visible{outline:3px solid #e29a2d;outline-offset:2px}
[role=alert]{background:#fdecec;color:var(--bad);border-radius:12px;padding:12px 14px}[role=alert]:empty{display:none}
[role=status]{background:#e8f5ec;color:var(--ok);border-radius:12px;padding:12px 14px}[role=status]:empty{display:none}
code.big{display:block;font:600 1.25em/1.6 "DejaVu Sans Mono",monospace;background:var(--warm);border-radius:12px;padding:12px 14px;word-break:break-all;text-align:center}
img.qr{display:block;width:240px;height:240px;margin:8px auto;image-rendering:pixelated}
ul.list{list-style:none;margin:0;padding:0;display:grid;gap:10px}ul.list li{background:#fff;border-radius:14px;padding:14px 18px;display:flex;gap:12px;align-items:center;justify-content:space-between}
.links{display:grid;gap:4px;margin-top:16px}.links a{display:inline-flex;align-items:center;min-height:48px;color:var(--brand)}
.switch{display:flex;align-items:center;gap:16px}.switch button{min-width:96px}
`;

/** Escapes unless it is markup already. */
export function html(strings, ...values) {
  const text = strings.reduce((all, part, i) => all + part + (i < values.length ? put(values[i]) : ''), '');
  return { markup: text };
}
function put(value) {
  if (value === undefined || value === null || value === false) return '';
  if (Array.isArray(value)) return value.map(put).join('');
  if (typeof value === 'object' && 'markup' in value) return value.markup;
  return String(value).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/**
 * Answers with a page. `script` runs under a nonce.
 * A page that is not `strict` has no content security policy, as a careless supplier's would.
 * @param {import('koa').Context} ctx
 */
export function page(
  ctx,
  title,
  body,
  { script = '', card = true, lang = 'nl', status = 200, bar = null, strict = true } = {},
) {
  const nonce = crypto.randomBytes(12).toString('base64');
  ctx.status = status;
  ctx.type = 'html';
  ctx.set('cache-control', 'no-store');
  ctx.set('referrer-policy', 'same-origin');
  if (strict)
    ctx.set(
      'content-security-policy',
      `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; img-src data:; frame-src 'self'; connect-src 'self'; base-uri 'none'`,
    );
  ctx.body =
    html`<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title><style nonce="${nonce}">${{ markup: STYLE }}</style></head><body>${bar}<main class="${card ? 'card' : ''}">${body}</main>${script ? html`<script nonce="${nonce}">${{ markup: script }}</script>` : ''}</body></html>`.markup;
}
