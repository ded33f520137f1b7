import { describe, expect, it, vi } from 'vitest';
import type { Action, Screen } from '../src/bindings/bridge';
import { i18nFor, type Locale } from '../src/i18n';
import { renderScreen } from '../src/screens';
import { ACTIONS, appError, deviceCode, GALLERY, NAMES, statusInfo } from './gallery';

const LANGUAGES: Locale[] = ['nl', 'en'];

function page(screen: Screen, dispatch: (action: Action) => void = () => {}, language: Locale = 'nl'): HTMLElement {
  return renderScreen(screen, i18nFor(language), dispatch);
}

function actions(screen: Screen): string[] {
  return [...page(screen).querySelectorAll('[data-action]')].map(
    (element) => element.getAttribute('data-action') ?? '',
  );
}

describe.each(LANGUAGES)('in %s', (language) => {
  it.each(Object.entries(GALLERY))(
    '%s has one heading, text in every element, and no untranslated message id',
    (_, screen) => {
      const made = page(screen, () => {}, language);
      expect(made.getAttribute('data-screen')).toBe(screen.name);
      expect(made.querySelectorAll('h1')).toHaveLength(1);
      expect(made.textContent).not.toMatch(
        /[a-z]+[-_][a-z]+-(title|text)|(action|why|problem|status|trouble|error|code)-[a-z_]+|undefined|null|\{|\}/,
      );
      for (const element of made.querySelectorAll('h1, p:not(#tenant-error), li, button, summary, label'))
        expect(element.textContent?.trim()).not.toBe('');
      for (const button of made.querySelectorAll('button'))
        expect(button.getAttribute('type')).toMatch(/^(button|submit)$/);
    },
  );
});

it('the gallery has every screen', () => {
  expect(new Set(Object.values(GALLERY).map((screen) => screen.name))).toEqual(new Set(NAMES));
});

it('the gallery has every button', () => {
  expect(new Set(Object.values(GALLERY).flatMap(actions))).toEqual(new Set(ACTIONS));
});

it.each(Object.entries(GALLERY))('each button of %s dispatches its own action', (_, screen) => {
  const dispatch = vi.fn<(action: Action) => void>();
  const made = page(screen, dispatch);
  document.body.replaceChildren(made);
  for (const button of made.querySelectorAll<HTMLButtonElement>('button')) {
    dispatch.mockClear();
    const name = button.getAttribute('data-action') as Action['do'];
    button.click();
    expect(dispatch).toHaveBeenCalledExactlyOnceWith(
      name === 'set_tenant' ? { do: name, typed: made.querySelector('input')?.value } : { do: name },
    );
    const { t } = i18nFor('nl');
    expect(button.textContent).toBe(t(`action-${name}`));
  }
});

describe('the buttons of each screen', () => {
  const signIn = GALLERY['sign-in-all'] as Extract<Screen, { name: 'sign_in' }>;
  const table: [string, Screen, string[]][] = [
    ['not set up', GALLERY['not-set-up']!, ['set_tenant']],
    ['not set up, managed', GALLERY['not-set-up-managed']!, ['retry']],
    ['sign in', signIn, ['sign_in', 'sign_in_with_code', 'change_organisation']],
    ['sign in, fixed organisation', { ...signIn, may_change: false }, ['sign_in', 'sign_in_with_code']],
    ['sign in, in progress', { ...signIn, busy: true }, ['cancel']],
    ['browser', GALLERY.browser!, ['open_browser_again', 'cancel', 'sign_in_here', 'sign_in_with_code']],
    ['browser, nothing else', GALLERY['browser-only']!, ['open_browser_again', 'cancel']],
    ['in app', GALLERY['in-app']!, ['cancel']],
    ['code', GALLERY.code!, ['cancel']],
    ['finishing', GALLERY.finishing!, ['cancel']],
    ['group', GALLERY.group!, ['open_group', 'show_status']],
    ['error', GALLERY['trouble-keystore_locked']!, ['retry', 'open_group', 'show_status']],
    ['status', GALLERY.status!, ['open_group', 'ask_sign_out']],
    ['status, no sign-out', GALLERY['status-no-sign-out']!, ['open_group']],
    ['status, asking', GALLERY['status-asking']!, ['sign_out', 'cancel']],
  ];
  it.each(table)('%s', (_, screen, expected) => {
    expect(actions(screen)).toEqual(expected);
  });

  it('at most one button is large, and it comes first', () => {
    for (const screen of Object.values(GALLERY)) {
      const variants = [...page(screen).querySelectorAll('button')].map((button) => button.className);
      expect(variants.slice(1).filter((variant) => variant === 'main' || variant === 'danger')).toEqual([]);
    }
  });
});

