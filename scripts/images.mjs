// Builds the images of the stand-ins, one a service, with docker or what CONTAINER_CLI names. `-- --load CLUSTER` loads them into a
// cluster of kind.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runSource } from './run-source.mjs';

const folder = fileURLToPath(new URL('../stand-ins', import.meta.url));
const docker = process.env.CONTAINER_CLI ?? 'docker';
const { load } = parseArgs({ options: { load: { type: 'string' } } }).values;

run(process.execPath, [fileURLToPath(new URL('stand-ins.mjs', import.meta.url))]);
const { standIns } = await runSource('src/autonomous-op/images.ts');
for (const { service, program, image } of standIns) {
  const jar = `${program}/target/${program}.jar`;
  run(docker, ['build', '--quiet', `--tag=${image}`, `--build-arg=JAR=${jar}`, `--build-arg=NAME=${service}`, folder]);
  console.log(image);
}
if (load !== undefined) run('kind', ['load', 'docker-image', `--name=${load}`, ...standIns.map(({ image }) => image)]);

function run(command, args) {
  const { error, status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) {
    console.error(`images: ${command} can't be run: ${error.message}`);
    process.exit(2);
  }
  if (status !== 0) process.exit(1);
}
