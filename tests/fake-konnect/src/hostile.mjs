// What a trusted host would serve after a break-in: pages that each try one kind of thing that no page may do in the app.
// What came of it stands in `window.tried`, once `window.finished` is true.
import Koa from 'koa';
import { html, page } from './pages.mjs';

/** Runs in the page, with `tell(name, outcome)` and the addresses of `at`. */
const ATTACKS = {
  /** Every way to every kind of address that never loads. */
  async schemes({ tell, pause, at }) {
    const shells = [
      'tauri://localhost/index.html',
      'ipc://localhost/shown',
      'asset://localhost/etc/hostname',
      'http://ipc.localhost/shown',
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
      at.callback + '?code=a&state=b',
      at.callback.replace('callback', 'setup') + '#x',
      'https://konnect@127.0.0.1/',
      'http://127.0.0.1:1@' + at.foreign,
      'HTTP://' + at.foreign + '/',
      '//' + at.foreign,
      'http:\\\\' + at.foreign,
    ];
    const add = (tag, properties) => document.body.appendChild(Object.assign(document.createElement(tag), properties));
    const ways = {
      link: (href) => add('a', { href, textContent: 'x' }).click(),
      newWindow: (href) => add('a', { href, target: '_blank', textContent: 'x' }).click(),
      open: (address) => {
        const opened = window.open(address);
        if (opened) tell('a window for ' + address, 'opened');
      },
      form: (action) => add('form', { action, method: 'post' }).submit(),
      refresh: (address) => add('meta', { httpEquiv: 'refresh', content: '0;url=' + address }),
      assign: (address) => location.assign(address),
    };
    for (const address of [...addresses, 'javascript:document.title="astray"']) {
      for (const [way, go] of Object.entries(ways)) {
        // A script address is the page's own script where it stays in the page.
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
      // What was refused leaves no frame, or an empty document of this page's own; what is another's cannot be looked into.
      for (const element of [frame, ...embedded]) {
        if (element.contentWindow && element.contentDocument?.URL !== 'about:blank')
          tell('in a ' + element.localName + ': ' + address, element.contentDocument?.URL ?? 'another');
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
        element.onload = () => tell(tag + ' from ' + address, 'loaded');
        if (tag === 'link') element.rel = 'stylesheet';
        element[property] = address;
        document.head.append(element);
      }
    }
    await pause(200);
  },

  /** The bridge below its own functions, from this page, from frames and from an empty window. */
  async bridge({ tell, pause, at }) {
    const internals = window.__TAURI_INTERNALS__;
    // The key that each request of the bridge carries is seen by whoever takes the place of what sends it.
    let key = 'x';
    const send = window.fetch;
    window.fetch = (address, options) => {
      key = new Headers(options?.headers).get('Tauri-Invoke-Key') ?? key;
      return send(address, options);
    };
    await Promise.race([internals.invoke('shown').catch(() => {}), pause(1000)]);
    window.fetch = send;
    if (key === 'x') tell('key', 'not found');
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
      'shown',
      'act',
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
          ?.invoke(cmd, { ...body, event: 'changed', target: { kind: 'Any' }, handler: 1 })
          .then(
            () => tell(name, cmd + ' answered'),
            (error) => allowed(error) && tell(name, cmd + ': ' + error),
          );
        await Promise.race([answer, pause(500)]);
      }
    };
    await attack(window, 'page');
    // Channels are the one command that every page may call: each holds what is on its way to somebody.
    for (let n = 0; n < 100; n += 1) {
      const held = internals
        .invoke('plugin:__TAURI_CHANNEL__|fetch', {}, { headers: { 'Tauri-Channel-Id': String(n) } })
        .then(
          (value) => tell('channel ' + n, JSON.stringify(value)),
          () => {},
        );
      await Promise.race([held, pause(200)]);
    }
    const frame = (properties) =>
      document.body.appendChild(Object.assign(document.createElement('iframe'), properties));
    const inside =
      `<script>parent.postMessage({ran:1},'*');for(const cmd of ['shown','act'])Promise.resolve().then(()=>window.__TAURI_INTERNALS__?.invoke(cmd,${JSON.stringify(body)})).then((v)=>v!==undefined&&parent.postMessage({reached:cmd},'*'),()=>{});window.webkit?.messageHandlers?.ipc?.postMessage(${JSON.stringify(message('act'))})</scr` +
      'ipt>';
    let ran = 0;
    window.onmessage = ({ data }) => {
      if (data?.ran) ran += 1;
      if (data?.reached) tell('a frame', data.reached + ' answered');
    };
    frame({ srcdoc: inside });
    const alone = document.createElement('iframe');
    alone.sandbox = 'allow-scripts';
    alone.srcdoc = inside;
    document.body.append(alone);
    await attack(frame({}).contentWindow, 'an empty frame');
    frame({ src: 'http://' + at.foreign + '/vijandig/bridge' });
    const opened = window.open('about:blank', 'leeg');
    if (!opened) tell('an empty window', 'was not opened');
    else {
      await pause(300);
      await attack(opened, 'an empty window');
      opened.close();
    }
    await pause(300);
    if (ran !== 2) tell('frames', ran + ' of two ran');
    const headers = {
      'Content-Type': 'application/json',
      'Tauri-Callback': '7',
      'Tauri-Error': '8',
      'Tauri-Invoke-Key': key,
    };
    for (const address of [
      'ipc://localhost/shown',
      'ipc://localhost/act',
      'http://ipc.localhost/shown',
      'tauri://localhost/index.html',
      'asset://localhost/etc/hostname',
      'http://asset.localhost/etc/hostname',
      'file:///etc/hostname',
    ]) {
      for (const options of [{ method: 'POST', headers, body: JSON.stringify(body) }, {}]) {
        const answer = await Promise.race([fetch(address, options).catch(() => null), pause(1000)]);
        const text = answer?.ok ? await answer.text() : '';
        if (answer?.ok && allowed(text)) tell(address, text.slice(0, 80));
      }
    }
  },

  /** A hundred windows, and a hundred of somewhere else. */
  async storm({ tell, pause, at }) {
    let opened = 0;
    for (let n = 0; n < 100; n += 1) if (window.open(at.other + '/vijandig/stil?' + n, '_blank', 'popup')) opened += 1;
    tell('opened', opened);
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

  /** Nobody leaves: not back, not on, not away. */
  async trap({ tell, at }) {
    for (let n = 0; n < 50; n += 1) history.pushState({ n }, '', '?' + n);
    addEventListener('popstate', () => history.pushState({}, '', '?again'));
    addEventListener('beforeunload', (event) => {
      event.preventDefault();
      event.returnValue = 'Blijf';
      return 'Blijf';
    });
    addEventListener('pagehide', () => {
      location = 'http://' + at.foreign + '/';
      window.open(location.href);
    });
    history.back();
    history.go(-1000);
    tell('entries', history.length);
  },

  /** Everything that a browser would ask a person about. */
  async permissions({ tell, pause }) {
    // Much is asked about only where somebody has just touched the page.
    await new Promise((touched) => {
      document.getElementById('go').onclick = touched;
    });
    const asked = {
      camera: () => navigator.mediaDevices.getUserMedia({ video: true }),
      microphone: () => navigator.mediaDevices.getUserMedia({ audio: true }),
      screen: () => navigator.mediaDevices.getDisplayMedia({ video: true }),
      place: () => new Promise((found, not) => navigator.geolocation.getCurrentPosition(found, not, { timeout: 3000 })),
      notices: async () => {
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
        tell(name, await Promise.race([given, pause(4000).then(() => 'no answer')]));
      }),
    );
    if (document.pointerLockElement) tell('pointer', 'taken');
  },

  /** Full screen, when a person touches the button. */
  async screen({ tell }) {
    document.getElementById('go').onclick = () =>
      document.documentElement.requestFullscreen().then(
        () => tell('full', true),
        () => tell('full', false),
      );
  },

  /** Files that nobody asked for, with names that lead elsewhere. */
  async downloads({ pause }) {
    const names = ['../../weg.txt', '..%2f..%2fweg.txt', '/weg.txt', '.profile', 'lijst.csv', 'weg.desktop'];
    const file = (name) => location.pathname.replace(/[^/]*$/, 'bestand') + '?naam=' + encodeURIComponent(name);
    const keep = (href, name) =>
      document.body.appendChild(Object.assign(document.createElement('a'), { href, download: name })).click();
    for (let n = 0; n < 30; n += 1) {
      const name = names[n % names.length];
      for (const href of [file(name), URL.createObjectURL(new Blob(['weg'])), 'data:application/octet-stream,weg']) {
        keep(href, name);
        await pause(10);
      }
    }
    // Whoever clicks faster than the engine answers loses some: these arrive.
    for (let n = 0; n < 5; n += 1) {
      await pause(500);
      keep(file('lijst.csv'), 'lijst.csv');
    }
    await pause(500);
  },

  /** In a pop-up: the page behind it is led away while nobody looks. */
  async opener({ tell, pause, at }) {
    for (const address of [
      'file:///etc/hostname',
      'data:text/html,x',
      'javascript:document.title="astray"',
      'http://' + at.foreign + '/',
      at.callback + '?code=a&state=b',
      'tauri://localhost/',
    ]) {
      try {
        window.opener.location = address;
      } catch {
        /* refused by the engine itself */
      }
      await pause(100);
    }
    tell('opener', window.opener ? 'there' : 'gone');
    addEventListener('beforeunload', (event) => {
      event.preventDefault();
      event.returnValue = 'Blijf';
    });
  },

  /** Questions without end. */
  async questions({ tell }) {
    tell('asks', true);
    window.go = () => {
      for (;;) {
        alert('Wacht');
        confirm('Wacht');
        prompt('Wacht');
      }
    };
  },

  /** Never comes to an end. */
  async busy({ tell }) {
    tell('busy', true);
    window.go = () => {
      for (;;);
    };
  },

  /** Does nothing. */
  async stil() {},
};

