import type { ProjectSummary, StageView } from '../api/types';
import { ago, money } from '../i18n/format';
import { t } from '../i18n';
import { StageRail } from '../parts/stage-rail';
import { Status } from '../parts/status';

/** What a gateway may add to a film in the list. */
interface Summed extends ProjectSummary {
  readonly stages?: readonly StageView[];
  readonly cost?: number;
}

export function FilmRow({ film }: { readonly film: Summed }) {
  const { projectId, name, topic, status, createdAt, owner, batchId, stages, cost } = film;
  return (
    <li class="film-row">
      <a href={`/p/${projectId}`}>{name}</a>
      <Status status={status} />
      {topic !== name && <p class="topic">{topic}</p>}
      {stages && <StageRail stages={stages} />}
      <p class="meta">
        <time dateTime={createdAt}>{t().created(ago(createdAt))}</time>
        {owner !== undefined && <span>{owner}</span>}
        {batchId !== undefined && <a href={`/b/${encodeURIComponent(batchId)}`}>{batchId}</a>}
        {cost !== undefined && <span>{money(cost)}</span>}
      </p>
    </li>
  );
}
