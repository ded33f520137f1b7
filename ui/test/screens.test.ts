import { describe, expect, it, vi } from 'vitest';
import type { Action, Language, Screen } from '../src/bindings/bridge';
import { render } from '../src/screens';
import { wordsIn } from '../src/words';
import { ACTIONS, GALLERY, NAMES, deviceCode, facts, fault } from './gallery';

const LANGUAGES: Language[] = ['nl', 'en'];

function page(screen: Screen, act: (action: Action) => void = () => {}, language: Language = 'nl'): HTMLElement {
  return render(screen, wordsIn(language), act);
}

function actions(screen: Screen): string[] {
  return [...page(screen).querySelectorAll('[data-action]')].map((element) => element.getAttribute('data-action') ?? '');
}

describe.each(LANGUAGES)('in %s', (language) => {
  it.each(Object.entries(GALLERY))('%s has one heading, words in every element, and no name of a message', (_, screen) => {
    const made = page(screen, () => {}, language);
    expect(made.getAttribute('data-screen')).toBe(screen.name);
    expect(made.querySelectorAll('h1')).toHaveLength(1);
    expect(made.textContent).not.toMatch(/[a-z]+[-_][a-z]+-(title|text)|(action|why|problem|status|trouble|code)-[a-z_]+|undefined|null|\{|\}/);
    for (const element of made.querySelectorAll('h1, p:not(#tenant-problem), li, button, summary, label')) expect(element.textContent?.trim()).not.toBe('');
    for (const button of made.querySelectorAll('button')) expect(button.getAttribute('type')).toMatch(/^(button|submit)$/);
  });
});

it('the gallery has every screen', () => {
  expect(new Set(Object.values(GALLERY).map((screen) => screen.name))).toEqual(new Set(NAMES));
});

it('the gallery has every button', () => {
  expect(new Set(Object.values(GALLERY).flatMap(actions))).toEqual(new Set(ACTIONS));
});

it.each(Object.entries(GALLERY))('each button of %s does what it says', (_, screen) => {
  const act = vi.fn<(action: Action) => void>();
  const made = page(screen, act);
  document.body.replaceChildren(made);
  for (const button of made.querySelectorAll<HTMLButtonElement>('button')) {
    act.mockClear();
    const name = button.getAttribute('data-action') as Action['do'];
    button.click();
    expect(act).toHaveBeenCalledExactlyOnceWith(name === 'set_tenant' ? { do: name, typed: made.querySelector('input')?.value } : { do: name });
    const words = wordsIn('nl');
    expect(button.textContent).toBe(words.say(`action-${name}`));
  }
});

describe('the buttons of each screen', () => {
  const signIn = GALLERY['sign-in-all'] as Extract<Screen, { name: 'sign_in' }>;
  const table: [string, Screen, string[]][] = [
    ['not set up', GALLERY['not-set-up']!, ['set_tenant']],
    ['not set up, managed', GALLERY['not-set-up-managed']!, ['retry']],
    ['sign in', signIn, ['sign_in', 'sign_in_with_code', 'change_organisation']],
    ['sign in, fixed organisation', { ...signIn, may_change: false }, ['sign_in', 'sign_in_with_code']],
    ['sign in, under way', { ...signIn, busy: true }, ['cancel']],
    ['browser', GALLERY.browser!, ['open_browser_again', 'cancel', 'sign_in_here', 'sign_in_with_code']],
    ['browser, nothing else', GALLERY['browser-only']!, ['open_browser_again', 'cancel']],
    ['in app', GALLERY['in-app']!, ['cancel']],
    ['code', GALLERY.code!, ['cancel']],
    ['finishing', GALLERY.finishing!, ['cancel']],
    ['group', GALLERY.group!, ['open_group', 'show_status']],
    ['trouble', GALLERY['trouble-keystore_locked']!, ['retry', 'open_group', 'show_status']],
    ['status', GALLERY.status!, ['open_group', 'ask_sign_out']],
    ['status, no sign-out', GALLERY['status-no-sign-out']!, ['open_group']],
    ['status, asking', GALLERY['status-asking']!, ['sign_out', 'cancel']],
  ];
  it.each(table)('%s', (_, screen, expected) => {
    expect(actions(screen)).toEqual(expected);
  });

  it('at most one of them is large, and it comes first', () => {
    for (const screen of Object.values(GALLERY)) {
      const looks = [...page(screen).querySelectorAll('button')].map((button) => button.className);
      expect(looks.slice(1).filter((look) => look === 'main' || look === 'danger')).toEqual([]);
    }
  });
});

