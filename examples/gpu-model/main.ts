import { App } from 'cdk8s';
import { PalletDetector } from './chart';

const app = new App();
new PalletDetector(app, 'pallet-detector');
app.synth();
