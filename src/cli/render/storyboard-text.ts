import { printable, type Style } from './style';

const ESCAPES: Readonly<Record<string, string>> = { n: ' ', r: '', t: ' ', b: '', f: '' };

/**
 * Shows JSON while it streams in: each value on a line of its own after its name, and texts as they come.
 * It only reads characters, so an incomplete or broken text is shown, too. Text outside any JSON is passed on.
 */
export class StoryboardText {
  private mode: 'between' | 'key' | 'value' | 'literal' = 'between';
  private readonly open: string[] = [];
  private afterColon = false;
  private name = '';
  private literal = '';
  private escape: string | undefined;

  constructor(private readonly style: Style) {}

  /** Returns the text to print for the next piece. */
  feed(piece: string): string {
    let shown = '';
    for (const character of printable(piece)) shown += this.take(character);
    return shown;
  }

  private take(character: string): string {
    switch (this.mode) {
      case 'between':
        return this.between(character);
      case 'literal': {
        if (/[\w.+-]/.test(character)) {
          this.literal += character;
          return '';
        }
        this.mode = 'between';
        return this.label() + this.ofLiteral() + this.between(character);
      }
      case 'key':
      case 'value':
        return this.inString(character);
    }
  }

  private between(character: string): string {
    const within = this.open.at(-1);
    if (character === '{' || character === '[') {
      this.open.push(character);
      this.afterColon = false;
      return '';
    }
    if (within === undefined) return character;
    if (character === '}' || character === ']') this.open.pop();
    else if (character === ':') this.afterColon = true;
    else if (character === ',') this.afterColon = false;
    else if (character === '"') {
      const isValue = this.afterColon || within === '[';
      this.mode = isValue ? 'value' : 'key';
      if (isValue) return this.label();
      this.name = '';
    } else if (/[\w-]/.test(character)) {
      this.mode = 'literal';
      this.literal = character;
    }
    return '';
  }

  private inString(character: string): string {
    if (this.escape !== undefined) return this.escaped(character);
    if (character === '\\') {
      this.escape = '';
      return '';
    }
    if (character !== '"') return this.part(character);
    const wasValue = this.mode === 'value';
    this.mode = 'between';
    return wasValue ? '\n' : '';
  }

  private escaped(character: string): string {
    const code = this.escape + character;
    if (code.startsWith('u') && code.length < 5) {
      this.escape = code;
      return '';
    }
    this.escape = undefined;
    if (code.startsWith('u')) return this.part(String.fromCharCode(parseInt(code.slice(1), 16) || 0x20));
    return this.part(ESCAPES[code] ?? code);
  }

  /** An escape of JSON may be one of a terminal as well. */
  private part(escaped: string): string {
    const text = printable(escaped);
    if (this.mode === 'value') return text;
    this.name += text;
    return '';
  }

  private label(): string {
    if (this.name === 'scene_number') return '';
    return this.style.dim(`    ${this.name.replaceAll('_', ' ').padEnd(14)}`);
  }

  private ofLiteral(): string {
    return this.name === 'scene_number' ? `  ${this.style.bold(`scene ${this.literal}`)}\n` : `${this.literal}\n`;
  }
}
