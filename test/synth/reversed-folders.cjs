// Preloaded: lists every folder the other way round, as another file system may.
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

const { readdirSync } = fs;
fs.readdirSync = (...args) => readdirSync(...args).reverse();
syncBuiltinESMExports();
