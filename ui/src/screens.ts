// One screen at a time: what is shown, in words, with the buttons that go with it.
import type { Action, DeviceCode, Facts, Fault, Screen } from './bindings/bridge';
import { button, el, icon, type Look, qr } from './dom';
import { CHECK, ICONS } from './icons';
import type { Words } from './words';

export type Act = (action: Action) => void;

type Of<Name extends Screen['name']> = Extract<Screen, { name: Name }>;
type Say = Words['say'];

/** Makes a screen. Its heading can take the focus. */
export function render(screen: Screen, { say }: Words, act: Act): HTMLElement {
  const press = (name: Exclude<Action['do'], 'set_tenant'>, look: Look) => button({ do: name }, say(`action-${name}`), look, act);
  return el('main', { class: 'screen', 'data-screen': screen.name }, ...content(screen, say, press, act));
}

type Press = (name: Exclude<Action['do'], 'set_tenant'>, look: Look) => HTMLButtonElement;

function content(screen: Screen, say: Say, press: Press, act: Act): (Node | null)[] {
  const heading = (id: string) => el('h1', { tabindex: '-1' }, say(id));
  const text = (id: string, look = 'text') => el('p', { class: look }, say(id));

  switch (screen.name) {
    case 'starting':
      return [el('h1', { class: 'unseen', tabindex: '-1' }, say('app-name')), waiting(say('starting'))];
    case 'not_set_up':
      if (!screen.manual) {
        return [top(say('app-name')), heading('not-set-up-title'), text('not-set-up-managed'), refused(screen.problem, say), waiting(say('not-set-up-looking')), press('retry', 'plain')];
      }
      return [
        top(say('app-name')),
        heading('not-set-up-title'),
        text('not-set-up-text'),
        tenantForm(screen, say, act),
        more(say('not-set-up-ways'), el('ul', {}, ...['ask', 'scan', 'managed'].map((way) => el('li', {}, say(`not-set-up-ways-${way}`))))),
      ];
    case 'set_up_link': {
      const { organisation, host, label, signed } = screen.offer;
      return [
        top(say('app-name')),
        heading('link-title'),
        el(
          'dl',
          { class: 'offer' },
          ...pair(say('link-organisation'), organisation),
          ...pair(say('link-host'), host),
          ...(label === null ? [] : pair(say('link-label'), label)),
        ),
        screen.ends_session ? el('p', { class: 'notice' }, say('link-ends-session')) : null,
        signed ? el('p', { class: 'stays' }, icon(CHECK, 'line'), say('link-signed')) : text('link-unsigned', 'hint'),
        press('use_link', 'main'),
        press('cancel', 'plain'),
      ];
    }
    case 'sign_in':
      return [
        top(screen.organisation),
        heading('sign-in-title'),
        screen.why === 'never' ? null : el('p', { class: 'notice', role: 'status' }, say(`why-${screen.why}`)),
        ...(screen.busy
          ? [waiting(say('sign-in-busy'), 'waiting as-main'), press('cancel', 'plain')]
          : [press('sign_in', 'main'), screen.with_code ? press('sign_in_with_code', 'quiet') : null, screen.may_change ? press('change_organisation', 'quiet') : null]),
        // A personal account has one owner, and the owner has one phone.
        screen.why === 'personal' ? null : text('sign-in-hint', 'hint'),
      ];
    case 'browser':
      return [
        top(screen.organisation),
        heading('browser-title'),
        text('browser-text'),
        press('open_browser_again', 'main'),
        press('cancel', 'plain'),
        screen.here || screen.with_code
          ? more(say('browser-other'), screen.here ? press('sign_in_here', 'plain') : null, screen.with_code ? press('sign_in_with_code', 'plain') : null)
          : null,
      ];
    case 'in_app':
      return [top(screen.organisation), heading('in-app-title'), text('in-app-text'), press('cancel', 'plain')];
    case 'code':
      return [top(screen.organisation), heading('code-title'), code(screen.code, say), waiting(say('code-next')), press('cancel', 'plain')];
    case 'finishing':
      // The way back comes up late: most of the time, this screen is gone before it is read.
      return [top(say('app-name')), heading('finishing-title'), waiting(say('finishing-text')), el('div', { class: 'late' }, press('cancel', 'quiet'))];
    case 'group':
      return [top(screen.organisation), heading('group-title'), press('open_group', 'main'), press('show_status', 'plain')];
    case 'trouble': {
      const { problem } = screen.fault;
      const aside: Action['do'][] = ['cancel', 'change_organisation', 'show_status'];
      const look = (name: Action['do'], place: number): Look => (place === 0 ? 'main' : aside.includes(name) ? 'quiet' : 'plain');
      return [
        el('div', { class: 'sign' }, icon(ICONS[problem], 'line')),
        heading(`problem-${problem}-title`),
        text(`problem-${problem}-text`),
        screen.signed_in ? el('p', { class: 'stays' }, icon(CHECK, 'line'), say('trouble-signed-in')) : null,
        screen.retries ? waiting(say('trouble-retries')) : null,
        ...screen.buttons.map((action, place) => (action.do === 'set_tenant' ? null : press(action.do, look(action.do, place)))),
        codeOf(screen.fault, say),
      ];
    }
    case 'status':
      if (screen.asking) return [top(screen.organisation), heading('status-sure-title'), text('status-sure'), press('sign_out', 'danger'), press('cancel', 'plain')];
      return [
        top(screen.organisation),
        heading('status-title'),
        screen.facts ? facts(screen.facts, say) : waiting(say('starting')),
        press('open_group', 'main'),
        screen.may_sign_out ? press('ask_sign_out', 'quiet') : text('status-no-sign-out', 'hint'),
      ];
  }
}

