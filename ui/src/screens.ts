// One function per screen of the view: its text and its buttons. What the buttons do is decided in Rust.
import type { Action, AppError, DeviceCode, Screen, StatusInfo } from './bindings/bridge';
import { button, h, icon, qrCode, type Variant } from './dom';
import type { I18n } from './i18n';
import { CHECK, ICONS } from './icons';

export type Dispatch = (action: Action) => void;

type ScreenOf<Name extends Screen['name']> = Extract<Screen, { name: Name }>;
type Translate = I18n['t'];
/** Makes the button of an action that carries no data. `set_tenant` carries what was typed: its form makes that button. */
type MakeButton = (name: Exclude<Action['do'], 'set_tenant'>, variant: Variant) => HTMLButtonElement;

/** Renders a screen. Its one `h1` has a `tabindex`, so that `createRenderer` can move the focus to it. */
export function renderScreen(screen: Screen, { t }: I18n, dispatch: Dispatch): HTMLElement {
  const makeButton: MakeButton = (name, variant) => button({ do: name }, t(`action-${name}`), variant, dispatch);
  return h('main', { class: 'screen', 'data-screen': screen.name }, ...content(screen, t, makeButton, dispatch));
}

function content(screen: Screen, t: Translate, makeButton: MakeButton, dispatch: Dispatch): (Node | null)[] {
  const heading = (id: string) => h('h1', { tabindex: '-1' }, t(id));
  const text = (id: string, className = 'text') => h('p', { class: className }, t(id));

  switch (screen.name) {
    case 'starting':
      return [h('h1', { class: 'visually-hidden', tabindex: '-1' }, t('app-name')), waiting(t('starting'))];
    case 'not_set_up':
      if (!screen.manual) {
        return [
          masthead(t('app-name')),
          heading('not-set-up-title'),
          text('not-set-up-managed'),
          screen.error ? errorText(screen.error, t) : null,
          waiting(t('not-set-up-looking')),
          makeButton('retry', 'plain'),
        ];
      }
      return [
        masthead(t('app-name')),
        heading('not-set-up-title'),
        text('not-set-up-text'),
        tenantForm(screen, t, dispatch),
        disclosure(
          t('not-set-up-ways'),
          h('ul', {}, ...['ask', 'scan', 'managed'].map((way) => h('li', {}, t(`not-set-up-ways-${way}`)))),
        ),
      ];
    case 'set_up_link': {
      const { organisation, host, label, signed } = screen.offer;
      return [
        masthead(t('app-name')),
        heading('link-title'),
        h(
          'dl',
          { class: 'offer' },
          ...definition(t('link-organisation'), organisation),
          ...definition(t('link-host'), host),
          ...(label === null ? [] : definition(t('link-label'), label)),
        ),
        screen.ends_session ? h('p', { class: 'notice' }, t('link-ends-session')) : null,
        signed ? confirmed(t('link-signed')) : text('link-unsigned', 'hint'),
        makeButton('use_link', 'main'),
        makeButton('cancel', 'plain'),
      ];
    }
    case 'sign_in':
      return [
        masthead(screen.organisation),
        heading('sign-in-title'),
        screen.why === 'never' ? null : h('p', { class: 'notice', role: 'status' }, t(`why-${screen.why}`)),
        ...(screen.busy
          ? [waiting(t('sign-in-busy'), 'waiting as-main'), makeButton('cancel', 'plain')]
          : [
              makeButton('sign_in', 'main'),
              screen.with_code ? makeButton('sign_in_with_code', 'quiet') : null,
              screen.may_change ? makeButton('change_organisation', 'quiet') : null,
            ]),
        // The hint advises one group account per tablet. It does not apply to a personal account.
        screen.why === 'personal' ? null : text('sign-in-hint', 'hint'),
      ];
    case 'browser':
      return [
        masthead(screen.organisation),
        heading('browser-title'),
        text('browser-text'),
        makeButton('open_browser_again', 'main'),
        makeButton('cancel', 'plain'),
        screen.here || screen.with_code
          ? disclosure(
              t('browser-other'),
              screen.here ? makeButton('sign_in_here', 'plain') : null,
              screen.with_code ? makeButton('sign_in_with_code', 'plain') : null,
            )
          : null,
      ];
    case 'in_app':
      return [
        masthead(screen.organisation),
        heading('in-app-title'),
        text('in-app-text'),
        makeButton('cancel', 'plain'),
      ];
    case 'code':
      return [
        masthead(screen.organisation),
        heading('code-title'),
        deviceCode(screen.code, t),
        waiting(t('code-next')),
        makeButton('cancel', 'plain'),
      ];
    case 'finishing':
      // Checking the answer takes well under a second most of the time, so the button to go back appears only after
      // four seconds (`delayed` in style.css).
      return [
        masthead(t('app-name')),
        heading('finishing-title'),
        waiting(t('finishing-text')),
        h('div', { class: 'delayed' }, makeButton('cancel', 'quiet')),
      ];
    case 'group':
      return [
        masthead(screen.organisation),
        heading('group-title'),
        makeButton('open_group', 'main'),
        makeButton('show_status', 'plain'),
      ];
    // The error screen: the error message of a kind (`problem-<kind>-…`), its buttons and the error code.
    case 'trouble': {
      const { kind } = screen.error;
      const secondary: Action['do'][] = ['cancel', 'change_organisation', 'show_status'];
      const variant = (name: Action['do'], index: number): Variant =>
        index === 0 ? 'main' : secondary.includes(name) ? 'quiet' : 'plain';
      return [
        h('div', { class: 'error-icon' }, icon(ICONS[kind], 'line')),
        heading(`problem-${kind}-title`),
        text(`problem-${kind}-text`),
        screen.signed_in ? confirmed(t('trouble-signed-in')) : null,
        screen.retries ? waiting(t('trouble-retries')) : null,
        ...screen.buttons.map((action, index) =>
          action.do === 'set_tenant' ? null : makeButton(action.do, variant(action.do, index)),
        ),
        errorCode(screen.error, t),
      ];
    }
    case 'status':
      if (screen.asking) {
        return [
          masthead(screen.organisation),
          heading('status-sure-title'),
          text('status-sure'),
          makeButton('sign_out', 'danger'),
          makeButton('cancel', 'plain'),
        ];
      }
      return [
        masthead(screen.organisation),
        heading('status-title'),
        screen.info ? statusInfo(screen.info, t) : waiting(t('starting')),
        makeButton('open_group', 'main'),
        screen.may_sign_out ? makeButton('ask_sign_out', 'quiet') : text('status-no-sign-out', 'hint'),
      ];
  }
}

