// Shows what the app says, one screen at a time.
import type { Shown } from './bindings/bridge';
import { act, follow } from './bridge';
import { render } from './screens';
import { wordsIn } from './words';

const root = document.getElementById('app');
let last = '';

function show(shown: Shown): void {
  const words = wordsIn(shown.language);
  document.documentElement.lang = words.language;
  const page = render(shown.screen, words, act);
  root?.replaceChildren(page);
  const fresh = last !== shown.screen.name;
  last = shown.screen.name;
  // A new screen is read from its heading; a name to put right is typed at once.
  if (shown.screen.name === 'not_set_up' && (!fresh || shown.screen.problem)) page.querySelector<HTMLElement>('#tenant')?.focus();
  else if (fresh) page.querySelector<HTMLElement>('h1')?.focus();
}

void follow(show);
