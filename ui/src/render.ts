// Replaces the page with the current screen, and keeps the focus, the typed text and the unfolded details across
// updates of the same screen.
import type { Screen, View } from './bindings/bridge';
import { i18nFor } from './i18n';
import { type Dispatch, renderScreen } from './screens';

/** Returns a function that renders a view into `root`. Each call replaces what the call before it rendered. */
export function createRenderer(root: HTMLElement, dispatch: Dispatch): (view: View) => void {
  let previous: Screen | null = null;

  return ({ language, screen }) => {
    const i18n = i18nFor(language);
    document.documentElement.lang = i18n.locale;
    const isNew = previous === null || screenKey(previous) !== screenKey(screen);
    const oldInput = root.querySelector<HTMLInputElement>('#tenant');
    const focusedAction = document.activeElement?.getAttribute('data-action');
    const isTyping = oldInput !== null && document.activeElement === oldInput;
    const wasOpen = root.querySelector('details')?.open ?? false;
    // `typed` changes only when the app has answered to a submitted name. Until then, the text in the input is newer.
    const draft =
      oldInput && previous?.name === 'not_set_up' && screen.name === 'not_set_up' && previous.typed === screen.typed
        ? oldInput.value
        : null;

    const page = renderScreen(screen, i18n, dispatch);
    // Not `replaceChildren`, which web views before Chromium 86 lack.
    root.textContent = '';
    root.append(page);
    previous = screen;

    const input = page.querySelector<HTMLInputElement>('#tenant');
    if (input && draft !== null) input.value = draft;
    const details = page.querySelector('details');
    if (details && !isNew) details.open = wasOpen;

    // A refused name gets the focus, so that the user can correct it at once. A new screen moves the focus to its
    // heading, because a screen reader reads from there. An updated screen gives the focus back to the same button.
    if (input && (isTyping || (screen.name === 'not_set_up' && screen.error))) input.focus();
    else if (isNew) page.querySelector<HTMLElement>('h1')?.focus();
    else if (focusedAction) page.querySelector<HTMLElement>(`[data-action="${focusedAction}"]`)?.focus();
  };
}

/** Two screens with the same key are the same screen to the user: the second one updates the first in place. */
function screenKey(screen: Screen): string {
  if (screen.name === 'trouble') return `trouble ${screen.error.kind}`;
  if (screen.name === 'status') return `status ${screen.asking}`;
  return screen.name;
}
