/* Kafka's own programs, of the release that production runs: Maven brings the jars. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The class path of Kafka; Maven notes it in the folder. */
export function kafkaClassPath(folder: string): string {
  const file = join(folder, 'kafka-class-path');
  const goal = ['dependency:build-classpath', `-Dmdep.outputFile=${file}`];
  // What Maven says goes where it can't be taken for a report of the tests.
  execFileSync('mvn', ['-q', '-B', '-f', join(__dirname, 'pom.xml'), ...goal], { stdio: ['ignore', 2, 'inherit'] });
  return readFileSync(file, 'utf8').trim();
}

/** The command of a program of Kafka. */
export function kafkaCommand(classPath: string, main: string, ...args: readonly string[]): string[] {
  // Enough for what the tests send; CPU that the machine lacks is not spent on the best code.
  const options = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  return ['/usr/bin/java', ...options, '-cp', classPath, main, ...args];
}
