// Pages as a trusted host would serve them after a break-in. Each page tries one kind of attack on the app and collects
// what it achieved in `window.results`; `window.finished` is true once it is done. Tests in tests/e2e read both.
import Koa from 'koa';
import { html, page } from './pages.mjs';

/**
 * The attacks. Each function runs in the page, so it sees nothing of this module: it has `report(name, outcome)`,
 * `pause(milliseconds)` and the addresses in `target` (see `hostile`).
 */
const ATTACKS = {
  /** Navigates in every way to every kind of address that the app never loads. */
  async schemes({ report, pause, target }) {
    const shells = [
      'tauri://localhost/index.html',
      'ipc://localhost/get_view',
      'asset://localhost/etc/hostname',
      'http://ipc.localhost/get_view',
      'http://tauri.localhost/',
    ];
    const addresses = [
      ...shells,
      'file:///etc/hostname',
      'file://localhost/etc/hostname',
      'data:text/html,<h1>data</h1>',
      URL.createObjectURL(new Blob(['<h1>blob</h1>'], { type: 'text/html' })),
      'intent://scan/#Intent;scheme=zxing;end',
      'market://details?id=x',
      'about:config',
      'about:settings',
      'view-source:http://127.0.0.1/',
      'ftp://127.0.0.1/',
      'ws://127.0.0.1/',
      'filesystem:http://127.0.0.1/x',
      target.callback + '?code=a&state=b',
      target.callback.replace('callback', 'setup') + '#x',
      'https://konnect@127.0.0.1/',
      'http://127.0.0.1:1@' + target.untrusted,
      'HTTP://' + target.untrusted + '/',
      '//' + target.untrusted,
      'http:\\\\' + target.untrusted,
    ];
    const add = (tag, properties) => document.body.appendChild(Object.assign(document.createElement(tag), properties));
    const navigations = {
      link: (href) => add('a', { href, textContent: 'x' }).click(),
      newWindow: (href) => add('a', { href, target: '_blank', textContent: 'x' }).click(),
      open: (address) => {
        const opened = window.open(address);
        if (opened) report('a window for ' + address, 'opened');
      },
      form: (action) => add('form', { action, method: 'post' }).submit(),
      refresh: (address) => add('meta', { httpEquiv: 'refresh', content: '0;url=' + address }),
      assign: (address) => location.assign(address),
    };
    for (const address of [...addresses, 'javascript:document.title="astray"']) {
      for (const [way, go] of Object.entries(navigations)) {
        // In the same window, a `javascript:` address is no more than a script of the page.
        if (address.startsWith('javascript:') && way !== 'newWindow' && way !== 'open') continue;
        try {
          go(address);
        } catch {
          /* refused by the engine itself */
        }
        await pause(15);
      }
    }
    for (const address of addresses) {
      const frame = add('iframe', { src: address });
      const embedded = [add('object', { data: address }), add('embed', { src: address })];
      await pause(30);
      // A refused frame has no document, or an empty one. A document of another origin is not readable from here.
      for (const element of [frame, ...embedded]) {
        if (element.contentWindow && element.contentDocument?.URL !== 'about:blank')
          report('in a ' + element.localName + ': ' + address, element.contentDocument?.URL ?? 'another');
        element.remove();
      }
    }
    for (const address of shells) {
      for (const [tag, property] of [
        ['img', 'src'],
        ['script', 'src'],
        ['link', 'href'],
      ]) {
        const element = document.createElement(tag);
        element.onload = () => report(tag + ' from ' + address, 'loaded');
        if (tag === 'link') element.rel = 'stylesheet';
        element[property] = address;
        document.head.append(element);
      }
    }
    await pause(200);
  },

  /** Calls Tauri's bridge, also below its own functions: from this page, from frames and from an empty window. */
  async bridge({ report, pause, target }) {
    const internals = window.__TAURI_INTERNALS__;
    // Each request of the bridge carries a key. A page that replaces `fetch` sees it.
    let key = 'x';
    const send = window.fetch;
    window.fetch = (address, options) => {
      key = new Headers(options?.headers).get('Tauri-Invoke-Key') ?? key;
      return send(address, options);
    };
    await Promise.race([internals.invoke('get_view').catch(() => {}), pause(1000)]);
    window.fetch = send;
    if (key === 'x') report('key', 'not found');
    const body = { action: { do: 'show_status' } };
    const allowed = (error) => !/not allowed|not found/i.test(String(error));
    const message = (cmd) =>
      JSON.stringify({
        cmd,
        callback: 7,
        error: 8,
        payload: body,
        options: { headers: {} },
        __TAURI_INVOKE_KEY__: key,
      });
    const commands = [
      'get_view',
      'dispatch',
      'plugin:event|listen',
      'plugin:event|emit',
      'plugin:window|close',
      'plugin:webview|create_webview_window',
    ];
    const attack = async (view, name) => {
      for (const handler of ['ipc', 'tauri', 'external', 'konnect', 'site', 'native']) {
        for (const cmd of commands)
          try {
            view.webkit?.messageHandlers?.[handler]?.postMessage(message(cmd));
          } catch {
            /* no such handler */
          }
      }
      for (const cmd of commands)
        try {
          view.ipc?.postMessage(message(cmd));
        } catch {
          /* none */
        }
      for (const cmd of commands) {
        const answer = view.__TAURI_INTERNALS__
          ?.invoke(cmd, { ...body, event: 'view-changed', target: { kind: 'Any' }, handler: 1 })
          .then(
            () => report(name, cmd + ' answered'),
            (error) => allowed(error) && report(name, cmd + ': ' + error),
          );
        await Promise.race([answer, pause(500)]);
      }
    };
    await attack(window, 'page');
    // Every page may call this one command. A channel holds data that the app is sending to a page.
    for (let n = 0; n < 100; n += 1) {
      const held = internals
        .invoke('plugin:__TAURI_CHANNEL__|fetch', {}, { headers: { 'Tauri-Channel-Id': String(n) } })
        .then(
          (value) => report('channel ' + n, JSON.stringify(value)),
          () => {},
        );
      await Promise.race([held, pause(200)]);
    }
    const frame = (properties) =>
      document.body.appendChild(Object.assign(document.createElement('iframe'), properties));
    // The closing tag is in two parts, because it would end the script of this page.
    const inside =
      `<script>
        parent.postMessage({ ran: 1 }, '*');
        for (const cmd of ['get_view', 'dispatch'])
          Promise.resolve()
            .then(() => window.__TAURI_INTERNALS__?.invoke(cmd, ${JSON.stringify(body)}))
            .then((value) => value !== undefined && parent.postMessage({ reached: cmd }, '*'), () => {});
        window.webkit?.messageHandlers?.ipc?.postMessage(${JSON.stringify(message('dispatch'))});
      </scr` + 'ipt>';
    let ran = 0;
    window.onmessage = ({ data }) => {
      if (data?.ran) ran += 1;
      if (data?.reached) report('a frame', data.reached + ' answered');
    };
    frame({ srcdoc: inside });
    const sandboxed = document.createElement('iframe');
    sandboxed.sandbox = 'allow-scripts';
    sandboxed.srcdoc = inside;
    document.body.append(sandboxed);
    await attack(frame({}).contentWindow, 'an empty frame');
    frame({ src: 'http://' + target.untrusted + '/hostile/bridge' });
    const opened = window.open('about:blank', 'empty');
    if (!opened) report('an empty window', 'was not opened');
    else {
      await pause(300);
      await attack(opened, 'an empty window');
      opened.close();
    }
    await pause(300);
    if (ran !== 2) report('frames', ran + ' of two ran');
    const headers = {
      'Content-Type': 'application/json',
      'Tauri-Callback': '7',
      'Tauri-Error': '8',
      'Tauri-Invoke-Key': key,
    };
    for (const address of [
      'ipc://localhost/get_view',
      'ipc://localhost/dispatch',
      'http://ipc.localhost/get_view',
      'tauri://localhost/index.html',
      'asset://localhost/etc/hostname',
      'http://asset.localhost/etc/hostname',
      'file:///etc/hostname',
    ]) {
      for (const options of [{ method: 'POST', headers, body: JSON.stringify(body) }, {}]) {
        const answer = await Promise.race([fetch(address, options).catch(() => null), pause(1000)]);
        const text = answer?.ok ? await answer.text() : '';
        if (answer?.ok && allowed(text)) report(address, text.slice(0, 80));
      }
    }
  },

  /** Opens a hundred pop-ups on a trusted host, and a hundred on another. */
  async storm({ report, pause, target }) {
    let opened = 0;
    for (let n = 0; n < 100; n += 1)
      if (window.open(target.trusted + '/hostile/idle?' + n, '_blank', 'popup')) opened += 1;
    report('opened', opened);
    for (let n = 0; n < 100; n += 1) {
      window.open('https://example.org/' + n, '_blank');
      document.body
        .appendChild(
          Object.assign(document.createElement('a'), {
            href: 'https://example.org/a' + n,
            target: '_blank',
            rel: 'opener',
          }),
        )
        .click();
    }
    await pause(100);
  },

  /** Keeps the user in the page, in whichever direction the user navigates. */
  async trap({ report, target }) {
    for (let n = 0; n < 50; n += 1) history.pushState({ n }, '', '?' + n);
    addEventListener('popstate', () => history.pushState({}, '', '?again'));
    addEventListener('beforeunload', (event) => {
      event.preventDefault();
      event.returnValue = 'Blijf';
      return 'Blijf';
    });
    addEventListener('pagehide', () => {
      location = 'http://' + target.untrusted + '/';
      window.open(location.href);
    });
    history.back();
    history.go(-1000);
    report('entries', history.length);
  },

  /** Asks for everything that a browser asks the user's permission for. */
  async permissions({ report, pause }) {
    // Engines consider some of these only right after a touch.
    await new Promise((touched) => {
      document.getElementById('go').onclick = touched;
    });
    const asked = {
      camera: () => navigator.mediaDevices.getUserMedia({ video: true }),
      microphone: () => navigator.mediaDevices.getUserMedia({ audio: true }),
      screen: () => navigator.mediaDevices.getDisplayMedia({ video: true }),
      location: () =>
        new Promise((found, not) => navigator.geolocation.getCurrentPosition(found, not, { timeout: 3000 })),
      notifications: async () => {
        if ((await Notification.requestPermission()) !== 'granted') throw new Error('denied');
      },
      clipboard: () => navigator.clipboard.readText(),
      pasting: async () => {
        if (!document.execCommand('paste')) throw new Error('denied');
      },
      pointer: () => document.documentElement.requestPointerLock(),
      usb: () => navigator.usb.requestDevice({ filters: [] }),
      bluetooth: () => navigator.bluetooth.requestDevice({ acceptAllDevices: true }),
      serial: () => navigator.serial.requestPort(),
      midi: () => navigator.requestMIDIAccess({ sysex: true }),
      folder: () => window.showDirectoryPicker(),
      handler: () => navigator.registerProtocolHandler('web+konnect', location.origin + '/?%s'),
    };
    await Promise.all(
      Object.entries(asked).map(async ([name, ask]) => {
        const given = Promise.resolve()
          .then(ask)
          .then(
            () => 'given',
            (error) => (error instanceof TypeError ? 'absent' : 'refused'),
          );
        report(name, await Promise.race([given, pause(4000).then(() => 'no answer')]));
      }),
    );
    if (document.pointerLockElement) report('pointer', 'taken');
  },

  /** Goes to full screen when somebody touches the button. */
  async screen({ report }) {
    document.getElementById('go').onclick = () =>
      document.documentElement.requestFullscreen().then(
        () => report('full', true),
        () => report('full', false),
      );
  },

  /** Starts downloads that nobody asked for, with file names that lead out of the folder. */
  async downloads({ pause }) {
    const names = ['../../weg.txt', '..%2f..%2fweg.txt', '/weg.txt', '.profile', 'lijst.csv', 'weg.desktop'];
    const file = (name) => location.pathname.replace(/[^/]*$/, 'file') + '?name=' + encodeURIComponent(name);
    const keep = (href, name) =>
      document.body.appendChild(Object.assign(document.createElement('a'), { href, download: name })).click();
    for (let n = 0; n < 30; n += 1) {
      const name = names[n % names.length];
      for (const href of [file(name), URL.createObjectURL(new Blob(['weg'])), 'data:application/octet-stream,weg']) {
        keep(href, name);
        await pause(10);
      }
    }
    // If a page clicks faster than the engine answers, then the engine drops some downloads. These arrive.
    for (let n = 0; n < 5; n += 1) {
      await pause(500);
      keep(file('lijst.csv'), 'lijst.csv');
    }
    await pause(500);
  },

  /** In a pop-up: navigates the page that opened it. */
  async opener({ report, pause, target }) {
    for (const address of [
      'file:///etc/hostname',
      'data:text/html,x',
      'javascript:document.title="astray"',
      'http://' + target.untrusted + '/',
      target.callback + '?code=a&state=b',
      'tauri://localhost/',
    ]) {
      try {
        window.opener.location = address;
      } catch {
        /* refused by the engine itself */
      }
      await pause(100);
    }
    report('opener', window.opener ? 'there' : 'gone');
    addEventListener('beforeunload', (event) => {
      event.preventDefault();
      event.returnValue = 'Blijf';
    });
  },

  /** Opens dialogs without end. */
  async questions({ report }) {
    report('asks', true);
    window.go = () => {
      for (;;) {
        alert('Wacht');
        confirm('Wacht');
        prompt('Wacht');
      }
    };
  },

  /** Computes without end. */
  async busy({ report }) {
    report('busy', true);
    window.go = () => {
      for (;;);
    };
  },

  /** Does nothing. */
  async idle() {},
};

