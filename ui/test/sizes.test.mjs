// Lays out every screen of the app, the pages of the fake Konnect and its MFA pop-up in the browser engines, screen sizes
// and languages of the tablets. Writes screenshots to target/sizes/.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { FluentBundle, FluentResource } from '@fluent/bundle';
import { MESSAGES } from '../../tests/fake-konnect/src/messages.mjs';
import { codeFor, startServices } from '../../tests/fake-konnect/test/services.mjs';
import { ENGINES, startEngine, until } from './engines.mjs';
import { serveGallery } from './gallery-server.mjs';
import { checkScreens, layoutErrors } from './layout.mjs';

const SIZES = [
  [800, 1280],
  [1280, 800],
  [1024, 1366],
  [744, 1133],
];
const LANGUAGES = ['nl', 'en'];
const TOUCH = 48;
/** Pages of which the test keeps a screenshot; `PICTURES=all` keeps one of every page. */
const KEPT = [
  'shell-not-set-up-tenant_email',
  'shell-sign-in-all',
  'shell-code',
  'shell-trouble-keystore_locked',
  'shell-status-managed',
  'sign-in',
  'group',
  'popup-qr',
  'popup-code',
  'popup-recovery',
  'profile-done',
];
const FOLDER = new URL('../../target/sizes/', import.meta.url).pathname;

const messages = Object.fromEntries(
  LANGUAGES.map((language) => {
    const source = readFileSync(new URL(`../../locales/${language}/konnect-groep.ftl`, import.meta.url), 'utf8');
    const bundle = new FluentBundle(language, { useIsolating: false });
    bundle.addResource(new FluentResource(source));
    const t = (id) => bundle.formatPattern(bundle.getMessage(id).value);
    return [language, { t, headings: [...source.matchAll(/^(app-name|[\w-]+-title) =/gm)].map(([, id]) => t(id)) }];
  }),
);

let gallery;
before(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  gallery = await serveGallery(`${FOLDER}.site`);
});
after(() => gallery.close());

describe('on every tablet', { concurrency: true }, () => {
  for (const name of Object.keys(ENGINES))
    describe(name, { concurrency: 1, skip: ENGINES[name].absent?.() }, () => inEngine(name));
});

