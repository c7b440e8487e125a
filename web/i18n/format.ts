import { t } from './index';

export function number(value: number, most = 0): string {
  return value.toLocaleString(t().locale, { maximumFractionDigits: most });
}

export function size(bytes: number): string {
  return bytes < 1_000_000 ? `${number(bytes / 1_000)} kB` : `${number(bytes / 1_000_000, 1)} MB`;
}

/** The currency is unknown: it is that of the providers' prices. */
export function money(value: number): string {
  return value.toLocaleString(t().locale, { minimumFractionDigits: 2, maximumFractionDigits: value < 0.1 ? 4 : 2 });
}

/** From the least to the most. */
export function priceOf({ least, most }: { readonly least: number; readonly most: number }): string {
  const [from, to] = [money(least), money(most)];
  return from === to ? to : `${from} – ${to}`;
}

export function clock(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString(t().locale, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    fractionalSecondDigits: 3,
  });
}

/** The time of the day, in the reader's time zone; of another day, with its date. */
export function timeOfDay(iso: string, seconds = false): string {
  const then = new Date(iso);
  const isToday = then.toDateString() === new Date().toDateString();
  return then.toLocaleString(t().locale, {
    ...(!isToday && { month: 'short', day: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(seconds && { second: '2-digit' }),
  });
}

const STEPS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

export function ago(iso: string): string {
  const seconds = (Date.parse(iso) - Date.now()) / 1000;
  const format = new Intl.RelativeTimeFormat(t().locale, { numeric: 'auto' });
  const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? (['second', 1] as const);
  return format.format(Math.round(seconds / size), unit);
}
