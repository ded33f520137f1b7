import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import * as oidc from 'openid-client';
import { codeFor as codeAhead, newBrowser, startServices } from './services.mjs';

let services;
let clock = 0;
before(async () => {
  services = await startServices();
});
after(() => services.stop());
beforeEach(async () => {
  await services.post('/reset');
  clock = 0;
});

const REDIRECT = 'nl.kidskonnect.groep:/callback';
const discover = () =>
  oidc.discovery(new URL(services.issuer), services.client_id, undefined, oidc.None(), {
    execute: [oidc.allowInsecureRequests],
  });
const advance = (seconds) => {
  clock += seconds;
  return services.post('/clock', { offset: clock });
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
  const done = await login(browser, started.page, services.account(name));
  return { ...started, browser, tokens: await finish(started, done.url) };
}
const refuses = (promise) =>
  assert.rejects(promise, (error) => error.error === 'invalid_grant' && error.status === 403);

test('the metadata looks like that of Auth0: paths, trailing slash, S256 only, no iss', async () => {
  const metadata = await (await fetch(`${services.issuer}.well-known/openid-configuration`)).json();
  assert.equal(metadata.issuer, services.issuer);
  assert.ok(services.issuer.endsWith('/'));
  assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
  assert.equal(metadata.token_endpoint, `${services.issuer}oauth/token`);
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

test('a refresh token rotates, and its reuse without leeway revokes the family', async () => {
  const { config, tokens } = await signIn();
  const second = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(second.refresh_token, tokens.refresh_token);
  await refuses(oidc.refreshTokenGrant(config, tokens.refresh_token));
  await refuses(oidc.refreshTokenGrant(config, second.refresh_token));
});

test('within the leeway the token before the newest may be reused, and an older token may not', async () => {
  await services.post('/leeway', { seconds: 180 });
  const { config, tokens } = await signIn();
  await oidc.refreshTokenGrant(config, tokens.refresh_token);
  const again = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  await oidc.refreshTokenGrant(config, again.refresh_token);
  await refuses(oidc.refreshTokenGrant(config, tokens.refresh_token));
});

test('a refresh token that is used within sixty days lives on, and an unused one expires after them', async () => {
  let { config, tokens } = await signIn();
  for (let use = 0; use < 4; use += 1) {
    await advance(59 * 86_400);
    tokens = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    config = await discover();
  }
  await advance(60 * 86_400 + 1);
  await refuses(oidc.refreshTokenGrant(config, tokens.refresh_token));
});

test('a session transfer token signs the web view in once, by cookie or by parameter', async () => {
  for (const by of ['cookie', 'parameter']) {
    const { config, tokens } = await signIn();
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: services.client_id,
      refresh_token: tokens.refresh_token,
      audience: 'urn:127.0.0.1:session_transfer',
    });
    const transfer = await (await fetch(config.serverMetadata().token_endpoint, { method: 'POST', body })).json();
    assert.equal(transfer.issued_token_type, 'urn:auth0:params:oauth:token-type:session_transfer_token');
    assert.equal(transfer.token_type, 'N_A');
    const web = newBrowser();
    const extra = by === 'parameter' ? { session_transfer_token: transfer.access_token } : {};
    if (by === 'cookie') web.setCookie(services.issuer, 'auth0_session_transfer_token', transfer.access_token);
    assert.match((await begin(web, extra)).page.url, /^nl\.kidskonnect/, by);
    const second = newBrowser();
    if (by === 'cookie') second.setCookie(services.issuer, 'auth0_session_transfer_token', transfer.access_token);
    assert.match((await begin(second, extra)).page.url, /\/u\//, `${by}, again`);
  }
});

test('a session transfer may be refused, or answered as an ordinary refresh', async () => {
  const { config, tokens } = await signIn();
  const ask = (token) =>
    fetch(config.serverMetadata().token_endpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: services.client_id,
        refresh_token: token,
        audience: 'urn:127.0.0.1:session_transfer',
      }),
    });
  await services.post('/transfer', { mode: 'refuse' });
  assert.equal((await ask(tokens.refresh_token)).status, 403);
  await services.post('/transfer', { mode: 'ignore' });
  const ordinary = await (await ask(tokens.refresh_token)).json();
  assert.equal(ordinary.token_type, 'Bearer');
  assert.notEqual(ordinary.refresh_token, tokens.refresh_token);
});

test('an account with MFA needs the code, or a recovery code that is renewed', async () => {
  const account = services.account('groep.rupsen');
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
  const shown = /id="recovery">([^<]+)</.exec(renewed.text)[1];
  assert.notEqual(shown, account.recovery_code);
  await finish(lost, (await other.go(page, { saved: 'yes' })).url);
});

