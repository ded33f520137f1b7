// Shows one screen of the gallery: `gallery.html?screen=code&language=en`. The browser tests open it; `npm run dev`
// serves it to people.
import type { Language } from '../src/bindings/bridge';
import { createRenderer } from '../src/render';
import { GALLERY } from './gallery';

const query = new URLSearchParams(location.search);
const root = document.getElementById('app');

if (root) {
  const render = createRenderer(root, (action) => {
    root.dataset.did = action.do;
  });
  const show = (name: string, language: Language) => {
    const screen = GALLERY[name];
    if (screen) render({ language, screen });
  };
  show(query.get('screen') ?? 'sign-in-never', (query.get('language') ?? 'nl') as Language);
  Object.assign(globalThis, { gallery: { names: Object.keys(GALLERY), show } });
}