describe('text that depends on the view', () => {
  const trouble = {
    name: 'trouble',
    error: appError('no_network'),
    buttons: [{ do: 'retry' }],
    retries: true,
    signed_in: true,
  } satisfies Screen;
  it('an error screen says "you stay signed in" only with a session', () => {
    expect(page(trouble).textContent).toContain('Je blijft ingelogd');
    expect(page({ ...trouble, signed_in: false }).textContent).not.toContain('ingelogd');
  });
  it('an error screen says that the app retries only where it does', () => {
    expect(page(trouble).textContent).toContain('vanzelf');
    expect(page({ ...trouble, retries: false }).textContent).not.toContain('vanzelf');
  });
  it('an error screen shows the error code', () => {
    expect(page(trouble).querySelector('.error-code')?.textContent).toBe('Code E301');
  });
  it('the sign-in screen advises one account per tablet (S13), except for a personal account', () => {
    for (const why of ['never', 'expired', 'ended'] as const)
      expect(page({ ...GALLERY['sign-in-all'], why } as Screen).textContent).toContain('eigen groepsaccount');
    expect(page(GALLERY['sign-in-personal']!).textContent).not.toContain('groepsaccount');
  });
  it.each([
    [0, 'Binnenkort'],
    [1, 'nog 1 dag ingelogd'],
    [60, 'nog 60 dagen ingelogd'],
  ])('%i days left', (days, expected) => {
    expect(page({ ...GALLERY.status, info: { ...statusInfo, days_left: days } } as Screen).textContent).toContain(
      expected,
    );
  });
  it('the status screen leaves the days out while they are unknown', () => {
    expect(page({ ...GALLERY.status, info: { ...statusInfo, days_left: null } } as Screen).textContent).not.toMatch(
      /dag/,
    );
  });
  it('the address for another device leaves out https://', () => {
    expect(page(GALLERY.code!).querySelector('.address')?.textContent).toBe('login.kidskonnect.nl/activate');
    const local = { ...GALLERY.code, code: { ...deviceCode, address: 'http://127.0.0.1:4200/activate' } } as Screen;
    expect(page(local).querySelector('.address')?.textContent).toBe('http://127.0.0.1:4200/activate');
  });
});

describe('values from outside become text, never markup', () => {
  const evil = '<img src=x onerror=alert(1)><script>alert(1)</script>';
  const screens: Screen[] = [
    ...Object.values(GALLERY).map((screen) => ('organisation' in screen ? { ...screen, organisation: evil } : screen)),
    { ...GALLERY['not-set-up'], suffix: evil, typed: evil, error: { kind: 'tenant_invalid', code: evil } } as Screen,
    { ...GALLERY['trouble-no_network'], error: { kind: 'no_network', code: evil } } as Screen,
    { ...GALLERY.code, code: { user_code: evil, address: evil, qr: { size: 5, path: `"/>${evil}` } } } as Screen,
    {
      ...GALLERY.status,
      info: { ...statusInfo, environment: evil, version: evil, recent_errors: [{ kind: 'no_network', code: evil }] },
    } as Screen,
  ];
  it.each(screens.map((screen) => [screen.name, screen] as const))('%s', (_, screen) => {
    const made = page(screen);
    expect(made.querySelectorAll('script, img:not([src="/mark.svg"]), [onerror]')).toHaveLength(0);
    // The Content-Security-Policy of the pages refuses inline styles.
    expect(made.querySelectorAll('[style]')).toHaveLength(0);
  });
});
