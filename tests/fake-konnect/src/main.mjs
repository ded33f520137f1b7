// Starts the servers and prints their addresses and accounts as one JSON line on standard output. Ends on SIGTERM, on
// SIGINT, and when standard input closes: then the parent process has ended.
import crypto from 'node:crypto';
import { parseArgs } from 'node:util';
import './clock.mjs';
import { controlServer } from './control.mjs';
import { createServer } from './faults.mjs';
import { hostileServer } from './hostile.mjs';
import { identityProvider, NATIVE_CLIENT_ID, newKey } from './identity-provider.mjs';
import { konnectServer } from './konnect.mjs';
import { enrolmentTickets } from './mfa.mjs';
import { profileServer } from './profile.mjs';
import { openState } from './state.mjs';
import { upstreamServer, webClient } from './upstream.mjs';

// Standard output carries the one line only, so libraries log to standard error.
console.log = console.info = console.error;
process.stdout.on('error', () => {});

const HOSTS = {
  identity: '127.0.0.1',
  konnect: '127.0.0.2',
  profile: '127.0.0.3',
  upstream: '127.0.0.4',
  control: '127.0.0.5',
  untrusted: '127.0.0.9',
};
const port = { type: 'string', default: '0' };
const { values } = parseArgs({
  options: {
    state: { type: 'string' },
    'identity-port': port,
    'konnect-port': port,
    'profile-port': port,
    'upstream-port': port,
    'control-port': port,
    'untrusted-port': port,
    'behind-proxy': { type: 'boolean', default: false },
  },
});
// With `--behind-proxy`, the addresses stay as they are, but the servers listen on 127.0.1.x: the parent process puts a
// proxy on 127.0.0.x that forwards to them.
const listenAddress = (name, host) =>
  values['behind-proxy'] && name !== 'control' && name !== 'untrusted' ? host.replace('127.0.0.', '127.0.1.') : host;

const state = openState(values.state);
state.data.keys ??= [await newKey()];
state.data.secret ??= crypto.randomBytes(24).toString('hex');
state.save();
const { secret } = state.data;

const servers = {};
const origin = {};
for (const [name, host] of Object.entries(HOSTS)) {
  const port = Number(values[`${name}-port`]);
  servers[name] = createServer(name, listenAddress(name, host), port, () => state.data.counts.requests);
  origin[name] = `http://${host}:${await servers[name].open()}`;
}
const issuer = `${origin.identity}/`;
const enrolment = enrolmentTickets(state);
const upstream = webClient({
  issuer: origin.upstream,
  id: 'kidskonnect',
  secret,
  redirect: `${origin.identity}/upstream/callback`,
  scope: 'openid email',
});
const webRedirect = `${origin.konnect}/callback`;
const profileRedirect = `${origin.profile}/callback`;

const serveIdentity = () =>
  servers.identity.serve(
    identityProvider({
      issuer,
      webRedirect,
      profileRedirect,
      webSecret: secret,
      state,
      enrolment,
      upstream,
    }).callback(),
  );
serveIdentity();
servers.upstream.serve(
  upstreamServer({
    issuer: origin.upstream,
    redirect: `${origin.identity}/upstream/callback`,
    secret,
    state,
    keys: [await newKey()],
  }).callback(),
);
// The hostile pages are served by trusted hosts, and by one host that the app does not trust.
const attack = { untrusted: new URL(origin.untrusted).host, callback: 'nl.kidskonnect.groep:/callback' };
servers.untrusted.serve(hostileServer({ ...attack, trusted: origin.konnect }).callback());
const web = webClient({ issuer, id: 'konnect-web', secret, redirect: webRedirect, scope: 'openid profile' });
servers.konnect.serve(
  konnectServer({
    state,
    web,
    profileLink: `${origin.profile}/`,
    secret,
    attack: { ...attack, trusted: origin.profile },
  }).callback(),
);
const profileWeb = webClient({
  issuer,
  id: 'konnect-profile',
  secret,
  redirect: profileRedirect,
  scope: 'openid profile',
});
servers.profile.serve(
  profileServer({
    state,
    web: profileWeb,
    enrolment,
    issuer,
    origin: origin.profile,
    konnect: origin.konnect,
    secret,
    attack: { ...attack, trusted: origin.konnect },
  }).callback(),
);
const { control, untrusted, ...switchable } = servers;
control.serve(
  controlServer({
    state,
    servers: switchable,
    async rotateKeys() {
      state.data.keys = [await newKey(), ...state.data.keys.slice(0, 1)];
      serveIdentity();
    },
  }).callback(),
);

process.stdout.write(
  `${JSON.stringify({
    event: 'ready',
    issuer,
    client_id: NATIVE_CLIENT_ID,
    konnect: origin.konnect,
    group_url: `${origin.konnect}/{tenant}/groep`,
    profile: origin.profile,
    upstream: origin.upstream,
    control: origin.control,
    untrusted: origin.untrusted,
    audience: null,
    tenants: Object.keys(state.data.tenants),
    accounts: state.data.accounts.map((a) => ({
      username: a.username,
      password: a.upstream ? 'Anna-2026' : a.password,
      email: a.email,
      kind: a.kind,
      tenant: a.tenant,
      mfa: a.totp !== null,
      totp_secret: a.totp,
      recovery_code: a.recovery,
      upstream: a.upstream,
    })),
  })}\n`,
);

const end = () => process.exit(0);
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, end);
process.stdin.on('end', end).on('error', end).resume();
