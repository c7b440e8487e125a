import { needPackages } from '../needed-packages';

/** A backend that only uses the client installs none of them. */
export const WORKER_PACKAGES: Readonly<Record<string, string>> = {
  '@temporalio/worker': '1.24.0',
  openai: '6.49.0',
};

needPackages('A worker', WORKER_PACKAGES);
