import { t } from '../i18n';
import { showAnswer, showRefusal } from './announce';

/** One action of the page, as other programs do it. */
export interface Recipe {
  readonly curl: string;
  readonly cli?: string;
  readonly ts?: string;
}

/** One word of a shell's command line, whatever is in it. */
export const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** A gateway that asks for a key gets that of the reader's environment; a copied line never holds one. */
const KEY = '${STORYREEL_KEY:+"-HAuthorization: Bearer $STORYREEL_KEY"}';

export function curl(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): string {
  const parts = ['curl', ...(method === 'GET' || (method === 'POST' && body !== undefined) ? [] : ['-X', method])];
  parts.push(KEY, quoted(location.origin + path));
  if (body !== undefined) parts.push('--json', quoted(JSON.stringify(body)));
  for (const [name, value] of Object.entries(headers)) parts.push('-H', quoted(`${name}: ${value}`));
  return parts.join(' ');
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    showAnswer(t().copied);
  } catch {
    showRefusal({ text: t().copyFailed });
  }
}

const NAMES = { curl: 'curl', cli: 'CLI', ts: 'TypeScript' } as const;

/** Teaches the API: what the page does, for curl, the command line and TypeScript. */
export function CopyAs({ recipe, label }: { readonly recipe: Recipe; readonly label?: string }) {
  return (
    <span class="copy-as">
      <span class="quiet-text">
        {label !== undefined && t().named(label)}
        {t().copyAs}
      </span>
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
