// What a trusted host would serve after a break-in: pages that each try one kind of thing that no page may do in the app.
// What came of it stands in `window.tried`, once `window.finished` is true.
import { html, page } from './pages.mjs';

/** Runs in the page, with `tell(name, outcome)` and the addresses of `at`. */
const ATTACKS = {
  /** Every way to every kind of address that never loads. */
  async schemes({ tell, pause, at }) {
    const addresses = ['file:///etc/hostname', 'file://localhost/etc/hostname', 'data:text/html,<h1>data</h1>', URL.createObjectURL(new Blob(['<h1>blob</h1>'], { type: 'text/html' })),
      'intent://scan/#Intent;scheme=zxing;end', 'market://details?id=x', 'about:config', 'about:settings', 'view-source:http://127.0.0.1/', 'ftp://127.0.0.1/', 'ws://127.0.0.1/', 'filesystem:http://127.0.0.1/x',
      'tauri://localhost/index.html', 'ipc://localhost/shown', 'asset://localhost/etc/hostname', 'http://ipc.localhost/shown', 'http://tauri.localhost/',
      at.callback + '?code=a&state=b', at.callback.replace('callback', 'setup') + '#x', 'https://konnect@127.0.0.1/', 'http://127.0.0.1:1@' + at.foreign, 'HTTP://' + at.foreign + '/', '//' + at.foreign, 'http:\\\\' + at.foreign];
    const add = (tag, properties) => document.body.appendChild(Object.assign(document.createElement(tag), properties));
    const ways = {
      link: (href) => add('a', { href, textContent: 'x' }).click(),
      newWindow: (href) => add('a', { href, target: '_blank', textContent: 'x' }).click(),
      open: (address) => { const opened = window.open(address); if (opened) tell('a window for ' + address, 'opened'); },
      form: (action) => add('form', { action, method: 'post' }).submit(),
      refresh: (address) => add('meta', { httpEquiv: 'refresh', content: '0;url=' + address }),
      assign: (address) => location.assign(address),
    };
    for (const address of [...addresses, 'javascript:document.title="astray"']) {
      for (const [way, go] of Object.entries(ways)) {
        // A script address is the page's own script where it stays in the page.
        if (address.startsWith('javascript:') && way !== 'newWindow' && way !== 'open') continue;
        try { go(address); } catch { /* refused by the engine itself */ }
        await pause(15);
      }
    }
    for (const address of addresses) {
      const frame = add('iframe', { src: address });
      const embedded = [add('object', { data: address }), add('embed', { src: address })];
      await pause(30);
      const text = (() => { try { return frame.contentDocument?.body?.textContent ?? ''; } catch { return ''; } })();
      // A blob is this page's own.
      if (text && !address.startsWith('blob:')) tell('a frame with ' + address, text.slice(0, 80));
      for (const element of [frame, ...embedded]) element.remove();
    }
    for (const address of addresses.slice(12)) {
      for (const [tag, property] of [['img', 'src'], ['script', 'src'], ['link', 'href']]) {
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
    const message = (cmd) => JSON.stringify({ cmd, callback: 7, error: 8, payload: { action: 'sign_out' }, options: { headers: {} }, __TAURI_INVOKE_KEY__: 'x' });
    window.heard = (name, what) => tell(name, what);
    const attack = (view, name) => {
      const answer = (what) => window.heard(name, String(what));
      for (const handler of ['ipc', 'tauri', 'external', 'konnect', 'site', 'native']) {
        for (const cmd of ['shown', 'act', 'plugin:event|emit', 'plugin:window|close']) {
          try { view.webkit?.messageHandlers?.[handler]?.postMessage(message(cmd)); } catch { /* no such handler */ }
        }
      }
      try { view.ipc?.postMessage(message('act')); } catch { /* none */ }
      for (const cmd of ['shown', 'act', '__TAURI_CHANNEL__|fetch', 'plugin:__TAURI_CHANNEL__|fetch', 'plugin:event|listen', 'plugin:event|emit', 'plugin:webview|create_webview_window']) {
        Promise.resolve().then(() => view.__TAURI_INTERNALS__?.invoke(cmd, { event: 'changed', target: { kind: 'Any' }, action: 'sign_out' }))
          .then((value) => value !== undefined && answer(cmd + ' answered'), () => {});
      }
    };
    attack(window, 'page');
    const frame = (properties) => document.body.appendChild(Object.assign(document.createElement('iframe'), properties));
    const inside = `<script>for(const cmd of ['shown','act'])Promise.resolve().then(()=>window.__TAURI_INTERNALS__?.invoke(cmd,{action:'sign_out'})).then((v)=>v!==undefined&&parent.postMessage({reached:cmd},'*'),()=>{});webkit?.messageHandlers?.ipc?.postMessage(${JSON.stringify(message('act'))})</scr` + 'ipt>';
    window.onmessage = (event) => event.data?.reached && tell('a frame', event.data.reached + ' answered');
    frame({ srcdoc: inside });
    const alone = frame({});
    alone.sandbox = 'allow-scripts';
    alone.srcdoc = inside;
    const empty = frame({});
    attack(empty.contentWindow, 'an empty frame');
    frame({ src: 'http://' + at.foreign + '/' });
    const opened = window.open('', 'leeg');
    if (opened) {
      await pause(300);
      attack(opened, 'an empty window');
      await pause(200);
      opened.close();
    }
    for (const address of ['ipc://localhost/shown', 'ipc://localhost/act', 'http://ipc.localhost/shown', 'tauri://localhost/index.html', 'asset://localhost/etc/hostname', 'http://asset.localhost/etc/hostname', 'file:///etc/hostname']) {
      const request = (mode) => fetch(address, { mode, method: 'POST', headers: { 'Tauri-Callback': '1', 'Tauri-Error': '2', 'Tauri-Invoke-Key': 'x' }, body: '{}' });
      const answer = await request('cors').catch(() => null);
      if (answer?.ok && answer.type !== 'opaque') tell(address, (await answer.text()).slice(0, 80));
    }
  },

  /** A hundred windows, and a hundred of somewhere else. */
  async storm({ tell, pause, at }) {
    let opened = 0;
    for (let n = 0; n < 100; n += 1) if (window.open(at.other + '/vijandig/stil?' + n, '_blank', 'popup')) opened += 1;
    tell('opened', opened);
    for (let n = 0; n < 100; n += 1) {
      window.open('https://example.org/' + n, '_blank');
      document.body.appendChild(Object.assign(document.createElement('a'), { href: 'https://example.org/a' + n, target: '_blank', rel: 'opener' })).click();
    }
    await pause(100);
  },

  /** Nobody leaves: not back, not on, not away. */
  async trap({ tell, at }) {
    for (let n = 0; n < 2000; n += 1) try { history.pushState({ n }, '', '?' + n); } catch { break; }
    addEventListener('popstate', () => history.pushState({}, '', '?again'));
    addEventListener('beforeunload', (event) => { event.preventDefault(); event.returnValue = 'Blijf'; return 'Blijf'; });
    addEventListener('pagehide', () => { location = 'http://' + at.foreign + '/'; window.open(location.href); });
    history.back();
    history.go(-1000);
    tell('entries', history.length);
  },

  /** Everything that a browser would ask a person about. */
  async permissions({ tell, pause }) {
    const asked = {
      camera: () => navigator.mediaDevices.getUserMedia({ video: true }),
      microphone: () => navigator.mediaDevices.getUserMedia({ audio: true }),
      screen: () => navigator.mediaDevices.getDisplayMedia({ video: true }),
      place: () => new Promise((found, not) => navigator.geolocation.getCurrentPosition(found, not, { timeout: 3000 })),
      notices: async () => { if (await Notification.requestPermission() !== 'granted') throw new Error('denied'); },
      clipboard: () => navigator.clipboard.readText(),
      pasting: async () => { if (!document.execCommand('paste')) throw new Error('denied'); },
      fullScreen: () => document.documentElement.requestFullscreen(),
      pointer: () => document.documentElement.requestPointerLock(),
      usb: () => navigator.usb.requestDevice({ filters: [] }),
      bluetooth: () => navigator.bluetooth.requestDevice({ acceptAllDevices: true }),
      serial: () => navigator.serial.requestPort(),
      midi: () => navigator.requestMIDIAccess({ sysex: true }),
      folder: () => window.showDirectoryPicker(),
      handler: () => navigator.registerProtocolHandler('web+konnect', location.origin + '/?%s'),
    };
    await Promise.all(Object.entries(asked).map(async ([name, ask]) => {
      const given = Promise.resolve().then(ask).then((value) => value === undefined && (name === 'pointer' || name === 'handler') ? 'nothing' : 'given', () => 'refused');
      tell(name, await Promise.race([given, pause(4000).then(() => 'no answer')]));
    }));
    if (document.fullscreenElement || document.pointerLockElement) tell('screen', 'taken');
  },

  /** Full screen, when a person touches the button. */
  async screen({ tell }) {
    document.getElementById('go').onclick = () => document.documentElement.requestFullscreen().then(() => tell('full', true), () => tell('full', false));
  },

  /** Files that nobody asked for, with names that lead elsewhere. */
  async downloads({ pause }) {
    const names = ['../../weg.txt', '..%2f..%2fweg.txt', '/weg.txt', '.profile', 'lijst.csv', 'weg.desktop'];
    for (let n = 0; n < 30; n += 1) {
      const name = names[n % names.length];
      const blob = URL.createObjectURL(new Blob(['weg']));
      for (const href of [location.pathname.replace(/[^/]*$/, 'bestand') + '?naam=' + encodeURIComponent(name), blob, 'data:application/octet-stream,weg']) {
        document.body.appendChild(Object.assign(document.createElement('a'), { href, download: name })).click();
        await pause(10);
      }
    }
    await pause(300);
  },

  /** In a pop-up: the page behind it is led away while nobody looks. */
  async opener({ tell, pause, at }) {
    for (const address of ['file:///etc/hostname', 'data:text/html,x', 'javascript:document.title="astray"', 'http://' + at.foreign + '/', at.callback + '?code=a&state=b', 'tauri://localhost/']) {
      try { window.opener.location = address; } catch { /* refused by the engine itself */ }
      await pause(100);
    }
    tell('opener', window.opener ? 'there' : 'gone');
    addEventListener('beforeunload', (event) => { event.preventDefault(); event.returnValue = 'Blijf'; });
    addEventListener('pagehide', () => window.open(location.href));
  },

  /** Questions without end. */
  async questions({ tell }) {
    tell('asks', true);
    setTimeout(() => { for (;;) { alert('Wacht'); confirm('Wacht'); prompt('Wacht'); } }, 300);
  },

  /** Never comes to an end. */
  async busy({ tell }) {
    tell('busy', true);
    setTimeout(() => { for (;;); }, 300);
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
    ctx.redirect(left > 0 ? `${ctx.path}?n=${left - 1}&naar=${encodeURIComponent(ctx.query.naar)}` : String(ctx.query.naar));
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
