// Every screen of the shell, Konnect's pages and its MFA pop-up, in the tablets' engines, sizes and languages. Pictures
// of what was looked at are in target/sizes/.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { FluentBundle, FluentResource } from '@fluent/bundle';
import { WORDS } from '../../tests/fake-konnect/src/words.mjs';
import { codeFor, startStack } from '../../tests/fake-konnect/test/stack.mjs';
import { ENGINES, startEngine, until } from './engines.mjs';
import { lookAtScreens, misfits } from './fits.mjs';
import { openSite } from './site.mjs';

const SIZES = [[800, 1280], [1280, 800], [1024, 1366], [744, 1133]];
const LANGUAGES = ['nl', 'en'];
const TOUCH = 48;
/** Pages of which pictures are kept; `PICTURES=all` keeps one of each. */
const PICTURED = ['shell-not-set-up-tenant_email', 'shell-sign-in-all', 'shell-code', 'shell-trouble-keystore_locked', 'shell-status-managed', 'sign-in', 'group', 'popup-qr', 'popup-code', 'popup-recovery', 'profile-done'];
const FOLDER = new URL('../../target/sizes/', import.meta.url).pathname;

const messages = Object.fromEntries(LANGUAGES.map((language) => {
  const source = readFileSync(new URL(`../../locales/${language}/konnect-groep.ftl`, import.meta.url), 'utf8');
  const bundle = new FluentBundle(language, { useIsolating: false });
  bundle.addResource(new FluentResource(source));
  const say = (id) => bundle.formatPattern(bundle.getMessage(id).value);
  return [language, { say, headings: [...source.matchAll(/^(app-name|[\w-]+-title) =/gm)].map(([, id]) => say(id)) }];
}));

let site;
before(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  site = await openSite(`${FOLDER}.site`);
});
after(() => site.close());

describe('on every tablet', { concurrency: true }, () => {
  for (const name of Object.keys(ENGINES)) describe(name, { concurrency: 1, skip: ENGINES[name].absent?.() }, () => inEngine(name));
});

