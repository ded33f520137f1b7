// Drives the two browser engines of the tablets through WebDriver: Chromium (as on Android) and WebKitGTK (as on iPad).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
/** How long a wait may last, in milliseconds. */
const TIMEOUT = 20_000;

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const ENGINES = {
  chromium: {
    driver: 'chromedriver',
    /** Why this engine cannot run here, or nothing. Ubuntu's Chromium is a snap, which chromedriver cannot start. */
    absent: () => (existsSync(CHROMIUM) ? undefined : `there is no ${CHROMIUM}`),
    /** The `pointerType` of a tap. */
    pointerType: 'touch',
    capabilities: {
      'goog:chromeOptions': {
        binary: CHROMIUM,
        args: [
          '--headless=new',
          '--remote-debugging-pipe',
          '--no-sandbox',
          '--disable-gpu',
          '--disable-dev-shm-usage',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
        // chromedriver turns the pop-up blocker off; on a tablet it is on.
        excludeSwitches: ['disable-popup-blocking'],
      },
    },
    async resize(call, width, height) {
      const cdp = (cmd, params) => call('POST', '/goog/cdp/execute', { cmd, params });
      await cdp('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: true });
      await cdp('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 5 });
    },
    async screenshot(call) {
      return (
        await call('POST', '/goog/cdp/execute', {
          cmd: 'Page.captureScreenshot',
          params: { format: 'png', optimizeForSpeed: true },
        })
      ).data;
    },
  },
  webkitgtk: {
    driver: 'WebKitWebDriver',
    /** WebKitWebDriver performs a touch action with the mouse. */
    pointerType: 'mouse',
    capabilities: {},
    async resize(call, width, height, inner) {
      // The window has a toolbar of unknown height. Its height shows in `innerHeight` after the window has resized.
      let toolbar = 0;
      for (let turn = 0; turn < 20; turn += 1) {
        await call('POST', '/window/rect', { x: 0, y: 0, width, height: height + toolbar });
        const [w, h] = await inner();
        if (w === width && h === height) return;
        if (w === width) toolbar += height - h;
        await sleep(20);
      }
      throw new Error(`the window should be ${width}x${height} and is ${await inner()}`);
    },
    async screenshot(call) {
      // WebKitGTK takes the screenshot from the last drawn frame, so wait until the next frame is there.
      const drawn = 'const done = arguments[0]; setTimeout(done, 500); requestAnimationFrame(() => setTimeout(done));';
      await call('POST', '/execute/async', { script: drawn, args: [] });
      return call('GET', '/screenshot');
    },
  },
};

/**
 * Starts an engine with its driver, an X display and an empty home directory. `end` stops them; if this process dies
 * first, then the kernel stops them (`setpriv --pdeathsig`).
 */
export async function startEngine(name) {
  const { driver, pointerType, capabilities, resize, screenshot } = ENGINES[name];
  const home = mkdtempSync(join(tmpdir(), `sizes-${name}-`));
  const env = {
    ...process.env,
    HOME: home,
    XDG_RUNTIME_DIR: home,
    LANG: 'C.UTF-8',
    NO_AT_BRIDGE: '1',
    GDK_BACKEND: 'x11',
    LIBGL_ALWAYS_SOFTWARE: '1',
    WEBKIT_SKIA_ENABLE_CPU_RENDERING: '1',
  };
  const children = [];
  const start = (program, args, options) => {
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', program, ...args], {
      env,
      stdio: 'ignore',
      ...options,
    });
    children.push(child);
    return child;
  };
  const display = start('Xvfb', ['-displayfd', '1', '-screen', '0', '1300x1500x24', '-nolisten', 'tcp', '-noreset'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  env.DISPLAY = `:${String((await once(display.stdout, 'data'))[0]).trim()}`;
  const port = await freePort();
  start(driver, [`--port=${port}`]);

  const request = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${name}, ${path.replace(/^\/session\/[^/]+/, '')}: ${value.message}`);
    return value;
  };
  await until('the driver', () => request('GET', '/status'));
  const { sessionId } = await request('POST', '/session', { capabilities: { alwaysMatch: capabilities } });
  const call = (method, path, body) => request(method, `/session/${sessionId}${path}`, body);
  const run = (script, ...args) =>
    call('POST', '/execute/sync', {
      script: typeof script === 'function' ? `return (${script})(...arguments)` : script,
      args,
    });
  const find = (css) => until(css, () => call('POST', '/element', { using: 'css selector', value: css }));

  return {
    name,
    pointerType,
    run,
    find,
    go: (url) => call('POST', '/url', { url }),
    address: () => call('GET', '/url'),
    resize: (width, height) => resize(call, width, height, () => run('return [innerWidth, innerHeight]')),
    async screenshot(file) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, Buffer.from(await screenshot(call), 'base64'));
    },
    /** Taps the middle of an element. */
    async tap(css) {
      const element = await find(css);
      await run((at) => at.scrollIntoView({ block: 'nearest' }), element);
      const actions = [
        { type: 'pointerMove', duration: 0, origin: { [ELEMENT]: element[ELEMENT] }, x: 0, y: 0 },
        { type: 'pointerDown', button: 0 },
        { type: 'pointerUp', button: 0 },
      ];
      await call('POST', '/actions', {
        actions: [{ type: 'pointer', id: 'finger', parameters: { pointerType: 'touch' }, actions }],
      });
    },
    async fill(css, text) {
      await call('POST', `/element/${(await find(css))[ELEMENT]}/value`, { text });
    },
    text: async (css) => call('GET', `/element/${(await find(css))[ELEMENT]}/text`),
    windows: () => call('GET', '/window/handles'),
    window: () => call('GET', '/window'),
    to: (handle) => call('POST', '/window', { handle }),
    async end() {
      await call('DELETE', '').catch(() => {});
      for (const child of children.reverse()) {
        const gone = child.exitCode === null && once(child, 'exit');
        child.kill();
        await gone;
      }
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Repeats `attempt` until it returns something truthy. Fails after 20 seconds with the last error as its cause. */
export async function until(what, attempt) {
  const end = Date.now() + TIMEOUT;
  for (;;) {
    const result = await Promise.resolve()
      .then(attempt)
      .catch((error) => error);
    if (result && !(result instanceof Error)) return result;
    if (Date.now() > end) throw new Error(`waited for ${what}`, { cause: result });
    await sleep(25);
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
