// Runs S1, S2, S3 and S7 in the Android app on an emulator, against tests/fake-konnect, and takes a screenshot of each
// screen. For .github/workflows/android.yml; it has not run on an emulator yet (docs/device-checks.md).
//
//   ../fake-konnect/node_modules/.bin/node android.mjs app.apk pictures
//
// It clicks and types through the web views' debugging port (Chrome DevTools Protocol), which a debug build opens. So it
// tests the pages, the Kotlin and the Rust, but not touch input and not the on-screen keyboard.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { attempt, pageAt, pressed, says, shows, typed } from './pages.mjs';

const [apk, pictures] = process.argv.slice(2);
if (!apk || !pictures) throw new Error('usage: android.mjs APK FOLDER');
const APP = 'nl.kidskonnect.groep';
const FAKE_KONNECT = fileURLToPath(new URL('../fake-konnect/', import.meta.url));
const { TOTP, Secret } = createRequire(path.join(FAKE_KONNECT, 'package.json'))('otpauth');
/** The addresses of `development` in environments.toml. */
const SERVICES = { identity: ['127.0.0.1', 4400], konnect: ['127.0.0.2', 4401], profile: ['127.0.0.3', 4402] };
const DEBUG_PORT = 9222;

const adb = (...args) => execFileSync('adb', args, { encoding: 'utf8', maxBuffer: 1 << 26 });
const shell = (command) => adb('shell', command);

let picturesTaken = 0;
function picture(name) {
  picturesTaken += 1;
  const file = path.join(pictures, `${String(picturesTaken).padStart(2, '0')}-${name}.png`);
  fs.writeFileSync(file, execFileSync('adb', ['exec-out', 'screencap', '-p'], { maxBuffer: 1 << 26 }));
  console.log(`screenshot: ${name}`);
}

