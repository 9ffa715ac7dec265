// Builds the stand-ins of the services, for both releases of Spring Boot, if a source is newer than a jar, and says where the jars are.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const folder = join(project, 'stand-ins');
const jars = ['gateway', 'service', 'inference'].flatMap((name) =>
  ['', '-boot4'].map((release) => join('stand-ins', name, 'target', `${name}${release}.jar`)),
);

if (!areNew()) {
  for (const release of [[], ['-Dboot4']]) build(release);
}
jars.forEach((jar) => {
  console.log(jar);
});

/** Maven takes a minute to find out by itself. */
function areNew() {
  const paths = jars.map((jar) => join(project, jar));
  const sources = readdirSync(folder, { recursive: true }).filter((name) =>
    /(^|[\\/])(src[\\/].*\.\w+|pom\.xml)$/.test(name),
  );
  const time = (path) => statSync(path).mtimeMs;
  return (
    paths.every(existsSync) &&
    Math.min(...paths.map(time)) > Math.max(...sources.map((name) => time(join(folder, name))))
  );
}

function build(release) {
  const { error, status } = spawnSync('mvn', ['-q', '-B', ...release, 'package'], { cwd: folder, stdio: 'inherit' });
  if (error !== undefined) {
    console.error('stand-ins: Maven is not there. Install it and a JDK 17 or later (Debian: maven).');
    process.exit(2);
  }
  if (status !== 0) process.exit(1);
}
