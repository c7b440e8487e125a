import { useMemo, useState } from 'preact/hooks';
import type { StoryEvent } from '../../src/protocol';
import { clock, number } from '../i18n/format';
import { t } from '../i18n';
import { copy, CopyAs, curl } from '../parts/copy-as';
import { laneName, placeOfLane } from '../parts/lane-name';
import { useCalm } from '../parts/use-calm';
import type { Story } from '../story/story';

const SHOWN = 200;

/** The newest events first; tokens only on request. */
export function EventList({ story }: { readonly story: Story }) {
  const words = t();
  const [type, setType] = useState('');
  const [lane, setLane] = useState('');
  const [held, setHeld] = useState<readonly StoryEvent[]>();
  useCalm(() => story.model.events.at(-1));
  const all = held ?? story.model.events;
  const types = [...new Set(all.map((event) => event.type))].sort();
  const lanes = [...new Set(all.flatMap((event) => laneOf(event) ?? []))].sort(
    (one, other) => placeOfLane(one) - placeOfLane(other),
  );
  const fits = (event: StoryEvent) =>
    (type === '' ? event.type !== 'token' : event.type === type) && (lane === '' || laneOf(event) === lane);
  const shown = all.filter(fits).slice(-SHOWN).reverse();
  const from = story.stream.cursor;
  return (
    <>
      <div class="filters">
        <select aria-label={words.filterType} value={type} onChange={(event) => setType(event.currentTarget.value)}>
          <option value="">{words.allTypes}</option>
          {types.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        <select aria-label={words.lane_} value={lane} onChange={(event) => setLane(event.currentTarget.value)}>
          <option value="">{words.allLanes}</option>
          {lanes.map((each) => (
            <option key={each} value={each}>
              {laneName(each)}
            </option>
          ))}
        </select>
        <label class="check">
          <input
            type="checkbox"
            checked={held !== undefined}
            onChange={(event) => setHeld(event.currentTarget.checked ? [...story.model.events] : undefined)}
          />
          {words.holdList}
        </label>
        <CopyAs
          recipe={{
            curl: curl('GET', `${story.path}/events${from === undefined ? '' : `?cursor=${from}`}`).replace(
              'curl',
              'curl -N',
            ),
            cli: `storyreel watch ${story.id}`,
            ts: `for await (const event of client.watch('${story.id}')) console.log(event)`,
          }}
        />
      </div>
      {shown.length === 0 && <p class="quiet-text">{words.noEvents}</p>}
      <ul class="events">
        {shown.map((event, i) => (
          <EventRow key={event.id ?? i} event={event} />
        ))}
      </ul>
    </>
  );
}

const laneOf = (event: StoryEvent) => (event.type === 'snapshot' ? undefined : event.lane);

/** An event never changes, so its row is drawn again only when it is opened. */
function EventRow({ event }: { readonly event: StoryEvent }) {
  const words = t();
  const [isOpen, setOpen] = useState(false);
  return useMemo(
    () => (
      <li>
        <details onToggle={(toggled) => setOpen(toggled.currentTarget.open)}>
          <summary>
            <time>{clock(event.timestamp)}</time> <strong>{event.type}</strong>{' '}
            {event.type !== 'snapshot' && (event.lane ?? event.stage)}
            <code>{event.id}</code>
          </summary>
          <dl class="facts">
            {event.type !== 'snapshot' && event.fence !== undefined && (
              <>
                <dt>{words.fence}</dt>
                <dd>
                  <code>{event.fence}</code>{' '}
                  {words.fenceMeans(event.fence % 1_000, clock(Math.floor(event.fence / 1_000) / 1_000))}
                </dd>
              </>
            )}
            {'offset' in event && (
              <>
                <dt>{words.offset}</dt>
                <dd>{number(event.offset)}</dd>
              </>
            )}
          </dl>
          {isOpen && <pre>{JSON.stringify(event, null, 1)}</pre>}
          <button type="button" class="link" onClick={() => void copy(JSON.stringify(event))}>
            {words.copyJson}
          </button>
        </details>
      </li>
    ),
    [event, isOpen, words],
  );
}
