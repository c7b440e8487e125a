import { join } from 'node:path';

/** What the workflow bundle is made from, in the folder of the workflows: their code, and what stands around it. */
export function workflowSources(folder: string) {
  return {
    workflowsPath: folder,
    workflowInterceptorModules: [join(folder, 'message-guard'), join(folder, 'trace-interceptors')],
    payloadConverterPath: join(folder, 'payload-converter'),
  };
}
