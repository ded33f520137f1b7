// Line drawings in a square of 24 units. They make a screen recognisable; the text alone says everything.
import type { ErrorKind } from './bindings/bridge';

const WIFI = 'M3 9a13 13 0 0 1 18 0M6.2 12.6a8.5 8.5 0 0 1 11.6 0M9.3 16.1a4 4 0 0 1 5.4 0M12 19.5v.01';
const CLOUD = 'M7 18.5h10a4 4 0 0 0 .6-7.95A6 6 0 0 0 6.2 9.7 4.5 4.5 0 0 0 7 18.5M12 12v2.5M12 16.4v.01';
const CLOCK = 'M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17M12 8v4.2l2.8 1.8';
const LOCK = 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.6v1.8';
const PERSON = 'M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8M4.8 20a7.2 7.2 0 0 1 14.4 0';
const SLIDERS = 'M4 7h8M17 7h3M14.5 4.8v4.4M4 12h2.5M11.5 12H20M9 9.8v4.4M4 17h9M18 17h2M15.5 14.8v4.4';
const SCREEN = 'M3.5 5h17v11h-17zM9 20h6M12 16v4';
const NAME = 'M4 20h16M6 16l1-4L16.5 2.5a2 2 0 0 1 3 3L10 15z';

export const CHECK = 'M5 12.8l4.4 4.4L19 7.6';

export const ICONS: Record<ErrorKind, string> = {
  tenant_empty: NAME,
  tenant_invalid: NAME,
  tenant_foreign: NAME,
  tenant_email: NAME,
  link_refused: SLIDERS,
  settings_invalid: SLIDERS,
  environment_empty: SLIDERS,
  sign_in_denied: PERSON,
  sign_in_expired: CLOCK,
  sign_in_rejected: PERSON,
  wrong_organisation: PERSON,
  not_allowed: LOCK,
  no_browser: SCREEN,
  code_expired: CLOCK,
  code_unavailable: SCREEN,
  no_network: WIFI,
  server_down: CLOUD,
  server_busy: CLOCK,
  captive_portal: WIFI,
  insecure_connection: LOCK,
  site_unreachable: CLOUD,
  site_crashed: SCREEN,
  keystore_absent: LOCK,
  keystore_locked: LOCK,
  keystore_failed: LOCK,
  session_at_risk: PERSON,
  not_on_tablet: SCREEN,
};
