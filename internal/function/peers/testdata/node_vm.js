'use strict';
// Answers lines on stdin, {"source", "params"}, with lines on stdout, {"result"} or {"error"}: each function runs in a
// context of its own, under a deadline of a second.
const vm = require('vm');
const lines = require('readline').createInterface({input: process.stdin, terminal: false});

lines.on('line', (line) => {
  let answer;
  try {
    const {source, params} = JSON.parse(line);
    const context = vm.createContext({call: params});
    const text = vm.runInContext(`JSON.stringify((function (call) {\n${source}\n})(call))`, context, {timeout: 1000});
    answer = `{"result":${text === undefined ? 'null' : text}}`;
  } catch (e) {
    answer = JSON.stringify({error: String(e)});
  }
  process.stdout.write(answer + '\n');
});
