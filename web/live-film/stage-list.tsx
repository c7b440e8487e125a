import { stageOfRole, STAGES, type StagePlan } from '../../src/protocol';
import { t } from '../i18n';
import { Status } from '../parts/status';
import type { Story } from '../story/story';

const BOARD = stageOfRole('scenes').name;

/** The stages in their order, with the number of their committed scenes. */
export function StageList({ story }: { readonly story: Story }) {
  const words = t();
  const view = story.view.value;
  const others = (view?.stages ?? []).filter(({ stage }) => !STAGES.some(({ name }) => name === stage));
  const stages: readonly Pick<StagePlan, 'name' | 'kind' | 'scope'>[] = [
    ...STAGES,
    ...others.map(({ stage }) => {
      const isOfScene = view?.lanes.some(({ lane }) => lane.startsWith(`${stage}/`)) ?? false;
      return { name: stage, kind: 'text', scope: isOfScene ? 'scene' : 'project' } as const;
    }),
  ];
  return (
    // As long as what is beside it, where the stages stay in sight.
    <div class="beside">
      <nav class="stages" aria-label={words.stages}>
        <h2>{words.stages}</h2>
        <ol>
          {stages.map(({ name, kind, scope }) => {
            const stage = view?.stages.find((each) => each.stage === name);
            const lanes = view?.lanes.filter(({ lane }) => lane.startsWith(`${name}/`)) ?? [];
            const settled = lanes.filter(({ status }) => status === 'completed' || status === 'skipped').length;
            const target = kind === 'film' ? '#film' : scope === 'scene' || name === BOARD ? '#storyboard' : '#script';
            return (
              <li key={name} class={`status-${stage?.status ?? 'pending'}`}>
                <a href={target}>{words.stage(name)}</a>
                {scope === 'scene' && lanes.length > 0 && (
                  <span class="quiet-text">
                    {settled}/{lanes.length}
                  </span>
                )}
                <Status status={stage?.status ?? 'pending'} />
              </li>
            );
          })}
        </ol>
      </nav>
    </div>
  );
}
