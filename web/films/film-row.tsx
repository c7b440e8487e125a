import type { ProjectSummary } from '../api/types';
import { ago, money } from '../i18n/format';
import { t } from '../i18n';
import { laneNames } from '../parts/lane-name';
import { StageRail } from '../parts/stage-rail';
import { Status } from '../parts/status';

interface FilmRowProps {
  /** Undefined if it has left the list, and only keeps its place. */
  readonly film: ProjectSummary | undefined;
  /** As it was when the list was arranged: a line more or less would move the rows below. */
  readonly placed: ProjectSummary;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

export function FilmRow({ film, placed, isChosen, onChoose }: FilmRowProps) {
  const { projectId, name, topic, status, createdAt, owner, batchId, summary } = film ?? placed;
  const words = t();
  const { cost, budget, gate, parked } = summary;
  const waits = gate !== undefined ? words.stageWaits(words.stage(gate)) : nameAll(parked);
  return (
    <li class={`film-row with-poster${film ? '' : ' gone'}`}>
      <label class="choose">
        <input type="checkbox" aria-label={words.named(words.choose, name)} checked={isChosen} onChange={onChoose} />
      </label>
      {/* The space is there before the picture, so that nothing moves. */}
      <div class="poster">
        {summary.poster ? (
          <img
            src={`/v1/projects/${projectId}/media/${summary.poster.sha256}`}
            alt={words.posterOf(name)}
            width={96}
            height={54}
            loading="lazy"
            decoding="async"
          />
        ) : (
          <span class="frame-empty" aria-hidden="true">
            ▞
          </span>
        )}
      </div>
      <a href={`/p/${projectId}`}>{name}</a>
      <Status status={status} />
      {topic !== name && <p class="topic">{topic}</p>}
      {(placed.summary.gate !== undefined || placed.summary.parked.length > 0) && <p class="next">{waits}</p>}
      <StageRail stages={summary.stages} />
      <p class="meta">
        <time dateTime={createdAt}>{words.created(ago(createdAt))}</time>
        {owner !== undefined && <span>{owner}</span>}
        {batchId !== undefined && <a href={`/b/${encodeURIComponent(batchId)}`}>{batchId}</a>}
        {cost !== undefined && (
          <span>{budget === undefined ? money(cost) : words.costOf(money(cost), money(budget))}</span>
        )}
      </p>
    </li>
  );
}

const MAX_NAMED = 3;

/** What waits for a person, by name. */
function nameAll(lanes: readonly string[]): string | undefined {
  if (lanes.length === 0) return undefined;
  const more = lanes.length > MAX_NAMED ? ` + ${lanes.length - MAX_NAMED}` : '';
  return t().named(t().needsYou, laneNames(lanes.slice(0, MAX_NAMED)) + more);
}
