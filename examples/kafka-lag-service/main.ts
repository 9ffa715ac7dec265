import { App } from 'cdk8s';
import { ParcelTracker } from './chart';

const app = new App();
new ParcelTracker(app, 'parcel-tracker');
app.synth();
