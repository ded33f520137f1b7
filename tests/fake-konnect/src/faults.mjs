// One HTTP server on a loopback address of its own, with the faults that a test switches on.
import http from 'node:http';

export const faults = { latency_ms: 0, token: null, cut: null, down: [], broken: [], html200: [], portal: false };

/** A guest network's sign-in page: some send everybody there, some answer in another's place. */
const PORTAL_AT = 'http://127.0.0.6:8008/';
const PORTAL = '<!doctype html><html><title>Wifi</title><h1>Welkom op het gastnetwerk</h1></html>';

export function listen(name, host, port, counts) {
  let handler = (req, res) => res.writeHead(503).end();
  const answer = async (req, res) => {
    const { pathname } = new URL(req.url, 'http://stack');
    // By the stack's clock: Node's own header is not.
    res.setHeader('date', new Date(Date.now()).toUTCString());
    counts()[`${name} ${pathname.split('/').slice(0, 3).join('/')}`] =
      (counts()[`${name} ${pathname.split('/').slice(0, 3).join('/')}`] ?? 0) + 1;
    if (name === 'control') return handler(req, res);
    if (faults.latency_ms) await new Promise((done) => setTimeout(done, faults.latency_ms));
    const token = name === 'identity' && pathname === '/oauth/token';
    if (faults.cut === 'all' || (faults.cut === 'token' && token)) return req.socket.destroy();
    if (faults.portal) return res.writeHead(302, { location: PORTAL_AT, 'cache-control': 'no-store' }).end();
    // A whole server, or one address of it: `identity/oauth/revoke`.
    if (faults.broken.includes(name) || faults.broken.includes(name + pathname))
      return res
        .writeHead(502, { 'content-type': 'text/html', 'cache-control': 'no-store' })
        .end('<!doctype html><h1>502 Bad Gateway</h1>');
    if (faults.html200.includes(name))
      return res.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-store' }).end(PORTAL);
    // Who has a secret is a server, and is not on the tablet's network.
    if (token && faults.token && !req.headers.authorization && (faults.token.times ?? 1) > 0) {
      faults.token.times = (faults.token.times ?? 1) - 1;
      const headers = {
        'content-type': 'application/json',
        ...(faults.token.retry_after ? { 'retry-after': String(faults.token.retry_after) } : {}),
      };
      return res
        .writeHead(faults.token.status, headers)
        .end(JSON.stringify({ error: faults.token.status === 429 ? 'too_many_requests' : 'server_error' }));
    }
    return handler(req, res);
  };
  const server = http.createServer(answer);
  const open = (at) =>
    new Promise((done, fail) => server.once('error', fail).listen(at, host, () => done(server.address().port)));
  return {
    serve(next) {
      handler = next;
    },
    open: async () => {
      port = await open(port);
      return port;
    },
    /** Refuses connections, as a server that is not there does. */
    async stop() {
      if (server.listening) {
        const gone = new Promise((done) => server.close(done));
        server.closeAllConnections();
        await gone;
      }
    },
    async start() {
      if (!server.listening) await open(port);
    },
  };
}
