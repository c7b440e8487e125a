/** A size as a service wants to be asked for it, and the pixels that it stands for. */
export interface SizeOption {
  /** What is sent: `1280x720`, `1280*720`, `720p`, `16:9`. */
  readonly value: string;
  readonly width: number;
  readonly height: number;
}

/** Reads `WIDTHxHEIGHT`, also with another sign between the two; undefined where it is none. */
export function sizeOption(value: string): SizeOption | undefined {
  const [, width, height] = /^(\d{2,5})\s?[x×*:]\s?(\d{2,5})$/i.exec(value.trim()) ?? [];
  if (width === undefined || height === undefined) return undefined;
  return { value: value.trim(), width: Number(width), height: Number(height) };
}

/** A quarter more of the picture lost weighs as much as thirty-two times the pixels. */
const PRICE_OF_DOUBLING = 0.05;

/**
 * The size to ask for where the one that is wanted cannot be had: one that covers it, so that nothing is blown up, with the
 * least to cut off and the fewest pixels. Where none covers it, the one that comes nearest.
 */
export function nearestSize(wanted: SizeOption, options: readonly SizeOption[]): SizeOption | undefined {
  const exact = options.find(({ width, height }) => width === wanted.width && height === wanted.height);
  if (exact) return exact;
  const covering = options.filter(({ width, height }) => width >= wanted.width && height >= wanted.height);
  const costs = (option: SizeOption) => {
    const pixels = Math.abs(Math.log2((option.width * option.height) / (wanted.width * wanted.height)));
    return cutOff(wanted, option) + PRICE_OF_DOUBLING * pixels;
  };
  const choice = covering.length > 0 ? covering : options;
  return [...choice].sort((a, b) => costs(a) - costs(b))[0];
}

/** The share of a picture that is lost when it is cut to the wanted shape. */
function cutOff(wanted: SizeOption, { width, height }: SizeOption): number {
  const [a, b] = [wanted.width / wanted.height, width / height];
  return 1 - Math.min(a, b) / Math.max(a, b);
}
