// Every screen that the app can show, for the tests and for the pictures. `gallery.html` shows them one by one.
import type {
  Action,
  AppError,
  DeviceCode,
  ErrorKind,
  Screen,
  SignedOutReason,
  StatusInfo,
} from '../src/bindings/bridge';

// `satisfies` keeps each list complete: if Rust gains a variant that a list lacks, then TypeScript does not compile it.
export const ERROR_KINDS = Object.keys({
  tenant_empty: 0,
  tenant_invalid: 0,
  tenant_foreign: 0,
  tenant_email: 0,
  link_refused: 0,
  settings_invalid: 0,
  environment_empty: 0,
  sign_in_denied: 0,
  sign_in_expired: 0,
  sign_in_rejected: 0,
  wrong_organisation: 0,
  not_allowed: 0,
  no_browser: 0,
  code_expired: 0,
  code_unavailable: 0,
  no_network: 0,
  server_down: 0,
  server_busy: 0,
  captive_portal: 0,
  insecure_connection: 0,
  site_unreachable: 0,
  site_crashed: 0,
  keystore_absent: 0,
  keystore_locked: 0,
  keystore_failed: 0,
  session_at_risk: 0,
  not_on_tablet: 0,
} satisfies Record<ErrorKind, 0>) as ErrorKind[];

export const REASONS = Object.keys({
  never: 0,
  person: 0,
  expired: 0,
  ended: 0,
  personal: 0,
  changed: 0,
} satisfies Record<SignedOutReason, 0>) as SignedOutReason[];

export const ACTIONS = Object.keys({
  set_tenant: 0,
  change_organisation: 0,
  sign_in: 0,
  sign_in_here: 0,
  sign_in_with_code: 0,
  open_browser_again: 0,
  cancel: 0,
  retry: 0,
  open_group: 0,
  show_status: 0,
  ask_sign_out: 0,
  sign_out: 0,
  use_link: 0,
} satisfies Record<Action['do'], 0>) as Action['do'][];

export const NAMES = Object.keys({
  starting: 0,
  not_set_up: 0,
  set_up_link: 0,
  sign_in: 0,
  browser: 0,
  in_app: 0,
  code: 0,
  finishing: 0,
  group: 0,
  trouble: 0,
  status: 0,
} satisfies Record<Screen['name'], 0>) as Screen['name'][];

export const appError = (kind: ErrorKind): AppError => ({ kind, code: 'E301' });

const organisation = 'Kinderopvang Zonnetje';

/** A pseudo-random pattern the size of a QR code. It encodes nothing. */
function pattern(): string {
  let bits = 7;
  let path = '';
  for (let at = 0; at < 33 * 33; at += 1) {
    bits = (bits * 1_103_515_245 + 12_345) % 2_147_483_648;
    if (bits > 1_073_741_824) path += `M${(at % 33) + 4} ${Math.floor(at / 33) + 4}h1v1h-1z`;
  }
  return path;
}

export const deviceCode: DeviceCode = {
  user_code: 'WDJB-MJHT',
  address: 'https://login.kidskonnect.nl/activate',
  qr: { size: 41, path: pattern() },
};

export const statusInfo: StatusInfo = {
  personal: false,
  days_left: 60,
  environment: null,
  device: ['Android 14', 'Samsung SM-X200', 'web view 126.0'],
  version: '1.0.0',
  recent_errors: [],
  support: null,
  settings: [],
  invalid_settings: [],
};

const notSetUp = {
  name: 'not_set_up',
  suffix: '.ouderportaal.nl',
  typed: '',
  error: null,
  manual: true,
} satisfies Screen;
const offer = { organisation, host: 'zonnetje.ouderportaal.nl', label: null, signed: false, moves: true };
const signIn = {
  name: 'sign_in',
  organisation,
  why: 'never',
  busy: false,
  with_code: false,
  may_change: true,
} satisfies Screen;
const status = { name: 'status', organisation, info: statusInfo, may_sign_out: true, asking: false } satisfies Screen;

