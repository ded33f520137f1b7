// Checks every screen in Chromium, under the app's own Content-Security-Policy: `npm run pictures`.
//
// Checks what only a browser can: axe's accessibility rules, scrolling, the size of touch targets, and whether the
// policy refuses anything. Writes screenshots to target/pages/. The environment variable CHROMIUM names the browser.
import { mkdirSync, rmSync } from 'node:fs';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { serveGallery } from './gallery-server.mjs';

const out = new URL('../../target/pages/', import.meta.url).pathname;
const sizes = [
  [800, 1280],
  [1280, 800],
  [1024, 1366],
  [744, 1133],
];
const TOUCH = 48;
/** Ends every animation at once, so that no screenshot shows a screen while it fades in. */
const END_ANIMATIONS =
  '*, *::before { animation-duration: 1ms !important; animation-delay: 0ms !important; animation-iteration-count: 1 !important; }';

/** Runs inside the page. */
function unfold(open) {
  for (const details of document.querySelectorAll('details')) details.open = open;
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const gallery = await serveGallery(`${out}.site`);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless=new', '--no-sandbox', '--disable-gpu'],
});

const failures = [];
let screenshots = 0;
let names = [];

for (const language of ['nl', 'en']) {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ colorScheme });
    const page = await context.newPage();
    let where = '';
    page.on('console', (message) => message.type() === 'error' && failures.push(`${where}: ${message.text()}`));
    page.on('pageerror', (error) => failures.push(`${where}: ${error}`));
    await page.goto(gallery.url);
    names = await page.evaluate(() => globalThis.gallery.names);
    for (const name of names) {
      where = `${name} ${language} ${colorScheme}`;
      await page.goto(`${gallery.url}?screen=${name}&language=${language}`);
      await page.waitForSelector('[data-screen]');
      // The policy refuses inline styles but allows a constructed style sheet, so the test needs no weaker policy.
      await page.evaluate((css) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(css);
        document.adoptedStyleSheets = [sheet];
      }, END_ANIMATIONS);
      await page.evaluate(unfold, true);
      await page.waitForTimeout(30);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
      for (const { id, nodes } of violations)
        failures.push(`${where}: ${id} at ${nodes.map((node) => node.html.slice(0, 90)).join(' ')}`);
      await page.evaluate(unfold, false);
      for (const [width, height] of sizes) {
        await page.setViewportSize({ width, height });
        const found = await page.evaluate((touch) => {
          const root = document.documentElement;
          const small = [...document.querySelectorAll('button, summary, input')].filter(
            (element) => element.checkVisibility() && element.getBoundingClientRect().height < touch,
          );
          return {
            wide: root.scrollWidth > root.clientWidth,
            tall: root.scrollHeight > root.clientHeight,
            small: small.map((element) => element.textContent),
          };
        }, TOUCH);
        if (found.wide) failures.push(`${where} ${width}x${height}: scrolls sideways`);
        if (found.tall) failures.push(`${where} ${width}x${height}: does not fit`);
        for (const text of found.small) failures.push(`${where} ${width}x${height}: lower than ${TOUCH}: ${text}`);
        const keep =
          (language === 'nl' && (width === 800 || (width === 1280 && colorScheme === 'light'))) ||
          (language === 'en' && width === 744 && colorScheme === 'light');
        if (keep) {
          await page.screenshot({ path: `${out}${name}-${language}-${colorScheme}-${width}x${height}.png` });
          screenshots += 1;
        }
      }
    }
    await context.close();
  }
}
await browser.close();
await gallery.close();
console.log(
  [
    ...failures,
    `${names.length} screens, ${screenshots} screenshots in target/pages, ${failures.length} failures`,
  ].join('\n'),
);
process.exitCode = failures.length > 0 ? 1 : 0;
