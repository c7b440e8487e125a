import { ApiKey } from './api-key.entity';
import { AuditEntry } from './audit-entry.entity';
import { CameraMovement } from './camera-movement.entity';
import { Film } from './film.entity';
import { GeneratedImage } from './generated-image.entity';
import { GeneratedVideo } from './generated-video.entity';
import { Lane } from './lane.entity';
import { LoginLink } from './login-link.entity';
import { ModelProvider } from './model-provider.entity';
import { ModelUsage } from './model-usage.entity';
import { OutcomePositions } from './outcome-positions.entity';
import { Outcome } from './outcome.entity';
import { ProjectStage } from './project-stage.entity';
import { Project } from './project.entity';
import { PromptTemplate } from './prompt-template.entity';
import { Scene } from './scene.entity';
import { StageResult } from './stage-result.entity';
import { Session } from './session.entity';
import { TextEdit } from './text-edit.entity';
import { ViewToken } from './view-token.entity';
import { WorkerSettings } from './worker-settings.entity';

export const entities = [
  Project,
  ProjectStage,
  Lane,
  Scene,
  GeneratedImage,
  CameraMovement,
  GeneratedVideo,
  Film,
  StageResult,
  ModelProvider,
  PromptTemplate,
  ModelUsage,
  TextEdit,
  WorkerSettings,
  ApiKey,
  Session,
  LoginLink,
  ViewToken,
  AuditEntry,
  Outcome,
  OutcomePositions,
];
