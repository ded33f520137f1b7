import { FluentResource } from '@fluent/bundle';
import { describe, expect, it } from 'vitest';
import { render } from '../src/screens';
import { SOURCES, wordsIn } from '../src/words';
import { ACTIONS, GALLERY, PROBLEMS, REASONS } from './gallery';

const LANGUAGES = ['nl', 'en'] as const;

interface Message {
  id: string;
  text: string;
}

/** What Fluent reads; what it cannot read, it drops, so that the lines are counted too. */
function messages(language: 'nl' | 'en'): Message[] {
  return new FluentResource(SOURCES[language]).body.map(({ id, value }) => ({ id, text: JSON.stringify(value) }));
}

const ids = (language: 'nl' | 'en') => messages(language).map(({ id }) => id);

/** The names of the values that a message asks for. */
const values = (text: string) => [...new Set([...text.matchAll(/"type":"var","name":"(\w+)"/g)].map((match) => match[1]))];

describe.each(LANGUAGES)('%s', (language) => {
  it('every message is readable and there once', () => {
    const written = SOURCES[language].split('\n').filter((line) => /^[a-z]/.test(line)).map((line) => line.split(' ')[0]);
    expect(ids(language)).toEqual(written);
    expect(new Set(written).size).toBe(written.length);
  });

  it('every trouble, reason and button has words', () => {
    const needed = [
      ...PROBLEMS.flatMap((problem) => [`problem-${problem}-title`, `problem-${problem}-text`]),
      ...REASONS.filter((why) => why !== 'never').map((why) => `why-${why}`),
      ...ACTIONS.map((action) => `action-${action}`),
    ];
    expect(ids(language)).toEqual(expect.arrayContaining(needed));
  });

  it('the screens say every message, and no other', () => {
    const said = new Set<string>();
    const words = wordsIn(language);
    const spy = { ...words, say: (id: string, given?: Parameters<typeof words.say>[1]) => (said.add(id), words.say(id, given)) };
    for (const screen of Object.values(GALLERY)) render(screen, spy, () => {});
    expect([...said].sort()).toEqual(ids(language).sort());
  });

  it('sentences end, and buttons and titles do not', () => {
    const { say } = wordsIn(language);
    for (const { id } of messages(language)) {
      const text = say(id, { days: 2, code: 'E1', name: 'x', version: '1' });
      if (/-text$|^why-|-hint$|-ways-|^status-(days|sure$|no)/.test(id)) expect(text, id).toMatch(/[.…:?]$/);
      if (/^action-|-title$/.test(id) && !id.endsWith('sure-title')) expect(text, id).not.toMatch(/[.!:…]$/);
    }
  });

  it('sentences are short', () => {
    const { say } = wordsIn(language);
    for (const { id } of messages(language)) {
      for (const sentence of say(id, { days: 2, code: 'E1', name: 'x', version: '1' }).split(/[.?!:] /)) {
        expect(sentence.split(' ').length, `${id}: ${sentence}`).toBeLessThanOrEqual(18);
      }
    }
  });
});

it('both languages have the same messages, with the same values', () => {
  const shape = (language: 'nl' | 'en') => messages(language).map(({ id, text }) => [id, values(text)]);
  expect(shape('nl')).toEqual(shape('en'));
});

describe('the language', () => {
  it.each([
    ['en', ['nl-NL'], 'en'],
    ['nl', ['en-GB'], 'nl'],
    [null, ['nl-BE', 'en'], 'nl'],
    [null, ['fr-FR', 'en-US'], 'en'],
    [null, ['pl'], 'nl'],
    [null, [], 'nl'],
  ] as const)('asked %s on a tablet in %s is %s', (asked, tablet, expected) => {
    expect(wordsIn(asked, tablet).language).toBe(expected);
  });
});
