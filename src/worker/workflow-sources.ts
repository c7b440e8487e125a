import { join } from 'node:path';

/** The sources of the workflow bundle, in the folder of the workflows: their code, and its surroundings. */
export function workflowSources(folder: string) {
  return {
    workflowsPath: folder,
    workflowInterceptorModules: [join(folder, 'message-guard'), join(folder, 'trace-interceptors')],
    payloadConverterPath: join(folder, 'payload-converter'),
  };
}
