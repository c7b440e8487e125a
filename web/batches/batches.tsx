import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { t } from '../i18n';
import { ago } from '../i18n/format';
import { act } from '../parts/act';
import { CopyAs, curl, quoted } from '../parts/copy-as';
import { FieldFault, faultOf, useFieldFaults } from '../parts/field-faults';
import { GateChoice } from '../parts/gate-choice';
import { Estimate } from '../new-film/estimate';
import { usePolled } from '../parts/polled';
import { Screen } from '../parts/screen';
import { Trouble } from '../parts/trouble';
import { navigate } from '../router';
import { Counts } from './counts';

interface Listed {
  readonly batches: readonly {
    readonly batchId: string;
    readonly counts: Readonly<Record<string, number>>;
    readonly createdAt: string;
  }[];
}

export function Batches() {
  const words = t();
  const listed = usePolled<Listed>('/v1/batches');
  const { body, problem } = listed.value;
  const batches = body?.batches ?? [];
  return (
    <Screen title={words.batches}>
      <Trouble problem={problem} />
      {batches.length > 0 && (
        <ul class="films">
          {batches.map(({ batchId, counts, createdAt }) => (
            <li key={batchId} class="film-row">
              <a href={`/b/${encodeURIComponent(batchId)}`}>{batchId}</a>
              <time class="hint" dateTime={createdAt}>
                {words.created(ago(createdAt))}
              </time>
              <Counts counts={counts} />
            </li>
          ))}
        </ul>
      )}
      {body && <NewBatch />}
    </Screen>
  );
}

/** One topic a line, each a film. */
function NewBatch() {
  const words = t();
  const [topics, setTopics] = useState('');
  const [name, setName] = useState(() => `batch-${new Date().toISOString().slice(0, 10)}`);
  const [atMost, setAtMost] = useState('3');
  const [gates, setGates] = useState<readonly string[]>([]);
  const { form, faults, sending } = useFieldFaults();
  const lines = topics.split('\n').filter((line) => line.trim() !== '');
  const options = { batchId: name, atMost: Number(atMost), ...(gates.length > 0 && { gates }) };
  const projects = lines.map((topic) => ({ topic }));
  const body = { ...options, projects };
  const start = async () => {
    const isStarted = await act(words.startBatch, () => sending(() => ask('POST', '/v1/batches', body)));
    if (isStarted) navigate(`/b/${encodeURIComponent(name)}`);
  };
  return (
    <form
      class="form"
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <h2>{words.newBatch}</h2>
      <label class="field">
        <span>{words.topics}</span>
        <textarea rows={6} required value={topics} onInput={(event) => setTopics(event.currentTarget.value)} />
        <span class="hint">
          {words.batchHint} <span class="figure">{words.filmsCount(lines.length)}</span>
        </span>
      </label>
      <GateChoice gates={gates} onChange={setGates} />
      <div class="fields">
        <label class="field grow">
          <span>{words.batchName}</span>
          <input
            required
            value={name}
            {...faultOf(faults, '/batchId')}
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <FieldFault faults={faults} at="/batchId" />
        </label>
        <label class="field">
          <span>{words.atMost}</span>
          <input
            type="number"
            min={1}
            value={atMost}
            {...faultOf(faults, '/atMost')}
            onInput={(event) => setAtMost(event.currentTarget.value)}
          />
          <FieldFault faults={faults} at="/atMost" />
        </label>
      </div>
      {lines.length > 0 && <Estimate films={lines.length} />}
      <div class="actions">
        <button class="button main">{words.startBatch}</button>
        {lines.length > 0 && (
          <CopyAs
            recipe={{
              curl: curl('POST', '/v1/batches', body),
              cli: [
                `printf '%s\\n' ${lines.map(quoted).join(' ')} | storyreel batch - --id=${quoted(name)}`,
                `--at-most=${quoted(atMost)}`,
                ...gates.map((gate) => `--gate=${quoted(gate)}`),
              ].join(' '),
              ts: `await client.batch(${JSON.stringify(projects)}, ${JSON.stringify(options)})`,
            }}
          />
        )}
      </div>
    </form>
  );
}