/**
 * Answers with the page of an attack, with a redirect (`redirect?n=3&to=…`, `loop`) or with a `file`. It asks for no
 * account.
 * @param {import('koa').Context} ctx
 * @param {string} what
 * @param {{ trusted: string, untrusted: string, callback: string }} target the origin of another trusted server, the
 *   host and port of a server that the app does not trust, and the app's redirect URI
 */
export function hostile(ctx, what, target) {
  if (what === 'file') {
    ctx.set('content-disposition', `attachment; filename="${String(ctx.query.name).replace(/[^\w./%-]/g, '')}"`);
    ctx.type = 'application/octet-stream';
    ctx.body = 'weg';
    return;
  }
  if (what === 'redirect') {
    const left = Number(ctx.query.n);
    ctx.redirect(left > 0 ? `${ctx.path}?n=${left - 1}&to=${encodeURIComponent(ctx.query.to)}` : String(ctx.query.to));
    return;
  }
  if (what === 'loop') {
    ctx.redirect(ctx.path);
    return;
  }
  if (!Object.hasOwn(ATTACKS, what)) {
    page(ctx, 'Niet gevonden', html`<h1>Deze pagina bestaat niet</h1>`, { status: 404 });
    return;
  }
  const script = `
    window.results = {}; window.finished = false;
    const report = (name, outcome) => { window.results[name] = outcome; };
    const pause = (time) => new Promise((done) => setTimeout(done, time));
    const attacks = { ${ATTACKS[what].toString()} };
    attacks[${JSON.stringify(what)}]({ report, pause, target: ${JSON.stringify(target)} })
      .catch((error) => report('failed', String(error)))
      .finally(() => { window.finished = true; });`;
  page(ctx, 'Vijandig', html`<h1 id="hostile">${what}</h1><button id="go">Start</button>`, { strict: false, script });
}

/** A server that the app does not trust. A request that arrives here is one that the app should have refused. */
export function hostileServer(target) {
  const app = new Koa();
  app.use((ctx) => hostile(ctx, ctx.path.split('/')[2] ?? 'idle', target));
  return app;
}
