// Starts the stack and says where it is: one JSON line on standard output. Ends on SIGTERM, SIGINT, and when standard
// input closes, so that a parent that dies leaves nothing behind.
import crypto from 'node:crypto';
import { parseArgs } from 'node:util';
import './clock.mjs';
import { controlServer } from './control.mjs';
import { listen } from './faults.mjs';
import { hostileServer } from './hostile.mjs';
import { NATIVE, identityServer, newKey } from './identity.mjs';
import { konnectServer } from './konnect.mjs';
import { enrolmentTickets } from './mfa.mjs';
import { profileServer } from './profile.mjs';
import { openState } from './state.mjs';
import { upstreamServer, webClient } from './upstream.mjs';

// Standard output is for the one line; libraries speak on standard error.
console.log = console.info = console.error;
process.stdout.on('error', () => {});

const HOSTS = {
  identity: '127.0.0.1',
  konnect: '127.0.0.2',
  profile: '127.0.0.3',
  upstream: '127.0.0.4',
  control: '127.0.0.5',
  stranger: '127.0.0.9',
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
    'stranger-port': port,
    behind: { type: 'boolean', default: false },
  },
});
// Behind a faulty network, everybody goes to the usual address, where whoever started this passes it on to ours.
const own = (name, host) =>
  values.behind && name !== 'control' && name !== 'stranger' ? host.replace('127.0.0.', '127.0.1.') : host;

const state = openState(values.state);
state.data.keys ??= [await newKey()];
state.data.secret ??= crypto.randomBytes(24).toString('hex');
state.save();
const { secret } = state.data;

const servers = {};
const at = {};
for (const [name, host] of Object.entries(HOSTS)) {
  servers[name] = listen(name, own(name, host), Number(values[`${name}-port`]), () => state.data.counts.requests);
  at[name] = `http://${host}:${await servers[name].open()}`;
}
const issuer = `${at.identity}/`;
const enrolment = enrolmentTickets(state);
const upstream = webClient({
  issuer: at.upstream,
  id: 'kidskonnect',
  secret,
  redirect: `${at.identity}/upstream/callback`,
  scope: 'openid email',
});
const webRedirect = `${at.konnect}/callback`;
const profileRedirect = `${at.profile}/callback`;

const serveIdentity = () =>
  servers.identity.serve(
    identityServer({ issuer, webRedirect, profileRedirect, webSecret: secret, state, enrolment, upstream }).callback(),
  );
serveIdentity();
servers.upstream.serve(
  upstreamServer({
    issuer: at.upstream,
    redirect: `${at.identity}/upstream/callback`,
    secret,
    state,
    keys: [await newKey()],
  }).callback(),
);
// A host that no list of trusted ones has.
const hostility = { foreign: new URL(at.stranger).host, callback: 'nl.kidskonnect.groep:/callback' };
servers.stranger.serve(hostileServer({ ...hostility, other: at.konnect }).callback());
const web = webClient({ issuer, id: 'konnect-web', secret, redirect: webRedirect, scope: 'openid profile' });
servers.konnect.serve(
  konnectServer({
    state,
    web,
    profileLink: `${at.profile}/`,
    secret,
    hostility: { ...hostility, other: at.profile },
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
    origin: at.profile,
    konnect: at.konnect,
    secret,
    hostility: { ...hostility, other: at.konnect },
  }).callback(),
);
const { control, stranger, ...switchable } = servers;
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
    client_id: NATIVE,
    konnect: at.konnect,
    group_url: `${at.konnect}/{tenant}/groep`,
    profile: at.profile,
    upstream: at.upstream,
    control: at.control,
    stranger: at.stranger,
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
