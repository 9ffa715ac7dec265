// The same objects without any construct: plain.mjs OBJECTS_FILE OUTPUT_FILE.
import { readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';

const [objectsFile, outputFile] = process.argv.slice(2);
const objects = JSON.parse(readFileSync(objectsFile, 'utf8'));
const settings = { keepUndefined: true, lineWidth: 0, version: '1.1' };
writeFileSync(outputFile, objects.map((object) => stringify(object, settings)).join('---\n'));
