// What does not fit on the page that is shown. Runs inside the page, so it stands by itself.

/** @param {number} touch the smallest side of what is pressed, in CSS pixels; 0 where it is not ours */
export function misfits(touch) {
  // At its end, so that nothing is caught while it fades in.
  for (const animation of document.getAnimations()) if (Number.isFinite(animation.effect.getComputedTiming().endTime)) animation.finish();
  const root = document.documentElement;
  const width = root.clientWidth;
  const found = [];
  const name = (element) => `${element.localName}${element.id ? `#${element.id}` : ''} "${(element.textContent || element.value || '').trim().replace(/\s+/g, ' ').slice(0, 40)}"`;
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest('.unseen');
  const shown = [...document.body.querySelectorAll('*')].filter(seen);

  if (root.scrollWidth > width) found.push(`the page scrolls sideways: ${root.scrollWidth} of ${width}`);
  for (const element of shown) {
    const box = element.getBoundingClientRect();
    if (box.width > 0 && (box.left < -0.5 || box.right > width + 0.5)) found.push(`${name(element)} sticks out of the page`);
  }

  // Words stay inside what holds them.
  const says = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  for (const element of shown.filter(says)) {
    let holder = element;
    while (getComputedStyle(holder).display === 'inline') holder = holder.parentElement;
    if (holder.scrollWidth > holder.clientWidth + 1) found.push(`${name(element)} is wider than its place: ${holder.scrollWidth} of ${holder.clientWidth}`);
    if (/^(h\d|button|summary|a)$/.test(holder.localName) && holder.scrollHeight > holder.clientHeight + 1) found.push(`${name(element)} is higher than its place: ${holder.scrollHeight} of ${holder.clientHeight}`);
  }

  // What is pressed is large enough, and a finger can get at it.
  for (const element of shown.filter((one) => one.matches('a[href], button, input, select, summary, textarea, [role=button]'))) {
    const { width: w, height: h } = element.getBoundingClientRect();
    if (Math.min(w, h) < touch) found.push(`${name(element)} is smaller than ${touch}: ${Math.round(w)}x${Math.round(h)}`);
    element.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = element.getBoundingClientRect();
    if (box.top < -0.5 || box.bottom > root.clientHeight + 0.5) found.push(`${name(element)} cannot be scrolled to`);
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (!hit || !(element.contains(hit) || hit.contains(element))) found.push(`${name(element)} lies under ${hit ? name(hit) : 'nothing'}`);
  }
  scrollTo({ top: 0, behavior: 'instant' });
  return found;
}

/** Shows every screen of the gallery and looks at it, folded and unfolded: what is wrong, and what it says. Needs `misfits`. */
export function lookAtScreens(language, touch) {
  return gallery.names.map((name) => {
    gallery.show(name, language);
    const wrong = misfits(touch);
    if (document.documentElement.scrollHeight > document.documentElement.clientHeight) wrong.push('the page does not fit');
    const folds = [...document.querySelectorAll('details')];
    for (const fold of folds) fold.open = true;
    if (folds.length > 0) wrong.push(...misfits(touch));
    for (const fold of folds) fold.open = false;
    const words = (css) => [...document.querySelectorAll(css)].map((element) => [element.dataset.action ?? 'heading', element.textContent]);
    return { name, wrong, language: document.documentElement.lang, said: words('h1, [data-action]') };
  });
}