/** The first line of a screen: the logo and the organisation's name, or the app's name while no organisation is known. */
function masthead(name: string): HTMLElement {
  return h(
    'p',
    { class: 'masthead' },
    h('img', { src: '/mark.svg', alt: '', width: '56', height: '56' }),
    h('span', { class: 'organisation' }, name),
  );
}

function waiting(text: string, className = 'waiting'): HTMLElement {
  return h('p', { class: className, role: 'status' }, h('span', { class: 'spinner', 'aria-hidden': 'true' }), text);
}

function confirmed(text: string): HTMLElement {
  return h('p', { class: 'confirmed' }, icon(CHECK, 'line'), text);
}

/** Content that few people need, folded until someone asks for it. */
function disclosure(title: string, ...inside: (Node | null)[]): HTMLElement {
  return h('details', {}, h('summary', {}, title), h('div', { class: 'more' }, ...inside));
}

function definition(name: string, value: string): Node[] {
  return [h('dt', {}, name), h('dd', {}, value)];
}

/** Why the last attempt failed, on a screen without an input to correct. */
function errorText(error: AppError, t: Translate): HTMLElement {
  return h('p', { class: 'error-text', role: 'alert' }, t(`problem-${error.kind}-text`), ' ', errorCode(error, t));
}

/** The error code, for staff to read out to the helpdesk. */
function errorCode(error: AppError, t: Translate): HTMLElement {
  return h('span', { class: 'error-code' }, t('error-code', { code: error.code }));
}

