import { lockedRequirements } from '../../dev/stack/locked-requirements';
import { filesBelow, projectFile } from './project-files';

const PINNED = /'([a-z][\w.-]*==[\w.]+)'/g;

describe('Python packages', () => {
  const sources = ['bench', 'dev', 'test'].flatMap(filesBelow).filter((path) => path.endsWith('.ts'));
  const named = new Set(
    sources.flatMap((path) => [...projectFile(path).matchAll(PINNED)].map(([, name]) => name ?? '')),
  );

  test('are all locked to the hashes of their files', () => {
    expect(named.size).toBeGreaterThan(5);
    for (const name of named)
      expect(lockedRequirements([name])).toMatch(/^\S+==\S+ \\\n( +--hash=sha256:[0-9a-f]{64}( \\)?\n)+$/);
  });

  test('that nobody has looked at are not installed', () => {
    expect(() => lockedRequirements([`${'left-pad'}==1.0.0`])).toThrow('no hash of left-pad==1.0.0');
  });
});
