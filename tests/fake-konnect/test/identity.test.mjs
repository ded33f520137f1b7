import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import * as oidc from 'openid-client';
import { codeFor as codeAhead, newBrowser, startStack } from './stack.mjs';

let stack;
let clock = 0;
before(async () => {
  stack = await startStack();
});
after(() => stack.stop());
beforeEach(async () => {
  await stack.post('/reset');
  clock = 0;
});

const REDIRECT = 'nl.kidskonnect.groep:/callback';
const discover = () =>
  oidc.discovery(new URL(stack.issuer), stack.client_id, undefined, oidc.None(), {
    execute: [oidc.allowInsecureRequests],
  });
const advance = (seconds) => {
  clock += seconds;
  return stack.post('/clock', { offset: clock });
};
const codeFor = (secret) => codeAhead(secret, clock);

async function begin(browser, extra = {}) {
  const config = await discover();
  const verifier = oidc.randomPKCECodeVerifier();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: 'openid profile offline_access',
    state: 's',
    nonce: 'n',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...extra,
  });
  return { config, verifier, page: await browser.go(url.href) };
}
const finish = ({ config, verifier }, callback) =>
  oidc.authorizationCodeGrant(config, new URL(callback), {
    pkceCodeVerifier: verifier,
    expectedState: 's',
    expectedNonce: 'n',
    idTokenExpected: true,
  });
const login = (browser, page, account) =>
  browser.go(page.url, { username: account.username, password: account.password });

async function signIn(name = 'groep.vlinders', browser = newBrowser()) {
  const started = await begin(browser);
  const done = await login(browser, started.page, stack.account(name));
  return { ...started, browser, tokens: await finish(started, done.url) };
}
const refuses = (promise) =>
  assert.rejects(promise, (error) => error.error === 'invalid_grant' && error.status === 403);

test('it looks like Auth0: paths, trailing slash, S256 only, no iss', async () => {
  const metadata = await (await fetch(`${stack.issuer}.well-known/openid-configuration`)).json();
  assert.equal(metadata.issuer, stack.issuer);
  assert.ok(stack.issuer.endsWith('/'));
  assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
  assert.equal(metadata.token_endpoint, `${stack.issuer}oauth/token`);
  assert.equal(metadata.authorization_response_iss_parameter_supported, undefined);
  assert.equal(metadata.pushed_authorization_request_endpoint, undefined);
});

test('a group account signs in by user name or e-mail, and a wrong password does not', async () => {
  const { tokens } = await signIn();
  assert.equal(tokens.claims().sub, 'auth0|groep.vlinders');
  const browser = newBrowser();
  const { page } = await begin(browser);
  const wrong = await browser.go(page.url, { username: 'groep.vlinders', password: 'nee' });
  assert.match(wrong.text, /klopt niet/);
  const right = await browser.go(page.url, { username: 'vlinders@zonnetje.example', password: 'Vlinder-2026' });
  assert.match(right.url, /^nl\.kidskonnect\.groep:\/callback\?code=/);
});

test('refresh tokens rotate, and a reuse without leeway ends the family', async () => {
  const { config, tokens } = await signIn();
  const second = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(second.refresh_token, tokens.refresh_token);
  await refuses(oidc.refreshTokenGrant(config, tokens.refresh_token));
  await refuses(oidc.refreshTokenGrant(config, second.refresh_token));
});

test('inside the leeway the token before the newest may be used once more, an older one not', async () => {
  await stack.post('/leeway', { seconds: 180 });
  const { config, tokens } = await signIn();
  await oidc.refreshTokenGrant(config, tokens.refresh_token);
  const again = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  await oidc.refreshTokenGrant(config, again.refresh_token);
  await refuses(oidc.refreshTokenGrant(config, tokens.refresh_token));
});

test('a token used within sixty days lives on, and dies unused after them', async () => {
  let { config, tokens } = await signIn();
  for (let use = 0; use < 4; use += 1) {
    await advance(59 * 86_400);
    tokens = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { ...oidc }).catch((error) => {
      throw error;
    });
    config = await discover();
  }
  await advance(60 * 86_400 + 1);
  await refuses(oidc.refreshTokenGrant(config, tokens.refresh_token));
});

