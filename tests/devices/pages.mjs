// Reads and operates pages in web views through the engine's debugging port (Chrome DevTools Protocol).

const LIMIT = 90_000;
const PAUSE = 500;
/** Pages may close while a script runs in them, so an answer is awaited this long only. */
const ANSWER = 10_000;

/** Repeats `work` until its result is not empty, and returns the result. Throws after LIMIT. */
export async function attempt(what, work) {
  const end = Date.now() + LIMIT;
  for (let last = null; ; ) {
    try {
      const outcome = await work();
      if (outcome !== null && outcome !== undefined && outcome !== false && outcome !== '') return outcome;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`timed out: ${what}`, { cause: last });
    await new Promise((done) => setTimeout(done, PAUSE));
  }
}

/** The page whose URL `fits`. Throws if there is none. */
export async function pageAt(port, fits) {
  const pages = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
  const found = pages.find((page) => page.type === 'page' && fits(page.url));
  if (!found) throw new Error(`no such page among ${pages.map((page) => page.url).join(' ')}`);
  return found;
}

/** Runs a script in the page, as if a person had touched the page, and returns its result. */
function run(page, script) {
  return new Promise((done, fail) => {
    const socket = new WebSocket(page.webSocketDebuggerUrl);
    const late = setTimeout(() => {
      socket.close();
      fail(new Error('no answer'));
    }, ANSWER);
    socket.onerror = () => {
      clearTimeout(late);
      fail(new Error('the page is gone'));
    };
    socket.onopen = () =>
      socket.send(
        JSON.stringify({
          id: 1,
          method: 'Runtime.evaluate',
          params: { expression: script, userGesture: true, returnByValue: true },
        }),
      );
    socket.onmessage = ({ data }) => {
      const { id, result, error } = JSON.parse(data);
      if (id !== 1) return;
      clearTimeout(late);
      socket.close();
      const failure = error?.message ?? result.exceptionDetails?.exception?.description;
      if (failure) fail(new Error(failure));
      else done(result.result.value);
    };
  });
}

const element = (selector) => `document.querySelector(${JSON.stringify(selector)})`;

/** Whether the page has a visible element for this selector. */
export const shows = (page, selector) => run(page, `!!${element(selector)}?.checkVisibility()`);

/** An element's text, one of its attributes, or one of its properties (`.value`). */
export function says(page, selector, what = '.textContent') {
  const read = what.startsWith('.') ? what : `.getAttribute(${JSON.stringify(what)})`;
  return run(page, `${element(selector)}?.${read.slice(1)}`);
}

/** Clicks an element as soon as it is there. */
export const pressed = (page, selector) =>
  attempt(`press ${selector}`, () =>
    run(page, `(one => one ? (setTimeout(() => one.click()), true) : false)(${element(selector)})`),
  );

/** Fills in a field as soon as it is there. */
export const typed = (page, selector, text) =>
  attempt(`type into ${selector}`, () =>
    run(
      page,
      `(one => one ? (one.focus(), one.value = ${JSON.stringify(text)}, one.dispatchEvent(new Event('input', { bubbles: true })), true) : false)(${element(selector)})`,
    ),
  );
