// A query server as small as the protocol allows, for SpiderMonkey's shell and for Node: one realm for all that it
// runs, no limits, the engine's own Date. It stands for a stock couchjs where there is none.
(function (global) {
  'use strict';
  var shows = {},
    write = global.print || global.console.log.bind(global.console);
  global.log = function () {
    write(JSON.stringify(['log', 'a line']));
  }; // what is logged is other tests' affair
  global.console = { log: global.log, info: global.log, warn: global.log, error: global.log, debug: global.log };
  function answer(line) {
    var command = JSON.parse(line),
      name,
      source;
    if (command[0] !== 'ddoc') {
      return true;
    }
    if (command[1] === 'new') {
      for (name in command[3].shows) {
        source = command[3].shows[name];
        shows[name] = (0, eval)('(' + source + '\n)');
      }
      return true;
    }
    return ['resp', shows[command[2][1]].apply(null, command[3])];
  }
  function reply(line) {
    try {
      return JSON.stringify(answer(line));
    } catch (e) {
      return JSON.stringify(['error', e.name, e.message]);
    }
  }
  if (typeof global.readline === 'function') {
    for (var line; (line = global.readline()) !== null;) {
      write(reply(decodeURIComponent(escape(line))));
    } // it reads bytes
    return;
  }
  require('readline')
    .createInterface({ input: process.stdin })
    .on('line', function (line) {
      write(reply(line));
    });
})(this.readline ? this : globalThis);
