// The tablets' families of browser engines, driven by WebDriver: Chromium (Android) and WebKitGTK (iPad).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const ANSWER = 20_000;

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const ENGINES = {
  chromium: {
    driver: 'chromedriver',
    /** Ubuntu has it as a snap only, which cannot be driven. */
    absent: () => (existsSync(CHROMIUM) ? undefined : `there is no ${CHROMIUM}`),
    /** What presses are: `touch` where the engine lets its driver touch. */
    finger: 'touch',
    capabilities: {
      'goog:chromeOptions': {
        binary: CHROMIUM,
        args: ['--headless=new', '--remote-debugging-pipe', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
        // A pop-up that no tap asked for stays closed, as on a tablet.
        excludeSwitches: ['disable-popup-blocking'],
      },
    },
    async resize(call, width, height) {
      const cdp = (cmd, params) => call('POST', '/goog/cdp/execute', { cmd, params });
      await cdp('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: true });
      await cdp('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 5 });
    },
    async picture(call) {
      return (await call('POST', '/goog/cdp/execute', { cmd: 'Page.captureScreenshot', params: { format: 'png', optimizeForSpeed: true } })).data;
    },
  },
  webkitgtk: {
    driver: 'WebKitWebDriver',
    /** Its driver takes a finger for a mouse. */
    finger: 'mouse',
    capabilities: {},
    async resize(call, width, height, inner) {
      // The window has a toolbar; how high it is shows once the window has taken its size.
      let more = 0;
      for (let turn = 0; turn < 20; turn += 1) {
        await call('POST', '/window/rect', { x: 0, y: 0, width, height: height + more });
        const [w, h] = await inner();
        if (w === width && h === height) return;
        if (w === width) more += height - h;
        await sleep(20);
      }
      throw new Error(`the window does not become ${width}x${height}: it is ${await inner()}`);
    },
    async picture(call) {
      // What has just changed is drawn with the next frame.
      const drawn = 'const done = arguments[0]; setTimeout(done, 500); requestAnimationFrame(() => setTimeout(done));';
      await call('POST', '/execute/async', { script: drawn, args: [] });
      return call('GET', '/screenshot');
    },
  },
};

/** Starts an engine on a display and in a home of its own; all of it ends with this process. */
export async function startEngine(name) {
  const { driver, finger, capabilities, resize, picture } = ENGINES[name];
  const home = mkdtempSync(join(tmpdir(), `sizes-${name}-`));
  const env = { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, LANG: 'C.UTF-8', NO_AT_BRIDGE: '1', GDK_BACKEND: 'x11', LIBGL_ALWAYS_SOFTWARE: '1', WEBKIT_SKIA_ENABLE_CPU_RENDERING: '1' };
  const children = [];
  const start = (program, args, options) => {
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', program, ...args], { env, stdio: 'ignore', ...options });
    children.push(child);
    return child;
  };
  const display = start('Xvfb', ['-displayfd', '1', '-screen', '0', '1300x1500x24', '-nolisten', 'tcp', '-noreset'], { stdio: ['ignore', 'pipe', 'ignore'] });
  env.DISPLAY = `:${String((await once(display.stdout, 'data'))[0]).trim()}`;
  const port = await freePort();
  start(driver, [`--port=${port}`]);

  const ask = async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(ANSWER) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${name}, ${path.replace(/^\/session\/[^/]+/, '')}: ${value.message}`);
    return value;
  };
  await until('the driver', () => ask('GET', '/status'));
  const { sessionId } = await ask('POST', '/session', { capabilities: { alwaysMatch: capabilities } });
  const call = (method, path, body) => ask(method, `/session/${sessionId}${path}`, body);
  const run = (script, ...args) => call('POST', '/execute/sync', { script: typeof script === 'function' ? `return (${script})(...arguments)` : script, args });
  const find = (css) => until(css, () => call('POST', '/element', { using: 'css selector', value: css }));

  return {
    name,
    finger,
    run,
    find,
    go: (url) => call('POST', '/url', { url }),
    address: () => call('GET', '/url'),
    resize: (width, height) => resize(call, width, height, () => run('return [innerWidth, innerHeight]')),
    async picture(file) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, Buffer.from(await picture(call), 'base64'));
    },
    /** A finger on the middle of an element, or what the engine has for one. */
    async tap(css) {
      const element = await find(css);
      await run((at) => at.scrollIntoView({ block: 'nearest' }), element);
      const actions = [{ type: 'pointerMove', duration: 0, origin: { [ELEMENT]: element[ELEMENT] }, x: 0, y: 0 }, { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }];
      await call('POST', '/actions', { actions: [{ type: 'pointer', id: 'finger', parameters: { pointerType: 'touch' }, actions }] });
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

/** Asks again until it is answered with something, for as long as a person would wait. */
export async function until(what, attempt) {
  const end = Date.now() + ANSWER;
  for (;;) {
    const answer = await Promise.resolve().then(attempt).catch((error) => error);
    if (answer && !(answer instanceof Error)) return answer;
    if (Date.now() > end) throw new Error(`waited for ${what}`, { cause: answer });
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
