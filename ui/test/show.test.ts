import { beforeEach, expect, it, vi } from 'vitest';
import type { Screen } from '../src/bindings/bridge';
import { shower } from '../src/show';
import { GALLERY, fault } from './gallery';

let root: HTMLElement;
let show: (screen: Screen) => void;
const act = vi.fn();

beforeEach(() => {
  act.mockClear();
  document.body.innerHTML = '<div id="app"></div>';
  root = document.getElementById('app')!;
  const shown = shower(root, act);
  show = (screen) => shown({ language: 'nl', screen });
});

const focused = () => document.activeElement;
const field = () => root.querySelector<HTMLInputElement>('#tenant')!;
const notSetUp = GALLERY['not-set-up'] as Extract<Screen, { name: 'not_set_up' }>;

it.each(Object.entries(GALLERY).filter(([, screen]) => !('problem' in screen && screen.problem)))('%s is read from its heading', (_, screen) => {
  show(screen.name === 'group' ? GALLERY.finishing! : GALLERY.group!);
  show(screen);
  expect(focused()?.tagName).toBe('H1');
});

it('another trouble is a new screen, the same one is not', () => {
  show(GALLERY['trouble-no_network']!);
  root.querySelector<HTMLElement>('[data-action="retry"]')!.focus();
  show({ ...GALLERY['trouble-no_network'], retries: false } as Screen);
  expect(focused()?.getAttribute('data-action')).toBe('retry');
  show(GALLERY['trouble-server_down']!);
  expect(focused()?.tagName).toBe('H1');
});

it('facts that come in leave the focus where it is', () => {
  show(GALLERY['status-reading']!);
  root.querySelector<HTMLElement>('[data-action="open_group"]')!.focus();
  show(GALLERY.status!);
  expect(focused()?.getAttribute('data-action')).toBe('open_group');
});

it('a name that is refused is put right at once, as it was typed', () => {
  show(notSetUp);
  show({ ...notSetUp, typed: 'de zon', problem: fault('tenant_invalid') });
  expect(field().value).toBe('de zon');
  expect(focused()).toBe(field());
  expect(field().getAttribute('aria-invalid')).toBe('true');
});

it('what is being typed stays when something else changes', () => {
  show(notSetUp);
  field().focus();
  field().value = 'zonn';
  show({ ...notSetUp, suffix: '.acceptatie.example' });
  expect(field().value).toBe('zonn');
  expect(focused()).toBe(field());
});

it('the name is sent as it was typed, by button and by key', () => {
  show(notSetUp);
  field().value = ' Zonnetje.ouderportaal.nl ';
  root.querySelector('form')!.requestSubmit();
  root.querySelector<HTMLButtonElement>('[data-action="set_tenant"]')!.click();
  expect(act.mock.calls).toEqual([[{ do: 'set_tenant', typed: ' Zonnetje.ouderportaal.nl ' }], [{ do: 'set_tenant', typed: ' Zonnetje.ouderportaal.nl ' }]]);
});

it('what was unfolded stays so on the same screen, and is folded on a new one', () => {
  show(GALLERY.browser!);
  root.querySelector('details')!.open = true;
  show({ ...GALLERY.browser, with_code: false } as Screen);
  expect(root.querySelector('details')!.open).toBe(true);
  show(notSetUp);
  expect(root.querySelector('details')!.open).toBe(false);
});

it('the page says which language it is in', () => {
  const shown = shower(root, act);
  for (const language of ['en', 'nl'] as const) {
    shown({ language, screen: GALLERY.group! });
    expect(document.documentElement.lang).toBe(language);
  }
});

it('the start says nothing at first, and never takes a card', () => {
  show(GALLERY.starting!);
  expect(root.querySelector('.waiting')?.textContent).toBe('Even geduld…');
  expect(root.querySelector('h1')?.className).toBe('unseen');
});
