// Random survey: some callers are asked how satisfied they are, the others go on with the callflow.
//
// The Call-ID decides, not chance: the same call gets the same answer each time, and a test case stays true.

var percent = 10; // of the calls
var survey = '00000000000000000000000000000005'; // the callflow that asks the questions

// Spreads texts evenly over 0 to 99.
function bucket(text) {
  var hash = 7;
  for (var i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) % 1000003;
  return hash % 100;
}

if (bucket(call['Call-ID'] || '') >= percent) {
  return {module: 'noop', data: {}};
}
return {
  module: 'tts',
  data: {text: 'May we ask you two short questions before we connect you?'},
  children: {_: {module: 'callflow', data: {id: survey}}}
};
