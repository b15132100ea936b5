// Starts programs that print the address they listen on.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Starts a program and waits until it has printed its address. */
export const start = (program, ...args) => startWith({}, program, ...args);

/** Starts a program as `start` does, with these additional environment variables. */
export async function startWith(variables, program, ...args) {
  const env = { ...process.env, ...variables };
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], env });
  const stop = () => child.kill();
  process.on("exit", stop);
  const ended = once(child, "exit");
  const url = await addressIn(child.stdout);
  if (!url) throw new Error(`${program} has exited without printing its address`);
  child.stdout.resume(); // keep reading: the program would block when the pipe is full
  return {
    url,
    async stop() {
      stop();
      await ended;
      process.off("exit", stop);
    },
  };
}

async function addressIn(output) {
  for await (const line of createInterface({ input: output })) {
    const [url] = line.match(/http:\/\/\S+/) ?? [];
    if (url) return url;
  }
}
