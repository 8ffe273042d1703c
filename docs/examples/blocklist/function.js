// Blocklist: unwanted callers are turned away before any phone rings.

var numbers = ['+14155550100', '+442079460000']; // exactly these
var prefixes = ['+1900', '+88213']; // every number that begins so
var blockHidden = false; // callers who show no number

var caller = (call['Caller-ID-Number'] || '').replace(/[^0-9+]/g, '');
if (caller && caller.charAt(0) !== '+') caller = '+' + caller;

// A hidden number comes empty or as a word, which has no digits.
var blocked = caller === '' ? blockHidden : numbers.indexOf(caller) >= 0;
for (var i = 0; i < prefixes.length; i++) {
  if (caller.indexOf(prefixes[i]) === 0) blocked = true;
}

if (!blocked) {
  return {module: 'noop', data: {}}; // the callflow goes on below this function
}
console.info('blocked ' + (caller || 'a hidden number'));
// Not `response`: after it KAZOO goes on below this function. `hangup` ends the call.
return {module: 'hangup', data: {}};
