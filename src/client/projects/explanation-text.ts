import type { LaneExplanation } from './explain-lanes';
import type { ProjectExplanation } from './explain-project';

/** The range of the cost in words; nothing where a price is not known, or where nothing costs anything. */
export function estimateText(
  { estimate: { cost, stages } }: ProjectExplanation,
  money: (amount: number) => string,
): string[] {
  if (!cost || stages.length === 0) return [];
  return [`A run would cost ${money(cost.least)} to ${money(cost.most)}, without what is repeated.`];
}

/**
 * The settings that have changed since the last run, in words, and how to keep the results; empty if none has changed.
 */
export function settingsText({ projectId, settings }: ProjectExplanation): string[] {
  if (!settings) return [];
  const changes = settings.changed.map(({ name, before, now }) => `${name} ${before} -> ${now}`).join(', ');
  const { length } = settings.lanes;
  const kept = `"storyreel run ${projectId} --keep-settings" uses them again.`;
  return [
    `Settings have changed since the last run: ${changes}.`,
    ...(length > 0
      ? [`For this alone ${length} ${length === 1 ? 'is' : 'are'} made again or looked at again; ${kept}`]
      : []),
  ];
}

/** In words, as a person reads it. */
export function reasonText(explanation: LaneExplanation): string {
  const { replaces, wasted = 0 } = explanation;
  return [
    wordsFor(explanation),
    ...(replaces ? ['replaces what a person has written'] : []),
    ...(wasted > 0 ? [`${wasted} ${wasted === 1 ? 'call' : 'calls'} paid so far, without a result`] : []),
  ].join('; ');
}

function wordsFor({ reason, changed = [], on = [], edited }: LaneExplanation): string {
  const more = on.length > 3 ? ` and ${on.length - 3} more` : '';
  const needed = on.length > 0 ? `depends on ${on.slice(0, 3).join(', ')}${more}` : '';
  switch (reason) {
    case 'new':
    case 'forced':
      return needed === '' ? reason : `${reason}; ${needed}`;
    case 'changed': {
      const what = `changed: ${changed.length > 0 ? changed.join(', ') : 'its inputs'}`;
      return needed === '' ? what : `${what}; ${needed}`;
    }
    case 'depends':
      return needed || 'depends on what is missing';
    case 'unknown':
      return 'unknown: only the workers know what it is made from';
    case 'reused':
      return edited ? 'reused: written by hand' : 'reused';
  }
}
