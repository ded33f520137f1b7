// One screen at a time: what is shown, in words, with the buttons that go with it.
import type { Action, Fault, Screen, SignedOutWhy } from './bindings/bridge';
import { button, drawing, el } from './dom';
import type { Words } from './words';

export type Act = (action: Action) => void;

/** Makes a screen. Its heading takes the focus when it is new. */
export function render(screen: Screen, words: Words, act: Act): HTMLElement {
  const { say } = words;
  const page = el('main', { class: 'screen', 'data-screen': screen.name });
  const heading = (id: string, values?: Record<string, string>) => el('h1', { tabindex: '-1' }, say(id, values));
  const text = (id: string, values?: Record<string, string | number>) => el('p', {}, say(id, values));
  const press = (name: Exclude<Action['do'], 'set_tenant'>, look: 'main' | 'plain' | 'quiet') => button({ do: name }, say(`action-${name}`), look, act);
  const organisation = (name: string) => el('p', { class: 'organisation' }, name);
  const waiting = (id: string) => el('p', { class: 'waiting', role: 'status' }, el('span', { class: 'spinner', 'aria-hidden': 'true' }), say(id));

  switch (screen.name) {
    case 'starting':
      page.append(el('h1', { class: 'unseen', tabindex: '-1' }, say('app-name')), waiting('starting'));
      break;
    case 'not_set_up':
      page.append(heading('not-set-up-title'));
      if (screen.manual) page.append(text('not-set-up-text'), tenantForm(screen, words, act));
      else page.append(text('not-set-up-managed'));
      page.append(el('details', {}, el('summary', {}, say('not-set-up-ways')), el('p', {}, say('not-set-up-ways-text'))));
      break;
    case 'sign_in':
      page.append(organisation(screen.organisation), heading('sign-in-title'));
      page.append(...notice(screen.why, words));
      if (screen.busy) {
        page.append(waiting('sign-in-busy'), press('cancel', 'plain'));
        break;
      }
      page.append(press('sign_in', 'main'));
      if (screen.with_code) page.append(press('sign_in_with_code', 'quiet'));
      if (screen.may_change) page.append(press('change_organisation', 'quiet'));
      page.append(el('p', { class: 'hint' }, say('sign-in-hint')));
      break;
    case 'browser':
      page.append(organisation(screen.organisation), heading('browser-title'), text('browser-text'));
      page.append(press('open_browser_again', 'main'), press('cancel', 'plain'));
      if (screen.with_code) page.append(press('sign_in_with_code', 'quiet'));
      break;
    case 'in_app':
      page.append(organisation(screen.organisation), heading('in-app-title'), text('in-app-text'), press('cancel', 'plain'));
      break;
    case 'code':
      page.append(organisation(screen.organisation), heading('code-title'));
      page.append(
        el(
          'div',
          { class: 'code' },
          drawing(screen.code.qr.size, screen.code.qr.path, say('code-qr')),
          el('div', {}, text('code-scan'), el('p', { class: 'address' }, screen.code.address), text('code-type'), el('p', { class: 'user-code', id: 'user-code' }, screen.code.user_code)),
        ),
      );
      page.append(waiting('code-next'), press('cancel', 'plain'));
      break;
    case 'finishing':
      page.append(heading('finishing-title'), waiting('finishing-text'));
      break;
    case 'group':
      page.append(organisation(screen.organisation), heading('group-title'), press('open_group', 'main'), press('show_status', 'plain'));
      break;
    case 'trouble': {
      const { problem } = screen.fault;
      page.append(heading(`problem-${problem}-title`), text(`problem-${problem}-text`));
      if (screen.retries) page.append(waiting('trouble-retries'));
      screen.buttons.forEach((action, place) => {
        if (action.do !== 'set_tenant') page.append(press(action.do, place === 0 ? 'main' : 'plain'));
      });
      page.append(codeOf(screen.fault, words));
      break;
    }
    case 'status':
      page.append(organisation(screen.organisation), heading('status-title'));
      if (screen.asking) {
        page.append(el('p', { role: 'alert' }, say('status-sure')), press('sign_out', 'main'), press('cancel', 'plain'));
        break;
      }
      page.append(screen.facts ? facts(screen.facts, words) : waiting('starting'), press('open_group', 'main'));
      page.append(screen.may_sign_out ? press('ask_sign_out', 'plain') : el('p', { class: 'hint' }, say('status-no-sign-out')));
      break;
  }
  return page;
}

function tenantForm(screen: Extract<Screen, { name: 'not_set_up' }>, { say }: Words, act: Act): HTMLFormElement {
  const field = el('input', { id: 'tenant', name: 'tenant', type: 'text', inputmode: 'url', autocomplete: 'off', autocapitalize: 'none', autocorrect: 'off', spellcheck: 'false', maxlength: '2000', 'aria-describedby': 'suffix tenant-problem' });
  field.value = screen.typed;
  const problem = el('p', { id: 'tenant-problem', class: 'problem', role: 'alert' });
  if (screen.problem) {
    problem.append(say(`problem-${screen.problem.problem}-text`), ' ', codeOf(screen.problem, { language: 'nl', say }));
    field.setAttribute('aria-invalid', 'true');
  }
  const submit = el('button', { type: 'submit', class: 'main', 'data-action': 'set_tenant' }, say('action-set_tenant'));
  const form = el(
    'form',
    { novalidate: '' },
    el('label', { for: 'tenant' }, say('not-set-up-label')),
    el('div', { class: 'tenant' }, field, el('span', { id: 'suffix' }, screen.suffix)),
    problem,
    submit,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    act({ do: 'set_tenant', typed: field.value });
  });
  return form;
}

function notice(why: SignedOutWhy, { say }: Words): Node[] {
  return why === 'never' ? [] : [el('p', { class: 'notice', role: 'status' }, say(`why-${why}`))];
}

function codeOf(fault: Fault, { say }: Words): HTMLElement {
  return el('span', { class: 'fault-code' }, say('fault-code', { code: fault.code }));
}

function facts(known: NonNullable<Extract<Screen, { name: 'status' }>['facts']>, words: Words): HTMLElement {
  const { say } = words;
  const list = el('ul', { class: 'facts' });
  if (known.personal) list.append(el('li', {}, say('status-personal')));
  else if (known.days_left !== null) list.append(el('li', {}, say('status-days', { days: known.days_left })));
  if (known.environment !== null) list.append(el('li', {}, say('status-environment', { name: known.environment })));
  list.append(el('li', {}, say('status-version', { version: known.version })));
  for (const fault of known.faults) list.append(el('li', {}, say('status-lately'), ' ', say(`problem-${fault.problem}-title`), ' ', codeOf(fault, words)));
  return list;
}
