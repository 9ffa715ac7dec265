// Builds the stand-ins of the services, for both releases of Spring Boot, and says where their jars are.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { statSync } from 'node:fs';

const folder = fileURLToPath(new URL('../stand-ins', import.meta.url));

for (const release of [[], ['-Dboot4']]) {
  const { error, status } = spawnSync('mvn', ['-q', '-B', ...release, 'package'], { cwd: folder, stdio: 'inherit' });
  if (error !== undefined) {
    console.error('stand-ins: Maven is not there. Install it and a JDK 17 or later (Debian: maven).');
    process.exit(2);
  }
  if (status !== 0) process.exit(1);
}

for (const name of ['gateway', 'service', 'inference']) {
  for (const release of ['', '-boot4']) {
    const jar = join('stand-ins', name, 'target', `${name}${release}.jar`);
    statSync(join(folder, '..', jar));
    console.log(jar);
  }
}
