import { ApiKeys1795873837591 } from './api-keys.migration';
import { Edits1795478400602 } from './edits.migration';
import { Feedback1795478400600 } from './feedback.migration';
import { Costs1795478400614 } from './costs.migration';
import { FilmScenes1795478400604 } from './film-scenes.migration';
import { AuditOfActions1795896000000 } from './audit-of-actions.migration';
import { Audit1795880000002 } from './audit.migration';
import { Batches1795478400603 } from './batches.migration';
import { Orders1795862400015 } from './orders.migration';
import { OutsideStages1795893000000 } from './outside-stages.migration';
import { Outages1795856400013 } from './outages.migration';
import { Outcomes1795890000000 } from './outcomes.migration';
import { LateSteps1796000000000 } from './late-steps.migration';
import { Models1795478400003 } from './models.migration';
import { ParkedLanes1795863600000 } from './parked-lanes.migration';
import { PlainColumns1795895000000 } from './plain-columns.migration';
import { Projects1795478400001 } from './projects.migration';
import { Reconcile1795478400605 } from './reconcile.migration';
import { Rejections1796030000000 } from './rejections.migration';
import { RunSettings1795857600000 } from './run-settings.migration';
import { Scenes1795478400002 } from './scenes.migration';
import { Sessions1795880000000 } from './sessions.migration';
import { UnreadColumns1795892400016 } from './unread-columns.migration';
import { ViewTokens1795880000001 } from './view-tokens.migration';
import { WrittenTexts1795478400640 } from './written-texts.migration';

/** Oldest first. A migration that was released is never edited; a change of the schema is a new one at the end. */
export const migrations = [
  Projects1795478400001,
  Scenes1795478400002,
  Models1795478400003,
  Feedback1795478400600,
  Edits1795478400602,
  Batches1795478400603,
  FilmScenes1795478400604,
  Reconcile1795478400605,
  Costs1795478400614,
  WrittenTexts1795478400640,
  Outages1795856400013,
  RunSettings1795857600000,
  Orders1795862400015,
  ParkedLanes1795863600000,
  ApiKeys1795873837591,
  Sessions1795880000000,
  ViewTokens1795880000001,
  Audit1795880000002,
  Outcomes1795890000000,
  UnreadColumns1795892400016,
  OutsideStages1795893000000,
  PlainColumns1795895000000,
  AuditOfActions1795896000000,
  LateSteps1796000000000,
  Rejections1796030000000,
];
