import { ask } from '../api/ask';
import { t } from '../i18n';
import { act } from '../parts/act';
import { navigate } from '../router';

/** A newcomer is one click away from a film. */
export function NoFilms() {
  const words = t();
  const make = async (topic: string) => {
    let projectId: string | undefined;
    const isMade = await act(words.makeFilm, async () => {
      const { body } = await ask<{ projectId: string }>(
        'POST',
        '/v1/projects',
        { topic, settings: { scenes: 3 }, start: {} },
        { 'idempotency-key': crypto.randomUUID() },
      );
      projectId = body.projectId;
    });
    if (isMade && projectId !== undefined) navigate(`/p/${projectId}`);
  };
  return (
    <div class="empty">
      <p class="large">{words.noFilms}</p>
      <p class="quiet-text">{words.noFilmsHint}</p>
      <ul class="examples">
        {words.examples.map((topic) => (
          <li key={topic}>
            <button type="button" class="button" onClick={() => void make(topic)}>
              <span aria-hidden="true">▶</span> {topic}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