/** Starts fake-konnect on the ports that are compiled into the app. */
async function startServices() {
  const ports = Object.entries(SERVICES).flatMap(([name, [, port]]) => [`--${name}-port`, String(port)]);
  const services = spawn(process.execPath, ['src/main.mjs', ...ports], {
    cwd: FAKE_KONNECT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const line = await new Promise((done, fail) => {
    let text = '';
    services.on('exit', () => fail(new Error('fake-konnect ended')));
    services.stdout.on('data', (more) => {
      text += more;
      if (text.includes('\n')) done(text.split('\n')[0]);
    });
  });
  return {
    account: JSON.parse(line).accounts.find((one) => one.username === 'groep.vlinders'),
    end: () => services.kill(),
  };
}

/**
 * Makes the loopback addresses of fake-konnect reachable on the tablet. `adb reverse` forwards to 127.0.0.1 only, so the
 * tablet translates the other addresses to 127.0.0.1, and a relay here translates them back.
 */
async function forwardPorts() {
  adb('root');
  adb('wait-for-device');
  for (const [host, port] of Object.values(SERVICES)) {
    adb('reverse', `tcp:${port}`, `tcp:${port}`);
    if (host === '127.0.0.1') continue;
    shell(`iptables -w -t nat -A OUTPUT -p tcp -d ${host} --dport ${port} -j DNAT --to-destination 127.0.0.1:${port}`);
    const relay = net.createServer((from) => {
      const to = net.connect(port, host);
      for (const [one, other] of [
        [from, to],
        [to, from],
      ])
        one.on('error', () => other.destroy()).pipe(other);
    });
    await new Promise((done, fail) => relay.once('error', fail).listen(port, '127.0.0.1', done));
    relay.unref();
  }
}

/** Starts the app and forwards the debugging port of its process. */
async function open() {
  shell(`am start -W -n ${APP}/.MainActivity`);
  await forwardDebugPort();
}

async function forwardDebugPort() {
  const process = await attempt('the app runs', () => shell(`pidof ${APP} || true`).trim());
  adb('forward', `tcp:${DEBUG_PORT}`, `localabstract:webview_devtools_remote_${process}`);
}

const at = (start) => pageAt(DEBUG_PORT, (address) => address.startsWith(start));
const own = () => at('http://tauri.localhost');
/** Waits for one of the app's own screens and returns its name. */
const screen = (...names) =>
  attempt(`screen ${names.join(' or ')}`, async () =>
    says(await own(), `[data-screen=${names.join('],[data-screen=')}]`, 'data-screen'),
  );
const press = async (action) => pressed(await own(), `[data-action=${action}]`);

async function walk({ username, password }) {
  await open();
  await screen('not_set_up');
  picture('S1-not-set-up');

  shell(`am start -W -a android.intent.action.VIEW -d '${APP}:/setup#tenant=zonnetje' ${APP}`);
  await screen('set_up_link');
  picture('S2-set-up-by-link');
  await press('use_link');
  await screen('sign_in');
  picture('S2-sign-in');

  // The system browser has no debugging port here. So this takes a screenshot of the browser, leaves it, and fills in the
  // form in the app itself.
  await press('sign_in');
  if ((await screen('browser', 'in_app')) === 'browser') {
    await new Promise((done) => setTimeout(done, 5_000));
    picture('S3-browser');
    shell(`am start -W -n ${APP}/.MainActivity`);
    await press('sign_in_here');
    await screen('in_app');
  }
  const form = await attempt('the form', () => at('http://127.0.0.1:4400/u/'));
  await typed(form, '#username', username);
  await typed(form, '#password', password);
  picture('S3-form');
  await pressed(form, '#login');
  const group = () =>
    attempt('the group view', async () => {
      const page = await at('http://127.0.0.2:4401/zonnetje/groep');
      await shows(page, '#group');
      return page;
    });
  await group();
  picture('S3-group');

  // After a restart the group view appears without a sign-in.
  await new Promise((done) => setTimeout(done, 5_000));
  shell(`am force-stop ${APP}`);
  await open();
  const again = await group();
  picture('S3-group-again');

  await pressed(again, '#menu summary');
  await pressed(again, '#my-profile');
  const profile = await attempt('the profile page', async () => {
    const page = await at('http://127.0.0.3:4402');
    await shows(page, '#mfa-switch');
    return page;
  });
  await typed(profile, '#remark', 'blijft staan');
  await pressed(profile, '#mfa-switch');
  const enrol = () => at('http://127.0.0.1:4400/mfa/enrol');
  const popup = await attempt('the pop-up', async () => {
    const page = await enrol();
    await shows(page, '#qr');
    return page;
  });
  picture('S7-qr');
  await pressed(popup, '#trouble');
  const secret = await attempt(
    'the code to copy',
    async () => (await shows(popup, '#secret')) && says(popup, '#secret'),
  );
  picture('S7-code-to-copy');
  await typed(popup, '#code', new TOTP({ secret: Secret.fromBase32(secret) }).generate());
  await pressed(popup, '#continue');
  await attempt('the recovery code', () => shows(popup, '#recovery'));
  picture('S7-recovery-code');
  await pressed(popup, '#saved');
  await pressed(popup, '#continue');
  await attempt('the pop-up closes itself', async () => !(await enrol().catch(() => null)));
  await attempt(
    'the page behind received the message',
    async () => (await says(profile, '#mfa-switch', 'aria-checked')) === 'true',
  );
  if ((await says(profile, '#remark', '.value')) !== 'blijft staan') throw new Error('The page behind was reloaded.');
  picture('S7-done');
}

fs.mkdirSync(pictures, { recursive: true });
const services = await startServices();
let failure = null;
try {
  await forwardPorts();
  adb('install', '-r', apk);
  await walk(services.account);
  console.log('S1, S2, S3 and S7: as they should be');
} catch (error) {
  failure = error;
  console.error(error);
  try {
    picture('failure');
  } catch {
    /* the emulator is gone */
  }
}
try {
  fs.writeFileSync(path.join(pictures, 'log.txt'), adb('logcat', '-d'));
} catch {
  /* the emulator is gone */
}
services.end();
process.exit(failure ? 1 : 0);
