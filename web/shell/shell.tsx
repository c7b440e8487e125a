import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { chooseLanguage, language, LANGUAGES, t, type Language } from '../i18n';
import { announced, showRefusal } from '../parts/announce';
import { keep } from '../parts/kept';
import { useChord, useKeys } from '../parts/use-keys';
import { navigate, place, screenOf, type Screen } from '../router';
import { Answer } from './answer';
import { ConnectionChip } from './connection-chip';
import { KeyList } from './key-list';
import { Palette } from './palette';
import { chooseTheme, theme, THEMES, type Theme } from './theme';
import { useWaitingCount, waitingCount } from './waiting-count';

/** A gateway that answers, and lacks the words of this page, has a newer page. */
async function loadNewerPage(chosen: Language): Promise<void> {
  const isThere = await fetch(location.href).then(
    ({ ok }) => ok,
    () => false,
  );
  if (!isThere) return showRefusal({ text: t().notReachable });
  keep('language', chosen);
  location.reload();
}

/** The frame around every screen. */
export function Shell({ children }: { readonly children: ComponentChildren }) {
  const words = t();
  const [isListOpen, setListOpen] = useState(false);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  useChord('k', () => setPaletteOpen(true));
  const screen = screenOf(place.value.pathname);
  useWaitingCount(screen.name !== 'watch');
  useKeys({
    '?': { label: words.keyList, run: () => setListOpen(true) },
    'g f': { label: words.films, run: () => navigate('/') },
    'g b': { label: words.batches, run: () => navigate('/b') },
    'g w': { label: words.review, run: () => navigate('/review') },
    'g s': { label: words.settings, run: () => navigate('/settings') },
    n: { label: words.newFilm, run: () => navigate('/new') },
  });
  const link = (href: string, label: string, ...names: Screen['name'][]) => (
    <a href={href} aria-current={names.includes(screen.name) ? 'page' : undefined}>
      {label}
      {href === '/review' && waitingCount.value !== '' && (
        <span class="count">
          {waitingCount.value} <span class="sr-only">{words.waitForYou}</span>
        </span>
      )}
    </a>
  );
  return (
    <>
      <a class="skip" href="#content">
        {words.skipToContent}
      </a>
      <header class="top">
        <a class="brand" href="/">
          <span aria-hidden="true">▞</span> Storyreel
        </a>
        {screen.name !== 'watch' && (
          <nav aria-label={words.mainNavigation}>
            {link('/', words.films, 'films', 'film', 'new-film')}
            {link('/review', words.review, 'review')}
            {link('/b', words.batches, 'batches', 'batch')}
            {link('/providers', words.providers, 'providers')}
            {link('/settings', words.settings, 'settings')}
          </nav>
        )}
        <span class="grow" />
        <ConnectionChip />
        <button
          type="button"
          class="button quiet"
          aria-keyshortcuts="Control+K Meta+K"
          onClick={() => setPaletteOpen(true)}
        >
          <span class="sr-only">{words.palette}</span>
          <kbd aria-hidden="true">Ctrl K</kbd>
          <span class="without-keys" aria-hidden="true">
            ☰
          </span>
        </button>
        <button type="button" class="button quiet key-help" aria-keyshortcuts="?" onClick={() => setListOpen(true)}>
          <span class="sr-only">{words.keyList}</span>
          <kbd aria-hidden="true">?</kbd>
        </button>
        <select
          aria-label={words.language}
          value={language.value}
          onChange={(event) => {
            const next = event.currentTarget.value as Language;
            chooseLanguage(next).catch(() => loadNewerPage(next));
          }}
        >
          {LANGUAGES.map((each) => (
            <option key={each} value={each}>
              {each === 'zh' ? '中文' : 'English'}
            </option>
          ))}
        </select>
        <select
          class="theme"
          aria-label={words.theme}
          value={theme.value}
          onChange={(event) => chooseTheme(event.currentTarget.value as Theme)}
        >
          {THEMES.map((each) => (
            <option key={each} value={each}>
              {{ auto: `◐ ${words.themeAuto}`, light: `○ ${words.themeLight}`, dark: `● ${words.themeDark}` }[each]}
            </option>
          ))}
        </select>
      </header>
      {children}
      <Answer />
      <div class="sr-only" role="status">
        {announced.value}
      </div>
      {isPaletteOpen && <Palette onClose={() => setPaletteOpen(false)} />}
      {isListOpen && <KeyList onClose={() => setListOpen(false)} />}
    </>
  );
}