test('an organisation can make MFA mandatory, and a reset asks to set it up again', async () => {
  await services.post('/mfa', { tenant: 'zonnetje', mandatory: true });
  const enrol = async () => {
    const browser = newBrowser();
    const started = await begin(browser);
    const page = await login(browser, started.page, services.account('groep.vlinders'));
    assert.match(page.url, /\/enrol$/);
    const secret = /id="secret">([A-Z2-7]+)</.exec(page.text)[1];
    assert.match((await browser.go(page.url, { code: codeFor(secret) })).text, /id="recovery"/);
    await finish(started, (await browser.go(page.url, { saved: 'yes' })).url);
  };
  await enrol();
  await services.post('/mfa/reset', { username: 'groep.vlinders' });
  await enrol();
});

test('a personal account signs in at the organisation’s own provider, a group account cannot', async () => {
  const browser = newBrowser();
  const started = await begin(browser);
  const elsewhere = await browser.go(`${started.page.url}/microsoft`);
  assert.ok(elsewhere.url.startsWith(services.upstream));
  const done = await browser.go(elsewhere.url, { email: 'anna@regenboog.example', password: 'Anna-2026' });
  assert.equal((await finish(started, done.url)).claims().sub, 'auth0|anna');
});

test('a forgotten password is reset by e-mail, and the sign-in goes on', async () => {
  const browser = newBrowser();
  const started = await begin(browser);
  await browser.go(`${started.page.url}/forgot`, { email: 'vlinders@zonnetje.example' });
  const [mail] = await services.outbox();
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
  const done = await login(phone, confirm, services.account('groep.vlinders'));
  assert.match(done.text, /Gelukt/);
  const tokens = await oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 1 });
  assert.equal(tokens.claims().sub, 'auth0|groep.vlinders');
});

test('a revoked refresh token is refused, and so are all of an account whose tokens are revoked', async () => {
  const { config, tokens } = await signIn();
  await oidc.tokenRevocation(config, tokens.refresh_token);
  await refuses(oidc.refreshTokenGrant(config, tokens.refresh_token));
  const other = await signIn();
  await services.post('/revoke', { username: 'groep.vlinders' });
  await refuses(oidc.refreshTokenGrant(config, other.tokens.refresh_token));
});

test('the group view opens without a sign-in after a session transfer, and keeps its web session', async () => {
  const { tokens, config } = await signIn();
  const transfer = await (
    await fetch(config.serverMetadata().token_endpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: services.client_id,
        refresh_token: tokens.refresh_token,
        audience: 'urn:127.0.0.1:session_transfer',
      }),
    })
  ).json();
  const web = newBrowser();
  web.setCookie(services.issuer, 'auth0_session_transfer_token', transfer.access_token);
  const group = services.group_url.replace('{tenant}', 'zonnetje');
  assert.match((await web.go(group)).text, /Groep Vlinders/);
  assert.match((await web.go(group)).text, /Groep Vlinders/);
  assert.match((await web.go(`${services.konnect}/zonnetje/profiel`)).text, /KidsKonnect Profielpagina/);
  assert.match((await newBrowser().go(group)).url, /\/u\//);
  assert.equal((await web.go(group.replace('zonnetje', 'bestaatniet'))).status, 404);
  assert.equal((await web.go(group.replace('zonnetje', 'regenboog'))).status, 403);
});

test('faults can be switched on and off', async () => {
  const { config, tokens } = await signIn();
  await services.post('/faults', { token: { status: 429, retry_after: 7, times: 1 } });
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: services.client_id,
    refresh_token: tokens.refresh_token,
  });
  const busy = await fetch(config.serverMetadata().token_endpoint, { method: 'POST', body });
  assert.deepEqual([busy.status, busy.headers.get('retry-after')], [429, '7']);
  await services.post('/faults', { down: ['identity'] });
  await assert.rejects(fetch(services.issuer));
  await services.post('/faults', { down: [] });
  await oidc.refreshTokenGrant(config, tokens.refresh_token);
});

test('with a folder for the state, a restart on the same ports keeps every session', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'konnect-'));
  const first = services;
  try {
    services = await startServices(['--state', folder]);
    const { tokens, browser } = await signIn();
    const group = services.group_url.replace('{tenant}', 'zonnetje');
    assert.match((await browser.go(group)).text, /Groep Vlinders/);
    const port = (url) => new URL(url).port;
    const ports = [
      '--identity-port',
      port(services.issuer),
      '--konnect-port',
      port(services.konnect),
      '--profile-port',
      port(services.profile),
      '--upstream-port',
      port(services.upstream),
      '--control-port',
      port(services.control),
    ];
    await services.stop();
    services = await startServices(['--state', folder, ...ports]);
    assert.match((await browser.go(group)).text, /Groep Vlinders/);
    await oidc.refreshTokenGrant(await discover(), tokens.refresh_token);
    await services.stop();
  } finally {
    services = first;
    fs.rmSync(folder, { recursive: true });
  }
});
