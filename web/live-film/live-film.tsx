import { useEffect, useMemo } from 'preact/hooks';
import { isFinal, laneParts, languageName } from '../../src/protocol';
import type { RunWaits } from '../api/types';
import { t } from '../i18n';
import { Failure } from '../parts/failure';
import { usePolled } from '../parts/polled';
import { Screen } from '../parts/screen';
import { Status } from '../parts/status';
import { Trouble } from '../parts/trouble';
import { place, setQuery } from '../router';
import { shownStream } from '../shell/connection-chip';
import { NotFound } from '../shell/not-found';
import { Story } from '../story/story';
import { AttentionTray } from './attention-tray';
import { CostMeter } from './cost-meter';
import { FilmPlayer } from './film-player';
import { GateBar } from './gate-bar';
import { Inspector } from './inspector';
import { AbsentWorker, LaneWaits } from './lane-waits';
import { LiveKeys } from './live-keys';
import { Narrator } from './narrator';
import { NextRun, useAhead } from './next-run';
import { Script } from './script';
import { StageList } from './stage-list';
import { SteeringBar } from './steering-bar';
import { Storyboard } from './storyboard';
import { UnsavedNote } from './unsaved-note';

/** A film while it is made, and after. */
export function LiveFilm({ id }: { readonly id: string }) {
  const story = useMemo(() => new Story(id), [id]);
  useEffect(() => {
    shownStream.value = story.stream;
    return () => {
      shownStream.value = undefined;
      story.close();
    };
  }, [story]);
  const state = story.view.value?.status;
  const isLive = state !== undefined && state !== 'draft' && !isFinal(state);
  const waits = usePolled<RunWaits>(isLive ? `${story.path}/waits` : undefined, 3_000).value.body;
  useEffect(() => {
    story.waits.value = waits && { answer: waits, heard: performance.now() };
  }, [story, waits]);
  useAhead(story);
  const words = t();
  const view = story.view.value;
  const status = story.status;
  const scene = Number(place.value.searchParams.get('scene')) || undefined;
  const problem = story.problem.value;
  if (problem?.status === 404) return <NotFound hint={words.notFoundHint} />;
  if (problem && !view)
    return (
      <Screen title={words.film}>
        <Trouble problem={problem} />
      </Screen>
    );
  return (
    <Screen
      wide
      title={view?.name ?? (story.model.now.topic || words.loading)}
      aside={
        <>
          <div class="head-meta">
            {status && <Status status={status} />}
            {view && <span class="quiet-text">{words.version(view.version)}</span>}
            {view?.language !== undefined && (
              <span class="quiet-text">{words.storyLanguageShown(languageName(view.language, words.locale))}</span>
            )}
            {view?.frame !== undefined && <span class="quiet-text">{words.frameShown(view.frame)}</span>}
            {view?.temporalUrl !== undefined && (
              <a href={view.temporalUrl} target="_blank" rel="noreferrer">
                {words.openInTemporal} <span aria-hidden="true">↗</span>
              </a>
            )}
            <UnsavedNote story={story} />
          </div>
          <div class="head-actions">
            <CostMeter story={story} />
            <SteeringBar story={story} />
          </div>
        </>
      }
    >
      <Narrator story={story} />
      <LiveKeys story={story} scene={scene} />
      <div class="live">
        <StageList story={story} />
        <div class="live-main">
          <FilmPlayer key={id} story={story} />
          <Script story={story} />
          <Storyboard story={story} chosen={scene} onChoose={showScene} />
        </div>
        <Inspector story={story} scene={scene} />
      </div>
      <div class="bars">
        <Trouble problem={problem} />
        <AbsentWorker story={story} />
        <Ended story={story} />
        <LaneWaits story={story} of={(lane) => laneParts(lane).scene === undefined} />
        <AttentionTray story={story} />
        <GateBar story={story} />
        <NextRun story={story} />
      </div>
      <Jumps />
    </Screen>
  );
}

/** Its details may be below the storyboard, out of sight. */
function showScene(scene: number): void {
  setQuery('scene', String(scene));
  if (matchMedia('(max-width: 75rem)').matches) document.getElementById('inspector')?.scrollIntoView();
}

/** On a phone the parts of a film are far from each other. */
function Jumps() {
  const words = t();
  return (
    <nav class="jumps" aria-label={words.film}>
      <a href="#film">{words.film}</a>
      <a href="#script">{words.script}</a>
      <a href="#storyboard">{words.storyboard}</a>
      <a href="#inspector">{words.inspector}</a>
    </nav>
  );
}

/** Why a run has failed. What waits for a person states its reason itself. */
function Ended({ story }: { readonly story: Story }) {
  const { error } = story.view.value ?? {};
  if (story.status !== 'failed' || !error) return null;
  return (
    <p class="notice" role="alert">
      <span aria-hidden="true">✗</span> <Failure error={error} />
    </p>
  );
}
