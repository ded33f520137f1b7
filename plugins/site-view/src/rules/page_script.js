// Gives a page what browsers have and Android's web views lack: `window.print()`, and files that the page makes itself.
// Runs in the main frame of each page. The app hears of both through the console, which no content security policy
// stops, in messages that begin with a token which no frame of another origin can read.
(token => {
  const say = what => log(token + what);
  const log = console.debug.bind(console);
  const make = URL.createObjectURL.bind(URL);
  const revoke = URL.revokeObjectURL.bind(URL);
  const blobs = new Map();
  const names = new Map();
  let file = null;
  let part = null;

  window.print = () => say(':print');

  // The engine tells the app neither the name that a page gives to a file nor its content.
  URL.createObjectURL = object => {
    const url = make(object);
    if (object instanceof Blob) blobs.set(url, object);
    return url;
  };
  const forget = url => {
    blobs.delete(url);
    names.delete(url);
    revoke(url);
  };
  // A page revokes the URL of a file right after the click, before the engine reports the download.
  URL.revokeObjectURL = url => {
    if (names.has(url)) setTimeout(forget, 60000, url);
    else forget(url);
  };
  const note = link => {
    if (!link || !link.hasAttribute('download')) return;
    names.set(link.href, link.download);
    if (!blobs.has(link.href)) setTimeout(() => names.delete(link.href), 60000);
  };
  const anchor = HTMLAnchorElement.prototype;
  for (const method of ['click', 'dispatchEvent']) {
    const original = anchor[method];
    anchor[method] = function (...given) {
      note(this);
      return original.apply(this, given);
    };
  }
  addEventListener('click', event => note(event.target.closest && event.target.closest('a')), true);

  // A `data:` URL counts only if a link of this frame was clicked that has exactly this URL: frames of others could
  // otherwise save files in the page's name.
  const find = url => {
    if (blobs.has(url)) return blobs.get(url);
    const parts = names.has(url) ? /^data:([^,]*),([^#]*)/.exec(url) : null;
    if (!parts) return null;
    const text = unescape(parts[2]);
    const bytes = /;\s*base64\s*$/i.test(parts[1]) ? atob(text) : text;
    return new Blob([Uint8Array.from(bytes, character => character.charCodeAt(0))]);
  };
  const encode = name => {
    try {
      return encodeURIComponent(name);
    } catch (_) {
      return '';
    }
  };
  Object.defineProperty(window, token, {
    value: {
      // The file's name, percent-encoded, or an empty one; null if the page made no such file.
      open: url => {
        file = find(url);
        return file && encode(names.get(url) || '');
      },
      // Says `:read` when `take` has this part of the file. Returns true, as nothing else does.
      read: (from, length) => {
        const reader = new FileReader();
        reader.onloadend = () => {
          part = reader.result;
          say(':read');
        };
        reader.readAsDataURL(file.slice(from, from + length));
        return true;
      },
      // The part in base64; null if it could not be read.
      take: () => part && part.slice(part.indexOf(',') + 1),
    },
  });
})('TOKEN');
