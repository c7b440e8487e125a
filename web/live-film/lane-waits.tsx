import { laneParts, type EventError, type LaneId } from '../../src/protocol';
import type { LaneWait } from '../api/types';
import { t } from '../i18n';
import { timeOfDay } from '../i18n/format';
import { useCalm } from '../parts/use-calm';
import { Failure } from '../parts/failure';
import { laneName } from '../parts/lane-name';
import type { Story } from '../story/story';

interface LaneWaitsProps {
  readonly story: Story;
  /** The lanes that wait. */
  readonly of: (lane: LaneId) => boolean;
  /** Beside its scene, whose number is known there. */
  readonly short?: boolean;
}

/** Lanes that wait for their next attempt, for a worker or for the end of an outage, each with why. */
export function LaneWaits({ story, of, short = false }: LaneWaitsProps) {
  const words = t();
  const running = (story.view.value?.lanes ?? []).filter(({ lane, status }) => status === 'processing' && of(lane));
  const waiting = running.flatMap(({ lane, error, waitsFor }) => {
    const wait = story.waits.value?.answer.lanes.find((each) => each.lane === lane);
    return wait || waitsFor ? [{ lane, wait, error, waitsFor }] : [];
  });
  if (waiting.length === 0) return null;
  return (
    <ul class="lane-waits" aria-label={words.waits}>
      {waiting.map(({ lane, wait, error, waitsFor }) => (
        <li key={lane}>
          <span aria-hidden="true">◔ </span>
          <strong>{words.named(short ? words.stage(laneParts(lane).stage) : laneName(lane))}</strong>
          {wait ? <Until story={story} wait={wait} /> : words.waitsForService}
          <Why error={waitsFor ?? error} lost={wait?.lost === true} />
        </li>
      ))}
    </ul>
  );
}

function Why({ error, lost }: { readonly error: EventError | undefined; readonly lost: boolean }) {
  if (lost) return <> · {t().workerLost}</>;
  return error ? (
    <>
      {' '}
      · <Failure error={error} />
    </>
  ) : null;
}

/** Until when it waits. It counts down by the server's time; with reduced motion it names the time instead. */
function Until({ story, wait }: { readonly story: Story; readonly wait: LaneWait }) {
  const words = t();
  const left = () => {
    const { answer, heard } = story.waits.value ?? { answer: { at: '' }, heard: 0 };
    const passed = performance.now() - heard;
    return Math.ceil((Date.parse(wait.retryAt ?? '') - Date.parse(answer.at) - passed) / 1_000);
  };
  useCalm(left);
  if (wait.retryAt !== undefined) {
    if (!(left() > 0)) return <>{words.nextTryNow}</>;
    if (matchMedia('(prefers-reduced-motion: reduce)').matches)
      return <>{words.nextTryAt(timeOfDay(wait.retryAt, true))}</>;
    return (
      <span class="figure">
        {words.nextTryIn(left() < 100 ? words.seconds(left()) : words.minutes(Math.floor(left() / 60), left() % 60))}
      </span>
    );
  }
  const { since = '', queued } = wait;
  if (wait.noWorker) return <>{words.noWorkerSince(timeOfDay(since))}</>;
  return (
    <>
      {words.waitsForWorker(timeOfDay(since))}
      {queued !== undefined && ` · ${words.inItsQueue(queued)}`}
    </>
  );
}

/** Work of the film that no worker takes, and since when. */
export function AbsentWorker({ story }: { readonly story: Story }) {
  const words = t();
  const answer = story.waits.value?.answer;
  const since = [answer?.run, ...(answer?.lanes ?? [])]
    .flatMap((wait) => (wait?.noWorker && wait.since !== undefined ? [wait.since] : []))
    .sort()[0];
  if (since === undefined) return null;
  return (
    <p role="status">
      <span aria-hidden="true">▲ </span>
      {words.noWorkerSince(timeOfDay(since))} <span class="quiet-text">{words.noWorkerHint}</span>
    </p>
  );
}
