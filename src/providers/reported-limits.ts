import { sizeOption, type SizeOption } from './frame-size';

export interface Rule {
  readonly sizes?: readonly SizeOption[];
  /** The step of both sides. */
  readonly multipleOf?: number;
  readonly leastPixels?: number;
  readonly seconds?: readonly number[];
  readonly leastSeconds?: number;
  readonly mostSeconds?: number;
  readonly wholeSeconds?: boolean;
}

/** From these words on, a refusal lists the offered values; before them, it repeats what was sent. */
const CAN_BE_HAD =
  /supported values|support(?:s|ed)|allowed|available|\bvalid (?:values|sizes|options|durations|resolutions|range)|must\b|should\b|one of|expected|between|at least|minimum|permitted|accepts?\b|can be|choose|either|only/i;
const MAX_READ = 2_000;

/** Reads the offered sizes in a refusal; undefined if it does not name them. */
export function learnSizes(message: string, sent: string, wanted: SizeOption): Rule | undefined {
  const words = tailOf(message);
  const listed = [...words.matchAll(/\b\d{2,5}\s?[x×*:]\s?\d{2,5}\b/g)].flatMap(([text]) => sizeOption(text) ?? []);
  const sizes = listed.filter(({ value, width, height }) => value !== sent && (width > 100 || height > 100));
  if (sizes.length > 0) return { sizes };
  const factor = /(?:divisible by|multiples? of)\D{0,10}(\d{1,3})/i.exec(words)?.[1];
  const pixels = /(\d[\d,_. ]{4,12})\s*(?:total )?(?:px|pixels)/i.exec(words)?.[1]?.replaceAll(/[^\d]/g, '');
  if (factor !== undefined || pixels !== undefined) {
    return {
      ...(factor !== undefined && Number(factor) > 1 && { multipleOf: Number(factor) }),
      ...(pixels !== undefined && Number(pixels) > wanted.width * wanted.height && { leastPixels: Number(pixels) }),
    };
  }
  const tiers = [...words.matchAll(/\b(\d{3,4})p\b/gi)].map(([value, side]) => tier(value, Number(side), wanted));
  if (tiers.length > 0) return { sizes: tiers };
  const ratios = [...words.matchAll(/\b(\d{1,2}):(\d{1,2})\b/g)].map(([value, a, b]) =>
    shape(value, Number(a), Number(b), wanted),
  );
  return ratios.length > 0 ? { sizes: ratios } : undefined;
}

/** Reads out of a refusal which lengths there are. */
export function learnSeconds(message: string, sent: number): Rule | undefined {
  const words = tailOf(message);
  const numbers = [...words.matchAll(/\d+(?:\.\d+)?/g)].map(([text]) => Number(text)).filter((n) => n > 0 && n <= 600);
  const [first, last] = [numbers[0], numbers.at(-1)];
  if (first !== undefined && last !== undefined && numbers.length === 2 && isRange(words) && first < last) {
    return { leastSeconds: first, mostSeconds: last, wholeSeconds: !Number.isInteger(sent) };
  }
  if (first !== undefined && numbers.length === 1 && first > sent && isLeast(words)) return { leastSeconds: first };
  if (first !== undefined && numbers.length === 1 && first < sent && isMost(words)) return { mostSeconds: first };
  const seconds = numbers.filter((number) => number !== sent);
  if (seconds.length > 0) return { seconds };
  if (!Number.isInteger(sent)) return { wholeSeconds: true };
  const longer = USUAL_SECONDS.find((usual) => usual > sent);
  return longer === undefined ? undefined : { leastSeconds: longer };
}

/** Lengths that most models offer, for a service that does not name its own. */
const USUAL_SECONDS = [4, 5, 6, 8, 10];

function isRange(words: string): boolean {
  return (
    /between|range|\bto\b|from|[-–~]|inclusive/i.test(words) &&
    !/one of|\bor\b|,/i.test(words.replaceAll(/\d+\.\d+/g, ''))
  );
}

function isLeast(words: string): boolean {
  return /at least|minimum|greater|or more|≥|>=|not less|shortest/i.test(words);
}

function isMost(words: string): boolean {
  return /at most|maximum|less than|up to|or less|≤|<=|not (?:more|exceed|longer)|exceed|longest/i.test(words);
}

function tailOf(message: string): string {
  const words = message.replace(/^\d{3} /, '').slice(0, MAX_READ);
  const at = words.search(CAN_BE_HAD);
  return at < 0 ? words : words.slice(at);
}

function tier(value: string, side: number, { width, height }: SizeOption): SizeOption {
  const grow = side / Math.min(width, height);
  return { value, width: Math.round(width * grow), height: Math.round(height * grow) };
}

/** A shape does not state its pixels; the wanted number of pixels is assumed. */
function shape(value: string, a: number, b: number, { width, height }: SizeOption): SizeOption {
  const grow = Math.max(width / a, height / b);
  return { value, width: Math.round(a * grow), height: Math.round(b * grow) };
}
