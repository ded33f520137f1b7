// Small makers of elements. Text is always set as text, and nothing sets a style: the page's policy refuses both.
import type { Action } from './bindings/bridge';

type Child = Node | string | null;

export type Look = 'main' | 'plain' | 'quiet' | 'danger';

export function el<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Record<string, string> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A button that tells the app what the person did. */
export function button(action: Action, text: string, look: Look, act: (action: Action) => void): HTMLButtonElement {
  const made = el('button', { type: 'button', class: look, 'data-action': action.do }, text);
  made.addEventListener('click', () => act(action));
  return made;
}

function svg(size: number, path: string, attributes: Record<string, string>): SVGSVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const made = document.createElementNS(space, 'svg');
  for (const [key, value] of Object.entries({ viewBox: `0 0 ${size} ${size}`, ...attributes })) made.setAttribute(key, value);
  const drawn = document.createElementNS(space, 'path');
  drawn.setAttribute('d', path);
  made.append(drawn);
  return made;
}

/** A QR code. */
export function qr(size: number, path: string, label: string): SVGSVGElement {
  return svg(size, path, { role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges', class: 'qr' });
}

/** A drawing in lines, beside words that say the same. */
export function icon(path: string, look: string): SVGSVGElement {
  return svg(24, path, { 'aria-hidden': 'true', class: look });
}
