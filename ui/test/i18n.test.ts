import { FluentResource } from '@fluent/bundle';
import { describe, expect, it } from 'vitest';
import { type I18n, i18nFor, SOURCES } from '../src/i18n';
import { renderScreen } from '../src/screens';
import { ACTIONS, ERROR_KINDS, GALLERY, REASONS } from './gallery';

const LANGUAGES = ['nl', 'en'] as const;

interface Message {
  id: string;
  text: string;
}

/** The messages that Fluent parses. Fluent drops a message that it cannot parse, so one test also counts the lines. */
function messages(language: 'nl' | 'en'): Message[] {
  return new FluentResource(SOURCES[language]).body.map(({ id, value }) => ({ id, text: JSON.stringify(value) }));
}

const ids = (language: 'nl' | 'en') => messages(language).map(({ id }) => id);

/** The names of the variables in a message. */
const values = (text: string) => [
  ...new Set([...text.matchAll(/"type":"var","name":"(\w+)"/g)].map((match) => match[1])),
];

describe.each(LANGUAGES)('%s', (language) => {
  it('every message parses, and its id is unique', () => {
    const written = SOURCES[language]
      .split('\n')
      .filter((line) => /^[a-z]/.test(line))
      .map((line) => line.split(' ')[0]);
    expect(ids(language)).toEqual(written);
    expect(new Set(written).size).toBe(written.length);
  });

  it('every kind of error, every reason and every button has a message', () => {
    const needed = [
      ...ERROR_KINDS.flatMap((kind) => [`problem-${kind}-title`, `problem-${kind}-text`]),
      ...REASONS.filter((why) => why !== 'never').map((why) => `why-${why}`),
      ...ACTIONS.map((action) => `action-${action}`),
    ];
    expect(ids(language)).toEqual(expect.arrayContaining(needed));
  });

  it('the screens use every message, and no other', () => {
    const used = new Set<string>();
    const i18n = i18nFor(language);
    const spy: I18n = {
      ...i18n,
      t: (id, values) => {
        used.add(id);
        return i18n.t(id, values);
      },
    };
    for (const screen of Object.values(GALLERY)) renderScreen(screen, spy, () => {});
    expect([...used].sort()).toEqual(ids(language).sort());
  });

  it('sentences end with punctuation, buttons and titles do not', () => {
    const { t } = i18nFor(language);
    for (const { id } of messages(language)) {
      const text = t(id, { days: 2, code: 'E1', name: 'x', version: '1' });
      if (/-text$|^why-|-hint$|-ways-|^status-(days|sure$|no)/.test(id)) expect(text, id).toMatch(/[.…:?]$/);
      if (/^action-|-title$/.test(id) && !id.endsWith('sure-title')) expect(text, id).not.toMatch(/[.!:…]$/);
    }
  });

  it('a sentence has at most 18 words', () => {
    const { t } = i18nFor(language);
    for (const { id } of messages(language)) {
      for (const sentence of t(id, { days: 2, code: 'E1', name: 'x', version: '1' }).split(/[.?!:] /)) {
        expect(sentence.split(' ').length, `${id}: ${sentence}`).toBeLessThanOrEqual(18);
      }
    }
  });
});

it('both languages have the same messages, with the same variables', () => {
  const shape = (language: 'nl' | 'en') => messages(language).map(({ id, text }) => [id, values(text)]);
  expect(shape('nl')).toEqual(shape('en'));
});

describe('the language', () => {
  it.each([
    ['en', ['nl-NL'], 'en'],
    ['nl', ['en-GB'], 'nl'],
    ['system', ['nl-BE', 'en'], 'nl'],
    ['system', ['fr-FR', 'en-US'], 'en'],
    ['system', ['pl'], 'nl'],
    ['system', [], 'nl'],
  ] as const)('setting %s on a device in %s gives %s', (setting, device, expected) => {
    expect(i18nFor(setting, device).locale).toBe(expected);
  });
});