test('a transfer token signs the web in once, by cookie or by parameter', async () => {
  for (const way of ['cookie', 'parameter']) {
    const { config, tokens } = await signIn();
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: stack.client_id,
      refresh_token: tokens.refresh_token,
      audience: 'urn:127.0.0.1:session_transfer',
    });
    const transfer = await (await fetch(config.serverMetadata().token_endpoint, { method: 'POST', body })).json();
    assert.equal(transfer.issued_token_type, 'urn:auth0:params:oauth:token-type:session_transfer_token');
    assert.equal(transfer.token_type, 'N_A');
    const web = newBrowser();
    const extra = way === 'parameter' ? { session_transfer_token: transfer.access_token } : {};
    if (way === 'cookie') web.setCookie(stack.issuer, 'auth0_session_transfer_token', transfer.access_token);
    assert.match((await begin(web, extra)).page.url, /^nl\.kidskonnect/, way);
    const second = newBrowser();
    if (way === 'cookie') second.setCookie(stack.issuer, 'auth0_session_transfer_token', transfer.access_token);
    assert.match((await begin(second, extra)).page.url, /\/u\//, `${way}, again`);
  }
});

test('a transfer may be refused, or ignored by answering an ordinary refresh', async () => {
  const { config, tokens } = await signIn();
  const ask = (token) =>
    fetch(config.serverMetadata().token_endpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: stack.client_id,
        refresh_token: token,
        audience: 'urn:127.0.0.1:session_transfer',
      }),
    });
  await stack.post('/transfer', { mode: 'refuse' });
  assert.equal((await ask(tokens.refresh_token)).status, 403);
  await stack.post('/transfer', { mode: 'ignore' });
  const ordinary = await (await ask(tokens.refresh_token)).json();
  assert.equal(ordinary.token_type, 'Bearer');
  assert.notEqual(ordinary.refresh_token, tokens.refresh_token);
});

test('an account with MFA needs the code, or a recovery code that is renewed', async () => {
  const account = stack.account('groep.rupsen');
  const browser = newBrowser();
  const started = await begin(browser);
  const asked = await login(browser, started.page, account);
  assert.match(asked.url, /\/code$/);
  assert.match((await browser.go(asked.url, { code: '000000' })).text, /klopt niet/);
  await finish(started, (await browser.go(asked.url, { code: codeFor(account.totp_secret) })).url);

  const other = newBrowser();
  const lost = await begin(other);
  const code = await login(other, lost.page, account);
  const page = code.url.replace(/code$/, 'recovery');
  assert.match((await other.go(page, { recovery: 'FOUT' })).text, /klopt niet/);
  const renewed = await other.go(page, { recovery: account.recovery_code });
  const kept = /id="recovery">([^<]+)</.exec(renewed.text)[1];
  assert.notEqual(kept, account.recovery_code);
  await finish(lost, (await other.go(page, { saved: 'yes' })).url);
});

test('an organisation can make MFA mandatory, and a reset asks to set it up again', async () => {
  await stack.post('/mfa', { tenant: 'zonnetje', mandatory: true });
  const enrol = async () => {
    const browser = newBrowser();
    const started = await begin(browser);
    const page = await login(browser, started.page, stack.account('groep.vlinders'));
    assert.match(page.url, /\/enrol$/);
    const secret = /id="secret">([A-Z2-7]+)</.exec(page.text)[1];
    assert.match((await browser.go(page.url, { code: codeFor(secret) })).text, /id="recovery"/);
    await finish(started, (await browser.go(page.url, { saved: 'yes' })).url);
  };
  await enrol();
  await stack.post('/mfa/reset', { username: 'groep.vlinders' });
  await enrol();
});

test('a personal account signs in at the organisation’s own provider, a group account cannot', async () => {
  const browser = newBrowser();
  const started = await begin(browser);
  const elsewhere = await browser.go(`${started.page.url}/microsoft`);
  assert.ok(elsewhere.url.startsWith(stack.upstream));
  const done = await browser.go(elsewhere.url, { email: 'anna@regenboog.example', password: 'Anna-2026' });
  assert.equal((await finish(started, done.url)).claims().sub, 'auth0|anna');
});

