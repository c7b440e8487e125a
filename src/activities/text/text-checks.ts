import type { Config } from '../../config';
import type { TextChecks } from '../../stages';

/** The limits for answers, from the settings. */
export function textChecks({ TEXT_CHECKS, SCENE_TOLERANCE, SCENE_MAX_SECONDS }: Config): TextChecks {
  return {
    refusal: TEXT_CHECKS.has('refusal'),
    length: TEXT_CHECKS.has('length'),
    repetition: TEXT_CHECKS.has('repetition'),
    script: TEXT_CHECKS.has('script'),
    markdown: TEXT_CHECKS.has('markdown'),
    ...(TEXT_CHECKS.has('scenes') && { sceneTolerance: SCENE_TOLERANCE }),
    maxSeconds: SCENE_MAX_SECONDS,
  };
}
