// One screen of the gallery: `gallery.html?screen=code&language=en`. For `npm run pictures`, and for eyes: `npm run dev`.
import type { Language } from '../src/bindings/bridge';
import { shower } from '../src/show';
import { GALLERY } from './gallery';

const asked = new URLSearchParams(location.search);
const root = document.getElementById('app');
const screen = GALLERY[asked.get('screen') ?? 'sign-in-never'];
if (root && screen) shower(root, (action) => console.info(action))({ language: (asked.get('language') ?? 'nl') as Language, screen });
