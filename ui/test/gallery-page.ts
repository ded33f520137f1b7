// Screens of the gallery: `gallery.html?screen=code&language=en`. For browsers of the tests, and for eyes: `npm run dev`.
import type { Language } from '../src/bindings/bridge';
import { shower } from '../src/show';
import { GALLERY } from './gallery';

const asked = new URLSearchParams(location.search);
const root = document.getElementById('app');

if (root) {
  const shown = shower(root, (action) => {
    root.dataset.did = action.do;
  });
  const show = (name: string, language: Language) => {
    const screen = GALLERY[name];
    if (screen) shown({ language, screen });
  };
  show(asked.get('screen') ?? 'sign-in-never', (asked.get('language') ?? 'nl') as Language);
  Object.assign(globalThis, { gallery: { names: Object.keys(GALLERY), show } });
}
