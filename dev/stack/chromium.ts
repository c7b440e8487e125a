import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnv } from '../child-env';
import { debianPackage } from './debian-package';
import { filesBelow } from './files-below';
import { findProgram, isExecutableFile, prints } from './find-program';
import { StackError } from './stack-error';
import type { StackContext } from './stack-types';

const FONTS = 'fonts-noto-cjk';

export interface Browser {
  readonly program: string;
  /** The variables that its process needs beside PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
}

/** A Chromium without a screen, to test the page. Throws `StackError`, which states in one line how to get one. */
export async function findChromium(context: Pick<StackContext, 'toolsDir' | 'env' | 'signal'>): Promise<Browser> {
  const { env, toolsDir } = context;
  const found = await findProgram(context, {
    variable: 'STORYREEL_CHROMIUM',
    names: ['chromium-headless-shell', 'chromium', 'google-chrome'],
    check: prints(['--version', '--no-sandbox'], ['Chrom'], childEnv(env)),
  });
  if (found) return { program: found, env: {} };
  try {
    const folder = await debianPackage(context, 'chromium-headless-shell', {
      alsoNeeds: /^chromium-common$/,
      all: true,
    });
    const fonts = await debianPackage(context, FONTS);
    const program = filesBelow(folder, /^chromium-headless-shell$/).find(
      (file) => isExecutableFile(file) && file.includes('/lib/'),
    );
    if (!program) throw new StackError('the package has no chromium-headless-shell', 'install one');
    const libraries = filesBelow(folder, /^libnss3\.so$/)[0]?.replace(/\/libnss3\.so$/, '') ?? folder;
    return {
      program,
      env: {
        LD_LIBRARY_PATH: `${libraries}:${join(libraries, 'pulseaudio')}`,
        FONTCONFIG_FILE: fontsFile(toolsDir, fonts),
      },
    };
  } catch (error) {
    throw new StackError(
      `no browser: ${(error as Error).message.split('\n')[0]}`,
      'Install chromium-headless-shell (apt-get install chromium-headless-shell fonts-noto-cjk), or name a Chromium in STORYREEL_CHROMIUM',
    );
  }
}

/** The folders in which the browser looks for fonts: the system's own, and the fetched Chinese ones. */
function fontsFile(toolsDir: string, fonts: string): string {
  const cache = join(toolsDir, 'font-cache');
  mkdirSync(cache, { recursive: true });
  const file = join(toolsDir, 'fonts.conf');
  const dirs = ['/usr/share/fonts', join(fonts, 'usr', 'share', 'fonts')].map((each) => `<dir>${each}</dir>`).join('');
  writeFileSync(
    file,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${dirs}<cachedir>${cache}</cachedir></fontconfig>\n`,
  );
  return file;
}
