// Messages in Fluent (https://projectfluent.org), one file per language in locales/. `provision` reads the titles and
// texts of errors from the same files.
import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';
import en from '../../locales/en/konnect-groep.ftl?raw';
import nl from '../../locales/nl/konnect-groep.ftl?raw';
import type { Language } from './bindings/bridge';

/** A language that the pages are translated into. */
export type Locale = Exclude<Language, 'system'>;

export const SOURCES: Record<Locale, string> = { nl, en };

export interface I18n {
  locale: Locale;
  /** Translates a message id. If the message is missing, then `t` returns the id; a test keeps that from happening. */
  t: (id: string, values?: Record<string, FluentVariable>) => string;
}

const bundles = new Map<Locale, FluentBundle>();

function bundleFor(locale: Locale): FluentBundle {
  let bundle = bundles.get(locale);
  if (!bundle) {
    // Fluent would put Unicode isolation marks around each value; some screen readers read those marks aloud.
    bundle = new FluentBundle(locale, { useIsolating: false });
    bundle.addResource(new FluentResource(SOURCES[locale]));
    bundles.set(locale, bundle);
  }
  return bundle;
}

/** Translations for the language of the settings. `system` takes the device's first language that is Dutch or English, and Dutch if there is none. */
export function i18nFor(language: Language, deviceLanguages: readonly string[] = navigator.languages): I18n {
  const locale = language === 'system' ? deviceLocale(deviceLanguages) : language;
  const bundle = bundleFor(locale);
  return {
    locale,
    t(id, values) {
      const message = bundle.getMessage(id);
      return message?.value ? bundle.formatPattern(message.value, values) : id;
    },
  };
}

function deviceLocale(tags: readonly string[]): Locale {
  const known = tags.map((tag) => tag.slice(0, 2)).find((tag): tag is Locale => tag === 'nl' || tag === 'en');
  return known ?? 'nl';
}
