import type { ProjectView } from '../../client';

/** The project's cost, and which part of it was of use; undefined if nothing was paid. */
export function costLine({ usage, budget }: Pick<ProjectView, 'usage' | 'budget'>): string | undefined {
  const { images, video_seconds: seconds, cost, useful_cost: useful = 0, wasted_cost: wasted = 0 } = usage;
  const tokens = usage.input_tokens + usage.output_tokens;
  if (tokens === 0 && images === undefined && seconds === undefined && budget === undefined) return undefined;
  const paid = [
    counted(`${tokens} tokens`, usage.wasted_tokens),
    ...(images === undefined ? [] : [counted(`${images} ${images === 1 ? 'image' : 'images'}`, usage.wasted_images)]),
    ...(seconds === undefined ? [] : [counted(`${seconds} s of clips`, usage.wasted_video_seconds)]),
  ].join(', ');
  const price =
    cost === undefined ? '' : `; cost ${money(cost)}: ${money(useful)} useful, ${money(wasted)} wasted${doubts(usage)}`;
  return `paid ${paid}${price}${budget === undefined ? '' : `; budget ${money(budget)}`}`;
}

function counted(what: string, wasted = 0): string {
  return wasted > 0 ? `${what} (${wasted} wasted)` : what;
}

function doubts({ estimated, unpriced }: ProjectView['usage']): string {
  const found = [...(estimated ? ['in part estimated'] : []), ...(unpriced ? ['not all has a price'] : [])];
  return found.length > 0 ? ` (${found.join(', ')})` : '';
}

/** An amount to a millionth, with two decimals at least. */
export function money(amount: number): string {
  const short = String(Number(amount.toFixed(6)));
  return /\.\d{2}|e/.test(short) ? short : amount.toFixed(2);
}
