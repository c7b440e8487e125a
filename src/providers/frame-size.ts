/** A size as a service expects it in a request, and its pixels. */
export interface SizeOption {
  /** The value that is sent: `1280x720`, `1280*720`, `720p`, `16:9`. */
  readonly value: string;
  readonly width: number;
  readonly height: number;
}

/** Reads `WIDTHxHEIGHT`, also with another sign between the numbers; undefined if the text is no size. */
export function sizeOption(value: string): SizeOption | undefined {
  const [, width, height] = /^(\d{2,5})\s?[x×*:]\s?(\d{2,5})$/i.exec(value.trim()) ?? [];
  if (width === undefined || height === undefined) return undefined;
  return { value: value.trim(), width: Number(width), height: Number(height) };
}

/** A quarter more of the picture lost weighs as much as thirty-two times the pixels. */
const PRICE_OF_DOUBLING = 0.05;

/**
 * The size to request if the wanted one is not offered. It covers the wanted size, so that nothing is enlarged, with
 * the least to cut off and the fewest pixels. If no size covers it, the nearest one is used.
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
