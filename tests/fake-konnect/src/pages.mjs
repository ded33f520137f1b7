// The layout of every page: self-contained, with targets that are large enough for a finger.
import crypto from 'node:crypto';
import fs from 'node:fs';

const STYLE = fs.readFileSync(new URL('pages.css', import.meta.url), 'utf8');

/** A template tag for markup. It escapes each value, unless the value is the result of another `html`. */
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
 * Answers with a page. Its policy allows one inline script: `script`. If `strict` is false, the page has no content
 * security policy, as a supplier's page may have none.
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
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    'img-src data:',
    "frame-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
  ];
  if (strict) ctx.set('content-security-policy', policy.join('; '));
  const inline = script ? html`<script nonce="${nonce}">${{ markup: script }}</script>` : '';
  ctx.body = html`<!doctype html>
    <html lang="${lang}">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width,initial-scale=1">
        <title>${title}</title>
        <style nonce="${nonce}">${{ markup: STYLE }}</style>
      </head>
      <body>
        ${bar}
        <main class="${card ? 'card' : ''}">${body}</main>
        ${inline}
      </body>
    </html>`.markup;
}
