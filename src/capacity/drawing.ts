import type { TopLevelSpec } from 'vega-lite';
import { InvalidInputError, isNotInstalled } from '../core/errors';

/** Vega and Vega-Lite, which are there only where somebody draws. */
const optionalPeers = async () => ({ vega: await import('vega'), vegaLite: await import('vega-lite') });

/**
 * Draws a chart as SVG. The same chart gives the same text.
 *
 * @throws InvalidInputError where Vega is not installed
 */
export async function drawSvg(chart: TopLevelSpec, peers = optionalPeers): Promise<string> {
  const { vega, vegaLite } = await peers().catch((error: unknown) => {
    throw isNotInstalled(error)
      ? new InvalidInputError(
          'drawing',
          'the packages vega and vega-lite are not installed',
          'Run npm install --save-dev vega@6 vega-lite@6',
        )
      : error;
  });
  const { spec } = vegaLite.compile(chart);
  // Left to itself Vega writes an error to the console, and returns a picture without what has failed.
  const logger = vega.logger(vega.Error, undefined, (_method, level, values) => {
    throw new Error(`Vega: ${level} ${values.map(String).join(' ')}`);
  });
  const view = new vega.View(vega.parse(spec), { renderer: 'none', logger });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}
