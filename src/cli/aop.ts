import { Command, CommanderError } from 'commander';
import { InvalidInputError, ValidationError } from '../core/errors';
import { diffCommand } from './diff';
import { doctorCommand } from './doctor';
import { graphCommand } from './graph';
import { nodesCommand } from './nodes';
import { planCommand } from './plan';
import { processTerminal, Terminal } from './terminal';

/**
 * The commands beside `cdk8s synth`.
 *
 * @param args the arguments, without the program's name
 * @returns the exit code: 0 = OK, 1 = problems or differences found, 2 = could not check
 */
export async function aop(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  const program = new Command('aop')
    .description('What Kubernetes manifests mean: for reviews, for plans, for whoever is on call.')
    .helpCommand(false);
  const commands = [planCommand, diffCommand, graphCommand, doctorCommand, nodesCommand].map((make) => make(terminal));
  commands.forEach((command) => program.addCommand(command));
  [program, ...commands, ...commands.flatMap((command) => command.commands)].forEach((command) => {
    command.exitOverride().configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
  });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    terminal.exitCode = 2;
    if (error instanceof CommanderError) {
      // Commander has said what is wrong; help that was asked for is an error to it as well.
      terminal.exitCode = error.exitCode === 0 ? 0 : 2;
    } else if (error instanceof InvalidInputError || error instanceof ValidationError) {
      terminal.err(`Error: ${error.message}\n`);
    } else {
      throw error;
    }
  }
  return terminal.exitCode;
}
