import { mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from './json-file';
import { identifySelf, isAlive, isElsewhere, type ProcessIdentity } from './process-identity';
import { StackError, StackInUse } from './stack-error';
import { prepareStateDir } from './state-dir';

export interface Lock {
  /** Publishes facts about this process to a second starter, such as the addresses of its pages. */
  publish(about: Readonly<Record<string, string>>): void;
  release(): void;
}

/** Racers that keep losing to each other end far below this. */
const MAX_TRIES = 1_000;

/** The holder touches its file so often, for those who cannot see its process. */
const BEAT_MS = 1_000;
/** One who cannot be seen, and has not touched its file for so long, is dead. */
const SILENCE_MS = 60_000;

/**
 * Makes this process the only one in the state folder. Throws `StackInUse` while a live process holds the lock. A dead
 * process's lock is taken over at once.
 *
 * The lock is a folder with at most one file, whose *name* is the holder. There are two ways to take it. A ready folder
 * is moved to its place, which fails unless that is empty. Or a dead holder's file is renamed, which succeeds for one
 * racer.
 */
export function acquireLock(stateDir: string): Lock {
  prepareStateDir(stateDir);
  const self = identifySelf();
  const lockDir = join(stateDir, 'lock');
  const mine = join(lockDir, fileNameOf(self));
  const ready = join(stateDir, `lock.${fileNameOf(self)}`);
  try {
    mkdirSync(ready, { recursive: true });
    writeJson(join(ready, fileNameOf(self)), {});
    for (let tries = 0; !succeeds(() => renameSync(ready, lockDir)); tries += 1) {
      if (tries > MAX_TRIES)
        throw new StackError(`The folder ${lockDir} holds something that is not a lock`, 'Delete it');
      const name = readdirSync(lockDir).find((entry) => holderOf(entry));
      const holder = name === undefined ? undefined : holderOf(name);
      if (name === undefined || !holder) continue;
      if (isElsewhere(holder) && hasBeaten(join(lockDir, name), ready)) {
        throw new StackInUse(stateDir, holder.pid, publishedIn(join(lockDir, name)), ELSEWHERE);
      }
      if (isAlive(holder)) throw new StackInUse(stateDir, holder.pid, publishedIn(join(lockDir, name)));
      if (succeeds(() => renameSync(join(lockDir, name), mine))) break;
    }
  } finally {
    rmSync(ready, { recursive: true, force: true });
  }
  // Written beside the lock folder and moved in, because a half-written file inside would keep that from being empty.
  const publish = (about: Readonly<Record<string, string>>) => {
    writeJson(`${ready}.json`, about);
    renameSync(`${ready}.json`, mine);
  };
  publish({});
  const beat = setInterval(() => touch(mine), BEAT_MS).unref();
  return {
    publish,
    release: () => {
      clearInterval(beat);
      rmSync(mine, { force: true });
    },
  };
}

const ELSEWHERE = `It runs in another container. If that is gone, wait ${SILENCE_MS / 1_000} s and try again.`;

/** Beside what this process has just made there. */
function hasBeaten(file: string, justMade: string): boolean {
  const [beaten, now] = [file, justMade].map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs);
  return beaten !== undefined && now !== undefined && now - beaten < SILENCE_MS;
}

function touch(file: string): void {
  const now = new Date();
  // One that is gone has been taken from us, which is nothing that a beat could mend.
  succeeds(() => utimesSync(file, now, now));
}

function fileNameOf({ pid, startedAt }: ProcessIdentity): string {
  return `${pid}-${startedAt}`;
}

function holderOf(fileName: string): ProcessIdentity | undefined {
  const [, pid, startedAt] = /^(\d+)-(.+)$/.exec(fileName) ?? [];
  return pid === undefined || startedAt === undefined ? undefined : { pid: Number(pid), startedAt };
}

function publishedIn(file: string): Record<string, string> {
  return (readJson(file) as Record<string, string> | undefined) ?? {};
}

/** False when another starter was faster: the place is taken, or the dead holder's file is gone. */
function succeeds(move: () => void): boolean {
  try {
    move();
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
