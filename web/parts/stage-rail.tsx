import { STAGES } from '../../src/protocol';
import type { StageView } from '../api/types';
import { t } from '../i18n';
import { markOf } from './status';

/** The six stages as six segments: each by its texture, its mark and, for readers, its words. */
export function StageRail({ stages }: { readonly stages: readonly Pick<StageView, 'stage' | 'status'>[] }) {
  const words = t();
  return (
    <ol class="rail" aria-label={words.stages}>
      {STAGES.map(({ name }) => {
        const status = stages.find(({ stage }) => stage === name)?.status ?? 'pending';
        return (
          <li
            key={name}
            class={`segment status-${status}`}
            title={words.named(words.stage(name), words.status(status))}
          >
            <span aria-hidden="true">
              {markOf(status)} <span class="segment-name">{words.stage(name)}</span>
            </span>
            <span class="sr-only">{words.named(words.stage(name), words.status(status))}</span>
          </li>
        );
      })}
    </ol>
  );
}
