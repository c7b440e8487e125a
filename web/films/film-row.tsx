import type { ProjectSummary } from '../api/types';
import { ago, money } from '../i18n/format';
import { t } from '../i18n';
import { StageRail } from '../parts/stage-rail';
import { Status } from '../parts/status';

export function FilmRow({ film }: { readonly film: ProjectSummary }) {
  const { projectId, name, topic, status, createdAt, owner, batchId, summary } = film;
  return (
    <li class="film-row with-poster">
      {/* The space is there before the picture, so that nothing moves. */}
      <div class="poster">
        {summary.poster ? (
          <img
            src={`/v1/projects/${projectId}/media/${summary.poster.sha256}`}
            alt={t().posterOf(name)}
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
