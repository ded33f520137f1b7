// Looks at every screen in a real browser, under the app's own policy: `npm run pictures`.
//
// Checks what only a browser knows (axe's rules, scrolling, sizes of what is touched, refusals of the policy) and
// writes pictures into target/pages/. CHROMIUM names the browser.
import { mkdirSync, rmSync } from 'node:fs';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { openSite } from './site.mjs';

const out = new URL('../../target/pages/', import.meta.url).pathname;
const sizes = [[800, 1280], [1280, 800], [1024, 1366], [744, 1133]];
const TOUCH = 48;
/** At its end, so that nothing is caught while it fades in. */
const SEEN = '*, *::before { animation-duration: 1ms !important; animation-delay: 0ms !important; animation-iteration-count: 1 !important; }';

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const site = await openSite(`${out}.site`);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--headless=new', '--no-sandbox', '--disable-gpu'] });

const wrong = [];
let pictures = 0;
let names = [];

for (const language of ['nl', 'en']) {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ colorScheme });
    const page = await context.newPage();
    let at = '';
    page.on('console', (message) => message.type() === 'error' && wrong.push(`${at}: ${message.text()}`));
    page.on('pageerror', (error) => wrong.push(`${at}: ${error}`));
    await page.goto(site.gallery);
    names = await page.evaluate(() => globalThis.gallery.names);
    for (const name of names) {
      at = `${name} ${language} ${colorScheme}`;
      await page.goto(`${site.gallery}?screen=${name}&language=${language}`);
      await page.waitForSelector('[data-screen]');
      // A constructed sheet is no style of the page: the policy stays as it is.
      await page.evaluate((css) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(css);
        document.adoptedStyleSheets = [sheet];
      }, SEEN);
      await page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));
      await page.waitForTimeout(30);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
      for (const { id, nodes } of violations) wrong.push(`${at}: ${id} at ${nodes.map((node) => node.html.slice(0, 90)).join(' ')}`);
      await page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = false)));
      for (const [width, height] of sizes) {
        await page.setViewportSize({ width, height });
        const found = await page.evaluate((touch) => {
          const root = document.documentElement;
          const small = [...document.querySelectorAll('button, summary, input')].filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < touch);
          return { wide: root.scrollWidth > root.clientWidth, tall: root.scrollHeight > root.clientHeight, small: small.map((element) => element.textContent) };
        }, TOUCH);
        if (found.wide) wrong.push(`${at} ${width}x${height}: scrolls sideways`);
        if (found.tall) wrong.push(`${at} ${width}x${height}: does not fit`);
        for (const words of found.small) wrong.push(`${at} ${width}x${height}: lower than ${TOUCH}: ${words}`);
        const worth = (language === 'nl' && (width === 800 || (width === 1280 && colorScheme === 'light'))) || (language === 'en' && width === 744 && colorScheme === 'light');
        if (worth) {
          await page.screenshot({ path: `${out}${name}-${language}-${colorScheme}-${width}x${height}.png` });
          pictures += 1;
        }
      }
    }
    await context.close();
  }
}
await browser.close();
await site.close();
console.log([...wrong, `${names.length} screens, ${pictures} pictures in target/pages, ${wrong.length} things wrong`].join('\n'));
process.exitCode = wrong.length > 0 ? 1 : 0;