/** The error screen of a kind, with the buttons that `app-state` offers in the phase where that kind is most common. */
function trouble(kind: ErrorKind): Screen {
  const recoveries: Partial<Record<ErrorKind, Action['do'][]>> = {
    link_refused: ['sign_in', 'change_organisation', 'cancel'],
    settings_invalid: ['retry'],
    environment_empty: ['retry', 'change_organisation'],
    sign_in_denied: ['sign_in', 'cancel'],
    sign_in_expired: ['sign_in', 'cancel'],
    sign_in_rejected: ['sign_in', 'cancel'],
    wrong_organisation: ['sign_in', 'change_organisation', 'cancel'],
    not_allowed: ['retry', 'change_organisation', 'cancel'],
    no_browser: ['sign_in_here', 'sign_in_with_code', 'cancel'],
    code_expired: ['sign_in_with_code', 'sign_in', 'cancel'],
    code_unavailable: ['sign_in', 'sign_in_here', 'cancel'],
    keystore_absent: ['open_group', 'show_status'],
    keystore_locked: ['retry', 'open_group', 'show_status'],
    keystore_failed: ['open_group', 'retry', 'show_status'],
    session_at_risk: ['open_group', 'show_status'],
  };
  const names = recoveries[kind] ?? ['retry', 'show_status'];
  const signed_in = names.includes('show_status') && kind !== 'session_at_risk';
  return {
    name: 'trouble',
    error: appError(kind),
    buttons: names.map((name) => ({ do: name }) as Action),
    retries: signed_in && kind !== 'keystore_absent' && kind !== 'not_on_tablet',
    signed_in,
  };
}

export const GALLERY: Record<string, Screen> = {
  starting: { name: 'starting' },
  'not-set-up': notSetUp,
  'not-set-up-managed': { ...notSetUp, manual: false },
  'not-set-up-managed-link': { ...notSetUp, manual: false, error: appError('link_refused') },
  'set-up-link': { name: 'set_up_link', offer, ends_session: false },
  'set-up-link-signed': {
    name: 'set_up_link',
    offer: { ...offer, label: 'Groep Blauw 1', signed: true },
    ends_session: true,
  },
  ...Object.fromEntries(
    (['tenant_empty', 'tenant_invalid', 'tenant_foreign', 'tenant_email'] as const).map((kind) => [
      `not-set-up-${kind}`,
      { ...notSetUp, typed: 'de zon', error: appError(kind) },
    ]),
  ),
  ...Object.fromEntries(REASONS.map((why) => [`sign-in-${why}`, { ...signIn, why }])),
  'sign-in-all': { ...signIn, with_code: true },
  'sign-in-managed': { ...signIn, may_change: false },
  'sign-in-busy': { ...signIn, busy: true },
  browser: { name: 'browser', organisation, here: true, with_code: true },
  'browser-only': { name: 'browser', organisation, here: false, with_code: false },
  'in-app': { name: 'in_app', organisation },
  code: { name: 'code', organisation, code: deviceCode },
  'code-no-qr': { name: 'code', organisation, code: { ...deviceCode, qr: { size: 0, path: '' } } },
  finishing: { name: 'finishing' },
  group: { name: 'group', organisation },
  ...Object.fromEntries(ERROR_KINDS.map((kind) => [`trouble-${kind}`, trouble(kind)])),
  status,
  'status-reading': { ...status, info: null },
  'status-no-sign-out': { ...status, may_sign_out: false },
  'status-personal': { ...status, info: { ...statusInfo, personal: true, days_left: null } },
  'status-long': {
    ...status,
    info: {
      ...statusInfo,
      days_left: 1,
      environment: 'acceptance',
      recent_errors: [appError('no_network'), appError('server_down'), appError('site_crashed')],
    },
  },
  'status-managed': {
    ...status,
    info: {
      ...statusInfo,
      support: 'tel:+31201234567',
      settings: [
        { key: 'tenant', value: 'zonnetje', source: 'managed' },
        { key: 'device_label', value: 'Groep Blauw 1', source: 'signed_link' },
        { key: 'organisation_name', value: 'Kinderopvang Zonnetje', source: 'unsigned_link' },
        { key: 'location_id', value: 'loc-12', source: 'set_up' },
        { key: 'login_method', value: 'auto', source: 'built_in' },
      ],
      invalid_settings: ['language E108'],
    },
  },
  'status-asking': { ...status, asking: true },
  'long-names': {
    ...signIn,
    organisation: 'Stichting Kinderopvang en Buitenschoolse Opvang Hoogstraten-Zuidoostland',
    why: 'changed',
    with_code: true,
  },
};
