// Small makers of elements. Text is always set as text.
import type { Action } from './bindings/bridge';

type Child = Node | string | null;

export function el<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Record<string, string> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A button that tells the app what the person did. */
export function button(action: Action, text: string, look: 'main' | 'plain' | 'quiet', act: (action: Action) => void): HTMLButtonElement {
  const made = el('button', { type: 'button', class: look, 'data-action': action.do }, text);
  made.addEventListener('click', () => act(action));
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

/** A drawing of one path. */
export function drawing(size: number, path: string, label: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  svg.setAttribute('shape-rendering', 'crispEdges');
  svg.setAttribute('class', 'qr');
  const dark = document.createElementNS(SVG, 'path');
  dark.setAttribute('d', path);
  svg.append(dark);
  return svg;
}
