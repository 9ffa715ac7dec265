import { App } from 'cdk8s';
import { WikiPolicies } from './chart';

const app = new App();
new WikiPolicies(app, 'wiki-policies');
app.synth();