function inEngine(name) {
  let engine;
  let stack;
  before(async () => { [engine, stack] = await Promise.all([startEngine(name), startStack()]); });
  after(() => Promise.all([engine?.end(), stack?.stop()]));

  const pictured = (page) => process.env.PICTURES === 'all' || PICTURED.includes(page);
  const picture = (size, language, page) => engine.picture(`${FOLDER}${name}/${size.join('x')}/${language}/${page}.png`);
  const inPage = (call) => engine.run(`const misfits = ${misfits}; const lookAtScreens = ${lookAtScreens}; return ${call};`);

  test('every screen of the shell fits, in its language, with room for a finger', async () => {
    await engine.go(site.gallery);
    const wrong = [];
    for (const size of SIZES) {
      await engine.resize(...size);
      for (const language of LANGUAGES) {
        const screens = await inPage(`lookAtScreens('${language}', ${TOUCH})`);
        for (const screen of screens) {
          const at = `${size.join('x')} ${language} ${screen.name}`;
          wrong.push(...screen.wrong.map((what) => `${at}: ${what}`));
          if (screen.language !== language) wrong.push(`${at}: is in ${screen.language}`);
          for (const [of, words] of screen.said) {
            const { say, headings } = messages[language];
            const right = of === 'heading' ? headings.includes(words) : words === say(`action-${of}`);
            if (!right) wrong.push(`${at}: "${words}" is not in its language`);
          }
        }
        for (const screen of screens.filter((one) => pictured(`shell-${one.name}`))) {
          await inPage(`[gallery.show('${screen.name}', '${language}'), misfits(0)]`);
          await picture(size, language, `shell-${screen.name}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
  });

  test('a finger presses the button that it touches, at every size', async () => {
    await engine.go(`${site.gallery}?screen=sign-in-all`);
    for (const size of SIZES) {
      await engine.resize(...size);
      for (const action of ['sign_in', 'sign_in_with_code', 'change_organisation']) {
        await engine.run('window.by = null; addEventListener("pointerdown", (event) => { window.by = event.pointerType; }, { once: true })');
        await engine.tap(`[data-action=${action}]`);
        await until(action, () => engine.run(`return document.getElementById('app').dataset.did === '${action}'`));
        assert.equal(await engine.run('return window.by'), engine.finger);
      }
    }
  });

  test('a name that is typed goes out with the button below it', async () => {
    await engine.go(`${site.gallery}?screen=not-set-up`);
    await engine.tap('#tenant');
    await engine.fill('#tenant', 'zonnetje');
    await engine.tap('[data-action=set_tenant]');
    await until('the name', () => engine.run(`return document.getElementById('app').dataset.did === 'set_tenant'`));
  });

  test('a button of 40 pixels, a line that does not break and a button under another are noticed', async () => {
    await engine.go(`${site.gallery}?screen=sign-in-all`);
    await engine.resize(...SIZES[0]);
    const plant = async (css, style) => {
      await engine.run((at, wanted) => void Object.assign(document.querySelector(at).style, wanted), css, style);
      const found = await inPage(`misfits(${TOUCH})`);
      await engine.run((at) => document.querySelector(at).removeAttribute('style'), css);
      return found.join('\n');
    };
    assert.equal(await plant('h1', {}), '');
    assert.match(await plant('button.quiet', { minHeight: '0', height: '40px', padding: '0' }), /^button ".+" is smaller than 48: \d+x40$/m);
    assert.match(await plant('button.main', { width: '40px', padding: '0', overflow: 'hidden' }), /is smaller than 48: 40x/);
    assert.match(await plant('.hint', { whiteSpace: 'nowrap', width: '3000px' }), /^the page scrolls sideways/m);
    assert.match(await plant('h1', { whiteSpace: 'nowrap', width: '90px', overflow: 'hidden' }), /^h1 .* is wider than its place/m);
    assert.match(await plant('h1', { position: 'fixed', inset: '0', background: 'white' }), /^button .* lies under h1/m);
    assert.match(await plant('button.quiet', { position: 'fixed', top: '2000px' }), /^button .* cannot be scrolled to/m);
  });

  for (const language of LANGUAGES) {
    test(`Konnect's pages fit and the MFA pop-up tells its opener, in ${language}`, async () => {
      const t = WORDS[language];
      const wrong = [];
      const look = async (size, page) => {
        wrong.push(...(await inPage('misfits(0)')).map((what) => `${size.join('x')} ${page}: ${what}`));
        if ((await engine.run('return document.documentElement.lang')) !== language) wrong.push(`${page}: is in another language`);
        if (pictured(page)) await picture(size, language, page);
      };
      const everywhere = async (page) => {
        for (const size of SIZES) {
          await engine.resize(...size);
          await look(size, page);
        }
      };
      const reads = (css, words) => until(`"${words}"`, async () => (await engine.text(css)) === words);

      await stack.post('/reset');
      await stack.post('/language', { language });
      const { username, password } = stack.account('groep.vlinders');
      await engine.go(`${stack.konnect}/zonnetje/groep`);
      await engine.find('#username');
      await everywhere('sign-in');
      await engine.fill('#username', username);
      await engine.fill('#password', password);
      await engine.tap('#login');

      await reads('#group', `${t.group} Vlinders`);
      await everywhere('group');
      await reads('.child', t.absent);
      await engine.tap('.child');
      await reads('.child', t.present);
      await engine.tap('#menu summary');
      await everywhere('group-menu');
      await engine.tap('#my-profile');
      await reads('h1', t.profilePage);
      const opener = await engine.window();

      for (const size of SIZES) {
        await stack.post('/mfa/reset', { username });
        await engine.go(stack.profile);
        await engine.resize(...size);
        await reads('#mfa-switch', t.off);
        await look(size, 'profile');
        await engine.tap('#mfa-switch');
        const popup = await until('the pop-up', async () => (await engine.windows()).find((window) => window !== opener));
        await engine.to(popup);
        await reads('h1', t.secure);
        assert.equal(await engine.run('return window.opener !== null'), true);
        await engine.resize(...size);
        await look(size, 'popup-qr');
        await engine.tap('#trouble');
        await look(size, 'popup-code');
        await engine.fill('#code', codeFor(await engine.text('#secret')));
        await engine.tap('#continue');
        await reads('h1', t.recoveryTitle);
        await look(size, 'popup-recovery');
        await engine.tap('#saved');
        await engine.tap('#continue');
        await until('the pop-up to close', async () => (await engine.windows()).length === 1);
        await engine.to(opener);
        await reads('#done', t.done);
        await reads('#mfa-switch', t.on);
        await reads('#blocked', '');
        await look(size, 'profile-done');
      }
      assert.deepEqual(wrong, []);
    });
  }
}
