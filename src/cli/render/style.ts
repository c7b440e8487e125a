import { styleText } from 'node:util';

type Paint = (text: string) => string;
type Color = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
export type Style = Readonly<Record<Color, Paint>>;

export function createStyle(color: boolean): Style {
  // The caller has decided about colours already. Without the option, Node checks standard output.
  const paint = (name: Color) => (text: string) => (color ? styleText(name, text, { validateStream: false }) : text);
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
  };
}

/**
 * Text from outside must not steer the terminal. Control characters but line breaks and tabs are left out, and so is what
 * turns the direction of the text behind it.
 */
export function printable(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '');
}

/** The same on one line. */
export function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).trim();
}
