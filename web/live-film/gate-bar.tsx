import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { t } from '../i18n';
import { priceOf } from '../i18n/format';
import { Button } from '../parts/button';
import { CopyAs } from '../parts/copy-as';
import { FieldFault, faultOf, useFieldFaults } from '../parts/field-faults';
import { focusNew } from '../parts/focus';
import { laneName } from '../parts/lane-name';
import type { Story } from '../story/story';
import { actOn } from './act-on';
import { approvalRecipe, rejectionRecipe } from './recipes';

export function waitingGate(story: Story): string | undefined {
  return story.view.value?.stages.find(({ status }) => status === 'awaiting_approval')?.stage;
}

export function approve(story: Story, gate: string): Promise<boolean> {
  return actOn(story, t().approve, () => ask('POST', `${story.path}/approve`, { gate }));
}

/** What the rest of the film costs. It has its place before it is known. */
function RestCost({ story }: { readonly story: Story }) {
  const words = t();
  const explained = story.ahead.value;
  if (explained?.lanes.every(({ reason }) => reason === 'reused')) return null;
  const cost = explained?.estimate.cost;
  return (
    <p class="quiet-text">
      {cost ? words.restCosts(priceOf(cost)) : explained ? words.restCostUnknown : words.pricing}
    </p>
  );
}

/** At a gate: approve, or have it made again with a reason that the model is given. */
export function GateBar({ story }: { readonly story: Story }) {
  const words = t();
  const gate = waitingGate(story);
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const [lane, setLane] = useState('');
  const { form, faults, sending } = useFieldFaults();
  if (gate === undefined) return null;
  const lanes = story.view.value?.lanes.filter((each) => each.lane.startsWith(`${gate}/`)) ?? [];
  const rejection = { gate, reason, ...(lane && { lane }) };
  const reject = async () => {
    if (reason.trim() === '') return;
    const isDone = await actOn(story, words.rejectSend, () =>
      sending(() => ask('POST', `${story.path}/reject`, rejection)),
    );
    if (!isDone) return;
    setOpen(false);
    setReason('');
  };
  return (
    <section class="gate-bar" aria-label={words.stageWaits(words.stage(gate))}>
      <p>
        <span aria-hidden="true">?</span> <strong>{words.stageWaits(words.stage(gate))}</strong>
      </p>
      {!isOpen && <RestCost story={story} />}
      {!isOpen && (
        <div class="actions">
          <Button kind="main" name={words.approve} keys="a" onClick={() => void approve(story, gate)}>
            {words.approve}
          </Button>
          <Button keys="x" onClick={() => setOpen(true)}>
            {words.reject}
          </Button>
          <CopyAs recipe={approvalRecipe(story, gate)} />
        </div>
      )}
      {isOpen && (
        <form
          class="reject"
          ref={form}
          onSubmit={(event) => {
            event.preventDefault();
            void reject();
          }}
        >
          <label class="field">
            <span>{words.rejectReason}</span>
            <textarea
              rows={2}
              ref={focusNew}
              required
              value={reason}
              {...faultOf(faults, '/reason')}
              onInput={(event) => setReason(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.isComposing) return;
                if (event.key === 'Escape') setOpen(false);
                if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) void reject();
              }}
            />
            <FieldFault faults={faults} at="/reason" />
          </label>
          {lanes.length > 0 && (
            <label class="field">
              <span>{words.rejectOnly}</span>
              <select value={lane} onChange={(event) => setLane(event.currentTarget.value)}>
                <option value="">{words.rejectWhole}</option>
                {lanes.map((each) => (
                  <option key={each.lane} value={each.lane}>
                    {laneName(each.lane)}
                  </option>
                ))}
              </select>
            </label>
          )}
          <div class="actions">
            <button class="button main">{words.rejectSend}</button>
            <Button kind="quiet" onClick={() => setOpen(false)}>
              {words.keepIt}
            </Button>
            {reason.trim() !== '' && <CopyAs recipe={rejectionRecipe(story, rejection)} />}
          </div>
        </form>
      )}
    </section>
  );
}
