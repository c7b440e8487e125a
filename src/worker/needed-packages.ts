import { StoryreelError } from '../protocol';

/** The optional peers that a worker needs. A backend that only uses the client installs none of them. */
export const WORKER_PACKAGES: Readonly<Record<string, string>> = {
  '@temporalio/worker': '1.24.0',
  openai: '6.49.0',
};

/** Throws `Config.Invalid` with the command that installs what is missing. `src/worker/index.ts` loads this file first. */
export function needPackages(isThere: (name: string) => boolean = isInstalled): void {
  const missing = Object.keys(WORKER_PACKAGES).filter((name) => !isThere(name));
  if (missing.length === 0) return;
  const command = `npm install ${missing.map((name) => `${name}@${WORKER_PACKAGES[name]}`).join(' ')}`;
  throw new StoryreelError('Config.Invalid', `A worker needs packages that are not installed. Run: ${command}`);
}

function isInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

needPackages();
