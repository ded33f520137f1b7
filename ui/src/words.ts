// Words by Fluent, one source for the pages and the command line.
import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';
import en from '../../locales/en/konnect-groep.ftl?raw';
import nl from '../../locales/nl/konnect-groep.ftl?raw';
import type { Language } from './bindings/bridge';

export const SOURCES: Record<Language, string> = { nl, en };

export interface Words {
  language: Language;
  /** The words of a message; its own name where there are none, which no release has. */
  say: (id: string, values?: Record<string, FluentVariable>) => string;
}

const bundles = new Map<Language, FluentBundle>();

function bundle(language: Language): FluentBundle {
  let known = bundles.get(language);
  if (!known) {
    // No marks around what is put in: they show up in pages that are read aloud.
    known = new FluentBundle(language, { useIsolating: false });
    known.addResource(new FluentResource(SOURCES[language]));
    bundles.set(language, known);
  }
  return known;
}

/** The words in the language that the settings ask for, or else the tablet's, or else Dutch. */
export function wordsIn(asked: Language | null, tablet: readonly string[] = navigator.languages): Words {
  const first = tablet.map((tag) => tag.slice(0, 2)).find((tag): tag is Language => tag === 'nl' || tag === 'en');
  const language = asked ?? first ?? 'nl';
  return {
    language,
    say(id, values) {
      const message = bundle(language).getMessage(id);
      return message?.value ? bundle(language).formatPattern(message.value, values) : id;
    },
  };
}