/**
 * Answers with the page of an attack, a redirect or a file. No account is needed.
 * @param {import('koa').Context} ctx
 * @param {{ other: string, foreign: string, callback: string }} at another trusted origin, the host and port of a stranger, and the app's redirect address
 */
export function hostile(ctx, what, at) {
  if (what === 'bestand') {
    ctx.set('content-disposition', `attachment; filename="${String(ctx.query.naam).replace(/[^\w./%-]/g, '')}"`);
    ctx.type = 'application/octet-stream';
    ctx.body = 'weg';
    return;
  }
  if (what === 'omleiding') {
    const left = Number(ctx.query.n);
    ctx.redirect(
      left > 0 ? `${ctx.path}?n=${left - 1}&naar=${encodeURIComponent(ctx.query.naar)}` : String(ctx.query.naar),
    );
    return;
  }
  if (what === 'kring') {
    ctx.redirect(ctx.path);
    return;
  }
  if (!Object.hasOwn(ATTACKS, what)) {
    page(ctx, 'Niet gevonden', html`<h1>Deze pagina bestaat niet</h1>`, { status: 404 });
    return;
  }
  const script = `
    window.tried = {}; window.finished = false;
    const tell = (name, outcome) => { window.tried[name] = outcome; };
    const pause = (time) => new Promise((done) => setTimeout(done, time));
    const attacks = { ${ATTACKS[what].toString()} };
    attacks[${JSON.stringify(what)}]({ tell, pause, at: ${JSON.stringify(at)} }).catch((error) => tell('failed', String(error))).finally(() => { window.finished = true; });`;
  page(ctx, 'Vijandig', html`<h1 id="hostile">${what}</h1><button id="go">Start</button>`, { strict: false, script });
}

/** A host of strangers: whoever gets here was let through. */
export function hostileServer(at) {
  const app = new Koa();
  app.use((ctx) => hostile(ctx, ctx.path.split('/')[2] ?? 'stil', at));
  return app;
}
