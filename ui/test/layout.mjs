// Finds what does not fit on a page. These functions are serialised and run inside the page, so they may not refer to
// anything outside themselves, except that `checkScreens` calls `layoutErrors`.

/**
 * Returns one line per layout error on the current page.
 * @param {number} touch the smallest side of a touch target in CSS pixels; 0 for pages that are not the app's own
 */
export function layoutErrors(touch) {
  // Ends every animation, so that no element is measured while it fades in.
  for (const animation of document.getAnimations())
    if (Number.isFinite(animation.effect.getComputedTiming().endTime)) animation.finish();
  const root = document.documentElement;
  const width = root.clientWidth;
  const errors = [];
  const name = (element) =>
    `${element.localName}${element.id ? `#${element.id}` : ''} "${(element.textContent || element.value || '').trim().replace(/\s+/g, ' ').slice(0, 40)}"`;
  const isVisible = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    !element.closest('.visually-hidden');
  const visible = [...document.body.querySelectorAll('*')].filter(isVisible);

  if (root.scrollWidth > width) errors.push(`the page scrolls sideways: ${root.scrollWidth} of ${width}`);
  for (const element of visible) {
    const box = element.getBoundingClientRect();
    if (box.width > 0 && (box.left < -0.5 || box.right > width + 0.5))
      errors.push(`${name(element)} sticks out of the page`);
  }

  // Text stays inside its block.
  const hasText = (element) =>
    [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  for (const element of visible.filter(hasText)) {
    let block = element;
    while (getComputedStyle(block).display === 'inline') block = block.parentElement;
    if (block.scrollWidth > block.clientWidth + 1)
      errors.push(`${name(element)} is wider than its block: ${block.scrollWidth} of ${block.clientWidth}`);
    if (/^(h\d|button|summary|a)$/.test(block.localName) && block.scrollHeight > block.clientHeight + 1)
      errors.push(`${name(element)} is higher than its block: ${block.scrollHeight} of ${block.clientHeight}`);
  }

  // A touch target is large enough, can be scrolled into view, and lies under no other element.
  for (const element of visible.filter((one) =>
    one.matches('a[href], button, input, select, summary, textarea, [role=button]'),
  )) {
    const { width: w, height: h } = element.getBoundingClientRect();
    if (Math.min(w, h) < touch)
      errors.push(`${name(element)} is smaller than ${touch}: ${Math.round(w)}x${Math.round(h)}`);
    element.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = element.getBoundingClientRect();
    if (box.top < -0.5 || box.bottom > root.clientHeight + 0.5) errors.push(`${name(element)} cannot be scrolled to`);
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (!hit || !(element.contains(hit) || hit.contains(element)))
      errors.push(`${name(element)} lies under ${hit ? name(hit) : 'nothing'}`);
  }
  scrollTo({ top: 0, behavior: 'instant' });
  return errors;
}

/**
 * Shows every screen of the gallery, with its details folded and unfolded. Returns for each screen its layout errors, its
 * language, and the text of its heading and buttons.
 */
export function checkScreens(language, touch) {
  return gallery.names.map((name) => {
    gallery.show(name, language);
    const errors = layoutErrors(touch);
    if (document.documentElement.scrollHeight > document.documentElement.clientHeight)
      errors.push('the page does not fit');
    const details = [...document.querySelectorAll('details')];
    for (const each of details) each.open = true;
    if (details.length > 0) errors.push(...layoutErrors(touch));
    for (const each of details) each.open = false;
    const texts = (css) =>
      [...document.querySelectorAll(css)].map((element) => [element.dataset.action ?? 'heading', element.textContent]);
    return { name, errors, language: document.documentElement.lang, texts: texts('h1, [data-action]') };
  });
}
