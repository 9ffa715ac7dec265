import { App } from 'cdk8s';
import { ShopMonitoring } from './chart';

const app = new App();
new ShopMonitoring(app, 'shop-monitoring');
app.synth();
