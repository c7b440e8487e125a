/** Runs before anything is painted, so that neither the theme nor the language flickers. */
import { languageOfReader, load } from './i18n/load';
import { kept } from './parts/kept';

const root = document.documentElement;
root.dataset['theme'] = kept('theme') ?? 'auto';
root.lang = languageOfReader();
// The words are on their way while the page itself is.
load(languageOfReader()).catch(() => undefined);
