import { clock, number } from '../i18n/format';
import { t } from '../i18n';
import { Status } from '../parts/status';
import { useCalm } from '../parts/use-calm';
import { laneName, placeOfLane } from '../parts/lane-name';
import type { Story } from '../story/story';
import { LaneStop } from './lane-stop';
import { ProofMark } from './proof';

/**
 * The evidence for every lane: attempt, fence, epoch, how many bytes the page has, and whether they are the stored
 * ones.
 */
export function LaneTable({ story }: { readonly story: Story }) {
  const words = t();
  // Offsets grow with every token.
  useCalm(() => story.stream.cursor);
  const lanes = [...story.model.now.lanes].sort(([a], [b]) => placeOfLane(a) - placeOfLane(b));
  return (
    <>
      <dl class="facts">
        <dt>{words.cursor}</dt>
        <dd>
          <code>{story.stream.cursor ?? '–'}</code>
        </dd>
      </dl>
      <p class="hint">{words.lanesHint}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label={words.lanesTab}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.lane_}</th>
              <th scope="col">{words.statusColumn}</th>
              <th scope="col">{words.offset}</th>
              <th scope="col">{words.verifiedColumn}</th>
              <th scope="col">{words.epoch}</th>
              <th scope="col">{words.fence}</th>
            </tr>
          </thead>
          <tbody>
            {lanes.map(([lane, state]) => (
              <tr key={lane}>
                <th scope="row">{laneName(lane)}</th>
                <td>
                  <Status status={state.status} />
                  <LaneStop story={story} lane={lane} />
                </td>
                <td class="figure">{state.offset > 0 && number(state.offset)}</td>
                <td>
                  <ProofMark bare story={story} lane={lane} />
                </td>
                <td class="figure">{state.marks.filter(({ kind }) => kind === 'reset').length}</td>
                <td title={words.fenceMeans(state.fence % 1_000, clock(Math.floor(state.fence / 1_000) / 1_000))}>
                  <code>{state.fence}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
