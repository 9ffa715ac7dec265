// Preloaded: the app kills itself, as kill -9 does, before its nth change of the file system; KILL_AT is n.
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

if (/scripts[\\/]app\.mjs$/.test(process.argv[1] ?? '')) {
  let calls = 0;
  for (const name of [
    'writeFileSync',
    'mkdirSync',
    'mkdtempSync',
    'renameSync',
    'rmSync',
    'symlinkSync',
    'linkSync',
    'cpSync',
  ]) {
    const change = fs[name];
    fs[name] = (...args) => {
      calls += 1;
      if (calls === Number(process.env.KILL_AT)) process.kill(process.pid, 'SIGKILL');
      return change(...args);
    };
  }
  syncBuiltinESMExports();
}
