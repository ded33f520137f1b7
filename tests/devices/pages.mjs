// Pages of web views, through the engine's debugging door (Chrome DevTools Protocol).

const LIMIT = 90_000;
const PAUSE = 500;
/** An answer that does not come is no answer: pages go away while they are asked. */
const ANSWER = 10_000;

/** Tries until something other than nothing comes of it. */
export async function attempt(what, work) {
  const end = Date.now() + LIMIT;
  for (let last = null; ;) {
    try {
      const outcome = await work();
      if (outcome !== null && outcome !== undefined && outcome !== false && outcome !== '') return outcome;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`, { cause: last });
    await new Promise((done) => setTimeout(done, PAUSE));
  }
}

/** The page whose address fits. */
export async function pageAt(door, fits) {
  const pages = await (await fetch(`http://127.0.0.1:${door}/json/list`)).json();
  const found = pages.find((page) => page.type === 'page' && fits(page.url));
  if (!found) throw new Error(`no such page among ${pages.map((page) => page.url).join(' ')}`);
  return found;
}

/** What a script in the page comes to. It counts as a person's touch. */
function run(page, script) {
  return new Promise((done, fail) => {
    const socket = new WebSocket(page.webSocketDebuggerUrl);
    const late = setTimeout(() => { socket.close(); fail(new Error('no answer')); }, ANSWER);
    socket.onerror = () => { clearTimeout(late); fail(new Error('the page is gone')); };
    socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: script, userGesture: true, returnByValue: true } }));
    socket.onmessage = ({ data }) => {
      const { id, result, error } = JSON.parse(data);
      if (id !== 1) return;
      clearTimeout(late);
      socket.close();
      const fault = error?.message ?? result.exceptionDetails?.exception?.description;
      if (fault) fail(new Error(fault)); else done(result.result.value);
    };
  });
}

const element = (selector) => `document.querySelector(${JSON.stringify(selector)})`;

/** Whether the page has it and a person could see it. */
export const shows = (page, selector) => run(page, `!!${element(selector)}?.checkVisibility()`);

/** An element's words, an attribute of it, or a property (`.value`). */
export function says(page, selector, what = '.textContent') {
  const read = what.startsWith('.') ? what : `.getAttribute(${JSON.stringify(what)})`;
  return run(page, `${element(selector)}?.${read.slice(1)}`);
}

/** Presses what is there, once it is. */
export const pressed = (page, selector) => attempt(`press ${selector}`, () => run(page, `(one => one ? (setTimeout(() => one.click()), true) : false)(${element(selector)})`));

/** Fills a field in, once it is there. */
export const typed = (page, selector, text) => attempt(`type into ${selector}`, () => run(page, `(one => one ? (one.focus(), one.value = ${JSON.stringify(text)}, one.dispatchEvent(new Event('input', { bubbles: true })), true) : false)(${element(selector)})`));