test('a forgotten password is set anew by mail, and the sign-in goes on', async () => {
  const browser = newBrowser();
  const started = await begin(browser);
  await browser.go(`${started.page.url}/forgot`, { email: 'vlinders@zonnetje.example' });
  const [mail] = await stack.outbox();
  await browser.go(mail.link, { password: 'Nieuw-2026!' });
  const done = await browser.go(started.page.url, { username: 'groep.vlinders', password: 'Nieuw-2026!' });
  await finish(started, done.url);
});

test('a code on another device signs in', async () => {
  const config = await discover();
  const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid offline_access' });
  const phone = newBrowser();
  const input = await phone.go(device.verification_uri_complete);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(input.text)[1];
  const sent = await phone.go(device.verification_uri, { xsrf, user_code: device.user_code });
  const confirm = /name="confirm"/.test(sent.text)
    ? await phone.go(device.verification_uri, {
        xsrf: /name="xsrf" value="([^"]+)"/.exec(sent.text)[1],
        user_code: device.user_code,
        confirm: 'yes',
      })
    : sent;
  const done = await login(phone, confirm, stack.account('groep.vlinders'));
  assert.match(done.text, /Gelukt/);
  const tokens = await oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 1 });
  assert.equal(tokens.claims().sub, 'auth0|groep.vlinders');
});

test('a revoked token is dead, and so are all of an account that is revoked', async () => {
  const { config, tokens } = await signIn();
  await oidc.tokenRevocation(config, tokens.refresh_token);
  await refuses(oidc.refreshTokenGrant(config, tokens.refresh_token));
  const other = await signIn();
  await stack.post('/revoke', { username: 'groep.vlinders' });
  await refuses(oidc.refreshTokenGrant(config, other.tokens.refresh_token));
});

test('the group view asks nobody who handed a session over, and remembers the browser', async () => {
  const { tokens, config } = await signIn();
  const transfer = await (
    await fetch(config.serverMetadata().token_endpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: stack.client_id,
        refresh_token: tokens.refresh_token,
        audience: 'urn:127.0.0.1:session_transfer',
      }),
    })
  ).json();
  const web = newBrowser();
  web.setCookie(stack.issuer, 'auth0_session_transfer_token', transfer.access_token);
  const group = stack.group_url.replace('{tenant}', 'zonnetje');
  assert.match((await web.go(group)).text, /Groep Vlinders/);
  assert.match((await web.go(group)).text, /Groep Vlinders/);
  assert.match((await web.go(`${stack.konnect}/zonnetje/profiel`)).text, /KidsKonnect Profielpagina/);
  assert.match((await newBrowser().go(group)).url, /\/u\//);
  assert.equal((await web.go(group.replace('zonnetje', 'bestaatniet'))).status, 404);
  assert.equal((await web.go(group.replace('zonnetje', 'regenboog'))).status, 403);
});

test('faults come when they are asked for and go when they are not', async () => {
  const { config, tokens } = await signIn();
  await stack.post('/faults', { token: { status: 429, retry_after: 7, times: 1 } });
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: stack.client_id,
    refresh_token: tokens.refresh_token,
  });
  const busy = await fetch(config.serverMetadata().token_endpoint, { method: 'POST', body });
  assert.deepEqual([busy.status, busy.headers.get('retry-after')], [429, '7']);
  await stack.post('/faults', { down: ['identity'] });
  await assert.rejects(fetch(stack.issuer));
  await stack.post('/faults', { down: [] });
  await oidc.refreshTokenGrant(config, tokens.refresh_token);
});

test('with a folder for its state, a restart on the same ports forgets nobody', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'konnect-'));
  const first = stack;
  try {
    stack = await startStack(['--state', folder]);
    const { tokens, browser } = await signIn();
    const group = stack.group_url.replace('{tenant}', 'zonnetje');
    assert.match((await browser.go(group)).text, /Groep Vlinders/);
    const port = (url) => new URL(url).port;
    const ports = [
      '--identity-port',
      port(stack.issuer),
      '--konnect-port',
      port(stack.konnect),
      '--profile-port',
      port(stack.profile),
      '--upstream-port',
      port(stack.upstream),
      '--control-port',
      port(stack.control),
    ];
    await stack.stop();
    stack = await startStack(['--state', folder, ...ports]);
    assert.match((await browser.go(group)).text, /Groep Vlinders/);
    await oidc.refreshTokenGrant(await discover(), tokens.refresh_token);
    await stack.stop();
  } finally {
    stack = first;
    fs.rmSync(folder, { recursive: true });
  }
});