describe('words that depend on what is the case', () => {
  const trouble = { name: 'trouble', fault: fault('no_network'), buttons: [{ do: 'retry' }], retries: true, signed_in: true } satisfies Screen;
  it('"you stay signed in" is said where there is a session, and nowhere else', () => {
    expect(page(trouble).textContent).toContain('Je blijft ingelogd');
    expect(page({ ...trouble, signed_in: false }).textContent).not.toContain('ingelogd');
  });
  it('"by itself" is said where the app tries again by itself', () => {
    expect(page(trouble).textContent).toContain('vanzelf');
    expect(page({ ...trouble, retries: false }).textContent).not.toContain('vanzelf');
  });
  it('the code of a trouble is there to read out', () => {
    expect(page(trouble).querySelector('.fault-code')?.textContent).toBe('Code E301');
  });
  it('one account for each tablet is advised (S13), but not to the owner of a personal one', () => {
    for (const why of ['never', 'expired', 'ended'] as const) expect(page({ ...GALLERY['sign-in-all'], why } as Screen).textContent).toContain('eigen groepsaccount');
    expect(page(GALLERY['sign-in-personal']!).textContent).not.toContain('groepsaccount');
  });
  it.each([
    [0, 'Binnenkort'],
    [1, 'nog 1 dag ingelogd'],
    [60, 'nog 60 dagen ingelogd'],
  ])('%i days left', (days, words) => {
    expect(page({ ...GALLERY.status, facts: { ...facts, days_left: days } } as Screen).textContent).toContain(words);
  });
  it('days that are not known are not made up', () => {
    expect(page({ ...GALLERY.status, facts: { ...facts, days_left: null } } as Screen).textContent).not.toMatch(/dag/);
  });
  it('the address for another device is short to type', () => {
    expect(page(GALLERY.code!).querySelector('.address')?.textContent).toBe('login.kidskonnect.nl/activate');
    const local = { ...GALLERY.code, code: { ...deviceCode, address: 'http://127.0.0.1:4200/activate' } } as Screen;
    expect(page(local).querySelector('.address')?.textContent).toBe('http://127.0.0.1:4200/activate');
  });
});

describe('what comes from elsewhere is text', () => {
  const evil = '<img src=x onerror=alert(1)><script>alert(1)</script>';
  const screens: Screen[] = [
    ...Object.values(GALLERY).map((screen) => ('organisation' in screen ? { ...screen, organisation: evil } : screen)),
    { ...GALLERY['not-set-up'], suffix: evil, typed: evil, problem: { problem: 'tenant_invalid', code: evil } } as Screen,
    { ...GALLERY['trouble-no_network'], fault: { problem: 'no_network', code: evil } } as Screen,
    { ...GALLERY.code, code: { user_code: evil, address: evil, qr: { size: 5, path: `"/>${evil}` } } } as Screen,
    { ...GALLERY.status, facts: { ...facts, environment: evil, version: evil, faults: [{ problem: 'no_network', code: evil }] } } as Screen,
  ];
  it.each(screens.map((screen) => [screen.name, screen] as const))('%s', (_, screen) => {
    const made = page(screen);
    expect(made.querySelectorAll('script, img:not([src="/mark.svg"]), [onerror]')).toHaveLength(0);
    // The policy of the pages forbids styles in attributes.
    expect(made.querySelectorAll('[style]')).toHaveLength(0);
  });
});
