import type { ProjectSummary } from '../api/types';
import { ago, money } from '../i18n/format';
import { t } from '../i18n';
import { StageRail } from '../parts/stage-rail';
import { Status } from '../parts/status';

export function FilmRow({ film }: { readonly film: ProjectSummary }) {
  const { projectId, name, topic, status, createdAt, owner, batchId, summary } = film;
  return (
    <li class="film-row">
      <a href={`/p/${projectId}`}>{name}</a>
      <Status status={status} />
      {topic !== name && <p class="topic">{topic}</p>}
      <StageRail stages={summary.stages} />
      <p class="meta">
        <time dateTime={createdAt}>{t().created(ago(createdAt))}</time>
        {owner !== undefined && <span>{owner}</span>}
        {batchId !== undefined && <a href={`/b/${encodeURIComponent(batchId)}`}>{batchId}</a>}
        {summary.cost !== undefined && <span>{money(summary.cost)}</span>}
      </p>
    </li>
  );
}
