/* The shared tool that runs real nodes. */

import { resolve } from 'node:path';

/** Path of the tool. */
export const nodeTool = resolve('../shared/tools/node/node');

/** The nodes: `local` gets the first of them alone, and the others when there has to be more than one. */
export const nodes = ['real-1', 'real-2', 'real-3'];
