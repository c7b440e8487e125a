import { t } from '../i18n';
import { showAnswer } from './announce';

/** One action of the page, as other programs do it. */
export interface Recipe {
  readonly curl: string;
  readonly cli?: string;
  readonly ts?: string;
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

export function curl(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): string {
  const parts = ['curl', ...(method === 'GET' || (method === 'POST' && body !== undefined) ? [] : ['-X', method])];
  parts.push(quoted(location.origin + path));
  if (body !== undefined) parts.push('--json', quoted(JSON.stringify(body)));
  for (const [name, value] of Object.entries(headers)) parts.push('-H', quoted(`${name}: ${value}`));
  return parts.join(' ');
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    showAnswer(t().copied);
  } catch {
    showAnswer(t().copyFailed, true);
  }
}

const NAMES = { curl: 'curl', cli: 'CLI', ts: 'TypeScript' } as const;

/** Teaches the API: what the page does, for curl, the command line and TypeScript. */
export function CopyAs({ recipe }: { readonly recipe: Recipe }) {
  return (
    <span class="copy-as">
      <span class="quiet-text">{t().copyAs}</span>
      {(['curl', 'cli', 'ts'] as const).map((form) => {
        const text = recipe[form];
        return text === undefined ? null : (
          <button type="button" class="link" key={form} title={text} onClick={() => void copy(text)}>
            {NAMES[form]}
          </button>
        );
      })}
    </span>
  );
}
