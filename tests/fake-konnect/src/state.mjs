// The state of all servers: accounts, organisations, web sessions, tokens. With a folder, the state is in one JSON file
// and survives a restart; without one, it is in memory.
import fs from 'node:fs';
import path from 'node:path';

/** @param {string | undefined} folder */
export function openState(folder) {
  const file = folder && path.join(folder, 'state.json');
  if (folder) fs.mkdirSync(folder, { recursive: true });
  const data = file && fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : seed();
  return {
    /** The state. Code that changes it calls `save` afterwards. */
    data,
    save() {
      if (!file) return;
      fs.writeFileSync(`${file}.new`, JSON.stringify(data));
      fs.renameSync(`${file}.new`, file);
    },
    /** Resets everything but the signing keys. */
    reset() {
      Object.assign(data, seed(), { keys: data.keys });
      this.save();
    },
    account: (name) => data.accounts.find((a) => a.username === name || a.email === name?.toLowerCase()),
    bySub: (sub) => data.accounts.find((a) => a.sub === sub),
  };
}

function account(username, password, email, kind, tenant, more = {}) {
  return {
    sub: `auth0|${username}`,
    username,
    password,
    email,
    kind,
    tenant,
    totp: null,
    recovery: null,
    upstream: false,
    manager: false,
    ...more,
  };
}

function seed() {
  return {
    accounts: [
      account('groep.vlinders', 'Vlinder-2026', 'vlinders@zonnetje.example', 'group', 'zonnetje', {
        group: 'Vlinders',
      }),
      account('groep.rupsen', 'Rupsje-2026', 'rupsen@zonnetje.example', 'group', 'zonnetje', {
        group: 'Rupsen',
        totp: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
        recovery: 'HERSTEL-RUPS-2026-AAAA',
      }),
      account('beheer.zonnetje', 'Beheer-2026', 'beheer@zonnetje.example', 'personal', 'zonnetje', { manager: true }),
      account('groep.druppels', 'Druppel-2026', 'druppels@regenboog.example', 'group', 'regenboog', {
        group: 'Druppels',
      }),
      account('anna', null, 'anna@regenboog.example', 'personal', 'regenboog', { upstream: true }),
    ],
    tenants: {
      zonnetje: { name: 'Kinderopvang Zonnetje', mfaMandatory: false },
      regenboog: { name: 'Kinderopvang Regenboog', mfaMandatory: false },
    },
    switches: { leeway: 0, transfer: 'on', iss: false, enrolInPopup: false, language: 'nl' },
    oidc: {},
    upstream: {},
    web: {},
    keys: null,
    outbox: [],
    issued: { access_token: [], refresh_token: [], id_token: [], transfer_token: [], code: [] },
    counts: { requests: {}, stored: 0, refreshes: 0, reuse: 0 },
  };
}
