import { StoryreelError } from './protocol';

/**
 * Optional peers of the package that one entry needs. Its index loads this check before anything that imports them. Throws
 * `Config.Invalid` with the command that installs what is missing.
 */
export function needPackages(
  subject: string,
  packages: Readonly<Record<string, string>>,
  isThere: (name: string) => boolean = isInstalled,
): void {
  const missing = Object.keys(packages).filter((name) => !isThere(name));
  if (missing.length === 0) return;
  const command = `npm install ${missing.map((name) => `${name}@${packages[name]}`).join(' ')}`;
  throw new StoryreelError('Config.Invalid', `${subject} needs packages that are not installed. Run: ${command}`);
}

function isInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}