function inEngine(name) {
  let engine;
  let services;
  before(async () => {
    [engine, services] = await Promise.all([startEngine(name), startServices()]);
  });
  after(() => Promise.all([engine?.end(), services?.stop()]));

  const keepsScreenshot = (page) => process.env.PICTURES === 'all' || KEPT.includes(page);
  const screenshot = (size, language, page) =>
    engine.screenshot(`${FOLDER}${name}/${size.join('x')}/${language}/${page}.png`);
  const inPage = (call) =>
    engine.run(`const layoutErrors = ${layoutErrors}; const checkScreens = ${checkScreens}; return ${call};`);

  test('every screen of the app fits, in its language, with touch targets of 48 pixels', async () => {
    await engine.go(gallery.url);
    const failures = [];
    for (const size of SIZES) {
      await engine.resize(...size);
      for (const language of LANGUAGES) {
        const screens = await inPage(`checkScreens('${language}', ${TOUCH})`);
        for (const screen of screens) {
          const where = `${size.join('x')} ${language} ${screen.name}`;
          failures.push(...screen.errors.map((error) => `${where}: ${error}`));
          if (screen.language !== language) failures.push(`${where}: is in ${screen.language}`);
          for (const [id, text] of screen.texts) {
            const { t, headings } = messages[language];
            const right = id === 'heading' ? headings.includes(text) : text === t(`action-${id}`);
            if (!right) failures.push(`${where}: "${text}" is not in its language`);
          }
        }
        for (const screen of screens.filter((one) => keepsScreenshot(`shell-${one.name}`))) {
          await inPage(`[gallery.show('${screen.name}', '${language}'), layoutErrors(0)]`);
          await screenshot(size, language, `shell-${screen.name}`);
        }
      }
    }
    assert.deepEqual(failures, []);
  });

  test('a touch presses the button under it, at every size', async () => {
    await engine.go(`${gallery.url}?screen=sign-in-all`);
    for (const size of SIZES) {
      await engine.resize(...size);
      for (const action of ['sign_in', 'sign_in_with_code', 'change_organisation']) {
        await engine.run(
          'window.pointer = null; addEventListener("pointerdown", (event) => { window.pointer = event.pointerType; }, { once: true })',
        );
        await engine.tap(`[data-action=${action}]`);
        await until(action, () => engine.run(`return document.getElementById('app').dataset.did === '${action}'`));
        assert.equal(await engine.run('return window.pointer'), engine.pointerType);
      }
    }
  });

  test('the button below the input submits the typed name', async () => {
    await engine.go(`${gallery.url}?screen=not-set-up`);
    await engine.tap('#tenant');
    await engine.fill('#tenant', 'zonnetje');
    await engine.tap('[data-action=set_tenant]');
    await until('the name', () => engine.run(`return document.getElementById('app').dataset.did === 'set_tenant'`));
  });

  test('the layout check finds a button of 40 pixels, a line that does not break and a covered button', async () => {
    await engine.go(`${gallery.url}?screen=sign-in-all`);
    await engine.resize(...SIZES[0]);
    const inject = async (css, style) => {
      await engine.run((at, wanted) => void Object.assign(document.querySelector(at).style, wanted), css, style);
      const found = await inPage(`layoutErrors(${TOUCH})`);
      await engine.run((at) => document.querySelector(at).removeAttribute('style'), css);
      return found.join('\n');
    };
    assert.equal(await inject('h1', {}), '');
    assert.match(
      await inject('button.quiet', { minHeight: '0', height: '40px', padding: '0' }),
      /^button ".+" is smaller than 48: \d+x40$/m,
    );
    assert.match(
      await inject('button.main', { width: '40px', padding: '0', overflow: 'hidden' }),
      /is smaller than 48: 40x/,
    );
    assert.match(await inject('.hint', { whiteSpace: 'nowrap', width: '3000px' }), /^the page scrolls sideways/m);
    assert.match(
      await inject('h1', { whiteSpace: 'nowrap', width: '90px', overflow: 'hidden' }),
      /^h1 .* is wider than its block/m,
    );
    assert.match(
      await inject('h1', { position: 'fixed', inset: '0', background: 'white' }),
      /^button .* lies under h1/m,
    );
    assert.match(
      await inject('button.quiet', { position: 'fixed', top: '2000px' }),
      /^button .* cannot be scrolled to/m,
    );
  });

  for (const language of LANGUAGES) {
    test(`the pages of Konnect fit and the MFA pop-up reports to its opener, in ${language}`, async () => {
      const texts = MESSAGES[language];
      const failures = [];
      const check = async (size, page) => {
        failures.push(...(await inPage('layoutErrors(0)')).map((error) => `${size.join('x')} ${page}: ${error}`));
        if ((await engine.run('return document.documentElement.lang')) !== language)
          failures.push(`${page}: is in another language`);
        if (keepsScreenshot(page)) await screenshot(size, language, page);
      };
      const checkAllSizes = async (page) => {
        for (const size of SIZES) {
          await engine.resize(...size);
          await check(size, page);
        }
      };
      const waitForText = (css, text) => until(`"${text}"`, async () => (await engine.text(css)) === text);

      await services.post('/reset');
      await services.post('/language', { language });
      const { username, password } = services.account('groep.vlinders');
      await engine.go(`${services.konnect}/zonnetje/groep`);
      await engine.find('#username');
      await checkAllSizes('sign-in');
      await engine.fill('#username', username);
      await engine.fill('#password', password);
      await engine.tap('#login');

      await waitForText('#group', `${texts.group} Vlinders`);
      await checkAllSizes('group');
      await waitForText('.child', texts.absent);
      await engine.tap('.child');
      await waitForText('.child', texts.present);
      await engine.tap('#menu summary');
      await checkAllSizes('group-menu');
      await engine.tap('#my-profile');
      await waitForText('h1', texts.profilePage);
      const opener = await engine.window();

      for (const size of SIZES) {
        await services.post('/mfa/reset', { username });
        await engine.go(services.profile);
        await engine.resize(...size);
        await waitForText('#mfa-switch', texts.off);
        await check(size, 'profile');
        await engine.tap('#mfa-switch');
        const popup = await until('the pop-up', async () =>
          (await engine.windows()).find((window) => window !== opener),
        );
        await engine.to(popup);
        await waitForText('h1', texts.secure);
        assert.equal(await engine.run('return window.opener !== null'), true);
        await engine.resize(...size);
        await check(size, 'popup-qr');
        await engine.tap('#trouble');
        await check(size, 'popup-code');
        await engine.fill('#code', codeFor(await engine.text('#secret')));
        await engine.tap('#continue');
        await waitForText('h1', texts.recoveryTitle);
        await check(size, 'popup-recovery');
        await engine.tap('#saved');
        await engine.tap('#continue');
        await until('the pop-up to close', async () => (await engine.windows()).length === 1);
        await engine.to(opener);
        await waitForText('#done', texts.done);
        await waitForText('#mfa-switch', texts.on);
        await waitForText('#blocked', '');
        await check(size, 'profile-done');
      }
      assert.deepEqual(failures, []);
    });
  }
}
