import { ago } from '../i18n/format';
import { t } from '../i18n';
import { usePolled } from '../parts/polled';
import { ListTrouble } from '../parts/trouble';

interface Entry {
  readonly at: string;
  readonly action: string;
  readonly by: string | null;
  readonly owner: string | null;
  readonly credential: string | null;
  readonly project: string | null;
}

/** Who has done what. */
export function Audit() {
  const words = t();
  const { body, problem } = usePolled<{ readonly entries: readonly Entry[] }>('/v1/audit', 15_000).value;
  return (
    <section class="group">
      <h2>{words.audit}</h2>
      <ListTrouble problem={problem} />
      {body && (
        <div class="scroll" tabIndex={0} role="region" aria-label={words.audit}>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.when}</th>
                <th scope="col">{words.action}</th>
                <th scope="col">{words.who}</th>
              </tr>
            </thead>
            <tbody>
              {body.entries.map(({ at, action, by, owner, credential, project }, i) => (
                <tr key={i}>
                  <td>{ago(at)}</td>
                  <td>
                    {words.audited(action)} {project !== null && <a href={`/p/${project}`}>{project.slice(0, 8)}</a>}
                  </td>
                  <td title={credential ?? undefined}>{by ?? owner ?? credential ?? '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
