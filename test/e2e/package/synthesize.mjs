// Writes the manifests of every program of a folder: node synthesize.mjs FOLDER
import { App } from 'cdk8s';
import { readdirSync } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = resolve(process.argv[2]);
for (const file of readdirSync(folder).sort()) {
  const { default: _, ...exported } = await import(pathToFileURL(join(folder, file)));
  const programs = Object.values(exported).filter((value) => typeof value === 'function');
  const app = new App();
  for (const program of programs) program(app);
  process.stdout.write(`# ${parse(file).name}\n${app.synthYaml()}`);
}
