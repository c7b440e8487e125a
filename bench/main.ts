import { Ground } from './harness/ground';
import { bareLoop, storyreel } from './paths/path';
import { steadyRun } from './parts/steady';

async function main(): Promise<void> {
  const ground = await Ground.open((line) => process.stderr.write(`  ${line}\n`));
  try {
    const names = (process.argv[2] ?? 'bare,ours').split(',');
    const loads = (process.argv[3] ?? '1,50,200').split(',').map(Number);
    const runs = Number(process.argv[4] ?? 1);
    const paths = [bareLoop, storyreel].filter((_, i) => names.includes(['bare', 'ours'][i]!));
    const open = new Map(
      await Promise.all(paths.map(async (path) => [path, await path.open(ground.services)] as const)),
    );
    for (const streams of loads)
      for (let i = 0; i < runs; i++)
        for (const path of paths) {
          const run = await steadyRun(ground, path, open.get(path)!, {
            streams,
            rate: 50,
            seconds: Number(process.env['BENCH_SECONDS'] ?? 5),
          });
          process.stdout.write(`${JSON.stringify(run)}\n`);
        }
    for (const each of open.values()) await each.close();
  } finally {
    await ground.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).stack}\n`);
  process.exitCode = 1;
});
