// Puts what the app says on the page, and keeps what the person is at.
import type { Screen, Shown } from './bindings/bridge';
import { type Act, render } from './screens';
import { wordsIn } from './words';

/** Shows in `root`, one screen after the other. */
export function shower(root: HTMLElement, act: Act): (shown: Shown) => void {
  let last: Screen | null = null;

  return ({ language, screen }) => {
    const words = wordsIn(language);
    document.documentElement.lang = words.language;
    const fresh = last === null || riddle(last) !== riddle(screen);
    const before = root.querySelector<HTMLInputElement>('#tenant');
    const at = document.activeElement?.getAttribute('data-action');
    const typing = before !== null && document.activeElement === before;
    const open = root.querySelector('details')?.open ?? false;
    // What was typed stays until the app answers to it.
    const typed = before && last?.name === 'not_set_up' && screen.name === 'not_set_up' && last.typed === screen.typed ? before.value : null;

    const page = render(screen, words, act);
    root.replaceChildren(page);
    last = screen;

    const field = page.querySelector<HTMLInputElement>('#tenant');
    if (field && typed !== null) field.value = typed;
    const details = page.querySelector('details');
    if (details && !fresh) details.open = open;

    // A new screen is read from its heading; a name to put right is typed at once; and a button that stays is kept.
    if (field && (typing || (screen.name === 'not_set_up' && screen.problem))) field.focus();
    else if (fresh) page.querySelector<HTMLElement>('h1')?.focus();
    else if (at) page.querySelector<HTMLElement>(`[data-action="${at}"]`)?.focus();
  };
}

/** Two screens that say the same thing, in other details, are one to a person. */
function riddle(screen: Screen): string {
  if (screen.name === 'trouble') return `trouble ${screen.fault.problem}`;
  if (screen.name === 'status') return `status ${screen.asking}`;
  return screen.name;
}