function pair(name: string, value: string): Node[] {
  return [el('dt', {}, name), el('dd', {}, value)];
}

/** Why something that was tried did not work, where there is nothing to type. */
function refused(problem: Fault | null, say: Say): HTMLElement | null {
  return problem ? el('p', { class: 'problem', role: 'alert' }, say(`problem-${problem.problem}-text`), ' ', codeOf(problem, say)) : null;
}

/** Whose tablet this is. */
function top(name: string): HTMLElement {
  return el('p', { class: 'top' }, el('img', { src: '/mark.svg', alt: '', width: '56', height: '56' }), el('span', { class: 'organisation' }, name));
}

function waiting(words: string, look = 'waiting'): HTMLElement {
  return el('p', { class: look, role: 'status' }, el('span', { class: 'spinner', 'aria-hidden': 'true' }), words);
}

/** What few people need. */
function more(title: string, ...inside: (Node | null)[]): HTMLElement {
  return el('details', {}, el('summary', {}, title), el('div', { class: 'more' }, ...inside));
}

function tenantForm(screen: Of<'not_set_up'>, say: Say, act: Act): HTMLFormElement {
  const field = el('input', {
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
    'aria-describedby': 'suffix tenant-problem',
  });
  field.value = screen.typed;
  const problem = el('p', { id: 'tenant-problem', class: 'problem', role: 'alert' });
  if (screen.problem) {
    problem.append(say(`problem-${screen.problem.problem}-text`), ' ', codeOf(screen.problem, say));
    field.setAttribute('aria-invalid', 'true');
  }
  const form = el(
    'form',
    { novalidate: '' },
    el('label', { for: 'tenant' }, say('not-set-up-label')),
    el('div', { class: 'tenant' }, field, el('span', { id: 'suffix' }, screen.suffix)),
    problem,
    el('button', { type: 'submit', class: 'main', 'data-action': 'set_tenant' }, say('action-set_tenant')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    act({ do: 'set_tenant', typed: field.value });
  });
  return form;
}

function code(known: DeviceCode, say: Say): HTMLElement {
  // Nobody types `https://`; a browser adds it.
  const address = known.address.replace(/^https:\/\//, '').replace(/\/$/, '');
  return el(
    'div',
    { class: 'code' },
    known.qr.size > 0 ? qr(known.qr.size, known.qr.path, say('code-qr')) : null,
    el(
      'ol',
      {},
      el('li', {}, known.qr.size > 0 ? el('p', {}, say('code-scan')) : null, el('p', { class: 'hint' }, say('code-address')), el('p', { class: 'address' }, address)),
      el('li', {}, el('p', {}, say('code-type')), el('p', { class: 'user-code', id: 'user-code' }, known.user_code)),
      el('li', {}, el('p', {}, say('code-sign-in'))),
    ),
  );
}

/** What to read out to a helpdesk. */
function codeOf(fault: Fault, say: Say): HTMLElement {
  return el('span', { class: 'fault-code' }, say('fault-code', { code: fault.code }));
}

function facts(known: Facts, say: Say): HTMLElement {
  const days = known.days_left === null ? null : say('status-days', { days: known.days_left });
  const stays = known.personal ? say('status-personal') : days;
  const managed = known.settings.some(({ source }) => source === 'managed');
  return el(
    'ul',
    { class: 'facts' },
    stays === null ? null : el('li', { class: 'first' }, stays),
    ...(known.faults.length > 0
      ? [el('li', {}, say('status-lately'), el('ul', {}, ...known.faults.map((fault) => el('li', {}, say(`problem-${fault.problem}-title`), ' ', codeOf(fault, say)))))]
      : []),
    known.support === null ? null : el('li', {}, say('status-support'), ' ', el('strong', {}, known.support.replace(/^(tel|mailto):/, ''))),
    managed ? el('li', {}, say('status-managed')) : null,
    known.settings.length + known.wrong.length > 0
      ? el(
          'li',
          {},
          more(
            say('status-settings'),
            el('dl', { class: 'settings' }, ...known.settings.flatMap(({ key, value, source }) => pair(key, `${value} (${say(`source-${source}`)})`))),
            known.wrong.length > 0 ? el('p', { class: 'fault-code' }, say('status-wrong'), ' ', known.wrong.join(', ')) : null,
          ),
        )
      : null,
    el('li', { class: 'hint' }, say('status-version', { version: known.version }), known.environment === null ? null : ` · ${say('status-environment', { name: known.environment })}`),
    known.device.length === 0 ? null : el('li', { class: 'hint' }, known.device.join(' · ')),
  );
}
