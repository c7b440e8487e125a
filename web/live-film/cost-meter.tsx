import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { money, number } from '../i18n/format';
import { t } from '../i18n';
import { CopyAs } from '../parts/copy-as';
import { FieldFault, faultOf, useFieldFaults } from '../parts/field-faults';
import { setQuery } from '../router';
import type { Story } from '../story/story';
import { actOn } from './act-on';
import { budgetRecipe } from './recipes';

/** The cost so far: useful, wasted and reserved, and the budget. */
export function CostMeter({ story }: { readonly story: Story }) {
  const words = t();
  const view = story.view.value;
  if (!view) return null;
  const { usage, budget, reserved = 0 } = view;
  const { cost = 0, wasted_cost: wasted = 0 } = usage;
  const whole = Math.max(budget ?? 0, cost + reserved);
  const share = (part: number) => (whole > 0 ? (part / whole) * 100 : 0);
  // A budget counts money alone.
  const isPriced = usage.cost !== undefined || budget !== undefined;
  const spent = isPriced ? money(cost) : words.tokens(number(usage.input_tokens + usage.output_tokens));
  return (
    <details class="menu cost">
      <summary class="button quiet">
        <span class="quiet-text">{words.cost}</span>
        {budget === undefined ? spent : words.costOf(spent, money(budget))}
        {(budget !== undefined || wasted > 0 || reserved > 0) && whole > 0 && (
          <svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
            <rect class="meter-all" width="100" height="8" />
            <rect class="meter-useful" width={share(cost - wasted)} height="8" />
            <rect class="meter-wasted" x={share(cost - wasted)} width={share(wasted)} height="8" />
            <rect class="meter-reserved" x={share(cost)} y="4" width={share(reserved)} height="4" />
          </svg>
        )}
      </summary>
      <div class="menu-body">
        <dl class="facts">
          <dt>{words.costUseful}</dt>
          <dd>{money(cost - wasted)}</dd>
          <dt>{words.costWasted}</dt>
          <dd>{money(wasted)}</dd>
          <dt>{words.costReserved}</dt>
          <dd>{money(reserved)}</dd>
          <dt>{words.budget}</dt>
          <dd>{budget === undefined ? words.noBudget : money(budget)}</dd>
        </dl>
        {reserved > 0 && <p class="quiet-text">{words.costReservedHint}</p>}
        {usage.unpriced && <p class="quiet-text">{words.costUnpriced}</p>}
        {usage.estimated && <p class="quiet-text">{words.costEstimated}</p>}
        <button type="button" class="link" onClick={() => showCosts()}>
          {words.costByAttempt}
        </button>
        <SetBudget story={story} budget={budget} />
      </div>
    </details>
  );
}

function showCosts(): void {
  setQuery('tab', 'cost');
  document.getElementById('inspector')?.focus();
}

/** Sets the budget in place, also for a lane that waits because the budget is used up. */
export function SetBudget({ story, budget }: { readonly story: Story; readonly budget: number | undefined }) {
  const words = t();
  const [amount, setAmount] = useState(budget === undefined ? '' : String(budget));
  const asked = amount === '' ? null : Number(amount);
  const { form, faults, sending } = useFieldFaults();
  const save = () =>
    actOn(story, words.setBudget, () => sending(() => ask('PUT', `${story.path}/budget`, { amount: asked })));
  return (
    <form
      class="inline"
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <input
        type="number"
        min={0}
        step="any"
        aria-label={words.budget}
        value={amount}
        {...faultOf(faults, '/amount')}
        onInput={(event) => setAmount(event.currentTarget.value)}
      />
      <button class="button">{words.setBudget}</button>
      <CopyAs recipe={budgetRecipe(story, asked)} />
      <FieldFault faults={faults} at="/amount" />
    </form>
  );
}
