// A heavy function: a text built in 20,000 steps, a regular expression over it, JSON there and back.
var text = '', list = [], i;
for (i = 0; i < 20000; i++) { text += String.fromCharCode(97 + i % 26) + i; }
var matches = text.match(/[aeiou]\d+/g);
for (i = 0; i < 500; i++) { list.push({name: 'entry ' + i, value: matches[i], tags: ['a', 'b', i]}); }
var back = JSON.parse(JSON.stringify(list));
return {module: 'tts', data: {text: matches.length + ' matches, the last entry is ' + back[499].name}};
