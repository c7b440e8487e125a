import type { PaidCall } from '../api/types';
import { money, number, timeOfDay } from '../i18n/format';
import { t } from '../i18n';
import { CopyAs, curl } from '../parts/copy-as';
import { laneName, placeOfLane } from '../parts/lane-name';
import { usePolled } from '../parts/polled';
import { ListTrouble } from '../parts/trouble';
import type { Story } from '../story/story';

const MARKS: Record<PaidCall['outcome'], string> = { in_flight: '▶', useful: '✓', wasted: '✗' };

/** What each attempt has cost, and what of it is in no result. */
export function CostTable({ story }: { readonly story: Story }) {
  const words = t();
  const { body, problem } = usePolled<{ readonly calls: readonly PaidCall[] }>(`${story.path}/calls`).value;
  const groups = new Map<string, { readonly first: PaidCall; readonly calls: PaidCall[] }>();
  for (const call of body?.calls ?? []) {
    // A later attempt may have asked another model.
    const key = [call.lane, call.provider, call.model].join(' ');
    groups.set(key, { first: call, ...groups.get(key), calls: [...(groups.get(key)?.calls ?? []), call] });
  }
  const ordered = [...groups].sort(([, one], [, other]) => placeOfLane(one.first.lane) - placeOfLane(other.first.lane));
  return (
    <>
      <p class="hint">{words.costHint}</p>
      <ListTrouble problem={problem} />
      {body?.calls.length === 0 && <p class="quiet-text">{words.costNone}</p>}
      {ordered.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label={words.cost}>
          <table class="calls">
            <thead>
              <tr>
                <th scope="col">{words.when}</th>
                <th scope="col">{words.amount}</th>
                <th scope="col">{words.cost}</th>
                <th scope="col">{words.outcomeColumn}</th>
              </tr>
            </thead>
            {ordered.map(([key, { first, calls }]) => (
              <tbody key={key}>
                <tr>
                  <th scope="rowgroup" colSpan={4}>
                    {laneName(first.lane)} <i title={first.provider}>{first.model}</i>
                  </th>
                </tr>
                {calls.map((call) => (
                  <Call key={`${call.fence} ${call.attempt}`} call={call} />
                ))}
              </tbody>
            ))}
          </table>
        </div>
      )}
      <CopyAs recipe={{ curl: curl('GET', `${story.path}/calls`), ts: `await client.overview.calls('${story.id}')` }} />
    </>
  );
}

function Call({ call }: { readonly call: PaidCall }) {
  const words = t();
  const { at, attempt, outcome, cost, wastedCost, reserved, estimated } = call;
  const paid = cost ?? reserved;
  const sign = outcome === 'in_flight' ? '≤ ' : estimated ? '≈ ' : '';
  return (
    <tr>
      <td title={words.attempt(attempt)}>
        <time dateTime={at}>{timeOfDay(at, true)}</time>
      </td>
      <td>{amountOf(call)}</td>
      <td class="figure">{paid === undefined ? '–' : sign + money(paid)}</td>
      <td>
        <span aria-hidden="true">{MARKS[outcome]}</span> {words.outcome(outcome)}
        {outcome !== 'wasted' && wastedCost !== undefined && ` · ${words.costWasted} ${money(wastedCost)}`}
      </td>
    </tr>
  );
}

function amountOf({ unit, units = 0, inputTokens, outputTokens }: PaidCall): string {
  const words = t();
  if (unit === 'token') return words.tokens(number(inputTokens + outputTokens));
  return unit === 'image' ? words.images(units) : words.seconds(units);
}
