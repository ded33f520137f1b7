import { beforeEach, expect, it, vi } from 'vitest';
import type { Screen } from '../src/bindings/bridge';
import { createRenderer } from '../src/render';
import { appError, GALLERY } from './gallery';

let root: HTMLElement;
let show: (screen: Screen) => void;
const dispatch = vi.fn();

beforeEach(() => {
  dispatch.mockClear();
  document.body.innerHTML = '<div id="app"></div>';
  root = document.getElementById('app')!;
  const render = createRenderer(root, dispatch);
  show = (screen) => render({ language: 'nl', screen });
});

const focused = () => document.activeElement;
const field = () => root.querySelector<HTMLInputElement>('#tenant')!;
const notSetUp = GALLERY['not-set-up'] as Extract<Screen, { name: 'not_set_up' }>;

it.each(Object.entries(GALLERY).filter(([, screen]) => !(screen.name === 'not_set_up' && screen.error)))(
  '%s moves the focus to its heading',
  (_, screen) => {
    show(screen.name === 'group' ? GALLERY.finishing! : GALLERY.group!);
    show(screen);
    expect(focused()?.tagName).toBe('H1');
  },
);

it('another kind of error is a new screen, the same kind is an update', () => {
  show(GALLERY['trouble-no_network']!);
  root.querySelector<HTMLElement>('[data-action="retry"]')!.focus();
  show({ ...GALLERY['trouble-no_network'], retries: false } as Screen);
  expect(focused()?.getAttribute('data-action')).toBe('retry');
  show(GALLERY['trouble-server_down']!);
  expect(focused()?.tagName).toBe('H1');
});

it('status information that arrives later leaves the focus where it is', () => {
  show(GALLERY['status-reading']!);
  root.querySelector<HTMLElement>('[data-action="open_group"]')!.focus();
  show(GALLERY.status!);
  expect(focused()?.getAttribute('data-action')).toBe('open_group');
});

it('a refused name keeps its text and gets the focus', () => {
  show(notSetUp);
  show({ ...notSetUp, typed: 'de zon', error: appError('tenant_invalid') });
  expect(field().value).toBe('de zon');
  expect(focused()).toBe(field());
  expect(field().getAttribute('aria-invalid')).toBe('true');
});

it('text that is being typed survives an update of the screen', () => {
  show(notSetUp);
  field().focus();
  field().value = 'zonn';
  show({ ...notSetUp, suffix: '.acceptatie.example' });
  expect(field().value).toBe('zonn');
  expect(focused()).toBe(field());
});

it('the name is sent as it was typed, by the button and by the Enter key', () => {
  show(notSetUp);
  field().value = ' Zonnetje.ouderportaal.nl ';
  root.querySelector('form')!.requestSubmit();
  root.querySelector<HTMLButtonElement>('[data-action="set_tenant"]')!.click();
  expect(dispatch.mock.calls).toEqual([
    [{ do: 'set_tenant', typed: ' Zonnetje.ouderportaal.nl ' }],
    [{ do: 'set_tenant', typed: ' Zonnetje.ouderportaal.nl ' }],
  ]);
});

it('unfolded details stay open on the same screen and are folded on a new one', () => {
  show(GALLERY.browser!);
  root.querySelector('details')!.open = true;
  show({ ...GALLERY.browser, with_code: false } as Screen);
  expect(root.querySelector('details')!.open).toBe(true);
  show(notSetUp);
  expect(root.querySelector('details')!.open).toBe(false);
});

it('the lang attribute names the language of the page', () => {
  const render = createRenderer(root, dispatch);
  for (const language of ['en', 'nl'] as const) {
    render({ language, screen: GALLERY.group! });
    expect(document.documentElement.lang).toBe(language);
  }
});

it('the starting screen shows a spinner, and its heading is for screen readers only', () => {
  show(GALLERY.starting!);
  expect(root.querySelector('.waiting')?.textContent).toBe('Even geduld…');
  expect(root.querySelector('h1')?.className).toBe('visually-hidden');
});

it('the first screen takes the place of the word for engines that are too old', () => {
  root.innerHTML = '<div id="old-engine"></div>';
  show(GALLERY.starting!);
  expect(root.querySelector('#old-engine')).toBeNull();
  expect(root.children).toHaveLength(1);
});
