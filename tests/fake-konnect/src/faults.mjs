// An HTTP server on a loopback address, with the faults that a test switches on.
import http from 'node:http';

const NO_FAULTS = { latency_ms: 0, token: null, cut: null, down: [], broken: [], html200: [], portal: false };

/**
 * The faults that are on, for all servers but the control server.
 * - `latency_ms`: each answer comes this much later.
 * - `cut`: connections are closed without an answer, `all` or those to the `token` endpoint.
 * - `portal`: every request is redirected to the sign-in page of a guest network.
 * - `down`: the named servers refuse connections.
 * - `broken`: the named servers, or single endpoints such as `identity/oauth/revoke`, answer 502.
 * - `html200`: the named servers answer every request with the guest network's page.
 * - `token`: `{ status, retry_after, times }`, the answer of the token endpoint for that many requests.
 */
export const faults = structuredClone(NO_FAULTS);

/** Switches every fault off. */
export const clearFaults = () => Object.assign(faults, structuredClone(NO_FAULTS));

/** A guest network's sign-in page. Some networks redirect to it, some answer with it in place of the server. */
const PORTAL_URL = 'http://127.0.0.6:8008/';
const PORTAL_PAGE = '<!doctype html><html><title>Wifi</title><h1>Welkom op het gastnetwerk</h1></html>';
const HTML = { 'content-type': 'text/html', 'cache-control': 'no-store' };

/**
 * Creates a server that counts its requests by name and path (at most two segments) and does as `faults` says.
 * @param {string} name
 * @param {string} host
 * @param {number} port zero for a free one
 * @param {() => Record<string, number>} counts
 */
export function createServer(name, host, port, counts) {
  let handler = (req, res) => res.writeHead(503).end();
  const answer = async (req, res) => {
    const { pathname } = new URL(req.url, 'http://server');
    // Node's own `date` header does not follow the clock that tests move.
    res.setHeader('date', new Date(Date.now()).toUTCString());
    const counted = `${name} ${pathname.split('/').slice(0, 3).join('/')}`;
    counts()[counted] = (counts()[counted] ?? 0) + 1;
    if (name === 'control') return handler(req, res);
    if (faults.latency_ms) await new Promise((done) => setTimeout(done, faults.latency_ms));
    const token = name === 'identity' && pathname === '/oauth/token';
    if (faults.cut === 'all' || (faults.cut === 'token' && token)) return req.socket.destroy();
    if (faults.portal) return res.writeHead(302, { location: PORTAL_URL, 'cache-control': 'no-store' }).end();
    if (faults.broken.includes(name) || faults.broken.includes(name + pathname))
      return res.writeHead(502, HTML).end('<!doctype html><h1>502 Bad Gateway</h1>');
    if (faults.html200.includes(name)) return res.writeHead(200, HTML).end(PORTAL_PAGE);
    // A client that authenticates with a secret is one of the servers, not the app, so the fault does not hit it.
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
  const listen = (on) =>
    new Promise((done, fail) => server.once('error', fail).listen(on, host, () => done(server.address().port)));
  return {
    /** Sets the handler of all requests. Without one, the server answers 503. */
    serve(next) {
      handler = next;
    },
    /** Starts to listen and returns the port. */
    open: async () => {
      port = await listen(port);
      return port;
    },
    /** Closes every connection and refuses new ones, until `start`. */
    async stop() {
      if (server.listening) {
        const closed = new Promise((done) => server.close(done));
        server.closeAllConnections();
        await closed;
      }
    },
    /** Listens on the same port again, if the server was stopped. */
    async start() {
      if (!server.listening) await listen(port);
    },
  };
}
