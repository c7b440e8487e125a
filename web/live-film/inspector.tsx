import { t } from '../i18n';
import type { Words } from '../i18n/en';
import { place, setQuery } from '../router';
import type { Story } from '../story/story';
import { CostTable } from './cost-table';
import { EventList } from './event-list';
import { History } from './history';
import { LaneTable } from './lane-table';
import { SceneDetail } from './scene-detail';

const TABS = ['scene', 'cost', 'history', 'lanes', 'events'] as const;
type Tab = (typeof TABS)[number];
const NAMES: Record<Tab, keyof Words> = {
  scene: 'sceneTab',
  cost: 'cost',
  history: 'historyTab',
  lanes: 'lanesTab',
  events: 'eventsTab',
};

/** All details: of one scene, of every lane, and of every event. */
export function Inspector({ story, scene }: { readonly story: Story; readonly scene: number | undefined }) {
  const words = t();
  const asked = place.value.searchParams.get('tab');
  const tab = TABS.find((each) => each === asked) ?? 'scene';
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length];
    if (step === 0 || !next) return;
    setQuery('tab', next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <aside class="inspector" id="inspector" tabIndex={-1} aria-label={words.inspector}>
      <div class="tabs" role="tablist" aria-label={words.inspector} onKeyDown={move}>
        {TABS.map((each) => (
          <button
            key={each}
            id={`tab-${each}`}
            type="button"
            role="tab"
            aria-selected={each === tab}
            aria-controls="tab-panel"
            tabIndex={each === tab ? 0 : -1}
            onClick={() => setQuery('tab', each)}
          >
            {words[NAMES[each]] as string}
          </button>
        ))}
      </div>
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === 'scene' && <SceneDetail story={story} scene={scene} />}
        {tab === 'cost' && <CostTable story={story} />}
        {tab === 'history' && <History story={story} />}
        {tab === 'lanes' && <LaneTable story={story} />}
        {tab === 'events' && <EventList story={story} />}
      </div>
    </aside>
  );
}
