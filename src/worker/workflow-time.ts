/**
 * For each worker that runs workflow code. The library ends code that has run for 5 s of the clock, however little CPU it got.
 * On Node 20 that aborts the whole process, with every stream in it. See docs/decisions/040-workflow-code-has-time.md.
 */
export const WORKFLOW_TIME = { isolateExecutionTimeout: '1 hour' } as const;
