import { useRef, useState } from 'preact/hooks';
import type { ProjectPage } from '../api/types';
import { t } from '../i18n';
import { Dialog } from '../parts/dialog';
import { allKeys } from '../parts/keys';
import { usePolled } from '../parts/polled';
import { navigate } from '../router';

interface Entry {
  readonly label: string;
  readonly keys?: string | undefined;
  readonly run: () => void;
}

const MAX_FILMS = 8;

const isInMenu = (part: HTMLElement) => part.closest('.menu-body') !== null;

/** What can be done on the screen now: its own buttons and links, so that the palette offers nothing that they do not. */
function actionsOfScreen(): Entry[] {
  const parts = document.querySelectorAll<HTMLElement>('main button:not(:disabled), main a.button');
  // What lies in a menu is wanted less often.
  const inOrder = [...parts].sort((one, other) => Number(isInMenu(one)) - Number(isInMenu(other)));
  const buttons = inOrder.flatMap((part) => {
    const keys = part.getAttribute('aria-keyshortcuts') ?? undefined;
    const words = [...part.childNodes].filter((node) => node.nodeName !== 'KBD').map(({ textContent }) => textContent);
    const label = (part.getAttribute('aria-label') ?? words.join('')).trim();
    return label === '' || part.closest('.copy-as') ? [] : [{ label, keys, run: () => part.click() }];
  });
  const named = new Set(buttons.map(({ label }) => label));
  const others = allKeys().map(([keys, { label, run }]) => ({ label, keys, run }));
  return [...buttons, ...others.filter(({ label }) => !named.has(label))];
}

/** Every action of the screen, and every film, found by typing. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const words = t();
  const [actions] = useState(actionsOfScreen);
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const chosen = useRef<Entry | undefined>(undefined);
  const films = usePolled<ProjectPage>(`/v1/projects?limit=${MAX_FILMS}&q=${encodeURIComponent(typed.trim())}`);
  const looked = typed.trim().toLowerCase();
  const entries: Entry[] = [
    ...actions.filter(({ label }) => label.toLowerCase().includes(looked)),
    ...(films.value.body?.projects ?? []).map(({ projectId, name }) => ({
      label: words.named(words.film, name),
      run: () => navigate(`/p/${projectId}`),
    })),
  ];
  const active = Math.min(at, entries.length - 1);
  const choose = (entry: Entry | undefined) => {
    chosen.current = entry;
    if (entry) document.querySelector<HTMLDialogElement>('dialog:has(.palette)')?.close();
  };
  const close = () => {
    onClose();
    chosen.current?.run();
  };
  return (
    <Dialog title={words.palette} onClose={close}>
      <div class="palette">
        <input
          type="search"
          role="combobox"
          list={undefined}
          aria-label={words.paletteHint}
          placeholder={words.paletteHint}
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={active < 0 ? undefined : `palette-${active}`}
          autofocus
          value={typed}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
            if (event.isComposing || (step === 0 && event.key !== 'Enter')) return;
            event.preventDefault();
            if (step === 0) return choose(entries[active]);
            const next = (active + step + entries.length) % Math.max(entries.length, 1);
            setAt(next);
            document.getElementById(`palette-${next}`)?.scrollIntoView({ block: 'nearest' });
          }}
        />
        <ul id="palette-list" role="listbox" aria-label={words.palette}>
          {entries.map((entry, i) => (
            <li key={i} id={`palette-${i}`} role="option" aria-selected={i === active} onClick={() => choose(entry)}>
              {entry.label}
              {entry.keys !== undefined && <kbd>{entry.keys}</kbd>}
            </li>
          ))}
        </ul>
        {entries.length === 0 && <p class="quiet-text">{words.none}</p>}
      </div>
    </Dialog>
  );
}
