/**
 * Runs a task in the background. Its failure is printed, so that a path that does not work is not taken for a slow one.
 * A failure because the process is being closed is not printed.
 */
export class Background {
  #closing = false;

  run(what, job) {
    job().catch((error) => {
      if (!this.#closing) process.stderr.write(`${what}: ${error?.stack ?? error}\n`);
    });
  }

  get closing() {
    return this.#closing;
  }

  close() {
    this.#closing = true;
  }
}

/** Asks again, every 20 ms, for what another process has yet to make; undefined when this one is being closed. */
export async function whenThere(background, ask) {
  for (;;) {
    if (background.closing) return undefined;
    const found = await ask();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
