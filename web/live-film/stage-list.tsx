import { STAGES } from '../../src/protocol';
import { t } from '../i18n';
import { Status } from '../parts/status';
import type { Story } from '../story/story';

/** The stages in their order, with the number of their committed scenes. */
export function StageList({ story }: { readonly story: Story }) {
  const words = t();
  const view = story.view.value;
  return (
    <nav class="stages" aria-label={words.stages}>
      <h2>{words.stages}</h2>
      <ol>
        {STAGES.map(({ name, scope }) => {
          const stage = view?.stages.find((each) => each.stage === name);
          const lanes = view?.lanes.filter(({ lane }) => lane.startsWith(`${name}/`)) ?? [];
          const settled = lanes.filter(({ status }) => status === 'completed' || status === 'skipped').length;
          const target =
            name === 'film' ? '#film' : scope === 'scene' || name === 'storyboard' ? '#storyboard' : '#script';
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
  );
}