function tenantForm(screen: ScreenOf<'not_set_up'>, t: Translate, dispatch: Dispatch): HTMLFormElement {
  const input = h('input', {
    id: 'tenant',
    name: 'tenant',
    type: 'text',
    inputmode: 'url',
    enterkeyhint: 'go',
    autocomplete: 'off',
    autocapitalize: 'none',
    autocorrect: 'off',
    spellcheck: 'false',
    maxlength: '2000',
    'aria-describedby': 'suffix tenant-error',
  });
  input.value = screen.typed;
  // The alert is always in the page: a screen reader announces text that is added to an existing alert.
  const alert = h('p', { id: 'tenant-error', class: 'error-text', role: 'alert' });
  if (screen.error) {
    alert.append(t(`problem-${screen.error.kind}-text`), ' ', errorCode(screen.error, t));
    input.setAttribute('aria-invalid', 'true');
  }
  const form = h(
    'form',
    { novalidate: '' },
    h('label', { for: 'tenant' }, t('not-set-up-label')),
    h('div', { class: 'tenant' }, input, h('span', { id: 'suffix' }, screen.suffix)),
    alert,
    h('button', { type: 'submit', class: 'main', 'data-action': 'set_tenant' }, t('action-set_tenant')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    dispatch({ do: 'set_tenant', typed: input.value });
  });
  return form;
}

function deviceCode(code: DeviceCode, t: Translate): HTMLElement {
  // Shorter to type: browsers add `https://` themselves.
  const address = code.address.replace(/^https:\/\//, '').replace(/\/$/, '');
  // Size 0 means that the address did not fit in a QR code.
  const hasQr = code.qr.size > 0;
  return h(
    'div',
    { class: 'code' },
    hasQr ? qrCode(code.qr.size, code.qr.path, t('code-qr')) : null,
    h(
      'ol',
      {},
      h(
        'li',
        {},
        hasQr ? h('p', {}, t('code-scan')) : null,
        h('p', { class: 'hint' }, t('code-address')),
        h('p', { class: 'address' }, address),
      ),
      h('li', {}, h('p', {}, t('code-type')), h('p', { class: 'user-code', id: 'user-code' }, code.user_code)),
      h('li', {}, h('p', {}, t('code-sign-in'))),
    ),
  );
}

function statusInfo(info: StatusInfo, t: Translate): HTMLElement {
  const days = info.days_left === null ? null : t('status-days', { days: info.days_left });
  const lifetime = info.personal ? t('status-personal') : days;
  const isManaged = info.settings.some(({ source }) => source === 'managed');
  return h(
    'ul',
    { class: 'facts' },
    lifetime === null ? null : h('li', { class: 'first' }, lifetime),
    info.recent_errors.length === 0 ? null : recentErrors(info.recent_errors, t),
    info.support === null
      ? null
      : h('li', {}, t('status-support'), ' ', h('strong', {}, info.support.replace(/^(tel|mailto):/, ''))),
    isManaged ? h('li', {}, t('status-managed')) : null,
    info.settings.length + info.invalid_settings.length === 0 ? null : h('li', {}, settingsTable(info, t)),
    h(
      'li',
      { class: 'hint' },
      t('status-version', { version: info.version }),
      info.environment === null ? null : ` · ${t('status-environment', { name: info.environment })}`,
    ),
    info.device.length === 0 ? null : h('li', { class: 'hint' }, info.device.join(' · ')),
  );
}

function recentErrors(errors: AppError[], t: Translate): HTMLElement {
  const items = errors.map((error) => h('li', {}, t(`problem-${error.kind}-title`), ' ', errorCode(error, t)));
  return h('li', {}, t('status-lately'), h('ul', {}, ...items));
}

function settingsTable({ settings, invalid_settings }: StatusInfo, t: Translate): HTMLElement {
  const rows = settings.flatMap(({ key, value, source }) => definition(key, `${value} (${t(`source-${source}`)})`));
  return disclosure(
    t('status-settings'),
    h('dl', { class: 'settings' }, ...rows),
    invalid_settings.length === 0
      ? null
      : h('p', { class: 'error-code' }, t('status-wrong'), ' ', invalid_settings.join(', ')),
  );
}
