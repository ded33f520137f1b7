// For tests: starts the servers, and is a browser and an authenticator app as far as these tests need them. The tests
// in ui/test use it too.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Secret, TOTP } from 'otpauth';

/** The one-time code that an authenticator app shows `ahead` seconds from now. */
export const codeFor = (secret, ahead = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + ahead * 1000 });

/**
 * Starts the servers and returns their addresses and accounts, with functions for the control server.
 * @param {string[]} options of src/main.mjs
 */
export async function startServices(options = []) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../src/main.mjs', import.meta.url)), ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const part of child.stdout) {
    text += part;
    if (text.includes('\n')) break;
  }
  const ready = JSON.parse(text);
  const post = (path, body = {}) =>
    fetch(ready.control + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return {
    ...ready,
    post,
    state: async () => (await fetch(`${ready.control}/state`)).json(),
    outbox: async () => (await fetch(`${ready.control}/outbox.json`)).json(),
    account: (name) => ready.accounts.find((a) => a.username === name),
    async stop() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

/** A browser that knows redirects, cookies by host and path, and forms. */
export function newBrowser() {
  const jars = new Map();
  const jar = (url) =>
    jars.get(new URL(url).hostname) ?? jars.set(new URL(url).hostname, new Map()).get(new URL(url).hostname);
  return {
    setCookie: (url, name, value) => jar(url).set(name, { value, path: '/' }),
    forget: () => jars.clear(),
    /**
     * Opens an address, or posts a form to it, and follows redirects to a page, or to an address that is not http.
     * A page has its `text` and `status`.
     */
    async go(url, form) {
      for (let hop = 0; hop < 20; hop += 1) {
        if (!/^https?:/.test(url)) return { url, status: 0, text: '' };
        const path = new URL(url).pathname;
        const cookie = [...jar(url)]
          .filter(([, c]) => path.startsWith(c.path))
          .map(([name, c]) => `${name}=${c.value}`)
          .join('; ');
        const answer = await fetch(url, {
          redirect: 'manual',
          method: form ? 'POST' : 'GET',
          headers: { cookie, ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) },
          body: form && new URLSearchParams(form).toString(),
        });
        for (const line of answer.headers.getSetCookie()) {
          const [pair, ...attributes] = line.split(/;\s*/);
          const name = pair.slice(0, pair.indexOf('='));
          const value = pair.slice(name.length + 1);
          const gone = !value || attributes.some((a) => /^expires=Thu, 01 Jan 1970/i.test(a));
          if (gone) jar(url).delete(name);
          else jar(url).set(name, { value, path: /path=([^;]*)/i.exec(line)?.[1] ?? '/' });
        }
        const next = answer.headers.get('location');
        if (!next) return { url, status: answer.status, text: await answer.text() };
        url = new URL(next, url).href;
        form = undefined;
      }
      throw new Error('too many redirects');
    },
  };
}
