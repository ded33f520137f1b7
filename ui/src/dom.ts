// DOM builders. They set text as text nodes and never set a `style` attribute: the Content-Security-Policy of the pages
// refuses inline styles, and values from the MDM, a setup link or the identity provider must not become markup.
import type { Action } from './bindings/bridge';

type Child = Node | string | null;

/** The looks of a button; each is a class in style.css. */
export type Variant = 'main' | 'plain' | 'quiet' | 'danger';

/** Creates an element. Children that are `null` are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A button that dispatches `action`. Tests and the renderer find it by `data-action`. */
export function button(
  action: Action,
  label: string,
  variant: Variant,
  dispatch: (action: Action) => void,
): HTMLButtonElement {
  const element = h('button', { type: 'button', class: variant, 'data-action': action.do }, label);
  element.addEventListener('click', () => dispatch(action));
  return element;
}

function svg(size: number, path: string, attributes: Record<string, string>): SVGSVGElement {
  const namespace = 'http://www.w3.org/2000/svg';
  const element = document.createElementNS(namespace, 'svg');
  for (const [key, value] of Object.entries({ viewBox: `0 0 ${size} ${size}`, ...attributes })) {
    element.setAttribute(key, value);
  }
  const shape = document.createElementNS(namespace, 'path');
  shape.setAttribute('d', path);
  element.append(shape);
  return element;
}

/** A QR code. `path` is the SVG path of its dark modules in a square of `size` units, quiet zone included. */
export function qrCode(size: number, path: string, label: string): SVGSVGElement {
  return svg(size, path, { role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges', class: 'qr' });
}

/** A line drawing in a square of 24 units. Screen readers skip it, because the text beside it says the same. */
export function icon(path: string, className: string): SVGSVGElement {
  return svg(24, path, { 'aria-hidden': 'true', class: className });
}
